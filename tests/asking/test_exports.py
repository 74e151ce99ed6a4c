"""Tables to take home hold what the fitted model predicts, under the right names."""

import numpy as np
import pytest

import recsys_core as rc
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
    monkeypatch.setattr(exports, "_AT_ONCE", 30)  # three users at a time
    table = exports.best_of_each(fitted, 4)
    assert list(table.columns) == ["user", "rank", "film", "name", "predicted"]
    for user in range(fitted.n_users):
        mine = table[table["user"] == fitted.users[user]]
        expected = fitted.recommend(user, 4)
        assert list(mine["film"]) == list(expected["label"])
        np.testing.assert_allclose(mine["predicted"], expected["score"], atol=6e-4)
        assert list(mine["rank"]) == list(range(1, len(expected) + 1))
