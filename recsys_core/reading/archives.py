"""Zip and gzip, read in memory and with limits; nothing is ever written to the disk.

What a zip says of its files is compared with what they hold while they are unpacked, 1 MiB at a
time: a file that holds more or less than it says, or other bytes, is damaged.
"""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import PurePosixPath
from typing import Any

from recsys_core.errors import ReadError
from recsys_core.reading import budget
from recsys_core.reading.limits import (
    MAX_DICTIONARY,
    MAX_MEMBERS,
    MiB,
    most_unpacked,
)
from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text

_BOMB = "it is refused as a precaution: bring the table itself"
_PIECE = MiB  # the most that is unpacked at once
_INPUT = 64 << 10  # … and what is given to the unpacker, which copies what it has not used yet

# A .gz that can be read from any place is a stream for each 64 KiB: 6 GB are so many.
_MAX_STREAMS = 100_000

_ENTRY = b"PK\x01\x02"  # what begins each entry of a zip's directory
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, lengths of name and extra field

# Ways of packing that are read, and what others are called in a sentence.
_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_OTHER_WAYS = {9: "deflate64", 93: "Zstandard", 95: "xz", 98: "PPMd"}
_ENCRYPTED = 99  # AES; the true way is said elsewhere

_DAMAGE = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error)


