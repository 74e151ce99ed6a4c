"""MatrixMarket: a matrix as text, all of it or its stored cells (R, SciPy, SuiteSparse).

The format: https://math.nist.gov/MatrixMarket/formats.html. Rows and columns count from 1.
"""

from __future__ import annotations

import io
import re

import pandas as pd
import scipy.io
import scipy.sparse

from recsys_core.errors import ReadError
from recsys_core.reading.formats.rows import NamedCells, Says
from recsys_core.reading.limits import MAX_CELLS, MAX_ROWS
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "matrix market"

_HEADER = re.compile(
    r"%%MatrixMarket\s+matrix\s+(coordinate|array)\s+(real|integer|pattern|complex|double)\s+(\S+)",
    re.IGNORECASE,
)


def recognised(head: str, name: str = "") -> bool:
    """Whether a text begins with “%%MatrixMarket”."""
    return head.lstrip("\ufeff \r\n").lower().startswith("%%matrixmarket")


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """The stored cells as user, item, rating; or a whole matrix (``array``).

    Symmetric matrices are completed. A cell stored twice is two ratings; a pattern has ratings
    of 1.
    """
    text = data[:4096].decode("ascii", "replace").lstrip("\ufeff\ufffd \r\n")
    found = _HEADER.match(text)
    try:
        if not found:
            raise ValueError("no header")
        if found[2].lower() == "complex":
            raise unreadable(Text("{said} holds complex numbers, which no ratings are.", said=said))
        sizes = _sizes(data)
        _check(sizes, data, said)
        matrix = scipy.io.mmread(io.BytesIO(data[data.index(b"%%") :]), spmatrix=False)
    except ReadError:
        raise
    except (ValueError, OverflowError, IndexError, KeyError, TypeError, StopIteration, EOFError):
        raise unreadable(
            Text(
                "{said} is a damaged MatrixMarket file, perhaps cut short on its way; copy or "
                "save it again.",
                said=said,
            )
        ) from None
    if not scipy.sparse.issparse(matrix):
        return NamedCells(pd.DataFrame(matrix), said, CODE, named=False)
    rows, columns = matrix.coords
    frame = pd.DataFrame(
        {"user": rows.astype("int64") + 1, "item": columns.astype("int64") + 1,
         "rating": matrix.data}
    )  # fmt: skip
    return NamedCells(frame, said, CODE, says=Says({n: n for n in frame.columns}))


def _sizes(data: bytes) -> list[int]:
    """The first line that is no comment: rows, columns and, of stored cells, how many."""
    for line in io.BytesIO(data):
        if line.strip() and not line.lstrip(b"\xef\xbb\xbf \t").startswith(b"%"):
            return [int(size) for size in line.split()]
    raise ValueError("no sizes")


def _check(sizes: list[int], data: bytes, said: str) -> None:
    """Compare the stated sizes with what is there, before anything is made of that size."""
    whole = len(sizes) == 2
    n_cells = sizes[0] * sizes[1] if whole else sizes[2]
    if min(sizes) < 0 or n_cells > len(data):  # a symmetric matrix states the half, 2 bytes each
        raise ValueError("more cells than there are bytes")
    if n_cells > (MAX_CELLS if whole else MAX_ROWS):
        raise unreadable(
            Text(
                "{said} has {n_given:,} cells, more than fit; bring a part of it.",
                said=said,
                n_given=n_cells,
            )
        )
