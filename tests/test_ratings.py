"""The sides of the matrix: what the ratings say of users and of items."""

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.errors import RatingsError
from recsys_core.ratings import OTHER, SIDES, most_first, to_numbers

# Items b10, b2, a, c; 0 is unrated. Nobody rated c.
WIDE = np.array([
    [5, 0, 3, 0],  # 10
    [0, 2, 4, 0],  # 2
    [1, 0, 0, 0],  # Ann
])  # fmt: skip


@pytest.fixture
def ratings():
    info = pd.DataFrame({"title": ["First", None, "Third", None]})
    return rc.Ratings.from_matrix(WIDE, item_noun="song").replace(
        users=[10, 2, "Ann"], items=["b10", "b2", "a", "c"], item_info=info
    )


def test_a_side_by_hand(ratings):
    users, items = (ratings.axis(side) for side in SIDES)
    assert (users.side, users.noun, users.n) == ("user", "user", 3)
    assert (items.side, items.noun, items.n) == ("item", "song", 4)
    assert (users.labels, items.labels) == ([10, 2, "Ann"], ["b10", "b2", "a", "c"])
    assert users.names == ["user 10", "user 2", "Ann"]
    assert items.names == ["First", "b2", "Third", "c"]
    assert (list(users.counts), list(items.counts)) == ([2, 2, 1], [2, 1, 2, 0])
    np.testing.assert_array_equal(users.means, [4, 3, 1])
    np.testing.assert_array_equal(items.means, [3, 2, 3.5, np.nan])
    assert (list(users.order), list(items.order)) == ([1, 0, 2], [2, 1, 0, 3])
    assert (list(users.most_rated()), list(items.most_rated())) == ([0, 1, 2], [0, 2, 1, 3])
    assert list(items.most_rated(2)) == [0, 2]
    assert [OTHER[side] for side in SIDES] == ["item", "user"]


def test_a_label_is_found_by_its_text_and_refused_by_its_noun(ratings):
    assert [ratings.axis("user").index(label) for label in (10, "10", 10.0, "Ann")] == [0, 0, 0, 2]
    assert ratings.axis("item").index("a") == 2
    for side, noun in (("user", "user"), ("item", "song")):
        with pytest.raises(RatingsError, match=f"No {noun} is called “nobody”"):
            ratings.axis(side).index("nobody")


def test_a_part_of_the_ratings_keeps_labels_and_counts_anew(ratings):
    part = ratings.take(ratings.values >= 3)  # 5, 3 and 4
    assert part.axis("user").names == ratings.axis("user").names
    assert list(part.axis("user").counts) == [2, 1, 0]
    assert list(part.axis("item").most_rated()) == [2, 0, 1, 3]
    assert list(ratings.axis("user").counts) == [2, 2, 1]


def test_a_new_name_for_items_is_the_noun_of_their_side(ratings):
    assert ratings.axis("item").noun == "song"
    assert ratings.replace(item_noun="film").axis("item").noun == "film"


def test_the_highest_counts_come_first_and_equal_ones_in_order():
    counts = np.tile([1, 2], 50)
    assert list(most_first(counts)) == [*range(1, 100, 2), *range(0, 100, 2)]
    assert list(most_first(counts, 3)) == [1, 3, 5]
    assert list(most_first(np.zeros(0, int))) == []


def test_a_whole_number_that_no_float_holds_is_no_number():
    cells = pd.Series([1, 10**400, "2.5", "x"], dtype=object)
    np.testing.assert_array_equal(to_numbers(cells), [1, np.nan, 2.5, np.nan])
    frame = pd.DataFrame({"user": [1, 2], "item": [10**400, 2], "rating": [1, 2]}, dtype=object)
    assert rc.Ratings.from_frame(frame).n_items == 2
    with pytest.raises(RatingsError, match="no number|not a number"):
        rc.Ratings.from_frame(frame.rename(columns={"item": "rating", "rating": "item"}))
