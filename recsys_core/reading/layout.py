"""Where the table of a file begins and ends, which of its lines name the columns, long or wide?

All functions look at the first or the last records only, as lists of cells. What stands around a
matrix and is no rating (totals, what is known of users) is in ``surroundings``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys_core.reading.cells import is_blank, number
from recsys_core.reading.column_roles import bare, role
from recsys_core.reading.surroundings import is_note, is_total_row

Record = Sequence[Any]

_NAMED = 40  # a long table has no more columns; among a thousand items some are called “Score”


# A header line below the names, of programs that keep a line for types (Orange, Weka, R).
TYPES = frozenset(
    "continuous discrete string time meta class numeric nominal integer int float double real "
    "character factor text number date boolean bool ignore basket c d s n i t m".split()
)
_MOST_HEADERS = 4  # lines
_MOST_TITLES = 20  # lines above, and notes below


def header_lines(records: Sequence[Record], decimal: str = ".") -> tuple[int, int]:
    """Find where the table begins and how many lines name its columns.

    Returns (first, n_header): the number of records above the table (titles, notes, blank ones),
    and the number of those after them that are names: 0, 1, or more (Qualtrics, pivot tables).
    """
    first = _titles_above(records, decimal)
    return first, _n_header(records[first:], decimal)


def _titles_above(records: Sequence[Record], decimal: str) -> int:
    width = _width(records)
    few = max(1, (width - 1) // 3)
    first = 0
    for record in records[: min(_MOST_TITLES, len(records) - 2)]:
        if width < 3 or (_n_filled(record) > few and len(record) >= width - 1):
            break
        first += 1
    above, below = records[:first], records[first:]
    # A user without ratings looks like a title; a blank line or a header after it tells.
    torn = any(len(record) < width - 1 or not _n_filled(record) for record in above)
    return first if first and (torn or _n_header(below, decimal)) else 0


def _n_header(records: Sequence[Record], decimal: str) -> int:
    body = records[_MOST_HEADERS:] if len(records) >= 12 else records[(len(records) + 1) // 2 :]
    numeric = [at for at in range(_width(records)) if _is_numeric(body, at, decimal)]
    n = 0
    for at, record in enumerate(records[: min(_MOST_HEADERS, len(records) - 1)]):
        if not _names_numbers(record, numeric, decimal):
            break
        if at and not _goes_on(record, records, at, numeric):
            break
        n = at + 1
    if n == 1 and len(numeric) < 2 and any(is_blank(cell) for cell in records[0][:3]):
        n = 0  # a row whose rating is missing or a word, not names
    return n or int(len(records) > 0 and has_header(records, decimal))


def _names_numbers(record: Record, numeric: list[int], decimal: str) -> bool:
    """Whether words stand where numbers stand below; or it is a pivot table's line “user, , ,”."""
    here = [record[at] for at in numeric if at < len(record) and _is_filled(record[at])]
    if not here:
        words = [str(cell).strip() for cell in record if _is_filled(cell)]
        return len(numeric) > 0 and len(words) == 1 and _says_what(words[0])
    return all(not is_blank(cell) and number(cell, decimal) is None for cell in here)


def _says_what(word: str) -> bool:
    """Whether a word alone in a line says what the rows are."""
    return word.lower() in TYPES or role(word) in ("user", "item")


def _goes_on(record: Record, records: Sequence[Record], at: int, numeric: list[int]) -> bool:
    """Whether a record below a line of names is another such line, not a row with words in it."""
    words = [str(cell).strip() for cell in record if _is_filled(cell)]
    if all(word.startswith("{") for word in words) or all(
        word.lower() in TYPES or "=" in word for word in words
    ):
        return True
    if len(words) == 1:
        return _says_what(words[0])
    here = [str(record[place]).strip() for place in numeric if place < len(record)]
    again = {str(cell).strip() for row in records[at + 1 :] for cell in row}
    return len(here) >= 3 and len(set(here)) == len(here) and again.isdisjoint(here)


def _is_numeric(records: Sequence[Record], at: int, decimal: str) -> bool:
    cells = [row[at] for row in records if len(row) > at and not is_blank(row[at])]
    return bool(cells) and sum(number(c, decimal) is not None for c in cells) > 0.8 * len(cells)


def _is_filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _n_filled(record: Record) -> int:
    return sum(map(_is_filled, record))


def _width(records: Sequence[Record]) -> int:
    """Columns of the table: what most records have; those of a sheet end with their last cell."""
    lengths = Counter(map(len, records))
    if not lengths:
        return 0
    length, count = lengths.most_common(1)[0]
    return length if count > len(records) / 2 else max(lengths)


