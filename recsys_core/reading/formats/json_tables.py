"""JSON: a document, or one value a line, as exports of web services and databases write it.

Understood are lists of objects (one a rating, or one a user), lists of rows, lists of columns,
pandas' own forms (``split``, ``index``, ``columns``, ``table``), {user: {item: rating}}, objects
that hold such tables by name, and the lines in Python's notation of early Amazon and Steam data.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.reading import budget
from recsys_core.reading.column_roles import role
from recsys_core.reading.formats.blocks import Column, pieces
from recsys_core.reading.formats.rows import (
    NamedCells,
    RecordCells,
    Says,
    chosen_table,
    likeness,
    trimmed,
)
from recsys_core.reading.limits import MAX_CELLS, MAX_COLUMNS, MAX_LINE, MAX_ROWS
from recsys_core.reading.samples import WHOLE, places
from recsys_core.reading.sources import Bytes, unreadable
from recsys_core.text import Text

CODE = "json"

# {"…, {'…, {u'…, [{…, [[…, [], a line end after the bracket: JSON, or what Python prints.
_BEGINS = re.compile(r"\s*(\{\s*(u?[\"'}]|$)|\[\s*([\[{\]\"]|-?\d|null|$))")
_PRINTED = re.compile(r"\s*[\[{]\s*u?'")
_OBJECTS = re.compile(r"\s*\[?\s*\{")
_NAMED = (".json", ".jsonl", ".ndjson")

_EXAMPLE = '[{"user": "Ana", "item": "Alien", "rating": 5}, …]'

# Columns that hold what people wrote, by name; and the length past which any text is one.
_WRITTEN = frozenset(
    "text reviewtext reviewbody review reviewtitle summary body comment comments headline "
    "description content message".split()
)
_LONG = 300
_LOOKED_AT = 1000  # records
_ROWS = 50_000  # of a block
_FILLED = re.compile(rb"[^\s\xef\xbb\xbf]")

# About how many bytes Python takes for an object, a list and a cell: a document is decoded at once.
_SIZES = {"{": 184, "[": 72, ",": 32}

_DEPTH = 3  # levels of objects in which tables are looked for

_Parse = Callable[[str], Any]


def recognised(head: str, name: str = "") -> bool:
    """Whether a text begins as JSON does; a line such as “[Alien],3” does not."""
    head = head.lstrip()
    if not _BEGINS.match(head):
        return False
    if name.lower().endswith(_NAMED) or _OBJECTS.match(head):
        return True
    try:
        json.loads(head)
    except RecursionError:
        return True
    except ValueError as error:
        # Cut in the middle of a longer document: all before the end was well formed. Python names
        # the quotation mark that begins an unfinished text.
        at = getattr(error, "pos", 0)
        return at >= len(head.rstrip()) - 1 or "Unterminated" in str(error)
    return True


def read(data: Bytes, said: str, table: str | None = None) -> NamedCells | RecordCells:
    """The table of ratings in JSON; of many objects, one a line, some until all are asked for.

    Raises
    ------
    ReadError
        If the JSON is broken (the sentence names the line) or holds no table.
    """
    parse = _parser_of_lines(data)
    if parse is None:
        text = bytes(data).decode("utf-8", "replace").lstrip("\ufeff")
        values = _one_after_the_other(text, said)
    else:
        if len(data) > WHOLE and (sampled := _sampled(data, parse, said)) is not None:
            return sampled
        values = _of_lines(data, parse, said)
    first = next(values, None)
    second = next(values, None)
    if second is None and isinstance(first, dict | list):
        return _document(first, said, table)
    every = _chain(first, second, values)
    if isinstance(first, dict):
        return _of_records(every, said)
    if isinstance(first, list):
        return _of_rows(every, said)
    raise _nothing(said)


def _sampled(data: Bytes, parse: _Parse, said: str) -> NamedCells | None:
    """Objects from all over a large file; None where these are none, and the whole may say why."""
    parts = places(data, 0, len(data))
    values = _of_lines(b"\n".join(data[begins:ends] for begins, ends in parts), parse, said)
    try:
        frame, written = _framed(values, said)
    except ReadError:
        return None

    def whole(coded: bool) -> NamedCells:
        found, _ = _framed(_of_lines(data, parse, said), said, written, coded)
        return NamedCells(found, said, CODE, says=_says(written))

    cells = NamedCells(frame, said, CODE, says=_says(written))
    cells.whole = whole
    return cells


def _chain(first: Any, second: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    if second is not None:
        yield second
    yield from rest


# --- text → values --------------------------------------------------------------------------------


def _parser_of_lines(data: Bytes) -> _Parse | None:
    """What reads each line of a text with one value a line; None where its first line is none."""
    found = _FILLED.search(data)
    begin = len(data) if found is None else found.start()
    end = data.find(b"\n", begin)
    end = len(data) if end < 0 else end
    if end - begin > 4 * MAX_LINE:
        return None
    line = data[begin:end].decode("utf-8", "replace").lstrip("\ufeff")
    for parse, begins in ((_json, _BEGINS), (_python, _PRINTED)):
        try:
            if len(line) <= MAX_LINE and begins.match(line):
                parse(line)
                return parse
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None


def _json(line: str) -> Any:
    return json.loads(line.strip().removesuffix(","))


def _python(line: str) -> Any:
    """A line as Python prints a dict; literals only, nothing is run."""
    return ast.literal_eval(line.strip().removesuffix(","))


def _of_lines(data: Bytes, parse: _Parse, said: str) -> Iterator[Any]:
    at = 0
    for piece in pieces(data):
        text = piece.decode("utf-8", "replace")
        if not at:
            text = text.lstrip("\ufeff")
        for at, line in enumerate(text.removesuffix("\n").split("\n"), at + 1):  # noqa: B020
            if not line.strip():
                continue
            try:
                yield parse(line)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                raise _broken(said, at) from None


def _one_after_the_other(text: str, said: str) -> Iterator[Any]:
    size = sum(text.count(sign) * n for sign, n in _SIZES.items())
    budget.now().spend(said, memory=size)
    decoder = json.JSONDecoder()
    at = len(text) - len(text.lstrip())
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except RecursionError:
            raise unreadable(
                Text("{said} is nested too deeply to hold a table of ratings.", said=said)
            ) from None
        except ValueError as error:
            line = text.count("\n", 0, getattr(error, "pos", at)) + 1
            raise _broken(said, line) from None
        yield value
        while at < len(text) and text[at] in " \t\r\n,\x00":
            at += 1


def _broken(said: str, line: int) -> Exception:
    return unreadable(
        Text(
            "Line {line:,} of {said} is not valid JSON; mend it there, or download the file again.",
            line=line,
            said=said,
        )
    )


def _nothing(said: str) -> Exception:
    return unreadable(
        Text(
            "{said} holds JSON but no table of ratings; bring a list of objects: {example}.",
            said=said,
            example=_EXAMPLE,
        )
    )


# --- a whole document -----------------------------------------------------------------------------


def _document(value: Any, said: str, table: str | None) -> NamedCells | RecordCells:
    tables = dict(_tables(value))
    if not tables:
        raise _nothing(said)
    scores = {path: _score(found) for path, found in tables.items()}
    guess = max(tables, key=lambda path: scores[path])  # the first of equals
    path = chosen_table(table, list(tables), said, guess)
    sheets = tuple(tables) if len(tables) > 1 else ()
    kind, rows = tables[path]
    cells = _of_records(rows, said) if kind == "records" else _of_rows(rows, said)
    if sheets:
        cells.sheet, cells.sheets = path, sheets
    return cells


def _score(found: tuple[str, list[Any]]) -> tuple[int, int]:
    kind, rows = found
    if kind == "rows":
        return likeness(rows[0], rows[1:50]), len(rows)
    flat = [row for record in rows[:50] for row in _exploded(record)]
    names = list(dict.fromkeys(name for row in flat for name in row))
    return likeness(names, [[row.get(name) for name in names] for row in flat]), len(rows)


def _tables(value: Any, path: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """The tables in a value, by their path: (path, (kind, rows)).

    ``kind`` is "records" (objects) or "rows" (lists of cells).
    """
    if isinstance(value, list):
        if value and all(isinstance(row, dict) for row in value):
            yield path, ("records", value)
        elif value and all(isinstance(row, list) for row in value):
            yield path, ("rows", value)
        return
    if not isinstance(value, dict) or not value:
        return
    found = _of_object(value)
    if found is not None:
        yield path, found
    elif depth:
        for key, inner in value.items():
            yield from _tables(inner, f"{path}.{key}" if path else str(key), depth - 1)


def _of_object(value: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """An object that is itself one table, None where it only holds some."""
    inner = list(value.values())
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        return _of_split(value)
    if len(inner) > 1 and all(isinstance(column, list) for column in inner):
        return _of_lists(value)
    if all(isinstance(row, dict) and row for row in inner):
        return _of_objects(value)
    return None


def _of_split(value: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """The {"columns": …, "index": …, "data": …} of pandas; an index that counts is left out."""
    columns, data = value["columns"], value["data"]
    if not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        return None
    index = value.get("index")
    if index is None or index == list(range(len(data))) or len(index) != len(data):
        return "rows", [columns, *data]
    rows = [[label, *row] for label, row in zip(index, data, strict=True)]
    return "rows", [["", *columns], *rows]


def _of_lists(value: dict[str, list[Any]]) -> tuple[str, list[Any]] | None:
    """Columns by name, all of one length; or each user's list of ratings."""
    columns = list(value.values())
    lengths = {len(column) for column in columns}
    if (
        lengths != {0}
        and len(lengths) == 1
        and not any(isinstance(cell, dict | list) for column in columns for cell in column)
    ):
        return "rows", [list(value), *map(list, zip(*columns, strict=True))]
    every = [record for column in columns for record in column]
    if every and all(isinstance(record, dict) for record in every):
        names = {name: role(name) for record in every[:_LOOKED_AT] for name in record}
        same = len({frozenset(column[0]) for column in columns if column}) == 1
        if same and {"item", "title"} & set(names.values()) and "user" not in names.values():
            return "records", [
                {"user": user, **record} for user, its in value.items() for record in its
            ]
    if every and all(isinstance(pair, list) and len(pair) == 2 for pair in every):
        triples = [[user, *pair] for user, its in value.items() for pair in its]
        return "rows", [["user", "item", "rating"], *triples]
    return None


