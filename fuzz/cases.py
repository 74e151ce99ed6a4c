"""One file for each number, or several, and what a person has chosen for it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal

from fuzz import formats, tables
from recsys_core.ratings import Scale
from recsys_core.reading.dialect import DELIMITERS, ENCODINGS

# How often each format comes: text is what most people have.
_SHARES = {"text": 24, "excel": 6, "ods": 4, "parquet": 10, "npy": 6, "npz": 8, "json": 8,
           "sqlite": 4, "matlab": 5, "html": 5, "written": 8, "grouplens": 6, "old excel": 6,
           "exports": 5, "survey": 5, "pivot": 5, "together": 5}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Files made from a number: their format, what they are called, their bytes.

    ``changes``: what a person has chosen, as ``read_ratings`` takes it; ``what``: "inspect" where a
    preview is asked for alone, else "read".
    """

    number: int
    form: str
    files: tuple[tuple[str, bytes], ...]
    changes: dict[str, Any]
    what: Literal["inspect", "read"]


def case(number: int, form: str | None = None) -> Case:
    """Make the files of a number, of a format drawn by it or of a given one; always the same."""
    chance = random.Random(number)
    drawn = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
    form = form or drawn
    rows = tables.table(chance)
    if chance.random() < 0.65:
        rows = tables.spoil(chance, rows)
    files = formats.FORMATS[form](chance, rows)
    if isinstance(files, tuple):
        files = [formats.wrapped(chance, *files) if chance.random() < 0.15 else files]
    names = [name for name, _ in files] + ["ratings.csv"]
    changes = _changes(chance, rows, names) if chance.random() < 0.35 else {}
    what: Literal["inspect", "read"] = "inspect" if chance.random() < 0.2 else "read"
    return Case(number, form, tuple(files), changes, what)


def _changes(chance: random.Random, rows: tables.Table, names: list[str]) -> dict[str, Any]:
    """One to four of the controls turned, to what a page offers or what a program may say."""
    columns = [*map(str, rows[0]), "user", "item", "rating", "column 2", "", "nowhere", None]
    marks = [0, 99, -1, float("nan"), "x", "", "not seen", *map(str, chance.sample(tables.ODD, 3))]
    low, high = chance.choice([(1, 5), (0, 1), (-1e300, 1e300), (3, 3), (0, 10**6)])
    line = [0, 1, 2, 3, 10, 10**9]
    possible: dict[str, Any] = {
        "member": [*names, None],
        "sheet": ["Sheet", "Ratings", "ratings", "table 1", "S", "nowhere", None],
        "encoding": [*ENCODINGS, "utf-7", "hex", "cp037", None],
        "delimiter": [*DELIMITERS, "^", "ab", "\n", '"', "", None],
        "first_line": [*line[1:], None],
        "header": line,
        "footer": line,
        "left_out": [tuple(chance.choices(columns[:-1], k=n)) for n in (0, 1, 3)],
        "decimal": [".", ","],
        "layout": ["wide", "long"],
        "key": columns,
        "labels": [True, False],
        "items_in_rows": [True, False],
        "unrated": [None, (), tuple(chance.choices(marks, k=2))],
        "answers": [(), (("yes", 1.0), ("no", 0.0)), tuple((str(m), 2.5) for m in marks), None],
        "repeats": ["last", "first", "mean", "sum", None],
        "scale": [Scale(low, high), Scale(low, high, 0.5), None],
        "log": [True, False],
        "implicit": [True, False],
        "person": [("anna", "bo"), ("",), ("a", "a", "a"), None],
    } | dict.fromkeys(["user", "item", "rating", "timestamp", "title", "genres"], columns)
    chosen = chance.sample(sorted(possible), chance.choice([1, 1, 2, 4]))
    return {name: chance.choice(possible[name]) for name in chosen}
