"""Ratings taken for counts: what somebody rated, somebody chose."""

from __future__ import annotations

from recsys_core.errors import RatingsError
from recsys_core.ratings import Ratings
from recsys_core.text import Text


def check_counts(ratings: Ratings, title: str) -> None:
    """Refuse ratings that no model of this title can take for counts.

    Raises
    ------
    RatingsError
        If one is below zero.
    """
    if float(ratings.values.min()) < 0:
        raise RatingsError(
            Text(
                "{title} reads values as counts, and some are below zero; choose another model, "
                "or bring counts.",
                title=title,
            )
        )


def choices(ratings: Ratings) -> Ratings:
    """Return the ratings that are choices: all but counts of 0."""
    chosen = ratings.values > 0
    return ratings if chosen.all() else ratings.take(chosen)
