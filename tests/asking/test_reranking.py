"""Lists from safe to surprising: the formulas place by place, and what lists come to."""

from __future__ import annotations

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import comparison, reranking
from recsys_core.asking.reranking import AMOUNTS, curve, reranked
from recsys_core.errors import SettingsError
from recsys_core.ratings import Scale


@pytest.fixture(scope="module")
def split():
    world = rc.datasets.low_rank(
        80, 60, 3, density=0.4, seed=2, scale=Scale(1, 5, 1), popularity=0.8
    )
    return rc.splits.random(world, validation=0.2, test=0, seed=0)


@pytest.fixture(scope="module")
def fitted(split):
    return rc.ALS(n_factors=3, n_epochs=10).fit(split.train).snapshot()


def test_the_safe_end_is_the_models_own_list(fitted):
    for user in range(10):
        for way in reranking.WAYS:
            expected = fitted.recommend(user, 10)["item"]
            np.testing.assert_array_equal(reranked(fitted, user, 0.0, way), expected)


@pytest.mark.parametrize("amount", [0.3, 0.7, 1.0])
def test_each_place_goes_to_the_highest_marginal_relevance(fitted, amount):
    for user in (0, 5):
        best = fitted.recommend(user, reranking.CANDIDATES)
        items, scores = best["item"].to_numpy(), best["score"].to_numpy()
        relevance = (scores - scores.min()) / (scores.max() - scores.min())
        q = fitted.item_factors[items]
        cos = (q @ q.T) / np.outer(np.linalg.norm(q, axis=1), np.linalg.norm(q, axis=1))
        chosen = []
        for _ in range(10):
            worth = {
                at: (1 - amount) * relevance[at]
                - amount * (max(cos[at, j] for j in chosen) if chosen else 0.0)
                for at in range(len(items))
                if at not in chosen
            }
            chosen.append(max(worth, key=worth.__getitem__))
        np.testing.assert_array_equal(reranked(fitted, user, amount), items[chosen])


def test_less_known_by_hand(fitted):
    best = fitted.recommend(4, reranking.CANDIDATES)
    items, scores = best["item"].to_numpy(), best["score"].to_numpy()
    relevance = (scores - scores.min()) / (scores.max() - scores.min())
    surprisal = -np.log2(np.maximum(fitted.train.item_counts[items], 1) / 80)
    novelty = (surprisal - surprisal.min()) / (surprisal.max() - surprisal.min())
    order = np.argsort(-(0.4 * relevance + 0.6 * novelty), kind="stable")[:10]
    np.testing.assert_array_equal(reranked(fitted, 4, 0.6, "novel"), items[order])


def test_a_guest_has_a_list_too(fitted):
    guest = fitted.fold_in([0, 1], [5.0, 1.0])
    np.testing.assert_array_equal(reranked(fitted, guest, 0.0), fitted.recommend(guest, 10)["item"])
    assert not {0, 1} & set(reranked(fitted, guest, 1.0).tolist())


def test_the_curve_measures_these_lists(fitted, split):
    found = curve(fitted, split.validation, "novel")
    assert found.amounts == AMOUNTS and found.held_out
    users = np.flatnonzero(split.validation.user_counts)
    assert found.n_users == len(users)
    safe = comparison.measure(fitted, split.validation)
    for metric in ("ndcg", "recall", "coverage", "novelty", "diversity", "popularity"):
        assert found.values(metric)[0] == pytest.approx(safe.value(metric))
    at = AMOUNTS.index(0.6)
    counts = split.train.item_counts
    means = [
        np.mean(-np.log2(np.maximum(counts[reranked(fitted, int(u), 0.6, "novel")], 1) / 80))
        for u in users
    ]
    assert found.values("novelty")[at] == pytest.approx(np.mean(means))
    assert (np.diff(found.values("novelty")) >= -1e-9).all()
    assert found.values("novelty")[-1] > found.values("novelty")[0] + 0.3


def test_less_alike_lists_are_less_alike(fitted, split):
    found = curve(fitted, split.validation, "diverse", (0.0, 0.8))
    lists = [[reranked(fitted, user, amount) for user in range(80)] for amount in (0.0, 0.8)]

    def alike(items):
        q = fitted.item_factors[items]
        q = q / np.linalg.norm(q, axis=1, keepdims=True)
        return (q @ q.T)[np.triu_indices(len(items), 1)].mean()

    safe, surprising = (np.mean([alike(items) for items in each]) for each in lists)
    assert surprising < safe - 0.2
    assert found.way == "diverse" and len(found.measured) == 2
    everybody = curve(fitted, None, "diverse", (0.0, 0.8))
    np.testing.assert_allclose(everybody.unlike, [1 - safe, 1 - surprising], atol=1e-6)


def test_without_held_out_ratings_no_accuracy_is_claimed(fitted):
    found = curve(fitted, None, "novel", (0.0, 1.0))
    assert not found.held_out and np.isnan(found.values("ndcg")).all()
    assert np.isfinite(found.values("coverage")).all()


def test_refusals(fitted, split):
    with pytest.raises(SettingsError, match="between 0 and 1"):
        reranked(fitted, 0, 1.5)
    knn = rc.ItemKNN().fit(split.train)
    assert reranking.ways(knn) == ("novel",)
    with pytest.raises(SettingsError, match="no lists that are “diverse”"):
        reranked(knn, 0, 0.5, "diverse")
