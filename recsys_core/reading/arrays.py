"""NumPy's .npz and .npy as tables, never as objects: nothing pickled is loaded."""

from __future__ import annotations

import ast
import math
import re
import struct
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.reading import budget
from recsys_core.reading.archives import Archive
from recsys_core.reading.column_roles import role
from recsys_core.reading.sources import Content, unreadable
from recsys_core.reading.tables import FrameCells
from recsys_core.text import Text

_MAGIC = b"\x93NUMPY"
# The length of the header that follows, by version of the format; from 3 on it is UTF-8.
_LENGTHS = {1: struct.Struct("<H"), 2: struct.Struct("<I"), 3: struct.Struct("<I")}
_MAX_HEADER = 64 << 10  # 20,000 named columns do not come as one array

_PYTHON_2 = re.compile(r"(?<=[(\s]\d)L(?=[,)])|(?<=\d\d)L(?=[,)])")

# Kinds of numbers, texts and moments, by NumPy's letters; all others hold no cells of a table.
_NUMBERS = "iuf"
_KINDS = "biufSUmM"


def npz(archive: Archive) -> FrameCells:
    """A matrix, a SciPy sparse matrix, or arrays of users, items and ratings.

    A matrix may come with arrays of labels, as long as it has rows or columns, called for example
    ``users`` and ``items``.
    """
    said = archive.content.said
    arrays = {
        PurePosixPath(name).stem: _array(archive.read(name), f"“{name}” in {said}")
        for name in archive.names
    }
    return _as_cells(arrays, said)


def npy(content: Content) -> FrameCells:
    """A single array: a matrix, or a table with named columns."""
    return _as_cells({"array": _array(bytes(content.data), content.said)}, content.said)


def _array(data: bytes, said: str) -> np.ndarray:
    """One array as it lies in the file, in this machine's order of bytes.

    The header is read here and the bytes behind it are taken as they are: nothing in this way of
    reading could make an object.

    Raises
    ------
    ReadError
        If it holds Python objects, or the header is damaged or states more than is there.
    """
    try:
        shape, fortran, dtype, begins = _header(data)
    except (
        ValueError, KeyError, TypeError, SyntaxError, struct.error, IndexError, OverflowError,
        AttributeError, RecursionError, MemoryError,
    ):  # fmt: skip
        raise _damaged(said) from None
    if dtype.hasobject:
        raise unreadable(
            Text(
                "{said} holds Python objects, which are never opened because they can run "
                "programs; save plain numbers.",
                said=said,
            )
        )
    n = math.prod(shape)
    if not dtype.itemsize or n * dtype.itemsize > len(data) - begins:
        raise _damaged(said)
    budget.now().spend(said, memory=n * dtype.itemsize, cells=n)
    try:
        flat = np.frombuffer(data, dtype, n, begins) if n else np.empty(0, dtype)
        return _native(flat.reshape(shape, order="F" if fortran else "C"))
    except (ValueError, TypeError, UnicodeError):
        raise _damaged(said) from None


