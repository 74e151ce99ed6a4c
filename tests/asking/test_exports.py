"""Tables to take home hold what the fitted model predicts, under the right names."""

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core import ordering
from recsys_core.asking import exports


@pytest.fixture(scope="module")
def fitted():
    world = rc.datasets.low_rank(n_users=12, n_items=9, n_factors=2, density=0.4, seed=1)
    named = world.replace(items=[*"abcdefgh", "a"], item_noun="film")
    return rc.ALS(n_factors=2, n_epochs=3).fit(named).snapshot()


def test_the_whole_matrix_by_name(fitted):
    table = exports.whole(fitted)
    assert table.shape == (12, 9)
    assert list(table.columns[[0, 8]]) == ["a", "a (2)"]
    np.testing.assert_allclose(table.to_numpy(), fitted.predict_matrix(), atol=6e-4)
    assert list(table.index) == fitted.train.user_names


def test_the_best_of_each_are_its_recommendations(fitted, monkeypatch):
    monkeypatch.setattr(ordering, "_SCORES_AT_ONCE", 30)  # three users at a time
    table = exports.best_of_each(fitted, 4)
    assert list(table.columns) == ["user", "rank", "film", "name", "predicted"]
    for user in range(fitted.n_users):
        mine = table[table["user"] == fitted.users[user]]
        expected = fitted.recommend(user, 4)
        assert list(mine["film"]) == list(expected["label"])
        np.testing.assert_allclose(mine["predicted"], expected["score"], atol=6e-4)
        assert list(mine["rank"]) == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("noun", ["user", "rank", "name", "predicted"])
def test_no_column_is_lost_whatever_items_are_called(noun):
    world = rc.datasets.low_rank(6, 5, n_factors=2, density=0.6, seed=1).replace(item_noun=noun)
    fitted = rc.ALS(n_factors=2, n_epochs=2).fit(world).snapshot()
    columns = list(exports.best_of_each(fitted, 2).columns)
    assert columns == ["user", "rank", "item", "name", "predicted"]


def test_computed_numbers_have_five_digits_and_ratings_all_of_theirs():
    values = [3.2000000476837, -0.123456, 0.0, 123456.7, 2e-7, -1e-9, np.nan, 4.0, 9.999996, 1e30]
    text = exports.to_csv(pd.DataFrame({"x": values}), index=False).decode().split()
    assert text == [
        "x", "3.2", "-0.12346", "0", "123457", "0.0000002", "-0.000000001", '""', "4", "10",
        f"{1e30:.0f}",
    ]  # fmt: skip
    ratings = np.array([3.2, 1 / 3, -2.5, 0.1, 123456.7], np.float32)
    text = exports.to_csv(pd.DataFrame({"x": ratings}), index=False).decode().split()
    assert text == ["x", "3.2", "0.33333334", "-2.5", "0.1", "123456.7"]
    assert (np.array(text[1:], np.float32) == ratings).all()


def test_pieces_are_the_whole(fitted, monkeypatch):
    at_once = exports.best_of_each(fitted, 3)
    monkeypatch.setattr(ordering, "_SCORES_AT_ONCE", 30)
    pieces = list(exports.best_in_pieces(fitted, 3))
    assert len(pieces) == 4
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), at_once)
