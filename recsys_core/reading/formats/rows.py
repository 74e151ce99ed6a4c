"""What a special format gives: named columns, or rows whose header is still to be found.

Both kinds of cells answer as ``text.TextCells`` and ``tables.FrameCells`` do, and beside that say
which tables there are to choose from (``sheets``) and what the file itself says (``says``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from recsys_core.reading import headers
from recsys_core.reading.cells import Table, is_blank, number
from recsys_core.reading.column_roles import role
from recsys_core.reading.layout import has_header
from recsys_core.reading.limits import (
    MAX_COLUMNS,
    MAX_SHEET_CELLS,
    SAMPLE_CELLS,
    SAMPLE_ROWS,
    SAMPLE_ROWS_AT_LEAST,
)
from recsys_core.reading.sources import Content, unreadable
from recsys_core.reading.tables import FrameCells
from recsys_core.reading.text import TextCells, unique_names
from recsys_core.text import Text


@dataclass(frozen=True)
class Says:
    """What a file says of its own columns.

    ``roles``: columns by role ("user" → "Person"); ``left_out``: columns it marks as to be left
    out; ``remarks``: what a person should know of how it was read.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    remarks: tuple[Text, ...] = ()


class NamedCells(FrameCells):
    """The cells of a table whose columns are known: one DataFrame."""

    def __init__(
        self,
        frame: pd.DataFrame,
        said: str,
        form: str,
        named: bool = True,
        sheet: str | None = None,
        sheets: tuple[str, ...] = (),
        says: Says | None = None,
    ) -> None:
        super().__init__(frame, said, form, named)
        self.sheet, self.sheets, self.says = sheet, sheets, says or Says()


class _AsSaid(Content):
    """Bytes whose name is already written as sentences say it."""

    @property
    def said(self) -> str:
        return self.name


class SaidText(TextCells):
    """The cells of a text (UTF-8) that says something of its columns."""

    def __init__(
        self, data: bytes, said: str, delimiter: str | None = None, says: Says | None = None
    ) -> None:
        super().__init__(_AsSaid(data, said), "utf-8", delimiter)
        self.says = says or Says()


