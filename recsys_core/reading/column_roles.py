"""Which column is which: by the names people use, held against what the cells look like."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from recsys_core.ratings import to_numbers
from recsys_core.reading import column_words as cw
from recsys_core.reading.cells import Table, as_numbers, as_seconds
from recsys_core.reading.letters import plain


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

# Whether texts, with how often each occurs, are answers that stand for numbers.
Answered = Callable[[Mapping[str, int]], object]


def settled(guessed: Roles, chosen: dict[str, str | None]) -> Roles:
    """The roles with what a person chose; a column chosen for one role leaves its guessed one."""
    taken = set(chosen.values()) - {None}
    free = {
        role: None if column in taken else column
        for role, column in dataclasses.asdict(guessed).items()
    }
    return Roles(**{**free, **chosen})


# --- what a name says -----------------------------------------------------------------------------


def bare(name: object) -> str:
    """A column name in small letters of any script, without accents, spaces, signs and type.

    “userId:token” is “userid”, “Évaluation” “evaluation”, “用户 ID” “用户id”.
    """
    return "".join(re.findall(r"[^\W_]+", plain(str(name).split(":")[0])))


@dataclass(frozen=True)
class Meaning:
    """What the name of a column says: its role, None if it says none or something else.

    ``rank``: how surely, 0 is best; from ``DOUBTFUL`` on it is rather something else, such as an
    average. ``attribute``: it tells something of users or items, such as a year or a price.
    ``named``: it is a bare “name”, which people and things have.
    """

    role: str | None = None
    rank: int = 0
    attribute: bool = False
    named: bool = False


DOUBTFUL = 6

# How the words of cw are called below. A word may be in several: “note”, “data”.
_LISTS = {
    "user": cw.USERS, "person": cw.PERSONS, "item": cw.ITEMS, "whole": cw.WHOLES,
    "rating": cw.RATINGS[0], "rating 1": cw.RATINGS[1], "rating 2": cw.RATINGS[2],
    "count": cw.COUNTS, "how many": cw.HOW_MANY, "time": cw.TIMES, "rated": cw.RATED,
    "used": cw.USED, "noted": cw.NOTED, "title": cw.TITLES, "name": cw.NAMES,
    "description": cw.DESCRIPTIONS, "genres": cw.GENRES, "id": cw.IDS, "own": cw.OWN,
    "others": cw.OTHERS, "attribute": cw.ATTRIBUTES, "record": cw.RECORDS, "binding": cw.BINDING,
}  # fmt: skip


def _kinds() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for kind, words in _LISTS.items():
        for word in map(plain, words):
            found[word] = found.get(word, frozenset()) | {kind}
    return found


_KINDS = _kinds()
_LONGEST_WORD = max(map(len, _KINDS))
_LINKS = ("s", "n", "en", "es", "e")  # letters between the parts of a compound, or a plural's end
_NO_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts without spaces
_WORD = re.compile(r"[^\W\d_]+|\d+")
_QUESTION = re.compile(r"\S\s*\[[^\[\]]+\]\s*$|->|\s[-–—]\s|\?\s*\S")  # and what it asks of


@lru_cache(maxsize=4096)
def meaning(name: str) -> Meaning:
    """What a column of this name usually holds.

    The words of a name may stand together (“movieTitle”, “Bewertungsdatum”, “用户评分”). What
    several are about is told by kind and not by place, since languages order words differently: a
    time before a rating (“date of rating”), a rating before a user or an item.
    """
    words = _words(name)
    kinds = [_KINDS.get(word, frozenset()) for word in words]
    of = frozenset().union(*kinds)
    n_unknown = sum(not kind for kind in kinds)
    if _QUESTION.search(name) or (n_unknown > 1 and len(words) > 3):
        return Meaning()  # “Rate these films [Alien]” is one of many columns with answers
    number = min(
        (n for n, kind in enumerate(("rating", "rating 1", "rating 2")) if kind in of), default=None
    )
    if len(words) == 1:
        if {"time", "user", "item", "count", "genres"} & of and "attribute" in of:
            of -= {"attribute"}
        if number is not None and "id" not in of:
            return Meaning("rating", number)
    several = len(words) > 1
    about_ratings = bool({"rating", "rating 1", "record"} & of)
    if several and "how many" in of and about_ratings:
        return Meaning(attribute=True)  # “rating count”, “num votes”
    if "attribute" in of and not (several and "time" in of and {"rated", "record"} & of):
        return Meaning(attribute=True)
    if {"rated", "used", "noted"} & of and (
        "time" in of or {"at", "on"} & set(words) or not (several or {"used", "count"} & of)
    ):
        return Meaning("timestamp", 0 if "rated" in of else 1 if "used" in of else 3)
    if "time" in of:
        if several and "how many" in of and "count" not in of:
            return Meaning(attribute=True)
        return Meaning(
            "timestamp", 1 if not several or about_ratings else 4 if "count" in of else 2
        )
    if number is not None:
        if "id" in of and several:
            return Meaning(attribute=True)  # a rating's own number
        if "others" in of and "own" not in of:
            return Meaning("rating", DOUBTFUL + number)
        return Meaning("rating", number - ("own" in of) + bool(n_unknown))
    if "record" in of and not {"user", "item"} & of:
        if "id" in of or several:
            return Meaning(attribute=True)
        return Meaning("rating", 3) if words == ["review"] else Meaning()
    if "count" in of and ("how many" in of or "id" not in of):
        exact = not (of & {"user", "item", "title"}) or any(
            "count" in kind and "how many" not in kind for kind in kinds
        )
        return Meaning("count", int(several)) if exact else Meaning(attribute=True)
    if "how many" in of and several and "id" not in of:
        return Meaning(attribute=True)
    if "genres" in of:
        return Meaning("genres", int(n_unknown > 0))
    if "person" in of:
        return Meaning("user", 3)
    if {"name", "title"} & of:
        if {"user", "own"} & of and not {"item", "title"} & of:
            return Meaning("user", 3) if "name" in of else Meaning(attribute=True)
        about_item = bool({"item", "title"} & of)
        return Meaning("title", n_unknown + 2 * (not about_item), named=not about_item)
    if {"user", "item"} <= of:  # “product reviewer”: the last word is what it is
        pairs = zip(words, kinds, strict=True)
        last = [kind for word, kind in pairs if {"user", "item"} & kind and word != "uid"][-1]
        of = of - ({"item"} if "user" in last else {"user"})
    rank = (0 if "id" in of else 1) + 2 * ("others" in of) + 2 * (n_unknown > 0)
    if "user" in of:
        return Meaning("user", rank)
    if "item" in of:
        codes = {"isbn", "asin", "sku", "ean", "gtin", "const", "tconst", "stockcode", "uid"}
        return Meaning("item", rank - bool(codes & set(words)) + 2 * ("whole" in of))
    if "description" in of:
        return Meaning("title", 4)
    return Meaning()


def role(name: str) -> str | None:
    """What a column of this name usually holds: "user", "item", "rating", "count" … or None.

    "item" is a column that identifies items, "title" one that names them.
    """
    return meaning(str(name)).role


@lru_cache(maxsize=4096)
def _words(name: str) -> list[str]:
    """The words of a name, in small letters: at spaces, signs and capitals, else as known words."""
    text = str(name).strip().split(":")[0]
    spaced = re.sub(r"(?<=[a-zà-ÿа-я0-9])(?=[A-ZÀ-ÞА-Я])", " ", text)
    words = [part for token in _WORD.findall(plain(spaced)) for part in _parts(token)]
    whole = bare(text)
    if len(words) > 1 and whole in _KINDS:
        return [whole]  # “play count” may be written apart
    return [word for word in words if not (word.isdigit() and len(words) > 1)]


def _parts(token: str) -> list[str]:
    """The known words a token consists of, as few as possible; the token where it does not."""
    if token in _KINDS or len(token) > 60:
        return [token]
    best: list[list[str] | None] = [[], *[None] * len(token)]
    for end in range(1, len(token) + 1):
        for start in range(max(end - _LONGEST_WORD, 0), end):
            before, piece = best[start], token[start:end]
            if before is None:
                continue
            if _is_part(piece, start, end == len(token)):
                parts = [*before, piece]
            elif start and piece in _LINKS and len(before[-1]) > 2:
                parts = before
            else:
                continue
            known = best[end]
            if known is None or len(parts) < len(known):
                best[end] = parts
    if (found := best[-1]) is not None:
        return found
    for ending in ("rating", "score", "stars", "timestamp", "title", "bewertung", "datum", "name"):
        if token.endswith(ending):
            return [token[: -len(ending)], *_parts(ending)]
    return [token]


def _is_part(piece: str, start: int, at_end: bool) -> bool:
    """Whether a piece of a token is a word of its own: short ones only where none is spaced."""
    if piece not in _KINDS:
        return False
    if _NO_SPACES.search(piece) or len(piece) > 3:
        return True
    return (at_end and start > 0 and "id" in _KINDS[piece]) or (len(piece) == 3 and start == 0)


def noun(name: str | None) -> str:
    """What to call an item whose column has this name: “film”, “book”, “song” …, else “item”."""
    found = [cw.NOUNS[word] for word in _words(name or "") if word in cw.NOUNS]
    return found[0] if found else "item"


def by_name(names: Sequence[str]) -> Roles:
    """The roles that column names alone give away, the surest name of each first.

    A bare “name” belongs to the column of ids before it, or to the first of them; it is a person's
    where that is the user, else a title. Without any column of items the title stands for one.
    """
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: meaning(name).rank):  # stable: in their order
        found.setdefault(meaning(name).role or "", []).append(name)

    def first(what: str) -> str | None:
        return found.get(what, [None])[0]

    user = first("user")
    items = found.get("item", [])
    titles = [name for name in found.get("title", []) if _owner(name, names) != "user"]
    if not items and user is None and (reviewed := _reviewed(names)) is not None:
        items, titles = [reviewed], []  # a title is each review's own
    item = items[0] if items else (titles.pop(0) if titles else None)
    if item is None and len(users := found.get("user", [])) > 1:
        item = next((n for n in users[1:] if meaning(n).rank < 3), None)  # people who rate people
    # “artist, track, plays”: the track is the item and what it is called.
    sure = [name for name in found.get("rating", []) if meaning(name).rank < DOUBTFUL]
    return Roles(
        user=user,
        item=item,
        rating=sure[0] if sure else first("count") or first("rating"),
        timestamp=first("timestamp"),
        title=titles[0] if titles else None,
        genres=first("genres"),
    )


def _owner(name: str, names: Sequence[str]) -> str | None:
    """Whose name a bare “name” is: "user", "item", or None where no ids tell."""
    if not meaning(name).named:
        return None
    ids = [(at, meaning(n).role) for at, n in enumerate(names) if _is_id(n)]
    if not ids:
        return None
    here = list(names).index(name)
    before = [what for at, what in ids if at < here]
    return before[-1] if before else ids[0][1]


def _reviewed(names: Sequence[str]) -> str | None:
    """The id of what is reviewed, of no known kind, in a table with reviews' texts; else None."""
    kinds = [frozenset[str]().union(*(_KINDS.get(w, ()) for w in _words(name))) for name in names]
    if not any({"record", "attribute"} <= kind for kind in kinds):
        return None
    pairs = zip(names, kinds, strict=True)
    return next((name for name, kind in pairs if kind == {"id"} and len(_words(name)) > 1), None)


