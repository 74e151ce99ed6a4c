"""MATLAB's .mat: a matrix of ratings with, or without, lists of names. Objects are never loaded.

Up to version 7 SciPy reads it; from 7.3 on it is HDF5, which h5py reads where it is installed.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
import scipy.sparse

from recsys_core.errors import ReadError
from recsys_core.reading import budget
from recsys_core.reading.archives import inflated
from recsys_core.reading.column_roles import role
from recsys_core.reading.formats.rows import NamedCells, chosen_table
from recsys_core.reading.limits import MAX_BYTES, MAX_CELLS, MAX_COLUMNS
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

CODE = "matlab"

_MARK = b"MATLAB "
_NUMBERS = frozenset(
    "double single int8 uint8 int16 uint16 int32 uint32 int64 uint64 logical sparse".split()
)
_MOST_NAMES = 100_000  # texts in a cell array: labels


def recognised(data: bytes) -> bool:
    """Whether bytes begin as a .mat file does: “MATLAB 5.0 MAT-file …”, “MATLAB 7.3 …”."""
    return data.startswith(_MARK) and b"MAT-file" in data[:124]


def read(data: bytes, said: str, table: str | None = None) -> NamedCells:
    """A matrix or a list of ratings among the variables; by itself the largest
    that holds more than 0 and 1.

    Rows are users and columns items. Cell arrays of as many texts as there are rows or columns are
    their labels.

    Raises
    ------
    ReadError
        If there is none, the file is damaged, or it is of version 7.3 and h5py is not installed.
    """
    matrices, names = _of_hdf5(data, said) if data[:11] == b"MATLAB 7.3" + b" " else _of_v5(
        data, said
    )  # fmt: skip
    if not matrices:
        raise unreadable(
            Text("{said} holds no matrix of numbers; save the matrix of ratings.", said=said)
        )
    # “ratings” before any other; numbers before marks of where there are some; the most cells.
    guess = max(
        matrices,
        key=lambda name: (
            len(name) > 1 and role(name) in ("rating", "count"),
            not _only_marks(matrices[name]),
            _n_cells(matrices[name]),
        ),
    )
    chosen = chosen_table(table, list(matrices), said, guess)
    frame, named = _frame(matrices[chosen], names, said)
    sheets = tuple(matrices) if len(matrices) > 1 else ()
    return NamedCells(frame, said, CODE, named, chosen if sheets else None, sheets)


def _only_marks(matrix: Any) -> bool:
    """Whether all cells are 0 or 1, as in a matrix that says which cells of another are rated."""
    stored = matrix.data if scipy.sparse.issparse(matrix) else matrix
    return bool(((stored == 0) | (stored == 1)).all())


def _n_cells(matrix: Any) -> int:
    return int(matrix.nnz if scipy.sparse.issparse(matrix) else matrix.size)


def _frame(matrix: Any, names: dict[str, list[str]], said: str) -> tuple[pd.DataFrame, bool]:
    """A sparse matrix as a list of its cells (counted from 1, as MATLAB does), a full one as is."""
    if scipy.sparse.issparse(matrix):
        cells = matrix.tocoo()
        if cells.nnz > MAX_CELLS:
            raise _too_large(said)
        labels = [_labels(names, n, what) for n, what in zip(
            cells.shape, ("user", "item"), strict=True)]  # fmt: skip
        sides = [
            at + 1 if of is None else np.array(of, dtype=object)[at]
            for at, of in zip((cells.row.astype(np.int64), cells.col), labels, strict=True)
        ]
        return pd.DataFrame({"user": sides[0], "item": sides[1], "rating": cells.data}), True
    frame = pd.DataFrame(matrix)
    if matrix.shape[1] > 5:
        users, items = _labels(names, len(matrix), "user"), _labels(names, matrix.shape[1], "item")
        if users or items:
            numbered = [str(at + 1) for at in range(max(matrix.shape))]
            frame.columns = pd.Index(items or numbered[: matrix.shape[1]], dtype=object)
            frame.insert(0, "", users or numbered[: len(frame)], allow_duplicates=True)
            return frame, True
    return frame, False


def _labels(names: dict[str, list[str]], n: int, what: str) -> list[str] | None:
    """The texts that label one side: as many as it has; of several those whose name says so."""
    fitting = {name: texts for name, texts in names.items() if len(texts) == n}
    for name, texts in fitting.items():
        if role(name) == what or (what == "item" and role(name) == "title"):
            return texts
    others = [texts for name, texts in fitting.items() if role(name) is None]
    return others[0] if what == "item" and len(others) == 1 else None


def _too_large(said: str) -> ReadError:
    return unreadable(
        Text("{said} holds a matrix of more cells than fit; save a part of it.", said=said)
    )


def _of_v5(data: bytes, said: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Matrices and lists of texts; sizes are read first, other variables (objects) never."""
    spent = budget.now()
    try:
        data = _unpacked(data, said)
        about = scipy.io.whosmat(io.BytesIO(data))
        wanted = []
        for name, shape, kind in about:
            n = math.prod(shape)
            if len(shape) != 2 or not n or name.startswith("__"):
                continue
            if kind == "cell" and n <= _MOST_NAMES and 1 in shape:
                wanted.append(name)
            elif kind in _NUMBERS and max(shape) > 1:
                if kind != "sparse" and (n > MAX_CELLS or n > MAX_BYTES // 8):
                    raise _too_large(said)
                if kind != "sparse":
                    spent.spend(said, memory=8 * n, cells=n)
                wanted.append(name)
        loaded = scipy.io.loadmat(io.BytesIO(data), variable_names=wanted) if wanted else {}
        for matrix in filter(scipy.sparse.issparse, loaded.values()):
            spent.spend(said, memory=24 * matrix.nnz, cells=matrix.nnz)
            _check_places(matrix)
    except ReadError:
        raise
    except Exception:  # SciPy's reader raises whatever its parts do
        raise unreadable(
            Text(
                "{said} is a damaged .mat file, perhaps cut short on its way; copy or save it "
                "again.",
                said=said,
            )
        ) from None
    values = {name: loaded[name] for name in wanted if name in loaded}
    return _parted(values.items())


def _unpacked(data: bytes, said: str) -> bytes:
    """The file with its packed variables unpacked, piece by piece; SciPy would do so at once.

    A variable is its kind (15: packed) and its length, then its bytes; 128 bytes stand before.
    """
    order = "<II" if data[126:128] == b"IM" else ">II"
    spent = budget.now()
    at, pieces = 128, [data[:128]]
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(order, data, at)
        begin, at = at, at + 8 + size
        if kind != 15:
            pieces.append(data[begin:at])
            continue
        for piece in inflated(memoryview(data)[begin + 8 : at], zlib.MAX_WBITS):
            spent.spend(said, memory=len(piece))
            pieces.append(piece)
    return b"".join(pieces)


def _check_places(matrix: Any) -> None:
    """Raise ValueError where a sparse matrix has cells outside: SciPy writes there, unchecked."""
    if (np.diff(matrix.indptr) < 0).any():
        raise ValueError("columns that end before they begin")
    if matrix.nnz and not 0 <= matrix.indices.min() <= matrix.indices.max() < matrix.shape[0]:
        raise ValueError("a cell outside the matrix")


def _parted(values: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    matrices: dict[str, Any] = {}
    names: dict[str, list[str]] = {}
    for name, value in values:
        if scipy.sparse.issparse(value):
            if value.dtype.kind in "iufb":
                matrices[name] = value
        elif value.dtype == object:
            texts = [
                str(cell.item()) if isinstance(cell, np.ndarray) and cell.size == 1
                and cell.dtype.kind == "U" else None for cell in value.ravel()
            ]  # fmt: skip
            if None not in texts:
                names[name] = [text for text in texts if text is not None]
        elif value.dtype.kind in "iufb" and min(value.shape) > 1 and value.shape[1] <= MAX_COLUMNS:
            matrices[name] = value.astype(np.uint8) if value.dtype.kind == "b" else value
    return matrices, names


def _of_hdf5(data: bytes, said: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The matrices of a file of version 7.3, which is HDF5 with each matrix transposed."""
    try:
        import h5py
    except ModuleNotFoundError:
        raise unreadable(
            Text(
                "{said} is a file of MATLAB v7.3, which cannot be read here; save it with "
                "“save(…, '-v7')” or as CSV.",
                said=said,
            )
        ) from None
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            return _parted(list(_matrices(file, h5py, said)))
    except ReadError:
        raise
    except Exception:
        raise unreadable(
            Text("{said} is a damaged .mat file; copy or save it again.", said=said)
        ) from None


def _matrices(file: Any, h5py: Any, said: str) -> Iterator[tuple[str, Any]]:
    for name, value in file.items():
        if name.startswith("#"):
            continue
        if isinstance(value, h5py.Dataset) and value.ndim == 2 and value.dtype.kind in "iuf":
            if value.size > MAX_CELLS:
                raise _too_large(said)
            yield name, np.asarray(value).T
        elif isinstance(value, h5py.Group) and {"data", "ir", "jc"} <= set(value):
            if value["data"].size > MAX_CELLS:
                raise _too_large(said)
            starts = np.asarray(value["jc"]).astype(np.int64)
            parts = np.asarray(value["data"]), np.asarray(value["ir"]).astype(np.int64), starts
            shape = int(value.attrs["MATLAB_sparse"]), len(starts) - 1
            yield name, scipy.sparse.csc_array(parts, shape=shape)
