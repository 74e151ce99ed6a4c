"""A new user rating by rating: each step is the fold-in of so many ratings."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import cold_start


@pytest.mark.parametrize("model", [rc.ALS(n_factors=2), rc.ItemKNN(), rc.GlobalMean()], ids=repr)
def test_each_step_is_the_fold_in_of_its_ratings(model):
    party = rc.datasets.music_party()
    fitted = model.fit(party).snapshot()
    items, values = cold_start.in_order(party, 1)
    found = cold_start.steps(fitted, items, values)
    assert len(found) == len(items) + 1
    for n, step in enumerate(found):
        guest = fitted.fold_in(items[:n], values[:n])
        np.testing.assert_array_equal(step.guest.factors, guest.factors)
        expected = fitted.recommend(guest, cold_start.PLACES)
        np.testing.assert_array_equal(step.best, expected["item"])
        np.testing.assert_array_equal(step.scores, expected["score"])
        assert not set(step.best) & set(items[:n])
        if n:
            before = found[n - 1]
            away = step.guest.factors - before.guest.factors
            assert step.moved == pytest.approx(float(np.sqrt(away @ away)))
            assert step.new == len(set(step.best.tolist()) - set(before.best.tolist()))


def test_ratings_come_by_time_where_it_is_known():
    times = np.array([30, 10, 20, 5])
    ratings = rc.Ratings(
        np.array([0, 0, 0, 1]), np.array([2, 0, 1, 0]), np.array([1.0, 2, 3, 4]), ["a", "b"],
        ["x", "y", "z"], rc.Scale(1, 5, 1), timestamps=times,
    )  # fmt: skip
    items, values = cold_start.in_order(ratings, 0)
    assert items.tolist() == [0, 1, 2] and values.tolist() == [2, 3, 1]
    items, _ = cold_start.in_order(ratings.replace(timestamps=None), 0)
    assert items.tolist() == [2, 0, 1]


def test_of_very_many_ratings_the_first_are_counted():
    world = rc.datasets.low_rank(10, 80, density=0.9, seed=0)
    fitted = rc.ALS(n_factors=2, n_epochs=2).fit(world)
    found = cold_start.steps(fitted, *cold_start.in_order(world, 0))
    assert len(found) == cold_start.MOST + 1
