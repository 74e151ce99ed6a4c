"""What a file that is taken home is called: after what is in it, the data and the run in view."""

from __future__ import annotations

from pages.shared import view
from recsys_core import words


def saved_as(what: str) -> str:
    """A file's name without its ending: “factorscope-predicted-robbies-party-sgd-k-3”."""
    entry, ratings = view.entry(), view.ratings()
    parts = ["factorscope", what]
    parts += [] if ratings is None else [ratings.name]
    parts += [] if entry is None else [entry.name]
    return "-".join(filter(None, map(words.slug, parts)))
