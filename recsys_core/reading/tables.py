"""Cells of tables whose columns have names and types; they answer as those of ``text`` do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from recsys_core.reading.cells import Table
from recsys_core.reading.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    SAMPLE_CELLS,
    SAMPLE_ROWS,
    SAMPLE_ROWS_AT_LEAST,
)
from recsys_core.reading.sources import unreadable
from recsys_core.reading.text import unique_names
from recsys_core.text import Text


class FrameCells:
    """The cells of a table whose columns have names and types: Parquet, or arrays of an .npz.

    ``whole`` is there where these are some rows of a large file alone: it reads all of them, with
    texts as categories if it is called with True.
    """

    whole: Callable[[bool], FrameCells] | None = None

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
        return Table(self._frame, unique_names(self.names()), self._place)

    def _place(self, row: int) -> Text:
        return Text("Row {row:,}", row=row + 1) if self.whole is None else Text("A row")
