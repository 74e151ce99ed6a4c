"""A table as a file of each format, sound or with wrong headers, lengths, counts and offsets.

What is packed is changed before it is packed, so that most changes reach the reader behind the
unpacker: a flipped bit in deflated bytes only tells that a checksum is compared.
"""

from __future__ import annotations

import bz2
import contextlib
import csv
import datetime
import decimal
import gzip
import io
import json
import lzma
import random
import re
import sqlite3
import struct
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
import scipy.sparse

from fuzz import excel_binary
from fuzz.tables import ODD, Table, spoil

_ARROW = ["float", "text", "binary", "category", "decimal", "date", "list", "struct", "null",
          "time", "bool", "half", "small", "big", "view"]  # fmt: skip

Members = list[tuple[str, bytes]]

Files = tuple[str, bytes] | Members  # one file, or several

_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp850",
              "mac-roman", "shift-jis", "cp037")  # fmt: skip


def text(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """Delimited text in some dialect, whether its cells are quoted as they should be or not."""
    delimiter = chance.choice([",", ",", ";", "\t", "|", " ", "::", "~", ":"])
    end = chance.choice(["\n", "\n", "\r\n", "\r", "\n\n"])
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if chance.random() < 0.6 and len(delimiter) == 1:
        file = io.StringIO(newline="")
        quoting: Any = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
        csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(cells)
        written = file.getvalue()
    else:
        written = end.join(delimiter.join(row) for row in cells) + chance.choice(["", end])
    if chance.random() < 0.1:
        written = chance.choice(["sep=;\n", "# ratings\n", "\n\n", '"', "{", "<html>"]) + written
    encoding = chance.choice(_ENCODINGS) if chance.random() < 0.3 else "utf-8"
    data = written.encode(encoding, "replace")
    if chance.random() < 0.2:
        data = damaged(chance, data)
    return chance.choice(["ratings.csv", "x.tsv", "x.dat", ""]), data


def excel(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A workbook of one to three sheets; half of them with changes to their XML."""
    import openpyxl

    book = openpyxl.Workbook()
    for at in range(chance.choice([1, 1, 1, 2, 3])):
        sheet = book.active if not at else book.create_sheet()
        assert sheet is not None
        for row in rows if at == 0 or chance.random() < 0.5 else []:
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                sheet.append([_for_a_sheet(chance, cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    members = [m for m in unpacked(file.getvalue()) if m[0] != "docProps/core.xml"]  # the hour
    if chance.random() < 0.5:
        members = with_shared_texts(members)
    if chance.random() < 0.6:
        members = spoil_members(chance, members, _spoil_xml)
    return "ratings.xlsx", packed(chance, members)


def with_shared_texts(members: Members) -> Members:
    """The files of an .xlsx whose cells share their texts, as Excel writes them."""
    texts: dict[bytes, int] = {}

    def shared(found: re.Match[bytes]) -> bytes:
        return b't="s"><v>%d</v>' % texts.setdefault(found[1], len(texts))

    inline = re.compile(rb't="inlineStr"><is>(.*?)</is>', re.DOTALL)
    members = [(name, inline.sub(shared, data)) for name, data in members]
    items = b"".join(b"<si>%s</si>" % text for text in texts)
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return [*members, ("xl/sharedStrings.xml", b'<sst xmlns="%s">%s</sst>' % (main, items))]


def old_excel(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """An .xls or .xlsb; half of them with records of another type, number or length."""
    spoil = excel_binary.spoiling(chance, chance.choice([0, 0, 0.01, 0.05]))
    if chance.random() < 0.5:
        data = excel_binary.xls(rows, spoil)
        return "ratings.xls", damaged(chance, data) if chance.random() < 0.3 else data
    members = excel_binary.xlsb(rows, spoil)
    if chance.random() < 0.2:
        members = spoil_members(chance, members, damaged)
    return "ratings.xlsb", packed(chance, members)


def _for_a_sheet(chance: random.Random, cell: Any) -> Any:
    if chance.random() < 0.01:
        return chance.choice([datetime.datetime(2020, 1, 2), datetime.time(3), "=A1", "=1/0"])
    if isinstance(cell, str):
        return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell)[:32_000]
    return str(cell) if isinstance(cell, int) and abs(cell) > 1e300 else cell


_MANIFEST = b"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/"
 manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"""


def ods(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A sheet of OpenDocument, some with cells repeated very often."""
    lines = []
    for row in rows:
        cells = []
        for cell in row:
            times = (
                f' table:number-columns-repeated="{chance.choice([2, 1000, 16384])}"'
                if chance.random() < 0.02
                else ""
            )
            shown = "" if cell is None else _escaped(str(cell))
            kind = (
                f'office:value-type="float" office:value="{shown}"'
                if isinstance(cell, int | float)
                else 'office:value-type="string"'
            )
            cells.append(
                f"<table:table-cell {kind}{times}><text:p>{shown}</text:p></table:table-cell>"
            )
        lines.append("<table:table-row>" + "".join(cells) + "</table:table-row>")
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}><office:body>'
        '<office:spreadsheet><table:table table:name="S">'
        + "".join(lines)
        + "</table:table></office:spreadsheet></office:body></office:document-content>"
    ).encode()
    members = [
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", _MANIFEST),
        ("content.xml", content),
    ]
    if chance.random() < 0.5:
        members = spoil_members(chance, members, _spoil_xml)
    return "ratings.ods", packed(chance, members)


def _escaped(shown: str) -> str:
    shown = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", shown)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _spoil_xml(chance: random.Random, data: bytes) -> bytes:
    """One number, name or tag of an XML file changed."""
    what = chance.choice([rb"\d+", rb'"[^"]*"', rb"</?[\w:]+", rb">[^<]+<"])
    found = list(re.finditer(what, data))
    if not found:
        return damaged(chance, data)
    place = chance.choice(found)
    new = {
        rb"\d+": [b"0", b"-1", b"1048577", b"4294967296", b"99999999999999999999", b"1e400", b""],
        rb'"[^"]*"': [b'""', b'"A1:XFD1048576"', b'"XFD1048576"', b'"s"', b'"inlineStr"', b'"d"'],
        rb"</?[\w:]+": [b"<x", b"</x", b"<!DOCTYPE", b"<!--", b""],
        rb">[^<]+<": [b"><", b">&x;<", b">\xff<", b">9e999<", b">" + b"9" * 400 + b"<"],
    }[what]
    return data[: place.start()] + chance.choice(new) + data[place.end() :]


def parquet(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A Parquet file of columns of some type each; a third with changes to footer or pages."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays, names = [], []
    for at, (name, cells) in enumerate(_columns(rows)):
        arrays.append(_arrow(chance, cells))
        names.append(name if chance.random() < 0.98 else f"column {at}")
    if chance.random() < 0.2 and arrays:
        frame = pd.DataFrame({f"{at}": a.to_pandas() for at, a in enumerate(arrays)})
        frame.columns = pd.Index(names)
        with contextlib.suppress(Exception):  # not every table can be written so
            if chance.random() < 0.5:
                frame = frame.set_index(list(frame.columns[: chance.randint(1, 2)]))
            table = pa.Table.from_pandas(frame)
            return "x.parquet", _parquet_bytes(chance, table, pq)
    return "x.parquet", _parquet_bytes(chance, pa.Table.from_arrays(arrays, names=names), pq)


def _parquet_bytes(chance: random.Random, table: Any, pq: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(
        table,
        file,
        compression=chance.choice(["none", "snappy", "zstd", "gzip"]),
        use_dictionary=chance.random() < 0.6,
        row_group_size=chance.choice([2, 10, 1000]),
        data_page_version=chance.choice(["1.0", "2.0"]),
        store_schema=chance.random() < 0.7,
    )
    data = file.getvalue()
    return damaged(chance, data) if chance.random() < 0.35 else data


def _arrow(chance: random.Random, cells: list[Any]) -> Any:
    """The cells as one of Arrow's types that can hold them, text where none can."""
    import pyarrow as pa

    way = chance.choice(["any"] * 4 + _ARROW)
    texts = [None if c is None else str(c).encode("utf-8", "replace") for c in cells]
    as_text = pa.array([t if t is None else t.decode() for t in texts])
    try:
        if way == "float":
            return pa.array([float(c) for c in cells], pa.float64())
        if way == "binary":
            kind = chance.choice([pa.binary(), pa.large_binary(), pa.binary(4)])
            fixed = (
                [t and (t + b"\xff\xfe__")[:4] for t in texts] if kind == pa.binary(4) else texts
            )
            return pa.array(fixed, kind)
        if way == "category":
            return as_text.dictionary_encode() if as_text.null_count < len(as_text) else as_text
        if way == "decimal":
            return pa.array([decimal.Decimal(str(c)) for c in cells])
        if way == "date":
            kind = chance.choice([pa.date32(), pa.timestamp("ns"), pa.timestamp("us", "UTC")])
            return pa.array([datetime.date(2020, 1, 1 + n % 28) for n in range(len(cells))]).cast(
                kind
            )
        if way == "list":
            return pa.array([[c] for c in texts])
        if way == "struct":
            return pa.array([{"a": c} for c in texts])
        if way == "null":
            return pa.nulls(len(cells))
        if way == "time":
            return pa.array([datetime.time(3)] * len(cells))
        if way == "bool":
            return pa.array([None if c is None else bool(c) for c in cells])
        if way == "half":
            with np.errstate(all="ignore"):
                return pa.array(np.array([float(c) for c in cells], np.float16))
        if way == "small":
            return pa.array(cells, pa.int8())
        if way == "big":
            return pa.array(cells, pa.uint64())
        if way == "view":
            return as_text.cast(pa.string_view())
        return pa.array(cells)
    except (pa.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError):
        return as_text


def _columns(rows: Table) -> list[tuple[str, list[Any]]]:
    """Name and cells of each column, all equally long."""
    width = max(map(len, rows))
    full = [row + [None] * (width - len(row)) for row in rows]
    names = [str(cell).encode("utf-8", "replace").decode() for cell in full[0]]
    return [(names[at], [row[at] for row in full[1:]]) for at in range(width)]


def npy(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """One array with a header that may state anything."""
    return "x.npy", _npy(chance, _array(chance, rows), sound=0.6)


def npz(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A zip of arrays: a matrix, columns, or a sparse matrix."""
    way = chance.choice(["matrix", "labels", "columns", "sparse"])
    arrays: dict[str, np.ndarray] = {}
    if way == "columns":
        for name, cells in _columns(rows)[:8]:
            arrays[name or "x"] = _as_array(chance, cells)
    elif way == "sparse":
        matrix = scipy.sparse.random(6, 7, 0.5, random_state=chance.randrange(2**31))
        matrix.data = np.ceil(matrix.data * 5)
        file = io.BytesIO()
        form = chance.choice(["csr", "csc", "coo", "bsr", "dia"])
        scipy.sparse.save_npz(file, matrix.asformat(form))
        with np.load(io.BytesIO(file.getvalue())) as loaded:
            arrays = {name: loaded[name] for name in loaded}
        if chance.random() < 0.7:
            name = chance.choice(sorted(arrays))
            arrays[name] = _spoil_array(chance, arrays[name])
    else:
        arrays["ratings"] = _array(chance, rows)
        if way == "labels":
            arrays["users"] = np.array([f"u{n}" for n in range(np.size(arrays["ratings"]))])
            if chance.random() < 0.5:
                arrays["users"] = _spoil_array(chance, arrays["users"])
    members = [(f"{name}.npy", _npy(chance, array)) for name, array in arrays.items()]
    return "x.npz", packed(chance, members)


def _array(chance: random.Random, rows: Table) -> np.ndarray:
    width = max(map(len, rows))
    full = [row + [None] * (width - len(row)) for row in rows[chance.randint(0, 1) :]]
    matrix = np.array([[_float(cell) for cell in row] for row in full], dtype=np.float64)
    matrix = matrix.reshape(len(full), width)
    if chance.random() < 0.2:
        names = [(f"{name}" or "x", "f8") for name in dict.fromkeys(map(str, rows[0]))]
        with contextlib.suppress(ValueError, TypeError, IndexError):
            return np.array([tuple(row[: len(names)]) for row in matrix], dtype=names)
    if chance.random() < 0.3:
        return _spoil_array(chance, matrix)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        kind = chance.choice(
            ["f8", "f4", "f2", ">f8", ">i4", "i8", "u1", "c16", "U3", "S2", "?", "f16"]
        )
        found = np.zeros(matrix.shape, kind)  # of 16 bytes of "f16" six are never written
        found[...] = matrix
        return found


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _as_array(chance: random.Random, cells: list[Any]) -> np.ndarray:
    kind = chance.choice(["U", "S", "f8", ">f8", ">i8", "M8[s]", ">U4", None])
    if kind is None:
        return np.array([str(c) for c in cells])
    try:
        with np.errstate(all="ignore"):
            return np.array([str(c) if kind in ("U", ">U4") else c for c in cells]).astype(kind)
    except (ValueError, TypeError, OverflowError, UnicodeError):
        return np.array([str(c) for c in cells])


def _spoil_array(chance: random.Random, array: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        way = chance.choice(["empty", "short", "flat", "type", "value", "deep", "scalar"])
        if way == "empty" or not array.size:
            return array[:0] if array.ndim else np.zeros(0, array.dtype)
        if way == "short":
            return array.reshape(-1)[: chance.randint(0, array.size)]
        if way == "flat":
            return array.reshape(-1)
        if way == "deep":
            return array[None]
        if way == "scalar":
            return array.reshape(-1)[0]
        array = np.array(array)
        if way == "value" and array.dtype.kind in "iuf":
            at = chance.randrange(array.size)
            with contextlib.suppress(OverflowError, ValueError):
                array.reshape(-1)[at] = chance.choice([-1, 2**31, 2**62, 10**6, 0])
            return array
        kind = chance.choice(["f8", ">f8", "u8", ">i4", "i1", "c8", "U2", "S3", "M8[s]"])
        with contextlib.suppress(ValueError, TypeError, UnicodeError):
            return array.astype(kind)
        return array


def _npy(chance: random.Random, array: np.ndarray, sound: float = 0.85) -> bytes:
    file = io.BytesIO()
    try:
        np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    except ValueError:
        return b"\x93NUMPY"
    data = file.getvalue()
    if chance.random() < sound:
        return data
    length = struct.unpack_from("<H", data, 8)[0]
    header, body = data[10 : 10 + length], data[10 + length :]
    old, new = chance.choice(
        [
            (rb"\(\d+", b"(-1"), (rb"\(\d+", b"(99999999999999999999"), (rb"\(\d+", b"(3L"),
            (rb"\(\d+", b"(1.5"), (rb"\(\d+", b"(True"), (rb"\([^)]*\)", b"()"),
            (rb"\([^)]*\)", b"(0,)"), (rb"\([^)]*\)", b"(4294967296, 4294967296)"),
            (rb"'[<>|=][^']*'", b"'|O'"), (rb"'[<>|=][^']*'", b"'<f7'"),
            (rb"'[<>|=][^']*'", b"'V0'"),
            (rb"'[<>|=][^']*'", b"'(1000000000,)f8'"), (rb"'[<>|=][^']*'", b"[('a', '<f8', (3,))]"),
            (rb"'[<>|=][^']*'", b"'<U0'"), (rb"'[<>|=][^']*'", b"'<M8[999999999999s]'"),
            (rb"False", b"True"), (rb"False", b"None"), (rb"'shape'", b"'shop'"), (rb"\{", b"{{"),
            (rb"\{", b"(" * 300), (rb"\}", b""), (rb"\{", b"-" * 3000 + b"{"),
        ]
    )  # fmt: skip
    header = re.sub(old, lambda _: new, header, count=1)
    version = bytes([chance.choice([1, 1, 1, 2, 3, 9]), 0])
    stated = chance.choice([len(header)] * 6 + [0, 65535])
    width = "<H" if version[0] == 1 else "<I"
    return b"\x93NUMPY" + version + struct.pack(width, stated) + header + body


def as_json(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """Records, lines of records, columns, a matrix or a tree of users."""
    names = [str(cell) for cell in rows[0]]
    records: Any = [dict(zip(names, row, strict=False)) for row in rows[1:]]
    way = chance.choice(["records", "lines", "columns", "matrix", "tree", "inside"])
    if way == "columns":
        records = {name: cells for name, cells in _columns(rows)}
    elif way == "matrix":
        records = rows
    elif way == "tree":
        records = {
            str(row[0] if row else at): dict(zip(names, row, strict=False))
            for at, row in enumerate(rows[1:])
        }
    elif way == "inside":
        records = {"data": {"ratings": records}, "n": chance.choice(ODD)}
    if chance.random() < 0.3:
        records = _spoil_json(chance, records)
    if way == "lines" and isinstance(records, list):
        written = "\n".join(json.dumps(record) for record in records)
    else:
        written = json.dumps(records, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.2:
        written = chance.choice(["[", "[" * 100_000, '{"a":' * 50_000, "[[],"]) + written
    if chance.random() < 0.1:
        at = chance.randrange(len(written) + 1)
        new = chance.choice(["NaN", "1e999", "9" * 5000, '"\\ud800"', "{}", "null,", '"a":1,'])
        written = written[:at] + new + written[at:]
    data = written.encode("utf-8", "replace")
    return "x.json", damaged(chance, data) if chance.random() < 0.3 else data


def _spoil_json(chance: random.Random, value: Any) -> Any:
    """The value, somewhere in it another one: of another kind, empty, or nested deeply."""
    if chance.random() < 0.8 and isinstance(value, list) and value:
        at = chance.randrange(len(value))
        return [*value[:at], _spoil_json(chance, value[at]), *value[at + 1 :]]
    if chance.random() < 0.8 and isinstance(value, dict) and value:
        return {**value, (key := chance.choice(list(value))): _spoil_json(chance, value[key])}
    deep: Any = value
    for _ in range(chance.choice([1, 5, 200])):
        deep = [deep] if chance.random() < 0.5 else {"rating": deep}
    return chance.choice([None, [], {}, [[]], deep, chance.choice(ODD), [value, value],
                          {"$date": {}}, {"$oid": value}])  # fmt: skip


def sqlite(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A database of one or two tables; half with changes to its pages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.db")
        with contextlib.closing(sqlite3.connect(path)) as base:
            for at in range(chance.choice([1, 1, 2])):
                names = [f"c{n}" for n in range(max(map(len, rows)) or 1)]
                for n, cell in enumerate(rows[0]):
                    shown = str(cell).replace('"', "").replace("\x00", "")
                    if shown and shown.lower() not in map(str.lower, names):
                        names[n] = shown
                columns = ", ".join(f'"{name}"' for name in names)
                base.execute(f'CREATE TABLE "ratings{at or ""}" ({columns})')
                for row in rows[1:]:
                    cells = [str(c) if isinstance(c, int) and abs(c) >= 2**63 else c for c in row]
                    cells = (cells + [None] * len(names))[: len(names)]
                    marks = ", ".join("?" * len(names))
                    base.execute(f'INSERT INTO "ratings{at or ""}" VALUES ({marks})', cells)
            if chance.random() < 0.2:
                base.execute(f'CREATE VIEW "votes" AS {chance.choice(_VIEWS)}')
            base.commit()
        data = path.read_bytes()
    return "x.sqlite", damaged(chance, data) if chance.random() < 0.5 else data


# Views that make much out of nothing, or never end.
_VIEWS = (
    "WITH RECURSIVE n(user, item, rating) AS "
    "(SELECT 1, 1, 1 UNION ALL SELECT user + 1, 1, 2 FROM n) SELECT * FROM n",
    "SELECT hex(zeroblob(400000)) AS user, hex(zeroblob(400000)) AS item, 1 AS rating "
    "FROM ratings a, ratings b, ratings c",
    "SELECT zeroblob(900000) AS user, 1 AS item, 1 AS rating FROM ratings a, ratings b",
    "SELECT a.*, b.* FROM ratings a, ratings b",
    "SELECT * FROM nowhere",
)


def matlab(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A .mat file of version 4 or 5."""
    file = io.BytesIO()
    matrix: Any = np.array([[_float(c) for c in row] for row in _square(rows)], dtype=np.float64)
    if chance.random() < 0.3:
        matrix = scipy.sparse.csc_matrix(np.nan_to_num(matrix, posinf=0, neginf=0))
    arrays = {"ratings": matrix}
    if chance.random() < 0.3:
        arrays["users"] = np.array([f"u{n}" for n in range(matrix.shape[0])], dtype=object)
    if chance.random() < 0.1:
        nested: Any = np.array([1.0])
        for _ in range(chance.choice([3, 300])):
            nested = np.array([nested, None], dtype=object)[:1]
        arrays["items"] = nested
    version = "4" if len(arrays) == 1 and chance.random() < 0.1 else "5"
    with contextlib.suppress(RecursionError):
        scipy.io.savemat(file, arrays, format=version)
    data = file.getvalue()
    if version == "4":
        return "x.mat", damaged(chance, data) if chance.random() < 0.5 else data
    pieces = [b"MATLAB 5.0 MAT-file".ljust(116) + data[116:128]]  # its first line tells the hour
    at = 128
    while at + 8 <= len(data):
        size = 8 + struct.unpack_from("<I", data, at + 4)[0]
        piece, at = data[at : at + size], at + size
        piece = _spoil_element(chance, piece) if chance.random() < 0.5 else piece
        if chance.random() < 0.6:
            piece = zlib.compress(piece)
            piece = struct.pack("<II", 15, len(piece)) + piece
        pieces.append(piece)
    data = b"".join(pieces)
    return "x.mat", damaged(chance, data) if chance.random() < 0.2 else data


def _spoil_element(chance: random.Random, piece: bytes) -> bytes:
    """One of the whole numbers in a variable changed: types, lengths, dimensions, places."""
    changed = bytearray(piece)
    for _ in range(chance.choice([1, 1, 3])):
        at = chance.randrange(len(changed) // 4) if chance.random() < 0.5 else chance.randrange(20)
        old = int.from_bytes(changed[4 * at : 4 * at + 4], "little")
        new = chance.choice([0, 1, 2, 5, 9, 14, 15, old + 1, old * 2, 2**31 - 1, 2**32 - 1, 10**6])
        changed[4 * at : 4 * at + 4] = (new & (2**32 - 1)).to_bytes(4, "little")
    return bytes(changed)


def _square(rows: Table) -> Table:
    width = max(map(len, rows)) or 1
    return [(row + [None] * width)[:width] for row in rows]


def html(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A page with one or two tables, cells that reach over others, and tags that do not end."""
    tables = []
    for _ in range(chance.choice([1, 1, 2])):
        lines = []
        for at, row in enumerate(rows):
            tag = "th" if at == 0 and chance.random() < 0.8 else "td"
            lines.append("<tr>" + "".join(_html_cell(chance, tag, cell) for cell in row) + "</tr>")
        tables.append("<table><caption>Ratings</caption>" + "\n".join(lines) + "</table>")
    page = "<!DOCTYPE html><html><head><title>x</title></head><body>" + "<p>".join(tables)
    if chance.random() < 0.15:
        at = chance.randrange(len(page))
        page = page[:at] + chance.choice(_UNENDED) * chance.choice([1, 30, 20_000]) + page[at:]
    data = page.encode(chance.choice(["utf-8", "utf-8", "utf-16", "cp1252"]), "replace")
    for _ in range(chance.choice([0, 0, 1, 3])):
        data = chance.choice([damaged, _spoil_xml])(chance, data)
    return chance.choice(["x.html", "x.xls"]), data


_UNENDED = ("<!--", "<!---->", "<![CDATA[", "<!", "</", "<table>", "<td ", "<a b='", "&#", "<tr>",
            "<script>", "<td rowspan=999 colspan=999>")  # fmt: skip


def _html_cell(chance: random.Random, tag: str, cell: Any) -> str:
    span = ""
    if chance.random() < 0.02:
        times = chance.choice([0, 2, 1000, 10**9, "x", -1])
        span = f' {chance.choice(["rowspan", "colspan"])}="{times}"'
    shown = "" if cell is None else _escaped(str(cell))
    return f"<{tag}{span}>{shown}" + (f"</{tag}>" if chance.random() < 0.98 else "")


_RUNS = (" ", "1 ", "1,", "#\n", "|", "a|", "-", "\n", "1:\n", "c", '"', "<!---->", "\t")


def written(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """A text of a form of its own: MatrixMarket, Netflix' lists, Orange, Markdown, comments."""
    way = chance.choice(["matrix", "netflix", "orange", "markdown", "comments"])
    name, lines = _WRITERS[way](chance, [["" if c is None else str(c) for c in r] for r in rows])
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        at = chance.randrange(len(lines))
        lines[at] = chance.choice([str(chance.choice(ODD)), lines[at] * 2, "", "%", "1:", "1 1"])
    if chance.random() < 0.05:
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(_RUNS) * 20_000 + "x")
    end = chance.choice(["\n", "\n", "\r\n", "\r"])
    data = end.join(lines).encode(chance.choice(["utf-8", "utf-8", "utf-16"]), "replace")
    return name, damaged(chance, data) if chance.random() < 0.3 else data


def _as_matrix_market(chance: random.Random, rows: list[list[str]]) -> tuple[str, list[str]]:
    form = chance.choice(["coordinate", "coordinate", "array"])
    kind = chance.choice(["real", "integer", "pattern", "complex"])
    symmetry = chance.choice(["general", "general", "symmetric", "skew-symmetric"])
    n_rows, n_columns = len(rows), max(map(len, rows))
    if form == "array":
        cells = [row[at] if at < len(row) else "0" for at in range(n_columns) for row in rows]
        sizes = f"{n_rows} {n_columns}"
    else:
        cells = [f"{u} {i} {x}" for u, row in enumerate(rows, 1) for i, x in enumerate(row, 1)]
        sizes = f"{n_rows} {n_columns} {len(cells)}"
    if chance.random() < 0.2:
        sizes = chance.choice(["9999999999 2 3", "-1 2 3", "2 2", "", "1e9 1e9 1", "4 4 999999999"])
    return "x.mtx", [f"%%MatrixMarket matrix {form} {kind} {symmetry}", "% a note", sizes, *cells]


def _as_netflix(chance: random.Random, rows: list[list[str]]) -> tuple[str, list[str]]:
    with_day = chance.random() < 0.7
    lines = []
    for at, row in enumerate(rows[1:] or rows):
        if at % 3 == 0:
            lines.append(f"{at + 1}:")
        shown = (row + ["1"] * 3)[2]
        lines.append(f"{1000 + at},{shown}" + ",2005-09-06" * with_day)
    return "combined_data_1.txt", lines or ["1:"]


def _as_orange(chance: random.Random, rows: list[list[str]]) -> tuple[str, list[str]]:
    kinds = [chance.choice(["continuous", "discrete", "string", "time", "c", ""]) for _ in rows[0]]
    marks = ["row=1", "col=1", "class", "", "meta", "ignore"]
    flags = [chance.choice(marks) for _ in rows[0]]
    head = [rows[0], kinds, flags]
    if chance.random() < 0.3:
        head = [[chance.choice(["mD#", "C#", "i#", "#", "cS#"]) + name for name in rows[0]]]
    return "x.tab", ["\t".join(row) for row in [*head, *rows[1:]]]


def _as_markdown(chance: random.Random, rows: list[list[str]]) -> tuple[str, list[str]]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + chance.choice(["---|", ":--:|", "-|"]) * len(rows[0]))
    return "x.md", chance.choice([lines, ["# Ratings", "", *lines]])


def _with_comments(chance: random.Random, rows: list[list[str]]) -> tuple[str, list[str]]:
    sign = chance.choice(["#", "%", "@", "//", "--"])
    if chance.random() < 0.3:  # as np.savetxt writes
        numbers = [" ".join(f"{_float(cell):.18e}" for cell in row) for row in rows[1:]]
        return "x.txt", [f"# {' '.join(rows[0])}", *numbers, *["# the end"] * chance.randint(0, 2)]
    lines = [f"{sign} {chance.choice(['asym weighted', 'user item rating', ''])}"]
    lines += [f"{sign}ATTRIBUTE {name} NUMERIC" for name in rows[0]] + [f"{sign}DATA"]
    return chance.choice(["out.ratings", "x.arff", "x.csv"]), [
        *lines, *(chance.choice([" ", ","]).join(row) for row in rows[1:])
    ]  # fmt: skip


_WRITERS = {
    "matrix": _as_matrix_market,
    "netflix": _as_netflix,
    "orange": _as_orange,
    "markdown": _as_markdown,
    "comments": _with_comments,
}


def grouplens(chance: random.Random, rows: Table) -> Files:
    """A zip or a folder as GroupLens packs it, its lines changed."""
    numbers = [[at % 5 + 1, at % 7 + 1, at % 5 + 1, 10**9 + at] for at in range(20)]
    for _ in range(chance.choice([0, 1, 1, 3])):
        chance.choice(numbers)[chance.randrange(4)] = chance.choice(ODD)
    films: list[list[Any]] = [[n, f"Film {n} (19{n}0)", "Drama|War"] for n in range(1, 8)]
    for _ in range(chance.choice([0, 1, 2])):
        chance.choice(films)[chance.randrange(3)] = chance.choice(ODD)
    people: list[list[Any]] = [[n, 20 + n, "F", "writer", "12345"] for n in range(1, 6)]
    for _ in range(chance.choice([0, 1])):
        chance.choice(people)[chance.randrange(5)] = chance.choice(ODD)

    def lines(table: Table, cut: str) -> bytes:
        return "\n".join(cut.join(map(str, row)) for row in table).encode("utf-8", "replace")

    way = chance.choice(["100k", "1m", "latest"])
    if way == "100k":
        members = [("ml/u.data", lines(numbers, "\t")), ("ml/u.item", lines(films, "|")),
                   ("ml/u.user", lines(people, "|")),
                   ("ml/u.genre", b"Drama|0\nWar|1\n")]  # fmt: skip
    elif way == "1m":
        swapped = [[row[0], row[2], row[1], 3, row[4]] for row in people]
        members = [("ml/ratings.dat", lines(numbers, "::")), ("ml/movies.dat", lines(films, "::")),
                   ("ml/users.dat", lines(swapped, "::"))]  # fmt: skip
    else:
        members = [("ml/ratings.csv", b"userId,movieId,rating,timestamp\n" + lines(numbers, ",")),
                   ("ml/movies.csv", b"movieId,title,genres\n" + lines(films, ","))]  # fmt: skip
    if chance.random() < 0.4:
        members = spoil_members(chance, members, damaged)
    return members if chance.random() < 0.3 else ("ml.zip", packed(chance, members))


def exports(chance: random.Random, rows: Table) -> Files:
    """What services give people to take home: one person's file, or several people's."""
    names = chance.choice(_EXPORTS).split(",")
    files = []
    for person in ["anna", "bo", "cy"][: chance.choice([1, 2, 3])]:
        lines = [list(names)] if chance.random() < 0.95 else []
        for n in range(chance.randint(0, 9)):
            lines.append([_of_export(chance, name, n) for name in names])
        if chance.random() < 0.3 and lines:
            chance.choice(lines)[chance.randrange(len(names))] = str(chance.choice(ODD))
        written = "\n".join(",".join(map(str, line)) for line in lines).encode("utf-8", "replace")
        files.append(
            (f"{person}.csv", damaged(chance, written) if chance.random() < 0.1 else written)
        )
    return files if chance.random() < 0.5 else ("class.zip", packed(chance, files))


def _of_export(chance: random.Random, name: str, n: int) -> Any:
    if "ating" in name or "Score" in name or "rated" in name.lower():
        return chance.choice([0, 1, 3.5, 5, "", 10])
    return f"2020-01-{n + 1:02}" if "ate" in name else f"{name} {n}"


_EXPORTS = (
    "Date,Name,Year,Letterboxd URI,Rating",
    "Book Id,Title,Author,My Rating,Average Rating,Date Added",
    "Const,Your Rating,Date Rated,Title,Genres",
    "objectname,objectid,rating,numplays",
    "Title,Date",
    "ts,master_metadata_track_name,spotify_track_uri",
    "endTime,artistName,trackName,msPlayed",
    "Winery,Wine name,Your rating,Scan date",
)


def survey(chance: random.Random, rows: Table) -> tuple[str, bytes]:
    """Answers to a survey, as the programs for these write them."""
    grid = chance.choice(["Rate [{0}]", "Q1->{0}", "Rate these - {0}", "Q01[SQ1]. {0}", "{0}"])
    films = [grid.format(film) for film in ("Alien", "Heat", "Brazil", "Up")]
    before = chance.choice(
        [["Timestamp"], ["Timestamp", "Your name"], ["ID", "Start time", "Email"]]
    )
    scales = ("1,2,3,4,5", "Agree,Neutral,Disagree", "★★★,★", "sehr gut,gut,schlecht", "yes,no")
    scale = chance.choice(scales).split(",")
    table = [[*before, *films, "Comments"]]
    for n in range(chance.randint(1, 9)):
        who = [f"2024/01/{n + 1:02} 10:00:00 am", f"anna{n}", f"a{n}@b.c"][: len(before)]
        table.append([*who, *chance.choices([*scale, ""], k=4), "fine"])
    return text(chance, spoil(chance, table) if chance.random() < 0.6 else table)


def pivot(chance: random.Random, rows: Table) -> Files:
    """Several lines of names, merged names, totals: pivot tables as text or as a workbook."""
    films = ["Alien", "", "Heat", "", "Total"]
    table: Table = [["Ratings", *[None] * 5], ["", *films], ["user", "sum", "n", "sum", "n", ""]]
    for n in range(chance.randint(1, 6)):
        table.append([f"anna{n}", *[chance.choice([1, 3, 5, None]) for _ in films]])
    table.append(["Total", *[chance.choice([9, 12]) for _ in films]])
    del table[: chance.choice([0, 1])]
    table = spoil(chance, table) if chance.random() < 0.6 else table
    return chance.choice([text, excel, ods, html, old_excel])(chance, table)


def together(chance: random.Random, rows: Table) -> Files:
    """Parts of a table, or a table and what is known of its items, in a folder or a zip."""
    members: Members = []
    for name in chance.sample(
        ["ratings1.csv", "ratings2.csv", "movies.csv", "b.json", "c.xlsx"], 3
    ):
        form = {"b.json": as_json, "c.xlsx": excel}.get(name, text)
        if name == "movies.csv":
            films = [
                ["item", "title", "genres"],
                *([f"film{n}", f"T {n}", "War"] for n in range(8)),
            ]
            members.append((name, text(chance, films)[1]))
        else:
            cut = chance.randint(1, len(rows))
            members.append((name, form(chance, [rows[0], *rows[cut:]])[1]))
    members = spoil_members(chance, members, damaged) if chance.random() < 0.3 else members
    return members if chance.random() < 0.5 else ("x.zip", packed(chance, members))


# --- packing --------------------------------------------------------------------------------------


def wrapped(chance: random.Random, name: str, data: bytes) -> tuple[str, bytes]:
    """The file inside a zip or a .gz, sound or with another length, checksum, flag or method."""
    way = chance.random()
    if way < 0.1:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            about = tarfile.TarInfo((name or "x")[:90])
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
        return chance.choice([("x.tar", file.getvalue()), (f"{name}.bz2", bz2.compress(data)),
                              (f"{name}.xz", lzma.compress(data))])  # fmt: skip
    if way < 0.5:
        inside = gzip.compress(data, mtime=0)
        if chance.random() < 0.1:
            inside = inside + gzip.compress(inside, mtime=0)
        if chance.random() < 0.4:
            inside = damaged(chance, inside)
        return f"{name}.gz", inside
    members = [(name or "ratings.csv", data)]
    if chance.random() < 0.3:
        members.append(chance.choice([("README.txt", b"x" * 99), ("b.csv", data), ("c.csv", b"")]))
    return "x.zip", packed(chance, members)


def unpacked(data: bytes) -> Members:
    """The files of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def packed(chance: random.Random, members: Members) -> bytes:
    """A zip of files, by any method; one in four states something wrong."""
    methods = [zipfile.ZIP_DEFLATED] * 6 + [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    method = chance.choice(methods)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two files of one name
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members:
                about = zipfile.ZipInfo(name.replace("\x00", "")[:200] or "x")  # of 1980, always
                archive.writestr(about, content, compress_type=method)
    data = bytearray(file.getvalue())
    if chance.random() < 0.25:
        # Where in a header which number lies: of the file's own, and of the directory's entry.
        mark, places = chance.choice(
            [
                (
                    b"PK\x03\x04",
                    {4: "<H", 6: "<H", 8: "<H", 14: "<I", 18: "<I", 22: "<I", 26: "<H"},
                ),
                (
                    b"PK\x01\x02",
                    {8: "<H", 10: "<H", 16: "<I", 20: "<I", 24: "<I", 28: "<H", 42: "<I"},
                ),
                (b"PK\x05\x06", {4: "<H", 8: "<H", 10: "<H", 12: "<I", 16: "<I"}),
            ]
        )
        at = max(0, data.find(mark))
        place, kind = chance.choice(sorted(places.items()))
        most = (1 << (8 * struct.calcsize(kind))) - 1
        if at + place + struct.calcsize(kind) > len(data):  # a zip without files
            return bytes(data)
        old = struct.unpack_from(kind, data, at + place)[0]
        new = chance.choice([0, 1, 9, 12, 14, 93, 99, old + 1, old - 1, old * 2, most, most // 2])
        struct.pack_into(kind, data, at + place, max(0, min(new, most)))
    return bytes(data)


def spoil_members(
    chance: random.Random, members: Members, how: Callable[[random.Random, bytes], bytes]
) -> Members:
    """The files of a zip, one of them changed, doubled, renamed or gone."""
    members = list(members)
    at = chance.randrange(len(members))
    name, content = members[at]
    way = chance.random()
    if way < 0.8:
        for _ in range(chance.choice([1, 1, 2, 4])):
            content = how(chance, content)
        members[at] = (name, content)
    elif way < 0.9:
        del members[at]
    elif way < 0.95:
        members.append(members[at])
    else:
        members[at] = (chance.choice([name.upper(), "../" + name, "x", "ratings.csv"]), content)
    return members


def damaged(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed, a piece cut out or doubled, or a number made large."""
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(changed))
        if chance.random() < 0.3:  # headers are at the ends
            at = min(at, 63) if chance.random() < 0.5 else max(0, len(changed) - 1 - at % 64)
        way = chance.random()
        if way < 0.5:
            changed[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif way < 0.6:
            changed[at] ^= 1 << chance.randrange(8)
        elif way < 0.75:
            size = chance.choice([2, 4, 8])
            new = chance.choice([0, (1 << 8 * size) - 1, 1 << (8 * size - 1), 1 << (4 * size)])
            changed[at : at + size] = new.to_bytes(size, chance.choice(["little", "big"]))
        elif way < 0.85:
            del changed[at : at + chance.choice([1, 4, 100])]
        elif way < 0.95:
            changed[at:at] = changed[at : at + chance.choice([1, 4, 100])]
        else:
            del changed[at:]
        if not changed:
            break
    return bytes(changed)


FORMATS: dict[str, Callable[[random.Random, Table], Files]] = {
    "text": text,
    "excel": excel,
    "ods": ods,
    "parquet": parquet,
    "npy": npy,
    "npz": npz,
    "json": as_json,
    "sqlite": sqlite,
    "matlab": matlab,
    "html": html,
    "written": written,
    "grouplens": grouplens,
    "old excel": old_excel,
    "exports": exports,
    "survey": survey,
    "pivot": pivot,
    "together": together,
}