def footer_lines(records: Sequence[Record], width: int | None = None, decimal: str = ".") -> int:
    """Count the last records that are no part of the table: notes, totals, blank ones.

    ``records`` are the last of the file, those above them included where they are few; ``width`` is
    the number of the table's columns. A user without ratings is no note: a note says what it is
    ("Source: …", "* estimated", "Total"), is shorter than the table, or follows a blank line.
    """
    width = _width(records) if width is None else width
    even = sum(len(record) == width for record in records) > len(records) / 2
    n = 0
    for at in range(1, min(_MOST_TITLES, len(records) - 1) + 1):
        record, above = records[-at], records[-at - 1]
        cells = [cell for cell in record if _is_filled(cell)]
        if not cells:
            n += n == at - 1 and width > 1
            continue
        begins = str(cells[0]).strip()
        alone = len(cells) == 1 and width > 2
        torn = even and len(record) < width - 1
        if (
            (alone and (is_note(begins) or torn or not _n_filled(above)))
            or (torn and is_note(begins))
            or (_is_filled(record[0]) and is_total_row(record, records[:-at], decimal))
        ):
            n = at
        elif n < at - 1 or not alone:
            break
    # Blank lines between the table and what was found, too.
    while n and n < len(records) - 1 and not _n_filled(records[-n - 1]):
        n += 1
    return n


def has_header(records: Sequence[Record], decimal: str = ".") -> bool:
    """Whether the first record names the columns."""
    first, rest = records[0], records[1:]
    # What comes again below is a cell like the others: “purchase”, “song”.
    again = [{str(row[at]) for row in rest if at < len(row) and list(row) != list(first)}
             for at in range(min(len(first), _NAMED))]  # fmt: skip
    roles = {
        role(str(cell))
        for cell, below in zip(first, again, strict=False)
        if not is_blank(cell) and str(cell) not in below
    } - {None}
    if len(roles) >= 2 or (roles and len(first) == 1):
        return True
    if not rest:
        return False
    if is_blank(first[0]) and len(first) > 2 and not any(map(is_blank, first[1:])):
        numbers = [number(cell, decimal) for cell in first[1:]]
        if None in numbers or numbers in (_first_numbers(numbers, 0), _first_numbers(numbers, 1)):
            return True  # a corner above row labels
    corner, column = str(first[0]), {str(row[0]) for row in rest if len(row)}
    if role(corner) in ("user", "item") and corner not in column and len(set(first)) == len(first):
        return True
    for position, cell in enumerate(first):
        if is_blank(cell) or number(cell, decimal) is not None:
            continue
        below = [
            row[position] for row in rest if len(row) > position and not is_blank(row[position])
        ]
        if below and sum(number(c, decimal) is not None for c in below) > 0.8 * len(below):
            return True  # a word above numbers
    if _is_above_answers(first, rest):
        return True
    # Words above words, numbers above numbers: a header only if it counts the columns.
    inner = [cell for row in rest for cell in row[1:]]
    every = [cell for row in rest for cell in row]
    return _counts(first[1:], inner, decimal) or _counts(first, every, decimal)


def _is_above_answers(first: Record, rest: Sequence[Record]) -> bool:
    """Whether words stand above columns of words that come again, and are none of these."""
    n_above = 0
    for at, cell in enumerate(first):
        below = [str(row[at]).strip() for row in rest if len(row) > at and not is_blank(row[at])]
        if len(set(below)) > len(below) / 2:
            continue  # labels
        if is_blank(cell) or str(cell).strip() in below:
            return False
        n_above += 1
    return n_above >= 2


def _first_numbers(like: Sequence[Any], start: int) -> list[int]:
    return list(range(start, start + len(like)))


def names_long(names: Sequence[Any]) -> bool:
    """Whether names of columns are those of a table with one rating a row.

    Three questions called like ratings (“I like jazz”, “I like folk” …) are items, unless users and
    items are named, too.
    """
    said = [role(str(name)) for name in names[:_NAMED] if not is_blank(name)]
    if len(names) > _NAMED:
        return False
    pairs = "user" in said and ("item" in said or "title" in said)
    if said.count("rating") >= 3 and not pairs:
        return False
    alike = {"title": "item", "count": "rating"}
    found = {alike.get(what, what) for what in said if what}
    return len(found & {"user", "item", "rating"}) >= 2


def is_wide(records: Sequence[Record], header: bool, decimal: str = ".") -> bool:
    """Whether rows are users and columns items, rather than one rating a row."""
    header = header and len(records) > 0  # more lines of names may be chosen than there are
    names, body = (records[0], records[1:]) if header else ((), records)
    width = max((len(row) for row in body), default=len(names))
    body = body[: len(body) - footer_lines(body, width, decimal)] if len(body) > 2 else body
    if width <= _NAMED and names_long(names):
        return len(names) == width and are_marks(names, body, decimal)
    if not body:
        return width > 5
    values = np.full((len(body), width), np.nan)
    blank = np.ones((len(body), width), dtype=bool)
    for at, row in enumerate(body):
        for position, cell in enumerate(row):
            blank[at, position] = is_blank(cell)
            found = None if blank[at, position] else number(cell, decimal)
            values[at, position] = np.nan if found is None else found
    filled = (~blank).sum(axis=0)
    numeric = np.isfinite(values).sum(axis=0) > 0.5 * filled
    numeric |= (filled == 0) & (width > 2)  # an item nobody in the sample has rated
    if width > 5:
        return bool(numeric[1:].mean() > 0.8)
    if width <= 2 or not numeric[1:].all():
        # Two columns of small numbers may be two items; anything else lacks a rating.
        return width == 2 and bool(numeric.all()) and bool(np.nanmax(values) <= 10)
    lowest = np.min(values, axis=0, initial=np.inf, where=np.isfinite(values))
    if ((lowest > 1.6e8) & np.isfinite(lowest)).any():
        return False  # a column of moments
    if any(len(row) > 1 and _is_id(row[1]) for row in body):
        return False  # “43842, 006100345X, 6”: no rating is written so
    first = [row[0] if len(row) else None for row in body]
    if not numeric[0]:
        # “anna, 12, 4” is long when names come again, or when the second column holds ids.
        labels_repeat = len(set(map(str, first))) < len(first)
        return not labels_repeat and not (values[:, 1] > 100).any()
    return not _is_list_of_pairs(values, blank)


