"""Vector instructions against the loops that say the same, and models trained on either."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from llvmlite import ir
from numba import njit

from recsys_core.kernels import compiling, vectors, vectors_llvm, vectors_plain

ROOT = Path(__file__).resolve().parents[2]
f32 = np.float32
FOURTH, SECOND = np.uint32(4), np.uint32(2)  # rows
GAIN, KEEP, LESS = f32(-0.4), f32(0.9), f32(0.8)


def calls(operation, width):
    """Each operation as kernels call it: the width is a constant.

    Runs are of ten rows: longer than the four sums side by side, and no multiple of them.
    """
    return {
        "dot_rows": lambda a, x: operation(width, a, SECOND, x, FOURTH),
        "blend_rows": lambda a, x: operation(width, a, SECOND, x, FOURTH, GAIN, KEEP, LESS),
        "move_row": lambda a, x: operation(width, a, SECOND, KEEP, GAIN, x, FOURTH),
        "add_rows": lambda a, x, rows, shares: operation(
            width, a, SECOND, GAIN, shares, -1, 2, x, rows, 1, 11
        ),
        "add_projections": lambda a, v, shares, weights, x, rows: operation(
            width, a, SECOND, v, FOURTH, LESS, shares, GAIN, weights, x, rows, 1, 11
        ),
        "add_normal": lambda u, a, targets, ones, x, rows: operation(
            width, u, a, targets, ones, x, rows, 1, 11
        ),
        "prefetch_row": lambda x: operation(width, x, FOURTH),
        "factorise": lambda u, a, y, pivot: operation(width, u, a, y, pivot),
        "substitute": lambda u, y, pivot, w: operation(width, u, y, pivot, w),
    }


def arrays_for(name, width):
    """Random arrays for one operation, in the order in which ``calls`` takes them."""
    rng = np.random.default_rng(width)
    a, x = rng.normal(size=(2, 6, width)).astype(f32)
    rows, shares = rng.integers(0, 6, 12).astype(np.int32), rng.normal(size=40).astype(f32)
    u = rng.normal(size=(2, width + 1, width)).astype(f32)  # two systems
    y, pivot, right = rng.normal(size=(3, 2, width)).astype(f32)
    for system in range(2):
        matrix = u[system, 1:]
        if name == "factorise":
            # Row 0 is small, so that what is left of the matrix after it can be factorised.
            root = rng.normal(size=(width, 2 * width)) / np.sqrt(width)
            u[system, 0] *= 0.2 / np.sqrt(width)
            matrix[:] = np.triu(root @ root.T + 0.5 * np.eye(width))
        elif name == "substitute":
            matrix[:] = np.triu(matrix) / np.sqrt(width) + 2 * np.eye(width)
            pivot[system] = 1 / np.diagonal(matrix)
    return {
        "add_projections": [a, a[::-1].copy(), shares[:12], shares[12:24].copy(), x, rows],
        "add_normal": [u[0], a, shares[:12], shares[12:24].copy(), x, rows],
        "add_rows": [a, x, rows, shares], "prefetch_row": [x],
        "factorise": [u, right, y, pivot], "substitute": [u, y, pivot, right],
    }.get(name, [a, x])  # fmt: skip


def results(name, call, arrays):
    """What is returned, and the arrays as they are afterwards."""
    copies = [array.copy() for array in arrays]
    returned = call(*copies)
    if name == "add_normal":
        copies[0][1:] = np.triu(copies[0][1:])  # no more is promised
    return [np.array([] if returned is None else returned), *copies]


@pytest.mark.slow
@pytest.mark.parametrize("name", vectors.__all__)
def test_vector_instructions_do_what_the_loops_say(name):
    for width in (8, 24, 48):
        compare(name, width)


def compare(name, width):
    """One operation, written both ways, on rows of this width."""
    arrays = arrays_for(name, width)
    exact = [array.astype(float) if array.dtype == f32 else array for array in arrays]
    plain = getattr(vectors_plain, name)
    expected = results(name, calls(plain.py_func, width)[name], exact)
    untouched = results(name, lambda *_: None, exact)
    same = [np.array_equal(*pair) for pair in zip(expected, untouched, strict=True)]
    assert all(same) == (name == "prefetch_row"), "the others do something"
    for module in (vectors_llvm, vectors_plain):
        compiled = njit(calls(getattr(module, name), width)[name])
        for found, wanted in zip(results(name, compiled, arrays), expected, strict=True):
            assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4), (module, width)
    compiled = njit(calls(plain, width)[name])  # the loops in float64 lose nothing
    for found, wanted in zip(results(name, compiled, exact), expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-11, abs=1e-11), width


# After so few epochs rounding has not been multiplied by training itself: a draw of Gibbs sampling
# depends on all draws before it.
_TRAINED = """
import json, sys
import recsys_core as rc

ratings = rc.datasets.low_rank(n_users=60, n_items=40, density=0.4, noise=0.3, seed=0)
models = (
    rc.SGD, rc.ALS, rc.PMF, rc.NMF, rc.SVDpp, rc.ImplicitALS,
    lambda **how: rc.BayesianPMF(burn_in=1, implicit=True, **how),
)
found = [model(n_factors=5, n_epochs=3).fit(ratings) for model in models]
found.append(rc.PMF(n_factors=5, n_epochs=12, adaptive=True).fit(ratings))  # adapts from 11 on
rows = [[*model.predict_matrix(clip=False)[:3].ravel().tolist()] for model in found]
print(json.dumps({"rows": rows, "llvm": "recsys_core.kernels.vectors_llvm" in sys.modules}))
"""


def trained(switch):
    done = subprocess.run(
        [sys.executable, "-c", _TRAINED],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, compiling.SWITCH: switch},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_models_train_the_same_without_vector_instructions():
    usual, plain = trained(""), trained("1")
    assert (usual["llvm"], plain["llvm"]) == (True, False)
    assert len(usual["rows"]) == 8
    for one, other in zip(plain["rows"], usual["rows"], strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_what_cannot_be_compiled_names_the_switch(monkeypatch):
    def changed(*_, **__):
        raise AttributeError("no such instruction")

    monkeypatch.setattr(ir.IRBuilder, "fadd", changed)
    compiled = njit(calls(vectors_llvm.move_row, 8)["move_row"])
    with pytest.raises(Exception, match=r"no such instruction.*FACTORSCOPE_PLAIN_KERNELS=1"):
        compiled(*arrays_for("move_row", 8))