def has_ids(names: Sequence[str]) -> bool:
    """Whether names of columns say ids of users and of items both, as those of a log do."""
    return {"user", "item"} <= {
        meaning(name).role for name in names if meaning(name).role and meaning(name).rank <= 0
    }


def _is_id(name: str) -> bool:
    said = meaning(name)
    return said.role in ("user", "item") and said.rank < 3


# --- what the cells say ---------------------------------------------------------------------------


# Columns of a table with one rating a row that are looked at if their names say nothing: each takes
# about a millisecond, and a table that is no list of ratings may have thousands.
_MOST_COLUMNS = 200


def by_content(
    table: Table, known: Roles, decimal: str, answered: Answered = lambda texts: False
) -> Roles:
    """The roles once the cells were looked at: what names leave open, and names that mislead.

    A named column keeps its role unless its cells cannot be what the name says and those of another
    named one can. Other columns get one only if their cells fit: users and items are told by what
    occurs again, ratings by few numbers, moments by what dates look like. ``answered`` tells
    whether texts, with how often each occurs, are answers that stand for numbers.
    """
    # Rows from all over the file: its beginning may be one user.
    rows = np.unique(np.linspace(0, len(table.body) - 1, min(len(table.body), 2000)).astype(int))
    named = [name for name in dataclasses.astuple(known) if name in table.names]
    columns = {
        name: _Column(name, table[name].iloc[rows], decimal)
        for name in dict.fromkeys([*table.names[:_MOST_COLUMNS], *named])
    }
    roles = known
    for what, fits in (
        ("timestamp", _Column.has_times), ("rating", _Column.has_ratings),
        ("user", _Column.could_identify), ("item", _Column.could_identify),
    ):  # fmt: skip
        roles = _mended(roles, what, columns, fits)
    if roles.rating is None and roles.timestamp is not None:
        times = columns[roles.timestamp]
        if times.numeric and not times.has_times():  # a duration, perhaps
            roles = dataclasses.replace(roles, timestamp=None)
    if roles.user is not None and roles.item is not None:
        if _counts_users(columns[roles.user], columns[roles.item]):
            roles = dataclasses.replace(roles, user=None)
    roles = _with_person(roles, columns)
    roles = _with_baskets(roles, columns)

    free = [
        name
        for name, column in columns.items()
        if name not in dataclasses.astuple(roles) and not column.events
    ]
    missing = [roles.user, roles.item].count(None)
    if roles.timestamp is None:
        moments = [n for n in free if columns[n].moments and not meaning(n).attribute]
        if moments and len(free) - len(moments) >= missing:
            roles = dataclasses.replace(roles, timestamp=moments[-1])
            free.remove(moments[-1])
    if roles.rating is None:
        rating = _rating_among([columns[name] for name in free], missing, answered)
        if rating is not None:
            roles = dataclasses.replace(roles, rating=rating)
            free.remove(rating)
    user, item = _ids_among([columns[name] for name in free], roles, columns)
    return dataclasses.replace(roles, user=user, item=item)


