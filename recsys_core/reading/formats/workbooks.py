"""Workbooks: .xlsx, .xlsm, .xlsb, .xls and .ods, read by calamine.

calamine holds a sheet as one full rectangle, from its first cell to its last: a workbook of 2 kB
whose last cell is XFD1048576 asks for 400 GB, and the process is aborted. So the extent of each
sheet is looked up in its XML before anything is built.
"""

from __future__ import annotations

import io
import itertools
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

import numpy as np

from recsys_core.errors import ReadError
from recsys_core.extras import needed_for
from recsys_core.reading import budget
from recsys_core.reading.formats import old_excel
from recsys_core.reading.formats.rows import (
    NOTHING,
    RATINGS,
    RecordCells,
    Says,
    likeness_of_records,
    trimmed,
)
from recsys_core.reading.limits import MAX_BYTES, MAX_SHEET_CELLS, MiB
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

FORM = "excel"

# A cell of the rectangle takes 24 bytes, filled or not: half a gigabyte.
_MOST_OF_EXTENT = 4 * MAX_SHEET_CELLS
_MOST_LOOKED_AT = 30  # sheets

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .xls and of every locked workbook

_NAMED_SO = re.compile(
    r"rating|bewert|note|évalu|valorac|puntua|valuta|avalia|scor|oceny|оцен", re.I
)


def is_workbook(data: bytes, names: list[str] | None = None) -> bool:
    """Whether bytes are a workbook; ``names`` are the members of a zip."""
    if names is None:
        return data.startswith(_OLE)
    return any(name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in names)


def read(data: bytes, said: str, sheet: str | None = None) -> RecordCells:
    """The rows of one sheet: the chosen one, else the visible one most like ratings.

    Of equals the one whose name says so, then the first; hidden sheets come last. A cell merged
    over several rows counts for each of them.

    Raises
    ------
    ReadError
        If the workbook is damaged or locked, has no such sheet, or none that holds anything.
    """
    _refuse_other_documents(data, said)
    with needed_for(said, Text(", or save the sheet as CSV")):
        import python_calamine as calamine
    about = _extents(data, said) if not data.startswith(_OLE) else _of_xls(data, said)
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return _chosen(book, about, said, sheet)
    except ReadError:
        raise
    except calamine.PasswordError:
        raise _locked(said) from None
    except (calamine.CalamineError, ValueError, OSError, OverflowError, MemoryError):
        raise _damaged(said) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of Rust; no Exception, so as to go unnoticed
            raise _damaged(said) from None
        raise


def _damaged(said: str) -> ReadError:
    return unreadable(
        Text(
            "{said} is a damaged or unusual workbook; open it and save it again, or save the sheet "
            "as CSV.",
            said=said,
        )
    )


def _refuse_other_documents(data: bytes, said: str) -> None:
    """Name what else Microsoft's container may hold: a locked workbook, a text, slides."""
    if not data.startswith(_OLE):
        return
    names = {name: name.encode("utf-16-le") in data for name in (
        "EncryptedPackage", "WordDocument", "PowerPoint Document", "__substg1.0_"
    )}  # fmt: skip
    if names["EncryptedPackage"]:
        raise _locked(said)
    what = {
        "WordDocument": "a Word document",
        "PowerPoint Document": "a PowerPoint document",
        "__substg1.0_": "an Outlook message",
    }
    for name, kind in what.items():
        if names[name]:
            raise unreadable(Text("{said} is {kind}; save its table as CSV.", said=said, kind=kind))


def _locked(said: str) -> ReadError:
    return unreadable(Text("{said} is locked by a password; save it without one.", said=said))


