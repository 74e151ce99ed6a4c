"""Ratings from any file people really have.

    ratings = read_ratings("ratings.csv")                    # everything guessed
    ratings = read_ratings("plays.csv", user="who", log=True)   # some of it said

    guess = inspect(uploaded, "ratings.csv")                 # what a page shows …
    guess = guess.change(delimiter=";", unrated=None)        # … and a person changes
    ratings = guess.read()

On the way: ``sources`` (a file's bytes and kind) → ``archives``, ``opening`` (what is inside) →
``dialect``, ``text``, ``tables``, ``arrays`` (cells) → ``layout``, ``columns``, ``values`` (their
meaning) → ``guess`` → ``building`` (ratings). GroupLens' zips are known by heart: ``grouplens``.
"""

from __future__ import annotations

from typing import Any

from recsys_core.ratings import Ratings
from recsys_core.reading import grouplens
from recsys_core.reading.inspection import CHANGEABLE, Guess, inspect
from recsys_core.reading.sources import Source

__all__ = ["CHANGEABLE", "Guess", "grouplens", "inspect", "read_ratings"]


def read_ratings(source: Source | Guess, *, name: str | None = None, **changes: Any) -> Ratings:
    """Ratings from a path, bytes, an open file or a Guess; the format is recognised.

    Long or wide tables as text, Excel, Parquet or .npz, GroupLens' zips, and a zip or .gz of one of
    these. ``name`` is what to call the ratings, by default the file's name without its ending.
    ``changes`` say what not to guess (any of ``CHANGEABLE``, see ``Guess``): ``delimiter=";"``,
    ``user="who"``, ``unrated=None`` (every number is a rating), ``scale=Scale(1, 5, 1)`` …

    Raises
    ------
    ReadError
        One sentence naming the line, the column and the remedy.
    """
    guess = source.change(**changes) if isinstance(source, Guess) else inspect(source, **changes)
    ratings = guess.read()
    return ratings if name is None else ratings.replace(name=name)