class _Column:
    """A sample of one column's cells, and what they could be."""

    def __init__(self, name: str, cells: pd.Series, decimal: str) -> None:
        if not pd.api.types.is_numeric_dtype(cells.dtype):
            cells = cells.astype(object)
        self.name = name
        self.meaning = meaning(name)
        self.cells = cells
        self.codes, self.distinct = pd.factorize(cells.where(_written(cells), None))
        self.n = int((self.codes >= 0).sum())
        self.n_distinct = len(self.distinct)
        values, wrong = as_numbers(cells, decimal)
        self.numbers = values[np.isfinite(values)]
        self.numeric = bool(len(self.numbers) > 0.5 * max(self.n, 1)) and not wrong.all()

    @cached_property
    def moments(self) -> bool:
        return looks_like_moments(self.cells[self.codes >= 0])

    @cached_property
    def events(self) -> bool:
        """Whether cells say what each row of a log records: few texts, such as “view”, “cart”.

        Numbers do if the column is called so.
        """
        if not 2 <= self.n_distinct <= 12 or self.n_distinct > 0.2 * self.n:
            return False
        if bare(self.name) in cw.EVENT_NAMES:
            return True
        texts = self.texts()
        return sum(n for text, n in texts.items() if _is_event(text)) > 0.5 * self.n

    def has_times(self) -> bool:
        """Whether most cells can be read as times."""
        return self.n > 0 and as_seconds(self.cells[self.codes >= 0]) is not None

    def texts(self) -> Counter[str]:
        """Each text and how often it occurs."""
        return Counter(str(text) for text in self.cells[self.codes >= 0])

    def has_ratings(self) -> bool:
        """Whether cells are numbers, or one of a few answers; not one long text after another."""
        if not self.n or self.numeric:
            return self.n > 0
        texts = [str(text) for text in self.distinct]
        return self.n_distinct <= max(12, 0.3 * self.n) and max(map(len, texts)) <= 60

    @cached_property
    def faults(self) -> int:
        """How little the cells look like ids: 0 like ids, 1 and 2 less so, from 3 on not.

        Ids are not constant, not all different beside others that are not, no running number; and
        no moments, no numbers with decimals, no long texts, not mostly blank.
        """
        if self.n < 0.5 * len(self.codes) or not self.n:
            return 4
        if self.fractions:
            return 2
        if not self.numeric and np.mean([len(str(text)) for text in self.distinct]) > 80:
            return 3
        if self.n >= 3 and not self.numeric and self.moments:
            return 3
        if self.n_distinct == 1 and self.n > 1:
            return 2
        if self.n_distinct == self.n >= 5 and self.numeric and self.steps():
            return 2
        return int(self.n_distinct == self.n >= 20)

    @cached_property
    def fractions(self) -> bool:
        """Whether all cells are numbers, and not all whole."""
        return len(self.numbers) == self.n and bool((self.numbers != np.rint(self.numbers)).any())

    def steps(self) -> bool:
        """Whether numbers only go up: a running number (of a sample of rows)."""
        return len(self.numbers) > 2 and bool((np.diff(self.numbers) > 0).all())

    def could_identify(self) -> bool:
        """Whether a column that is called so can hold users or items."""
        return self.faults < 3


