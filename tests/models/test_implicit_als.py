"""Implicit ALS: its objective as the sum over all cells, its guests, what it finds."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import RatingsError


def plays(seed=0, n_users=40, n_items=25):
    """Counts of two kinds of listeners who mostly stay with their kind of music."""
    rng = np.random.default_rng(seed)
    same = (np.arange(n_users)[:, None] % 2) == (np.arange(n_items)[None] % 2)
    counts = rng.poisson(np.where(same, 2.0, 0.1))
    return rc.Ratings.from_matrix(counts, missing=0)


def dense(ratings):
    counts = np.zeros((ratings.n_users, ratings.n_items))
    counts[ratings.user_ids, ratings.item_ids] = ratings.values
    return counts


def objective(counts, p, q, alpha, reg):
    c = 1 + alpha * counts
    return (c * ((counts > 0) - p @ q.T) ** 2).sum() + reg * ((p**2).sum() + (q**2).sum())


def test_the_objective_is_the_sum_over_all_cells_and_never_rises():
    ratings = plays()
    model = rc.ImplicitALS(n_factors=3, alpha=0.7, reg=2.0, n_epochs=8).fit(ratings)
    expected = objective(dense(ratings), model.user_factors, model.item_factors, 0.7, 2.0)
    losses = np.array([epoch.loss for epoch in model.history])
    assert losses[-1] == pytest.approx(expected, rel=1e-4)
    assert (np.diff(losses) <= 1e-4 * losses[:-1]).all()
    assert model.history[-1].train_rmse is None


def test_rounds_reach_what_exact_solving_reaches():
    ratings = plays(n_users=150, n_items=90)
    counts, k = dense(ratings), 12
    training = rc.ImplicitALS(n_factors=k, alpha=0.7, reg=2.0, n_epochs=30).start(ratings)
    q = training.snapshot().item_factors.astype(float)
    for _ in training:
        pass

    def solved(table, x):
        c = 1 + 0.7 * table
        a = np.einsum("nj,jf,jg->nfg", c, x, x) + 2.0 * np.eye(k)
        return np.linalg.solve(a, ((c * (table > 0)) @ x)[:, :, None])[:, :, 0]

    for _ in range(30):  # both from the same items
        p = solved(counts, q)
        q = solved(counts.T, p)
    assert training.history[-1].loss == pytest.approx(objective(counts, p, q, 0.7, 2.0), rel=2e-3)


def test_who_chose_nothing_has_a_row_of_zeros():
    counts = dense(plays())
    counts[3], counts[:, 5] = 0, 0
    users, items = np.nonzero(counts)
    ratings = rc.Ratings(
        users.astype(np.int32), items.astype(np.int32), counts[users, items].astype(np.float32),
        list(range(40)), list(range(25)), rc.Scale(0, 10, 1),
    )  # fmt: skip
    model = rc.ImplicitALS(n_factors=6, n_epochs=1).fit(ratings)
    assert not model.user_factors[3].any() and not model.item_factors[5].any()
    assert np.isfinite(model.user_factors).all() and model.user_factors[2].any()


def test_a_guest_is_a_user_and_reasons_add_up():
    ratings = plays()
    model = rc.ImplicitALS(n_factors=3, n_epochs=60).fit(ratings)
    snapshot = model.snapshot()
    for user in (0, 1, 7):
        guest = snapshot.fold_in(*ratings.by_user.row(user))
        assert guest.factors == pytest.approx(snapshot.user_factors[user], abs=1e-2)
        found = snapshot.attribution(guest, 4)
        assert found.contributions.sum() == pytest.approx(snapshot.predict(guest, [4])[0], abs=1e-4)
    nobody = snapshot.fold_in([], [])
    assert not nobody.factors.any()


def test_it_finds_each_kind_of_listener():
    ratings = plays()
    model = rc.ImplicitALS(n_factors=2, n_epochs=20).fit(ratings)
    scores = model.predict_matrix()
    same = (np.arange(40)[:, None] % 2) == (np.arange(25)[None] % 2)
    assert scores[same].mean() > scores[~same].mean() + 0.4
    assert not model.snapshot().has.ratings


def test_a_count_of_zero_is_no_choice():
    ratings = plays()
    counts = dense(ratings)
    given = rc.Ratings.from_matrix(counts, missing=None)  # every zero is written down
    one, two = (
        rc.ImplicitALS(n_factors=2, n_epochs=3, alpha=1.0, reg=1.0).fit(r) for r in (ratings, given)
    )
    assert one.user_factors == pytest.approx(two.user_factors, abs=1e-3)


def test_values_below_zero_are_no_counts():
    ratings = rc.Ratings.from_matrix(np.array([[-1.0, 2.0], [1.0, 2.0]]), missing=None)
    with pytest.raises(RatingsError, match="below zero"):
        rc.ImplicitALS().fit(ratings)
