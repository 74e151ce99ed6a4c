"""Tables that are not text: Excel, Parquet and NumPy's .npz. Each gives cells as ``text`` does."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.extras import needed_for
from recsys_core.reading import layout
from recsys_core.reading.archives import Archive
from recsys_core.reading.cells import Table
from recsys_core.reading.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_SHEET_CELLS,
    SAMPLE_CELLS,
    SAMPLE_ROWS,
    SAMPLE_ROWS_AT_LEAST,
)
from recsys_core.reading.sources import Content, unreadable
from recsys_core.reading.text import unique_names
from recsys_core.text import Text


class SheetCells:
    """The cells of one sheet of an .xlsx workbook (of the first that holds any)."""

    form = "excel"

    def __init__(self, content: Content, sheet: str | None = None) -> None:
        self.said = content.said
        Archive(content)  # an .xlsx is a zip: its sizes are checked before openpyxl unpacks it
        with needed_for(content.said, ", or save the sheet as CSV"):
            import openpyxl
        try:
            book = openpyxl.load_workbook(
                io.BytesIO(content.data), read_only=True, data_only=True, keep_links=False
            )
            self.sheets = [s.title for s in book.worksheets]
            if sheet is not None and sheet not in self.sheets:
                raise unreadable(
                    Text(
                        "{said} has no sheet “{sheet}”; choose one of {names}.",
                        said=content.said,
                        sheet=sheet,
                        names=", ".join(self.sheets),
                    )
                )
            for title in [sheet] if sheet is not None else self.sheets:
                self.sheet = title
                self._numbers, self._records = self._read(book[title])
                if self._records:
                    break
        except ReadError:
            raise
        except Exception:  # openpyxl lets through whatever its XML and zip readers raise
            raise unreadable(
                Text(
                    "{said} is a damaged or unusual Excel workbook; open it and save it "
                    "again, or save the sheet as CSV.",
                    said=content.said,
                )
            ) from None
        if not self._records:
            raise unreadable(
                Text(
                    "{said} holds no values; formulas count only once a spreadsheet program "
                    "has worked them out and saved the workbook.",
                    said=content.said,
                )
            )
        self.width = max(map(len, self._records))

    def _read(self, sheet: Any) -> tuple[list[int], list[list[Any]]]:
        """Row numbers and cells of the rows that hold anything."""
        if hasattr(sheet, "reset_dimensions"):
            sheet.reset_dimensions()  # the stated size may be wrong, by mistake or on purpose
        numbers: list[int] = []
        records: list[list[Any]] = []
        n_cells = 0
        for at, row in enumerate(sheet.iter_rows(values_only=True), 1):
            n_cells += len(row) + 1
            if n_cells > MAX_SHEET_CELLS:
                raise unreadable(
                    Text(
                        "Sheet “{title}” of {said} has more than {most:,} "
                        "cells; save it as CSV, which is read faster.",
                        title=sheet.title,
                        said=self.said,
                        most=MAX_SHEET_CELLS,
                    )
                )
            cells = list(row)
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                numbers.append(at)
                records.append(cells)
        return numbers, records

    def sample(self) -> list[list[Any]]:
        """The first records, header included."""
        return self._records[
            : max(SAMPLE_ROWS_AT_LEAST, min(SAMPLE_ROWS, SAMPLE_CELLS // self.width))
        ]

    def tail(self) -> list[list[Any]]:
        """The last records."""
        return self._records[-SAMPLE_ROWS_AT_LEAST:]

    def table(self, header: int, wide: bool, decimal: str, footer: int = 0) -> Table:
        """Everything below so many lines of names, without so many at the end."""
        body = self._records[header : len(self._records) - footer]
        if not body:
            raise unreadable(Text("{said} has a header but no ratings below it.", said=self.said))
        names = layout.column_names(self._records[:header], self.width)
        frame = pd.DataFrame(body, columns=range(max(map(len, body))), dtype=object)
        frame = frame.reindex(columns=range(self.width)).astype(object)
        numbers = self._numbers[header:]
        return Table(
            frame, unique_names(names), lambda row: f"row {numbers[row]:,} of sheet “{self.sheet}”"
        )


class FrameCells:
    """The cells of a table whose columns have names and types: Parquet, or arrays of an .npz."""

    def __init__(self, frame: pd.DataFrame, said: str, form: str, named: bool = True) -> None:
        self.said, self.form = said, form
        self.named = named
        self._frame = frame
        self.width = frame.shape[1]
        if not frame.size:
            raise unreadable(
                Text("{said} holds no rows; check that it was saved whole.", said=said)
            )
        if self.width > MAX_COLUMNS or frame.size > MAX_CELLS and self.width > 20:
            raise unreadable(
                Text(
                    "{said} has {n_given:,} rows of {width:,} columns, more than fit; bring a "
                    "part of it, or one rating a row: user, item, rating.",
                    said=said,
                    n_given=len(frame),
                    width=self.width,
                )
            )

    def sample(self) -> list[list[Any]]:
        """The names and the first rows."""
        n_rows = max(SAMPLE_ROWS_AT_LEAST, min(SAMPLE_ROWS, SAMPLE_CELLS // self.width))
        rows = self._frame.head(n_rows).astype(object).to_numpy().tolist()
        return [list(map(str, self._frame.columns)), *rows] if self.named else rows

    def names(self) -> list[str]:
        """One name a column, "" where there is none."""
        return list(map(str, self._frame.columns)) if self.named else [""] * self.width

    def table(self, header: int, wide: bool, decimal: str) -> Table:
        """All rows; names are part of the file, so that ``header`` changes nothing."""
        return Table(self._frame, unique_names(self.names()), lambda row: f"row {row + 1:,}")