def _is_event(text: str) -> bool:
    words = text.strip().lower()
    return words in cw.EVENTS or words.replace(" ", "") in cw.EVENTS


def events_among(table: Table, roles: Roles) -> str | None:
    """The column, without a role, that says what each row of a log records; None if none does."""
    if roles.user is None or roles.item is None:
        return None
    rows = np.unique(np.linspace(0, len(table.body) - 1, min(len(table.body), 2000)).astype(int))
    free = [name for name in table.names[:_MOST_COLUMNS] if name not in dataclasses.astuple(roles)]
    return next((n for n in free if _Column(n, table[n].iloc[rows], ".").events), None)


def is_record(name: str) -> bool:
    """Whether a column is called like the number of a basket, an order or a session."""
    kinds = [_KINDS.get(word, frozenset()) for word in _words(name)]
    of = frozenset[str]().union(*kinds)
    only = all({"record", "id", "how many"} & kind for kind in kinds)
    return "record" in of and only and meaning(name).role is None


def _written(cells: pd.Series) -> pd.Series:
    """Where a cell says anything, bool."""
    present = cells.notna()
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        present &= cells.astype(str).str.strip() != ""
    return present


def _mended(
    roles: Roles, what: str, columns: dict[str, _Column], fits: Callable[[_Column], bool]
) -> Roles:
    """The roles, if need be with another column whose name says the same and whose cells fit."""
    column = getattr(roles, what)
    if column is None or fits(columns[column]):
        return roles
    wanted = (what, "count") if what == "rating" else (what,)
    others = sorted(
        (c for c in columns.values() if c.meaning.role in wanted and c.name != column),
        key=lambda c: c.meaning.rank,
    )
    taken = dataclasses.astuple(roles)
    for other in others:
        if other.name not in taken and other.meaning.rank < DOUBTFUL and fits(other):
            return dataclasses.replace(roles, **{what: other.name})
    return roles


