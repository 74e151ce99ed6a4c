"""MATLAB's .mat: a matrix of ratings with, or without, lists of names. Objects are never loaded.

From version 7.3 on it is HDF5, which h5py reads where it is installed.
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
    """Matrices and lists of texts of versions 5 to 7; other variables (objects) are never built.

    Read here, since SciPy's reader ends the whole process at some damaged files. The format:
    MATLAB, “MAT-File Format”, section 1. An element is its kind and its length, then its bytes.
    """
    order = "<" if data[126:128] == b"IM" else ">"
    found: dict[str, Any] = {}
    at = 128
    try:
        while at + 8 <= len(data):
            kind, size = struct.unpack_from(order + "II", data, at)
            body, at = data[at + 8 : at + 8 + size], at + 8 + size
            if len(body) < size:
                raise ValueError("cut short")
            if kind == _PACKED:
                kind, body, _ = _element(_unpacked(body, said), 0, order)
            if kind == _MATRIX:
                name, value = _variable(body, order, said)
                if name and value is not None:
                    found[name] = value
    except ReadError:
        raise
    except (ValueError, KeyError, IndexError, OverflowError, struct.error, zlib.error):
        raise unreadable(
            Text(
                "{said} is a damaged .mat file, perhaps cut short on its way; copy or save it "
                "again.",
                said=said,
            )
        ) from None
    return _parted(found.items())


_MATRIX, _PACKED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8"}  # fmt: skip
_ENCODINGS = {2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
# Classes of variables, and NumPy's types of those that are numbers.
_CELL, _CHAR, _SPARSE = 1, 4, 5
_CLASSES = dict(zip(range(6, 16), "f8 f4 i1 u1 i2 u2 i4 u4 i8 u8".split(), strict=True))


def _element(data: bytes, at: int, order: str) -> tuple[int, bytes, int]:
    """Kind and bytes of an element, and where the next one begins."""
    kind, size = struct.unpack_from(order + "II", data, at)
    if kind >> 16:  # at most 4 bytes, which stand beside kind and length
        return kind & 0xFFFF, data[at + 4 : at + 4 + min(kind >> 16, 4)], at + 8
    if at + 8 + size > len(data):
        raise ValueError("cut short")
    return kind, data[at + 8 : at + 8 + size], at + 8 + size + -size % 8


def _unpacked(packed: bytes, said: str) -> bytes:
    spent = budget.now()
    pieces = []
    for piece in inflated(memoryview(packed), zlib.MAX_WBITS):
        spent.spend(said, memory=len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def _variable(body: bytes, order: str, said: str, depth: int = 1) -> tuple[str, Any]:
    """Name and value: an array, a sparse array or a text; None of another kind.

    A cell array is an array of objects, each a text or None: cells are looked into ``depth`` deep.
    """
    _, flags, at = _element(body, 0, order)
    about, _ = struct.unpack(order + "II", flags)
    kind = about & 0xFF
    if kind not in (_CELL, _CHAR, _SPARSE, *_CLASSES) or about & 0x800:  # complex
        return "", None
    _, sizes, at = _element(body, at, order)
    shape = tuple(int(n) for n in np.frombuffer(sizes, order + "i4"))
    _, name, at = _element(body, at, order)
    n = math.prod(shape)
    if len(shape) != 2 or min(shape) < 1:
        return "", None
    value: Any = None
    if kind == _CELL:
        if depth and n <= _MOST_NAMES and 1 in shape:
            cells = []
            for _ in range(n):
                _, inner, at = _element(body, at, order)
                cell = _variable(inner, order, said, depth - 1)[1] if inner else None
                cells.append(cell if isinstance(cell, str) else None)
            budget.now().take(said, cells)
            value = np.array(cells, dtype=object)
    elif kind == _CHAR:
        coded, letters, _ = _element(body, at, order)
        encoding = _ENCODINGS[coded]
        if encoding in ("utf-16", "utf-32"):
            encoding += "-le" if order == "<" else "-be"
        value = letters.decode(encoding, "replace") if shape[0] == 1 else None
    elif kind == _SPARSE:
        value = _sparse(body, at, order, shape, said)
    elif max(shape) > 1:
        if n > MAX_CELLS or n > MAX_BYTES // 8:
            raise _too_large(said)
        values, _ = _numbers(body, at, order)
        if len(values) != n:
            raise ValueError("another number of cells")
        budget.now().spend(said, memory=8 * n, cells=n)
        wanted = "?" if about & 0x200 else _CLASSES[kind]
        value = values.astype(wanted).reshape(shape, order="F")
    return name.decode("latin-1"), value


def _numbers(body: bytes, at: int, order: str) -> tuple[np.ndarray, int]:
    kind, numbers, at = _element(body, at, order)
    return np.frombuffer(numbers, order + _TYPES[kind]), at


def _sparse(body: bytes, at: int, order: str, shape: tuple[int, ...], said: str) -> Any:
    """A sparse matrix, its places compared with its shape: SciPy follows them unchecked."""
    rows, at = _numbers(body, at, order)
    starts, at = _numbers(body, at, order)
    values, _ = _numbers(body, at, order)
    starts = starts.astype(np.int64)
    if len(starts) != shape[1] + 1 or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise ValueError("columns that end before they begin")
    n = int(starts[-1])
    rows, values = rows[:n], values[:n]
    if min(len(rows), len(values)) < n or (n and not 0 <= rows.min() <= rows.max() < shape[0]):
        raise ValueError("a cell outside the matrix")
    budget.now().spend(said, memory=24 * n, cells=n)
    parts = values.astype(values.dtype.newbyteorder("=")), rows.astype(np.int64), starts
    return scipy.sparse.csc_array(parts, shape=shape)


def _parted(values: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    matrices: dict[str, Any] = {}
    names: dict[str, list[str]] = {}
    for name, value in values:
        if scipy.sparse.issparse(value):
            if value.dtype.kind in "iufb":
                matrices[name] = value
        elif isinstance(value, str):
            continue
        elif value.dtype == object:
            if all(value):
                names[name] = list(value)
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
