"""Text tables: from bytes to cells, and from a cell back to its line."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.reading import headers, layout, parsing
from recsys_core.reading.cells import (
    Table,
    columns_of,
    is_blank,
    n_errors,
    number,
    without_controls,
)
from recsys_core.reading.column_roles import role
from recsys_core.reading.dialect import (
    DELIMITERS,
    UNIT,
    Encoding,
    encoding_of,
    named_delimiter,
    not_ascii,
    sniff,
)
from recsys_core.reading.limits import (
    MAX_COLUMNS,
    MAX_LINE,
    SAMPLE_BYTES,
    SAMPLE_CELLS,
    SAMPLE_ROWS,
    SAMPLE_ROWS_AT_LEAST,
)
from recsys_core.reading.samples import END, LINE_END, WHOLE, places
from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text

_TAIL_LINES = 40

_COMMENTS = ("#", "%")


class _Line(NamedTuple):
    number: int  # 1 = first of the file
    begins: int  # position of its first byte
    text: str


class _Record(NamedTuple):
    line: int  # the line on which it begins, 1 = first of the file
    begins: int  # position of its first byte
    cells: list[str]


class TextCells:
    """The cells of a text file.

    ``encoding``, ``delimiter`` (a key of DELIMITERS, or any text) and ``first_line`` (1 = first)
    are guessed where they are not given. What stands above the table is no part of any record.

    Attributes
    ----------
    encoding, delimiter, first_line : how the file is cut, as guessed or as said.
    width : columns of the table.
    """

    form = "text"

    def __init__(
        self,
        content: Content,
        encoding: str | None = None,
        delimiter: str | None = None,
        first_line: int | None = None,
    ) -> None:
        self.said = content.said
        self._encoding = encoding_of(content, encoding)
        self.encoding = self._encoding.name
        self._data = content.data
        self._begins = (
            3 if self._data.startswith(b"\xef\xbb\xbf") and self.encoding == "utf-8" else 0
        )
        if not self._encoding.by_lines:  # UTF-16 and its like: as UTF-8 from here on
            pieces = self._encoding.pieces(self._data, 0, len(self._data))
            text = b"".join(piece.encode("utf-8", "replace") for piece in pieces)
            self._data = text.removeprefix("\ufeff".encode())
            self._encoding = Encoding("utf-8")
        lines = self._head()
        self._refuse_wrong(lines, encoding)
        note = _delimiter_note(lines[0].text)  # some spreadsheets leave it for themselves
        if note:
            lines.pop(0)
        if not lines:
            raise unreadable(
                Text("{said} holds no cells; check that it was saved whole.", said=self.said)
            )
        if delimiter is None:
            delimiter = note or sniff([line.text for line in lines])
        self.delimiter = named_delimiter(delimiter)
        self._separator = DELIMITERS.get(self.delimiter, self.delimiter)
        self._commented = ""
        if first_line is None:
            lines = self._below_comments(lines)
        else:
            lines = self._from_line(lines, first_line)
        self._records = self._cut(lines)
        if not self._records:
            raise unreadable(
                Text("{said} holds no cells; check that it was saved whole.", said=self.said)
            )
        if first_line is None:
            above, _ = layout.header_lines(self.sample())
            self._records = self._records[above:]
        self.first_line = self._records[0].line
        lengths = Counter(len(record.cells) for record in self._records[1:] or self._records)
        self.width = lengths.most_common(1)[0][0]
        widest = max(self.width, len(self._records[0].cells))
        if widest > MAX_COLUMNS:
            raise unreadable(
                Text(
                    "{said} has {width:,} columns, more than the {most:,} read as a matrix; bring "
                    "one rating a line instead: user, item, rating.",
                    said=self.said,
                    width=widest,
                    most=MAX_COLUMNS,
                )
            )

    # --- what is looked at before the whole is read -----------------------------------------------

    def sample(self) -> list[list[str]]:
        """The first records, header included, each as many cells as it has."""
        return [record.cells for record in self._records]

    def tail(self) -> list[list[str]]:
        """The last records, each as many cells as it has; of a short file all, header included."""
        return [record.cells for record in self._tail()]

    def names(self, header: int) -> list[str]:
        """One name a column, "" where there is none, from so many lines of names."""
        lines = self.sample()[:header]
        if not lines:
            return [""] * self.width
        lines = [[escape.from_csv(cell.strip()).strip() for cell in line] for line in lines]
        rows = self.sample()[header:]
        ends_blank = all(not row[-1].strip() for row in rows if len(row) == self.width)
        if len(lines[0]) == self.width - 1 and not ends_blank:
            lines = [["", *line] for line in lines]  # R leaves the column of row names without one
        names = headers.joined(lines, max(self.width, *map(len, lines)))
        while len(names) > self.width and not names[-1]:
            names.pop()
        return names

    def names_shown(self, most: int = 3) -> tuple[str, ...]:
        """Some cells with letters beyond ASCII, which show a person whether the encoding is right.

        Those with a “�” come first.
        """
        found: dict[str, None] = {}
        for window in not_ascii(self._data):
            for line in self._encoding.decode(window).splitlines():
                cells = [cell.strip(' "') for cell in line.split(self._separator)]
                found |= dict.fromkeys(c for c in cells if not c.isascii() and len(c) <= 80)
                if len(found) > 200:
                    break
        return tuple(sorted(found, key=lambda cell: "\ufffd" not in cell)[:most])

    def line(self, record: int) -> int:
        """The line (1 = first) on which a record (0 = first of the table) begins."""
        if record < len(self._records):
            return self._records[record].line
        return self._find_line(record)

    # --- the whole table --------------------------------------------------------------------------

    def table(
        self,
        header: int,
        wide: bool,
        decimal: str,
        *,
        footer: int = 0,
        columns: Collection[str] | None = None,
        labels: Collection[str] = (),
        sampled: bool = False,
    ) -> Table:
        """What lies below ``header`` lines of names, without ``footer`` lines at the end.

        A long table's cells stay text, a wide one's become numbers where a column holds nothing
        else. Of ``columns`` (names) alone the cells come coded (categorical), seconds and the like
        as int64; without ``columns`` all come, as plain text. ``labels`` are those of users and
        items. ``sampled``: of a large file only
        rows of its beginning, its middle and its end.

        Raises
        ------
        ReadError
            If the table is too large, or a line has more cells than it has columns.
        """
        header = int(header)
        names = unique_names(self.names(header))
        n_columns = len(names)
        if any(any(map(str.strip, row[n_columns:])) for row in self.sample()[header:]):
            raise unreadable(self._uneven_sample(n_columns, header))
        start, stop = self._body(header, footer)
        ranges = [(start, stop)]
        if sampled and stop - start > WHOLE:
            ranges = places(self._data, start, stop)
        places_of = {name: at for at, name in enumerate(names)}
        order = range(n_columns) if columns is None else [places_of[name] for name in columns]
        lines = parsing.Lines(
            self._data, ranges, self._encoding, self._separator, self._commented, self.said
        )
        try:
            parsed = parsing.parsed(
                lines,
                n_columns,
                order,
                whole=self._moments(names, header) if columns is not None else set(),
                numbers=set(order) - {0} if wide else set(),
                decimal=decimal,
                labels={places_of[name] for name in labels},
            )
        except parsing.Uneven as uneven:
            raise unreadable(self._uneven(uneven, n_columns, header)) from None
        if not parsed.n_rows:
            raise unreadable(
                Text(
                    "{said} has a header but no ratings below it; check that it was saved whole.",
                    said=self.said,
                )
            )
        kept = [names[at] for at in order]
        repeated = _repeated_headers(parsed, self.names(header)) if header else np.array([], int)
        left_out = np.union1d(repeated, _blank_rows(parsed, decimal) if wide else [])
        left_out = left_out.astype(int)
        body = parsed.frame(coded=columns is not None or (wide and not sampled), without=left_out)
        if body.empty:
            raise unreadable(
                Text(
                    "{said} has a header but no ratings below it; check that it was saved whole.",
                    said=self.said,
                )
            )
        place = _Place(self, header, left_out, len(ranges) == 1)
        return Table(body, kept, place, self._remarks(parsed, body, len(repeated)))

    # --- inside -----------------------------------------------------------------------------------

    @property
    def _one_sign(self) -> str:
        """What stands for the delimiter where it must be one sign."""
        return self._separator if len(self._separator) == 1 else UNIT

    def _moments(self, names: list[str], header: int) -> set[int]:
        """Columns of seconds since 1970: numbers nearly all of which differ, too many to be coded.

        No leading zero is lost, as none is met in numbers of that size, unlike in ids.
        """
        rows, found = self.sample()[header:], set()
        for at, name in enumerate(names):
            cells = [row[at].strip() for row in rows if at < len(row)]
            is_time = role(name) == "timestamp"
            least, most = (9, 18) if is_time else (9, 10)
            if (is_time or name == f"column {at + 1}") and all(
                c.isdecimal() and c.isascii() and least <= len(c) <= most and c[0] != "0"
                for c in cells
            ):
                found.add(at)
        return found

    def _remarks(
        self, parsed: parsing.Parsed, body: pd.DataFrame, n_repeated: int
    ) -> tuple[Text, ...]:
        """What was met on the way, in sentences."""
        found = []
        if parsed.n_damaged:
            found.append(
                Text(
                    "{n} byte is not valid {encoding} and was replaced by “\ufffd”; choose another "
                    "encoding if names look wrong.",
                    "{n:,} bytes are not valid {encoding} and were replaced by “\ufffd”; choose "
                    "another encoding if names look wrong.",
                    n=parsed.n_damaged,
                    encoding=self.encoding,
                )
            )
        if n_repeated:
            found.append(
                Text(
                    "{n} line that repeats the names of the columns was left out.",
                    "{n:,} lines that repeat the names of the columns were left out.",
                    n=n_repeated,
                )
            )
        if parsed.n_comments:
            found.append(
                Text(
                    "{n} comment among the rows was left out.",
                    "{n:,} comments among the rows were left out.",
                    n=parsed.n_comments,
                )
            )
        texts = [place for place, at in enumerate(parsed.order) if at in parsed.texts]
        if wrong := sum(map(n_errors, columns_of(body.iloc[:, texts]))):
            found.append(
                Text(
                    "{n} cell holds a formula that failed (such as #DIV/0!) and counts as blank.",
                    "{n:,} cells hold formulas that failed (such as #DIV/0!) and count as blank.",
                    n=wrong,
                )
            )
        return tuple(found)

    def _head(self) -> list[_Line]:
        """The first lines that hold anything."""
        for size in SAMPLE_BYTES:
            rest = 0  # bytes of a last line whose end is further down
            chunk = self._data[self._begins : self._begins + size]
            lines, begins, at = [], 0, 0
            for at, end in enumerate(LINE_END.finditer(chunk), 1):
                if chunk[begins : end.start()].strip():
                    text = self._encoding.decode(chunk[begins : end.start()])
                    lines.append(_Line(at, self._begins + begins, text))
                begins = end.end()
                if len(lines) >= 4 * SAMPLE_ROWS:
                    break
            else:
                rest = len(chunk) - begins
                # The last line has no end, or is cut in the middle.
                if chunk[begins:].strip() and (self._begins + size >= len(self._data) or not lines):
                    text = self._encoding.decode(chunk[begins:])
                    lines.append(_Line(at + 1, self._begins + begins, text))
            if len(lines) > 2 * SAMPLE_ROWS_AT_LEAST:
                break
        if not lines:
            raise unreadable(
                Text(
                    "{said} holds blank lines only; check that it was saved whole.", said=self.said
                )
            )
        long = [line.number for line in lines[:2] if len(line.text) > MAX_LINE]
        if rest > MAX_LINE:
            long.append(at + 1)
        if long:
            raise unreadable(
                Text(
                    "Line {line} of {said} is longer than {most} MB, which no table is; "
                    "bring one rating a line: user, item, rating.",
                    line=long[0],
                    said=self.said,
                    most=MAX_LINE >> 20,
                )
            )
        return lines

    def _refuse_wrong(self, lines: list[_Line], chosen: str | None) -> None:
        """Raise ReadError where a chosen encoding makes nothing of most of what is not ASCII."""
        letters = "".join(letter for line in lines for letter in line.text if letter > "\x7f")
        if chosen is not None and letters.count("\ufffd") > len(letters) / 2:
            line = next(line.number for line in lines if "\ufffd" in line.text)
            raise unreadable(
                Text(
                    "Line {line:,} of {said} is not valid {encoding}; choose another encoding.",
                    line=line,
                    said=self.said,
                    encoding=self.encoding,
                )
            )

    def _from_line(self, lines: list[_Line], first_line: int) -> list[_Line]:
        """The lines from a chosen one on; a sign of comments before its names is taken away."""
        below = [line for line in lines if line.number >= first_line]
        if not below:
            raise unreadable(
                Text(
                    "{said} holds no table from line {first_line:,} on; choose an earlier line.",
                    said=self.said,
                    first_line=first_line,
                )
            )
        return self._uncommented(below[0], below[1:])

    def _below_comments(self, lines: list[_Line]) -> list[_Line]:
        """The lines below comments; the last of these stays where it names the columns."""
        n = 0
        while n < len(lines) - 1 and lines[n].text.startswith(_COMMENTS):
            n += 1
        if not n:
            return lines
        below = self._uncommented(lines[n - 1], lines[n:])
        self._commented = (
            lines[0].text[0] if n > 1 or len(below[0].text) < len(lines[0].text) else ""
        )
        if len(below) > len(lines) - n and below[0].text == lines[n - 1].text and n == 1:
            self._commented = ""  # a first cell that begins like a comment
        sign = self._commented
        return [below[0], *(x for x in below[1:] if not sign or not x.text.startswith(sign))]

    def _uncommented(self, line: _Line, below: list[_Line]) -> list[_Line]:
        """A line that may be a comment, and those below it: the line without its sign, or left out.

        It is a header if its cells are as many as those below; without the sign where needed.
        """
        sign = line.text[:1]
        if sign not in _COMMENTS or not below:
            return [line, *below]
        widths = Counter(len(record.cells) for record in self._cut(below[:50]))
        width = widths.most_common(1)[0][0] if widths else 0
        bare = _Line(line.number, line.begins, line.text.lstrip("".join(_COMMENTS)).strip())
        whole, without = (
            (found[0].cells if (found := self._cut([one])) else []) for one in (line, bare)
        )
        if len(whole) == width and whole[0].strip() == sign:
            return [line, *below]  # a column called “#”
        named = len(without) == width > 1 and all(number(cell) is None for cell in without)
        if named and not any(map(is_blank, without)):
            return [bare, *below]
        if len(whole) == width > 1 and line.text[1:2] not in ("", " ", sign):
            return [line, *below]  # a label that begins so
        return below

    def _cut(self, lines: list[_Line]) -> list[_Record]:
        """The records of some lines; of a wide table fewer."""
        separator = self._one_sign
        texts = (
            (line.text.replace(self._separator, UNIT) if separator == UNIT else line.text) + "\n"
            for line in lines
        )
        reader = csv.reader(texts, delimiter=separator, skipinitialspace=True)
        found: list[_Record] = []
        n_cells = n_lines = 0
        try:
            for row in reader:
                first, n_lines = lines[n_lines], reader.line_num
                if self.delimiter == "space":
                    row = [cell for cell in row if cell]
                if not _is_empty(row):
                    if separator != self._separator:
                        row = [cell.replace(UNIT, self._separator) for cell in row]
                    found.append(_Record(first.number, first.begins, row))
                    n_cells += len(row)
                if len(found) >= SAMPLE_ROWS or (
                    n_cells >= SAMPLE_CELLS and len(found) >= SAMPLE_ROWS_AT_LEAST
                ):
                    break
        except csv.Error:
            line = lines[min(n_lines, len(lines) - 1)]
            raise unreadable(self._unclosed(line.number, line.text)) from None
        return found

    def _tail(self) -> list[_Record]:
        """The last records, of one line each; of a short file all that ``_records`` has."""
        end = self._records[-1]
        whole = len(self._records) < SAMPLE_ROWS_AT_LEAST or len(self._data) - end.begins < 1 << 12
        begins = max(end.begins, len(self._data) - END)
        chunk = self._data[begins:]
        ends = list(LINE_END.finditer(chunk))
        starts = [0, *(found.end() for found in ends)] if begins == end.begins else [
            found.end() for found in ends
        ]  # fmt: skip
        lines = []
        for start in starts[-_TAIL_LINES - 1 :]:
            stop = LINE_END.search(chunk, start)
            piece = chunk[start : stop.start() if stop else len(chunk)]
            if piece.strip():
                lines.append(_Line(0, begins + start, self._encoding.decode(piece)))
        records = self._cut(lines)
        before = self._records[:-1] if whole or begins == end.begins else []
        return [*before, *records]

    def _body(self, header: int, footer: int) -> tuple[int, int]:
        """Where the rows begin and end, in bytes."""
        records = self._records
        start = records[header].begins if header < len(records) else len(self._data)
        stop = len(self._data)
        if footer:
            tail = self._tail()
            stop = max(start, tail[-footer].begins if footer <= len(tail) else start)
        return start, stop

    def _find_line(self, record: int) -> int:
        """The line of a record far down: by counting lines, or records where cells hold some."""
        start, at = self._records[0].begins, 0
        line = self._records[0].line
        quoted = self._data.find(b'"') >= 0
        if quoted:
            for at, (begins, _) in enumerate(self._every_record()):
                line = begins
                if at == record:
                    break
            return line
        for end in LINE_END.finditer(self._data, start):
            if self._data[start : end.start()].strip():
                if at == record:
                    return line
                at += 1
            start = end.end()
            line += 1
        return line

    def _every_record(self) -> Iterator[tuple[int, list[str]]]:
        """Each record that is not blank with the line it begins on; slow, for messages only."""
        first, separator = self._records[0], self._one_sign
        pieces = self._encoding.pieces(self._data, first.begins, len(self._data))
        lines = (
            line.replace(self._separator, separator)
            for piece in pieces
            for line in io.StringIO(piece, newline="")
        )
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        begins = first.line
        try:
            for row in reader:
                if self.delimiter == "space":
                    row = [cell for cell in row if cell]
                if not _is_empty(row):
                    yield begins, row
                begins = first.line + reader.line_num
        except csv.Error:
            yield begins, []

    def _uneven_sample(self, expected: int, header: int) -> Text:
        for record in self._records[header:]:
            if any(map(str.strip, record.cells[expected:])):
                return self._too_wide(record.line, len(record.cells), expected)
        raise AssertionError

    def _uneven(self, uneven: parsing.Uneven, expected: int, header: int) -> Text:
        """The sentence for the first line that breaks the table; its text tells where it is."""
        begins = self._body(header, 0)[0]
        text = uneven.text.replace(UNIT, self._separator).encode(self._encoding.codec, "replace")
        found = self._data.find(text, begins) if text else -1
        if found >= 0:
            line = self._line_at(found)
        elif uneven.unclosed:
            *_, (line, _) = self._every_record()
        else:
            line = self.line(header + uneven.row)
        return self._unclosed(line, uneven.text) if uneven.unclosed else self._too_wide(
            line, uneven.n_given, expected
        )  # fmt: skip

    def _line_at(self, byte: int) -> int:
        """The line (1 = first) in which a byte of the file lies."""
        ends = self._data.count(b"\n", 0, byte) or self._data.count(b"\r", 0, byte)
        return ends + 1

    def _too_wide(self, line: int, n_given: int, expected: int) -> Text:
        return Text(
            "Line {begins:,} of {said} has {n_given:,} columns where the others "
            "have {expected:,}; put quotation marks around cells that hold the "
            "delimiter ({delimiter}), or choose another delimiter.",
            begins=line,
            said=self.said,
            n_given=n_given,
            expected=expected,
            delimiter=self.delimiter,
        )

    def _unclosed(self, line: int, text: str) -> Text:
        """The sentence for a cell without an end, or one that the parser finds too long."""
        most = csv.field_size_limit()
        whole = next(itertools.islice(io.BytesIO(self._data), line - 1, None), b"")
        if len(whole) > most or (text and '"' not in text):
            return Text(
                "Line {begins:,} of {said} holds a label or a text of more than {most:,} "
                "characters, which is no id and no rating; bring the table without it.",
                begins=line,
                said=self.said,
                most=most,
            )
        return Text(
            "Line {begins:,} of {said} holds a cell that does not end; look for "
            "a quotation mark without its partner.",
            begins=line,
            said=self.said,
        )


@dataclass(frozen=True)
class _Place:
    """Where a row of a table stands in its file: “line 7”."""

    cells: TextCells
    header: int
    left_out: np.ndarray  # numbers of the rows that are no part of the table, ascending
    whole: bool

    def __call__(self, row: int) -> str:
        """How a sentence names the place of a row (0 = first)."""
        for at in self.left_out:
            row += at <= row
        record = row + self.header
        if not self.whole and record >= len(self.cells.sample()):
            return Text("A line further down")  # only samples have been read
        return Text("Line {line:,}", line=self.cells.line(record))


def _delimiter_note(line: str) -> str:
    """The delimiter in a first line “sep=;”, "" where there is none."""
    return line[4:].strip("\r\n") if line.lower().startswith("sep=") and len(line) <= 6 else ""


def _repeated_headers(parsed: parsing.Parsed, names: list[str]) -> np.ndarray:
    """Numbers of rows in which each cell is its column's name: files put one after another."""
    if parsed.whole or parsed.matrix is not None or len(parsed.order) < 2:
        return np.array([], dtype=int)
    same = np.ones(parsed.n_rows, dtype=bool)
    for at in parsed.order:
        codes, distinct = parsed.texts[at]
        hits = [code for code, text in enumerate(distinct) if text.strip() == names[at]]
        if not hits or not names[at]:
            return np.array([], dtype=int)
        same &= np.isin(codes, hits)
    return np.flatnonzero(same)


def _blank_rows(parsed: parsing.Parsed, decimal: str) -> np.ndarray:
    """Numbers of rows without a label and a rating, in a matrix whose rows have labels."""
    codes, distinct = parsed.texts[parsed.order[0]]
    blank = np.array([is_blank(text) for text in distinct], dtype=bool)
    labels = sum(number(text, decimal) is None for text in distinct) - blank.sum()
    if labels <= len(distinct) / 2 or not blank.any():
        return np.array([], dtype=int)
    empty = blank[codes]
    for at in parsed.order[1:]:
        if at in parsed.texts:
            codes, distinct = parsed.texts[at]
            empty &= np.array([is_blank(text) for text in distinct], dtype=bool)[codes]
    if parsed.matrix is not None:
        empty &= np.isnan(parsed.matrix).all(axis=1)
    return np.flatnonzero(empty)


def unique_names(names: list[str]) -> list[str]:
    """Column names, none blank and none twice: “column 3”, “title (2)”."""
    names = [without_controls(name).strip() for name in names]
    return words.distinct([name or f"column {at}" for at, name in enumerate(names, 1)])


def _is_empty(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())