def _counts_users(user: _Column, item: _Column) -> bool:
    """Whether “members” or “customers” is a number each item has, in a catalogue of items."""
    once = item.n_distinct == item.n >= 10
    return once and user.numeric and user.meaning.rank > 0 and user.n_distinct > 0.8 * user.n


def _with_person(roles: Roles, columns: dict[str, _Column]) -> Roles:
    """The roles with a bare “name” as the user where nothing else is and it is no item's title.

    A title is the same wherever its item occurs; a person's name comes with many items.
    """
    if roles.user is not None or roles.item is None or roles.title is None:
        return roles
    name, item = columns[roles.title], columns[roles.item]
    if not name.meaning.named or name.meaning.rank > 2:
        return roles  # “division name” is nobody's
    if item.n_distinct < item.n:
        is_title = _n_pairs(name, item) <= item.n_distinct
    else:
        order = list(columns)
        is_title = order.index(item.name) < order.index(name.name)
    return roles if is_title else dataclasses.replace(roles, user=roles.title, title=None)


def _with_baskets(roles: Roles, columns: dict[str, _Column]) -> Roles:
    """The roles with baskets or sessions as users where nothing says who bought.

    Each holds several items, and an item seldom twice.
    """
    if roles.user is not None or roles.item is None or roles.rating is not None:
        return roles
    item = columns[roles.item]
    for column in columns.values():
        if is_record(column.name) and 1 < column.n_distinct < column.n > item.n_distinct:
            if _repeats(column, item) < 0.2:
                return dataclasses.replace(roles, user=column.name)
    return roles