def _chosen(book: Any, about: _Extents, said: str, wanted: str | None) -> RecordCells:
    sheets = [s for s in book.sheets_metadata if str(s.typ).endswith(".WorkSheet")]
    sheets.sort(key=_is_hidden)  # stable: hidden ones last
    names = [s.name for s in sheets]
    if wanted is not None and wanted not in names:
        raise unreadable(
            Text(
                "{said} has no sheet “{sheet}”; choose one of {names}.",
                said=said,
                sheet=wanted,
                names=", ".join(names),
            )
        )
    best: tuple[tuple[bool, int, bool], str, list[list[Any]], list[int]] | None = None
    refused: ReadError | None = None
    for s in sheets[:_MOST_LOOKED_AT] if wanted is None else [_by_name(sheets, wanted)]:
        try:
            records, numbers = _records(book, s.name, about, said)
        except ReadError as error:  # another sheet may be small enough
            refused = error
            continue
        if not records:
            continue
        like = likeness_of_records(records[:60])
        seen = not _is_hidden(s) and like > NOTHING
        key = (seen, like, bool(_NAMED_SO.search(s.name)))
        if best is None or key > best[0]:
            best = key, s.name, records, numbers
        if seen and like == RATINGS:
            break
    if best is None:
        raise refused or unreadable(
            Text(
                "{said} holds no values; formulas count only once a spreadsheet program has "
                "worked them out and saved the workbook.",
                said=said,
            )
        )
    _, name, records, numbers = best
    remarks: tuple[Text, ...] = ()
    if about.n_errors:
        remarks = (
            Text(
                "{n} cell of the workbook holds an error such as #DIV/0! and was taken as blank.",
                "{n:,} cells of the workbook hold errors such as #DIV/0! and were taken as blank.",
                n=about.n_errors,
            ),
        )
    return RecordCells(records, numbers, said, FORM, name, tuple(names), Says(remarks=remarks))


def _is_hidden(sheet: Any) -> bool:
    return not str(sheet.visible).endswith(".Visible")


def _by_name(sheets: list[Any], name: str) -> Any:
    return next(s for s in sheets if s.name == name)


def _records(book: Any, name: str, about: _Extents, said: str) -> tuple[list[list[Any]], list[int]]:
    """The rows of a sheet that hold anything, and their numbers."""
    extent = about.of.get(name, about.of.get("", 0))
    if extent > _MOST_OF_EXTENT:
        raise _too_large(name, said)
    sheet = book.get_sheet_by_name(name)
    if not sheet.height or not sheet.width:
        return [], []
    if sheet.height * sheet.width > _MOST_OF_EXTENT:
        raise _too_large(name, said)
    _, left = sheet.start  # rows come from the first of the sheet, columns from the first filled
    rows: list[list[Any]] = []
    n_cells = 0
    spent = budget.now()
    for row in sheet.iter_rows():
        while row and row[-1] == "":  # most cells of a wide sheet
            row.pop()
        cells = list(map(_cell, row))
        spent.take(said, cells)
        while cells and cells[-1] is None:
            cells.pop()
        n_cells += len(cells)
        if n_cells > MAX_SHEET_CELLS:
            raise _too_large(name, said)
        rows.append(cells)
    for (first, at), (last, to) in sheet.merged_cell_ranges or ():
        if at == to and first < last < len(rows):
            _spread(rows, first, last, at - left)
    return trimmed(rows)


def _spread(rows: list[list[Any]], first: int, last: int, at: int) -> None:
    """Write a cell that is merged over several rows into each of them."""
    if not 0 <= first < len(rows) or not 0 <= at < len(rows[first]):
        return
    for row in rows[first + 1 : last + 1]:
        if row and (len(row) <= at or row[at] is None):
            row.extend([None] * (at + 1 - len(row)))
            row[at] = rows[first][at]


