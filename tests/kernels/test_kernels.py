"""Fast kernels against the steps of ``stepwise``, sums in float64 and PyTorch."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

import recsys_core as rc
from recsys_core import kernels, stepwise
from recsys_core.kernels import Parameters, Triples, padded, tables
from recsys_core.kernels.constrained import constrained_kernel
from recsys_core.kernels.errors import errors_kernel, running_kernel
from recsys_core.kernels.least_squares import rows_kernel
from recsys_core.kernels.multiplicative import multiplicative_kernel
from recsys_core.kernels.scratch import empty
from recsys_core.kernels.sgd import logistic_kernel, sgd_kernel
from recsys_core.kernels.sums import sums_kernel
from recsys_core.kernels.svdpp import svdpp_kernel
from recsys_core.kernels.threads import cut, one_blas_thread, run_all

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
    assert [padded(k) for k in (0, 1, 8, 9, 16, 17, 32, 33)] == [8, 8, 8, 16, 16, 32, 32, 48]


@pytest.mark.parametrize("shape", [(1, 16), (7, 32), (1000, 48)])
def test_tables_begin_at_a_line_of_cache(shape):
    for make in (tables.zeros, empty):
        several = [make(*shape) for _ in range(5)]  # by chance, one in four or so would
        assert all(t.ctypes.data % 64 == 0 and t.shape == shape for t in several)
        assert all(t.flags.c_contiguous and t.dtype == np.float32 for t in several)
    table = tables.zeros(*shape)
    assert not table.any()
    table[...] = np.arange(table.size).reshape(shape)
    copied = tables.copy(table)
    assert np.array_equal(copied, table) and copied.ctypes.data % 64 == 0
    assert not np.shares_memory(copied, table)


@pytest.mark.parametrize("k", [3, 17, 32])
def test_every_table_of_a_trainer_begins_at_a_line_of_cache(k):
    ratings = rc.datasets.low_rank(n_users=30, n_items=20, density=0.4, seed=0)
    for model in (rc.SGD, rc.ALS, rc.NMF, rc.SVDpp, rc.ImplicitALS,
                  lambda **how: rc.PMF(adaptive=True, **how),
                  lambda **how: rc.BayesianPMF(implicit=True, **how)):  # fmt: skip
        training = model(n_factors=k, n_epochs=2).start(ratings)
        again = model(n_factors=k, n_epochs=2).start(ratings, checkpoint=training.checkpoint())
        for trainer in (training.trainer, again.trainer):
            width = kernels.padded(k)
            sides = [s for s in (getattr(trainer, "users", None),) if s is not None]
            held = [*vars(trainer).values(), *(a for side in sides for a in vars(side).values())]
            rows = [a for a in held if isinstance(a, np.ndarray) and a.shape[1:] == (width,)]
            rows = [table for table in rows if table.size]
            assert len(rows) >= 2
            assert all(table.ctypes.data % 64 == 0 for table in rows)


def test_training_ratings_are_measured_in_the_grids_order_and_all_of_them():
    ratings = rc.datasets.low_rank(n_users=400, n_items=300, density=0.5, seed=0)
    training = rc.SGD(n_factors=5, n_epochs=2).start(ratings)
    training.advance(1e9)
    trainer = training.trainer
    laid, _ = trainer.measured(training.train)
    assert not np.array_equal(laid.values, training.train.values), "it is another order"
    model = training.snapshot()
    error = ratings.values - model.predict(ratings.user_ids, ratings.item_ids).astype(float)
    assert training.history[-1].train_rmse == pytest.approx(math.sqrt((error**2).mean()), rel=1e-5)
    own, _ = trainer.measured(ratings)  # the same ratings, but not those it trains on
    assert np.array_equal(own.user_ids, ratings.user_ids)


# Sides of one row, more factors than rows, one rating, none: whatever hypothesis thinks of.
ANY_PROBLEM = dict(
    seed=st.integers(0, 10_000),
    n_users=st.integers(1, 9),
    n_items=st.integers(1, 9),
    k=st.sampled_from([1, 3, 8, 9, 17, 32, 40]),
    n=st.integers(0, 60),
)


def any_problem(seed, n_users, n_items, k, n):
    rng = np.random.default_rng(seed)
    p, q = (np.zeros((size, padded(k)), np.float32) for size in (n_users, n_items))
    p[:, :k], q[:, :k] = (rng.normal(0, k**-0.25, (len(rows), k)) for rows in (p, q))
    b_user, b_item = (rng.normal(size=s).astype(np.float32) * 0.2 for s in (n_users, n_items))
    user_ids, item_ids = (rng.integers(0, s, n).astype(np.int32) for s in (n_users, n_items))
    return user_ids, item_ids, rng.uniform(1, 5, n).astype(np.float32), p, q, b_user, b_item


def exact(arrays, ratings, step):
    """The parameters after ``step`` for each rating (u, i, r) in turn, in float64."""
    p, q, b_user, b_item = (a.astype(np.float64) for a in arrays)
    for u, i, r in zip(*ratings, strict=True):
        after = step(u, i, float(r), p[u], q[i], b_user[u], b_item[i])
        p[u], q[i] = after.user_factors, after.item_factors
        b_user[u], b_item[i] = after.user_bias, after.item_bias
    return p, q, b_user, b_item


@settings(max_examples=40)
@given(**ANY_PROBLEM)
def test_sgd_is_its_step_for_each_rating(seed, n_users, n_items, k, n):
    users, items, values, *arrays = any_problem(seed, n_users, n_items, k, n)
    mean, rate, reg = 3.1, 0.02, 0.05

    def step(_u, _i, rating, *row):
        return stepwise.sgd_step(rating, *row, mean=mean, learning_rate=rate, reg=reg)

    expected = exact(arrays, (users, items, values), step)
    f = np.float32
    ratings, parameters = Triples(users, items, values), Parameters(*arrays, f(mean))
    sgd_kernel(padded(k))(ratings, parameters, f(rate), f(reg), True, 0, n)
    for found, wanted in zip(arrays, expected, strict=True):
        assert found == pytest.approx(wanted, abs=1e-4)
    assert not arrays[0][:, k:].any() and not arrays[1][:, k:].any()


@settings(max_examples=40)
@given(**ANY_PROBLEM)
def test_logistic_sgd_is_its_step_for_each_rating(seed, n_users, n_items, k, n):
    users, items, values, *arrays = any_problem(seed, n_users, n_items, k, n)
    rng = np.random.default_rng(seed)
    f, mean, rate = np.float32, 0.2, 0.02
    regs = [rng.uniform(0, 0.2, size).astype(f) for size in (n_users, n_items)]

    def step(u, i, rating, *row):  # the kernel is given λ divided by the numbers of ratings
        return stepwise.logistic_step(
            rating, *row, mean=mean, low=1, high=5, learning_rate=rate, reg_user=regs[0][u],
            reg_item=regs[1][i], n_user=1, n_item=1,
        )  # fmt: skip

    expected = exact(arrays, (users, items, values), step)
    ratings, parameters = Triples(users, items, values), Parameters(*arrays, f(mean))
    logistic_kernel(padded(k))(ratings, parameters, f(1), f(4), f(rate), *regs, True, 0, n)
    for found, wanted in zip(arrays, expected, strict=True):
        assert found == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("kernel", ["sgd", "logistic"])
def test_a_run_touches_only_its_own_ratings(kernel):
    users, items, values, *arrays = problem()
    whole = [a.copy() for a in arrays]
    f = np.float32
    if kernel == "sgd":
        run, mean, rest = sgd_kernel(WIDTH), f(3), (f(0.02), f(0.05), True)
    else:
        regs = np.full(N_USERS, 0.05, f), np.full(N_ITEMS, 0.05, f)
        run, mean, rest = logistic_kernel(WIDTH), f(0), (f(1), f(4), f(0.02), *regs, True)
    ratings = Triples(users, items, values)
    run(ratings, Parameters(*whole, mean), *rest, 0, 40)
    for start, stop in ((0, 13), (13, 13), (13, 40)):
        run(ratings, Parameters(*arrays, mean), *rest, start, stop)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, whole, strict=True))


@settings(max_examples=40)
@given(**ANY_PROBLEM, logistic=st.booleans())
def test_errors_equal_a_sum_in_float64_raw_and_clipped(seed, n_users, n_items, k, n, logistic):
    users, items, values, *arrays = any_problem(seed, n_users, n_items, k, n)
    p, q, b_user, b_item = (a.astype(np.float64) for a in arrays)
    predicted = 3 + b_user[users] + b_item[items] + (p[users] * q[items]).sum(axis=1)
    if logistic:
        predicted = 1 + 4 / (1 + np.exp(-predicted))
    f = np.float32
    ratings, parameters = Triples(users, items, values), Parameters(*arrays, f(3))
    raw, clipped = errors_kernel(padded(k))(ratings, parameters, logistic, f(1), f(5), 0, n)
    assert raw == pytest.approx(((values - predicted) ** 2).sum(), rel=1e-4, abs=1e-6)
    assert clipped == pytest.approx(
        ((values - predicted.clip(1, 5)) ** 2).sum(), rel=1e-4, abs=1e-6
    )


def test_pieces_keep_their_order_on_threads():
    assert cut(10, 4) == [(0, 4), (4, 8), (8, 10)]
    assert run_all(lambda a, b: (a, b), cut(100, 7)) == cut(100, 7)


def test_blas_is_limited_until_the_last_leaves():
    def n_threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    with threadpool_limits(2, user_api="blas"):
        before = n_threads()
        assert max(before) == 2
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        assert set(n_threads()) == {1}
        first.__exit__(None, None, None)
        assert set(n_threads()) == {1}, "the other still needs it"
        second.__exit__(None, None, None)
        assert n_threads() == before


@pytest.mark.parametrize("name", ["SGD", "ALS", "PMF", "SVDpp", "NMF", "ImplicitALS"])
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
        center=False, standardize=False, patience=None,
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
    known = (
        sgd_kernel(8), logistic_kernel(8), rows_kernel(8), errors_kernel(8), svdpp_kernel(8),
        sums_kernel(8), multiplicative_kernel(8), running_kernel(8), constrained_kernel(8),
        kernels.conjugate_kernel(8), kernels.choices_kernel(8),
    )  # fmt: skip
    compiled = [len(kernel.signatures) for kernel in known]
    for model in (rc.SGD(n_factors=2), rc.ALS(n_factors=2), rc.PMF(n_factors=2),
                  rc.PMF(n_factors=2, link="logistic"),
                  rc.PMF(n_factors=2, constrained=True), rc.SVDpp(n_factors=2),
                  rc.NMF(n_factors=2), rc.ImplicitALS(n_factors=2),
                  rc.BayesianPMF(n_factors=2, implicit=True)):  # fmt: skip
        model.n_epochs = 1
        model.fit(ratings)
    assert [len(kernel.signatures) for kernel in known] == compiled


@pytest.mark.parametrize("width", [8, 16, 24])
def test_sums_of_rows_equal_a_matrix_product(width):
    rng = np.random.default_rng(width)
    n_rows, n_columns = 12, 7
    chosen = rng.random((n_rows, n_columns)) < 0.4
    chosen[3] = False
    starts = np.concatenate([[0], np.cumsum(chosen.sum(axis=1))]).astype(np.int64)
    columns = np.nonzero(chosen)[1].astype(np.int32)
    x, sums = (rng.normal(size=(n, width)).astype(np.float32) for n in (n_columns, n_rows))
    scale = rng.normal(size=n_rows).astype(np.float32)
    expected = sums.copy()
    expected[2:10] += scale[2:10, None] * (chosen[2:10] @ x)
    sums_kernel(width)(starts, columns, x, scale, sums, 2, 10)
    assert sums == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("n", [2, 4])
def test_a_grid_holds_every_rating_in_its_block_in_an_order_of_chance(n):
    rng = np.random.default_rng(n)
    triples = Triples(
        rng.integers(0, 40, 3000).astype(np.int32), rng.integers(0, 30, 3000).astype(np.int32),
        np.arange(3000, dtype=np.float32),
    )  # fmt: skip
    user_block, item_block = np.arange(40) * n // 40, np.arange(30) * n // 30
    copies = Triples(*(np.empty_like(array) for array in triples))
    ends = np.empty(n * n, np.int64)
    kernels.lay_out(triples, user_block, item_block, n, copies, ends)
    assert ends[-1] == 3000
    laid = [copy.copy() for copy in copies]
    for block, (start, stop) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        users, items, values = (copy[start:stop] for copy in copies)
        diagonal, at = divmod(block, n)
        assert (user_block[users] == at).all() and (item_block[items] == (at + diagonal) % n).all()
        assert (np.diff(values) > 0).all(), "as given, before it is shuffled"
        kernels.shuffle(copies, np.int64(7), start, stop)
        assert (np.diff(values) < 0).mean() == pytest.approx(0.5, abs=0.1)
        assert sorted(values) == sorted(laid[2][start:stop])
    for array, copy in zip(triples, copies, strict=True):
        np.testing.assert_array_equal(copy[np.argsort(copies[2])], array)


def test_ratings_are_grouped_by_row_in_their_order():
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 9, (2, 500)).astype(np.int32)  # of ten rows the last is empty
    values = rng.normal(size=500).astype(np.float32)
    starts, order = np.empty(11, np.int64), np.empty(500, np.int64)
    grouped = np.empty_like(columns), np.empty_like(values), order
    kernels.group(rows, columns, values, starts, grouped)
    np.testing.assert_array_equal(order, np.argsort(rows, kind="stable"))
    np.testing.assert_array_equal(starts, np.append(0, np.cumsum(np.bincount(rows, minlength=10))))
    np.testing.assert_array_equal(grouped[0], columns[order])
    np.testing.assert_array_equal(grouped[1], values[order])


def test_every_order_of_a_shuffle_is_as_likely():
    orders = {}
    for seed in range(6000):
        ids, values = np.arange(3, dtype=np.int32), np.arange(3, dtype=np.float32)
        kernels.shuffle(Triples(ids, ids.copy(), values), np.int64(seed * 2**40), 0, 3)
        assert (ids == values).all()
        orders[tuple(ids)] = orders.get(tuple(ids), 0) + 1
    assert len(orders) == 6 and all(abs(count - 1000) < 150 for count in orders.values())
