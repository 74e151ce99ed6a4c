"""From a file of any kind to its cells, through zips and .gz."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import PurePosixPath

from recsys_core.ratings import Ratings
from recsys_core.reading import arrays, formats, grouplens, parquet, people, tables
from recsys_core.reading.archives import Archive, gunzip
from recsys_core.reading.dialect import encoding_of
from recsys_core.reading.folders import Folder
from recsys_core.reading.formats import Format, refused
from recsys_core.reading.sources import Bytes, Content, kind, unreadable
from recsys_core.reading.text import TextCells
from recsys_core.text import Text

Cells = TextCells | tables.FrameCells | formats.RecordCells

Pack = Archive | Folder


@dataclass(frozen=True, eq=False)
class Inside:
    """What was brought: one table, GroupLens' ratings, or a choice of several tables.

    ``member`` is the one guessed; None where there is nothing to choose, or where several of
    ``members`` are ``parts`` of one table. ``format`` reads what is no plain table.
    """

    content: Content
    form: str  # "text", "parquet", "npz", "npy", a format's code, "several" or "grouplens"
    pack: Pack | None = None
    ratings: Ratings | None = None
    member: str | None = None
    members: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    named: bool = False  # the name of the member guessed says that it holds ratings
    format: Format | None = None


def inside(brought: Content | Folder) -> Inside:
    """Look into a file: unpack a .gz, list the tables of a zip, read what GroupLens made.

    Raises
    ------
    ReadError
        If it is a file of a kind that is not read; the sentence names it.
    """
    if isinstance(brought, Folder):
        return _several(brought)
    form = _form(brought)
    if form == "gzip":
        brought = gunzip(brought)
        form = _form(brought)
        if form in ("zip", "gzip"):
            raise unreadable(
                Text("{said} is packed twice; unpack it once first.", said=brought.said)
            )
    if form != "zip":
        return _single(brought, form)
    archive = Archive(brought)
    return _packed_table(archive) or _several(archive)


def _form(content: Content) -> str:
    """What kind of file it is: of ``sources.kind``, or "format" where one of these reads it."""
    begins = content.data[:MAX_HEAD]
    if formats.of_bytes(begins) is not None:
        return "format"
    if (sentence := refused.sentence(begins, content.name, content.said)) is not None:
        raise unreadable(sentence)
    return kind(content)


def _single(content: Content, form: str) -> Inside:
    """A file that is no archive."""
    if form == "format":
        found = formats.of_bytes(content.data[:MAX_HEAD])
        assert found is not None
        return Inside(content, found.code, format=found)
    if form == "text":
        encoding = encoding_of(content)
        head = encoding.decode(content.data[:MAX_HEAD]).removeprefix("\ufeff")
        if (known := formats.recognised(head, content.name)) is not None:
            return Inside(content, known.code, format=known)
        if (sentence := refused.text_sentence(head, content.said)) is not None:
            raise unreadable(sentence)
    return Inside(content, form)


def _several(pack: Pack) -> Inside:
    if (known := grouplens.layout(pack)) is not None:
        return Inside(pack.content, "grouplens", pack, grouplens.read(pack, known))
    members = _tables(pack)
    likely = tuple(name for name in members if "rating" in PurePosixPath(name).name.lower())
    named = bool(likely)
    likely = likely or members
    if _are_parts(pack, likely):
        return Inside(pack.content, "several", pack, members=members, parts=likely)
    member = max(likely, key=pack.size)
    return Inside(pack.content, "several", pack, None, member, members, named=named)


def _are_parts(pack: Pack, members: tuple[str, ...]) -> bool:
    """Whether files are parts of one table: Parquet, or texts with the same line of names."""
    if len(members) < 2 or sum(map(pack.size, members)) > _COMPARED:
        return False
    if all(name.lower().endswith(".parquet") for name in members):
        return True
    lines = {_first_line(pack, name) for name in members}
    return b"" not in lines and (len(lines) == 1 or _are_exports(lines))


def _are_exports(lines: set[bytes]) -> bool:
    """Whether lines of names are those of one service, which changes them now and then."""
    named = [next(csv.reader([line.decode("utf-8", "replace")])) for line in lines]
    exports = {id(people.known(names)) for names in named}
    return len(exports) == 1 and people.known(named[0]) is not None


def _first_line(pack: Pack, name: str) -> bytes:
    """The first line of a text, b"" of anything else and of a line of numbers alone."""
    head = pack.read(name)[:MAX_HEAD]
    line = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")[0].partition(b"\r")[0].strip()
    return line if b"\x00" not in head and any(byte >= 65 for byte in line) else b""


def chosen(found: Inside, member: str | None) -> tuple[Inside, ...]:
    """The table chosen among those inside, or all parts of one where none was."""
    if found.pack is None or found.form != "several":
        return (found,)
    member = found.member if member is None else member
    if member is not None and member not in found.members:
        raise unreadable(
            Text(
                "{said} holds no table “{member}”; choose one of {names}.",
                said=found.content.said,
                member=member,
                names=", ".join(found.members[:9]),
            )
        )
    return tuple(
        _member(found.pack, name)
        for name in ((found.parts or found.members) if member is None else [member])
    )


def _member(pack: Pack, name: str) -> Inside:
    said = pack.content.said
    data = pack.read(name)
    inner = Content(data, PurePosixPath(name).name)
    if not data.strip():
        raise unreadable(
            Text("“{name}” in {said} is empty; choose another file.", name=inner.name, said=said)
        )
    form = _form(inner)
    if form == "gzip" and isinstance(pack, Folder):
        inner = gunzip(inner)
        form = _form(inner)
    if form not in ("zip", "gzip"):
        return _single(inner, form)
    # No archive in an archive, however it is called: some hold themselves.
    packed = _packed_table(Archive(inner)) if form == "zip" else None
    if packed is None:
        raise unreadable(
            Text(
                "“{name}” in {said} is itself packed; unpack it first.", name=inner.name, said=said
            )
        )
    return packed


def cells(
    found: Inside,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    first_line: int | None,
) -> Cells:
    """The cells of the one table that was found."""
    content = found.content
    if found.format is not None:
        data = _as_utf8(content, encoding) if found.format in formats.TEXTS else content.data
        whole = data if found.format in formats.BY_BLOCKS else bytes(data)
        return found.format.read(whole, content.said, sheet)
    if found.form == "npz":
        assert isinstance(found.pack, Archive)
        return arrays.npz(found.pack)
    if found.form == "parquet":
        return parquet.parquet(content)
    if found.form == "npy":
        return arrays.npy(content)
    return TextCells(content, encoding, delimiter, first_line)


def _as_utf8(content: Content, encoding: str | None) -> Bytes:
    """A text as UTF-8, without a byte-order mark."""
    found = encoding_of(content, encoding)
    if found.name == "utf-8":
        marked = content.data.startswith(b"\xef\xbb\xbf")
        return content.data[3:] if marked else content.data
    pieces = found.pieces(content.data, 0, len(content.data))
    text = b"".join(piece.encode("utf-8", "replace") for piece in pieces)
    return text.removeprefix("\ufeff".encode())


def all_cells(
    found: tuple[Inside, ...],
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    first_line: int | None,
) -> tuple[Cells, ...]:
    """The cells of a table or of its parts, which are written as the first one is."""
    if all(one.form == "parquet" for one in found):
        return (parquet.parquet(*(one.content for one in found)),)
    first = cells(found[0], sheet, encoding, delimiter, first_line)
    if isinstance(first, TextCells):
        encoding, delimiter = first.encoding, first.delimiter
    rest = (cells(one, sheet, encoding, delimiter, first_line) for one in found[1:])
    return (first, *rest)


def _packed_table(archive: Archive) -> Inside | None:
    """The table of a format that is itself a zip; None for any other zip."""
    found = formats.of_bytes(b"", archive.names)
    if found is not None:
        archive.check()  # what reads it unpacks it by itself, and believes what it states
        return Inside(archive.content, found.code, archive, format=found)
    if archive.names and all(name.endswith(".npy") for name in archive.names):
        return Inside(archive.content, "npz", archive)
    return None


# Files of more bytes together are not opened merely to compare how they begin.
_COMPARED = 64 << 20
MAX_HEAD = 1 << 16

_TABLES = (
    ".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods",
    ".parquet", ".npz", ".npy", ".json", ".jsonl", ".ndjson", ".mtx", ".mat", ".db", ".sqlite",
    ".sqlite3", ".html", ".htm", ".md",
)  # fmt: skip


def _tables(pack: Pack) -> tuple[str, ...]:
    """The files that could be tables; ReadError where there is none."""
    members = [
        name
        for name in pack.names
        if name.lower().endswith(_TABLES) and "readme" not in name.lower()
    ]
    if not members:
        inside = ", ".join(PurePosixPath(name).name for name in pack.names[:5]) or "nothing"
        zips = any(name.lower().endswith((".zip", ".gz")) for name in pack.names)
        remedy = "unpack it first" if zips else "bring a zip with a CSV, Excel or Parquet file"
        raise unreadable(
            Text(
                "{said} holds no table of ratings but {inside}; {remedy}.",
                said=pack.content.said,
                inside=inside,
                remedy=remedy,
            )
        )
    return tuple(members)
