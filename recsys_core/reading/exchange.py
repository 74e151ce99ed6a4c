"""Ratings, and what is said of a file, as plain arrays between processes: nothing is pickled.

    write(file, ratings)            # in the one process
    ratings = read(file, Ratings)   # in the other

The file is an uncompressed .npz: arrays as they are, texts as UTF-8 one after the other and where
each ends, all else as msgpack in one array of bytes.
"""

from __future__ import annotations

import dataclasses
import numbers
import typing
from collections.abc import Sequence
from typing import IO, Any, TypeVar

import numpy as np
import pandas as pd

from recsys_core.ratings import Ratings, Scale
from recsys_core.text import Number, Text

Kind = TypeVar("Kind")

_ARRAYS = ("user_ids", "item_ids", "values", "timestamps")
_LABELS = ("users", "items")
_TABLES = ("item_info", "user_info")
_ALONE = {*_ARRAYS, *_LABELS, *_TABLES, "truth"}  # files have no truth

_ABSENT = object()

# The key of a sentence's data: no field is called so.
_TEXT = "\x00text"
_NUMBER = "\x00number"


def write(file: IO[bytes], value: Any) -> None:
    """Write Ratings, or a dataclass of plain data and Texts, to an open file."""
    arrays: dict[str, np.ndarray] = {}
    rest: dict[str, Any] = {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if field.name not in _ALONE and not field.name.startswith("_")
    }
    if isinstance(value, Ratings):
        for name in _ARRAYS:
            if (array := getattr(value, name)) is not None:
                arrays[name] = array
        for name in _LABELS:
            _put_column(arrays, name, pd.Series(getattr(value, name), dtype=object))
        for name in _TABLES:
            if (table := getattr(value, name)) is not None:
                rest[name] = list(map(str, table.columns))
                for at in range(table.shape[1]):
                    _put_column(arrays, f"{name}{at}", table.iloc[:, at])
    arrays["rest"] = np.frombuffer(packed(rest), dtype=np.uint8)
    np.savez(file, **arrays)  # type: ignore[arg-type]  # its stub takes allow_pickle for an array


def read(file: IO[bytes], kind: type[Kind]) -> Kind:
    """What was written, of a kind known beforehand: Ratings or another dataclass.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is not of that kind.
    """
    with np.load(file, allow_pickle=False) as arrays:
        rest = unpacked(arrays["rest"].tobytes())
        made = {
            name: _field(name, value, hint)
            for name, hint in _hints(kind).items()
            if name not in _ALONE and (value := rest.get(name, _ABSENT)) is not _ABSENT
        }
        if kind is Ratings:
            made |= {name: arrays[name] for name in _ARRAYS if name in arrays}
            made |= {name: _column(arrays, name).tolist() for name in _LABELS}
            for name in _TABLES:
                if name in rest:
                    columns = [_column(arrays, f"{name}{at}") for at in range(len(rest[name]))]
                    table = pd.concat(columns, axis=1) if columns else pd.DataFrame()
                    table.columns = pd.Index(rest[name])
                    made[name] = table
        return kind(**made)


def _field(name: str, value: Any, hint: Any) -> Any:
    """One field as its class declares it."""
    import msgspec

    if name == "scale":  # its constructor checks the ends
        return None if value is None else scale_of(value)
    return msgspec.convert(value, hint, dec_hook=_as_it_is)


def scale_of(parts: Sequence[Any]) -> Scale:
    """A Scale from its parts as plain lists."""
    low, high, step, words = (*parts, None, None)[:4]
    pairs = None if words is None else tuple((float(n), str(word)) for n, word in words)
    return Scale(low, high, step, pairs)


def packed(value: Any) -> bytes:
    """Plain data, dataclasses and Texts as msgpack; letters that are none become “?”."""
    import msgspec

    try:
        return msgspec.msgpack.encode(value, enc_hook=_plain)
    except (UnicodeEncodeError, OverflowError):
        plain = msgspec.to_builtins(value, enc_hook=_plain, builtin_types=(bytes,))
        return msgspec.msgpack.encode(_sendable(plain))


