"""From a path, bytes or an open file to its bytes, and what kind of file they are."""

from __future__ import annotations

import mmap
import numbers
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from recsys_core import escape
from recsys_core.errors import ReadError
from recsys_core.reading.limits import MAPPED_FROM, MAX_BYTES
from recsys_core.text import Text, later

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[Any]

_SIZE_REMEDY = Text("at most {most} GB is read: bring a part of it", most=MAX_BYTES >> 30)

# First bytes of what people mistake for ratings, and what to do about it.
_REFUSED = (
    (b"\x89PNG", later("is a PNG image"), later("bring the table behind the picture")),
    (b"\xff\xd8\xff", later("is a JPEG image"), later("bring the table behind the picture")),
    (b"GIF8", later("is a GIF image"), later("bring the table behind the picture")),
    (b"RIFF", later("is an image or a recording"), later("bring a table of ratings")),
    (b"BM", later("is a BMP image"), later("bring the table behind the picture")),
    (b"II*\x00", later("is a TIFF image"), later("bring the table behind the picture")),
    (b"%PDF", later("is a PDF document"), later("export its table as CSV")),
    (b"BZh", later("is packed with bzip2"), later("unpack it first")),
    (b"\xfd7zXZ", later("is packed with xz"), later("unpack it first")),
    (b"7z\xbc\xaf", later("is a 7-Zip archive"), later("unpack it first")),
    (b"Rar!", later("is a RAR archive"), later("unpack it first")),
    (b"\x28\xb5\x2f\xfd", later("is packed with zstd"), later("unpack it first")),
    (b"\x89HDF", later("is an HDF5 file"), later("save the table as CSV or Parquet")),
    (b"ARROW1", later("is a Feather file"), later("save it as Parquet or CSV")),
    (b"\x7fELF", later("is a program"), later("bring a table of ratings")),
    (b"MZ", later("is a program"), later("bring a table of ratings")),
)
# Letters of a cell, a column or a file name in a sentence; a list of columns may be longer.
_LONGEST_QUOTE = 300

_TEXT_MARKS = (b"BM", b"MZ", b"RIFF", b"BZh", b"GIF8", b"Rar!")  # could begin a line of text, too
_PICKLE = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
_WIDE_TEXT = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # marks of UTF-16 and UTF-32


def unreadable(sentence: Text) -> ReadError:
    """The error for a person: one line that begins with a capital, whatever it quotes."""
    values = {
        name: value if isinstance(value, Text | numbers.Number) else _quoted(str(value))
        for name, value in sentence.values.items()
    }
    if begins := re.match(r"\{(\w+)\}", sentence.id):
        values[begins[1]] = _begun(values[begins[1]])
    return ReadError(Text(sentence.id, sentence.plural, **values))


def _begun(first: Any) -> str:
    """What a sentence begins with, with a capital; a Text of which the catalogues have both."""
    if isinstance(first, Text):
        return Text(first.id[:1].upper() + first.id[1:], first.plural, **first.values)
    return str(first)[:1].upper() + str(first)[1:]


_THE_FILE = later("the file"), later("The file")


def _quoted(text: str) -> str:
    return escape.brief(text, _LONGEST_QUOTE)


