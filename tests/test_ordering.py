"""The order of lists: the best first, equal scores by a draw that no index has a say in."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import metrics, ordering
from recsys_core.asking import exports, similarity
from recsys_core.errors import SettingsError
from tests.models.contract import small

ROOT = Path(__file__).parents[1]


def popular_first(seed=0, n_users=150, n_items=120):
    """Ratings whose first items are rated most, as in MovieLens; all equally good."""
    rng = np.random.default_rng(seed)
    shown = rng.random((n_users, n_items)) < np.linspace(0.5, 0.02, n_items)
    matrix = np.where(shown, rng.integers(1, 6, shown.shape), 0)
    return rc.splits.random(rc.Ratings.from_matrix(matrix), validation=0, test=0.3, seed=0)


def test_the_best_come_first_and_equal_ones_are_drawn():
    scores = np.array([2.0, 5.0, 2.0, -np.inf, 7.0, 2.0, 2.0 + 1e-9, -np.inf])
    firsts = set()
    for key in range(60):
        best = ordering.best_first(scores, 3, key)
        assert list(best[:2]) == [4, 1]
        firsts.add(int(best[2]))
        assert set(ordering.best_first(scores, 99, key)) == {0, 1, 2, 4, 5, 6}
    with pytest.raises(SettingsError, match="A list has 0 places or more; -1"):
        ordering.best_first(scores, -1, 0)
    assert firsts == {0, 2, 5, 6}  # 2 and 2 + 1e-9 are equal in float32


def test_every_position_is_drawn_equally_often_by_key_and_by_seed():
    flat, n = np.zeros(20), 4000
    by_key = [ordering.best_first(flat, 5, ordering.key_of(np.array([k]))) for k in range(n)]
    by_seed = [ordering.best_first(flat, 5, 7, seed=k) for k in range(n)]
    for lists in (np.array(by_key), np.array(by_seed)):
        for place in range(5):
            counts = np.bincount(lists[:, place], minlength=20)
            # χ² with 19 degrees of freedom: above 50 once in 7000.
            assert ((counts - n / 20) ** 2 / (n / 20)).sum() < 50


def test_a_user_has_the_key_of_a_guest_with_the_same_items():
    ratings = small()
    keys = ordering.keys_of_users(ratings)
    for user in range(ratings.n_users):
        items = ratings.by_user.row(user)[0]
        assert keys[user] == ordering.key_of(items) == ordering.key_of(items[::-1])
    assert len(set(keys.tolist())) == ratings.n_users


def chance(split, n=10):
    """Mean and standard deviation of the NDCG of random lists, from the definition.

    A place holds a liked item with probability m / M, of m liked and M items to choose from.
    """
    train, test = split.train, split.test
    liked = test.take(test.values >= 4).user_counts
    users = np.flatnonzero(liked)
    gain = 1 / np.log2(np.arange(n) + 2)
    share = liked[users] / (train.n_items - train.user_counts[users])
    ideal = np.array([gain[: min(n, m)].sum() for m in liked[users]])
    variance = share * (1 - share) * (gain**2).sum() / ideal**2  # places nearly independent
    return (share * gain.sum() / ideal).mean(), np.sqrt(variance.sum()) / len(users)


def test_a_model_that_tells_nothing_apart_ranks_as_chance_does():
    split = popular_first()
    expected, spread = chance(split)
    mean = rc.GlobalMean().fit(split.train)
    found = [metrics.ranking(mean, split.test, seed=seed).ndcg for seed in range(12)]
    assert np.mean(found) == pytest.approx(expected, abs=3 * spread / np.sqrt(12))
    assert found[0] == pytest.approx(expected, abs=3 * spread)
    assert metrics.ranking(mean, split.test).ndcg == found[0]
    # In the order of the index it would be far from chance, which is what the draw is for.
    most_rated = np.argsort(split.train.item_counts)[-10:]
    assert most_rated.max() < split.train.n_items / 3


def renumbered(ratings, order):
    """The same ratings with items in another order."""
    place = np.argsort(order)
    return rc.Ratings(
        ratings.user_ids, place[ratings.item_ids].astype(np.int32), ratings.values,
        ratings.users, [ratings.items[i] for i in order], ratings.scale,
    )  # fmt: skip


def test_renumbered_items_change_list_measures_by_no_more_than_a_draw():
    split = popular_first()
    _, spread = chance(split)
    order = np.random.default_rng(1).permutation(split.train.n_items)
    found = []
    for numbered in (lambda r: r, lambda r: renumbered(r, order)):
        train, test = numbered(split.train), numbered(split.test)
        # Stars that most items share, so that there are many ties.
        model = rc.UserItemBias(reg_item=100).fit(train)
        rounded = Rounded(model.snapshot())
        found.append([metrics.ranking(rounded, test, seed=seed).ndcg for seed in range(12)])
    apart = np.mean(found[0]) - np.mean(found[1])
    assert abs(apart) < 4 * spread * np.sqrt(2 / 12)
    assert np.std(found[0]) > 0  # ties there are


class Rounded:
    """A model whose scores are rounded to tenths."""

    def __init__(self, fitted):
        self.fitted, self.train = fitted, fitted.train

    def predict_matrix(self, users, clip):
        return np.round(self.fitted.predict_matrix(users, clip=clip), 1)


@pytest.mark.parametrize("model", [rc.GlobalMean(), rc.UserItemBias(reg_item=50), rc.ItemKNN()])
def test_one_list_on_pages_in_exports_in_measures_and_of_guests(model):
    ratings = small()
    fitted = model.fit(ratings).snapshot()
    exported = exports.best_of_each(fitted, 6)
    keys = ordering.keys_of_users(ratings)
    for user in (0, 4, 9):
        shown = fitted.recommend(user, 6)["item"].to_list()
        labels = exported[exported["user"] == ratings.users[user]][ratings.item_noun].to_list()
        assert labels == [ratings.items[i] for i in shown]
        scores = fitted.predict_matrix([user], clip=False)[0]
        scores[ratings.by_user.row(user)[0]] = -np.inf
        assert list(ordering.best_first(scores, 6, keys[user])) == shown
    flat = rc.GlobalMean().fit(ratings).snapshot()
    guest = flat.fold_in(*ratings.by_user.row(4))
    assert flat.recommend(guest, 6).equals(flat.recommend(4, 6))


def test_equally_similar_items_are_drawn_for_each_item():
    fitted = rc.GlobalMean().fit(small()).snapshot()  # all columns are alike
    lists = [similarity.similar(fitted, "item", i, 5, "predictions")["item"] for i in range(20)]
    assert len({tuple(one) for one in lists}) == 20
    assert all(i not in set(one) for i, one in enumerate(lists))


def test_no_other_place_makes_a_list_by_sorting_scores():
    # What else sorts so: sizes of terms and of contributions, counts, repeated ratings, a person's
    # own ratings, density, keys that are drawn; item kNN's own choice of neighbours, which says
    # that ties go by index; and the places of a list made here, put into another order.
    others = {
        "recsys_core/asking/attribution.py", "recsys_core/asking/projection.py",
        "recsys_core/asking/seriation.py", "recsys_core/figures/waterfall.py",
        "recsys_core/experiments/outcome.py",
        "recsys_core/models/item_knn.py", "recsys_core/ordering.py", "recsys_core/ratings.py",
        "recsys_core/stepwise/item_knn.py", "pages/shared/recommendations.py",
        "recsys_core/repeats.py", "recsys_core/datasets/synthetic.py",
        "recsys_core/asking/guessing.py", "recsys_core/asking/reranking.py",
        "recsys_core/asking/latent_map.py",
        "recsys_core/figures/network_path.py", "pages/panels/recommend/edit_row.py",
    }  # fmt: skip
    downwards = re.compile(
        r"(arg)?sort\(\s*-|argpartition|nlargest|lexsort\(|topk\(|sort\([^\n]*\)\[::-1\]"
    )
    found = {
        str(path.relative_to(ROOT))
        for folder in ("recsys_core", "pages", "benchmarks", "examples", "docs")
        for path in (ROOT / folder).rglob("*.py")
        if downwards.search(path.read_text(encoding="utf-8"))
    }
    assert found - others <= {
        "recsys_core/models/svdpp.py",
        "recsys_core/splits.py",
        "recsys_core/models/side_features.py",
    }
