"""What a database refuses, in one sentence that names it and the remedy."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from recsys_core import escape
from recsys_core.errors import StoreError
from recsys_core.extras import needed_for
from recsys_core.text import Text, later

with needed_for(Text("The database of runs")):
    import sqlalchemy as sql

# Names the database.
VARIABLE = "FACTORSCOPE_DB"


@contextlib.contextmanager
def said(where: str) -> Iterator[None]:
    """Say what a database, called ``where``, refuses inside.

    Raises
    ------
    StoreError
        If it is locked, full, cannot be written to or reached, or is damaged.
    """
    try:
        yield
    except (sql.exc.IntegrityError, sql.exc.DataError):
        raise  # a mistake of ours, which no waiting mends
    except (sql.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StoreError(_sentence(error, where)) from error


def check_there(there: bool, where: str) -> None:
    """Refuse to write to a file that is no longer where it was.

    Raises
    ------
    StoreError
        If it is not ``there``.
    """
    if not there:
        raise StoreError(Text("{where} was moved or deleted while it was in use.", where=where))


def no_address(url: str) -> StoreError:
    """What is said of an address that is none; without its password."""
    return StoreError(
        Text(
            "“{url}” is no address of a database; write sqlite:///FILE or "
            "postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
            url=_without_password(url),
        )
    )


def too_new(where: str) -> StoreError:
    """What an older program says of a newer database."""
    return StoreError(
        Text(
            "{where} was written by a newer version of Factorscope; update this one, or name "
            "another database in {variable}.",
            where=where, variable=VARIABLE,
        )
    )  # fmt: skip


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url


def _sentence(error: Exception, where: str) -> Text:
    """What a database refused, in one sentence."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        code = (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF
        if code in _SQLITE_SAYS:
            return Text(_SQLITE_SAYS[code], where=where, variable=VARIABLE)
    elif isinstance(cause, OSError) or type(cause).__module__.startswith("psycopg"):
        if isinstance(cause, OSError) or isinstance(error, sql.exc.OperationalError):
            return Text(
                "{where} cannot be reached; check that it is there and may be used, or name "
                "another database in {variable}.",
                where=where, variable=VARIABLE,
            )  # fmt: skip
    first = str(cause).strip().partition("\n")[0]
    return Text("{where} refused: {why}.", where=where, why=escape.brief(first, 200).rstrip("."))


_SQLITE_SAYS = {
    sqlite3.SQLITE_BUSY: later("{where} is locked by another program; wait, or close that one."),
    sqlite3.SQLITE_LOCKED: later("{where} is locked by another program; wait, or close that one."),
    sqlite3.SQLITE_FULL: later(
        "There is no room left for {where}; free some, or name another database in {variable}."
    ),
    sqlite3.SQLITE_READONLY: later(
        "{where} cannot be written to; change its permissions, or name another database in "
        "{variable}."
    ),
    sqlite3.SQLITE_CANTOPEN: later(
        "{where} cannot be opened; check that its folder is there and may be written to, or name "
        "another database in {variable}."
    ),
    sqlite3.SQLITE_IOERR: later(
        "{where} cannot be read or written; check the disk, or name another database in {variable}."
    ),
    sqlite3.SQLITE_NOTADB: later(
        "{where} is no database, or damaged; move it away, or name another one in {variable}."
    ),
    sqlite3.SQLITE_CORRUPT: later(
        "{where} is damaged; move it away, or name another database in {variable}."
    ),
}
