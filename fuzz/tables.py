"""Small tables of ratings, and what goes wrong with their rows, cells, names and numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Table = list[list[Any]]  # the first row holds the names

# Cells that have broken readers, or could.
ODD: tuple[Any, ...] = (
    "", " ", "-", "?", "NaN", "nan", "inf", "-inf", "Infinity", "None", "null", "N/A", "TRUE", "²",
    "½", "٣", "１", "Ⅳ", "1e400", "-1e400", "1e-400", "1e308", "0x10", "1_000", "1,5", "1.234,5",
    "1,234,567", "−3", "+3", "3 stars", "★★★", "60 %", "3/5", "=1+1", "'=1+1", "@x", "\x00", "\x1f",
    "\x1b[1m", "a\nb", "a\rb", 'a"b', '"', "'", "\\", "::", ";", ",", "|", "\t", "\ufeff", "\u200b",
    "\u2028", "\x85", "\ud7ff", "💩", "e\u0301", "{0}", "{said}", "%s", "../x", "<b>", "__proto__",
    "01.02.2020", "2020-13-45", "9999999999999", "1e17", "-62135596801", "99", "-1", "0",
    "1" * 400, str(2**70), str(-(2**63) - 1), str(2**53 + 1), "x" * 5_000, "0" * 40,
    0, -1, 1, 99, 2**31, 2**53 + 1, 2**63, 2**70, 10**399, -(2**63), 0.1, -0.0, 1e300, 1e-300,
    float("nan"), float("inf"), -float("inf"), None, True, False,
)  # fmt: skip

# Signs that make patterns try again and again, when there are thousands of them.
RUNS = (" ", "1", "a ", "a-", "[", "(", "1 ", "1.", "->", "<!---->", "★", "0", ":", "a:", "1/", "_")

NAMES = (
    "user", "userId", "user_id", "item", "movieId", "title", "genres", "rating", "stars", "score",
    "count", "plays", "timestamp", "date", "time", "name", "id", "", " ", "user", "rating:float",
    "column 1", "Unnamed: 0", "index", "__index_level_0__", "0", "1", "x" * 2_000, "ä", "\x00",
    "a.b", "user\nid", '"', "sum", "total", "mean", "average",
)  # fmt: skip


def table(chance: random.Random) -> Table:
    """A sound table: long or wide, some with times, titles or labels that are words."""
    return (_wide if chance.random() < 0.4 else _long)(chance)


def _label(chance: random.Random, kind: str, n: int) -> Any:
    if kind == "number":
        return n + 1
    return f"{kind}{n}"


def _rating(chance: random.Random, scale: str) -> Any:
    if scale == "halves":
        return chance.randint(1, 10) / 2
    if scale == "plays":
        return int(chance.paretovariate(0.5)) % 10**9
    if scale == "words":
        return chance.choice(["agree", "neutral", "disagree", "yes", "no"])
    return chance.randint(1, 5)


def _long(chance: random.Random) -> Table:
    n_users, n_items = chance.randint(2, 6), chance.randint(2, 8)
    user, item = chance.choice([("number", "number"), ("anna", "film"), ("number", "b")])
    scale = chance.choice(["whole", "whole", "halves", "plays", "words"])
    with_time, with_title = chance.random() < 0.4, chance.random() < 0.2
    names = ["user", "item", "rating"] + ["timestamp"] * with_time + ["title"] * with_title
    rows: Table = [list(names)]
    for u in range(n_users):
        for i in range(n_items):
            if chance.random() < 0.7:
                row = [_label(chance, user, u), _label(chance, item, i), _rating(chance, scale)]
                row += [10**9 + 1000 * u + i] * with_time + [f"Title {i}"] * with_title
                rows.append(row)
    return rows


def _wide(chance: random.Random) -> Table:
    n_users, n_items = chance.randint(2, 8), chance.randint(2, 9)
    blank = chance.choice([None, None, "", 0, 99, -1, float("nan")])
    scale = chance.choice(["whole", "halves", "plays"])
    labels = chance.random() < 0.7
    rows: Table = [["user"] * labels + [f"item {i}" for i in range(n_items)]]
    for u in range(n_users):
        cells = [_rating(chance, scale) if chance.random() < 0.6 else blank for _ in range(n_items)]
        rows.append([f"anna{u}"] * labels + cells)
    return rows


def spoil(chance: random.Random, rows: Table) -> Table:
    """The table after one to five mishaps."""
    rows = [list(row) for row in rows]
    for _ in range(chance.choice([1, 1, 1, 2, 3, 5])):
        chance.choice(_MISHAPS)(chance, rows)
        if not rows:
            rows.append([])
    return rows


def _row(chance: random.Random, rows: Table) -> list[Any]:
    return chance.choice(rows)


def _odd_cell(chance: random.Random, rows: Table) -> None:
    row = _row(chance, rows)
    if row:
        row[chance.randrange(len(row))] = chance.choice(ODD)


def _odd_column(chance: random.Random, rows: Table) -> None:
    at, value = chance.randrange(max(map(len, rows)) + 1), chance.choice(ODD)
    for row in rows[chance.randint(0, 1) :]:
        if at < len(row):
            row[at] = value


def _odd_name(chance: random.Random, rows: Table) -> None:
    if rows[0]:
        rows[0][chance.randrange(len(rows[0]))] = chance.choice(NAMES)


def _add_cell(chance: random.Random, rows: Table) -> None:
    row = _row(chance, rows)
    row.insert(chance.randint(0, len(row)), chance.choice(ODD))


def _long_cell(chance: random.Random, rows: Table) -> None:
    row = rows[0] if chance.random() < 0.5 else _row(chance, rows)
    if row:
        run = chance.choice(RUNS) * chance.choice([300, 20_000])
        row[chance.randrange(len(row))] = chance.choice(["", "1", "a", "("]) + run + "x"


def _drop_cell(chance: random.Random, rows: Table) -> None:
    row = _row(chance, rows)
    if row:
        del row[chance.randrange(len(row))]


def _drop_column(chance: random.Random, rows: Table) -> None:
    at = chance.randrange(max(map(len, rows)) + 1)
    for row in rows:
        del row[at : at + 1]


def _double_column(chance: random.Random, rows: Table) -> None:
    at = chance.randrange(max(map(len, rows)) + 1)
    for row in rows:
        row[at:at] = row[at : at + 1]


def _swap_columns(chance: random.Random, rows: Table) -> None:
    width = max(map(len, rows))
    order = chance.sample(range(width), width)
    for at, row in enumerate(rows):
        rows[at] = [row[n] for n in order if n < len(row)]


def _add_row(chance: random.Random, rows: Table) -> None:
    width = len(_row(chance, rows))
    row = chance.choice(
        [
            [],
            ["Ratings of our class"],
            ["Total", *[chance.choice(ODD)] * max(width - 1, 0)],
            list(_row(chance, rows)),
            [None] * width,
            list(rows[0]),
        ]
    )
    rows.insert(chance.choice([0, len(rows), chance.randint(0, len(rows))]), row)


def _drop_row(chance: random.Random, rows: Table) -> None:
    del rows[chance.randrange(len(rows))]


def _many_rows(chance: random.Random, rows: Table) -> None:
    again = _row(chance, rows)
    rows += [list(again) for _ in range(chance.choice([10, 100, 1_000]))]


def _many_columns(chance: random.Random, rows: Table) -> None:
    n = chance.choice([5, 50, 500])
    if n * len(rows) > 50_000:
        return
    for row in rows:
        if row:
            row += [row[-1]] * n


def _only_names(chance: random.Random, rows: Table) -> None:
    del rows[chance.choice([0, 1, 2]) :]


def _turned(chance: random.Random, rows: Table) -> None:
    width = max(map(len, rows))
    full = [row + [None] * (width - len(row)) for row in rows]
    rows[:] = [list(column) for column in zip(*full, strict=True)]


def _same_ratings(chance: random.Random, rows: Table) -> None:
    value = chance.choice([0, 1, 5, 5.0, 1e39, -3])
    for row in rows[1:]:
        row[-1:] = [value]


def _numbers_as_text(chance: random.Random, rows: Table) -> None:
    for row in rows[1:]:
        row[:] = [str(cell).replace(".", ",") for cell in row]


_MISHAPS: tuple[Callable[[random.Random, Table], None], ...] = (
    _odd_cell, _odd_cell, _odd_cell, _odd_column, _odd_name, _odd_name, _add_cell, _drop_cell,
    _long_cell, _drop_column, _double_column, _swap_columns, _add_row, _drop_row, _many_rows,
    _many_columns, _only_names, _turned, _same_ratings, _numbers_as_text,
)  # fmt: skip
