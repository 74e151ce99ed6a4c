"""One file for each number."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fuzz import formats, tables

# How often each format comes: text is what most people have.
_SHARES = {"text": 30, "excel": 6, "ods": 4, "parquet": 14, "npy": 8, "npz": 10, "json": 6,
           "sqlite": 4, "matlab": 4, "html": 5, "written": 8, "grouplens": 8}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file made from a number: its format, what it is called, and its bytes."""

    number: int
    form: str
    name: str
    data: bytes


def case(number: int, form: str | None = None) -> Case:
    """Make the file of a number, of a format drawn by it or of a given one; always the same."""
    chance = random.Random(number)
    drawn = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
    form = form or drawn
    rows = tables.table(chance)
    if chance.random() < 0.65:
        rows = tables.spoil(chance, rows)
    name, data = formats.FORMATS[form](chance, rows)
    if chance.random() < 0.15:
        name, data = formats.wrapped(chance, name, data)
    return Case(number, form, name, data)