def _header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Shape, whether columns come first, type, and where the numbers begin.

    Raises whatever a damaged header makes of ``struct``, ``ast`` and ``numpy``.
    """
    if not data.startswith(_MAGIC):
        raise ValueError("no array")
    version = data[6]
    length = _LENGTHS[version]
    (n_bytes,) = length.unpack_from(data, 8)
    begins = 8 + length.size
    ends = begins + n_bytes
    if n_bytes > _MAX_HEADER or ends > len(data):
        raise ValueError("a header longer than any")
    text = data[begins:ends].decode("utf-8" if version > 2 else "latin-1").strip()
    if version < 3:  # Python 2 wrote whole numbers as 3L
        text = _PYTHON_2.sub("", text)
    header = ast.literal_eval(text)
    shape, fortran = header["shape"], header["fortran_order"]
    if not (
        isinstance(shape, tuple)
        and all(type(n) is int and 0 <= n <= len(data) for n in shape)
        and isinstance(fortran, bool)
    ):
        raise ValueError("no shape")
    return shape, fortran, np.lib.format.descr_to_dtype(header["descr"]), ends


def _native(array: np.ndarray) -> np.ndarray:
    """The array in this machine's order of bytes, its numbers in types that pandas computes with.

    Raises
    ------
    ValueError
        If a text has letters that are none.
    """
    if array.dtype.names:
        columns: dict[str, Any] = {name: _native(array[name]) for name in array.dtype.names}
        plain = [(name, c.dtype, c.shape[array.ndim :]) for name, c in columns.items()]
        table = np.empty(array.shape, plain)
        for name, column in columns.items():
            table[name] = column
        return table
    dtype = array.dtype.newbyteorder("=")
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        dtype = np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
    array = np.ascontiguousarray(array).astype(dtype, copy=False)
    if dtype.kind == "U":  # any four bytes: a ValueError where they are no letter
        np.char.decode(np.char.encode(array, "utf-8"), "utf-8")
    return array


def _as_cells(arrays: dict[str, np.ndarray], said: str) -> FrameCells:
    if "shape" in arrays and "format" in arrays:
        return FrameCells(_sparse(arrays, said), said, "npz")
    for array in arrays.values():
        if array.dtype.names and array.ndim == 1:
            parts = {name: array[name] for name in array.dtype.names}
            columns = {n: a for n, a in parts.items() if a.ndim == 1 and a.dtype.kind in _KINDS}
            return FrameCells(pd.DataFrame(columns), said, "npz")
    flat = {name: a for name, a in arrays.items() if a.ndim == 1 and a.dtype.kind in _KINDS}
    roles = {name: role(name) for name in flat}
    named = {name: a for name, a in flat.items() if roles[name] is not None}
    matrices = [a for a in arrays.values() if a.ndim == 2 and a.dtype.kind in _NUMBERS]
    if not matrices:
        if {"user", "item"} <= set(roles.values()) and len({len(a) for a in named.values()}) == 1:
            return FrameCells(pd.DataFrame(named), said, "npz")
        shapes = ", ".join(f"{name} {a.dtype} {a.shape}" for name, a in list(arrays.items())[:6])
        raise unreadable(
            Text(
                "{said} holds no ratings ({found}); save a matrix, or arrays users, "
                "items and ratings of one length.",
                said=said,
                found=shapes or "no arrays",
            )
        )
    matrix = max(matrices, key=lambda array: array.size)
    users, items = (
        next((a for n, a in named.items() if roles[n] == what and len(a) == size), None)
        for what, size in zip(("user", "item"), matrix.shape, strict=True)
    )
    frame = pd.DataFrame(matrix)
    if users is None and items is None:
        return FrameCells(frame, said, "npz", named=False)
    frame.columns = pd.Index(range(matrix.shape[1]) if items is None else items).astype(object)
    frame.insert(0, "", range(len(frame)) if users is None else users)
    return FrameCells(frame, said, "npz")


def _sparse(arrays: dict[str, np.ndarray], said: str) -> pd.DataFrame:
    """The stored cells of a matrix saved by ``scipy.sparse.save_npz``."""
    try:
        form = arrays["format"].item()
        form = form.decode("latin-1") if isinstance(form, bytes) else str(form)
        if form not in ("coo", "csr", "csc"):
            raise unreadable(
                Text(
                    "{said} is a sparse matrix of the form {form}; save it as csr or coo.",
                    said=said,
                    form=form,
                )
            )
        values = arrays["data"]
        if form == "coo":
            rows, columns = arrays["coords"] if "coords" in arrays else (
                arrays["row"], arrays["col"]
            )  # fmt: skip
        else:
            starts, columns = _indices(arrays["indptr"]), arrays["indices"]
            ends = starts[1:]
            if starts[0] != 0 or starts[-1] != len(columns) or (ends < starts[:-1]).any():
                raise ValueError("rows that end before they begin")
            rows = np.repeat(np.arange(len(ends)), np.diff(starts))
            if form == "csc":
                rows, columns = columns, rows
        rows, columns = _indices(rows), _indices(columns)
        if values.dtype.kind not in "biuf" or not values.shape == rows.shape == columns.shape:
            raise ValueError("not one number for each cell")
        return pd.DataFrame({"user": rows, "item": columns, "rating": values})
    except ReadError:
        raise
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        raise unreadable(
            Text("{said} is a damaged sparse matrix; save it again.", said=said)
        ) from None


def _indices(array: np.ndarray) -> np.ndarray:
    """Row or column numbers as int64, (n,).

    Raises
    ------
    ValueError
        If they are no whole numbers from 0 on.
    """
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise ValueError("no list of whole numbers")
    whole = array.astype(np.int64)
    if (whole < 0).any():
        raise ValueError("numbers below zero")
    return whole


def _damaged(said: str) -> ReadError:
    return unreadable(Text("{said} is a damaged NumPy array; save it again.", said=said))
