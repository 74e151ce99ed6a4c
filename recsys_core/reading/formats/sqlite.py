"""SQLite files: the table most like ratings, read from memory and never changed."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import pandas as pd

from recsys_core.reading import budget
from recsys_core.reading.formats.rows import NamedCells, chosen_table, likeness
from recsys_core.reading.limits import MAX_CELLS, MAX_COLUMNS, MAX_LABEL, MAX_ROWS
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "sqlite"

_MARK = b"SQLite format 3\x00"
_MOST_TABLES = 100
# Seconds of computing, and bytes for which there is one more: a view may be written so that it
# never ends, and pages of a damaged file may lead in a circle.
_SECONDS, _BYTES_A_SECOND, _MOMENT = 4, 1_000_000, 0.5
_LONGEST = 1_000_000  # bytes of a cell


def recognised(data: bytes) -> bool:
    """Whether bytes are a SQLite database."""
    return data.startswith(_MARK)


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """One table or view; by itself the one most like ratings, of equals the largest.

    Raises
    ------
    ReadError
        If the database is damaged, or has no table of two columns that holds rows.
    """
    # A database in WAL mode (bytes 18 and 19 are 2) opens only beside its log; 1 is without.
    image = data[:18] + b"\x01\x01" + data[20:]
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(image)
        seconds = min(_SECONDS + len(data) // _BYTES_A_SECOND, 60)
        began = time.thread_time()
        _restrict(connection, said, seconds)
        tables = _tables(connection)
        if not tables:
            raise unreadable(
                Text(
                    "{said} is a database without a table of two columns that holds rows.",
                    said=said,
                )
            )
        guess = max(tables, key=lambda name: tables[name])
        chosen = chosen_table(table, list(tables), said, guess)
        frame = _frame(connection, chosen, said)
        return NamedCells(frame, said, CODE, sheet=chosen, sheets=tuple(tables))
    except (sqlite3.Error, OverflowError, MemoryError, UnicodeError) as error:  # or a name
        if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
            budget.now().spend(said)  # perhaps it is the time of the whole file that is over
            raise unreadable(
                Text(
                    "A table of {said} takes more than {seconds} seconds to read; export the "
                    "ratings as CSV.",
                    said=said,
                    seconds=seconds,
                )
            ) from None
        raise unreadable(
            Text(
                "{said} is a damaged or locked SQLite database; export the table of ratings as "
                "CSV.",
                said=said,
            )
        ) from None
    finally:
        budget.now().queries += time.thread_time() - began
        connection.close()


def _restrict(connection: sqlite3.Connection, said: str, seconds: float) -> None:
    """Allow reading only, for a while: a file may hold views and triggers of any kind.

    Several databases of one archive have that time together, and each a moment.
    """
    spent = budget.now()
    ends = time.thread_time() + max(seconds - spent.queries, _MOMENT)
    over = time.monotonic() + spent.seconds

    def text(data: bytes) -> str:
        data = data[: 4 * MAX_LABEL + 4]  # a view may make long texts of nothing
        spent.spend(said, memory=30 + len(data))
        return data.decode("utf-8", "replace")

    connection.text_factory = text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, MAX_COLUMNS)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA query_only = ON")
    connection.set_progress_handler(
        lambda: time.thread_time() > ends or time.monotonic() > over, 100_000
    )
    allowed = {
        sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }  # fmt: skip

    def authorize(action: int, *about: Any) -> int:
        if action == sqlite3.SQLITE_FUNCTION and about[1] == "load_extension":
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)


def _tables(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """The tables that may hold ratings: how much they are like it, and how many rows they have."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        " AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        " ORDER BY type, rowid LIMIT ?",
        (_MOST_TABLES,),
    ).fetchall()
    found = {}
    for (name,) in names:
        try:
            columns, rows = _selected(connection, name, "LIMIT 50")
            first = rows.fetchall()
            if len(columns) < 2 or not first:
                continue
            (n_rows,) = connection.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {_quoted(name)} LIMIT {MAX_ROWS})"
            ).fetchone()
        except sqlite3.DatabaseError as error:
            if "interrupted" in str(error) or len(names) == 1:
                raise
            continue  # a view of a table that is not there
        found[name] = likeness(columns, first), n_rows
    return found


def _selected(
    connection: sqlite3.Connection, name: str, limit: str = ""
) -> tuple[list[str], sqlite3.Cursor]:
    """The columns of a table, and its rows; blobs, which may be large, are empty ones."""
    none = connection.execute(f"SELECT * FROM {_quoted(name)} LIMIT 0")
    columns = [about[0] for about in none.description]
    cells = ", ".join(
        f"CASE typeof({column}) WHEN 'blob' THEN x'' ELSE {column} END"
        for column in map(_quoted, columns)
    )
    return columns, connection.execute(f"SELECT {cells} FROM {_quoted(name)} {limit}")


def _frame(connection: sqlite3.Connection, name: str, said: str) -> pd.DataFrame:
    columns, rows = _selected(connection, name)
    found: list[list[Any]] = [[] for _ in columns]
    n_rows = 0
    while some := rows.fetchmany(10_000):
        n_rows += len(some)
        n_cells = len(some) * len(columns)
        budget.now().spend(said, memory=40 * n_cells, cells=n_cells)
        if n_rows > MAX_ROWS or n_rows * len(columns) > 4 * MAX_CELLS:
            raise unreadable(
                Text(
                    "Table “{table}” of {said} has more than {n_given:,} rows, more than fit; "
                    "bring a part of it.",
                    table=name,
                    said=said,
                    n_given=n_rows,
                )
            )
        for column, cells in zip(found, zip(*some, strict=True), strict=True):
            column.extend(cells)
    frame = pd.DataFrame(dict(enumerate(map(_column, found))))
    frame.columns = pd.Index(columns)
    keep = [not any(isinstance(c, bytes) for c in cells[:1000]) for cells in found]
    if not any(keep):
        raise unreadable(
            Text("Table “{table}” of {said} holds no text and no numbers.", table=name, said=said)
        )
    return frame.loc[:, keep]


def _column(cells: list[Any]) -> pd.Series:
    if all(type(cell) is int for cell in cells) or all(type(cell) is float for cell in cells):
        return pd.Series(cells)
    return pd.Series(cells, dtype=object)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
