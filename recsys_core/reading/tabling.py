"""From cells to a table: its lines of names, its layout, and what of it is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.reading import answers, formats, headers, layout, people, surroundings, tables
from recsys_core.reading.cells import Table, as_numbers, columns_of, decimal_mark, is_blank, number
from recsys_core.reading.column_roles import has_ids, role
from recsys_core.reading.doubts import Doubt
from recsys_core.reading.formats import forms
from recsys_core.reading.opening import Cells
from recsys_core.reading.samples import WHOLE
from recsys_core.reading.sources import unreadable
from recsys_core.reading.text import TextCells, unique_names
from recsys_core.text import Text

# What surveys and class lists say of people stands beside some hundred items at most.
_MOST_DESCRIBED = 500


class Cut(NamedTuple):
    """How cells form a table, as far as a person said; None where nothing was said.

    ``whole``: all rows are wanted, not a sample of a large file; ``columns``: only those of these
    names (None: all), of which ``labels`` are users and items.
    """

    first_line: int | None = None
    header: int | None = None
    footer: int | None = None
    left_out: tuple[str, ...] | None = None
    decimal: str | None = None
    layout: str | None = None
    whole: bool = False
    columns: tuple[str, ...] | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Tabled:
    """A table, and how its cells form it.

    ``table`` is what is read, ``whole`` with the columns that are ``left_out``. ``records`` are the
    first records of what is read, lines of names included. ``roles``: what the file itself, or the
    form of a survey, says of columns; ``items``: names of columns that are items, where they are
    not called as these; ``persons``: whose each of several files is.
    ``sampled``: only some rows of a large file are here; ``doubts`` of how it was cut.
    """

    table: Table
    whole: Table
    records: list[list[Any]]
    layout: str
    header: int
    decimal: str
    left_out: tuple[str, ...]
    footer: int
    sampled: bool
    remarks: tuple[Text, ...]
    roles: Mapping[str, str | None] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    persons: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class _Columns:
    """Which columns are left out and what else is known of the others."""

    left_out: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()
    roles: Mapping[str, str | None] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    wide: bool | None = None  # None: not told by these


def tabled(cells: Cells, cut: Cut) -> Tabled:
    """Tell lines of names, decimal mark and layout from the first records, and cut the table out.

    Raises
    ------
    ReadError
        If there is one column only, or the table cannot be cut so.
    """
    if isinstance(cells, formats.RecordCells):
        begins = cells.sample()
        known = cut.first_line is not None or headers.n_lines(begins) is not None
        n_titles = 0 if known else layout.header_lines(begins)[0]
        cells = cells.below(cut.first_line, n_titles)
    records = cells.sample()
    if cells.width < 2:
        raise unreadable(
            Text(
                "{said} has one column only; bring at least three: user, item and rating, or "
                "choose another delimiter.",
                said=cells.said,
            )
        )
    delimiter = cells.delimiter if isinstance(cells, TextCells) else None
    decimal = cut.decimal or decimal_mark(records, delimiter)
    records = _numbered(records, decimal)
    header = _n_header(cells, records, cut, decimal)
    names = unique_names(_names(cells, records, header))
    columns = _columns(cells, names, records, header, decimal)
    if cut.left_out is not None:
        columns = replace(columns, left_out=cut.left_out, remarks=())
    kept = [at for at, name in enumerate(names) if name not in columns.left_out]
    inner = [[record[at] for at in kept if at < len(record)] for record in records]
    wide = columns.wide
    if wide is None:
        wide = layout.is_wide(inner, header > 0, decimal)
    shape = cut.layout or ("wide" if wide else "long")
    if shape == "long" and cut.left_out is None:
        says = getattr(cells, "says", None) or formats.Says()
        columns = replace(columns, left_out=says.left_out, remarks=says.remarks, items={})
        inner = records
    footer = cut.footer
    if footer is None:
        footer = layout.footer_lines(_tail(cells), cells.width, decimal)
    if cut.columns is not None and (
        people.known(names) is not None or not set(cut.columns) <= set(names)
    ):
        cut = cut._replace(columns=None, labels=())  # columns that are made of others need these
    table = _cut_out(cells, cut, header, footer, shape == "wide", decimal)
    remarks = [*table.remarks, *columns.remarks]
    below = None
    if cut.footer is None and not footer and shape == "wide":
        below = _summary_below(table.without(columns.left_out), decimal)
    if below is not None:
        footer = 1
        table = _cut_out(cells, cut, header, footer, True, decimal)
    elif footer:
        remarks.append(
            Text(
                "The last line is no part of the table and was left out.",
                "The last {n} lines are no part of the table and were left out.",
                n=footer,
            )
        )
    return Tabled(
        table=table.without(columns.left_out),
        whole=table,
        records=inner,
        layout=shape,
        header=header,
        decimal=decimal,
        left_out=tuple(name for name in columns.left_out if name in names),
        footer=footer,
        sampled=not cut.whole and _is_large(cells),
        remarks=tuple(remarks),
        roles=columns.roles,
        items=columns.items,
        doubts=() if below is None else (below,),
    )


_MOST_SUMMED = 1_000_000  # cells of a matrix in which a row of sums is looked for


def _summary_below(table: Table, decimal: str) -> Doubt | None:
    """That the last row holds the mean or the sum of all above it, whatever it is called."""
    if table.body.size > _MOST_SUMMED:
        return None
    columns = [as_numbers(column, decimal)[0] for column in columns_of(table.body)]
    values = np.stack(columns, axis=1)
    labels = not np.isfinite(values[:-1, 0]).any()  # names, not ratings
    word = surroundings.summary_below(values[:, int(labels) :])
    if word is None:
        return None
    label = table.body.iloc[-1, 0] if labels else None
    return Doubt(
        "summary",
        Text(
            "The last row{name} holds the {word} of each column above it and was left out; set 0 "
            "lines left out at the end if it is a user.",
            name="" if is_blank(label) else f" (“{escape.brief(label, 40)}”)",
            word=word,
        ),
        "footer",
    )


def together(
    parts: tuple[Tabled, ...], files: tuple[str, ...], persons: tuple[str, ...] | None
) -> Tabled:
    """Several tables of the same columns as one, in the order of the files.

    Where no column says who rated, each file is one person's, and ``persons`` or the files' names
    say whose.

    Raises
    ------
    ReadError
        If one has other columns.
    """
    first = parts[0]
    tables = [(file, part.whole) for file, part in zip(files, parts, strict=True)]
    if first.layout == "wide":
        whole = _stacked(tables)
    else:
        whole = people.together(tables, persons)
    if whole is None:
        raise unreadable(
            Text(
                "{files} do not have the same columns; choose one of them.",
                files=", ".join(f"“{file}”" for file in files[:5]),
            )
        )
    if whole.names[0] == people.PERSON and people.PERSON not in first.whole.names:
        persons = persons or tuple(people.people_of(files))
    else:
        persons = ()
    remark = Text("{n} files of the same columns were read as one table.", n=len(files))
    return replace(
        first,
        whole=whole,
        table=whole.without(first.left_out),
        sampled=any(part.sampled for part in parts),
        persons=persons,
        remarks=(remark, *first.remarks),
    )


def _stacked(tables: list[tuple[str, Table]]) -> Table | None:
    """Wide tables one below the other; a row is named by its file, too. None if columns differ."""
    files, parts = [file for file, _ in tables], [part for _, part in tables]
    names = parts[0].names
    if any(part.names != names for part in parts):
        return None
    starts = np.cumsum([0, *(len(part.body) for part in parts)])

    def place(row: int) -> str:
        at = int(np.searchsorted(starts, row, side="right")) - 1
        return Text(
            "{place} of “{file}”", place=parts[at].place(row - int(starts[at])), file=files[at]
        )

    bodies = [part.body.set_axis(range(len(names)), axis=1) for part in parts]
    return Table(pd.concat(bodies, ignore_index=True), names, place, parts[0].remarks)


# Columns in which words are looked for; surveys have no more.
_MOST_WORDY = 200


def _numbered(records: list[list[Any]], decimal: str) -> list[list[Any]]:
    """The records with answers in words (“Agree”, “★★★”, “not seen”) as the numbers they mean.

    Only so can a table of such answers be told from one of names.
    """
    rows = records[1:]
    meant: dict[int, dict[str, Any]] = {}
    marks: Counter[str] = Counter()  # of columns of numbers
    for at in range(min(max(map(len, rows), default=0), _MOST_WORDY)):
        cells = (row[at] for row in rows if len(row) > at)
        texts = Counter(str(cell).strip() for cell in cells if not is_blank(cell))
        if all(number(text, decimal) is not None for text in texts) or {"x", "y"} <= texts.keys():
            continue  # x and y are names, not “no” and “yes”
        known = answers.understood(texts, decimal)
        if known is not None:
            meant[at] = {text: f"{x:g}" for text, x in known.pairs} | dict.fromkeys(known.unrated)
        elif any(number(text, decimal) is not None for text in texts):
            meant[at] = {}
            marks.update(text for text in texts if number(text, decimal) is None)
    if len(marks) == 1 and marks.total() > 2:  # one sign again and again: “n.s.”
        meant = {at: words or dict.fromkeys(marks) for at, words in meant.items()}
    worded = [at for at, words in meant.items() if at and words]
    if not worded:  # a first column alone names rows
        return records
    names = [role(str(name)) for name in records[0]]
    if len(worded) == 1 and any(
        names[at] in ("rating", "count") for at in range(len(names)) if at not in meant
    ):
        return records  # “a” to “f” beside a rating are names, no grades
    numbered = [list(record) for record in records]
    for record in numbered:
        for at, words in meant.items():
            if len(record) > at:
                record[at] = words.get(str(record[at]).strip(), record[at])
    return numbered


# --- lines of names -------------------------------------------------------------------------------


def _n_header(cells: Cells, records: list[list[Any]], cut: Cut, decimal: str) -> int:
    if isinstance(cells, tables.FrameCells):
        return int(cells.named)
    if cut.header is not None:
        return int(cut.header)
    n = headers.n_lines(records, decimal) or layout.header_lines(records, decimal)[1]
    if not n and forms.understood(list(map(str, records[0])), records[1:]) is not None:
        return 1  # words above words: the questions of a survey
    return n


def _names(cells: Cells, records: list[list[Any]], header: int) -> list[str]:
    """The names of the columns, "" where there is none."""
    if isinstance(cells, TextCells):
        return cells.names(header)
    if isinstance(cells, tables.FrameCells):
        return cells.names()
    return headers.joined(records[:header], cells.width)


def _tail(cells: Cells) -> list[list[Any]]:
    return [] if isinstance(cells, tables.FrameCells) else cells.tail()


def _is_large(cells: Cells) -> bool:
    if isinstance(cells, tables.FrameCells):
        return cells.whole is not None
    return isinstance(cells, TextCells) and len(cells._data) > WHOLE


def _cut_out(cells: Cells, cut: Cut, header: int, footer: int, wide: bool, decimal: str) -> Table:
    if isinstance(cells, TextCells):
        return cells.table(
            header,
            wide,
            decimal,
            footer=footer,
            columns=cut.columns,
            labels=cut.labels,
            sampled=not cut.whole,
        )
    if isinstance(cells, tables.FrameCells):
        if cut.whole and cells.whole is not None:
            cells = cells.whole(cut.columns is not None)
        table = cells.table(header, wide, decimal)
        return replace(table, body=table.body.iloc[: len(table.body) - footer])
    return cells.table(header, wide, decimal, footer)


# --- columns that hold no ratings -----------------------------------------------------------------


def _columns(
    cells: Cells, names: list[str], records: list[list[Any]], header: int, decimal: str
) -> _Columns:
    """What the file says of its columns, and which of a matrix hold no ratings."""
    says = getattr(cells, "says", None)
    rows = records[header:]
    if says is not None and (says.roles or says.left_out):
        return _Columns(says.left_out, says.remarks, says.roles)
    remarks = tuple(says.remarks) if says is not None else ()
    if not header or len(names) > _MOST_DESCRIBED:
        return _Columns(remarks=remarks)
    if people.known(names) is not None:
        return _Columns(remarks=remarks, wide=False)
    items, others = headers.values_apart(names)
    if items:  # a pivot table of several values
        return _Columns(others, (*remarks, _without_ratings(others)), {}, items, wide=True)
    marks = layout.are_marks(names, rows, decimal)
    long = layout.names_long(names) and not marks
    form = forms.understood(names, rows)
    rated = long and (has_ids(names) or not {"rating", "count"}.isdisjoint(map(role, names)))
    if form is not None and (form.sure or not rated):
        return _of_form(form, remarks)
    one_rating = len(names) <= 5 and [role(name) for name in names].count("rating") == 1
    if long or (one_rating and not marks):  # “u, i, rating”: the words beside are names
        return _Columns(remarks=remarks)
    labels = layout.has_labels(records[header - 1 :], True, decimal)
    found = surroundings.asides(names, rows, labels, decimal)
    roles: dict[str, str | None] = {}
    if (named := _named_beside(names, rows, found, decimal)) is not None:
        found = [surroundings.Aside(0, Text("Column “{name}” numbers the rows.", name=names[0])),
                 *(aside for aside in found if aside.position != named)]  # fmt: skip
        roles = {"user": names[named]}
    left_out = tuple(names[aside.position] for aside in found)
    kept = [at for at, name in enumerate(names) if name not in left_out]
    inner = [[record[at] for at in kept if at < len(record)] for record in records[header - 1 :]]
    if found and layout.is_wide(inner, True, decimal):
        remarks += tuple(map(_left_out, found))
        return _Columns(left_out, remarks, roles, wide=True)
    return _Columns(remarks=remarks)


def _named_beside(
    names: list[str], rows: list[list[Any]], found: list[surroundings.Aside], decimal: str
) -> int | None:
    """The column that names the rows where the first only numbers them: “Nr, Name, Alien, Heat”."""
    numbers = [number(row[0], decimal) for row in rows if row]
    begins = numbers[0] if numbers else None
    if len(numbers) < 3 or begins not in (0, 1):
        return None
    if numbers != [begins + n for n in range(len(numbers))]:
        return None
    for aside in found[:2]:
        cells = [str(row[aside.position]).strip() for row in rows if aside.position < len(row)]
        called = role(names[aside.position]) in ("user", "item", "title")
        if called and len(set(cells)) == len(rows) and not any(map(is_blank, cells)):
            return aside.position
    return None


def _of_form(form: forms.Form, remarks: tuple[Text, ...]) -> _Columns:
    """The columns of answers to a survey."""
    left_out = form.left_out
    if form.timestamp is not None:
        left_out = (form.timestamp, *left_out)
        remarks += (Text("Column “{column}” holds times and was left out.", column=form.timestamp),)
    if form.left_out:
        remarks += (_without_ratings(form.left_out),)
    if form.question:
        remarks += (
            Text("All ask “{question}”, which was left out of the names.", question=form.question),
        )
    roles = {"user": form.user}
    return _Columns(left_out, remarks, roles, dict(form.items), wide=True)


def _without_ratings(columns: Sequence[str]) -> Text:
    names = ", ".join(f"“{escape.brief(name, 40)}”" for name in columns[:12])
    return Text("Columns that hold no ratings were left out: {names}.", names=names)


def _left_out(aside: surroundings.Aside) -> Text:
    return Text("{why} It was left out.", why=aside.why)
