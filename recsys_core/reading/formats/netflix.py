"""The Netflix Prize's form: an item's id and a colon, then its ratings, a line each.

1:
1488844,3,2005-09-06
822109,5,2005-05-13
"""

from __future__ import annotations

import io
import re
from collections import Counter

import numpy as np
import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.reading import budget
from recsys_core.reading.formats.blocks import Column, pieces
from recsys_core.reading.formats.rows import NamedCells, Says
from recsys_core.reading.samples import WHOLE, places
from recsys_core.reading.sources import Bytes, unreadable
from recsys_core.text import Text

CODE = "netflix"

_ITEM = re.compile(rb"^[ \t]*([^,;\t:\r\n]{1,80}):[ \t]*\r?$\n?", re.MULTILINE)
_OF_ITEM = 200  # bytes that Python takes for the name and the lines of an item
# A user's id that is no number as numbers are written: 007, x1.
_ODD_ID = re.compile(rb"^(?![1-9][0-9]{0,17},|\Z)", re.MULTILINE)
_DAY = re.compile(rb"\s*\d{4}-\d\d-\d\d\s*")


def recognised(head: str, name: str = "") -> bool:
    """Whether the first line is an item's and the next lines have two or three cells each."""
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    if len(lines) < 2 or not _ITEM.fullmatch(lines[0].encode()):
        return False
    rows = [line for line in lines[1:-1] or lines[1:] if not _ITEM.fullmatch(line.encode())]
    n_cells = Counter(row.count(",") + 1 for row in rows)
    return sum(n_cells[n] for n in (2, 3)) > 0.6 * len(rows)


def read(data: Bytes, said: str, table: str | None = None) -> NamedCells:
    """All ratings: user, item, rating and, where a third cell has it, the day.

    Of a large file some items alone, until the whole is asked for.
    """
    if len(data) > WHOLE:
        try:
            cells = _cells(_sample(data), said, False)
        except ReadError:  # the whole says in which line
            return _cells(data, said, True)
        cells.whole = lambda coded: _cells(data, said, coded)
        return cells
    return _cells(data, said, False)


def _sample(data: Bytes) -> bytes:
    """Ratings from all over a file, each below its item."""
    parts = []
    for begins, ends in places(data, 0, len(data)):
        found = _ITEM.search(data, begins)
        if found is not None:
            parts.append(data[found.start() : max(data.find(b"\n", found.end()) + 1, ends)])
    return b"\n".join(parts)


def _cells(data: Bytes, said: str, coded: bool) -> NamedCells:
    """The ratings of a text, block by block."""
    items: list[str] = []
    columns: list[Column] = []
    its_items = Column()
    names: list[str] = []
    for block in pieces(data):
        n_rows, body = _apart(block, items, said)
        if not body:
            continue
        if not names:
            names = _names(body[: body.find(b"\n")].split(b","))
            columns = [Column(texts=name == "user") for name in names]
        budget.now().spend(said, cells=sum(n_rows) * len(names))
        frame = _parsed(body, names)
        if frame is None or len(frame) != sum(n_rows):
            raise unreadable(
                Text(
                    "Line {line:,} of {said} is neither an item and a colon nor {n_cells} cells as "
                    "the others; mend it, or bring one rating a line: user, item, rating.",
                    line=_first_other(bytes(data), len(names)),
                    said=said,
                    n_cells=len(names),
                )
            )
        its_items.add_codes(np.repeat(np.arange(len(n_rows)), n_rows), items[-len(n_rows) :])
        for column, name in zip(columns, names, strict=True):
            cells = frame[name]
            if cells.dtype in (np.int64, np.float64):
                column.add_numbers(cells.to_numpy())
            else:
                codes, distinct = pd.factorize(cells)
                column.add_codes(codes, distinct.tolist())
    found = {name: column.series(coded) for name, column in zip(names, columns, strict=True)}
    whole = pd.DataFrame(found)
    if names:
        whole.insert(1, "item", its_items.series(coded=True))
    return NamedCells(whole, said, CODE, says=Says(roles={name: name for name in whole.columns}))


def _apart(block: bytes, items: list[str], said: str) -> tuple[list[int], bytes]:
    """The rows of a block without those of items, and how many each item has.

    ``items`` are all so far, to which its own are added; its first rows are of the last before.
    """
    n_rows: list[int] = []
    bodies: list[bytes] = []
    begin = 0
    spent = budget.now()
    for found in _ITEM.finditer(block):
        spent.spend(said, memory=_OF_ITEM)
        _keep(bodies, n_rows, block[begin : found.start()], bool(items), said)
        items.append(found[1].decode("utf-8", "replace").strip())
        begin = found.end()
    _keep(bodies, n_rows, block[begin:], bool(items), said)
    return n_rows, b"".join(bodies)


def _parsed(body: bytes, names: list[str]) -> pd.DataFrame | None:
    """The cells of rows; None where these are not as many as names in each."""
    if body[: body.find(b"\n")].count(b",") >= len(names):
        return None  # pandas would make as many columns
    try:
        frame = pd.read_csv(
            io.BytesIO(body), header=None, low_memory=False, skipinitialspace=True, quoting=3,
            encoding_errors="replace", na_filter=False,
            dtype={0: object} if _ODD_ID.search(body) else None,
        )  # fmt: skip
        frame.columns = pd.Index(names)
    except (pd.errors.ParserError, ValueError):
        return None
    last = frame.iloc[:, -1]
    return None if bool((last.isna() | (last == "")).any()) else frame


def _first_other(data: bytes, n_cells: int) -> int:
    """The first line that is no item's and has another number of cells; slow, for the message."""
    for at, line in enumerate(io.BytesIO(data), 1):
        cells = line.strip().split(b",")
        if (
            cells != [b""]
            and not _ITEM.fullmatch(line)
            and (len(cells) != n_cells or not cells[-1])
        ):
            return at
    return 1


def _names(first: list[bytes]) -> list[str]:
    """Names for the cells of a line; the Prize's qualifying set has no ratings."""
    if len(first) == 2:
        return ["user", "timestamp" if _DAY.fullmatch(first[1]) else "rating"]
    return ["user", "rating", "timestamp"]


def _keep(pieces: list[bytes], n_rows: list[int], block: bytes, of_item: bool, said: str) -> None:
    """Note the lines of one item; before the first item there are none."""
    lines = block.replace(b"\r\n", b"\n").strip(b"\n") if block.strip() else b""
    while b"\n\n" in lines:
        lines = lines.replace(b"\n\n", b"\n")
    if of_item:
        n_rows.append(lines.count(b"\n") + bool(lines))
        if lines:
            pieces.append(lines + b"\n")
    elif lines:
        raise unreadable(
            Text("{said} has ratings above the first item; name their item first.", said=said)
        )
