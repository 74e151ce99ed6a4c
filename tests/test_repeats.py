"""The same pair twice: held against the plainest way to say it, and values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core import repeats
from recsys_core.errors import RatingsError
from recsys_core.ratings import Ratings, Scale

ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(-3, 9), st.integers(0, 5)),
    min_size=1,
    max_size=40,
)


def plainly(rows, how, timed):
    """Each pair's (value, time), by a loop."""
    found = {}
    for user, item, value, time in rows:
        found.setdefault((user, item), []).append((value, time))
    settled = {}
    for pair, given_ in found.items():
        ordered = sorted(given_, key=lambda each: each[1]) if timed else given_  # stable
        values = [value for value, _ in given_]
        value = {
            "latest": ordered[-1][0],
            "last": values[-1],
            "first": values[0],
            "mean": sum(values) / len(values),
            "sum": sum(values),
        }[how]
        time = {"first": given_[0][1], "last": given_[-1][1]}.get(how, ordered[-1][1])
        if how != "sum" or value > 0 or min(value for *_, value, _ in rows) >= 0:
            settled[pair] = value, time
    return settled


@settings(max_examples=150)
@given(ROWS, st.sampled_from(repeats.HOW), st.booleans())
def test_every_rule_says_what_a_loop_says(rows, how, timed):
    users, items, values, times = np.array(rows).T
    once = repeats.settled(users, items, values, times if timed else None, how)
    kept = zip(users[once.rows], items[once.rows], once.values, times[once.rows], strict=True)
    found = {(int(u), int(i)): (v, int(t)) for u, i, v, t in kept}
    wanted = plainly(rows, how, timed)
    assert found.keys() == wanted.keys()
    assert all(found[pair] == pytest.approx(wanted[pair]) for pair in wanted)
    n_pairs = len({row[:2] for row in rows})
    assert (once.n_repeated, once.n_returned) == (len(rows) - n_pairs, n_pairs - len(wanted))
    assert (np.diff(once.rows) > 0).all()


def test_pairs_of_equal_last_bits_are_not_taken_for_each_other():
    n_items = 1 << 20  # pairs of users 16 apart differ above the last 24 bits alone
    users, items = np.array([0, 16, 32, 16, 48]), np.array([5, 5, 5, 5, n_items - 1])
    once = repeats.settled(users, items, np.arange(5.0), None, "first")
    assert once.rows.tolist() == [0, 1, 2, 4] and once.n_repeated == 1


def test_which_rule_is_guessed():
    assert repeats.guess(np.array([1, 5, 3]), has_times=True, counts=False) == "latest"
    assert repeats.guess(np.array([1, 5, 3]), has_times=False, counts=False) == "last"
    assert repeats.guess(np.array([1, 12, 3]), has_times=True, counts=True) == "sum"
    assert repeats.guess(np.ones(3), has_times=False, counts=False) == "sum"
    with pytest.raises(RatingsError, match="choose one of latest, last"):
        repeats.settled(np.zeros(2, int), np.zeros(2, int), np.ones(2), None, "median")


def test_what_are_returns():
    assert repeats.have_returns(np.array([6, 12, -1, 2]), True)
    assert not repeats.have_returns(np.array([6, 12, -1, 2]), False)  # −1 may mean “unrated”
    assert not repeats.have_returns(np.array([6, 12, 1]), True)
    assert not repeats.have_returns(np.array([-2, 1.5]), True)
    assert not repeats.have_returns(np.array([-2, -1, 1]), True)


INVOICES = pd.DataFrame(
    [("ann", "mug", 6, 10), ("ann", "mug", -2, 30), ("ann", "mug", 3, 20), ("bob", "mug", 1, 5),
     ("bob", "lamp", 2, 7), ("bob", "lamp", -2, 9), ("cy", "lamp", 1, 1), ("dee", "vase", -1, 2)],
    columns=["user", "item", "rating", "timestamp"],
)  # fmt: skip


def test_invoices_are_summed_and_what_was_returned_is_left_out():
    ratings = Ratings.from_frame(INVOICES, timestamp="timestamp", repeats="sum")
    assert ratings.users == ["ann", "bob", "cy"] and ratings.items == ["mug", "lamp"]
    assert ratings.to_frame().to_numpy().tolist() == [
        ["ann", "mug", 7, 30], ["bob", "mug", 1, 5], ["cy", "lamp", 1, 1],
    ]  # fmt: skip
    assert ratings.report.sentences() == [
        "3 repeated rows (same user, same item): the sum was taken.",
        "2 users and items of which all was returned were left out.",
    ]


def test_a_scale_bounds_what_comes_out_of_a_sum_and_what_goes_into_a_mean():
    rows = pd.DataFrame(
        [("a", "x", 4), ("a", "x", 4), ("a", "y", 2), ("b", "x", 9), ("b", "y", 1), ("b", "y", 2)],
        columns=["user", "item", "rating"],
    )
    scale = Scale(1, 5)
    summed = Ratings.from_frame(rows, scale=scale, repeats="sum")
    assert summed.values.tolist() == [2, 3] and summed.report.n_out_of_scale == 2
    assert summed.items == ["y"]
    mean = Ratings.from_frame(rows, scale=scale, repeats="mean")
    assert mean.values.tolist() == [4, 2, 1.5] and mean.report.n_out_of_scale == 1
    assert "the mean was taken" in mean.report.sentences()[0]
    assert Ratings.from_frame(rows, repeats="sum").scale == Scale(1, 10, 1)


def test_the_latest_is_by_time_and_not_by_row():
    rows = INVOICES.iloc[:3]
    assert Ratings.from_frame(rows, timestamp="timestamp", repeats="latest").values == [-2]
    assert Ratings.from_frame(rows, timestamp="timestamp").values == [3]
    assert Ratings.from_frame(rows, timestamp="timestamp", repeats="first").timestamps == [10]
