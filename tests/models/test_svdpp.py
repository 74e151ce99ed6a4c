"""SVD++: its kernel against the step to be read, its objective, its guests and its reasons."""

import numpy as np
import pandas as pd
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


def exact(visits, starts, columns, values, tables, biases, rate, reg, known):
    """The parameters after the step of each user in turn, in float64."""
    p, q, y, b_user, b_item = (a.astype(np.float64) for a in (*tables, *biases))
    f_starts, features, a = known[0], known[1], known[2].astype(np.float64)
    for u in visits:
        mine = slice(starts[u], starts[u + 1])
        items = columns[mine]
        if not len(items):
            continue
        own = features[f_starts[u] : f_starts[u + 1]]
        step = stepwise.svdpp_step(
            values[mine], p[u], b_user[u], q[items], y[items], b_item[items], mean=MEAN,
            learning_rate=rate, reg=reg, feature_factors=a[own],
        )  # fmt: skip
        a[own] = step.feature_factors
        p[u], b_user[u] = step.user_factors, step.user_bias
        q[items], y[items], b_item[items] = (
            step.item_factors, step.implicit_factors, step.item_biases
        )  # fmt: skip
    return p, q, y, a, b_user, b_item


def of_features(n_users, k, n_features=4, seed=0):
    """Features of users, the first of whom has none, and their factors; of n = 0 nobody has any."""
    rng = np.random.default_rng(seed)
    has = rng.random((n_users, n_features)) < 0.6
    has[:1] = False
    table = np.zeros((n_features, padded(k)), np.float32)
    table[:, :k] = rng.normal(0, 0.3, (n_features, k))
    starts = np.append(0, np.cumsum(has.sum(axis=1))).astype(np.int64)
    return starts, np.nonzero(has)[1].astype(np.int32), table


def run(visits, starts, columns, values, tables, biases, rate, reg, with_biases=True, known=None):
    p, q, y = tables
    sums, f = np.zeros_like(p), np.float32
    known = known or of_features(len(p), p.shape[1], 0)
    svdpp_kernel(p.shape[1], len(known[2]) > 0)(
        np.asarray(visits, np.int32), Rows(starts, columns, values),
        Parameters(p, q, *biases, f(MEAN)), y, known, sums, f(rate), f(reg), with_biases,
        0, len(visits),
    )  # fmt: skip
    return sums


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    n_users=st.integers(1, 9),
    n_items=st.integers(1, 8),
    k=st.sampled_from([1, 3, 8, 9, 17, 32, 40]),
    density=st.floats(0, 1),
    reg=st.floats(0, 0.5),
    n_features=st.sampled_from([0, 1, 4]),
)
def test_the_kernel_is_the_step_of_each_user(seed, n_users, n_items, k, density, reg, n_features):
    starts, columns, values, tables, biases = problem(seed, n_users, n_items, k, density)
    visits = np.random.default_rng(seed).permutation(n_users)
    known = of_features(n_users, k, n_features, seed)
    expected = exact(visits, starts, columns, values, tables, biases, 0.02, reg, known)
    run(visits, starts, columns, values, tables, biases, 0.02, reg, known=known)
    tables = *tables, known[2]
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


def test_with_features_the_sums_and_the_objective_are_those_declared():
    ratings, _, trainer = trained(n_epochs=3, side_information=True)
    known, starts, columns = trainer.features, ratings.by_user.starts, ratings.by_user.columns
    assert known.names[0] == "age: 18–24" and "sex: F" in known.names and trainer.a.any()
    for u in range(ratings.n_users):
        mine, own = columns[starts[u] : starts[u + 1]], known.columns[known.starts[u] :][:2]
        expected = trainer.own[u] + trainer.y[mine].sum(axis=0) / np.sqrt(max(len(mine), 1))
        assert trainer.p[u] == pytest.approx(expected + trainer.a[own].sum(axis=0) / 2**0.5, 1e-4)
    without = trainer.objective(0.0)
    trainer.a[:] *= 2
    counts = np.bincount(known.columns, minlength=len(trainer.a))
    added = 3 / 4 * 0.05 * counts @ (trainer.a.astype(float) ** 2).sum(axis=1)
    assert trainer.objective(0.0) - without == pytest.approx(added, rel=1e-4)


def trained(**changes):
    ratings = rc.datasets.low_rank(n_users=60, n_items=40, density=0.4, noise=0.2, seed=2)
    age, sex = np.arange(60) % 50 + 10, np.where(np.arange(60) % 3, "F", "M")
    ratings = ratings.replace(user_info=pd.DataFrame({"age": age, "sex": sex}))
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
