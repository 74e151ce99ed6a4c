"""From a file of any kind to its cells, through zips and .gz."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from recsys_core.ratings import Ratings
from recsys_core.reading import arrays, grouplens, tables
from recsys_core.reading.archives import Archive, gunzip
from recsys_core.reading.sources import Content, kind, unreadable
from recsys_core.reading.text import TextCells
from recsys_core.text import Text

Cells = TextCells | tables.SheetCells | tables.FrameCells


@dataclass(frozen=True, eq=False)
class Inside:
    """What a file holds: one table, a choice of several (``members``), or GroupLens' ratings.

    ``member`` is the one guessed, "" where there is nothing to choose.
    """

    content: Content
    form: str  # "text", "excel", "parquet", "npz", "npy", "zip" or "grouplens"
    archive: Archive | None = None
    ratings: Ratings | None = None
    member: str = ""
    members: tuple[str, ...] = ()


def inside(content: Content) -> Inside:
    """Look into a file: unpack a .gz, list the tables of a zip, read what GroupLens made."""
    form = kind(content)
    if form == "gzip":
        content = gunzip(content)
        form = kind(content)
        if form in ("zip", "gzip"):
            raise unreadable(
                Text("{said} is packed twice; unpack it once first.", said=content.said)
            )
    if form != "zip":
        return Inside(content, form)
    archive = Archive(content)
    if packed := _packed_table(archive):
        return Inside(content, packed, archive)
    if (known := grouplens.layout(archive)) is not None:
        return Inside(content, "grouplens", archive, grouplens.read(archive, known))
    members = _tables(archive)
    likely = [name for name in members if "rating" in PurePosixPath(name).name.lower()]
    member = max(likely or members, key=archive.size)
    return Inside(content, "zip", archive, None, member, members)


def chosen(found: Inside, member: str | None) -> Inside:
    """The table chosen among those inside: the one guessed where nothing was said."""
    if found.form != "zip" or found.archive is None:
        return found
    said = found.content.said
    member = found.member if member is None else member
    if member not in found.members:
        raise unreadable(
            Text(
                "{said} holds no table “{member}”; choose one of {names}.",
                said=said,
                member=member,
                names=", ".join(found.members[:9]),
            )
        )
    inner = Content(found.archive.read(member), PurePosixPath(member).name)
    if not inner.data.strip():
        raise unreadable(
            Text("“{name}” in {said} is empty; choose another file.", name=inner.name, said=said)
        )
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


def cells(found: Inside, sheet: str | None, encoding: str | None, delimiter: str | None) -> Cells:
    """The cells of the one table that was found."""
    if found.form == "excel":
        return tables.SheetCells(found.content, sheet)
    if found.form == "npz":
        assert found.archive is not None
        return arrays.npz(found.archive)
    if found.form == "parquet":
        return tables.parquet(found.content)
    if found.form == "npy":
        return arrays.npy(found.content)
    return TextCells(found.content, encoding, delimiter)


def _packed_table(archive: Archive) -> str:
    """The table format that is itself a zip; "" for any other zip."""
    if archive.find("[Content_Types].xml"):
        return "excel"
    if archive.names and all(name.endswith(".npy") for name in archive.names):
        return "npz"
    return ""


_TABLES = (".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".xlsx", ".parquet", ".npz", ".npy")


def _tables(archive: Archive) -> tuple[str, ...]:
    """The files of an ordinary zip that could be tables; ReadError where there is none."""
    members = [
        name
        for name in archive.names
        if name.lower().endswith(_TABLES) and "readme" not in name.lower()
    ]
    if not members:
        inside = ", ".join(PurePosixPath(name).name for name in archive.names[:5]) or "nothing"
        zips = any(name.lower().endswith((".zip", ".gz")) for name in archive.names)
        remedy = "unpack it first" if zips else "bring a zip with a CSV, Excel or Parquet file"
        raise unreadable(
            Text(
                "{said} holds no table of ratings but {inside}; {remedy}.",
                said=archive.content.said,
                inside=inside,
                remedy=remedy,
            )
        )
    return tuple(members)