def _of_objects(value: dict[str, dict[str, Any]]) -> tuple[str, list[Any]] | None:
    """{user: {item: rating}}; or pandas' tables by column or by row."""
    inner = list(value.values())
    if any(isinstance(cell, dict | list) for row in inner for cell in row.values()):
        return None
    outer_roles = {role(name) for name in value}
    if {"user", "item"} <= outer_roles or {"user", "rating"} <= outer_roles:
        keys = list(dict.fromkeys(key for column in inner for key in column))
        return "rows", [list(value), *([column.get(key) for column in inner] for key in keys)]
    roles = {role(name) for row in inner[:_LOOKED_AT] for name in row}
    if "rating" in roles and roles & {"user", "item", "title"}:
        if "user" in roles:
            return "records", inner
        return "records", [{"user": key, **row} for key, row in value.items()]
    triples = [[outer, key, cell] for outer, row in value.items() for key, cell in row.items()]
    numeric = sum(isinstance(cell, int | float) for _, _, cell in triples)
    present = sum(cell is not None for _, _, cell in triples)
    if numeric < 0.5 * present or not numeric:
        return None
    return "rows", [["user", "item", "rating"], *(t for t in triples if t[2] is not None)]


# --- rows and records → cells ---------------------------------------------------------------------


def _of_rows(rows: Iterable[Any], said: str) -> RecordCells:
    spent = budget.now()
    cells: list[list[Any]] = []
    for row in rows:
        if not isinstance(row, list):
            raise _nothing(said)
        spent.take(said, row)
        cells.append(list(map(_scalar, row)))
    records, numbers = trimmed(cells)
    return RecordCells(records, numbers, said, CODE)