def _sendable(value: Any) -> Any:
    """Plain data without whole numbers beyond 64 bits and without lone surrogates."""
    if isinstance(value, dict):
        return {_sendable(name): _sendable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_sendable(one) for one in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int) and abs(value) >= 2**63:
        return float(value) if abs(value) < 1e300 else str(value)[:400]
    return value


def unpacked(data: bytes) -> Any:
    """The plain data again, with its Texts."""
    import msgspec

    return _with_texts(msgspec.msgpack.decode(data))


def _hints(kind: type) -> dict[str, Any]:
    """The types of a dataclass's public fields."""
    from recsys_core.reading.doubts import Doubt

    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind) if not field.name.startswith("_")]
    return {name: hints[name] for name in names} | (
        {"doubts": tuple[Doubt, ...]} if "doubts" in names else {}
    )


def _as_it_is(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"no {kind.__name__}")
    return value


def _plain(value: Any) -> Any:
    """What msgpack does not know, as what it knows."""
    if isinstance(value, Text):
        values = {name: _plain_value(one) for name, one in value.values.items()}
        return {_TEXT: [value.id, value.plural, values]}
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def _plain_value(value: Any) -> Any:
    if isinstance(value, Number):
        return {_NUMBER: value.english}
    if isinstance(value, Text | str | bool) or value is None:
        return value
    if isinstance(value, numbers.Integral):
        whole = int(value)
        return whole if abs(whole) < 2**63 else float(whole)
    return float(value) if isinstance(value, numbers.Real) else str(value)


def _with_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_texts(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_NUMBER}:
        return Number(value[_NUMBER])
    if set(value) != {_TEXT}:
        return {name: _with_texts(one) for name, one in value.items()}
    id, plural, values = value[_TEXT]
    return Text(id, plural, **{name: _with_texts(one) for name, one in values.items()})


# --- columns --------------------------------------------------------------------------------------


def _put_column(arrays: dict[str, np.ndarray], name: str, column: pd.Series) -> None:
    """One column as arrays: numbers with a mask where some are missing, or texts."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biufmM":
        arrays[f"{name}.numbers"] = column.to_numpy()
        return
    missing = column.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype):
        filled = column.fillna(0).to_numpy(dtype=getattr(dtype, "numpy_dtype", np.float64))
        arrays |= {f"{name}.numbers": filled, f"{name}.missing": missing}
        arrays[f"{name}.dtype"] = np.array(str(dtype))
        return
    cells: Sequence[Any] = column.astype(object).tolist()
    if not missing.any() and all(type(cell) is int and abs(cell) < 2**63 for cell in cells):
        arrays[f"{name}.numbers"] = np.array(cells, dtype=np.int64)
        arrays[f"{name}.dtype"] = np.array("object")
        return
    texts = [
        b"" if gone else str(cell).encode("utf-8", "surrogatepass")
        for cell, gone in zip(cells, missing, strict=True)
    ]
    arrays[f"{name}.texts"] = np.frombuffer(b"".join(texts), dtype=np.uint8)
    arrays[f"{name}.ends"] = np.cumsum([len(text) for text in texts], dtype=np.int64)
    arrays[f"{name}.dtype"] = np.array("object" if pd.api.types.is_object_dtype(dtype) else "str")
    if missing.any():
        arrays[f"{name}.missing"] = missing


def _column(arrays: Any, name: str) -> pd.Series:
    """The column that these arrays are."""
    dtype = str(arrays[f"{name}.dtype"]) if f"{name}.dtype" in arrays else None
    missing = arrays[f"{name}.missing"] if f"{name}.missing" in arrays else None
    if f"{name}.numbers" in arrays:
        values = arrays[f"{name}.numbers"]
        if dtype == "object":
            return pd.Series(values.tolist(), dtype=object)
        column = pd.Series(values, dtype=dtype)
        return column if missing is None else column.mask(missing)
    whole = arrays[f"{name}.texts"].tobytes()
    ends = arrays[f"{name}.ends"].tolist()
    begins = [0, *ends[:-1]]
    cells: list[Any] = [
        whole[begin:end].decode("utf-8", "surrogatepass")
        for begin, end in zip(begins, ends, strict=True)
    ]
    if missing is not None:
        for at in np.flatnonzero(missing).tolist():
            cells[at] = None
    return pd.Series(cells, dtype=dtype)
