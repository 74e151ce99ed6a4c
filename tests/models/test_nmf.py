"""NMF: its kernel against its step, a falling objective, scikit-learn on a full matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core import stepwise
from recsys_core.kernels import Rows, padded
from recsys_core.kernels.multiplicative import multiplicative_kernel


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    n_rows=st.integers(1, 9),
    n_columns=st.integers(1, 8),
    k=st.sampled_from([1, 3, 8, 9, 17, 32, 40]),
    density=st.floats(0, 1),
    reg=st.floats(0, 0.5),
)
def test_the_kernel_is_the_step_of_each_row(seed, n_rows, n_columns, k, density, reg):
    rng = np.random.default_rng(seed)
    rated = rng.random((n_rows, n_columns)) < density
    starts = np.concatenate([[0], np.cumsum(rated.sum(axis=1))]).astype(np.int64)
    columns = np.nonzero(rated)[1].astype(np.int32)
    values = rng.uniform(0, 5, len(columns)).astype(np.float32)
    x, w = (np.zeros((size, padded(k)), np.float32) for size in (n_columns, n_rows))
    x[:, :k] = rng.random((n_columns, k)) * (rng.random((n_columns, k)) < 0.8)
    w[:, :k] = rng.random((n_rows, k)) * (rng.random((n_rows, k)) < 0.8)
    expected = w.astype(np.float64)
    for row in range(n_rows):
        here = slice(starts[row], starts[row + 1])
        near = x[columns[here]].astype(np.float64)
        expected[row] = stepwise.nmf_row(values[here], near, expected[row], low=0, reg=reg).factors
    multiplicative_kernel(padded(k))(
        Rows(starts, columns, values), x, w, np.float32(reg), 0, n_rows
    )
    assert w == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert (w >= 0).all() and not w[:, k:].any()


def some(seed=0, scale=None, shift=0.0):
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((30, 20)) < 0.5, rng.integers(1, 6, (30, 20)) + shift, np.nan)
    return rc.Ratings.from_matrix(matrix, missing=None, scale=scale or rc.Scale(1, 5, 1))


@pytest.mark.parametrize("reg", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_objective_never_rises_and_nothing_is_negative(reg, seed):
    model = rc.NMF(n_factors=4, reg=reg, n_epochs=150, seed=seed).fit(some(seed))
    losses = np.array([e.loss for e in model.history])
    assert (np.diff(losses) <= 1e-5 * losses[:-1]).all()
    assert losses[-1] < 0.9 * losses[0]
    assert (model.user_factors >= 0).all() and (model.item_factors >= 0).all()


def test_the_objective_is_the_one_declared():
    ratings = some()
    model = rc.NMF(n_factors=4, reg=0.1, n_epochs=5, standardize=False).fit(ratings)
    e = ratings.values - model.predict(ratings.user_ids, ratings.item_ids, clip=False)
    rows = (model.user_factors[ratings.user_ids] ** 2).sum() + (
        model.item_factors[ratings.item_ids] ** 2
    ).sum()
    expected = (e.astype(float) ** 2).sum() + 0.1 * rows
    assert model.history[-1].loss == pytest.approx(expected, rel=1e-4)


def test_on_a_full_matrix_it_comes_as_low_as_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    rng = np.random.default_rng(0)
    full = rng.random((40, 3)) @ rng.random((3, 30)) * 4 / 3 + rng.random((40, 30))
    full = full.astype(np.float32)
    ratings = rc.Ratings.from_matrix(full, missing=None, scale=rc.Scale(0, 5))
    ours = rc.NMF(n_factors=3, reg=0.0, n_epochs=1500).fit(ratings).history[-1].loss
    theirs = decomposition.NMF(3, init="nndsvda", max_iter=2000, tol=1e-6, random_state=0)
    loss = ((full - theirs.fit_transform(full) @ theirs.components_) ** 2).sum()
    assert ours == pytest.approx(loss, rel=0.02)


def test_a_scale_that_starts_below_zero_is_only_moved():
    plain, moved = some(), some(scale=rc.Scale(-10, -6, 1), shift=-11.0)
    one, two = (rc.NMF(n_factors=3, n_epochs=30).fit(ratings) for ratings in (plain, moved))
    assert two.predict_matrix() == pytest.approx(one.predict_matrix() - 11, abs=1e-3)


def test_ratings_all_at_the_low_end_are_predicted_so():
    matrix = np.ones((6, 5))
    ratings = rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))
    model = rc.NMF(n_factors=2, n_epochs=10).fit(ratings)
    assert model.predict_matrix() == pytest.approx(matrix)


def test_a_guest_is_the_best_non_negative_row():
    ratings = some()
    model = rc.NMF(n_factors=4, reg=0.05, n_epochs=100).fit(ratings)
    items, values = np.array([1, 4, 9, 12]), np.array([5.0, 1.0, 2.0, 5.0])
    guest, mean_row = model.fold_in(items, values), model.user_factors.mean(axis=0)
    least = model.snapshot().least[:-1]
    assert (least > 4 * 0.05).all()  # so few ratings: trained rows say more than λ
    assert (guest.factors >= 0).all() and guest.bias == 0

    def objective(w):
        # λ is in units of s: the objective of z, times s².
        e = values - 1 - model.item_factors[items] @ w
        own, more = 0.05 * 4, least - 0.05 * 4  # λ n pulls to zero, the rest to the mean row
        penalty = (own * w**2 + more * (w - mean_row) ** 2).sum()
        return (e**2).sum() + ratings.values.std() * penalty

    best = objective(guest.factors)
    rng = np.random.default_rng(0)
    for size in (1e-3, 0.1, 1.0):
        for _ in range(200):
            other = np.maximum(guest.factors + rng.normal(0, size, 4), 0)
            assert objective(other) >= best - 1e-6
    nobody = model.fold_in([], [])
    assert nobody.factors == pytest.approx(model.user_factors.mean(axis=0), abs=1e-5)


def test_reasons_add_up_from_the_low_end():
    ratings = some()
    model = rc.NMF(n_factors=4, reg=0.05, n_epochs=100).fit(ratings)
    for user in range(6):
        items, values = ratings.by_user.row(user)
        folded = model.snapshot()._row_of(items, values.astype(float), None)
        for item in (0, 5):
            reasons = rc.attribution.reasons(model, user, item)
            predicted = model.predict(folded, [item], clip=False)[0]
            assert reasons.start == 1
            assert 1 + reasons.table["pull"].sum() == pytest.approx(predicted, abs=1e-4)