class RecordCells:
    """The cells of rows that may have titles above and several header lines: sheets, HTML tables.

    Parameters
    ----------
    records : the rows that hold anything, each a list of cells, None where empty.
    numbers : the number of each row in the file, 1 = first.
    unit : what a row of this file is called in sentences: "row {n} of sheet “Films”".
    """

    def __init__(
        self,
        records: list[list[Any]],
        numbers: Sequence[int],
        said: str,
        form: str,
        sheet: str | None = None,
        sheets: tuple[str, ...] = (),
        says: Says | None = None,
    ) -> None:
        self.said, self.form = said, form
        self.sheet, self.sheets, self.says = sheet, sheets, says or Says()
        self._records, self._numbers = records, numbers
        if not records:
            raise unreadable(
                Text("{said} holds no rows; check that it was saved whole.", said=said)
            )
        self.width = max(map(len, records))
        if self.width > MAX_COLUMNS or self.width * len(records) > 4 * MAX_SHEET_CELLS:
            raise unreadable(
                Text(
                    "{said} has {n_given:,} rows of {width:,} columns, more than fit; bring a "
                    "part of it, or one rating a row: user, item, rating.",
                    said=said,
                    n_given=len(records),
                    width=self.width,
                )
            )

    def sample(self) -> list[list[Any]]:
        """The first rows, header included."""
        return self._records[
            : max(SAMPLE_ROWS_AT_LEAST, min(SAMPLE_ROWS, SAMPLE_CELLS // self.width))
        ]

    def tail(self) -> list[list[Any]]:
        """The last rows."""
        return self._records[-SAMPLE_ROWS_AT_LEAST:]

    def below(self, first_line: int | None = None, n_titles: int = 0) -> RecordCells:
        """The cells from row ``first_line`` of the file on (1-based), or without ``n_titles`` rows.

        What stands above a table (its title, notes) is so left out; rows keep their numbers.
        """
        begin = n_titles
        if first_line is not None:
            begin = sum(number < first_line for number in self._numbers)
        records, numbers = self._records[begin:], self._numbers[begin:]
        return RecordCells(
            records, numbers, self.said, self.form, self.sheet, self.sheets, self.says
        )

    def names(self, header: int) -> list[str]:
        """One name a column out of so many lines of names, "" where there is none."""
        return headers.joined(self._records[:header], self.width)

    def table(self, header: int, wide: bool, decimal: str, footer: int = 0) -> Table:
        """Everything below so many lines of names, without so many rows at the end."""
        end = len(self._records) - footer
        body = self._records[header:end]
        if not body:
            raise unreadable(Text("{said} has a header but no ratings below it.", said=self.said))
        whole = [[*row, *[None] * (self.width - len(row))] for row in body]
        frame = pd.DataFrame(whole, columns=range(self.width), dtype=object)
        numbers = self._numbers[header:end]
        names = unique_names(self.names(header))
        return Table(frame, names, lambda row: self._place(numbers[row]))

    def _place(self, row: int) -> str:
        if not self.sheets:
            return Text("Row {row:,}", row=row)
        if self.form == "excel":
            return Text("Row {row:,} of sheet “{sheet}”", row=row, sheet=self.sheet)
        return Text("Row {row:,} of table “{sheet}”", row=row, sheet=self.sheet)


def trimmed(rows: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], list[int]]:
    """Rows that hold anything, without empty cells at their end; and their numbers, 1 = first."""
    records: list[list[Any]] = []
    numbers: list[int] = []
    for at, row in enumerate(rows, 1):
        cells = list(row)
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        if cells:
            records.append(cells)
            numbers.append(at)
    return records, numbers


# --- which of several tables ----------------------------------------------------------------------

# How much a table is like one of ratings.
NOTHING, A_TABLE, NUMBERS, RATINGS = range(4)


def likeness(names: Sequence[Any], rows: Sequence[Sequence[Any]]) -> int:
    """How much a table with these column names and first rows is like one of ratings.

    RATINGS: its names say user, item and rating; NUMBERS: most cells beside the first column are
    numbers (a wide table); A_TABLE: at least two columns and two rows; else NOTHING.
    """
    roles = {role(str(name)) for name in names[:40] if not is_blank(name)}
    roles |= {"item"} if "title" in roles else set()
    roles |= {"rating"} if "count" in roles else set()
    if {"user", "item", "rating"} <= roles:
        return RATINGS
    width = max(map(len, rows), default=0)
    if width < 2 or len(rows) < 2:
        return NOTHING
    cells = [cell for row in rows for cell in row[1:] if not is_blank(cell)]
    n_numbers = sum(number(cell) is not None for cell in cells)
    return NUMBERS if width > 2 and n_numbers > 0.5 * len(cells) else A_TABLE


def likeness_of_records(records: Sequence[Sequence[Any]]) -> int:
    """``likeness`` of rows whose first may be a header, or a title above it."""
    found = NOTHING
    for begin in range(min(3, len(records))):
        rest = records[begin : begin + 50]
        if len(rest) > 1 and len(rest[0]) > 1:
            names = rest[0] if has_header(rest) else ()
            found = max(found, likeness(names, rest[1:] if names else rest))
    return found


def chosen_table(wanted: str | None, names: Sequence[str], said: str, guess: str) -> str:
    """The table a person wants among those there are; ``guess`` where nothing was said.

    Raises
    ------
    ReadError
        If there is no table of this name.
    """
    if wanted is None:
        return guess
    if wanted not in names:
        raise unreadable(
            Text(
                "{said} has no table “{table}”; choose one of {names}.",
                said=said,
                table=wanted,
                names=", ".join(names[:12]),
            )
        )
    return wanted
