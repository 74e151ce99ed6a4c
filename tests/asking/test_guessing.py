"""Cells to be guessed: which are drawn, what is told of them, and how guesses are judged."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import guessing
from recsys_core.errors import RatingsError, SettingsError


@pytest.fixture(scope="module")
def split():
    world = rc.datasets.low_rank(40, 30, 2, density=0.4, seed=1)
    return rc.splits.random(world, validation=0.2, test=0, seed=0)


def test_cells_are_held_out_ratings_of_different_users(split):
    cells = guessing.draw(split.train, split.validation, 8, seed=3)
    assert len(cells) == len(set(cells.user_ids.tolist())) == 8 and cells.held_out
    held = split.validation
    given = dict(zip(zip(held.user_ids, held.item_ids, strict=True), held.values, strict=True))
    asked = zip(cells.user_ids, cells.item_ids, strict=True)
    assert [given[cell] for cell in asked] == cells.values.tolist()
    assert (split.train.user_counts[cells.user_ids] >= 4).all()
    again = guessing.draw(split.train, split.validation, 8, seed=3)
    np.testing.assert_array_equal(again.item_ids, cells.item_ids)
    other = guessing.draw(split.train, split.validation, 8, seed=4)
    assert other.item_ids.tolist() != cells.item_ids.tolist()


def test_where_nothing_is_held_out_the_training_part_is_asked_and_that_is_said():
    party = rc.datasets.music_party()
    cells = guessing.draw(party, None, 8)
    assert not cells.held_out and len(cells) == 8
    few = guessing.draw(party, None, 10_000)
    assert len(few) == len(party)  # every rating once
    assert len(set(zip(few.user_ids.tolist(), few.item_ids.tolist(), strict=True))) == len(party)


def test_hints_never_tell_a_hidden_rating():
    party = rc.datasets.music_party()
    cells = guessing.draw(party, None, 12)
    hidden = set(zip(cells.user_ids.tolist(), cells.item_ids.tolist(), strict=True))
    for at in range(len(cells)):
        user, item = int(cells.user_ids[at]), int(cells.item_ids[at])
        found = guessing.hints(cells, at)
        told = dict(found.liked) | dict(found.disliked)
        assert not {(user, i) for i in told} & hidden and len(told) == len(found.liked) + len(
            found.disliked
        )
        ratings = dict(zip(*party.by_user.row(user), strict=True))
        assert all(ratings[i] == value for i, value in told.items())
        rest = [v for i, v in ratings.items() if (user, i) not in hidden]
        assert found.user_mean == pytest.approx(np.mean(rest))
        assert [v for _, v in found.liked] == sorted(rest, reverse=True)[: len(found.liked)]
        users, given = party.by_item.row(item)
        others = given[[(int(u), item) not in hidden for u in users]]
        assert found.item_mean == (pytest.approx(others.mean()) if len(others) else None)


def test_judged_by_hand():
    ratings = rc.Ratings.from_matrix(np.array([[5.0, 1], [3, 0]]))
    cells = guessing.Cells(np.array([0, 0]), np.array([0, 1]), np.array([5.0, 1.0]), False, ratings)
    found = guessing.judge(cells, [4, 4], {"mean": rc.GlobalMean().fit(ratings)})
    assert found.errors["you"] == pytest.approx(np.sqrt((1 + 9) / 2))
    assert found.errors["mean"] == pytest.approx(2.0)  # 3 is predicted for both
    assert found.closest == ["you", "mean"]
    assert found.table["you"].tolist() == [4, 4] and found.table["mean"].tolist() == [3, 3]


def test_refusals(split):
    cells = guessing.draw(split.train, split.validation, 2)
    for guesses in ([1.0], [1.0, np.nan]):
        with pytest.raises(SettingsError, match="2 cells need a guess"):
            guessing.judge(cells, guesses, {})
    nothing = split.train.take(np.empty(0, int))
    with pytest.raises(RatingsError, match="no ratings to guess"):
        guessing.draw(nothing, None)
