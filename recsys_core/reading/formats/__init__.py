"""Formats that are neither plain delimited text nor Parquet or NumPy: one module each.

    found = recognised(head, "reviews.json")        # the beginning of a text, decoded
    if found is not None:
        cells = found.read(data, "“reviews.json”")   # NamedCells, RecordCells or SaidText

    found = of_bytes(data, "films.ods")              # workbooks, SQLite, MATLAB

``read(data, said, table)`` takes the bytes (of a text as UTF-8; those in ``BY_BLOCKS`` take a
mapped one, too), how sentences name the file, and the table chosen where there are several; what
it gives names all of them (``sheets``) and what the file says of its own columns (``says``).
``headers``, ``keys`` and ``forms`` understand column names and cells of any table; ``refused``
names what is not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recsys_core.reading.formats import (
    comments,
    html_tables,
    json_tables,
    markdown,
    matlab,
    matrix_market,
    netflix,
    orange,
    records,
    sqlite,
    workbooks,
)
from recsys_core.reading.formats.rows import NamedCells, RecordCells, SaidText, Says

__all__ = ["FORMATS", "Format", "NamedCells", "RecordCells", "SaidText", "Says", "of_bytes",
           "recognised"]  # fmt: skip

Cells = NamedCells | RecordCells | SaidText


@dataclass(frozen=True)
class Format:
    """A format: what its cells call it (``form``), what people call it, and how it is read."""

    code: str
    title: str
    read: Callable[[Any, str, str | None], Cells]


_TEXTS = (
    (Format(matrix_market.CODE, "MatrixMarket", matrix_market.read), matrix_market.recognised),
    (Format(json_tables.CODE, "JSON", json_tables.read), json_tables.recognised),
    (Format(html_tables.CODE, "HTML", html_tables.read), html_tables.recognised),
    (Format(records.CODE, "blocks of “name: value”", records.read), records.recognised),
    (Format(netflix.CODE, "Netflix Prize", netflix.read), netflix.recognised),
    (Format(orange.CODE, "Orange", orange.read), orange.recognised),
    (Format(markdown.CODE, "Markdown", markdown.read), markdown.recognised),
    (Format(comments.CODE, "text with comment lines", comments.read), comments.recognised),
)
_WORKBOOK = Format(workbooks.FORM, "Excel or OpenDocument", workbooks.read)
_SQLITE = Format(sqlite.CODE, "SQLite", sqlite.read)
_MATLAB = Format(matlab.CODE, "MATLAB", matlab.read)

TEXTS = tuple(form for form, _ in _TEXTS)
BY_BLOCKS = tuple(form for form in TEXTS if form.code in (json_tables.CODE, netflix.CODE))
FORMATS = (*TEXTS, _WORKBOOK, _SQLITE, _MATLAB)


def recognised(head: str, name: str = "") -> Format | None:
    """The format of a text that begins like this (some thousand characters); None: a plain table.

    ``name`` is the file's; it helps only where the text leaves a doubt.
    """
    return next((form for form, knows in _TEXTS if knows(head, name)), None)


def of_bytes(data: bytes, members: list[str] | None = None) -> Format | None:
    """The format of bytes that are no text; None where it is none of these.

    ``members`` are the names inside, where the bytes are a zip: a workbook's are known.
    """
    if workbooks.is_workbook(data, members):
        return _WORKBOOK
    if sqlite.recognised(data):
        return _SQLITE
    return _MATLAB if matlab.recognised(data) else None
