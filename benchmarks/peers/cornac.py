"""cornac's MF (Preferred.AI): biased SGD, rating by rating, its threads unlocked (hogwild)."""

import numpy as np
from cornac.data import Dataset
from cornac.models import MF

PACKAGE = "cornac"


def prepare(train, pairs):
    users, items = ({x: x for x in range(n)} for n in (train.n_users, train.n_items))
    return Dataset(train.n_users, train.n_items, users, items, (
        train.users.astype(np.int64), train.items.astype(np.int64),
        train.values.astype(np.float64),
    ), seed=0)  # fmt: skip


def fit(data, k, max_iter, learning_rate, lambda_reg):
    model = MF(
        k=k, max_iter=max_iter, learning_rate=learning_rate, lambda_reg=lambda_reg,
        early_stop=False, num_threads=2, verbose=False, seed=0,
    )  # fmt: skip
    return model.fit(data)


def predict(model, pairs):
    dots = np.einsum("nk,nk->n", model.u_factors[pairs.users], model.i_factors[pairs.items])
    return model.global_mean + model.u_biases[pairs.users] + model.i_biases[pairs.items] + dots
