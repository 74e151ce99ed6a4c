"""The ratings of a room, frozen: a data set like any other, of members by number."""

from __future__ import annotations

import numpy as np

from recsys_core.errors import NotNowError
from recsys_core.ratings import Ratings
from recsys_core.rooms.room import State
from recsys_core.runs.keeping import arrays_of, ratings_of
from recsys_core.text import Text

# Fewer ratings, or raters, leave nothing to learn from and to hide.
FEWEST, FEWEST_RATERS = 10, 2


def ratings_so_far(state: State) -> Ratings:
    """The ratings of all members shown who rated anything; all things are there, rated or not.

    Users are called by their members' numbers: a frozen data set says no names. Rows, users and
    items are in the order of the fingerprint.
    """
    found = state.ratings
    numbers = list(dict.fromkeys(number for number, _ in found))
    row = {number: at for at, number in enumerate(numbers)}
    return Ratings(
        user_ids=np.array([row[number] for number, _ in found], dtype=np.int32),
        item_ids=np.array([item for _, item in found], dtype=np.int32),
        values=np.array(list(found.values()), dtype=np.float32),
        users=[str(number) for number in numbers],
        items=[thing.name for thing in state.room.things],
        scale=state.room.scale,
        name=state.room.title or "room",
    )


def frozen(state: State) -> Ratings:
    """The ratings so far, to be kept.

    Raises
    ------
    NotNowError
        If there are too few.
    """
    found = ratings_so_far(state)
    if found.n_ratings < FEWEST or found.n_users < FEWEST_RATERS:
        raise NotNowError(
            Text(
                "There is too little to learn from yet: it takes {n_ratings} ratings of "
                "{n_members} members.",
                n_ratings=FEWEST, n_members=FEWEST_RATERS,
            )
        )  # fmt: skip
    return found.sorted_by_label()


def to_bytes(ratings: Ratings) -> bytes:
    """Frozen ratings as they are kept."""
    data = arrays_of(ratings)
    assert data is not None, "a room's ratings are few"
    return data


def of_bytes(data: bytes) -> Ratings:
    """The inverse of ``to_bytes``."""
    return ratings_of(data).sorted_by_label()
