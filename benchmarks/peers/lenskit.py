"""LensKit's ALS BiasedMF: biases first, by damped means; then factors of what they leave."""

import numpy as np
import pandas as pd
from lenskit.als import BiasedMFScorer
from lenskit.data import from_interactions_df
from lenskit.training import TrainingOptions

PACKAGE = "lenskit"


def prepare(train, pairs):
    return from_interactions_df(
        pd.DataFrame({"user_id": train.users, "item_id": train.items, "rating": train.values})
    )


def fit(data, embedding_size, epochs, regularization, damping):
    model = BiasedMFScorer(
        embedding_size=embedding_size, epochs=epochs, regularization=regularization,
        damping=damping,
    )  # fmt: skip
    model.train(data, TrainingOptions(rng=0))
    return model


def predict(model, pairs):
    # Its pipelines score a user at a time; this is the same sum for all pairs at once.
    users = model.users.numbers(pairs.users, missing="negative")
    items = model.items.numbers(pairs.items, missing="negative")
    bias = model.bias
    scores = bias.global_bias + np.where(users >= 0, bias.user_biases[users], 0.0)
    scores += np.where(items >= 0, bias.item_biases[items], 0.0)
    dots = np.einsum("nk,nk->n", model.user_embeddings[users], model.item_embeddings[items])
    return scores + np.where((users >= 0) & (items >= 0), dots, 0.0)