def _of_records(records: Iterable[Any], said: str) -> NamedCells:
    """One row for each object, one column for each of its names; reviews are left out."""
    frame, written = _framed(records, said)
    return NamedCells(frame, said, CODE, says=_says(written))


def _says(written: set[str]) -> Says:
    if not written:
        return Says()
    names = ", ".join(f"“{name}”" for name in sorted(written))
    return Says(remarks=(Text("{names} hold what people wrote and were left out.", names=names),))


def _framed(
    records: Iterable[Any], said: str, known: set[str] | None = None, coded: bool = False
) -> tuple[pd.DataFrame, set[str]]:
    """The table of some objects, and the names of what is left out; ``known``: these are."""
    columns: dict[str, list[Any]] = {}  # cells of the last rows
    packed: dict[str, Column] = {}  # cells of those before
    written = known or set()
    n_rows, n_packed, n_looked = 0, 0, 0
    spent = budget.now()

    def pack() -> None:
        for name, cells in columns.items():
            cells += [None] * (n_rows - n_packed - len(cells))
            packed.setdefault(name, Column(n_packed)).add(cells)
            cells.clear()

    for record in records:
        if not isinstance(record, dict):
            raise _nothing(said)
        flat = not any(isinstance(cell, dict | list) for cell in record.values())
        for row in (record,) if flat else _exploded(record):
            for name, cell in row.items():
                if name in written:
                    continue
                column = columns.get(name)
                if column is None:
                    column = columns[name] = []
                    if len(columns) > MAX_COLUMNS or len(columns) * n_rows > MAX_CELLS:
                        raise _too_large(said)
                if len(column) < n_rows - n_packed:
                    column.extend([None] * (n_rows - n_packed - len(column)))
                column.append(cell)
            n_rows += 1
            spent.spend(said, cells=len(row))
        n_looked += 1
        if n_looked == _LOOKED_AT and known is None:
            written = _written(columns, n_rows)
            columns = {name: cells for name, cells in columns.items() if name not in written}
        if n_looked >= _LOOKED_AT and n_rows - n_packed >= _ROWS:
            pack()
            n_packed = n_rows
        if n_rows > MAX_ROWS:
            raise _too_large(said)
    if n_looked < _LOOKED_AT and known is None:
        written = _written(columns, n_rows)
        columns = {name: cells for name, cells in columns.items() if name not in written}
    if not columns:
        raise _nothing(said)
    pack()
    return pd.DataFrame({name: packed.pop(name).series(coded) for name in columns}), written


