"""myFM (Ohtsuki): a Bayesian factorization machine of user and item, by Gibbs sampling."""

import numpy as np
from myfm import MyFMRegressor
from scipy.sparse import csr_matrix

PACKAGE = "myfm"


def _one_hot(users, items, n_users, n_items):
    n = len(users)
    columns = np.stack([users, items + n_users], axis=1).ravel()
    starts = np.arange(0, 2 * n + 1, 2)
    return csr_matrix((np.ones(2 * n), columns, starts), (n, n_users + n_items))


def prepare(train, pairs):
    sides = train.n_users, train.n_items
    design = _one_hot(train.users, train.items, *sides)
    return design, train.values.astype(np.float64), sides


def fit(data, rank, n_iter, burn_in):
    design, values, sides = data
    burn_in = min(burn_in, n_iter // 2)
    model = MyFMRegressor(rank=rank, random_seed=0)
    model.fit(design, values, group_shapes=sides, n_iter=n_iter, n_kept_samples=n_iter - burn_in)
    return model, sides


def predict(model, pairs):
    machine, sides = model
    return machine.predict(_one_hot(pairs.users, pairs.items, *sides), n_workers=2)