def _n_pairs(one: _Column, other: _Column) -> int:
    """How many different pairs of cells two columns have."""
    pairs = one.codes.astype(np.int64) * (other.n_distinct + 1) + other.codes
    return len(np.unique(pairs[(one.codes >= 0) & (other.codes >= 0)]))


def _repeats(one: _Column, other: _Column) -> float:
    """The share of rows whose pair of cells has occurred before, 0 to 1."""
    n = int(((one.codes >= 0) & (other.codes >= 0)).sum())
    return 1 - _n_pairs(one, other) / n if n else 0.0


def _rating_among(free: list[_Column], missing: int, answered: Answered) -> str | None:
    """The column without a role that holds ratings; None where none can be spared or fits."""
    if len(free) <= missing:
        return None
    fitting = [c for c in free if c.meaning.role in (None, "rating", "count", "timestamp")]
    fitting = [c for c in fitting if not c.meaning.attribute and not c.moments]
    numeric = [c for c in fitting if c.numeric]
    if not numeric:
        answers = [c for c in fitting if c.has_ratings() and answered(c.texts())]
        return answers[-1].name if answers else None
    varying = [c for c in numeric if c.n_distinct > 1] or numeric
    # “1 2 1”: a column that is always the same identifies nobody, so that it is what is left.
    if sum(c.n_distinct > 1 for c in free) <= missing:
        varying = numeric
    running = [c for c in varying if c.n >= 20 and c.steps()]
    if len(running) == len(numeric) and missing == 2 and running[0] is free[0]:
        return None  # the ids of a catalogue
    varying = [c for c in varying if c not in running] or varying
    fractions = [c for c in varying if c.fractions]
    if len(fractions) == 1:
        return fractions[0].name
    rating = varying[-1]  # user, item, rating is the usual order
    fewest = min(varying, key=lambda c: c.n_distinct)
    if rating.n_distinct > 101 and fewest.n_distinct <= 21:
        return fewest.name
    if missing == 2 and len(free) == 3 and rating.n >= 20:
        # What is left must be users and items: such a pair seldom comes twice.
        left = {c.name: _repeats(*(f for f in free if f is not c)) for c in varying}
        sure = min(left, key=lambda name: left[name])
        if left[rating.name] > 0.2 and left[sure] < 0.05:
            return sure
    return rating.name


