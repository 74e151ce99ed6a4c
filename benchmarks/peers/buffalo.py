"""buffalo (Kakao): ALS for counts, confidence 1 + α r, rows by conjugate gradients or exactly.

Its data lie in an HDF5 file, as its documentation has it; writing that file is not timed. The
error of each pass, which it computes when not told otherwise, is not asked for.
"""

import os
import tempfile

import buffalo
import numpy as np
from buffalo.data.mm import MatrixMarketOptions
from buffalo.misc import aux, log
from scipy.sparse import csr_matrix

PACKAGE = "buffalo"


def prepare(train, pairs):
    log.set_log_level(log.WARN)
    folder = tempfile.TemporaryDirectory()  # until the process ends, which holds it with the data
    options = MatrixMarketOptions().get_default_option()
    shape = train.n_users, train.n_items
    options.input.main = csr_matrix((train.values, (train.users, train.items)), shape)
    options.data.validation = {}  # all ratings train
    options.data.tmp_dir = folder.name
    options.data.path = os.path.join(folder.name, "data.h5py")
    data = buffalo.data.load(options)
    data.create()
    return data, folder


def fit(data, optimizer, d, num_iters, reg, alpha):
    np.random.seed(0)
    options = buffalo.ALSOption().get_default_option()
    options.update({
        "optimizer": optimizer, "d": d, "num_iters": num_iters, "reg_u": reg, "reg_i": reg,
        "alpha": alpha, "num_workers": 2, "compute_loss_on_training": False, "validation": {},
    })  # fmt: skip
    model = buffalo.ALS(aux.Option(options), data=data[0])
    model.initialize()
    model.train()
    return model


def tables(model):
    return {"users": model.P, "items": model.Q}


def predict(model, pairs):
    return np.einsum("nk,nk->n", model.P[pairs.users], model.Q[pairs.items])
