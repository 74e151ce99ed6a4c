"""From a file of any kind to its cells, through zips and .gz."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from recsys_core.ratings import Ratings
from recsys_core.reading import arrays, grouplens, parquet, tables
from recsys_core.reading.archives import Archive, gunzip
from recsys_core.reading.folders import Folder
from recsys_core.reading.sources import Content, kind, unreadable
from recsys_core.reading.text import TextCells
from recsys_core.text import Text

Cells = TextCells | tables.SheetCells | tables.FrameCells


Pack = Archive | Folder


@dataclass(frozen=True, eq=False)
class Inside:
    """What was brought: one table, GroupLens' ratings, or a choice of several tables.

    ``member`` is the one guessed; None where there is nothing to choose, or where several of
    ``members`` are ``parts`` of one table.
    """

    content: Content
    form: str  # "text", "excel", "parquet", "npz", "npy", "several" or "grouplens"
    pack: Pack | None = None
    ratings: Ratings | None = None
    member: str | None = None
    members: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def inside(brought: Content | Folder) -> Inside:
    """Look into a file: unpack a .gz, list the tables of a zip, read what GroupLens made."""
    if isinstance(brought, Folder):
        return _several(brought)
    form = kind(brought)
    if form == "gzip":
        brought = gunzip(brought)
        form = kind(brought)
        if form in ("zip", "gzip"):
            raise unreadable(
                Text("{said} is packed twice; unpack it once first.", said=brought.said)
            )
    if form != "zip":
        return Inside(brought, form)
    archive = Archive(brought)
    if packed := _packed_table(archive):
        return Inside(brought, packed, archive)
    return _several(archive)


def _several(pack: Pack) -> Inside:
    if (known := grouplens.layout(pack)) is not None:
        return Inside(pack.content, "grouplens", pack, grouplens.read(pack, known))
    members = _tables(pack)
    likely = tuple(name for name in members if "rating" in PurePosixPath(name).name.lower())
    likely = likely or members
    if _are_parts(pack, likely):
        return Inside(pack.content, "several", pack, members=members, parts=likely)
    member = max(likely, key=pack.size)
    return Inside(pack.content, "several", pack, None, member, members)


def _are_parts(pack: Pack, members: tuple[str, ...]) -> bool:
    """Whether files are parts of one table: texts that begin with the same line of names."""
    if len(members) < 2 or sum(map(pack.size, members)) > _COMPARED:
        return False
    first = _first_line(pack, members[0])
    return bool(first) and all(_first_line(pack, name) == first for name in members[1:])


def _first_line(pack: Pack, name: str) -> bytes:
    """The first line of a text, b"" of anything else and of a line of numbers alone."""
    head = pack.read(name)[:MAX_HEAD]
    line = head.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n")[0].strip()
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
    inner = Content(pack.read(name), PurePosixPath(name).name)
    if not inner.data.strip():
        raise unreadable(
            Text("“{name}” in {said} is empty; choose another file.", name=inner.name, said=said)
        )
    form = kind(inner)
    if form == "gzip" and isinstance(pack, Folder):
        inner = gunzip(inner)
        form = kind(inner)
    if form not in ("zip", "gzip"):
        return Inside(inner, form)
    # No archive in an archive, however it is called: some hold themselves.
    archive = Archive(inner) if form == "zip" else None
    packed = archive and _packed_table(archive)
    if not packed:
        raise unreadable(
            Text(
                "“{name}” in {said} is itself packed; unpack it first.", name=inner.name, said=said
            )
        )
    return Inside(inner, packed, archive)


def cells(
    found: Inside,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    first_line: int | None,
) -> Cells:
    """The cells of the one table that was found."""
    if found.form == "excel":
        return tables.SheetCells(found.content, sheet)
    if found.form == "npz":
        assert isinstance(found.pack, Archive)
        return arrays.npz(found.pack)
    if found.form == "parquet":
        return parquet.parquet(found.content)
    if found.form == "npy":
        return arrays.npy(found.content)
    return TextCells(found.content, encoding, delimiter, first_line)


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


def _packed_table(archive: Archive) -> str:
    """The table format that is itself a zip; "" for any other zip."""
    if archive.find("[Content_Types].xml"):
        return "excel"
    if archive.names and all(name.endswith(".npy") for name in archive.names):
        return "npz"
    return ""


# Files of more bytes together are not opened merely to compare how they begin.
_COMPARED = 64 << 20
MAX_HEAD = 1 << 16

_TABLES = (".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".xlsx", ".parquet", ".npz", ".npy")


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
