"""LIBMF (Chin, Yuan, Yang, Zhuang, Juan, Lin): biased by μ only, SGD in blocks, AdaGrad-like rate.

The C functions of PyPI's ``libmf`` are called directly. The package's own ``predict`` hands over
its pairs row by row, where the C side reads first all users and then all items, so that most
predictions are of other pairs than those asked for.
"""

import ctypes
import glob
import sysconfig

import numpy as np

PACKAGE = "libmf"


class Problem(ctypes.Structure):
    """The ratings."""

    _fields_ = [
        ("m", ctypes.c_int), ("n", ctypes.c_int), ("nnz", ctypes.c_longlong),
        ("R", ctypes.c_void_p),
    ]  # fmt: skip


class Parameter(ctypes.Structure):
    """The settings."""

    _fields_ = [
        ("fun", ctypes.c_int), ("k", ctypes.c_int), ("nr_threads", ctypes.c_int),
        ("nr_bins", ctypes.c_int), ("nr_iters", ctypes.c_int),
        ("lambda_p1", ctypes.c_float), ("lambda_p2", ctypes.c_float),
        ("lambda_q1", ctypes.c_float), ("lambda_q2", ctypes.c_float), ("eta", ctypes.c_float),
        ("do_nmf", ctypes.c_bool), ("quiet", ctypes.c_bool), ("copy_data", ctypes.c_bool),
    ]  # fmt: skip


class Model(ctypes.Structure):
    """What training returns."""

    _fields_ = [
        ("fun", ctypes.c_int), ("m", ctypes.c_int), ("n", ctypes.c_int), ("k", ctypes.c_int),
        ("b", ctypes.c_float),
        ("P", ctypes.POINTER(ctypes.c_float)), ("Q", ctypes.POINTER(ctypes.c_float)),
    ]  # fmt: skip


_lib = ctypes.CDLL(glob.glob(sysconfig.get_path("platlib") + "/libmf*.so")[0])
_lib.mf_train.restype = ctypes.POINTER(Model)
_lib.mf_train.argtypes = (ctypes.POINTER(Problem), Parameter)
_lib.mf_destroy_model.argtypes = (ctypes.POINTER(ctypes.POINTER(Model)),)


def prepare(train, pairs):
    nodes = np.empty(len(train.users), [("u", np.int32), ("v", np.int32), ("r", np.float32)])
    nodes["u"], nodes["v"], nodes["r"] = train.users, train.items, train.values
    return Problem(train.n_users, train.n_items, len(nodes), nodes.ctypes.data), nodes


def fit(data, k, nr_iters, lambda_p2, lambda_q2, eta, nr_bins=26):
    problem, _ = data
    parameter = Parameter(
        0, k, 2, nr_bins, nr_iters, 0.0, lambda_p2, 0.0, lambda_q2, eta, False, True, True
    )
    found = _lib.mf_train(ctypes.byref(problem), parameter)
    model = found.contents
    p = np.ctypeslib.as_array(model.P, (model.m, model.k)).copy()
    q = np.ctypeslib.as_array(model.Q, (model.n, model.k)).copy()
    mean = float(model.b)
    _lib.mf_destroy_model(ctypes.byref(found))
    return mean, p, q


def predict(model, pairs):
    mean, p, q = model
    dots = np.einsum("nk,nk->n", p[pairs.users], q[pairs.items])
    return np.where(np.isfinite(dots), dots, mean)  # NaN: a user or an item without any rating
