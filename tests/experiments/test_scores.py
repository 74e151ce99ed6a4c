"""The measures of a test table, and the sentence on models that lose to the most popular."""

import pytest

import recsys_core as rc
from recsys_core.experiments.scores import Score, loses_to_popular, scores, scoring


def table(ndcg, rmse=0.9, popular=0.1):
    return [
        Score("SGD, k = 8", rmse, rmse and 0.7, ndcg, 0.02),
        Score("Global mean", 1.1, 0.9, 0.01, 0.01),
        Score("User + item bias", 0.95, 0.75, 0.02, 0.02),
        Score("Most popular", None, None, popular, 0.1),
    ]


def test_a_model_of_ratings_that_loses_to_the_most_popular_is_told_of():
    said = str(loses_to_popular(table(0.03)))
    assert said.startswith(
        "By NDCG@10, SGD, k = 8 chooses worse than Most popular, the same list for everybody "
        "(0.030 against 0.100)."
    )


@pytest.mark.parametrize(
    "found",
    [
        table(0.2),
        table(0.1),  # as good
        table(0.03, rmse=None),  # a model for lists: it has no such excuse
        table(None),
        table(0.03, popular=None),
        table(0.03)[:3],
    ],
)
def test_it_is_said_only_where_it_is_so(found):
    assert loses_to_popular(found) is None


def test_models_for_lists_have_no_errors_but_lists():
    world = rc.datasets.low_rank(60, 40, 2, density=0.4, seed=0, scale=rc.Scale(1, 5, 1))
    split = rc.splits.random(world, seed=0)
    for model in (rc.EASE(), rc.MostPopular()):
        found = scores("it", model.fit(split.train).snapshot(), split.test)
        assert found.rmse is None and found.mae is None and found.ndcg > 0


def test_lists_judged_some_users_at_a_time_are_those_judged_at_once(monkeypatch):
    world = rc.datasets.low_rank(60, 40, 2, density=0.4, seed=0, scale=rc.Scale(1, 5, 1))
    split = rc.splits.random(world, seed=0)
    fitted = rc.ALS(n_factors=2).fit(split.train).snapshot()
    at_once = rc.metrics.ranking(fitted, split.test)
    monkeypatch.setattr("recsys_core.experiments.scores._CELLS_AT_ONCE", 40 * 7)
    steps = scoring("it", fitted, split.test)
    n_steps = 0
    while True:
        try:
            next(steps)
            n_steps += 1
        except StopIteration as end:
            found = end.value
            break
    assert n_steps > 5
    assert found.ndcg == pytest.approx(at_once.ndcg, rel=1e-12)
    assert found.recall == pytest.approx(at_once.recall, rel=1e-12)
