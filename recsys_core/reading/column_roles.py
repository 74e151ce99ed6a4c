"""Which column is which: by the names people use, else by what the cells look like."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.reading.cells import Table, as_numbers, as_seconds

# Nouns, each also met with an ending: user, users, userId, user_no, userName …
_USERS = (
    "user member customer client person people reviewer rater listener viewer reader visitor buyer "
    "shopper account profile student participant subject respondent guest uid who login"
).split()
_ITEMS = (
    "item movie film show series episode anime video game joke book track song recording album "
    "artist band product article good sku isbn asin recipe dish restaurant business place venue "
    "hotel beer wine drink course paper app site page object content iid mid"
).split()
_RATINGS = (
    "rating rate score star value val vote point grade mark overall preference opinion like r"
).split()
_COUNTS = (
    "play playcount playcounts count counts listen listencount scrobble view click hit purchase "
    "quantity weight times frequency visits interactions"
).split()
_TIMES = "timestamp time ts date datetime when created updated day unixtime epoch".split()
_TITLES = "title name".split()
_GENRES = "genre category categories tag".split()
_ENDINGS = ("", "s", "id", "ids", "no", "nr", "num", "number", "key", "code", "idx", "index", "uid")

# What the items are called on pages, where their column says so.
_NOUNS = {
    "movie": "film",
    "film": "film",
    "book": "book",
    "isbn": "book",
    "track": "song",
    "song": "song",
    "recording": "song",
    "artist": "artist",
    "band": "band",
    "album": "album",
    "joke": "joke",
    "game": "game",
    "anime": "show",
    "show": "show",
    "series": "show",
    "recipe": "recipe",
    "dish": "dish",
    "restaurant": "restaurant",
    "hotel": "hotel",
    "beer": "beer",
    "wine": "wine",
    "product": "product",
    "article": "article",
    "course": "course",
    "video": "video",
    "app": "app",
}


@dataclass(frozen=True)
class Roles:
    """The columns of a long table that matter, by name; None where there is none."""

    user: str | None = None
    item: str | None = None
    rating: str | None = None
    timestamp: str | None = None
    title: str | None = None
    genres: str | None = None


ROLES = tuple(Roles.__dataclass_fields__)


def settled(guessed: Roles, chosen: dict[str, str | None]) -> Roles:
    """The roles with what a person chose; a column chosen for one role leaves its guessed one."""
    taken = set(chosen.values()) - {None}
    free = {
        role: None if column in taken else column
        for role, column in dataclasses.asdict(guessed).items()
    }
    return Roles(**{**free, **chosen})


def bare(name: object) -> str:
    """A column name without case, spaces, signs, and without the type in “userId:token”."""
    text = str(name).strip().lower().split(":")[0]
    return re.sub(r"[^0-9a-zà-öø-ÿ]", "", text)


def role(name: str) -> str | None:
    """What a column of this name usually holds: "user", "item", "rating", "count" … or None.

    "item" is a column that identifies items, "title" one that names them.
    """
    text = bare(name)
    if _is_one(text, _RATINGS, ("", "s")) or text.endswith(("rating", "score", "stars")):
        return "rating"
    if _is_one(text, _COUNTS, ("", "s")) or text.endswith("count"):
        return "count"
    if _is_one(text, _TIMES, ("", "s")) or text.endswith(("time", "date", "timestamp")):
        return "timestamp"
    if _is_one(text, _GENRES, ("", "s")):
        return "genres"
    if _is_one(text, _USERS, (*_ENDINGS, "name")):
        return "user"
    if _is_one(text, _ITEMS, _ENDINGS):
        return "item"
    if text in _TITLES or text.endswith(("title", "name")):
        return "title"
    return None


def _is_one(text: str, nouns: Sequence[str], endings: Sequence[str]) -> bool:
    return any(text.startswith(n) and text[len(n) :] in endings for n in nouns)


def noun(name: str | None) -> str:
    """What to call an item whose column has this name: “film”, “book”, “song” …, else “item”."""
    text = bare(name or "")
    found = [said for word, said in _NOUNS.items() if text.startswith(word)]
    return found[0] if found else "item"


def by_name(names: Sequence[str]) -> Roles:
    """The roles that column names alone give away."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(role(name) or "", []).append(name)

    def first(what: str) -> str | None:
        return found.get(what, [None])[0]

    items = sorted(found.get("item", []), key=_item_rank)  # stable: the first of equals
    titles = found.get("title", [])
    item = items[0] if items else (titles.pop(0) if titles else None)
    # “artist, track, plays”: the track is the item and what it is called.
    return Roles(
        user=first("user"),
        item=item,
        rating=first("rating") or first("count"),
        timestamp=first("timestamp"),
        title=titles[0] if titles else None,
        genres=first("genres"),
    )


