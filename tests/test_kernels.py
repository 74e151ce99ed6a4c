"""Fast kernels against slow loops, finite differences, least squares and PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core.kernels.compiling import padded
from recsys_core.kernels.errors import errors_kernel
from recsys_core.kernels.least_squares import rows_kernel
from recsys_core.kernels.multiplicative import multiplicative_kernel
from recsys_core.kernels.sgd import logistic_kernel, sgd_kernel
from recsys_core.kernels.svdpp import sums_kernel, svdpp_kernel
from recsys_core.kernels.threads import cut, run_all

N_USERS, N_ITEMS, K, WIDTH = 7, 6, 3, 8


def problem(seed=0, n=40):
    rng = np.random.default_rng(seed)
    p, q = (np.zeros((size, WIDTH), np.float32) for size in (N_USERS, N_ITEMS))
    p[:, :K], q[:, :K] = rng.normal(size=(N_USERS, K)), rng.normal(size=(N_ITEMS, K))
    b_user, b_item = (rng.normal(size=s).astype(np.float32) * 0.2 for s in (N_USERS, N_ITEMS))
    user_ids = rng.integers(0, N_USERS, n).astype(np.int32)
    item_ids = rng.integers(0, N_ITEMS, n).astype(np.int32)
    return user_ids, item_ids, rng.uniform(1, 5, n).astype(np.float32), p, q, b_user, b_item


def test_rows_are_padded_to_whole_vectors():
    assert [padded(k) for k in (0, 1, 8, 9, 16, 30, 32)] == [8, 8, 8, 16, 16, 32, 32]


def test_sgd_equals_the_textbook_loop():
    users, items, values, p, q, b_user, b_item = problem()
    slow = [array.astype(np.float64) for array in (p, q, b_user, b_item)]
    mean, rate, reg = 3.1, 0.02, 0.05
    for u, i, r in zip(users, items, values.astype(float), strict=True):
        p_u, q_i = slow[0][u].copy(), slow[1][i].copy()
        e = r - (mean + slow[2][u] + slow[3][i] + p_u @ q_i)
        slow[2][u] += rate * (e - reg * slow[2][u])
        slow[3][i] += rate * (e - reg * slow[3][i])
        slow[0][u] = p_u + rate * (e * q_i - reg * p_u)
        slow[1][i] = q_i + rate * (e * p_u - reg * q_i)
    f = np.float32
    sgd_kernel(WIDTH)(
        users, items, values, p, q, b_user, b_item, f(mean), f(rate), f(reg), True, 0, len(users)
    )
    for fast, expected in zip((p, q, b_user, b_item), slow, strict=True):
        assert fast == pytest.approx(expected, abs=2e-5)
    assert not p[:, K:].any() and not q[:, K:].any()


def half_squares(values, x, low=None, spread=None):
    predicted = x if low is None else low + spread / (1 + np.exp(-x))
    return 0.5 * (values - predicted) ** 2


@pytest.mark.parametrize("kernel", ["sgd", "logistic"])
def test_one_step_follows_the_finite_difference_of_the_objective(kernel):
    users, items, values, *arrays = problem(seed=2, n=1)
    mean, rate, low, spread = 0.3, 1e-3, 1.0, 4.0
    reg_user, reg_item = (0.05, 0.05) if kernel == "sgd" else (0.05, 0.09)
    u, i, r = int(users[0]), int(items[0]), float(values[0])
    start = [a.astype(np.float64) for a in arrays]

    def objective(p_u, q_i, b_u, b_i):
        x = mean + b_u + b_i + p_u @ q_i
        error = half_squares(r, x) if kernel == "sgd" else half_squares(r, x, low, spread)
        return error + 0.5 * reg_user * (p_u @ p_u + b_u**2) + 0.5 * reg_item * (q_i @ q_i + b_i**2)

    point = [start[0][u], start[1][i], start[2][u], start[3][i]]

    def slope(which, f=None, h=1e-6):
        up, down = [np.copy(x) for x in point], [np.copy(x) for x in point]
        if f is None:
            up[which], down[which] = up[which] + h, down[which] - h
        else:
            up[which][f] += h
            down[which][f] -= h
        return (objective(*up) - objective(*down)) / (2 * h)

    f = np.float32
    if kernel == "sgd":
        sgd_kernel(WIDTH)(users, items, values, *arrays, f(mean), f(rate), f(reg_user), True, 0, 1)
    else:
        regs = np.full(N_USERS, reg_user, f), np.full(N_ITEMS, reg_item, f)
        logistic_kernel(WIDTH)(
            users, items, values, *arrays, f(mean), f(low), f(spread), f(rate), *regs, True, 0, 1
        )
    moved = [(a.astype(np.float64) - s) / rate for a, s in zip(arrays, start, strict=True)]
    assert moved[2][u] == pytest.approx(-slope(2), rel=0.02, abs=1e-3)
    assert moved[3][i] == pytest.approx(-slope(3), rel=0.02, abs=1e-3)
    for factor in range(K):
        assert moved[0][u, factor] == pytest.approx(-slope(0, factor), rel=0.02, abs=2e-3)
        assert moved[1][i, factor] == pytest.approx(-slope(1, factor), rel=0.02, abs=2e-3)


def test_errors_equal_a_slow_loop_raw_and_clipped():
    users, items, values, p, q, b_user, b_item = problem(n=500)
    f = np.float32
    x = 3.0 + b_user[users] + b_item[items] + (p[users] * q[items]).sum(axis=1)
    for logistic in (False, True):
        predicted = 1 + 4 / (1 + np.exp(-x)) if logistic else x
        raw, clipped = errors_kernel(WIDTH)(
            users, items, values, p, q, b_user, b_item, f(3), logistic, f(1), f(5), 0, len(users)
        )
        assert raw == pytest.approx(((values - predicted) ** 2).sum(), rel=1e-5)
        assert clipped == pytest.approx(((values - predicted.clip(1, 5)) ** 2).sum(), rel=1e-5)


def test_pieces_keep_their_order_on_threads():
    assert cut(10, 4) == [(0, 4), (4, 8), (8, 10)]
    assert run_all(lambda a, b: (a, b), cut(100, 7)) == cut(100, 7)


@pytest.mark.parametrize("name", ["SGD", "ALS", "PMF", "SVDpp", "NMF"])
def test_one_and_two_threads_give_the_same_bits(name, monkeypatch):
    ratings = rc.datasets.low_rank(n_users=400, n_items=300, density=0.5, seed=0)
    results = []
    for n_threads in (1, 2):
        monkeypatch.setattr("recsys_core.kernels.threads.N_THREADS", n_threads)
        results.append(getattr(rc, name)(n_factors=5, n_epochs=3).fit(ratings))
    one, two = results
    assert np.array_equal(one.user_factors, two.user_factors)
    assert [e.loss for e in one.history] == [e.loss for e in two.history]


def test_a_neural_batch_equals_plain_pytorch():
    ratings = rc.Ratings.from_matrix(np.random.default_rng(0).integers(1, 6, (8, 6)), missing=None)
    model = rc.NeuralMF(
        n_factors=4, learning_rate=0.01, weight_decay=1e-3, batch_size=48, n_epochs=1, biases=False,
        center=False, patience=None,
    )  # fmt: skip
    training = model.start(ratings)
    first = training.snapshot()
    p = torch.nn.Parameter(torch.tensor(first.user_factors.copy()))
    q = torch.nn.Parameter(torch.tensor(first.item_factors.copy()))
    adam = torch.optim.Adam([p, q], lr=0.01, weight_decay=1e-3)
    users, items = torch.tensor(ratings.user_ids).long(), torch.tensor(ratings.item_ids).long()
    loss = ((p[users] * q[items]).sum(1) - torch.tensor(ratings.values)).pow(2).mean()
    loss.backward()
    adam.step()
    training.advance(1e9)
    assert training.snapshot().user_factors == pytest.approx(p.detach().numpy(), abs=1e-6)
    assert training.snapshot().item_factors == pytest.approx(q.detach().numpy(), abs=1e-6)


def test_warming_up_compiles_what_training_calls():
    rc.kernels.warm_up((8,))
    ratings = rc.Ratings.from_matrix(np.random.default_rng(0).integers(1, 6, (8, 6)), missing=None)
    kernels = (
        sgd_kernel(8), logistic_kernel(8), rows_kernel(8), errors_kernel(8), svdpp_kernel(8),
        sums_kernel(8), multiplicative_kernel(8),
    )  # fmt: skip
    compiled = [len(kernel.signatures) for kernel in kernels]
    for model in (rc.SGD(n_factors=2), rc.ALS(n_factors=2), rc.PMF(n_factors=2),
                  rc.PMF(n_factors=2, link="logistic"), rc.SVDpp(n_factors=2),
                  rc.NMF(n_factors=2)):  # fmt: skip
        model.n_epochs = 1
        model.fit(ratings)
    assert [len(kernel.signatures) for kernel in kernels] == compiled
