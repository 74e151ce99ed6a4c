"""implicit (Frederickson): ALS for counts, confidence 1 + α r, rows by conjugate gradients."""

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

PACKAGE = "implicit"


def prepare(train, pairs):
    shape = train.n_users, train.n_items
    return csr_matrix((train.values, (train.users, train.items)), shape)


def fit(data, factors, iterations, regularization, alpha):
    model = AlternatingLeastSquares(
        factors=factors, iterations=iterations, regularization=regularization, alpha=alpha,
        num_threads=2, random_state=0,
    )  # fmt: skip
    model.fit(data, show_progress=False)
    return model


def predict(model, pairs):
    users, items = model.user_factors[pairs.users], model.item_factors[pairs.items]
    return np.einsum("nk,nk->n", users, items)


def tables(model):
    return {"users": model.user_factors, "items": model.item_factors}