def _item_rank(name: str) -> int:
    """An id before a name, a song before its artist: the most exact identification first."""
    text = bare(name)
    if text.endswith(("id", "isbn", "asin", "sku", "no", "key", "code")):
        return 0
    return 2 if text.startswith(("artist", "band", "album")) else 1


def by_content(table: Table, known: Roles, decimal: str) -> Roles:
    """The roles completed from the cells: a column of moments, one of few numbers, two of ids."""
    if len(_others(table, known)) < [known.user, known.item, known.rating].count(None):
        known = dataclasses.replace(known, title=None)  # “name” is then a person's, not an item's
    free = _others(table, known)
    # Rows from all over the file: its beginning may be one user.
    rows = np.unique(np.linspace(0, len(table.body) - 1, min(len(table.body), 2000)).astype(int))
    cells = {name: table[name].iloc[rows] for name in free}
    numeric = {name: _numeric_share(column, decimal) > 0.5 for name, column in cells.items()}

    timestamp = known.timestamp
    if timestamp is None:
        moments = [name for name in free if looks_like_moments(cells[name])]
        if len(moments) and len(free) > len(moments):
            timestamp = moments[-1]
            free.remove(timestamp)
    rating = known.rating
    if rating is None:
        candidates = [name for name in free if numeric[name]]
        missing_ids = (known.user is None) + (known.item is None)
        if candidates and len(free) > missing_ids:
            rating = candidates[-1]  # user, item, rating is the usual order
            distinct = {name: cells[name].nunique() for name in candidates}
            fewest = min(candidates, key=lambda name: distinct[name])
            if distinct[rating] > 101 and distinct[fewest] <= 21:
                rating = fewest
            free.remove(rating)
    user, item = known.user, known.item
    if user is None and free:
        user = free.pop(0)
    if item is None and free:
        item = free.pop(0)
    return Roles(user, item, rating, timestamp, known.title, known.genres)


def _others(table: Table, known: Roles) -> list[str]:
    """The columns that have no role yet."""
    return [name for name in table.names if name not in dataclasses.astuple(known)]


def looks_like_moments(column: pd.Series) -> bool:
    """Whether cells are seconds (or milliseconds) since 1970, later than 1975, or dates."""
    present = column.dropna()
    if pd.api.types.is_datetime64_any_dtype(present.dtype):
        return True
    numbers = pd.to_numeric(present, errors="coerce")
    if len(present) and numbers.notna().all():
        whole = np.mod(numbers.to_numpy(np.float64), 1) == 0
        return bool(whole.all() and numbers.min() > 1.6e8 and numbers.max() < 2e16)
    texts = present.head(20).astype(str)
    dated = texts.str.contains(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}").all()
    return bool(len(texts) and dated and as_seconds(texts) is not None)


def _numeric_share(column: pd.Series, decimal: str) -> float:
    values, wrong = as_numbers(column, decimal)
    return float(np.isfinite(values).sum() / max(len(values), 1)) if not wrong.all() else 0.0