def _too_large(said: str) -> Exception:
    return unreadable(
        Text(
            "{said} has more columns and rows than fit; bring a part of it, or one rating an "
            "object: {example}.",
            said=said,
            example=_EXAMPLE,
        )
    )


def _written(columns: dict[str, list[Any]], n_rows: int) -> set[str]:
    """The columns that hold reviews: by name where the others suffice, or by their length.

    A “title” is a review's if one item has several.
    """
    long = {
        name
        for name, cells in columns.items()
        if any(isinstance(cell, str) and len(cell) > _LONG for cell in cells)
    }
    bare = {name: re.sub(r"[^a-z]", "", name.lower()) for name in columns}
    others = [name for name in columns if name not in long and bare[name] not in _WRITTEN]
    roles = {name: role(name) for name in others}
    if {"user", "item"} <= set(roles.values()):
        long |= {name for name in columns if bare[name] in _WRITTEN}
        items = columns[next(name for name in others if roles[name] == "item")]
        for name in others:
            if bare[name] == "title" and _differs_within(columns[name], items):
                long.add(name)
    return long if len(long) < len(columns) else set()


def _differs_within(titles: list[Any], items: list[Any]) -> bool:
    first: dict[Any, Any] = {}
    pairs = zip(items, titles, strict=False)
    return any(first.setdefault(str(item), title) != title for item, title in pairs)


# --- one object → its rows ------------------------------------------------------------------------


def _exploded(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of an object: itself, made flat; or one for each rating in the list it holds."""
    flat: dict[str, Any] = {}
    lists: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            lists[name] = value
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            lists[name] = value
        else:
            flat[name] = _scalar(value)
    roles = {role(name) for name in flat}
    for name, value in lists.items() if "rating" not in roles else ():
        rows = _ratings_in(name, value)
        if rows is not None:
            outer = {n: cell for n, cell in flat.items() if n != f"{name}_count"}
            for row in rows:
                inner = {n if n not in outer else f"{name}.{n}": c for n, c in row.items()}
                yield {**outer, **inner}
            return
    for name, value in lists.items():
        if isinstance(value, dict):
            flat |= _flat(name, value)
    yield flat


def _ratings_in(name: str, value: Any) -> list[dict[str, Any]] | None:
    """The ratings an object holds under one name: a list of objects, or numbers by item."""
    if isinstance(value, list):
        rows = [_flatter(inner) for inner in value if isinstance(inner, dict)]
        roles = {role(key) for row in rows[:20] for key in row}
        return rows if roles & {"item", "title"} and len(rows) == len(value) else None
    if role(name) not in ("rating", "count") or not value:
        return None
    if not all(cell is None or type(cell) in (int, float) for cell in value.values()):
        return None
    return [{"item": key, "rating": cell} for key, cell in value.items()]


def _flatter(record: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat |= _flat(name, value) if isinstance(value, dict) else {name: _scalar(value)}
    return flat


def _flat(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """An object in an object as columns “movie.id”, “movie.title”; deeper ones are left out.

    MongoDB's {"$oid": …} and {"$date": …} are the value itself.
    """
    if len(value) == 1 and next(iter(value)).startswith("$"):
        inner = next(iter(value.values()))
        return {name: _scalar(next(iter(inner.values()))) if isinstance(inner, dict) and inner
                else _scalar(inner)}  # fmt: skip
    return {
        f"{name}.{key}": _scalar(inner)
        for key, inner in value.items()
        if not isinstance(inner, dict)
    }


def _scalar(value: Any) -> Any:
    """A cell: texts of a list (genres) are joined by “|”, other lists and objects say nothing."""
    if isinstance(value, list | tuple | set):
        texts = [text for text in value if isinstance(text, str)]
        return "|".join(texts) if len(texts) == len(value) and texts else None
    return None if isinstance(value, dict) else value
