"""SVD++: its kernel against the step to be read, its objective, its guests and its reasons."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core import stepwise
from recsys_core.kernels import Parameters, Rows, padded
from recsys_core.kernels.svdpp import svdpp_kernel

MEAN = 3.2


def problem(seed, n_users, n_items, k, density=0.5, scale=0.4):
    """Ratings in compressed rows (some users may have none), and parameters, float32."""
    rng = np.random.default_rng(seed)
    rated = rng.random((n_users, n_items)) < density
    starts = np.concatenate([[0], np.cumsum(rated.sum(axis=1))]).astype(np.int64)
    columns = np.nonzero(rated)[1].astype(np.int32)
    values = rng.uniform(1, 5, len(columns)).astype(np.float32)
    tables = []
    for rows in (n_users, n_items, n_items):
        table = np.zeros((rows, padded(k)), np.float32)
        table[:, :k] = rng.normal(0, scale, (rows, k))
        tables.append(table)
    biases = [rng.normal(0, 0.2, size).astype(np.float32) for size in (n_users, n_items)]
    return starts, columns, values, tables, biases


def exact(visits, starts, columns, values, tables, biases, rate, reg):
    """The parameters after the step of each user in turn, in float64."""
    p, q, y, b_user, b_item = (a.astype(np.float64) for a in (*tables, *biases))
    for u in visits:
        mine = slice(starts[u], starts[u + 1])
        items = columns[mine]
        if not len(items):
            continue
        step = stepwise.svdpp_step(
            values[mine], p[u], b_user[u], q[items], y[items], b_item[items], mean=MEAN,
            learning_rate=rate, reg=reg,
        )  # fmt: skip
        p[u], b_user[u] = step.user_factors, step.user_bias
        q[items], y[items], b_item[items] = (
            step.item_factors, step.implicit_factors, step.item_biases
        )  # fmt: skip
    return p, q, y, b_user, b_item


def run(visits, starts, columns, values, tables, biases, rate, reg, with_biases=True):
    p, q, y = tables
    sums, f = np.zeros_like(p), np.float32
    svdpp_kernel(p.shape[1])(
        np.asarray(visits, np.int32), Rows(starts, columns, values),
        Parameters(p, q, *biases, f(MEAN)), y, sums, f(rate), f(reg), with_biases, 0, len(visits),
    )  # fmt: skip
    return sums


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_users=st.integers(1, 9),
    n_items=st.integers(1, 8),
    k=st.sampled_from([1, 3, 8, 9, 17, 32, 40]),
    density=st.floats(0, 1),
    reg=st.floats(0, 0.5),
)
def test_the_kernel_is_the_step_of_each_user(seed, n_users, n_items, k, density, reg):
    starts, columns, values, tables, biases = problem(seed, n_users, n_items, k, density)
    visits = np.random.default_rng(seed).permutation(n_users)
    expected = exact(visits, starts, columns, values, tables, biases, 0.02, reg)
    run(visits, starts, columns, values, tables, biases, 0.02, reg)
    for found, wanted in zip((*tables, *biases), expected, strict=True):
        assert found == pytest.approx(wanted, abs=2e-4, rel=1e-4)
    assert not any(table[:, k:].any() for table in tables)


def test_after_an_epoch_the_sums_are_those_of_the_new_factors():
    ratings, _, trainer = trained(n_epochs=1)
    starts, columns = ratings.by_user.starts, ratings.by_user.columns
    for u in range(ratings.n_users):
        mine = columns[starts[u] : starts[u + 1]]
        expected = trainer.own[u] + trainer.y[mine].sum(axis=0) / np.sqrt(max(len(mine), 1))
        assert trainer.p[u] == pytest.approx(expected, abs=1e-5)


def trained(**changes):
    ratings = rc.datasets.low_rank(n_users=60, n_items=40, density=0.4, noise=0.2, seed=2)
    model = rc.SVDpp(**{"n_factors": 4, "reg": 0.05, "n_epochs": 40, **changes})
    training = model.start(ratings)
    list(training)
    return ratings, model, training.trainer


def test_the_objective_is_the_one_declared():
    ratings, model, trainer = trained(n_epochs=3, standardize=False)
    e = ratings.values - model.predict(ratings.user_ids, ratings.item_ids, clip=False)
    by_rating = (trainer.own[ratings.user_ids] ** 2).sum(axis=1) + trainer.b_user[
        ratings.user_ids
    ] ** 2
    for table in (trainer.q, trainer.y):
        by_rating = by_rating + (table[ratings.item_ids] ** 2).sum(axis=1)
    by_rating = by_rating + trainer.b_item[ratings.item_ids] ** 2
    expected = (e.astype(float) ** 2).sum() + 0.05 * by_rating.sum(dtype=float)
    assert model.history[-1].loss == pytest.approx(expected, rel=1e-4)


def test_a_guests_own_items_count_before_any_rating_does():
    ratings, model, trainer = trained()
    rule = model.snapshot().fold
    items = np.array([3, 11, 20])
    expected = trainer.y[items, :4].sum(axis=0) / np.sqrt(3)
    assert rule.prior_of(items)[:-1] == pytest.approx(expected, abs=1e-6)
    # Of three ratings, the mean row of all users counts for 10 of 13 parts.
    mean_row = trainer.p[:, :4].mean(axis=0)
    expected = 3 / 13 * expected + 10 / 13 * mean_row
    assert rule.prior_of(items, model.snapshot().least)[:-1] == pytest.approx(expected, abs=1e-6)
    # Ratings just as predicted from that leave the guest there.
    expected = expected * np.sqrt(ratings.values.std())  # in rating units
    as_predicted = model.global_mean + model.item_bias[items] + model.item_factors[items] @ expected
    guest = model.fold_in(items, as_predicted)
    assert guest.factors == pytest.approx(expected, abs=1e-5)
    assert guest.bias == pytest.approx(0, abs=1e-6)
    nobody = model.fold_in([], [])
    assert nobody.factors == pytest.approx(model.user_factors.mean(axis=0), abs=1e-5)


def test_reasons_add_up_to_the_fold_in_prediction():
    ratings, model, _ = trained()
    for user in (0, 7):
        items, values = ratings.by_user.row(user)
        reasons = rc.attribution.reasons(model, user, 5)
        folded = model.snapshot()._row_of(items, values.astype(float), None)
        assert reasons.start + reasons.pulled == pytest.approx(
            model.predict(folded, [5], clip=False)[0], abs=1e-4
        )
        assert reasons.start == pytest.approx(model.global_mean + model.item_bias[5], abs=1e-6)
        total = reasons.start + reasons.table["pull"].sum() + reasons.rest
        assert total == pytest.approx(model.predict(user, 5, clip=False)[0])


def test_what_was_rated_alone_tells_tastes_apart():
    # Two camps rate their own half of the items; every rating is chance, so that only the choice
    # of items says who is in which camp, and the held-out item is liked by one camp only.
    rng = np.random.default_rng(0)
    matrix = np.full((80, 21), np.nan)
    matrix[:40, :10] = rng.integers(1, 6, (40, 10))
    matrix[40:, 10:20] = rng.integers(1, 6, (40, 10))
    matrix[:30, 20], matrix[40:70, 20] = 5, 1
    ratings = rc.Ratings.from_matrix(matrix, missing=None, scale=rc.Scale(1, 5, 1))
    model = rc.SVDpp(n_factors=2, learning_rate=0.02, reg=0.02, n_epochs=300).fit(ratings)
    guess = [
        model.predict(model.fold_in(np.arange(first, first + 10), np.full(10, 3.0)), [20])[0]
        for first in (0, 10)
    ]
    assert guess[0] > guess[1] + 1.5