def _cell(cell: Any) -> Any:
    """A whole number as such, although sheets hold fractions only; None where empty."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return None if isinstance(cell, str) and not cell.strip() else cell


def _too_large(name: str, said: str) -> ReadError:
    return unreadable(
        Text(
            "Sheet “{name}” of {said} has more than {most:,} cells from its first to its last; "
            "delete what stands far from the table, or save it as CSV.",
            name=name,
            said=said,
            most=MAX_SHEET_CELLS,
        )
    )


# --- extents, before anything is built ------------------------------------------------------------


@dataclass(frozen=True)
class _Extents:
    """Cells from the first to the last of each sheet by name, and how many hold an error.

    Where sheets cannot be told apart, "" is the largest.
    """

    of: dict[str, int]
    n_errors: int


def _extents(data: bytes, said: str) -> _Extents:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = set(archive.namelist())
            if "content.xml" in members:
                return _of_ods(archive, said)
            if "xl/workbook.xml" in members:
                return _of_xlsx(archive, members, said)
            sheets = [n for n in members if re.fullmatch(r"xl/worksheets/[^/]*\.bin", n)]
            return _of_xlsb(archive, sheets, members, said)
    except ReadError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        return _Extents({}, 0)  # calamine will say what is wrong with it
    except zlib.error:
        raise _damaged(said) from None


def _check_xml(
    archive: zipfile.ZipFile, name: str, said: str, listener: _OdsSheets | _Strings | None = None
) -> None:
    """Raise ReadError where a member is no well-formed XML; tell a listener what is in it.

    calamine reads on, and may never come back, or take the second of two places of a cell.
    """
    parser = expat.ParserCreate()
    if listener is not None:
        parser.buffer_text = True
        parser.StartElementHandler, parser.CharacterDataHandler = listener.start, listener.text
    try:
        with archive.open(name) as file:
            while piece := file.read(MiB):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):  # an encoding nobody knows, too
        raise _damaged(said) from None


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member piece by piece, cut before a tag; each ends with the first 2 bytes of the next.

    So no tag is in two pieces, and what follows a tag is seen with it.
    """
    with archive.open(name) as file:
        rest = b""
        total = 0
        while piece := file.read(MiB):
            total += len(piece)
            if total > MAX_BYTES:
                raise ValueError("too large")
            piece = rest + piece
            cut = piece.rfind(b"<", 0, -1)
            if cut <= 0 or len(piece) - cut > MiB:
                cut = len(piece)
            yield piece[: cut + 2]
            rest = piece[cut:]
        yield rest


# A cell that holds something: another tag begins inside it. Formatted empty cells do not count.
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([A-Z]+)(\d+)["'][^<>]*(?<!/)>\s*<[^/]""")
# A row or a cell whose place is none of Excel's: calamine takes it modulo 2³². Or one with a “>” in
# quotation marks, which no program writes: what is looked for here would end at it.
_STRANGE = re.compile(
    rb"""<(?:\w+:)?(?:c|row)\s[^<>]*?(?:\br\s*=\s*["'](?!(?:[A-Z]{1,3})?[1-9]\d{0,6}["'])"""
    rb"""|=\s*(?:"[^"<>]*|'[^'<>]*)>)"""
)
# Some programs write no places: cells stand one after the other.
_PLACELESS = re.compile(rb"<(?:\w+:)?c(?=[\s>])(?![^<>]*\br\s*=)")
_ROW_OR_CELL = re.compile(rb"""<(?:\w+:)?(row|c)(?=[\s/>])(?:[^<>]*?\br\s*=\s*["'](\d+)["'])?""")
_ERROR = re.compile(rb"""\st=["']e["']""")


def _of_xlsx(archive: zipfile.ZipFile, members: set[str], said: str) -> _Extents:
    paths = {path: name for name, path in _xlsx_sheets(archive)}
    found: dict[str, int] = {}
    n_errors = n_values = 0
    strings = _Strings()
    if _STRINGS in members:
        _check_xml(archive, _STRINGS, said, strings)
    sheets: list[str] = []
    for path in sorted(members):
        if not re.fullmatch(r"xl/worksheets/[^/]*\.xml", path) and path not in paths:
            continue
        _check_xml(archive, path, said)
        sheets.append(path)
        rows: set[int] = set()
        columns: set[bytes] = set()
        placeless = False
        for piece in _chunks(archive, path):
            if _STRANGE.search(piece):
                raise _damaged(said)
            cells = _CELL.findall(piece)
            columns.update({letters for letters, _ in cells})
            rows.update({int(row) for _, row in cells})
            n_errors += len(_ERROR.findall(piece))
            n_values += piece.count(b"v>")
            placeless = placeless or bool(_PLACELESS.search(piece))
        extent = 0
        if rows:
            at = [_column(letters) for letters in columns]
            extent = (max(rows) - min(rows) + 1) * (max(at) - min(at) + 1)
        if placeless:
            extent = max(extent, _of_placeless(archive, path, max(rows, default=1)))
        found[paths.get(path, "")] = extent
    lengths = np.array(strings.lengths or [0])
    if n_values * int(lengths.max()) > _MOST_TEXT:  # calamine writes a text out for each cell
        shared = (map(int, _SHARED.findall(p)) for path in sheets for p in _chunks(archive, path))
        if _n_letters(lengths, itertools.chain.from_iterable(shared)) > _MOST_TEXT:
            raise _too_much_text(said)
    return _Extents(found, n_errors)


