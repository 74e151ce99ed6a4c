"""Zip and gzip, read in memory and with limits; nothing is ever written to the disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from recsys_core.reading.limits import (
    MAX_BYTES,
    MAX_MEMBERS,
    MAX_RATIO,
    RATIO_MATTERS_FROM,
)
from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text

_BOMB = "it is refused as a precaution: bring the table itself"


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
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content.data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise unreadable(
                Text(
                    "{said} is a damaged zip, perhaps cut short on its way; download or copy "
                    "it again.",
                    said=content.said,
                )
            ) from None
        if len(members) > MAX_MEMBERS:
            raise unreadable(
                Text(
                    "{said} holds {n_given:,} files; bring the one that holds the ratings.",
                    said=content.said,
                    n_given=len(members),
                )
            )
        total = sum(member.file_size for member in members)
        ratio = total / max(len(content.data), 1)
        if total > MAX_BYTES or (total > RATIO_MATTERS_FROM and ratio > MAX_RATIO):
            raise unreadable(
                Text(
                    "{said} would unpack to {size:,.1f} GB, {ratio:,.0f} times its size; {remedy}.",
                    said=content.said,
                    size=total / 1e9,
                    ratio=ratio,
                    remedy=_BOMB,
                )
            )
        self._members = {m.filename: m for m in members if _is_file(m.filename)}
        self.names = list(self._members)

    def find(self, name: str) -> str | None:
        """The path of the file with this base name, nearest the top; None where there is none."""
        wanted = name.lower()
        found = [n for n in self.names if PurePosixPath(n).name.lower() == wanted]
        return min(found, key=lambda n: n.count("/")) if found else None

    def size(self, name: str) -> int:
        """Unpacked size of one file, in bytes."""
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        member = self._members[name]
        inside = PurePosixPath(name).name
        if member.flag_bits & 1:
            raise unreadable(
                Text(
                    "“{inside}” in {said} is locked by a password; unpack it and bring "
                    "the file itself.",
                    inside=inside,
                    said=self.content.said,
                )
            )
        try:
            with self._zip.open(member) as file:
                # zipfile stops at the size the directory states, which has been checked.
                return file.read(MAX_BYTES)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
            raise unreadable(
                Text(
                    "“{inside}” in {said} is damaged or packed in an unusual way; "
                    "download or pack it again.",
                    inside=inside,
                    said=self.content.said,
                )
            ) from None


def _is_file(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not name.endswith("/")
        and not any(part.startswith((".", "__MACOSX")) for part in parts)
    )


def gunzip(content: Content) -> Content:
    """What a .gz holds, with the same limits as a zip."""
    allowed = min(MAX_BYTES, max(RATIO_MATTERS_FROM, MAX_RATIO * len(content.data)))
    pieces: list[bytes] = []
    size = 0
    rest = content.data
    try:
        while rest:  # a .gz may be several, one after the other
            unpacker = zlib.decompressobj(wbits=31)
            piece = unpacker.decompress(rest, allowed + 1 - size)
            size += len(piece)
            if size > allowed:
                raise unreadable(
                    Text(
                        "{said} unpacks to more than {allowed:,.1f} GB, far more than "
                        "its size suggests; {remedy}.",
                        said=content.said,
                        allowed=allowed / 1e9,
                        remedy=_BOMB,
                    )
                )
            if not unpacker.eof:
                raise zlib.error("cut short")
            pieces.append(piece)
            if len(pieces) > MAX_MEMBERS:
                raise zlib.error("too many pieces")
            rest = unpacker.unused_data.lstrip(b"\x00")
    except zlib.error:
        raise unreadable(
            Text(
                "{said} is a damaged .gz, perhaps cut short on its way; download or copy it again.",
                said=content.said,
            )
        ) from None
    name = content.name.removesuffix(".gz").removesuffix(".GZ")
    return Content(b"".join(pieces), name)
