"""Comparison: metrics by hand and against those of ``metrics``, the bootstrap against loops."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

import recsys_core as rc
from recsys_core import metrics
from recsys_core.asking import comparison
from recsys_core.asking.comparison import METRICS, Difference, Row, bootstrap, measure
from recsys_core.errors import RatingsError
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.popular import Popularity
from recsys_core.ratings import Ratings, Scale

STARS = Scale(1, 5, 1)


def ratings_of(table, scale=STARS) -> Ratings:
    """Ratings of a table, 0 where there is none."""
    table = np.asarray(table, float)
    users, items = np.nonzero(table)
    return Ratings(
        users, items, table[users, items], list("abcdefgh")[: len(table)],
        list(range(table.shape[1])), scale,
    )  # fmt: skip


# Three users, five items. Item 0 was rated by all, item 1 by two, item 2 by one, 3 and 4 by none.
TRAIN = ratings_of([[5, 4, 0, 0, 0], [3, 2, 0, 0, 0], [1, 0, 4, 0, 0]])
HELD_OUT = ratings_of([[0, 0, 5, 2, 0], [0, 0, 0, 4, 0], [0, 2, 0, 0, 0]])


def by_items(*scores: float, train: Ratings = TRAIN) -> FactorModel:
    """A model that predicts 3 and what an item adds, for everybody."""
    k = np.zeros((train.n_users, 0), np.float32), np.zeros((train.n_items, 0), np.float32)
    users, items = np.zeros(train.n_users, np.float32), np.array(scores, np.float32)
    fold = FoldIn(np.ones(1), np.zeros(1))
    return FactorModel(train, 3.0, users, items, *k, "identity", fold)


@pytest.fixture
def by_hand():
    # Predicts items 0 … 4 as 5, 4, 3.5, 3, 1; what is rated in training is not listed.
    return measure(by_items(2, 1, 0.5, 0, -2), HELD_OUT, n=2)


def test_errors_by_hand(by_hand):
    # User a: 5 − 3.5, 2 − 3; user b: 4 − 3; user c: 2 − 4.
    assert by_hand.value("rmse") == pytest.approx(math.sqrt((1.5**2 + 1 + 1 + 4) / 4))
    assert by_hand.value("mae") == pytest.approx((1.5 + 1 + 1 + 2) / 4)
    assert by_hand.value("mape") == pytest.approx(100 * (0.3 + 0.5 + 0.25 + 1) / 4)
    assert by_hand.errors["rmse"].tolist() == pytest.approx([3.25, 1, 4])
    assert by_hand.users.tolist() == [0, 1, 2] and by_hand.n_ratings.tolist() == [2, 1, 1]


def test_lists_by_hand(by_hand):
    # a and b get items 2 and 3, c gets 1 and 3. Liked are a's 2 and b's 3; c likes nothing.
    assert by_hand.liked.tolist() == [0, 1]
    second = 1 / math.log2(3)
    assert by_hand.value("precision") == pytest.approx(0.5)
    assert by_hand.value("recall") == pytest.approx(1)
    assert by_hand.value("ndcg") == pytest.approx((1 + second) / 2)
    assert by_hand.value("map") == pytest.approx((1 + 0.5) / 2)


def test_what_lists_hold_by_hand(by_hand):
    # Of three users, items 0 … 4 were rated by 3, 2, 1, 0, 0; an unrated one counts as one.
    assert by_hand.value("coverage") == pytest.approx(100 * 3 / 5)
    alone = math.log2(3)
    assert by_hand.beyond["novelty"].tolist() == pytest.approx(
        [alone, alone, (math.log2(3 / 2) + alone) / 2]
    )
    assert by_hand.beyond["popularity"].tolist() == pytest.approx(
        [100 * (1 / 3) / 2, 100 * (1 / 3) / 2, 100 * (2 / 3) / 2]
    )
    # Nobody rated item 3: it has nothing in common with any other.
    assert by_hand.beyond["diversity"].tolist() == pytest.approx([1, 1, 1])


def test_diversity_by_hand():
    train = ratings_of([[3, 3, 3, 0], [3, 3, 0, 0], [3, 0, 0, 0], [0, 0, 0, 3]])
    held_out = ratings_of([[0] * 4, [0] * 4, [0] * 4, [3, 0, 0, 0]])
    model = by_items(1, 0.5, 0, -1, train=train)
    found = measure(model, held_out, n=3)
    assert found.listed.tolist() == [3]
    # Items 0, 1 and 2 were rated by 3, 2 and 1 users; 2, 1 and 1 of them rated both.
    cosines = [2 / math.sqrt(6), 1 / math.sqrt(3), 1 / math.sqrt(2)]
    assert found.value("diversity") == pytest.approx(1 - sum(cosines) / 3)


@pytest.fixture(scope="module")
def world():
    split = rc.splits.random(rc.datasets.low_rank(120, 60, seed=2), test=0.2, seed=0)
    models = rc.SGD(n_factors=3, n_epochs=20), rc.UserItemBias(), rc.MostPopular()
    fitted = [model.fit(split.train).snapshot() for model in models]
    return split, [measure(each, split.test) for each in fitted], fitted


def test_the_means_are_those_of_metrics(world):
    split, measured, fitted = world
    test = split.test
    for own, model in zip(measured, fitted, strict=True):
        ranked = metrics.ranking(model, test)
        for name in ("precision", "recall", "ndcg", "map"):
            assert own.value(name) == pytest.approx(getattr(ranked, name), abs=1e-12), name
        assert len(own.liked) == ranked.n_users and own.threshold == ranked.threshold
        if model.has.ratings:
            predicted = model.predict(test.user_ids, test.item_ids)
            for name in ("rmse", "mae", "mape"):
                whole = getattr(metrics, name)(test.values, predicted)
                assert own.value(name) == pytest.approx(whole, rel=1e-9), name
        else:
            assert own.value("rmse") is own.value("mape") is None


def test_what_lists_hold_as_a_plain_loop_has_it(world):
    split, measured, fitted = world
    train = split.train
    raters = [set(train.user_ids[train.item_ids == i].tolist()) for i in range(train.n_items)]

    def distance(i: int, j: int) -> float:
        both = math.sqrt(len(raters[i]) * len(raters[j]))
        return 1 - len(raters[i] & raters[j]) / both if both else 1.0

    for own, model in zip(measured, fitted, strict=True):
        lists = [model.recommend(int(u), 10)["item"].tolist() for u in own.listed]
        assert own.coverage == len({i for items in lists for i in items}) / train.n_items
        apart = [
            np.mean([distance(i, j) for a, i in enumerate(items) for j in items[a + 1 :]])
            for items in lists
        ]
        assert own.beyond["diversity"].tolist() == pytest.approx(apart)
        known = [100 * np.mean([len(raters[i]) for i in items]) / train.n_users for items in lists]
        assert own.beyond["popularity"].tolist() == pytest.approx(known)


def test_pairs_are_counted_alike_however_many_are_held_at_a_time(world, monkeypatch):
    train = world[0].train
    one, other = np.triu_indices(train.n_items, 1)
    whole = comparison.co_rated(train, one, other)
    monkeypatch.setattr(comparison, "_USERS_AT_ONCE", 64)
    monkeypatch.setattr(comparison, "_PAIRS_AT_ONCE", 100)
    assert comparison.co_rated(train, one, other).tolist() == whole.tolist()


def test_a_sample_of_users_is_judged_by_lists_but_all_by_errors(world):
    split, measured, fitted = world
    some = measure(fitted[0], split.test, listed=np.array([3, 5, 7]))
    assert set(some.listed) <= {3, 5, 7}
    assert some.value("rmse") == measured[0].value("rmse")
    at = np.isin(measured[0].listed, some.listed)
    assert some.beyond["novelty"].tolist() == measured[0].beyond["novelty"][at].tolist()


def test_what_is_not_there_is_none():
    counts = Scale(0, 9, 1)
    train, part = ratings_of([[3, 0], [0, 2]], counts), ratings_of([[0, 1], [1, 0]], counts)
    found = measure(Popularity(train, np.array([0.5, 0.5], np.float32)), part, threshold=9)
    assert found.value("rmse") is found.value("ndcg") is None
    assert math.isnan(found.beyond["diversity"][0]) and found.value("diversity") is None
    with pytest.raises(RatingsError, match="hold some out"):
        measure(by_items(0, 0, 0, 0, 0), HELD_OUT.take(np.zeros(len(HELD_OUT), bool)))
    with pytest.raises(RatingsError, match="the same users"):
        comparison.difference(measure(by_items(1, 0, 0, 0, 0), HELD_OUT), found, "novelty")


# --- the bootstrap --------------------------------------------------------------------------------


def test_draws_add_up_as_in_a_plain_loop(monkeypatch):
    values = np.random.default_rng(5).normal(size=(23, 3))
    chance = np.random.default_rng(9)
    plain = [values[chance.integers(0, 23, 23)].sum(axis=0) for _ in range(40)]
    assert bootstrap(values, 40, seed=9) == pytest.approx(np.array(plain))
    monkeypatch.setattr(comparison, "_KEPT", 0)
    monkeypatch.setattr(comparison, "_DRAWN_AT_ONCE", 100)  # a few draws at a time
    assert bootstrap(values, 40, seed=9) == pytest.approx(np.array(plain))


def test_intervals_of_means_are_scipys(world):
    first, second, _ = world[1]
    found = comparison.difference(first, second, "ndcg", n_draws=500, seed=3)
    own = stats.bootstrap(
        (first.found["ndcg"], second.found["ndcg"]),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        paired=True, n_resamples=500, method="percentile", rng=np.random.default_rng(3),
    )  # fmt: skip
    assert (found.low, found.high) == pytest.approx(tuple(own.confidence_interval), abs=1e-12)
    assert found.n_users == len(first.liked)


def test_intervals_of_rmse_are_those_of_a_plain_loop(world):
    first, second, _ = world[1]
    found = comparison.difference(first, second, "rmse", n_draws=300, seed=1)
    chance, n, drawn = np.random.default_rng(1), len(first.users), []
    for _ in range(300):
        who = chance.integers(0, n, n)
        one, two = (
            math.sqrt(each.errors["rmse"][who].sum() / each.n_ratings[who].sum())
            for each in (first, second)
        )
        drawn.append(one - two)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])))
    assert found.value == pytest.approx(first.value("rmse") - second.value("rmse"))
    assert found.is_better and not found.may_be_chance
    assert not comparison.difference(second, first, "rmse", n_draws=300, seed=1).is_better


def test_a_model_differs_from_itself_by_nothing_and_preferences_have_no_rmse(world):
    measured = world[1]
    same = comparison.difference(measured[0], measured[0], "rmse")
    assert (same.low, same.high, same.value, same.may_be_chance) == (0, 0, 0, True)
    assert comparison.difference(measured[0], measured[2], "rmse") is None
    assert comparison.difference(measured[0], measured[1], "coverage") is None


def test_the_interval_of_a_true_difference_holds_it_about_as_often_as_it_says():
    """Users are drawn whose values differ by 0.3 on average: 95 % of intervals should hold it."""
    chance, held = np.random.default_rng(0), 0
    for run in range(200):
        one, two = chance.normal(0.3, 1, 60), chance.normal(0, 1, 60)
        a, b = (_lists_alone({"novelty": values}) for values in (one, two))
        found = comparison.difference(a, b, "novelty", n_draws=400, seed=run)
        held += found.low <= 0.3 <= found.high
    assert 0.90 <= held / 200 <= 0.98


def _lists_alone(beyond):
    users = np.arange(60)
    none = np.empty(0, int)
    return comparison.Measured(10, 4.0, none, none, {}, users, beyond, 0.0, none, {})


# --- in words -------------------------------------------------------------------------------------


def test_a_difference_is_said_as_one_reads_it_aloud():
    found = Difference("rmse", 0.912, 0.946, -0.0402, -0.0291, 900)
    assert str(found.sentence("SGD", "bias")) == "SGD beats bias in RMSE by .034 (.029 to .040)."
    assert str(Difference("rmse", 0.946, 0.912, 0.0291, 0.0402, 900).sentence("A", "B")) == (
        "A loses to B in RMSE by .034 (.029 to .040)."
    )
    assert str(Difference("ndcg", 0.2, 0.1, 0.05, 0.15, 9).sentence("A", "B")) == (
        "A beats B in NDCG by .10 (.05 to .15)."
    )
    chance = str(Difference("ndcg", 0.11, 0.10, -0.012, 0.031, 900).sentence("A", "B"))
    assert "may be chance" in chance and "−.012 to +.031" in chance and "beats" not in chance
    neutral = Difference("novelty", 3.0, 2.0, 0.5, 1.5, 9)
    assert neutral.is_better is None and "above" in neutral.sentence("A", "B")


def test_names_from_people_are_values_not_templates():
    found = Difference("rmse", 0.9, 1.0, -0.2, -0.05, 9)
    assert "{x}" in found.sentence("{x}", "{0}")


def test_every_metric_says_what_it_is():
    for metric in METRICS.values():
        assert all((metric.title, metric.meaning, metric.formula, metric.source))
        assert metric.better in ("lower", "higher") or metric.of == "lists"


def test_the_table_has_test_columns_only_where_they_are_shown(world):
    first, second, popular = world[1]
    hidden = [Row("A", 3, 1.5, first), Row("B", None, 0.1, second), Row("C", None, 0.0, popular)]
    shown = comparison.table([SimpleNamespace(**{**vars(r), "test": r.validation}) for r in hidden])
    table = comparison.table(hidden)
    assert not any(column.startswith("test") for column in table)
    assert sum(column.startswith("test") for column in shown) == 7
    assert table.loc["A", "validation RMSE"] == first.value("rmse")
    assert math.isnan(table.loc["C", "validation RMSE"]) and table.loc["A", "epoch"] == 3
    assert list(table)[-1] == "training time, s"
