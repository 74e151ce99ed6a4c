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

from recsys_core.reading import budget
from recsys_core.reading.formats.rows import NamedCells
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "netflix"

_ITEM = re.compile(rb"^[ \t]*([^,;\t:\r\n]{1,80}):[ \t]*\r?$\n?", re.MULTILINE)
_OF_ITEM = 200  # bytes that Python takes for the name and the lines of an item
_DAY = re.compile(rb"\s*\d{4}-\d\d-\d\d\s*")


def recognised(head: str, name: str = "") -> bool:
    """Whether the first line is an item's and the next lines have two or three cells each."""
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    if len(lines) < 2 or not _ITEM.fullmatch(lines[0].encode()):
        return False
    rows = [line for line in lines[1:-1] or lines[1:] if not _ITEM.fullmatch(line.encode())]
    n_cells = Counter(row.count(",") + 1 for row in rows)
    return sum(n_cells[n] for n in (2, 3)) > 0.6 * len(rows)


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """All ratings: user, item, rating and, where a third cell has it, the day."""
    items: list[str] = []
    n_rows: list[int] = []
    pieces: list[bytes] = []
    begin = 0
    spent = budget.now()
    for found in _ITEM.finditer(data):
        spent.spend(said, memory=_OF_ITEM)
        _keep(pieces, n_rows, data[begin : found.start()], bool(items), said)
        items.append(found[1].decode("utf-8", "replace").strip())
        begin = found.end()
    _keep(pieces, n_rows, data[begin:], bool(items), said)
    body = b"".join(pieces)
    first = body[: body.find(b"\n")].split(b",")
    spent.spend(said, cells=sum(n_rows) * len(first))
    try:
        if len(first) > 3:  # pandas would make as many columns
            raise ValueError("more cells than a line has")
        frame = pd.read_csv(
            io.BytesIO(body), header=None, low_memory=False, skipinitialspace=True, quoting=3,
            encoding_errors="replace", na_filter=False, dtype={0: object},
        )  # fmt: skip
        frame.columns = pd.Index(_names(first))
    except (pd.errors.ParserError, ValueError):
        frame = pd.DataFrame()
    last = frame.iloc[:, -1] if len(frame) else None
    short = last is not None and bool((last.isna() | (last == "")).any())
    if len(frame) != sum(n_rows) or short:
        raise unreadable(
            Text(
                "Line {line:,} of {said} is neither an item and a colon nor {n_cells} cells as the "
                "others; mend it, or bring one rating a line: user, item, rating.",
                line=_first_other(data, len(first)),
                said=said,
                n_cells=len(first),
            )
        )
    codes = np.repeat(np.arange(len(items)), n_rows)
    known, places = np.unique(np.array(items, dtype=object), return_inverse=True)
    frame.insert(1, "item", pd.Categorical.from_codes(places[codes], categories=known))
    return NamedCells(frame, said, CODE)


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
