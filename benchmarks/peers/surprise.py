"""Surprise (Hug): SVD, SVD++, NMF and kNN with baselines, one rating at a time on one thread."""

import numpy as np
import pandas as pd
import surprise
from surprise import Dataset, Reader

PACKAGE = "scikit-surprise"


def prepare(train, pairs):
    frame = pd.DataFrame({"user": train.users, "item": train.items, "rating": train.values})
    reader = Reader(rating_scale=(train.low, train.high))
    return Dataset.load_from_df(frame, reader).build_full_trainset()


def fit(data, model, **settings):
    if model == "KNNBaseline":
        settings = {"k": settings["k"], "sim_options": {
            "name": "pearson_baseline", "user_based": False, "shrinkage": settings["shrinkage"],
        }, "verbose": False}  # fmt: skip
    else:
        settings["random_state"] = 0
    return getattr(surprise, model)(**settings).fit(data)


def predict(model, pairs):
    asked = zip(pairs.users.tolist(), pairs.items.tolist(), strict=True)
    return np.array([model.predict(u, i, clip=False).est for u, i in asked])