class Mapped(mmap.mmap):
    """The bytes of a large file on disk, which come to memory where they are looked at.

    It answers as bytes do, as far as texts need; ``bytes(mapped)`` is all of it in memory.
    """

    @classmethod
    def of(cls, path: Path) -> Mapped:
        """Map a file for reading."""
        with path.open("rb") as file:
            return cls(file.fileno(), 0, access=mmap.ACCESS_READ)

    def startswith(self, prefix: bytes | tuple[bytes, ...]) -> bool:
        """Whether it begins with a prefix, or one of several."""
        longest = len(prefix) if isinstance(prefix, bytes) else max(map(len, prefix))
        return self[:longest].startswith(prefix)

    def count(self, sub: bytes, start: int = 0, stop: int = sys.maxsize) -> int:
        """How often a single byte comes from ``start`` to ``stop``."""
        stop = min(stop, len(self))
        pieces = (self[at : min(at + _PIECE, stop)] for at in range(start, stop, _PIECE))
        return sum(piece.count(sub) for piece in pieces)

    def let_go(self) -> None:
        """Have what was looked at leave the memory again, where the system can do so."""
        if hasattr(self, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
            self.madvise(mmap.MADV_DONTNEED)


_PIECE = 1 << 20

Bytes = bytes | Mapped


@dataclass(frozen=True)
class Content:
    """A file's bytes and what to call it in messages."""

    data: Bytes
    name: str  # as a person knows it: "ratings.csv"; empty when only bytes were given

    @property
    def said(self) -> str:
        """How a sentence names the file."""
        return f"“{escape.brief(self.name, 80)}”" if self.name else Text(_THE_FILE[0])

    @property
    def stem(self) -> str:
        """The name without its endings, for naming the ratings."""
        stem = Path(self.name).name
        while Path(stem).suffix.lower() in _ENDINGS:
            stem = Path(stem).stem
        return escape.brief(stem, 80) or "ratings"


_ENDINGS = frozenset(".csv .tsv .txt .dat .data .zip .gz .xlsx .parquet .npz .npy .tab".split())


def open_source(source: Source, name: str | None = None) -> Content:
    """The whole content of a path, of bytes, or of an open file (binary or text).

    Raises
    ------
    ReadError
        If there is no such file, it is a folder, empty, too large, or may not be opened.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        content = Content(bytes(source), name or "")
    elif hasattr(source, "read"):
        content = _from_file(source, name)
    else:
        content = _from_path(source, name)
    if len(content.data) > MAX_BYTES:
        raise unreadable(
            Text("{said} is too large; {SIZE_REMEDY}.", said=content.said, SIZE_REMEDY=_SIZE_REMEDY)
        )
    blanks = b"\x00 \t\r\n\xef\xbb\xbf"
    # The beginning first: stripping the whole copies it.
    if not content.data[:4096].strip(blanks) and not bytes(content.data).strip(blanks):
        raise unreadable(
            Text("{said} is empty; check that it was saved and sent whole.", said=content.said)
        )
    return content


def _from_path(source: str | os.PathLike[str], name: str | None) -> Content:
    try:
        path = Path(os.path.expanduser(os.fspath(source)))
        said = f"“{path.name or path}”"
        if path.is_dir():
            raise unreadable(
                Text("{said} is a folder; name the file inside it, or zip the folder.", said=said)
            )
        if not path.exists():
            raise unreadable(
                Text("There is no file “{path}”; check the name and the folder.", path=path)
            )
        if path.stat().st_size > MAX_BYTES:
            raise unreadable(
                Text("{said} is too large; {SIZE_REMEDY}.", said=said, SIZE_REMEDY=_SIZE_REMEDY)
            )
        return Content(_bytes_of(path), name or path.name)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, ReadError):
            raise
        reason = getattr(error, "strerror", None) or "it is not the name of a file"
        shown = str(source)[:80]
        raise unreadable(
            Text(
                "“{shown}” cannot be opened ({reason}); check the name and your rights to it.",
                shown=shown,
                reason=reason,
            )
        ) from None


def _bytes_of(path: Path) -> Bytes:
    """The bytes of a file, mapped where it is a large text; all others are decoded as a whole."""
    if path.is_file() and path.stat().st_size > MAPPED_FROM:
        with path.open("rb") as file:
            is_text = b"\x00" not in file.read(_PIECE)
        if is_text:
            return Mapped.of(path)
    return path.read_bytes()


def _from_file(file: Any, name: str | None) -> Content:
    given = name or getattr(file, "name", None)
    given = Path(given).name if isinstance(given, str) else ""
    try:
        if hasattr(file, "seekable") and file.seekable():
            file.seek(0)  # an upload may have been read once already
        data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        what = f"“{given}”" if given else "the file"
        raise unreadable(
            Text("{what} cannot be read ({error}); open it again.", what=what, error=error)
        ) from None
    return Content(data.encode() if isinstance(data, str) else bytes(data), given)


def kind(content: Content) -> str:
    """What the bytes are: "zip", "gzip", "parquet", "npy" or "text".

    Raises
    ------
    ReadError
        If they are something that holds no readable table; the sentence says what.
    """
    data = content.data
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if data.startswith(b"\x1f\x8b"):
        return "gzip"
    if data.startswith(b"PAR1"):
        return "parquet"
    if data.startswith(b"\x93NUMPY"):
        return "npy"
    if data.startswith(_PICKLE):
        raise unreadable(
            Text(
                "{said} is a Python pickle, which is never opened because it can run "
                "programs; save the table as CSV or Parquet.",
                said=content.said,
            )
        )
    head = data[:65536]
    binary = not data.startswith(_WIDE_TEXT) and _is_binary(head) and not unmarked_wide(head)
    for mark, what, remedy in _REFUSED:
        if data.startswith(mark) and (binary or mark not in _TEXT_MARKS):
            raise unreadable(
                Text(
                    "{said} {what}; {remedy}.",
                    said=content.said,
                    what=Text(what),
                    remedy=Text(remedy),
                )
            )
    if binary:
        raise unreadable(
            Text(
                "{said} is neither text nor a table format known here; bring CSV, Excel, "
                "Parquet, .npz or a MovieLens zip.",
                said=content.said,
            )
        )
    return "text"


def _is_binary(head: bytes) -> bool:
    """Whether bytes hold what text never does: NUL, or many control characters."""
    if b"\x00" in head:
        return True
    control = sum(head.count(code) for code in range(32) if code not in (7, 8, 9, 10, 12, 13, 27))
    return control > 0.02 * len(head)


def unmarked_wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte-order mark, told by where the zero bytes stand; or None.

    Delimiters, digits and ends of line are there in every alphabet, and are half or more zeros.
    """
    head = head[: len(head) // 4 * 4]
    if len(head) < 8 or b"\x00" not in head:
        return None
    zeros = [head[at::4].count(0) * 4 / len(head) for at in range(4)]
    for name, wide in (("utf-32-le", (2, 3)), ("utf-32-be", (0, 1))):
        if all(zeros[at] > 0.99 for at in wide) and sum(zeros) < 3.9:
            return name
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    for name, few, many in (("utf-16-le", even, odd), ("utf-16-be", odd, even)):
        if many > 0.2 and few < 0.02:
            try:
                head.decode(name, "strict" if head[-2:] < b"\xd8" else "ignore")
            except UnicodeError:
                continue
            return name
    return None
