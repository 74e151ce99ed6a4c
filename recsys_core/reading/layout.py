"""Is there a header, is the table long or wide, does its first column hold labels?

All three look at the first records only, as lists of cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys_core.reading.cells import is_blank, number
from recsys_core.reading.column_roles import bare, role

Record = Sequence[Any]

_NAMED = 40  # a long table has no more columns; among a thousand items some are called “Score”


def has_header(records: Sequence[Record], decimal: str = ".") -> bool:
    """Whether the first record names the columns."""
    first, rest = records[0], records[1:]
    roles = {role(str(cell)) for cell in first[:_NAMED] if not is_blank(cell)} - {None}
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
    # Words above words, numbers above numbers: a header only if it counts the columns.
    inner = [cell for row in rest for cell in row[1:]]
    every = [cell for row in rest for cell in row]
    return _counts(first[1:], inner, decimal) or _counts(first, every, decimal)


def _first_numbers(like: Sequence[Any], start: int) -> list[int]:
    return list(range(start, start + len(like)))


def is_wide(records: Sequence[Record], header: bool, decimal: str = ".") -> bool:
    """Whether rows are users and columns items, rather than one rating a row."""
    names, body = (records[0], records[1:]) if header else ((), records)
    roles = {role(str(name)) for name in names[: _NAMED] if not is_blank(name)} & {
        "user", "item", "title", "rating", "count"
    }  # fmt: skip
    roles = {{"title": "item", "count": "rating"}.get(r, r) for r in roles if r}
    width = max((len(row) for row in body), default=len(names))
    if len(roles) >= 2 and width <= _NAMED:
        return False
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
    first = [row[0] if len(row) else None for row in body]
    if not numeric[0]:
        # “anna, 12, 4” is long when names come again, or when the second column holds ids.
        labels_repeat = len(set(map(str, first))) < len(first)
        return not labels_repeat and not (values[:, 1] > 100).any()
    return not _is_list_of_pairs(values, blank)


def _is_list_of_pairs(values: np.ndarray, blank: np.ndarray) -> bool:
    """Whether three to five columns of numbers begin with two columns of ids."""
    if blank[:, :3].any() or values.shape[1] < 3:
        return False
    pairs = values[:, :2]
    if (pairs != np.rint(pairs)).any():
        return False
    unique = len(np.unique(pairs, axis=0)) >= 0.98 * len(pairs)
    ids_are_large = pairs.max() > 20 and pairs.max() > 2 * np.abs(values[:, 2]).max()
    if unique and ids_are_large:
        return True
    grouped = len(pairs) > 1 and (np.diff(pairs[:, 0]) >= 0).all()
    return bool(unique and grouped and len(np.unique(pairs[:, 0])) < len(pairs))


def has_labels(records: Sequence[Record], header: bool, decimal: str = ".") -> bool:
    """Whether the first column of a wide table holds the users' labels and not ratings."""
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