def _ids_among(
    free: list[_Column], roles: Roles, columns: dict[str, _Column]
) -> tuple[str | None, str | None]:
    """User and item, the known ones as they are, the others among columns without a role."""
    user, item = roles.user, roles.item
    sound = [c for c in free if c.faults < 3 and c.meaning.role not in ("rating", "count")]
    people = [c for c in sound if c.meaning.role in (None, "user") and not c.fractions]
    people = [c for c in people if not c.meaning.attribute]
    if item is not None and roles.rating is not None and columns[item].n >= 20:
        if columns[roles.rating].meaning.role is not None:  # names are known words
            people = [c for c in people if c.meaning.role == "user" or _rates(c, columns[item])]
    things = [c for c in sound if c.meaning.role in (None, "user", "item", "title")]
    things = [c for c in things if not c.meaning.attribute] or [c for c in things if not c.numeric]
    if item is not None and columns[item].n_distinct == columns[item].n >= 5:
        people = [  # a catalogue, more likely
            c for c in people if c.meaning.role == "user" and not _counts_users(c, columns[item])
        ]
    if user is not None and columns[user].n_distinct == columns[user].n > 1:
        things = [c for c in things if not c.meaning.attribute]  # a table of users, more likely
    if user is None and item is None and len(people) > 1 and len(things) > 1:
        pairs = [
            (one, other)
            for at, one in enumerate(people[:6])
            for other in things[:7]
            if free.index(other) > free.index(one) and other is not one
        ] or [(people[0], next(c for c in things if c is not people[0]))]
        one, other = min(
            pairs, key=lambda p: (p[0].faults + p[1].faults, _repeats(*p) > 0.2)
        )  # the first of equals
        return one.name, other.name
    if user is None and people:
        known = None if item is None else columns[item]
        user = min(people, key=lambda c: _unfit(c, known)).name
        things = [c for c in things if c.name != user]
    if item is None and things:
        known = None if user is None else columns[user]
        item = min(things, key=lambda c: _unfit(c, known)).name
    return user, item


def _rates(column: _Column, item: _Column) -> bool:
    """Whether cells go with several items each and seldom twice with one, as users do.

    A kind or a shop that each item has does not; nor does whether somebody recommends it.
    """
    n = _n_pairs(column, item)
    return n > 1.5 * max(column.n_distinct, item.n_distinct) and _repeats(column, item) <= 0.5


def _unfit(column: _Column, partner: _Column | None) -> tuple[int, bool]:
    """How little a column suits as the partner of users or items; smaller is better."""
    return column.faults, partner is not None and _repeats(column, partner) > 0.5


def looks_like_moments(column: pd.Series) -> bool:
    """Whether cells are dates, or seconds (milliseconds …) between 1975 and 2100."""
    present = column.dropna()
    if pd.api.types.is_datetime64_any_dtype(present.dtype):
        return True
    numbers = to_numbers(present)
    if len(present) and numbers.notna().all():
        values = numbers.to_numpy(np.float64)
        if not np.isfinite(values).all() or (np.mod(values, 1) != 0).any():
            return False
        for unit in (1, 1e3, 1e6, 1e9):
            if values.min() > 1.6e8 * unit and values.max() < 4.2e9 * unit:
                return True
        return False
    texts = present.head(50).astype(str).str.slice(0, 80)  # of long texts patterns take long
    dated = texts.str.contains(r"\d{1,4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,4}|\d.*[^\W\d_]{3}.*\d")
    return bool(len(texts) and dated.all() and as_seconds(texts) is not None)
