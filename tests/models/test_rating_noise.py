"""The noise by user and item: its draws against the prior, its intervals against what is known."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.kernels import Rows
from recsys_core.models.alternating import Side
from recsys_core.models.calibration import normal_multiple
from recsys_core.models.rating_noise import _SHAPES, RatingNoise, draw_shape

f32 = np.float32


def test_drawn_in_turn_with_the_ratings_the_precisions_follow_their_prior():
    # Geweke's test: ratings are noise alone, drawn given the precisions, and these given them. Seen
    # in the end is the prior: E log α = −0.577 (Euler), log ν uniform.
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((6, 5)) < 0.7)
    values = np.zeros(len(users), f32)
    ratings = rc.Ratings(
        users.astype(np.int32), items.astype(np.int32), values,
        [f"u{n}" for n in range(6)], [f"i{n}" for n in range(5)], rc.Scale(-9, 9),
    )  # fmt: skip
    sides = tuple(
        Side(np.zeros((n, 8), f32), np.zeros(n, f32), grouped, 2, True)
        for n, grouped in ((6, ratings.by_user), (5, ratings.by_item))
    )
    noise = RatingNoise(sides, alpha=1.0)
    logs, places = [], []
    for _ in range(6000):
        tau = noise.alpha * noise.precisions[0][users] * noise.precisions[1][items]
        drawn = (rng.standard_normal(len(users)) / np.sqrt(tau)).astype(f32)
        for side, other in (sides, sides[::-1]):
            side.grouped.values[:] = drawn[side.grouped.order]
            noise.draw(side, Rows(*side.grouped[:3]), fixed_side(other, noise.of(other)), rng)
        logs.append(np.log(noise.alpha))
        places.append(np.searchsorted(_SHAPES, noise.shapes) / (len(_SHAPES) - 1))
    assert np.mean(logs) == pytest.approx(-0.577, abs=0.15)
    assert np.std(logs) == pytest.approx(np.pi / np.sqrt(6), rel=0.12)
    assert np.mean(places, axis=0) == pytest.approx(0.5, abs=0.06)


def fixed_side(other, precisions):
    from recsys_core.kernels import FixedSide

    roots = np.sqrt(precisions).astype(f32)
    none = np.empty((0, 0), f32)
    return FixedSide(other.factors * roots[:, None], none, other.bias, f32(0), roots)


def test_the_shape_is_found_from_many_precisions():
    rng = np.random.default_rng(1)
    for nu in (3.0, 30.0):
        precisions = rng.gamma(nu / 2, size=5000) / (nu / 2)
        drawn = [draw_shape(precisions, rng) for _ in range(50)]
        assert np.mean(drawn) == pytest.approx(nu, rel=0.15)


@pytest.fixture(scope="module")
def uneven():
    """Ratings of rank 2 whose noise differs by user and by item, and what it is of each."""
    rng = np.random.default_rng(2)
    n_users, n_items = 200, 150
    x = rng.normal(size=(n_users, 2)) @ rng.normal(size=(2, n_items))
    deviation = np.outer(rng.choice([0.3, 0.6, 1.5], n_users), rng.choice([0.7, 1.4], n_items))
    matrix = x + deviation * rng.normal(size=x.shape)
    matrix[rng.random(x.shape) > 0.4] = np.nan
    ratings = rc.Ratings.from_matrix(matrix, missing=None, scale=rc.Scale(-20, 20))
    split = rc.splits.random(ratings, validation=0, test=0.2, seed=0)
    posterior = (
        rc.BayesianPMF(n_factors=2, n_epochs=120, implicit=False).fit(split.train).snapshot()
    )
    return posterior, split.test, deviation


def covered_by_quarter(by, inside):
    order = np.array_split(np.argsort(by, kind="stable"), 4)
    return np.array([inside[rows].mean() for rows in order])


def test_intervals_hold_where_the_noise_is_low_and_where_it_is_high(uneven):
    posterior, test, deviation = uneven
    users, items = test.user_ids, test.item_ids
    truth = deviation[users, items]
    low, high = posterior.predict_interval(users, items)
    inside = (low <= test.values) & (test.values <= high)
    assert covered_by_quarter(truth, inside) == pytest.approx(0.9, abs=0.04)
    # With the same noise for all they hold on average only.
    one = np.sqrt(posterior.noise) * posterior.unit.size
    away = normal_multiple(0.9) * np.hypot(one, posterior.deviation(users, items))
    inside = np.abs(test.values - posterior.predict(users, items)) <= away
    assert np.abs(covered_by_quarter(truth, inside) - 0.9).max() > 0.08


def test_the_noise_of_each_pair_is_found(uneven):
    posterior, test, deviation = uneven
    users, items = test.user_ids, test.item_ids
    found = posterior.rating_deviation(users, items)
    noise = np.sqrt(np.maximum(found**2 - posterior.deviation(users, items) ** 2, 0))
    truth = deviation[users, items]
    assert np.median(noise / truth) == pytest.approx(1, abs=0.07)
    assert np.corrcoef(np.log(noise), np.log(truth))[0, 1] > 0.95
