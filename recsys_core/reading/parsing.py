"""The rows of a text table by Arrow's CSV reader, block by block; by pandas where that cannot.

Arrow splits 200 MB a second on one core and gives each column as codes into its distinct texts: ids
and ratings come many times, so that a table takes less memory than its file. What the whole file
alone can tell is told on the way: lines of another width, bytes that are no text, its size.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.reading import budget
from recsys_core.reading.cells import BLANKS
from recsys_core.reading.dialect import UNIT, Encoding
from recsys_core.reading.limits import MAX_CELLS, MAX_ROWS
from recsys_core.reading.sources import Bytes, Mapped, unreadable
from recsys_core.text import Text

# So many times the rows that are expected are made room for.
_ROOM = 1.3
# A block holds at least one line; of many columns more, since each costs some time a block.
_BLOCK, _WIDE_BLOCK = 4 << 20, 16 << 20
_WIDE = 50
# Distinct texts of several blocks that are made one together, at least.
_TOGETHER = 2_000_000
# Lines of another width that are mended one by one; a file with more is read by pandas.
_MOST_MENDED = 10_000

_NULLS = sorted(
    {form for blank in BLANKS for form in (blank, blank.upper(), blank.title())} | {"NaN"}
)
_SPACES, _EDGES = re.compile(r"[ \t]+"), re.compile(f"(?m)^{UNIT}|{UNIT}(?=\r|$)")


class Uneven(Exception):
    """Raised at the first line that breaks a table: too many cells, or one that does not end.

    ``text`` is the line as it was split, "" where unknown; ``row`` its number among all rows of the
    table (0 = first) at least.
    """

    def __init__(self, n_given: int = 0, text: str = "", row: int = 0) -> None:
        super().__init__()
        self.n_given, self.text, self.row = n_given, text, row

    @property
    def unclosed(self) -> bool:
        """Whether a quotation mark has no partner."""
        return not self.n_given


class _NotAsGuessed(Exception):
    """Raised where a column holds other cells than its sample did: all are read as texts then."""


class _ForPandas(Exception):
    """Raised where Arrow cannot go on."""


@dataclass
class Lines:
    """The lines of a table below its header: ``ranges`` of bytes of a text in some encoding."""

    data: Bytes
    ranges: Sequence[tuple[int, int]]
    encoding: Encoding
    separator: str
    comment: str  # the sign of comments, "" where there are none
    said: str
    n_damaged: int = 0  # bytes that are no text, counted while reading

    def __post_init__(self) -> None:
        if len(self.ranges) > 1:  # samples of a large file
            self.data = b"\n".join(self.data[start:stop] for start, stop in self.ranges)
            self.start, self.stop = 0, len(self.data)
        else:
            self.start, self.stop = self.ranges[0]
        self.quoted = self.data.find(b'"', self.start, self.stop) >= 0

    @property
    def sampled(self) -> bool:
        """Whether these are samples, which may begin within a cell."""
        return len(self.ranges) > 1

    @property
    def delimiter(self) -> str:
        """What Arrow splits at: a single sign of ASCII."""
        if self.separator == " " and self._is_plain:
            return " "
        return self.separator if self._is_plain else UNIT

    @cached_property  # it looks through all of the text
    def _is_plain(self) -> bool:
        if self.separator == " ":
            odd = (b"  ", b"\t", b" \n", b" \r", b"\n ")
            return not any(self.data.find(one, self.start, self.stop) >= 0 for one in odd)
        return len(self.separator) == 1 and self.separator.isascii()

    @property
    def about_n_rows(self) -> int:
        """Somewhat more than the number of rows, judged by the first ones."""
        head = self.data[self.start : min(self.start + (64 << 10), self.stop)]
        ends = max(head.count(b"\n"), head.count(b"\r"))
        return int(_ROOM * (self.stop - self.start) / max(len(head), 1) * ends) + 1024

    def opened(self) -> Any:
        """What Arrow reads: the bytes themselves where they are UTF-8, else a stream of it."""
        import pyarrow as pa

        is_utf8 = self.encoding.name == "utf-8" and _is_utf8(self.data, self.start, self.stop)
        if is_utf8 and self._is_plain:
            buffer = pa.py_buffer(self.data).slice(self.start, self.stop - self.start)
            return pa.BufferReader(buffer)
        return pa.PythonFile(_Stream(self.utf8(count=not is_utf8)), mode="r")

    def utf8(self, count: bool) -> Iterator[bytes]:
        """The text as UTF-8, piece by piece, with a delimiter of one sign."""
        plain = self._is_plain
        self.n_damaged = 0
        for piece in self.encoding.pieces(self.data, self.start, self.stop):
            if count:
                self.n_damaged += piece.count("\ufffd")
            if not plain and self.separator == " ":
                piece = _EDGES.sub("", _SPACES.sub(UNIT, piece))
            elif not plain:
                piece = piece.replace(self.separator, UNIT)
            yield piece.encode("utf-8", "replace")

    @property
    def for_pandas(self) -> bool:
        """Whether Arrow would read it wrongly.

        Spaces between a delimiter and a quotation mark, or as the delimiter of quoted cells: Arrow
        takes each space as it stands.
        """
        if not self.quoted:
            return False
        if self.separator == " ":
            return not self._is_plain
        if self.data.find(b' "', self.start, self.stop) < 0:
            return False
        sign = re.escape(self.separator.encode(self.encoding.codec, "replace"))
        return any(
            re.compile(begins + rb' +"').search(self.data, self.start, self.stop)
            for begins in (sign, rb"\n", rb"\r")
        )

    def too_large(self, n_rows: int, n_bytes: int, width: int) -> Text:
        """The sentence for a table of which so many rows were found in so many bytes."""
        size = self.stop - self.start
        return Text(
            "{said} has about {n_lines:,} lines of {width:,} columns, more than "
            "fit; bring a part of it, or one rating a line instead of a matrix.",
            said=self.said,
            n_lines=round(n_rows * max(size / max(n_bytes, 1), 1)),
            width=width,
        )


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")
        self._n_read = 0

    def tell(self) -> int:
        return self._n_read

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not len(self._rest):
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        n = min(len(into), len(self._rest))
        into[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        self._n_read += n
        return n

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        while size != 0:
            if not len(self._rest):
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
            part = self._rest if size < 0 else self._rest[:size]
            parts.append(bytes(part))
            self._n_read += len(part)
            self._rest = self._rest[len(part) :]
            size -= len(part) if size > 0 else 0
        return b"".join(parts)


def _is_utf8(data: Bytes, start: int, stop: int) -> bool:
    """Whether all bytes are UTF-8; looked at in pieces, so that no copy of all is made."""
    view = memoryview(data)[start:stop]
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(view), 1 << 20):
            decoder.decode(view[at : at + (1 << 20)], final=at + (1 << 20) >= len(view))
    except UnicodeDecodeError:
        return False
    return True


@dataclass
class Parsed:
    """The columns of a table that were read, by their position in the file.

    ``texts``: codes, int32, (n_rows,), and the distinct cells; ``whole``: int64, (n_rows,);
    ``matrix``: float32, (n_rows, len(numbers)), NaN where blank, whose columns are ``numbers``.
    """

    n_rows: int
    order: list[int]
    texts: dict[int, tuple[np.ndarray, list[str]]] = field(default_factory=dict)
    whole: dict[int, np.ndarray] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    matrix: np.ndarray | None = None
    n_damaged: int = 0
    n_comments: int = 0

    def frame(self, coded: bool, without: np.ndarray) -> pd.DataFrame:
        """The columns, without rows (their positions, (n,)); texts as categories if ``coded``."""
        kept = None if not len(without) else np.delete(np.arange(self.n_rows), without)

        def rows(array: np.ndarray) -> np.ndarray:
            return array if kept is None else array[kept]

        def texts(at: int) -> Any:
            codes, distinct = self.texts[at]
            if coded:
                return pd.Categorical.from_codes(
                    rows(codes), categories=pd.Index(distinct, dtype=object)
                )
            return np.array(distinct, dtype=object)[rows(codes)]

        if self.matrix is None:
            columns = {
                place: texts(at) if at in self.texts else rows(self.whole[at])
                for place, at in enumerate(self.order)
            }
            return pd.DataFrame(columns, copy=False)
        frame = pd.DataFrame(rows(self.matrix), columns=self.numbers, copy=False)
        for place, at in enumerate(self.order):
            if at in self.texts:
                frame.insert(place, at, texts(at))
        return frame.set_axis(range(len(self.order)), axis=1)


def parsed(
    lines: Lines,
    n_columns: int,
    wanted: Collection[int],
    *,
    whole: Collection[int] = (),
    numbers: Collection[int] = (),
    decimal: str = ".",
    labels: Collection[int] = (),
) -> Parsed:
    """The wanted columns of a table of ``n_columns``.

    ``whole`` are read as whole numbers and ``numbers`` as a matrix if all their cells are such; all
    others, and all where one is not, as texts. ``labels`` are users and items: more distinct ones
    than the budget has are refused before they are made.

    Raises
    ------
    Uneven
        At a line that has more cells than there are columns, or a cell that does not end.
    ReadError
        If the table is larger than the limits.
    """
    order = list(wanted)
    if lines.for_pandas:
        return _by_pandas(lines, n_columns, order)
    try:
        return _by_arrow(lines, n_columns, order, set(whole), set(numbers), decimal, labels)
    except _NotAsGuessed:
        pass
    except _ForPandas:
        return _by_pandas(lines, n_columns, order)
    try:
        return _by_arrow(lines, n_columns, order, set(), set(), decimal, labels)
    except _ForPandas:
        return _by_pandas(lines, n_columns, order)


def _by_arrow(
    lines: Lines,
    n_columns: int,
    order: list[int],
    whole: set[int],
    numbers: set[int],
    decimal: str,
    labels: Collection[int],
) -> Parsed:
    try:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv
    except ImportError:
        raise _ForPandas from None  # the core alone works without, as ``extras`` says
    coded = pa.dictionary(pa.int32(), pa.string())
    names = [str(at) for at in range(n_columns)]
    kinds = {
        names[at]: pa.int64() if at in whole else pa.float32() if at in numbers else coded
        for at in order
    }
    mended = _Mended(lines, n_columns)
    source = lines.opened()
    room = lines.about_n_rows
    texts = {at: _Texts(pa, room) for at in order if at not in numbers and at not in whole}
    counts = {at: _Growing(room, np.int64) for at in order if at in whole}
    in_matrix = [at for at in order if at in numbers]
    matrix = _Growing(room if in_matrix else 0, np.float32, len(in_matrix))
    n_rows = 0
    spent = budget.now()

    def refuse_labels() -> None:
        n_labels = sum(texts[at].n_met for at in texts if at in labels)
        if n_labels > spent.labels:
            spent.spend("the file", labels=n_labels)

    try:
        reader = arrow_csv.open_csv(
            source,
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                block_size=_WIDE_BLOCK if n_columns > _WIDE else _BLOCK,
                column_names=names,
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=lines.delimiter,
                quote_char='"' if lines.quoted else False,
                newlines_in_values=lines.quoted,
                invalid_row_handler=mended,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=kinds,
                include_columns=list(kinds),
                null_values=_NULLS if numbers else [],
                decimal_point=decimal,
            ),
        )
        for batch in reader:
            n_rows += batch.num_rows
            spent.spend(lines.said, cells=batch.num_rows * len(order))
            if isinstance(lines.data, Mapped):
                lines.data.let_go()
            if not lines.sampled:  # by rows, as Arrow reads ahead of them
                spent.at("read", min(_ROOM * n_rows / room, 1.0))
            if n_rows > MAX_ROWS or (numbers and n_rows * n_columns > MAX_CELLS):
                raise unreadable(lines.too_large(n_rows, source.tell(), n_columns))
            for at, column in texts.items():
                column.add(batch.column(names[at]))
            refuse_labels()
            for at, numbers_so_far in counts.items():
                numbers_so_far.add(batch.num_rows)[:] = batch.column(names[at]).to_numpy()
            if in_matrix:
                block = matrix.add(batch.num_rows)
                for place, at in enumerate(in_matrix):
                    block[:, place] = batch.column(names[at]).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        if mended.uneven is not None:
            raise mended.uneven from None
        if mended.too_many:
            raise _ForPandas from None
        if "conversion error" in str(error):
            raise _NotAsGuessed from None
        if "Empty CSV" in str(error):
            return Parsed(0, order, {at: (np.zeros(0, np.int32), []) for at in order})
        # “Straddling object”: a record longer than a block, which no table has.
        raise Uneven(row=n_rows) from None
    finally:
        source.close()
        pa.default_memory_pool().release_unused()  # else Arrow keeps what its blocks took
    if mended.rows and (whole or numbers):
        raise _NotAsGuessed  # their cells are texts, and few such files are large
    parsed = Parsed(n_rows, order, n_damaged=lines.n_damaged, n_comments=mended.n_comments)
    parsed.whole = {at: found.rows for at, found in counts.items()}
    for column in texts.values():
        column.join()
    refuse_labels()
    while texts:  # so that what one has taken is free for the next
        at, column = texts.popitem()
        parsed.texts[at] = _as_written(*column.coded(), lines)
    pa.default_memory_pool().release_unused()
    if in_matrix:
        parsed.numbers, parsed.matrix = in_matrix, matrix.rows
    if lines.quoted and not lines.sampled:
        _refuse_unclosed(parsed, lines)
    return mended.into(parsed) if mended.rows else parsed


class _Growing:
    """Rows of numbers added block by block, with room for about as many as there will be.

    Room that is not used takes no memory; many small arrays, joined at the end, would take twice.
    """

    def __init__(self, room: int, dtype: Any, width: int | None = None) -> None:
        self._shape = () if width is None else (width,)
        self._all, self._n = np.empty((room, *self._shape), dtype=dtype), 0

    def add(self, n_rows: int) -> np.ndarray:
        """The next so many rows, to be filled."""
        if self._n + n_rows > len(self._all):
            larger = np.empty((2 * (self._n + n_rows), *self._shape), dtype=self._all.dtype)
            larger[: self._n] = self.rows
            self._all = larger
        self._n += n_rows
        return self._all[self._n - n_rows : self._n]

    @property
    def rows(self) -> np.ndarray:
        """All rows that were added."""
        return self._all[: self._n]


class _Texts:
    """A column of texts, block by block: codes into those met so far.

    Each block has codes of its own. Arrow makes them one, of many blocks at once: what comes in
    every block need not be looked up in each, and is made a Python object once.
    """

    def __init__(self, arrow: Any, room: int) -> None:
        self._arrow = arrow  # the module
        self._codes = _Growing(room, np.int32)
        self._met = arrow.array([], arrow.string())  # the distinct texts
        self._waiting: list[Any] = []

    @property
    def n_met(self) -> int:
        """How many distinct texts are known so far, those of the last blocks apart."""
        return len(self._met)

    def add(self, block: Any) -> None:
        """The next block: a dictionary array."""
        self._waiting.append(block)
        if sum(len(one.dictionary) for one in self._waiting) > max(_TOGETHER, len(self._met)):
            self.join()

    def join(self) -> None:
        """Bring the last blocks to the codes of all before them."""
        met = self._arrow.DictionaryArray.from_arrays(
            self._arrow.array([], self._arrow.int32()), self._met
        )
        blocks = self._arrow.chunked_array([met, *self._waiting]).unify_dictionaries().chunks
        self._waiting = []
        for block in blocks[1:]:
            self._codes.add(len(block))[:] = block.indices.to_numpy(zero_copy_only=False)
        self._met = blocks[-1].dictionary  # begins as before: codes so far stay

    def coded(self) -> tuple[np.ndarray, list[str]]:
        """All codes, in as few bytes as they need, and the distinct texts."""
        smallest = np.min_scalar_type(-len(self._met) - 1)
        return self._codes.rows.astype(smallest, copy=False), self._met.to_pylist()


def _as_written(
    codes: np.ndarray, distinct: list[str], lines: Lines
) -> tuple[np.ndarray, list[str]]:
    """The texts without what writers add: our apostrophe before formulas, our unit separator."""
    written = distinct
    if lines.delimiter == UNIT:
        written = [text.replace(UNIT, lines.separator) for text in written]
    if any("'" in text for text in written):
        written = [escape.from_csv(text) for text in written]
    if written == distinct:
        return codes, distinct
    place = {text: at for at, text in enumerate(dict.fromkeys(written))}
    return np.array([place[text] for text in written], dtype=np.int32)[codes], list(place)


class _Mended:
    """Lines of another width: short ones are filled with blanks, blank cells too many left out.

    Called by Arrow for each; keeps what has to be put in its place afterwards.
    """

    def __init__(self, lines: Lines, n_columns: int) -> None:
        self._lines, self._n_columns = lines, n_columns
        self.rows: list[tuple[int, list[str]]] = []  # number among all rows (0 = first), cells
        self._left_out: list[int] = []
        self.n_comments = 0
        self.uneven: Uneven | None = None
        self.too_many = False

    def __call__(self, row: Any) -> str:
        at, text = row.number - 1, row.text
        if self._lines.comment and text.startswith(self._lines.comment):
            self.n_comments += 1
            self._left_out.append(at)
            return "skip"
        if self._lines.sampled and self._lines.quoted:
            self._left_out.append(at)  # the rest of a cell in whose middle a sample begins
            return "skip"
        unclosed = bool(text.count('"') % 2) or len(text) > csv.field_size_limit()
        delimiter = self._lines.delimiter
        cells = [] if unclosed else next(csv.reader([text], delimiter=delimiter), [])
        if unclosed or any(cell.strip() for cell in cells[self._n_columns :]):
            self.uneven = Uneven(0 if unclosed else row.actual_columns, text, at)
            return "error"
        if len(self.rows) == _MOST_MENDED:
            self.too_many = True
            return "error"
        if any(cell.strip() for cell in cells):
            filled = cells + [""] * (self._n_columns - len(cells))
            self.rows.append((at, filled[: self._n_columns]))
        else:
            self._left_out.append(at)
        return "skip"

    def into(self, parsed: Parsed) -> Parsed:
        """Put the mended rows where they were among the others, all of which are texts."""
        places = np.array([at for at, _ in self.rows])
        places -= np.searchsorted(np.sort(self._left_out), places)  # those do not count any more
        places -= np.arange(len(places))
        for at, (codes, distinct) in parsed.texts.items():
            place = {text: code for code, text in enumerate(distinct)}
            cells = [cells[at].replace(UNIT, self._lines.separator) for _, cells in self.rows]
            new = [place.setdefault(escape.from_csv(cell), len(place)) for cell in cells]
            parsed.texts[at] = np.insert(codes, places, new).astype(np.int32), list(place)
        parsed.n_rows += len(self.rows)
        return parsed


def _refuse_unclosed(parsed: Parsed, lines: Lines) -> None:
    """Raise Uneven where the last cell has swallowed the rest of the file."""
    if not parsed.n_rows or lines.data.count(b'"', lines.start, lines.stop) % 2 == 0:
        return
    for codes, distinct in parsed.texts.values():
        if "\n" in distinct[codes[-1]].strip():
            raise Uneven(row=parsed.n_rows - 1)


def _by_pandas(lines: Lines, n_columns: int, order: list[int]) -> Parsed:
    """The same by pandas, slowly: spaces before quotation marks, many lines of another width."""
    text = b"".join(lines.utf8(count=True)) if lines.separator != " " else b"".join(
        piece.encode("utf-8", "replace")
        for piece in lines.encoding.pieces(lines.data, lines.start, lines.stop)
    )  # fmt: skip
    with warnings.catch_warnings():
        # Rows with a delimiter at the end have an extra, empty cell; it is no loss.
        warnings.simplefilter("ignore", pd.errors.ParserWarning)
        try:
            frame = pd.read_csv(
                io.BytesIO(text),
                sep=r"\s+" if lines.separator == " " else lines.delimiter,
                header=None,
                names=range(n_columns),
                usecols=order,
                index_col=False,
                skipinitialspace=True,
                low_memory=False,
                encoding_errors="replace",
                dtype=object,
                na_filter=False,
            )
        except pd.errors.EmptyDataError:
            frame = pd.DataFrame(columns=order)
        except (pd.errors.ParserError, ValueError, OverflowError):
            raise _first_uneven(text, lines, n_columns) from None
    parsed = Parsed(len(frame), order, n_damaged=lines.n_damaged)
    for at in order:
        codes, distinct = pd.factorize(frame[at])
        parsed.texts[at] = _as_written(codes.astype(np.int32), list(distinct), lines)
    return parsed


def _first_uneven(text: bytes, lines: Lines, n_columns: int) -> Uneven:
    """The first line that breaks a table which pandas has refused."""
    reader = csv.reader(
        io.StringIO(text.decode("utf-8", "replace"), newline=""),
        delimiter=" " if lines.separator == " " else lines.delimiter,
        skipinitialspace=True,
    )
    at = -1
    try:
        for at, row in enumerate(filter(None, reader)):  # noqa: B007
            cells = [cell for cell in row if cell] if lines.separator == " " else row
            if any(cell.strip() for cell in cells[n_columns:]):
                return Uneven(len(cells), row=at)
    except csv.Error:
        pass
    return Uneven(row=max(at, 0))
