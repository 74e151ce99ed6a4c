"""Ratings from any file people really have.

    ratings = read_ratings("ratings.csv")                    # everything guessed
    ratings = read_ratings("plays.csv", user="who", log=True)   # some of it said

    draft = inspect(uploaded, "ratings.csv")                 # what a page shows …
    draft = draft.change(delimiter=";", unrated=None)        # … and a person changes
    ratings = draft.read()

On the way: ``sources`` (a file's bytes and kind) → ``archives``, ``opening`` (what is inside) →
``dialect``, ``text``, ``tables``, ``arrays`` (cells) → ``layout``, ``column_roles``, ``values``
(their meaning) → ``building`` (ratings). ``steps`` are done in this order by
``draft``. GroupLens' zips are known by heart: ``grouplens``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys_core.ratings import Ratings
from recsys_core.reading import budget, grouplens
from recsys_core.reading.draft import CHANGEABLE, Draft, inspect
from recsys_core.reading.sources import Source

Guess = Draft  # its former name, kept for one version

__all__ = ["CHANGEABLE", "Draft", "Guess", "grouplens", "inspect", "read_ratings"]


def read_ratings(
    source: Source | Sequence[Source] | Draft, *, name: str | None = None, **changes: Any
) -> Ratings:
    """Ratings from a path, bytes, an open file or a Draft; the format is recognised.

    Long or wide tables as text, Excel, Parquet or .npz, GroupLens' zips, and a zip or .gz of one of
    these. ``name`` is what to call the ratings, by default the file's name without its ending.
    ``changes`` say what not to guess (any of ``CHANGEABLE``, see ``Draft``): ``delimiter=";"``,
    ``user="who"``, ``unrated=None`` (every number is a rating), ``scale=Scale(1, 5, 1)`` …

    Raises
    ------
    ReadError
        One sentence naming the line, the column and the remedy.
    """
    with budget.shared():
        draft = (
            source.change(**changes) if isinstance(source, Draft) else inspect(source, **changes)
        )
        ratings = draft.read()
    return ratings if name is None else ratings.replace(name=name)
