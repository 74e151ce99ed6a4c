"""Splits: disjoint, complete, deterministic, and every kind holds out what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core import splits
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.ratings import Ratings, Scale


def some_ratings(n_users=30, n_items=20, n=200, seed=0, timestamps=True) -> Ratings:
    rng = np.random.default_rng(seed)
    cells = rng.choice(n_users * n_items, n, replace=False)
    return Ratings(
        user_ids=cells // n_items,
        item_ids=cells % n_items,
        values=rng.integers(1, 6, n),
        users=[f"u{i}" for i in range(n_users)],
        items=[f"i{i}" for i in range(n_items)],
        scale=Scale(1, 5, 1),
        timestamps=rng.integers(0, 50, n) if timestamps else None,
    )


def cells(ratings: Ratings | None) -> list[tuple]:
    if ratings is None:
        return []
    return list(zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True))


def assert_whole(split: splits.Split, ratings: Ratings) -> None:
    """Disjoint and complete, in the order of the data, labels and indices kept."""
    parts = [part for part in (split.train, split.validation, split.test) if part is not None]
    together = [cell for part in parts for cell in cells(part)]
    assert sorted(together) == sorted(cells(ratings))
    place = {cell: at for at, cell in enumerate(cells(ratings))}
    for part in parts:
        assert part.users is ratings.users and part.items is ratings.items
        assert part.scale == ratings.scale
        assert [place[cell] for cell in cells(part)] == sorted(place[cell] for cell in cells(part))
        if ratings.timestamps is not None:
            assert part.timestamps.tolist() == [
                ratings.timestamps[place[cell]] for cell in cells(part)
            ]


SIZES = st.sampled_from([0, None, 0.1, 0.25, 1, 7])


@settings(max_examples=40)
@given(validation=SIZES, test=SIZES, seed=st.integers(0, 99), keep_one=st.booleans())
def test_random_and_the_rest_are_disjoint_and_complete(validation, test, seed, keep_one):
    ratings = some_ratings(seed=seed)
    mask = np.random.default_rng(seed).random(len(ratings)) < 0.2
    for split in (
        splits.random(ratings, validation, test, seed, keep_one),
        splits.last_out(ratings, validation, test),
        splits.by_time(ratings, validation, test),
        splits.by_mask(ratings, mask, validation=validation, seed=seed),
    ):
        assert_whole(split, ratings)
        assert (split.validation is None) == (not validation)


def test_random_sizes_and_determinism():
    ratings = some_ratings()
    split = splits.random(ratings, validation=0.1, test=30, seed=3)
    assert (len(split.train), len(split.validation), len(split.test)) == (150, 20, 30)
    again = splits.random(ratings, validation=0.1, test=30, seed=3)
    assert cells(split.test) == cells(again.test) and cells(split.train) == cells(again.train)
    assert cells(split.test) != cells(splits.random(ratings, 0.1, 30, seed=4).test)
    # What judges a model stays the same when more is watched.
    assert cells(splits.random(ratings, 0.3, 30, seed=3).test) == cells(split.test)


def test_no_global_generator_is_touched():
    np.random.seed(7)
    before = np.random.get_state()[1].copy()
    splits.random(some_ratings(), seed=1)
    assert (np.random.get_state()[1] == before).all()


def test_every_rating_is_held_out_equally_often():
    ratings = some_ratings(n=50)
    held = np.zeros(50)
    place = {cell[:2]: at for at, cell in enumerate(cells(ratings))}
    for seed in range(400):
        for cell in cells(splits.random(ratings, 0, 0.2, seed).test):
            held[place[cell[:2]]] += 1
    # 400 draws at 0.2: standard deviation 8; six of them on either side.
    assert abs(held - 80).max() < 48


def test_keep_one_keeps_one_of_each():
    ratings = some_ratings(n_users=12, n_items=10, n=40)
    for seed in range(20):
        train = splits.random(ratings, 0.2, 0.2, seed, keep_one=True).train
        assert ((train.user_counts > 0) == (ratings.user_counts > 0)).all()
        assert ((train.item_counts > 0) == (ratings.item_counts > 0)).all()


def test_keep_one_shrinks_rather_than_failing_and_says_so():
    diagonal = Ratings.from_matrix(np.diag([1.0, 2, 3, 4]) + np.eye(4, k=1))
    split = splits.random(diagonal, 0.25, 0.5, keep_one=True)
    assert_whole(split, diagonal)
    assert "could be held out" in " ".join(split.report.sentences())
    assert (split.train.user_counts > 0).all() and (split.train.item_counts > 0).all()


def test_unseen_users_and_items_are_counted_and_still_there():
    ratings = Ratings.from_matrix(np.array([[5, 4, 0], [0, 3, 2], [1, 0, 0]]))
    # Held out: item 2's only rating, and user 2's only rating (its item 0 is known).
    mask = (ratings.item_ids == 2) | (ratings.user_ids == 2)
    split = splits.by_mask(ratings, mask, validation=0)
    (unseen,) = split.report.unseen
    assert (unseen.part, unseen.n_ratings, unseen.n_users, unseen.n_items) == ("test", 2, 1, 1)
    assert len(split.test) == 2
    assert split.report.sentences() == [
        "2\u00a0test ratings with a user or an item that training never saw (1\u00a0user, "
        "1\u00a0item): nothing was learnt about those."
    ]


def test_last_out_is_each_users_latest():
    ratings = some_ratings()
    split = splits.last_out(ratings, validation=1, test=2)
    for user in range(ratings.n_users):
        mine = np.flatnonzero(ratings.user_ids == user)
        by_time = sorted(mine, key=lambda at: (ratings.timestamps[at], at))
        here = {tuple(cells(ratings)[at]) for at in by_time[-2:]} if len(mine) > 2 else None
        if here is not None:
            assert {cell for cell in cells(split.test) if cell[0] == user} == here
        if len(mine) > 3:
            (watched,) = (cell for cell in cells(split.validation) if cell[0] == user)
            assert watched == cells(ratings)[by_time[-3]]
        if len(mine):
            assert (split.train.user_ids == user).any()


def test_last_out_without_timestamps_takes_the_last_in_order():
    ratings = Ratings.from_frame(
        pd.DataFrame({"user": [1, 2, 1, 2], "item": [1, 1, 2, 3], "rating": [1, 2, 3, 4]})
    )
    assert splits.last_out(ratings, None, 1).test.values.tolist() == [3, 4]


def test_last_out_takes_a_share_of_each_user():
    ratings = Ratings.from_matrix(np.vstack([np.full(20, 3.0), np.r_[np.full(10, 3.0), [0] * 10]]))
    assert splits.last_out(ratings, 0, 0.2).test.user_counts.tolist() == [4, 2]


def test_last_out_says_when_nobody_has_enough():
    split = splits.last_out(Ratings.from_matrix(np.eye(3)), 1, 1)
    assert split.test is None and split.validation is None
    assert split.report.sentences() == [
        "No user has ratings enough for a validation part.",
        "No user has ratings enough for a test part.",
    ]


def test_by_time_puts_the_future_in_test():
    split = splits.by_time(some_ratings(), 0.1, 0.2)
    assert split.train.timestamps.max() <= split.validation.timestamps.min()
    assert split.validation.timestamps.max() <= split.test.timestamps.min()
    assert (len(split.validation), len(split.test)) == (20, 40)


def test_by_time_without_timestamps_says_what_to_do():
    with pytest.raises(SettingsError, match="no timestamps; split at random"):
        splits.by_time(some_ratings(timestamps=False))


def test_by_mask_with_both_masks():
    ratings = some_ratings()
    test, validation = np.arange(200) < 20, np.arange(200) >= 150
    split = splits.by_mask(ratings, test, validation)
    assert_whole(split, ratings)
    assert cells(split.test) == cells(ratings)[:20]
    assert cells(split.validation) == cells(ratings)[150:]
    with pytest.raises(SettingsError, match="20 ratings are both"):
        splits.by_mask(ratings, test, test)
    with pytest.raises(SettingsError, match="each of the 200"):
        splits.by_mask(ratings, test[:50])


def test_predefined_by_ratings_by_table_and_by_position():
    ratings = some_ratings()
    positions = np.array([5, 3, 100])
    by_position = splits.predefined(ratings, positions, validation=0)
    assert cells(by_position.test) == [cells(ratings)[at] for at in (3, 5, 100)]
    # The same part as read from a file of its own, where indices differ.
    table = ratings.take(positions).to_frame()
    apart = Ratings.from_frame(table)
    assert apart.users != ratings.users
    for part in (table, apart):
        split = splits.predefined(ratings, part, validation=0)
        assert cells(split.test) == cells(by_position.test)
        assert_whole(split, ratings)
    both = splits.predefined(ratings, apart, validation=np.array([0, 1]))
    assert cells(both.validation) == cells(ratings)[:2]
    assert len(splits.predefined(ratings, apart, validation=0.5).validation) == 98


def test_predefined_refuses_pairs_that_are_not_there():
    ratings = Ratings.from_matrix(np.array([[5, 0], [3, 2]]))
    with pytest.raises(RatingsError, match="1 of the 2 test pairs"):
        splits.predefined(ratings, pd.DataFrame({"user": [0, 1], "item": [1, 1]}), validation=0)
    with pytest.raises(RatingsError, match="No user is called"):
        splits.predefined(ratings, pd.DataFrame({"user": ["x"], "item": [1]}), validation=0)
    with pytest.raises(SettingsError, match="from 0 to 2"):
        splits.predefined(ratings, np.array([7]), validation=0)


@pytest.mark.parametrize("size", [-0.1, 1.5, -3])
def test_a_size_is_a_share_or_a_count(size):
    for kind in (splits.random, splits.last_out, splits.by_time):
        with pytest.raises(SettingsError, match="no size of a part"):
            kind(some_ratings(), validation=size)


def test_nothing_left_to_train_on():
    with pytest.raises(SettingsError, match="200 of 200 ratings held out"):
        splits.random(some_ratings(), 100, 100)
    with pytest.raises(SettingsError, match="Nothing is left"):
        splits.by_mask(some_ratings(), np.ones(200, bool), np.zeros(200, bool))
    with pytest.raises(SettingsError, match="leaves no rating"):
        splits.by_mask(some_ratings(), np.ones(200, bool))


def test_descriptions():
    ratings = some_ratings()
    assert splits.random(ratings, 0.1, 0.1, 0).description == "random 80/10/10, seed 0"
    assert splits.random(ratings, 0, 0.15, 1).description == "random 85/15, seed 1"
    assert splits.random(ratings, 20, 30, 2).description == "random 150/20/30, seed 2"
    assert splits.random(ratings, 0.1, 0).description == "random 90/10 (no test part), seed 0"
    assert splits.by_time(ratings).description == "by time 80/10/10"
    assert splits.last_out(ratings, 0, 1).description == (
        "each user's latest ratings held out: 1\u00a0rating for test"
    )


def test_few_ratings_all_train_by_default():
    few = some_ratings(n=199)
    split = splits.usual(few)
    assert split.train is few
    assert split.validation is None and split.test is None
    assert split.description == "all 199 ratings train, none held out"
    assert not split.report.sentences()


def test_enough_ratings_are_split_by_default():
    split = splits.usual(some_ratings(n=200))
    assert [len(part) for part in (split.train, split.validation, split.test)] == [160, 20, 20]