def _of_placeless(archive: zipfile.ZipFile, path: str, last: int) -> int:
    """Cells up to the last of a sheet whose cells need not say where they are."""
    row = width = n_cells = 0
    for piece in _chunks(archive, path):
        for kind, place in _ROW_OR_CELL.findall(piece):
            if kind == b"row":
                row = int(place) if place else row + 1
                last, n_cells = max(last, row), 0
            else:
                n_cells += 1
                width = max(width, n_cells)
    return last * width


def _xlsx_sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Name and path of each sheet."""
    from html import unescape

    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    try:
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return []
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\s[^<>]*>", relations):
        said = dict(re.findall(r"""(\w+)\s*=\s*["']([^"']*)["']""", tag))
        target = said.get("Target", "")
        targets[said.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    sheets = []
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^<>]*>", book):
        said = dict(re.findall(r"""([\w:]+)\s*=\s*"([^"]*)\"""", tag))
        link = next((value for key, value in said.items() if key.endswith(":id")), None)
        if link in targets:
            sheets.append((unescape(said.get("name", "")), targets[link]))
    return sheets


_STRINGS = "xl/sharedStrings.xml"
_SHARED = re.compile(
    rb"""<(?:\w+:)?c\s[^<>]*?\bt\s*=\s*["']s["'][^<>]*>(?:<f[^<>]*>[^<>]*</f>)?\s*"""
    rb"""<(?:\w+:)?v[^<>]*>\s*(\d{1,9})\s*<"""
)


