"""Coverage of intervals: counted by hand, and honest about what the intervals were set on."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking.coverage import GROUPED_BY, coverage
from recsys_core.models.calibration import Calibration


@pytest.fixture(scope="module")
def run():
    world = rc.datasets.low_rank(
        n_users=150, n_items=100, n_factors=2, density=0.4, noise=0.5, seed=0,
        scale=rc.Scale(1, 5, 1),
    )  # fmt: skip
    split = rc.splits.random(world, validation=0.2, test=0.2, seed=0)
    model = rc.BayesianPMF(n_factors=2, n_epochs=60, implicit=False)
    return model.fit(split.train, split.validation).snapshot(), split


def test_on_test_ratings_it_counts_those_inside_by_quarter(run):
    posterior, split = run
    test = split.test
    found = coverage(posterior, test, 0.8)
    low, high = posterior.predict_interval(test.user_ids, test.item_ids, 0.8)
    inside = (low <= test.values) & (test.values <= high)
    assert not found.halves and found.n_ratings == len(test)
    assert found.inside == pytest.approx(inside.mean(), abs=1e-9)
    assert found.width == pytest.approx((high - low).mean(), abs=1e-6)
    deviation = posterior.rating_deviation(test.user_ids, test.item_ids)
    surest = deviation < np.quantile(deviation, 0.25)
    first = found.table.iloc[0]
    assert (first["by"], first["quarter"], first["n_ratings"]) == (GROUPED_BY[0], 1, surest.sum())
    assert first["inside"] == pytest.approx(inside[surest].mean(), abs=0.003)
    assert first["error"] == pytest.approx(np.sqrt(0.8 * 0.2 / surest.sum()))
    for _, rows in found.table.groupby("by"):
        assert rows["n_ratings"].sum() == len(test)


def test_without_test_ratings_each_half_is_judged_by_the_other(run):
    posterior, split = run
    found = coverage(posterior)
    middle, deviation, ratings = posterior.expected_held_out
    order = np.random.default_rng(0).permutation(len(ratings))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    inside = []
    for judged, other in (halves, halves[::-1]):
        set_on = Calibration.on(middle[other], deviation[other], ratings[other])
        away = set_on.multiples(middle[judged], deviation[judged], 0.9) * deviation[judged]
        inside.append(np.abs(ratings[judged] - middle[judged]) <= away)
    assert found.halves and found.n_ratings == len(split.validation)
    assert found.inside == pytest.approx(np.concatenate(inside).mean(), abs=1e-9)


def test_without_held_out_ratings_there_is_nothing_to_judge(run):
    _, split = run
    model = rc.BayesianPMF(n_factors=2, n_epochs=4, implicit=False).fit(split.train)
    assert coverage(model.snapshot()) is None
