"""river (Halford et al.): biased MF, learned online in plain Python, one rating after the other.

One pass, since that is what it is for. Its parameters lie in dictionaries; one thread.
"""

import numpy as np
from river import optim
from river.reco import BiasedMF

PACKAGE = "river"


def prepare(train, pairs):
    # The order of a stream: drawn at random, since that of the data goes user by user.
    order = np.random.default_rng(0).permutation(len(train.users))
    rows = train.users[order], train.items[order], train.values[order]
    return [column.tolist() for column in rows]


def fit(data, n_factors, learning_rate, reg):
    model = BiasedMF(
        n_factors=n_factors, bias_optimizer=optim.SGD(learning_rate),
        latent_optimizer=optim.SGD(learning_rate), l2_bias=reg, l2_latent=reg,
        weight_initializer=optim.initializers.Zeros(),
        latent_initializer=optim.initializers.Normal(mu=0.0, sigma=0.1, seed=0),
    )  # fmt: skip
    for user, item, rating in zip(*data, strict=True):
        model.learn_one(user, item, rating)
    return model


def predict(model, pairs):
    asked = zip(pairs.users.tolist(), pairs.items.tolist(), strict=True)
    return np.array([model.predict_one(user, item) for user, item in asked])