class _Strings:
    """How long each of the texts is that cells of an .xlsx share."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def start(self, tag: str, about: dict[str, str]) -> None:
        """Take up the beginning of an element."""
        if tag.rpartition(":")[2] == "si":
            self.lengths.append(0)

    def text(self, text: str) -> None:
        """Take up text."""
        if self.lengths:
            self.lengths[-1] += len(text)


def _n_letters(lengths: np.ndarray, shared: Iterable[int]) -> int:
    """Letters of all cells, each of which says which of the texts it holds."""
    places = np.fromiter(shared, np.int64)
    return int(lengths[places[places < len(lengths)]].sum())


def _too_much_text(said: str) -> ReadError:
    return unreadable(
        Text(
            "The texts in the cells of {said} are longer than {most:,.0f} MB together; bring the "
            "sheet without its long texts.",
            said=said,
            most=_MOST_TEXT / 1e6,
        )
    )


def _column(letters: bytes) -> int:
    """A, B … Z, AA: 1, 2 … 26, 27."""
    at = 0
    for letter in letters.upper():
        at = 26 * at + letter - 64
    return at


# So many bytes of text, each cell as often as it is repeated: calamine writes out every one.
_MOST_TEXT = MAX_BYTES // 4


class _OdsSheets:
    """How large calamine makes each table of an .ods, told by its XML while this is checked.

    It writes out cells and rows as often as they are repeated, and what is empty above and left of
    a value: so a table's extent is from its first cell on, filled or not.
    """

    def __init__(self) -> None:
        self.extents: dict[str, int] = {}
        self.n_bytes = 0  # of texts, repeats included
        self._name = ""
        self._row = self._n_rows = self._column = self._n_columns = 0
        self._end = (0, 0)  # rows and columns up to the last value

    def start(self, tag: str, about: dict[str, str]) -> None:
        """Take up the beginning of an element."""
        if tag == "text:s":
            self.text(" " * min(_number(about.get("text:c")), _MOST_TEXT))
        elif not tag.startswith("table:"):
            return
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._column += self._n_columns
            self._n_columns = _number(about.get("table:number-columns-repeated"))
            if any(key.startswith("office:") or key == "table:formula" for key in about):
                rows, columns = self._end
                rows = max(rows, self._row + self._n_rows)
                self._end = rows, max(columns, self._column + self._n_columns)
                self.extents[self._name] = self._end[0] * self._end[1]
                shown = sum(len(value) for key, value in about.items() if "value" in key)
                self.n_bytes += shown * self._n_columns * self._n_rows
        elif tag == "table:table-row":
            self._row += self._n_rows
            self._n_rows = _number(about.get("table:number-rows-repeated"))
            self._column = self._n_columns = 0
        elif tag == "table:table":
            self._name = about.get("table:name", "")
            self._row = self._n_rows = self._column = self._n_columns = 0
            self._end = 0, 0
            self.extents.setdefault(self._name, 0)

    def text(self, text: str) -> None:
        """Take up text: of a cell, most often."""
        self.n_bytes += len(text) * self._n_columns * self._n_rows


def _number(stated: str | None) -> int:
    """How often something is repeated; 1 where nothing is stated, or no number."""
    return int(stated) if stated and stated.isdecimal() and len(stated) < 13 else 1


def _of_ods(archive: zipfile.ZipFile, said: str) -> _Extents:
    """The cells of each table; ReadError where calamine, which builds all at once, cannot."""
    sheets = _OdsSheets()
    _check_xml(archive, "content.xml", said, sheets)
    # calamine has each cell twice at once.
    if 2 * sum(sheets.extents.values()) > _MOST_OF_EXTENT or sheets.n_bytes > _MOST_TEXT:
        raise _too_large(max(sheets.extents, key=lambda name: sheets.extents[name]), said)
    return _Extents(sheets.extents, 0)


def _of_xls(data: bytes, said: str) -> _Extents:
    try:
        n_cells, n_letters = old_excel.sizes(data)
    except (ValueError, IndexError, struct.error):
        raise _damaged(said) from None
    if 2 * n_cells > _MOST_OF_EXTENT:  # calamine has each twice at once
        raise unreadable(
            Text(
                "A sheet of {said} has more than {most:,} cells from its first to its last; delete "
                "what stands far from the table, or save it as CSV.",
                said=said,
                most=_MOST_OF_EXTENT // 2,
            )
        )
    if n_letters > _MOST_TEXT:
        raise _too_much_text(said)
    return _Extents({}, 0)


def _of_xlsb(archive: zipfile.ZipFile, sheets: list[str], members: set[str], said: str) -> _Extents:
    """The largest sheet of an .xlsb ([MS-XLSB] 2.1.4, 2.2.1), and its texts.

    Records of a sheet: BrtRowHdr (0) begins with its row, cells (2 to 11; 1 is an empty one) with
    their column; of these 7 names one of the shared texts, each a BrtSSTItem (19).
    """
    lengths = [0]
    if "xl/sharedStrings.bin" in members:
        texts = _of_bin(archive.read("xl/sharedStrings.bin"))
        lengths = [_whole(body, 1) for kind, body in texts if kind == 19] or [0]
    largest = 0
    shared: list[int] = []
    for name in sheets:
        row = 0
        rows: set[int] = set()
        columns: set[int] = set()
        for kind, body in _of_bin(archive.read(name)):
            if kind == 0:
                row = _whole(body, 0)
            elif 2 <= kind <= 11:
                rows.add(row)
                columns.add(_whole(body, 0))
            if kind == 7:
                shared.append(_whole(body, 8))
        if rows:
            extent = (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)
            largest = max(largest, extent)
    if _n_letters(np.array(lengths), shared) > _MOST_TEXT:
        raise _too_much_text(said)
    return _Extents({"": largest}, 0)


def _of_bin(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and first bytes of each record: before these its type and length, in 7 bits a byte."""
    at = 0
    while at < len(data):
        kind, at = _seven_bits(data, at, 2)
        size, at = _seven_bits(data, at, 4)
        yield kind, data[at : at + min(size, 12)]
        at += size


def _whole(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _seven_bits(data: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for n in range(most):
        if at >= len(data):
            break
        value |= (data[at] & 127) << (7 * n)
        at += 1
        if not data[at - 1] & 128:
            break
    return value, at
