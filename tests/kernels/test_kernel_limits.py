"""Where arithmetic could run out: ids at the int32 edge, float32 over whole trainings, memory."""

from __future__ import annotations

import json
import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import stepwise
from recsys_core.kernels import Parameters, Rows, Triples
from recsys_core.kernels.errors import errors_kernel
from recsys_core.kernels.multiplicative import multiplicative_kernel
from recsys_core.kernels.sgd import logistic_kernel, sgd_kernel
from recsys_core.kernels.sums import sums_kernel
from recsys_core.kernels.svdpp import svdpp_kernel

ROOT = Path(__file__).resolve().parents[2]
WIDTH, LAST = 8, 2**31 - 1
F = np.float32


def vast(*shape):
    """Zeros of up to 2³¹ rows, of which only the pages that are touched come into being."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux promises memory that is not there")
    size = int(np.prod(shape, dtype=np.int64)) * 4
    no_reserve = 0x4000  # MAP_NORESERVE, which Python names from 3.13 on
    try:
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve)
    except OSError:
        pytest.skip("this machine does not promise that much address space")
    return np.frombuffer(pages, dtype=F).reshape(shape)


def edge(side):
    """Two ratings by, or of, the last row int32 can name; the other side has three rows."""
    rng = np.random.default_rng(0)
    ids = np.full(2, LAST, np.int32), np.array([2, 0], np.int32)
    tables = [vast(LAST + 1, WIDTH), rng.normal(0, 0.3, (3, WIDTH)).astype(F)]
    biases = [vast(LAST + 1), rng.normal(0, 0.3, 3).astype(F)]
    tables[0][LAST], biases[0][LAST] = rng.normal(0, 0.3, WIDTH), 0.25
    values = np.array([4, 2], F)
    if side == "item":
        ids, tables, biases = ids[::-1], tables[::-1], biases[::-1]
    return [*ids, values, *tables, *biases]


def brought_near(arguments):
    """The same with the vast arrays cut down to the one row that counts."""
    near = []
    for array in arguments:
        if len(array) == LAST + 1:
            near.append(array[LAST:].copy())
        elif array.dtype == np.int32 and (array == LAST).all():
            near.append(np.zeros_like(array))
        else:
            near.append(array.copy())
    return near


@pytest.mark.parametrize("side", ["user", "item"])
@pytest.mark.parametrize("kernel", ["sgd", "logistic"])
def test_descent_reaches_the_last_row_int32_can_name(kernel, side):
    far = edge(side)
    near = brought_near(far)
    for arguments in (far, near):
        sizes = [len(arguments[place]) for place in (3, 4)]
        ratings = Triples(*arguments[:3])
        if kernel == "sgd":
            parameters = Parameters(*arguments[3:], F(3))
            sgd_kernel(WIDTH)(ratings, parameters, F(0.05), F(0.1), True, 0, 2)
            continue
        parameters = Parameters(*arguments[3:], F(0))
        regs = [vast(size) if size > 3 else np.zeros(size, F) for size in sizes]
        logistic_kernel(WIDTH)(ratings, parameters, F(1), F(4), F(0.05), *regs, True, 0, 2)
    at = 0 if side == "user" else 1
    assert np.array_equal(far[3 + at][LAST], near[3 + at][0])
    assert far[5 + at][LAST] == near[5 + at][0] != F(0.25)
    assert np.array_equal(far[4 - at], near[4 - at])
    # A product that overflowed would have written near the beginning, or not come back at all.
    assert not far[3 + at][:1000].any()


@pytest.mark.parametrize("side", ["user", "item"])
def test_errors_are_measured_at_the_last_row_int32_can_name(side):
    far = edge(side)
    sums = [
        errors_kernel(WIDTH)(
            Triples(*arguments[:3]), Parameters(*arguments[3:], F(3)), False, F(1), F(5), 0, 2
        )
        for arguments in (far, brought_near(far))
    ]
    assert sums[0] == sums[1] and sums[0][0] > 0


def test_rows_of_others_are_found_at_the_last_row_int32_can_name():
    rng = np.random.default_rng(1)
    starts, columns = np.array([0, 2]), np.array([LAST, 5], np.int32)
    values = np.array([4, 1], F)
    far = vast(LAST + 1, WIDTH)
    far[[LAST, 5]] = rng.random((2, WIDTH))
    results = []
    for x, found in ((far, columns), (far[[5, LAST]], np.array([1, 0], np.int32))):
        w = np.full((1, WIDTH), 0.5, F)
        multiplicative_kernel(WIDTH)(Rows(starts, found, values), x, w, F(0.1), 0, 1)
        sums = np.zeros((1, WIDTH), F)
        sums_kernel(WIDTH)(starts, found, x, np.ones(1, F), sums, 0, 1)
        results.append((w, sums))
    assert np.array_equal(results[0], results[1])
    assert (results[0][0] != 0.5).all()


def test_svdpp_moves_the_last_row_int32_can_name():
    rng = np.random.default_rng(2)
    starts, columns, values = np.array([0, 2]), np.array([LAST, 5], np.int32), np.array([4, 1], F)
    q, y, b_item = vast(LAST + 1, WIDTH), vast(LAST + 1, WIDTH), vast(LAST + 1)
    rows = [5, LAST]
    q[rows], y[rows] = rng.normal(0, 0.3, (2, 2, WIDTH))
    near = q[rows], y[rows], b_item[rows]
    known = np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros((0, WIDTH), F)
    for (q_, y_, b_), found in (((q, y, b_item), columns), (near, np.array([1, 0], np.int32))):
        p = np.full((1, WIDTH), 0.2, F)
        svdpp_kernel(WIDTH)(
            np.zeros(1, np.int32), Rows(starts, found, values),
            Parameters(p, q_, np.zeros(1, F), b_, F(3)), y_, known, p.copy(), F(0.05), F(0.1), True,
            0, 1,
        )  # fmt: skip
    for far, moved in zip((q, y, b_item), near, strict=True):
        assert np.array_equal(far[rows], moved) and moved.any()


def test_float32_trains_as_float64_does():
    # Forty epochs in the same order: rounding must not pile up to anything one could see.
    ratings = rc.datasets.low_rank(n_users=60, n_items=40, density=0.5, noise=0.3, seed=0)
    model = rc.SGD(
        n_factors=4, learning_rate=0.02, reg=0.05, n_epochs=40, shuffle=False, standardize=False
    )
    training = model.start(ratings)
    first = training.snapshot()
    names = "user_factors", "item_factors", "user_bias", "item_bias"
    p, q, b_user, b_item = (getattr(first, name).astype(np.float64) for name in names)
    triples = list(
        zip(ratings.user_ids, ratings.item_ids, ratings.values.astype(float), strict=True)
    )
    for _ in range(40):
        for u, i, r in triples:
            after = stepwise.sgd_step(
                r, p[u], q[i], b_user[u], b_item[i], mean=first.global_mean, learning_rate=0.02,
                reg=0.05,
            )  # fmt: skip
            p[u], q[i] = after.user_factors, after.item_factors
            b_user[u], b_item[i] = after.user_bias, after.item_bias
    list(training)
    exact = first.global_mean + b_user[:, None] + b_item + p @ q.T
    assert model.predict_matrix(clip=False) == pytest.approx(exact, abs=1e-3)


_TEN_MILLION = """
import json, resource, sys
import recsys_core as rc

ratings = rc.datasets.low_rank(
    n_users=69_878, n_items=10_677, n_factors=10, density=10_000_054 / (69_878 * 10_677),
    popularity=0.8, noise=0.74, scale=rc.Scale(0.5, 5, 0.5),
)
split = rc.splits.random(ratings, seed=0)
training = getattr(rc, sys.argv[1])(n_factors=32, n_epochs=2).start(split.train, split.validation)
while not training.finished:
    training.advance(0.05)
training.snapshot()
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
losses = [epoch.loss for epoch in training.history]
print(json.dumps({"n": len(ratings), "losses": losses, "peak": peak}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SGD", "ALS", "PMF", "SVDpp", "NMF"])
def test_ten_million_ratings_train_within_two_gibibytes(name):
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", _TEN_MILLION, name],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["n"] > 9_900_000 and found["losses"][-1] < found["losses"][0]
    assert found["peak"] <= 2 * 2**30, f"{found['peak'] / 2**30:.2f} GiB"
