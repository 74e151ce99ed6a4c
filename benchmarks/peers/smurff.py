"""SMURFF (Vander Aa et al.): Bayesian PMF by Gibbs sampling, on ratings less their mean.

It predicts while it samples, so the pairs are part of the fit; their values it never sees.
"""

import numpy as np
import smurff
from scipy.sparse import coo_matrix

PACKAGE = "smurff"


def prepare(train, pairs):
    shape = train.n_users, train.n_items
    mean = float(train.values.mean(dtype=np.float64))
    known = coo_matrix((train.values.astype(np.float64) - mean, (train.users, train.items)), shape)
    asked = coo_matrix((np.ones(len(pairs.users)), (pairs.users, pairs.items)), shape)
    return known, asked, mean


def fit(data, num_latent, n_iter, burn_in, precision):
    known, asked, mean = data
    burn_in = min(burn_in, n_iter // 2)
    session = smurff.TrainSession(
        num_latent=num_latent, num_threads=2, burnin=burn_in, nsamples=n_iter - burn_in,
        seed=0, verbose=0,
    )  # fmt: skip
    session.addTrainAndTest(known, asked, smurff.FixedNoise(precision))
    return session.run(), mean


def predict(model, pairs):
    found, mean = model
    n_items = 1 + max(int(pairs.items.max()), max(p.coords[1] for p in found))
    keys = np.array([p.coords[0] * n_items + p.coords[1] for p in found])
    averages = np.array([p.pred_avg for p in found])
    order = np.argsort(keys)
    wanted = pairs.users.astype(np.int64) * n_items + pairs.items
    return mean + averages[order[np.searchsorted(keys, wanted, sorter=order)]]
