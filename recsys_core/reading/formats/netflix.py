"""The Netflix Prize's form: an item's id and a colon, then its ratings, a line each.

1:
1488844,3,2005-09-06
822109,5,2005-05-13
"""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd

from recsys_core.reading.formats.rows import NamedCells
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "netflix"

_ITEM = re.compile(rb"^[ \t]*([^,;\t:\r\n]{1,80}):[ \t]*\r?$\n?", re.MULTILINE)
_NAMES = {2: ["user", "rating"], 3: ["user", "rating", "timestamp"]}


def recognised(head: str, name: str = "") -> bool:
    """Whether the first line is an item's and the next lines have two or three cells each."""
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    if len(lines) < 2 or not _ITEM.fullmatch(lines[0].encode()):
        return False
    rows = [line for line in lines[1:-1] or lines[1:] if not _ITEM.fullmatch(line.encode())]
    return bool(rows) and all(row.count(",") in (1, 2) for row in rows)


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """All ratings: user, item, rating and, where a third cell has it, the day."""
    items: list[str] = []
    n_rows: list[int] = []
    pieces: list[bytes] = []
    begin = 0
    for found in _ITEM.finditer(data):
        _keep(pieces, n_rows, data[begin : found.start()], bool(items), said)
        items.append(found[1].decode("utf-8", "replace").strip())
        begin = found.end()
    _keep(pieces, n_rows, data[begin:], bool(items), said)
    body = b"".join(pieces)
    names = _NAMES[min(body[: body.find(b"\n")].count(b",") + 1, 3)]
    try:
        frame = pd.read_csv(
            io.BytesIO(body), header=None, names=names, index_col=False, low_memory=False,
            skipinitialspace=True, encoding_errors="replace", quoting=3, na_filter=False,
            dtype={"user": object, "timestamp": object},
        )  # fmt: skip
    except (pd.errors.ParserError, ValueError):
        frame = pd.DataFrame()
    if len(frame) != sum(n_rows):
        raise unreadable(
            Text(
                "{said} has a line that is neither an item and a colon nor a user, a rating and "
                "a day; mend it, or bring one rating a line: user, item, rating.",
                said=said,
            )
        )
    codes = np.repeat(np.arange(len(items)), n_rows)
    known, places = np.unique(np.array(items, dtype=object), return_inverse=True)
    frame.insert(1, "item", pd.Categorical.from_codes(places[codes], categories=known))
    return NamedCells(frame, said, CODE)


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
