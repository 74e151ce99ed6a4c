"""Our own models, through the protocol everybody else goes through."""

import numpy as np

import recsys_core as rc

PACKAGE = ""


def prepare(train, pairs):
    return {
        "user_ids": train.users, "item_ids": train.items, "values": train.values,
        "users": list(range(train.n_users)), "items": list(range(train.n_items)),
        "scale": rc.Scale(train.low, train.high, train.step or None),
    }  # fmt: skip


def fit(data, model, **settings):
    # New ratings each time, so that what a model keeps beside them is made, and timed, again.
    return getattr(rc, model)(**settings).fit(rc.Ratings(**data))


def predict(model, pairs):
    # Preferences beyond 0 and 1 still have an order.
    clip = not isinstance(model, rc.ImplicitALS)
    return np.asarray(model.predict(pairs.users, pairs.items, clip=clip))
