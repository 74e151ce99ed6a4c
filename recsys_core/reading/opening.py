"""From a file of any kind to its cells, through zips and .gz."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from recsys_core.ratings import Ratings
from recsys_core.reading import arrays, grouplens, parquet, tables
from recsys_core.reading.archives import Archive, gunzip
from recsys_core.reading.sources import Content, kind, unreadable
from recsys_core.reading.text import TextCells
from recsys_core.text import Text

Cells = TextCells | tables.SheetCells | tables.FrameCells


def opened(content: Content, changes: dict[str, Any], found: dict[str, Any]) -> Cells | Ratings:
    """The cells of whatever it is; the ratings at once where GroupLens made it.

    The table chosen inside a zip, and those that could be, are noted in ``found``.
    """
    form = kind(content)
    if form == "gzip":
        content = gunzip(content)
        form = kind(content)
        if form in ("zip", "gzip"):
            raise unreadable(
                Text("{said} is packed twice; unpack it once first.", said=content.said)
            )
    if form == "zip":
        archive = Archive(content)
        if (cells := _packed_table(archive, changes)) is not None:
            return cells
        if (known := grouplens.layout(archive)) is not None:
            return grouplens.read(archive, known)
        return _member(archive, changes, found)
    return _table(content, form, changes)


def _packed_table(archive: Archive, changes: dict[str, Any]) -> Cells | None:
    """The cells of a table format that is itself a zip; None for any other zip."""
    if archive.find("[Content_Types].xml"):
        return tables.SheetCells(archive.content, changes.get("sheet"))
    if archive.names and all(name.endswith(".npy") for name in archive.names):
        return arrays.npz(archive)
    return None


def _table(content: Content, form: str, changes: dict[str, Any]) -> Cells:
    if form == "parquet":
        return parquet.parquet(content)
    if form == "npy":
        return arrays.npy(content)
    return TextCells(content, changes.get("encoding"), changes.get("delimiter"))


_TABLES = (".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".xlsx", ".parquet", ".npz", ".npy")


def _member(archive: Archive, changes: dict[str, Any], found: dict[str, Any]) -> Cells:
    """The table inside an ordinary zip: the chosen one, one called ratings, or the largest."""
    said = archive.content.said
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
                said=said,
                inside=inside,
                remedy=remedy,
            )
        )
    likely = [name for name in members if "rating" in PurePosixPath(name).name.lower()]
    member = changes.get("member", max(likely or members, key=archive.size))
    if member not in members:
        raise unreadable(
            Text(
                "{said} holds no table “{member}”; choose one of {names}.",
                said=said,
                member=member,
                names=", ".join(members[:9]),
            )
        )
    inner = Content(archive.read(member), PurePosixPath(member).name)
    if not inner.data.strip():
        raise unreadable(
            Text("“{name}” in {said} is empty; choose another file.", name=inner.name, said=said)
        )
    found |= {"member": member, "members": tuple(members)}
    form = kind(inner)
    if form not in ("zip", "gzip"):
        return _table(inner, form, changes)
    # No archive in an archive, however it is called: some hold themselves.
    cells = _packed_table(Archive(inner), changes) if form == "zip" else None
    if cells is None:
        raise unreadable(
            Text(
                "“{name}” in {said} is itself packed; unpack it first.", name=inner.name, said=said
            )
        )
    return cells
