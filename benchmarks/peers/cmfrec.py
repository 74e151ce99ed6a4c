"""cmfrec (Cortes): biased ALS, rows by conjugate gradients or by Cholesky; λ counts a rating."""

import numpy as np
import pandas as pd
from cmfrec import CMF

PACKAGE = "cmfrec"


def prepare(train, pairs):
    return pd.DataFrame(
        {"UserId": train.users, "ItemId": train.items, "Rating": train.values}, copy=True
    )


def fit(data, use_cg, k, niter, lambda_):
    model = CMF(
        k=k, niter=niter, lambda_=lambda_, use_cg=use_cg, scale_lam=True, nthreads=2,
        precompute_for_predictions=False, verbose=False, random_state=1,
    )  # fmt: skip
    return model.fit(data)


def predict(model, pairs):
    return np.asarray(model.predict(pairs.users, pairs.items))