def are_marks(names: Sequence[Any], body: Sequence[Record], decimal: str) -> bool:
    """Whether “name, Alien, Heat, points” are users × items, though some names are those of roles.

    Each row has another name, no column is called an item, and two or more that are called nothing
    known hold numbers of the same range as the one that is called a rating.
    """
    said = [role(str(name)) for name in names]
    if said[0] not in ("user", "title") or said.count("rating") != 1 or len(body) < 2:
        return False
    free = [at for at, what in enumerate(said) if at and not what]
    if {*said[1:]} - {None, "rating"} or len(free) < 2:
        return False
    labels = {str(row[0]) for row in body if len(row)}
    cells = [[number(row[at], decimal) for row in body if at < len(row) and not is_blank(row[at])]
             for at in (said.index("rating"), *free)]  # fmt: skip
    if len(labels) < len(body) or any(None in column or not column for column in cells):
        return False
    least, most = zip(*((min(column), max(column)) for column in cells), strict=True)  # type: ignore[type-var]
    return min(least) >= 0 and max(most) <= 2 * min(most) and max(most) <= 100


def _is_id(cell: Any) -> bool:
    """Whether a text has leading zeros, or letters and several digits: an id, no rating."""
    text = str(cell).strip() if isinstance(cell, str) else ""
    zeros = len(text) > 2 and text.isdecimal() and text.startswith("00")
    return zeros or (
        text.isalnum() and sum(sign.isdecimal() for sign in text) > 3 and not text.isdecimal()
    )


def _is_list_of_pairs(values: np.ndarray, blank: np.ndarray) -> bool:
    """Whether three to five columns of numbers begin with two columns of ids."""
    if blank[:, :3].any() or values.shape[1] < 3:
        return False
    pairs = values[:, :2]
    if (pairs != np.rint(pairs)).any():
        return False
    unique = len(np.unique(pairs, axis=0)) >= 0.98 * len(pairs)
    # Where each user comes once it is the items that must look like ids.
    once = len(np.unique(pairs[:, 0])) == len(pairs)
    largest = pairs[:, 1].max() if once else pairs.max()
    ids_are_large = largest > 20 and largest > 2 * np.abs(values[:, 2]).max()
    if unique and ids_are_large:
        return True
    grouped = len(pairs) > 1 and (np.diff(pairs[:, 0]) >= 0).all()
    return bool(unique and grouped and len(np.unique(pairs[:, 0])) < len(pairs))


def has_labels(records: Sequence[Record], header: bool, decimal: str = ".") -> bool:
    """Whether the first column of a wide table holds the users' labels and not ratings."""
    header = header and len(records) > 0  # more lines of names may be chosen than there are
    names, body = (records[0], records[1:]) if header else ((), records)
    if header and (is_blank(names[0]) or role(str(names[0])) in ("user", "item", "title")):
        return True
    if header and bare(names[0]) in ("id", "index", "key", "no", "nr", "row"):
        return True
    first = [row[0] for row in body if len(row)]
    words = [cell for cell in first if not is_blank(cell) and number(cell, decimal) is None]
    if words:
        return True
    return _counts(first, [cell for row in body for cell in row[1:]], decimal)


def _counts(cells: Record, others: Record, decimal: str) -> bool:
    """Whether cells are ids: whole, all different, beyond the ratings around them or 1, 2, 3 …"""
    numbers = [number(cell, decimal) for cell in cells]
    if len(numbers) < 3 or any(n is None or not np.isfinite(n) or n != int(n) for n in numbers):
        return False
    ids = np.array(numbers, dtype=np.float64)
    around = np.array(
        [n for cell in others if not is_blank(cell) and (n := number(cell, decimal)) is not None]
    )
    around = around[around != 99]  # a usual mark for “unrated”
    if len(np.unique(ids)) < len(ids) or not len(around):
        return False
    highest = around.max()
    if not (np.diff(ids) == 1).all():
        return bool(ids.min() > highest)
    return bool(ids.max() > highest or (len(ids) >= 4 and ids[0] in (0, 1)))
