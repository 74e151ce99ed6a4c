"""NumPy's .npz and .npy as tables, never as objects: nothing pickled is loaded."""

from __future__ import annotations

import io
import math
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from recsys_core.errors import ReadError
from recsys_core.reading.archives import Archive
from recsys_core.reading.column_roles import role
from recsys_core.reading.limits import MAX_BYTES
from recsys_core.reading.sources import Content, unreadable
from recsys_core.reading.tables import FrameCells
from recsys_core.text import Text

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


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
    return _as_cells({"array": _array(content.data, content.said)}, content.said)


def _array(data: bytes, said: str) -> np.ndarray:
    """One array, after its stated size has been compared with what is there."""
    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        shape, _, dtype = _HEADERS[version](file)
        if dtype.hasobject:
            raise unreadable(
                Text(
                    "{said} holds Python objects, which are never opened because they can run "
                    "programs; save plain numbers.",
                    said=said,
                )
            )
        if math.prod(shape) * dtype.itemsize > min(len(data), MAX_BYTES):
            raise ValueError("the header promises more than is there")
        array = np.load(io.BytesIO(data), allow_pickle=False)
        for part in [array[name] for name in dtype.names] if dtype.names else [array]:
            if part.dtype.kind == "U":  # any four bytes: a ValueError where they are no letter
                np.char.decode(np.char.encode(part, "utf-8"), "utf-8")
        return array
    except ReadError:
        raise
    except (ValueError, KeyError, EOFError, OSError, TypeError, SyntaxError, MemoryError):
        raise unreadable(
            Text("{said} is a damaged NumPy array; save it again.", said=said)
        ) from None


def _as_cells(arrays: dict[str, np.ndarray], said: str) -> FrameCells:
    if "shape" in arrays and "format" in arrays:
        return FrameCells(_sparse(arrays, said), said, "npz")
    for array in arrays.values():
        if array.dtype.names and array.ndim == 1:
            columns = {name: array[name] for name in array.dtype.names if array[name].ndim == 1}
            return FrameCells(pd.DataFrame(columns), said, "npz")
    flat = {name: a for name, a in arrays.items() if a.ndim == 1 and a.dtype.kind in "iufUSM"}
    roles = {name: role(name) for name in flat}
    named = {name: a for name, a in flat.items() if roles[name] is not None}
    matrices = [a for a in arrays.values() if a.ndim == 2 and a.dtype.kind in "iuf"]
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
        form = form.decode() if isinstance(form, bytes) else form
        values = arrays["data"]
        if form == "coo":
            rows, columns = arrays.get("coords", (arrays.get("row"), arrays.get("col")))
        elif form in ("csr", "csc"):
            starts, columns = arrays["indptr"], arrays["indices"]
            if (np.diff(starts) < 0).any() or starts[-1] != len(columns):
                raise ValueError("rows that end before they begin")
            rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
            if form == "csc":
                rows, columns = columns, rows
        else:
            raise unreadable(
                Text(
                    "{said} is a sparse matrix of the form {form}; save it as csr or coo.",
                    said=said,
                    form=form,
                )
            )
        return pd.DataFrame({"user": rows, "item": columns, "rating": values})
    except ReadError:
        raise
    except (KeyError, ValueError, TypeError, AttributeError):
        raise unreadable(
            Text("{said} is a damaged sparse matrix; save it again.", said=said)
        ) from None
