"""Text tables: from bytes to cells, and from a cell back to its line."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pandas as pd

from recsys_core import escape, words
from recsys_core.reading.cells import BLANKS, Table, without_controls
from recsys_core.reading.dialect import DELIMITERS, UNIT, sniff, to_utf8
from recsys_core.reading.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_LINE,
    MAX_ROWS,
    SAMPLE_BYTES,
    SAMPLE_CELLS,
    SAMPLE_ROWS,
    SAMPLE_ROWS_AT_LEAST,
)
from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text

_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE_END_BYTES = re.compile(rb"\r\n|\r|\n")


# An apostrophe that may be ours, before what a spreadsheet program would compute (``escape.csv``).
_MARKED = re.compile(rb"'+ *[=@+\-\t\r\n\xef]")


class TextCells:
    """The cells of a text file.

    ``encoding`` and ``delimiter`` (a key of DELIMITERS) are guessed where they are not given.
    """

    form = "text"

    def __init__(
        self, content: Content, encoding: str | None = None, delimiter: str | None = None
    ) -> None:
        self.said = content.said
        self._skipped = 0  # lines before the table
        self._first_spans = 0  # lines of the first record, blank ones not counted
        self.encoding, self._data = to_utf8(content, encoding)
        head = self._head()
        if delimiter is None:
            self.delimiter = sniff(head)
        elif delimiter in DELIMITERS:
            self.delimiter = delimiter
        else:
            known = {text: name for name, text in DELIMITERS.items()}
            if delimiter not in known:
                raise unreadable(
                    Text(
                        "“{delimiter}” is not a delimiter known here; choose one of {names}.",
                        delimiter=delimiter,
                        names=", ".join(DELIMITERS),
                    )
                )
            self.delimiter = known[delimiter]
        self._separator = DELIMITERS[self.delimiter]
        if self._separator == "::":
            self._data = self._data.replace(b"::", UNIT.encode())
            head = [line.replace("::", UNIT) for line in head]
            self._separator = UNIT
        self._sample = self._records(head)
        if not self._sample:
            raise unreadable(
                Text("{said} holds no cells; check that it was saved whole.", said=self.said)
            )
        lengths = Counter(len(record) for record in self._sample[1:] or self._sample)
        self.width = lengths.most_common(1)[0][0]
        if self.width > MAX_COLUMNS or len(self._sample[0]) > MAX_COLUMNS:
            raise unreadable(
                Text(
                    "{said} has {width:,} columns, more than the "
                    "{most:,} read as a matrix; bring one rating a line instead: user, item, "
                    "rating.",
                    said=self.said,
                    width=max(self.width, len(self._sample[0])),
                    most=MAX_COLUMNS,
                )
            )

    def sample(self) -> list[list[str]]:
        """The first records, header included, each as many cells as it has."""
        return self._sample

    def table(self, header: bool, wide: bool, decimal: str) -> Table:
        """Everything below the header; ids stay text, a wide table's cells become numbers."""
        n_lines = max(self._data.count(b"\n"), self._data.count(b"\r")) + 1
        if (wide and n_lines * self.width > MAX_CELLS) or n_lines > MAX_ROWS:
            raise unreadable(
                Text(
                    "{said} has about {n_lines:,} lines of {width:,} columns, more than "
                    "fit; bring a part of it, or one rating a line instead of a matrix.",
                    said=self.said,
                    n_lines=n_lines,
                    width=self.width,
                )
            )
        names = unique_names(self._names(header))
        if any(any(map(str.strip, record[len(names) :])) for record in self._sample[header:]):
            raise unreadable(self._uneven(len(names)))
        body = self._data[self._after_first_record() :] if header else self._data
        as_text = {"dtype": object, "na_filter": False}
        as_cells = {"dtype": {0: object}, "na_values": sorted(BLANKS), "decimal": decimal}
        try:
            frame = self._parse(body, len(names), **(as_cells if wide else as_text))
            if wide and frame[0].isna().any():  # a user may be called “NA”
                frame[0] = self._parse(body, len(names), usecols=[0], **as_text)[0]
        except (pd.errors.ParserError, ValueError, OverflowError):
            raise unreadable(self._uneven(len(names))) from None
        if frame.empty:
            raise unreadable(
                Text(
                    "{said} has a header but no ratings below it; check that it was saved whole.",
                    said=self.said,
                )
            )
        if _MARKED.search(self._data):
            for at, kind in enumerate(frame.dtypes):
                if not pd.api.types.is_numeric_dtype(kind):
                    frame.isetitem(at, frame.iloc[:, at].map(_unmarked))
        offset = 1 if header else 0
        return Table(frame, names, lambda row: f"line {self.line(row + offset):,}")

    def line(self, record: int) -> int:
        """The line (1 = first) on which a record (0 = first, header included) begins."""
        begins = [self._skipped + 1]
        begins += [line for line, _ in islice(self._every_record(), record + 1)]
        return begins[-1]

    # --- inside -----------------------------------------------------------------------------------

    def _parse(self, body: bytes, n_columns: int, **options: Any) -> pd.DataFrame:
        with warnings.catch_warnings():
            # Rows with a delimiter at the end have an extra, empty cell; it is no loss.
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            try:
                return pd.read_csv(
                    io.BytesIO(body),
                    sep=r"\s+" if self.delimiter == "space" else self._separator,
                    header=None,
                    names=range(n_columns),
                    index_col=False,
                    skipinitialspace=True,
                    low_memory=False,
                    encoding_errors="replace",
                    **options,
                )
            except pd.errors.EmptyDataError:
                return pd.DataFrame(columns=range(n_columns))

    def _head(self) -> list[str]:
        """The first lines that hold anything."""
        for size in SAMPLE_BYTES:
            lines = _LINE_END.split(self._data[:size].decode("utf-8", "ignore"))
            if len(self._data) > size and len(lines) > 1:
                lines.pop()  # cut in the middle
            if len(lines) > 2 * SAMPLE_ROWS_AT_LEAST:
                break
        if lines[0].lower().startswith("sep=") and len(lines[0]) <= 6:
            # A note some spreadsheets leave for themselves.
            self._data = self._data.split(b"\n", 1)[-1]
            self._skipped = 1
            lines.pop(0)
        lines = [line for line in lines if line.strip()]
        if not lines:
            raise unreadable(
                Text(
                    "{said} holds blank lines only; check that it was saved whole.", said=self.said
                )
            )
        if any(len(line) > MAX_LINE for line in lines[:2]):
            raise unreadable(
                Text(
                    "Line 1 of {said} is longer than {most} MB, which no table is; "
                    "bring one rating a line: user, item, rating.",
                    said=self.said,
                    most=MAX_LINE >> 20,
                )
            )
        return lines

    def _records(self, lines: list[str]) -> list[list[str]]:
        """The first records; a wide table gives fewer of them."""
        separator = self._separator
        found: list[list[str]] = []
        cells = 0
        reader = csv.reader(
            (line + "\n" for line in lines), delimiter=separator, skipinitialspace=True
        )
        try:
            for row in reader:
                if self.delimiter == "space":
                    row = [cell for cell in row if cell]
                if not _is_empty(row):
                    self._first_spans = self._first_spans or reader.line_num
                    found.append(row)
                    cells += len(row)
                if len(found) >= SAMPLE_ROWS or (
                    cells >= SAMPLE_CELLS and len(found) >= SAMPLE_ROWS_AT_LEAST
                ):
                    break
        except csv.Error:
            *_, (begins, _) = self._every_record()
            raise unreadable(
                Text(
                    "Line {begins:,} of {said} holds a cell that does not end; look for "
                    "a quotation mark without its partner.",
                    begins=begins,
                    said=self.said,
                )
            ) from None
        return found

    def _names(self, header: bool) -> list[str]:
        if not header:
            return [""] * self.width
        names = [escape.from_csv(name.strip()).strip() for name in self._sample[0]]
        ends_blank = all(not row[-1].strip() for row in self._sample[1:] if len(row) == self.width)
        if len(names) == self.width - 1 and not ends_blank:
            return ["", *names]  # R leaves the column of row names without one
        while len(names) > self.width and not names[-1]:
            names.pop()
        return names + [""] * (self.width - len(names))

    def _after_first_record(self) -> int:
        """Where the second record begins, in bytes; a quoted header may span lines."""
        left, begins = self._first_spans, 0
        for end in _LINE_END_BYTES.finditer(self._data):
            left -= bool(self._data[begins : end.start()].strip())
            begins = end.end()
            if not left:
                return begins
        return len(self._data)

    def _every_record(self) -> Iterator[tuple[int, list[str]]]:
        """Each record that is not blank with the line it begins on; slow, for messages only."""
        lines = io.StringIO(self._data.decode("utf-8", "replace"), newline="")
        reader = csv.reader(lines, delimiter=self._separator, skipinitialspace=True)
        begins = self._skipped + 1
        try:
            for row in reader:
                if self.delimiter == "space":
                    row = [cell for cell in row if cell]
                if not _is_empty(row):
                    yield begins, row
                begins = self._skipped + reader.line_num + 1
        except csv.Error:
            yield begins, []

    def _uneven(self, expected: int) -> Text:
        """The sentence for a table whose lines differ in length, naming the first that does."""
        begins = self._skipped + 1
        for begins, row in self._every_record():
            if any(map(str.strip, row[expected:])):
                return Text(
                    "Line {begins:,} of {said} has {n_given:,} columns where the others "
                    "have {expected:,}; put quotation marks around cells that hold the "
                    "delimiter ({delimiter}), or choose another delimiter.",
                    begins=begins,
                    said=self.said,
                    n_given=len(row),
                    expected=expected,
                    delimiter=self.delimiter,
                )
        return Text(
            "Line {begins:,} of {said} breaks the table; look there for a quotation mark "
            "without its partner.",
            begins=begins,
            said=self.said,
        )


def _unmarked(cell: Any) -> Any:
    return escape.from_csv(cell) if isinstance(cell, str) else cell


def unique_names(names: list[str]) -> list[str]:
    """Column names, none blank and none twice: “column 3”, “title (2)”."""
    names = [without_controls(name).strip() for name in names]
    return words.distinct([name or f"column {at}" for at, name in enumerate(names, 1)])


def _is_empty(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())
