"""Several files at once: a folder, or a list of files; seen as an archive is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from recsys_core.reading import web
from recsys_core.reading.limits import MAX_BYTES, MAX_MEMBERS
from recsys_core.reading.sources import Content, Source, open_source, unreadable
from recsys_core.text import Text


def brought(
    source: Source | Sequence[Source] | Content | Folder, name: str | None = None
) -> Content | Folder:
    """What a person brought: one file, or several, as a list or a folder.

    Raises
    ------
    ReadError
        If a file cannot be opened, is empty or too large, or there are too many.
    """
    if isinstance(source, Content | Folder):
        return source
    if isinstance(source, list | tuple):
        if not source:
            raise unreadable(Text("There is no file in the list; name at least one."))
        if len(source) > 1:
            _counted(len(source), "the list")
            return of_contents([open_source(one) for one in source])
        source = source[0]
    if isinstance(source, str) and web.is_address(source):
        return web.fetched(source)
    if isinstance(source, str | os.PathLike):
        path = Path(os.path.expanduser(os.fspath(source)))
        try:
            if path.is_dir():
                return of_folder(path)
        except (OSError, ValueError):
            pass  # a text that is no path: the next line says so
    return open_source(source, name)  # type: ignore[arg-type]


class Folder:
    """Files by name: ``find``, ``size`` and ``read`` as of an ``Archive``.

    ``content`` names the whole in sentences and holds nothing.
    """

    def __init__(self, content: Content, files: dict[str, Path | bytes]) -> None:
        self.content = content
        self._files = files
        self.names = list(files)

    def find(self, name: str) -> str | None:
        """The path of the file with this base name, nearest the top; None where there is none."""
        wanted = name.lower()
        found = [n for n in self.names if PurePosixPath(n).name.lower() == wanted]
        return min(found, key=lambda n: n.count("/")) if found else None

    def size(self, name: str) -> int:
        """Size of one file, in bytes."""
        file = self._files[name]
        return len(file) if isinstance(file, bytes) else file.stat().st_size

    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises
        ------
        ReadError
            If it cannot be opened, or is too large.
        """
        file = self._files[name]
        if isinstance(file, bytes):
            return file
        try:
            if file.stat().st_size <= MAX_BYTES:
                return file.read_bytes()
        except OSError:
            raise unreadable(
                Text(
                    "“{name}” in {said} cannot be opened; check your rights to it.",
                    name=name,
                    said=self.content.said,
                )
            ) from None
        raise unreadable(
            Text(
                "“{name}” in {said} is too large; bring a part of it.",
                name=name,
                said=self.content.said,
            )
        )


def of_folder(path: Path) -> Folder:
    """The files of a folder and of those in it; hidden ones are left out, links not followed.

    Raises
    ------
    ReadError
        If there are none, or too many.
    """
    content = Content(b"", path.name or str(path))
    files: dict[str, Path | bytes] = {}
    for top, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(top, name)
            if not name.startswith(".") and file.is_file():
                files[file.relative_to(path).as_posix()] = file
        _counted(len(files), content.said)
    if not files:
        raise unreadable(Text("{said} is a folder without files; name another.", said=content.said))
    return Folder(content, files)


def of_named(files: Sequence[tuple[str, bytes]]) -> Content | Folder:
    """Files by name and bytes, as an upload gives them.

    Raises
    ------
    ReadError
        If one is empty, they are too large together, or too many.
    """
    contents = [open_source(data, name) for name, data in files]
    return contents[0] if len(contents) == 1 else of_contents(contents)


def of_contents(contents: Sequence[Content]) -> Folder:
    """Files that were brought together; two of one name are told apart by a number."""
    names = [content.name or f"file {at}" for at, content in enumerate(contents, 1)]
    files: dict[str, Path | bytes] = {}
    for name, content in zip(_distinct(names), contents, strict=True):
        files[name] = bytes(content.data)
    name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    whole = Content(b"", name)
    _counted(len(files), whole.said)
    if sum(len(content.data) for content in contents) > MAX_BYTES:
        raise unreadable(
            Text(
                "{said} are too large together; at most {most} GB is read: bring fewer.",
                said=whole.said,
                most=MAX_BYTES >> 30,
            )
        )
    return Folder(whole, files)


def _distinct(names: Sequence[str]) -> list[str]:
    """File names, none twice: “a.csv”, “a (2).csv”."""
    found: list[str] = []
    for name in names:
        path, n, other = PurePosixPath(name), 1, name
        while other in found:
            n += 1
            other = f"{path.stem} ({n}){path.suffix}"
        found.append(other)
    return found


def _counted(n: int, said: str) -> None:
    if n > MAX_MEMBERS:
        raise unreadable(
            Text(
                "{said} holds more than {most:,} files; bring those that hold the ratings.",
                said=said,
                most=MAX_MEMBERS,
            )
        )
