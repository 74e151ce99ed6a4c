"""One column that holds user and item, such as “r44_c1”, “7:12” or “anna|Alien”."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

# What stands between user and item, the surest first.
_BETWEEN = ("::", "|", "_", ":", "/", "-", ",", ";", " ")
_SURE = ("::", "|", "_")  # between words, too; other marks only between ids

_ID = re.compile(r"[A-Za-z]{0,8}\d+")
_BRACKETS = re.compile(r"\s*[(\[<](.*)[)\]>]\s*", re.DOTALL)
_TIME = re.compile(r"\d{1,2}:\d\d")
_DATE = re.compile(r"(\d{4}[-/]\d{1,2})|(\d{1,2}[-/]\d{4})")

_FEWEST = 3  # keys; fewer tell nothing
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Key:
    """How the keys of a column are cut: ``between`` stands between user and item."""

    between: str
    example: tuple[str, str, str]  # a key, its user, its item


def understood(column: pd.Series) -> Key | None:
    """How the texts of a column are cut into user and item; None where they are no such keys.

    All are cut by the same mark, once each; both sides repeat, no pair does. Words are cut only by
    marks that stand in no name.
    """
    texts = [str(cell).strip() for cell in column.head(_LOOKED_AT) if isinstance(cell, str)]
    if len(texts) < _FEWEST or len(texts) < min(len(column), _LOOKED_AT):
        return None
    if all(map(_TIME.fullmatch, texts)) or all(map(_DATE.fullmatch, texts)):
        return None
    for between in _BETWEEN:
        pairs = [_cut(text, between) for text in texts]
        if any(pair is None for pair in pairs):
            continue
        users, items = zip(*(pair for pair in pairs if pair is not None), strict=True)
        ids = all(map(_ID.fullmatch, (*users, *items)))
        repeat = len(set(users)) < len(users) and len(set(items)) < len(items)
        once = len(set(pairs)) == len(pairs)
        if once and (repeat or (ids and _lettered(users, items))) and (ids or between in _SURE):
            return Key(between, (texts[0], users[0], items[0]))
    return None


def _lettered(users: tuple[str, ...], items: tuple[str, ...]) -> bool:
    """Whether users all begin with the same letters and items with others: r44, c1."""
    begins = [{re.match(r"[A-Za-z]*", text)[0] for text in side} for side in (users, items)]  # type: ignore[index]
    return all(len(side) == 1 for side in begins) and begins[0] != begins[1]


def _cut(text: str, between: str) -> tuple[str, str] | None:
    found = _BRACKETS.fullmatch(text)
    parts = (found[1] if found else text).split(between)
    if len(parts) != 2 or not all(part.strip() for part in parts):
        return None
    return parts[0].strip(), parts[1].strip()


def split(column: pd.Series, key: Key) -> tuple[pd.Series, pd.Series]:
    """Users and items of a column of keys, text, (n_rows,) each; None where a key has no parts."""
    codes, unique = pd.factorize(column)
    pairs = [_cut(str(cell), key.between) or (None, None) for cell in unique]
    pairs.append((None, None))  # code −1, a missing key
    users, items = (
        pd.Series(list(side), dtype=object).iloc[codes].reset_index(drop=True)
        for side in zip(*pairs, strict=True)
    )
    return users, items
