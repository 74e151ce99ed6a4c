"""Small workbooks of Excel's binary kinds, .xls and .xlsb, which no library at hand writes.

.xls: [MS-CFB] 2 (the container), [MS-XLS] 2.4 (records); .xlsb: [MS-XLSB] 2.1.4 and 2.4. A record
is its type, its length and its body in both.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

_SECTOR = 512
_NONE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

# What may be wrong with a record before it is written: type and body in, type and body out.
Spoil = Callable[[int, bytes], tuple[int, bytes]]


def xls(rows: Sequence[Sequence[Any]], spoil: Spoil) -> bytes:
    """One sheet of BIFF8 in a container of 512-byte sectors."""
    texts: dict[str, int] = {}
    cells = [_record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0), spoil)]
    extent = (0, len(rows), 0, max(map(len, rows), default=0), 0)
    cells.append(_record(0x200, struct.pack("<IIHHH", *extent), spoil))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            place = struct.pack("<HHH", r % 65_536, c % 65_536, 0)
            if isinstance(cell, bool):
                cells.append(_record(0x205, place + bytes([cell, 0]), spoil))
            elif isinstance(cell, int | float) and abs(cell) < 1e300:
                cells.append(_record(0x203, place + struct.pack("<d", cell), spoil))
            elif cell is not None:
                at = texts.setdefault(str(cell)[:2_000], len(texts))
                cells.append(_record(0xFD, place + struct.pack("<I", at), spoil))
    cells.append(_record(0x0A, b"", spoil))
    shared = struct.pack("<II", len(texts), len(texts))
    for text in texts:
        letters = text.encode("utf-16-le", "replace")
        shared += struct.pack("<HB", len(letters) // 2, 1) + letters
    name = b"Ratings"
    begin = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0), spoil)
    begin += _record(0x42, struct.pack("<H", 1200), spoil)
    end = _record(0xFC, shared[:8_224], spoil) + _record(0x0A, b"", spoil)
    where = len(begin) + 4 + 8 + len(name) + len(end)
    sheet = _record(0x85, struct.pack("<IHBB", where, 0, len(name), 0) + name, spoil)
    return _container(begin + sheet + end + b"".join(cells))


def _record(kind: int, body: bytes, spoil: Spoil) -> bytes:
    kind, body = spoil(kind, body)
    return struct.pack("<HH", kind, len(body) & 0xFFFF) + body


def _container(stream: bytes) -> bytes:
    """A container of one stream, “Workbook”: sectors of it, of the directory, of the table."""
    stream = stream.ljust(4096, b"\0")  # a shorter one would lie in sectors of another kind
    n = -(-len(stream) // _SECTOR)
    n_tables = -(-(n + 2) // (_SECTOR // 4 - 1))
    chain = [*range(1, n), _END, _END, *[_FAT] * n_tables]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(n_tables * _SECTOR, b"\xff")
    tables = [n + 1 + at for at in range(n_tables)][:109]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, n_tables, n, 0, 4096, _END,
                        0, _END, 0)  # fmt: skip
    head += struct.pack(f"<{len(tables)}I", *tables).ljust(436, b"\xff")

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        letters = (name + "\0").encode("utf-16-le")
        about = struct.pack("<HBBIII", len(letters), kind, 1, _NONE, _NONE, child)
        return letters.ljust(64, b"\0") + about + bytes(36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, _END, 0) + entry("Workbook", 2, _NONE, 0, len(stream))
    body = stream.ljust(n * _SECTOR, b"\0") + directory.ljust(_SECTOR, b"\0") + table
    return head + body


_TYPES = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
)
_RELATIONS = (
    b'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns='
    b'"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type='
    b'"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    b'Target="worksheets/sheet1.bin"/></Relationships>'
)


def xlsb(rows: Sequence[Sequence[Any]], spoil: Spoil) -> list[tuple[str, bytes]]:
    """The files of a workbook of one sheet."""
    texts: dict[str, int] = {}
    extent = (0, max(len(rows) - 1, 0), 0, max(map(len, rows), default=1))
    sheet = _short(0x81, b"", spoil) + _short(0x94, struct.pack("<IIII", *extent), spoil)
    sheet += _short(0x91, b"", spoil)
    for r, row in enumerate(rows):
        sheet += _short(0, struct.pack("<I", r) + bytes(13), spoil)
        for c, cell in enumerate(row):
            place = struct.pack("<II", c, 0)
            if isinstance(cell, bool):
                sheet += _short(4, place + bytes([cell]), spoil)
            elif isinstance(cell, int | float) and abs(cell) < 1e300:
                sheet += _short(5, place + struct.pack("<d", cell), spoil)
            elif cell is not None and r % 2:
                sheet += _short(6, place + _letters(str(cell)), spoil)
            elif cell is not None:
                at = texts.setdefault(str(cell), len(texts))
                sheet += _short(7, place + struct.pack("<I", at), spoil)
    sheet += _short(0x92, b"", spoil) + _short(0x82, b"", spoil)
    about = struct.pack("<II", 0, 1) + _letters("rId1") + _letters("Ratings")
    parts = [(0x83, b""), (0x99, bytes(8)), (0x8F, b""), (0x9C, about), (0x90, b""), (0x84, b"")]
    book = b"".join(_short(kind, body, spoil) for kind, body in parts)
    shared = _short(0x9F, struct.pack("<II", len(texts), len(texts)), spoil)
    shared += b"".join(_short(0x13, b"\0" + _letters(text), spoil) for text in texts)
    return [
        ("[Content_Types].xml", _TYPES),
        ("xl/workbook.bin", book),
        ("xl/_rels/workbook.bin.rels", _RELATIONS),
        ("xl/worksheets/sheet1.bin", sheet),
        ("xl/sharedStrings.bin", shared + _short(0xA0, b"", spoil)),
    ]


def _letters(text: str) -> bytes:
    letters = text[:2_000].encode("utf-16-le", "replace")
    return struct.pack("<I", len(letters) // 2) + letters


def _short(kind: int, body: bytes, spoil: Spoil) -> bytes:
    kind, body = spoil(kind, body)
    head = [kind] if kind < 128 else [kind & 127 | 128, kind >> 7]
    size = len(body)
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes([*head, size]) + body


def spoiling(chance: random.Random, share: float) -> Spoil:
    """Records of which about this share has another type, another number or another length."""

    def spoil(kind: int, body: bytes) -> tuple[int, bytes]:
        if chance.random() >= share:
            return kind, body
        way = chance.choice(["type", "number", "number", "short", "long"])
        if way == "type":
            return chance.choice([kind + 1, 0, 5, 0x0A, 0x3C, 0x203, 0xFC]), body
        if way == "short" or not body:
            return kind, body[: len(body) // 2]
        if way == "long":
            return kind, body + bytes(chance.choice([1, 300]))
        size = min(len(body), chance.choice([1, 2, 4]))
        at = chance.randrange(len(body) - size + 1)
        new = chance.choice([0, 1, (1 << 8 * size) - 1, 1 << (8 * size - 1), 16_383])
        changed = (new & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        return kind, body[:at] + changed + body[at + size :]

    return spoil
