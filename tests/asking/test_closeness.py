"""Cosine, dot product and distance: by hand, and where they disagree."""

import dataclasses

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import closeness
from recsys_core.errors import RatingsError, SettingsError


@pytest.fixture(scope="module")
def fitted():
    """Items at (3, 0), (1, 0), (4, 4), (0, 2), (−1, 0) and at the origin."""
    ratings = rc.Ratings.from_matrix(np.full((2, 6), 3.0), missing=None)
    found = rc.SGD(n_factors=2, n_epochs=1, standardize=False).fit(ratings).snapshot()
    q = np.array([[3, 0], [1, 0], [4, 4], [0, 2], [-1, 0], [0, 0]], np.float32)
    return dataclasses.replace(found, q=q)


def test_a_pair_by_hand(fitted):
    found = closeness.pair(fitted, "item", 0, 2)
    assert (found.dot, found.euclid) == (12.0, pytest.approx(np.sqrt(17)))
    assert found.cosine == pytest.approx(1 / np.sqrt(2)) and found.degrees == pytest.approx(45)
    assert (found.first, found.second) == (3.0, pytest.approx(np.sqrt(32)))
    assert closeness.pair(fitted, "item", 0, 3).degrees == pytest.approx(90)
    assert closeness.pair(fitted, "item", 0, 4).degrees == pytest.approx(180)
    nothing = closeness.pair(fitted, "item", 0, 5)
    assert nothing.cosine == 0 and np.isnan(nothing.degrees)


def test_each_measure_has_its_own_nearest(fitted):
    table = closeness.compared(fitted, "item", 0)
    assert 0 not in table.index and len(table) == 5
    first = {m: table.index[table[f"rank_{m}"] == 1].item() for m in closeness.MEASURES}
    # The same direction; the longest; and of what is near, also the direction here.
    assert first == {"cosine": 1, "dot": 2, "euclid": 1}
    last = {m: table.index[table[f"rank_{m}"] == 5].item() for m in closeness.MEASURES}
    assert last == {"cosine": 4, "dot": 4, "euclid": 2}
    assert sorted(table["rank_dot"]) == [1, 2, 3, 4, 5]
    assert closeness.disagreement(table, 2) == {"dot": 2, "euclid": 1}
    np.testing.assert_allclose(table["length"], [1, np.sqrt(32), 2, 1, 0])
    assert (table["n_ratings"] == 2).all()


def test_the_nearest_by_cosine_are_the_models_similar_items():
    world = rc.datasets.low_rank(60, 40, 3, density=0.4, seed=2)
    trained = rc.ALS(n_factors=3, n_epochs=5).fit(world).snapshot()
    for side in ("user", "item"):
        table = closeness.compared(trained, side, 7).sort_values("rank_cosine")
        expected = trained.most_alike(side, 7, trained.similarity(side, 7), 10)
        assert table.index[:10].tolist() == expected[side].tolist()


def test_what_is_rated_often_is_longer():
    world = rc.datasets.low_rank(300, 60, 3, density=0.15, seed=2, popularity=1.2)
    trained = rc.ALS(n_factors=3, reg=2.0, weighted=False).fit(world)
    assert closeness.length_and_ratings(trained, "item") > 0.5


def test_refusals(fitted):
    with pytest.raises(SettingsError, match="no factors"):
        closeness.pair(rc.ItemKNN().fit(rc.datasets.music_party()), "item", 0, 1)
    with pytest.raises(RatingsError, match="0–5"):
        closeness.compared(fitted, "item", 6)
