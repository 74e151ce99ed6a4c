"""MatrixMarket: a matrix as text, all of it or its stored cells (R, SciPy, SuiteSparse).

The format: https://math.nist.gov/MatrixMarket/formats.html. Rows and columns count from 1. It is
parsed here, since SciPy's reader ends the whole process at some damaged files.
"""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.reading import budget
from recsys_core.reading.formats.rows import NamedCells, Says
from recsys_core.reading.limits import MAX_CELLS, MAX_COLUMNS, MAX_ROWS
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "matrix market"

_HEADER = re.compile(
    rb"[^%]*%%MatrixMarket\s+matrix\s+(coordinate|array)\s+"
    rb"(real|double|integer|pattern|complex)\s+(general|symmetric|skew-symmetric|hermitian)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_SIZES = re.compile(rb"^[ \t]*\d[^\r\n]*$", re.MULTILINE)


def recognised(head: str, name: str = "") -> bool:
    """Whether a text begins with “%%MatrixMarket”."""
    return head.lstrip("\ufeff \r\n").lower().startswith("%%matrixmarket")


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """The stored cells as user, item, rating; or a whole matrix (``array``).

    Symmetric matrices are completed. A cell stored twice is two ratings; a pattern has ratings
    of 1.
    """
    try:
        header = _HEADER.match(data[:4096])
        if header is None:
            raise ValueError("no header")
        form, kind, symmetry = (part.decode().lower() for part in header.groups())
        if kind == "complex":
            raise unreadable(Text("{said} holds complex numbers, which no ratings are.", said=said))
        begin = _SIZES.search(data, header.end())
        if begin is None:
            raise ValueError("no sizes")
        sizes = [int(size) for size in begin[0].split()]
        whole = form == "array"
        if len(sizes) != (2 if whole else 3) or (symmetry != "general" and sizes[0] != sizes[1]):
            raise ValueError("sizes that do not fit")
        _check(sizes, whole, len(data), said)
        first = data[begin.end() :].lstrip().partition(b"\n")[0]
        if len(first.split(None, MAX_COLUMNS)) > (MAX_COLUMNS if whole else 3):
            raise ValueError("more cells than a line has")  # pandas would make as many columns
        body = pd.read_csv(
            io.BytesIO(data[begin.end() :]), sep=r"\s+", header=None, comment="%", quoting=3,
            low_memory=False,
        )  # fmt: skip
        frame = _whole(body, sizes, symmetry) if whole else _cells(body, sizes, symmetry, kind)
    except ReadError:
        raise
    except (ValueError, OverflowError, pd.errors.ParserError):
        raise unreadable(
            Text(
                "{said} is a damaged MatrixMarket file, perhaps cut short on its way; copy or "
                "save it again.",
                said=said,
            )
        ) from None
    if whole:
        return NamedCells(frame, said, CODE, named=False)
    return NamedCells(frame, said, CODE, says=Says({name: name for name in frame.columns}))


def _check(sizes: list[int], whole: bool, n_bytes: int, said: str) -> None:
    """Compare the stated sizes with what is there, before anything is made of that size."""
    n_cells = sizes[0] * sizes[1] if whole else sizes[2]
    if n_cells > n_bytes:  # a symmetric matrix has half of its cells, of 2 bytes or more each
        raise ValueError("more cells than there are bytes")
    n_numbers = n_cells if whole else 3 * n_cells
    budget.now().spend(said, memory=8 * n_numbers, cells=n_numbers)
    if n_cells > (MAX_CELLS if whole else MAX_ROWS):
        raise unreadable(
            Text(
                "{said} has {n_given:,} cells, more than fit; bring a part of it.",
                said=said,
                n_given=n_cells,
            )
        )


def _cells(body: pd.DataFrame, sizes: list[int], symmetry: str, kind: str) -> pd.DataFrame:
    """Rows, columns and values of the stored cells; of a symmetric matrix both halves."""
    if body.shape != (sizes[2], 2 if kind == "pattern" else 3):
        raise ValueError("another number of cells")
    rows, columns = (body[at].to_numpy() for at in (0, 1))
    values = np.ones(len(body)) if kind == "pattern" else body[2].to_numpy(dtype=np.float64)
    for at, size in ((rows, sizes[0]), (columns, sizes[1])):
        if at.dtype.kind != "i" or at.min() < 1 or at.max() > size:
            raise ValueError("a cell outside the matrix")
    if symmetry != "general":
        above = rows != columns
        sign = -1.0 if symmetry == "skew-symmetric" else 1.0
        rows, columns = np.append(rows, columns[above]), np.append(columns, rows[above])
        values = np.append(values, sign * values[above])
    return pd.DataFrame({"user": rows, "item": columns, "rating": values})


def _whole(body: pd.DataFrame, sizes: list[int], symmetry: str) -> pd.DataFrame:
    """A full matrix from its columns one after the other; of a symmetric one the lower half."""
    n_rows, n_columns = sizes
    matrix = np.zeros((n_rows, n_columns))
    values = body.to_numpy(dtype=np.float64).ravel()
    if symmetry == "general":
        return pd.DataFrame(values.reshape(n_columns, n_rows).T)
    columns, rows = np.triu_indices(n_rows, 1 if symmetry == "skew-symmetric" else 0)
    if len(rows) != len(values):
        raise ValueError("another number of cells")
    matrix[columns, rows] = -values if symmetry == "skew-symmetric" else values
    matrix[rows, columns] = values
    return pd.DataFrame(matrix)