class Archive:
    """A zip whose sizes have been checked before anything was unpacked.

    ``names`` lists its files; folders, hidden files and what macOS adds are left out.

    Raises
    ------
    ReadError
        If it is damaged, locked, or unpacks to more than the limits allow.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self._data = memoryview(content.data)
        # Counted before the directory is read, since each entry of it becomes a Python object.
        self._refuse_many(content.data.count(_ENTRY))
        try:
            members = zipfile.ZipFile(io.BytesIO(content.data)).infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
            raise unreadable(
                Text(
                    "{said} is a damaged zip, perhaps cut short on its way; download or copy "
                    "it again.",
                    said=content.said,
                )
            ) from None
        self._refuse_many(len(members))
        total = sum(member.file_size for member in members)
        if total > most_unpacked(len(content.data)):
            raise unreadable(
                Text(
                    "{said} would unpack to {size:,.0f} MB, {ratio:,.0f} times its size; {remedy}.",
                    said=content.said,
                    size=total / 1e6,
                    ratio=total / max(len(content.data), 1),
                    remedy=_BOMB,
                )
            )
        self._members = {m.filename: m for m in members if _is_file(m.filename)}
        self.names = list(self._members)

    def _refuse_many(self, n: int) -> None:
        if n > MAX_MEMBERS:
            raise unreadable(
                Text(
                    "{said} holds {n_given:,} files; bring the one that holds the ratings.",
                    said=self.content.said,
                    n_given=n,
                )
            )

    def find(self, name: str) -> str | None:
        """The path of the file with this base name, nearest the top; None where there is none."""
        wanted = name.lower()
        found = [n for n in self.names if PurePosixPath(n).name.lower() == wanted]
        return min(found, key=lambda n: n.count("/")) if found else None

    def size(self, name: str) -> int:
        """Unpacked size of one file as the zip states it, in bytes."""
        return self._members[name].file_size

    def head(self, name: str, n_bytes: int) -> bytes:
        """The first bytes of one file, at most ``n_bytes``; no more than these is unpacked."""
        found = b""
        try:
            for piece in self._pieces(name):
                found += piece
                if len(found) >= n_bytes:
                    break
        except ReadError:
            raise
        except _DAMAGE:
            raise self._damaged(name) from None
        return found[:n_bytes]

    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises
        ------
        ReadError
            If it is locked, packed in a way not known here, or not what the zip states.
        """
        whole = io.BytesIO()
        for piece in self._checked(name):
            whole.write(piece)
        return whole.getvalue()

    def check(self) -> None:
        """Unpack every file once, keeping nothing, for readers that unpack the zip themselves.

        Raises
        ------
        ReadError
            If one of them is locked, or not what the zip states.
        """
        for name in self.names:
            for _ in self._checked(name):
                pass

    def _checked(self, name: str) -> Iterator[bytes]:
        """The pieces of one file, each paid for; size and checksum are compared at the end."""
        member = self._members[name]
        spent = budget.now()
        size, checksum = 0, 0
        try:
            for piece in self._pieces(name):
                size += len(piece)
                if size > member.file_size:
                    raise ValueError("more than the directory states")
                spent.spend(self.content.said, memory=len(piece))
                spent.at("unpack", size / member.file_size)
                checksum = zlib.crc32(piece, checksum)
                yield piece
            if size != member.file_size or checksum != member.CRC:
                raise ValueError("not what the directory states")
        except ReadError:  # a ValueError with a sentence of its own
            raise
        except _DAMAGE:
            raise self._damaged(name) from None

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Unpack one file piece by piece."""
        member = self._members[name]
        if member.flag_bits & 0x41 or member.compress_type == _ENCRYPTED:
            raise unreadable(
                Text(
                    "“{inside}” in {said} is locked by a password; unpack it and bring "
                    "the file itself.",
                    inside=PurePosixPath(name).name,
                    said=self.content.said,
                )
            )
        begins = member.header_offset
        mark, name_length, extra_length = _LOCAL_HEADER.unpack_from(self._data, begins)
        begins += _LOCAL_HEADER.size + name_length + extra_length
        ends = begins + member.compress_size
        if mark != b"PK\x03\x04" or ends > len(self._data):
            raise ValueError("no file where the directory says")
        packed = self._data[begins:ends]
        way = member.compress_type
        if way == _STORED:
            for at in range(0, len(packed), _PIECE):
                yield bytes(packed[at : at + _PIECE])
        elif way == _DEFLATED:
            yield from inflated(packed, -zlib.MAX_WBITS)
        elif way == _BZIP2:
            yield from _unpacked(bz2.BZ2Decompressor(), packed)
        elif way == _LZMA:
            unpacker, begins = _lzma_of_zip(packed, member.file_size)
            # Without an end mark (flag 2) the stated size is what ends it.
            marked = bool(member.flag_bits & 2)
            yield from _unpacked(unpacker, packed[begins:], None if marked else member.file_size)
        else:
            raise unreadable(
                Text(
                    "“{inside}” in {said} is packed by {way}, which is not read here; unpack it "
                    "and bring the file itself.",
                    inside=PurePosixPath(name).name,
                    said=self.content.said,
                    way=_OTHER_WAYS.get(way, Text("method {way}", way=way)),
                )
            )

    def _damaged(self, name: str) -> ReadError:
        return unreadable(
            Text(
                "“{inside}” in {said} is damaged or packed in an unusual way; "
                "download or pack it again.",
                inside=PurePosixPath(name).name,
                said=self.content.said,
            )
        )


def _is_file(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not name.endswith("/")
        and not any(part.startswith((".", "__MACOSX")) for part in parts)
    )


def inflated(packed: memoryview, wbits: int) -> Generator[bytes, None, int]:
    """Unpack one stream of deflate, at most ``_PIECE`` bytes at a time.

    ``wbits`` as for ``zlib.decompressobj``: −15 without header and checksum, 31 for gzip. Returns
    how many bytes of ``packed`` it took.

    Raises
    ------
    zlib.error
        If it is damaged or cut short.
    """
    unpacker = zlib.decompressobj(wbits)
    for at in range(0, len(packed), _INPUT):
        rest: bytes | memoryview = packed[at : at + _INPUT]
        while rest and not unpacker.eof:
            piece = unpacker.decompress(rest, _PIECE)
            rest = unpacker.unconsumed_tail
            if piece:
                yield piece
        if unpacker.eof:
            return min(at + _INPUT, len(packed)) - len(unpacker.unused_data)
    # All is given, but a full piece may have left some unpacked bytes inside.
    while not unpacker.eof:
        piece = unpacker.decompress(b"", _PIECE)
        if not piece:
            raise zlib.error("cut short")
        yield piece
    return len(packed)


def _unpacked(unpacker: Any, packed: memoryview, size: int | None = None) -> Iterator[bytes]:
    """Unpack bzip2 or LZMA, at most ``_PIECE`` bytes at a time.

    With ``size`` it may end without an end mark once so many bytes were given.

    Raises
    ------
    EOFError
        If it is cut short.
    """
    given = 0
    for at in range(0, len(packed), _INPUT):
        rest: bytes | memoryview = packed[at : at + _INPUT]
        while not unpacker.eof:
            piece = unpacker.decompress(rest, _PIECE)
            rest = b""  # the unpacker keeps what it has not used
            given += len(piece)
            if piece:
                yield piece
            if unpacker.needs_input or not piece:
                break
        if unpacker.eof:
            return
    while not unpacker.eof and (piece := unpacker.decompress(b"", _PIECE)):
        given += len(piece)
        yield piece
    if not unpacker.eof and given != size:
        raise EOFError("cut short")


def _lzma_of_zip(packed: memoryview, size: int) -> tuple[lzma.LZMADecompressor, int]:
    """The unpacker that a zip's own header of LZMA asks for, and where the packed bytes begin.

    A dictionary larger than the file itself is never needed; the header may ask for 4 GiB.

    Raises
    ------
    ValueError, struct.error
        If the header is damaged.
    """
    length, code, dictionary = struct.unpack_from("<2xHBI", packed)
    position, literal = divmod(code, 9)
    position, literal_position = divmod(position, 5)
    if length != 5 or position > 4:
        raise ValueError("no header of LZMA")
    filters = {
        "id": lzma.FILTER_LZMA1,
        "lc": literal,
        "lp": literal_position,
        "pb": position,
        "dict_size": max(4096, min(dictionary, size, MAX_DICTIONARY)),
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[filters]), 4 + length


def gunzip(content: Content) -> Content:
    """What a .gz holds, with the same limits as a zip.

    Raises
    ------
    ReadError
        If it is damaged, or unpacks to more than the limits allow.
    """
    allowed = most_unpacked(len(content.data))
    spent = budget.now()
    whole = io.BytesIO()
    rest = memoryview(content.data)
    try:
        for _ in range(_MAX_STREAMS):  # a .gz may be several, one after the other
            pieces = inflated(rest, zlib.MAX_WBITS | 16)
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as ended:
                    rest = rest[ended.value :]
                    break
                if whole.tell() + len(piece) > allowed:
                    raise unreadable(
                        Text(
                            "{said} unpacks to more than {allowed:,.0f} MB, far more than "
                            "its size suggests; {remedy}.",
                            said=content.said,
                            allowed=allowed / 1e6,
                            remedy=_BOMB,
                        )
                    )
                spent.spend(content.said, memory=len(piece))
                spent.at("unpack", 1 - len(rest) / len(content.data))
                whole.write(piece)
            if len(rest) and rest[0] == 0:  # some programs fill up the last block with zeros
                rest = memoryview(bytes(rest).lstrip(b"\x00"))
            if not len(rest):
                break
        else:
            raise zlib.error("too many pieces")
    except zlib.error:
        raise unreadable(
            Text(
                "{said} is a damaged .gz, perhaps cut short on its way; download or copy it again.",
                said=content.said,
            )
        ) from None
    name = content.name.removesuffix(".gz").removesuffix(".GZ")
    return Content(whole.getvalue(), name)
