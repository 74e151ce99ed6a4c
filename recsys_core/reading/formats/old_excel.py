"""What an .xls holds, looked through before calamine reads it ([MS-CFB] 2, [MS-XLS] 2.4).

calamine makes room for what a file states, follows a chain of sectors that never ends, and writes a
shared text out for each cell: the process would be aborted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_RESERVED, _END = 0xFFFFFFFA, 0xFFFFFFFE  # numbers of sectors that are none; the end of a chain
_STORED_APART = 4096  # bytes: shorter streams lie in small sectors

_BOUND, _SHARED, _CONTINUED, _CELL_OF_SHARED, _EXTENT, _EOF = 0x85, 0xFC, 0x3C, 0xFD, 0x200, 0x0A
_CELLS = frozenset([0x06, 0xBD, 0xD6, 0x203, 0x204, 0x205, 0x27E, _CELL_OF_SHARED])


def sizes(data: bytes) -> tuple[int, int]:
    """Cells from the first to the last of the largest sheet, and letters of all shared texts.

    Raises
    ------
    ValueError, IndexError, struct.error
        If the file is damaged: a chain without an end, or a length beyond the file's.
    """
    book = _workbook(data)
    largest, shared = 0, []
    for at in [0, *_sheets(book)]:
        rows: set[int] = set()
        columns: set[int] = set()
        for kind, body in _records(book, at):
            if kind in _CELLS and len(body) >= 4:
                row, column = struct.unpack_from("<HH", body)
                rows.add(row)
                columns.add(column)
                if kind == 0xBD:  # several numbers: the last column is named at the end
                    columns.add(struct.unpack("<H", body[-2:])[0])
                if kind == _CELL_OF_SHARED and len(body) >= 10:
                    shared.append(struct.unpack_from("<I", body, 6)[0])
            elif kind == _EXTENT and len(body) >= 10:  # 10 in files of Excel 95
                form = "<IIHH" if len(body) > 10 else "<HHHH"
                first, last, left, right = struct.unpack_from(form, body)
                if last < first or right < left:
                    raise ValueError("a sheet that ends before it begins")
                largest = max(largest, (last - first + 1) * (right - left + 1))
        if rows:
            extent = (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)
            largest = max(largest, extent)
    lengths = _lengths(book) if shared else []
    return largest, sum(lengths[at] for at in shared if at < len(lengths))


def _sheets(book: bytes) -> Iterator[int]:
    """Where each sheet begins."""
    for kind, body in _records(book, 0):
        if kind == _BOUND and len(body) >= 4:
            yield struct.unpack_from("<I", body)[0]


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Type and body of each record from here to the end of a sheet."""
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        if kind == _EOF:
            return
        at += 4 + size


def _lengths(book: bytes) -> list[int]:
    """How many letters each of the shared texts has, as far as they can be followed."""
    pieces: list[bytes] = []
    for kind, body in _records(book, 0):
        if kind == _SHARED or (kind == _CONTINUED and pieces):
            pieces.append(body)
        elif pieces:
            break
    lengths: list[int] = []
    rest, at = (pieces.pop(0), 8) if pieces else (b"", 0)
    while pieces or at < len(rest):
        if at >= len(rest):
            rest, at = pieces.pop(0), 0
            continue
        n_letters, flags = struct.unpack_from("<HB", rest, at)
        at += 3
        more = 0  # bytes behind the letters: 4 for each change of font, and what Asian texts have
        if flags & 8:
            more, at = 4 * struct.unpack_from("<H", rest, at)[0], at + 2
        if flags & 4:
            more, at = more + struct.unpack_from("<I", rest, at)[0], at + 4
        lengths.append(n_letters)
        while n_letters:
            width = 2 if flags & 1 else 1
            n = min(n_letters, (len(rest) - at) // width)
            n_letters, at = n_letters - n, at + n * width
            if n_letters:  # goes on in the next piece, whose first byte says how
                rest, at = pieces.pop(0), 1
                flags = rest[0]
        at += more
        while at > len(rest) and pieces:
            at -= len(rest)
            rest = pieces.pop(0)
    return lengths


# --- the container --------------------------------------------------------------------------------


def _workbook(data: bytes) -> bytes:
    """The stream of records, once all chains have been followed to their ends."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise ValueError("sectors of another size")

    def sector(at: int) -> bytes:
        return data[(at + 1) * size : (at + 2) * size]

    def numbers(bytes_: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(bytes_) // 4}I", bytes_[: len(bytes_) // 4 * 4]))

    def joined(start: int, table: list[int]) -> bytes:
        return b"".join(map(sector, _chain(start, table)))

    stated = struct.unpack_from("<IIIIIIIII", data, 40)
    n_directory, n_tables, directory, _, _, small, n_small, more, n_more = stated
    if max(n_directory, n_tables, n_small, n_more) * size > len(data):
        raise ValueError("more sectors than there are")
    tables = numbers(data[76:512])
    for _ in range(len(data) // size):
        if more >= _RESERVED:
            break
        *further, more = numbers(sector(more))
        tables += further
    else:
        raise ValueError("a chain without an end")
    table = [n for at in tables if at < _RESERVED for n in numbers(sector(at))]
    small_table = numbers(joined(small, table)) if small < _RESERVED else []
    entries = joined(directory, table)
    found = b""
    small_stream = b""
    for at in range(0, len(entries) - 127, 128):
        entry = entries[at : at + 128]
        kind, start = entry[66], struct.unpack_from("<I", entry, 116)[0]
        length = struct.unpack_from("<I" if size == 512 else "<Q", entry, 120)[0]
        if length > len(data):
            raise ValueError("longer than the file")
        if kind == 5:
            small_stream = joined(start, table)
        elif kind == 2 and length:
            name = entry[:64].decode("utf-16-le", "replace").partition("\0")[0]
            if length < _STORED_APART:
                places = _chain(start, small_table)
                stream = b"".join(small_stream[64 * n : 64 * n + 64] for n in places)
            else:
                stream = joined(start, table)
            if name in ("Workbook", "Book"):
                found = stream
    return found


def _chain(start: int, table: list[int]) -> list[int]:
    """The sectors of a chain; ValueError where it does not end."""
    found: list[int] = []
    while start != _END:
        if len(found) > len(table):
            raise ValueError("a chain without an end")
        found.append(start)
        start = table[start]
    return found
