"""Copies of the database, made while a server uses it, and brought back.

    n_runs = backup(url, Path("runs-monday.db"))
    aside = restore(Path("runs-monday.db"), url)  # where the one that was there lies now

SQLite alone: of PostgreSQL the sentence names ``pg_dump``.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from recsys_core.errors import StoreError
from recsys_core.experiments import store_tables as tables
from recsys_core.experiments.store_errors import no_address, said, too_new
from recsys_core.extras import needed_for
from recsys_core.text import Text

with needed_for(Text("The database of runs")):
    import sqlalchemy as sql


def backup(url: str, to: Path) -> int:
    """Copy a database into a new file, as it is at one moment; return how many runs are in it.

    Raises
    ------
    StoreError
        If there is no database, or the file is there already or cannot be written.
    """
    source = _file_of(url)
    _check_is_ours(source)
    if to.exists():
        raise StoreError(Text("{file} is there already; name another file.", file=str(to)))
    _copy(source, to)
    with said(str(to)), _opened(to) as copy:
        return int(copy.execute("SELECT count(*) FROM runs").fetchone()[0])


def restore(source: Path, url: str) -> Path | None:
    """Put a copy in the place of a database that no server uses; return where that lies now.

    Raises
    ------
    StoreError
        If the copy is none or damaged, or a program uses the database.
    """
    _check_is_ours(source)
    target, aside = _file_of(url), None
    with said(str(target)):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.exists():
        if target.samefile(source):
            raise StoreError(Text("{file} is the database itself.", file=str(source)))
        _check_unused(target)
        aside = _free_name(target)
    fresh = target.with_name(f"{target.name}.restoring")
    fresh.unlink(missing_ok=True)
    _copy(source, fresh)
    with said(str(target)):
        if aside is not None:
            target.rename(aside)
        fresh.replace(target)
    return aside


def _file_of(url: str) -> Path:
    """The file of a database of SQLite."""
    try:
        address = sql.make_url(url if "://" in url else f"sqlite:///{url}")
    except sql.exc.ArgumentError:
        raise no_address(url) from None
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        raise StoreError(
            Text(
                "{where} is no file: copy a database of PostgreSQL with pg_dump, and bring it back "
                "with pg_restore.",
                where=address.render_as_string(hide_password=True),
            )
        )
    return Path(str(address.database))


def _check_is_ours(path: Path) -> None:
    """Refuse what is no whole database of ours, or one of a newer version."""
    if not path.is_file():
        raise StoreError(Text("There is no database at {file}.", file=str(path)))
    with said(str(path)), _opened(path) as database:
        try:
            [(version,)] = database.execute("SELECT schema_version FROM meta").fetchall()
            whole = database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        except (sqlite3.OperationalError, ValueError) as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR:
                raise  # locked, or on a disk that cannot be read
            version, whole = 0, False
    if not version or not whole:
        raise StoreError(Text("{file} is no database of Factorscope, or damaged.", file=str(path)))
    if version > len(tables.MIGRATIONS):
        raise too_new(str(path))


def _check_unused(path: Path) -> None:
    """Refuse where a program has the database open; else all of it is in its one file now."""
    with said(str(path)), _opened(path) as database:
        try:
            database.execute("PRAGMA journal_mode=DELETE")  # for which nobody else may have it open
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            raise StoreError(
                Text("{file} is in use; stop the server first.", file=str(path))
            ) from None


def _copy(source: Path, to: Path) -> None:
    """Copy a database into a file that is not there, for this user alone; all of it, or nothing."""
    done = False
    with said(str(to)):
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            with _opened(source) as old, _opened(to) as new:
                old.backup(new)
                new.execute("PRAGMA journal_mode=DELETE")  # one file, which can be carried away
            done = True
        finally:
            if not done:
                to.unlink(missing_ok=True)


def _free_name(path: Path) -> Path:
    n = 1
    while (found := path.with_name(f"{path.name}.before-{n}")).exists():
        n += 1
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as database:
        yield database
