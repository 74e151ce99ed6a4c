"""Constrained PMF: its objective, its guests, and what it is for."""

import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import SettingsError
from tests.models.contract import small

TAUGHT = dict(constrained=True, n_factors=3, learning_rate=0.03, n_epochs=60, patience=60)


@pytest.mark.parametrize("link", ["identity", "logistic"])
def test_the_objective_is_the_one_declared_and_falls(link):
    ratings = small()
    model = rc.PMF(**TAUGHT, link=link, reg_user=0.9, reg_item=0.5, reg_rated=0.7)
    training = model.start(ratings)
    losses = [epoch.loss for epoch in training]
    state, fitted = training.checkpoint().state, training.latest
    own, w = (state[name].astype(float) for name in ("own", "y"))
    q, b_user, b_item = (state[name].astype(float) for name in ("q", "b_user", "b_item"))
    for u in range(ratings.n_users):  # what predicts is y_u + the mean of its items' w
        items = ratings.item_ids[ratings.user_ids == u]
        assert fitted.p[u] == pytest.approx(own[u] + w[items].mean(axis=0), abs=1e-5)
    size = fitted.unit.size
    e = (ratings.values - fitted.predict(ratings.user_ids, ratings.item_ids, clip=False)) / size
    penalty = 0.9 * ((own**2).sum() + (b_user**2).sum()) + 0.7 * (w**2).sum()
    penalty += 0.5 * ((q**2).sum() + (b_item**2).sum())
    assert losses[-1] == pytest.approx(size**2 * ((e**2).sum() + penalty), rel=1e-4)
    assert losses[-1] < 0.8 * losses[0]


def test_a_guest_without_a_liking_is_told_apart_by_what_was_rated():
    # Two groups of items; each user rates one group, and likes its first half. The rating itself
    # of a guest is the mean: only which item it is of says something.
    rng = np.random.default_rng(0)
    matrix = np.zeros((60, 12))
    for u in range(60):
        mine = np.arange(6) + 6 * (u % 2)
        matrix[u, rng.permutation(mine)[:4]] = rng.integers(2, 5, 4)
        matrix[u, 0 if u % 2 == 0 else 1] = 5 if u % 2 == 0 else 1
    ratings = rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))
    settings = TAUGHT | dict(n_epochs=300, reg_user=8.0, reg_item=0.1, biases=False)
    fitted = rc.PMF(**settings, reg_rated=0.1).fit(ratings).snapshot()
    plain = rc.PMF(**settings, reg_rated=100.0).fit(ratings).snapshot()

    def apart(fitted):
        one, other = (
            fitted.fold_in([i], [float(ratings.global_mean)]).factors.astype(float) for i in (3, 9)
        )
        return np.linalg.norm(one - other)

    assert apart(fitted) > 3 * apart(plain)


def test_a_guest_solves_the_objective_of_a_user():
    fitted = rc.PMF(**TAUGHT, reg_user=0.9, reg_item=0.5, reg_rated=0.7).fit(small()).snapshot()
    items, values = np.array([2, 5, 11]), np.array([5.0, 1.0, 4.0])
    guest = fitted.fold_in(items, values)
    z = fitted.fold.implicit[items].mean(axis=0, dtype=float)
    q, b = fitted.q[items].astype(float), fitted.b_item[items].astype(float)
    targets = fitted.unit.standard(values) - fitted.mean - b
    # Σ (t − q · (y + z) − b_u)² + 0.9 (‖y‖² + b_u²) by least squares
    design = np.column_stack([q, np.ones(3)])
    rows = np.vstack([design, math.sqrt(0.9) * np.eye(4)])
    right = np.concatenate([targets - q @ z, np.zeros(4)])
    solution = np.linalg.lstsq(rows, right, rcond=None)[0]
    root = math.sqrt(fitted.unit.size)
    assert guest.factors / root == pytest.approx(solution[:3] + z, abs=1e-5)
    reasons = fitted.attribution(guest, 7)
    predicted = fitted.predict(guest, np.array([7]), clip=False)[0]
    assert reasons.start + reasons.contributions.sum() == pytest.approx(predicted, abs=1e-4)


def test_a_guest_with_no_ratings_has_the_prior_of_all():
    fitted = rc.PMF(**TAUGHT).fit(small()).snapshot()
    assert not fitted.fold_in([], []).factors.any()


def test_a_fork_cannot_add_the_constraint():
    training = rc.PMF(n_factors=2, n_epochs=2, seed=0).start(small())
    with pytest.raises(SettingsError):
        rc.PMF(n_factors=2, n_epochs=2, constrained=True).start(
            small(), checkpoint=training.checkpoint()
        )
