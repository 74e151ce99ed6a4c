"""Metrics against numbers worked out by hand, and ranking against a slow loop."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core import metrics, ordering
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.ratings import Ratings, Scale


def test_errors_by_hand():
    truth, predicted = [4, 2, 5], [3, 2, 3]
    assert metrics.rmse(truth, predicted) == pytest.approx(math.sqrt((1 + 0 + 4) / 3))
    assert metrics.mae(truth, predicted) == pytest.approx((1 + 0 + 2) / 3)
    assert metrics.mape(truth, predicted) == pytest.approx(100 * (1 / 4 + 0 + 2 / 5) / 3)


def test_rounded_predictions_are_ratings_that_can_be_given():
    found = metrics.rounded(np.array([0.2, 2.4, 3.6, 9.0, 2.5]), Scale(1, 5, 1))
    assert found.tolist() == [1, 2, 4, 5, 3]  # 2.5 is 1.5 steps above the low end: 2
    assert metrics.rounded(np.array([0.8, 3.3]), Scale(0.5, 5, 0.5)).tolist() == [1.0, 3.5]
    assert metrics.rounded(np.array([-3, 1.26]), Scale(-10, 10)).tolist() == [-3, 1.26]


def test_nrmse_has_no_unit():
    truth, predicted = np.array([1.0, 5.0, 3.0]), np.array([2.0, 3.0, 3.0])
    assert metrics.nrmse(truth, predicted, 4) == pytest.approx(math.sqrt(5 / 3) / 4)
    size = truth.std()
    assert metrics.nrmse(truth, np.full(3, truth.mean()), size) == pytest.approx(1)
    assert metrics.nrmse(20 * truth, 20 * predicted, 80) == pytest.approx(
        metrics.nrmse(truth, predicted, 4)
    )
    with pytest.raises(SettingsError, match="above 0"):
        metrics.nrmse(truth, predicted, 0)


def test_errors_add_up_in_double_precision():
    truth = np.full(10_000_000, 0.1, np.float32)
    exact = abs(float(np.float32(0.1)) - 1.0)
    assert metrics.mae(truth, np.ones_like(truth)) == pytest.approx(exact, rel=1e-12)


def test_errors_refuse_what_does_not_pair():
    with pytest.raises(RatingsError, match="2 ratings but 3 predictions"):
        metrics.rmse([1, 2], [1, 2, 3])
    with pytest.raises(RatingsError, match="hold some out"):
        metrics.mae([], [])
    assert math.isnan(metrics.mape([0, 2], [1, 2]))


def fake(scores: np.ndarray, train: Ratings) -> SimpleNamespace:
    """Something that predicts the given table, as a FactorModel would."""
    scores = np.asarray(scores, np.float32)
    return SimpleNamespace(train=train, predict_matrix=lambda users, clip: scores[users].copy())


def of(matrix) -> Ratings:
    return Ratings.from_matrix(np.asarray(matrix, float), scale=Scale(1, 5, 1))


def test_ranking_by_hand():
    # Two users, six items. User 0 has rated item 0 in training, which must not be listed.
    train = of([[5, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]])
    test = of([[0, 4, 2, 5, 0, 4], [3, 0, 5, 0, 0, 0]])
    scores = [[9, 8, 7, 6, 5, 4], [6, 9, 5, 4, 3, 2]]
    found = metrics.ranking(fake(scores, train), test, n=3)
    # User 0: list 1, 2, 3; liked 1, 3, 5. Hit, miss, hit.
    # User 1: list 0, 2, 3; liked 2. Miss, hit, miss.
    half = 1 / math.log2(3)
    third = 1 / math.log2(4)
    assert found.threshold == 4 and found.n_users == 2
    assert found.precision == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert found.recall == pytest.approx((2 / 3 + 1) / 2)
    assert found.ndcg == pytest.approx(((1 + third) / (1 + half + third) + half / 1) / 2)
    assert found.map == pytest.approx(((1 + 2 / 3) / 3 + (1 / 2) / 1) / 2)


def test_a_perfect_list_scores_one():
    test = of([[5, 5, 0, 1, 1]])
    found = metrics.ranking(fake([[5, 4, 3, 2, 1]], of([[0, 0, 2, 0, 0]])), test, n=2)
    assert (found.precision, found.recall, found.ndcg, found.map) == (1, 1, 1, 1)


def test_only_users_with_a_liked_rating_count():
    train = of([[5, 0, 0], [5, 0, 0], [0, 0, 3]])
    test = of([[0, 5, 0], [0, 2, 0], [0, 0, 0]])  # user 1 liked nothing, user 2 has no test rating
    found = metrics.ranking(fake([[1, 2, 3]] * 3, train), test, n=1)
    assert found.n_users == 1 and found.precision == 0
    found = metrics.ranking(fake([[1, 2, 3]] * 3, train), test, n=1, threshold=2)
    assert found.n_users == 2
    with pytest.raises(RatingsError, match="lower the threshold"):
        metrics.ranking(fake([[1, 2, 3]] * 3, train), test, threshold=6)
    with pytest.raises(SettingsError, match="at least one place"):
        metrics.ranking(fake([[1, 2, 3]] * 3, train), test, n=0)


@pytest.mark.parametrize(
    ("scale", "liked"),
    [
        (Scale(1, 5, 1), [4, 5]),
        (Scale(0, 5, 1), [4, 5]),
        (Scale(0.5, 5, 0.5), [4, 4.5, 5]),
        (Scale(1, 10, 1), [8, 9, 10]),
    ],
)
def test_what_counts_as_liked(scale, liked):
    possible = np.arange(scale.low, scale.high + scale.step, scale.step)
    assert possible[possible >= metrics.liked_from(scale)].tolist() == liked


def slow_ranking(scores, train, test, n, threshold, seed):
    sums, users = np.zeros(4), 0
    for u in range(len(scores)):
        liked = {i for i, r in zip(*test.by_user.row(u), strict=True) if r >= threshold}
        if not liked:
            continue
        users += 1
        seen = set(train.by_user.row(u)[0])
        candidates = [i for i in range(train.n_items) if i not in seen]
        key = ordering.key_of(np.array(sorted(seen, reverse=True), int))
        drawn = ordering.draws(np.arange(train.n_items), key, seed)
        listed = sorted(candidates, key=lambda i: (-np.float32(scores[u][i]), drawn[i]))[:n]
        hits = [i in liked for i in listed]
        dcg = sum(h / math.log2(k + 2) for k, h in enumerate(hits))
        ideal = sum(1 / math.log2(k + 2) for k in range(min(n, len(liked))))
        ap = sum(h * sum(hits[: k + 1]) / (k + 1) for k, h in enumerate(hits))
        sums += (sum(hits) / n, sum(hits) / len(liked), dcg / ideal, ap / min(n, len(liked)))
    return sums / users


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 12), ties=st.booleans())
def test_ranking_equals_a_slow_loop_whatever_the_batches(seed, n, ties):
    rng = np.random.default_rng(seed)
    whole = np.where(rng.random((9, 12)) < 0.7, rng.integers(1, 6, (9, 12)), 0)
    whole[0, :2] = (5, 3)
    in_train = rng.random(whole.shape) < 0.5
    in_train[0, :2] = (False, True)
    train, test = of(whole * in_train), of(whole * ~in_train)
    scores = rng.integers(0, 4, whole.shape) if ties else rng.standard_normal(whole.shape)
    kept = ordering._SCORES_AT_ONCE
    ordering._SCORES_AT_ONCE = int(rng.integers(1, 60))
    try:
        found = metrics.ranking(fake(scores, train), test, n=n, seed=seed)
    finally:
        ordering._SCORES_AT_ONCE = kept
    np.testing.assert_allclose(
        (found.precision, found.recall, found.ndcg, found.map),
        slow_ranking(scores, train, test, n, 4, seed),
    )


def test_ranking_of_a_real_model_beats_chance():
    split = rc.splits.random(rc.datasets.low_rank(seed=3, n_users=400), validation=0, test=0.3)
    good = metrics.ranking(rc.ALS(n_factors=3, n_epochs=10).fit(split.train), split.test, n=5)
    flat = metrics.ranking(rc.GlobalMean().fit(split.train), split.test, n=5)
    assert good.ndcg > 2 * flat.ndcg
