"""Records as blocks of “key: value” lines with blank lines between them, as SNAP keeps reviews.

    product/productId: B001
    review/userId: A1
    review/score: 5.0

Each key is a column. Lines are read one after the other, so that a file takes little more memory
than its different values; of long texts, which rate nothing, nothing is kept.
"""

from __future__ import annotations

import io
import re
from array import array
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recsys_core.reading import budget
from recsys_core.reading.formats.blocks import pieces
from recsys_core.reading.formats.rows import NamedCells, Says
from recsys_core.reading.limits import MAX_COLUMNS, MAX_ROWS
from recsys_core.reading.sources import Bytes, unreadable
from recsys_core.text import Text

CODE = "records"

_LINE = re.compile(r"([^\s:,;|][^:,;|\t]{0,79}):(?:[ \t](.*))?")
_LONGEST = 300  # characters of a value; a column with a longer one is left out
_MOST_LOOKED_AT = 4  # blocks at the beginning
_SPENT = 100_000  # rows between two looks at the budget


def recognised(head: str, name: str = "") -> bool:
    """Whether a text begins with two blocks or more that have two keys in common."""
    blocks: list[set[str]] = [set()]
    lines = head.lstrip("\ufeff").splitlines()
    for line in lines[:-1]:  # the last may be cut in its middle
        if not line.strip():
            if len(blocks) == _MOST_LOOKED_AT:
                break
            blocks.append(set())
            continue
        found = _LINE.fullmatch(line.rstrip())
        if found is None or found[1] in blocks[-1]:
            return False
        blocks[-1].add(found[1])
    blocks = [block for block in blocks if block]
    return len(blocks) > 1 and len(blocks[0] & blocks[1]) > 1


def read(data: Bytes, said: str, table: str | None = None) -> NamedCells:
    """All blocks, a row each and a column for each key; a key that a block lacks is blank.

    Raises
    ------
    ReadError
        If a line is no “key: value”, a block has a key twice, or there are too many of them.
    """
    columns: dict[str, _Column] = {}
    n_rows, within = 0, False
    # By pieces, each of whole lines: what is mapped is not copied.
    lines = (line for piece in pieces(data) for line in io.BytesIO(piece))
    for at, raw in enumerate(lines, 1):
        line = raw.decode("utf-8", "replace").rstrip()
        if not line:
            n_rows, within = n_rows + within, False
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise unreadable(
                Text(
                    "Line {line:,} of {said} is not “name: value” as the others; mend it, or "
                    "bring one rating a line: user, item, rating.",
                    line=at,
                    said=said,
                )
            )
        within = True
        column = columns.setdefault(found[1], _Column())
        if len(column.codes) > n_rows:
            raise unreadable(
                Text(
                    "Line {line:,} of {said} says “{key}” again; put a blank line between two "
                    "records.",
                    line=at,
                    said=said,
                    key=found[1],
                )
            )
        column.put(n_rows, (found[2] or "").strip())
        if len(columns) > MAX_COLUMNS or n_rows >= MAX_ROWS:
            raise unreadable(
                Text("{said} has more records than fit; bring a part of it.", said=said)
            )
        if at % _SPENT == 0:
            budget.now().spend(said, cells=_SPENT)
    n_rows += within
    kept = {name: column for name, column in columns.items() if not column.long}
    frame = pd.DataFrame({at: column.cells(n_rows) for at, column in enumerate(kept.values())})
    frame.columns = pd.Index(list(kept))
    left_out = ", ".join(f"“{name}”" for name, column in columns.items() if column.long)
    remark = Text("Long texts were left out: {names}.", names=left_out)
    return NamedCells(frame, said, CODE, says=Says(remarks=(remark,) if left_out else ()))


@dataclass
class _Column:
    """The values of a key: a code for each row, −1 where it has none, and what each code means."""

    codes: array[int] = field(default_factory=lambda: array("i"))
    values: dict[str, int] = field(default_factory=dict)
    long: bool = False

    def put(self, row: int, value: str) -> None:
        if len(value) > _LONGEST:
            self.long, self.values = True, {}
        self.codes.extend([-1] * (row - len(self.codes)))
        self.codes.append(-1 if self.long else self.values.setdefault(value, len(self.values)))

    def cells(self, n_rows: int) -> pd.Categorical:
        """The values, (n_rows,)."""
        codes = np.full(n_rows, -1, dtype=np.int32)
        codes[: len(self.codes)] = self.codes
        return pd.Categorical.from_codes(
            codes, categories=pd.Index(list(self.values), dtype=object)
        )
