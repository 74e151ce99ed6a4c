"""Single cells and whole tables: what is blank, what is a number, what is a moment, and where."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# What people write where there is nothing.
BLANKS = frozenset(
    ["", "-", "–", "—", "--", ".", "?", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "\\n"]
)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")  # 1,234,567.5
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")  # 1.234.567,5


@dataclass(frozen=True)
class Table:
    """A table as it lies in the file, below its header.

    ``body`` has one column for each of ``names``; ``place(row)`` says where a row stands in the
    file ("line 7").
    """

    body: pd.DataFrame
    names: list[str]
    place: Callable[[int], str]

    def without_first(self) -> Table:
        """The table without its first column."""
        return Table(self.body.iloc[:, 1:], self.names[1:], self.place)

    def __getitem__(self, name: str) -> pd.Series:
        return self.body.iloc[:, self.names.index(name)]


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing: empty, NaN, “-”, “n/a” …"""
    if cell is None or cell is pd.NaT:
        return True
    if isinstance(cell, str):
        return cell.strip().lower() in BLANKS
    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))


def number(cell: Any, decimal: str = ".") -> float | None:
    """A cell as a number, None where it is none; ``decimal`` is "." or ","."""
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, int | float | np.number):
        return float(cell)
    if not isinstance(cell, str):
        try:  # decimal.Decimal and its kin
            return float(cell)
        except (TypeError, ValueError):
            return None
    text = cell.strip().replace("\u2212", "-")  # a typographer's minus
    if decimal == ",":
        if _GROUPED_COMMA.fullmatch(text):
            text = text.replace(".", "")
        text = text.replace(",", ".", 1)
    elif _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    return float(text) if _NUMBER.fullmatch(text) else None


def uses_decimal_comma(cells: list[Any]) -> bool:
    """Whether the commas in cells are decimal commas rather than thousands separators."""
    with_comma = [c.strip() for c in cells if isinstance(c, str) and "," in c]
    return any(
        number(cell, ",") is not None and not _GROUPED.fullmatch(cell) for cell in with_comma
    )


def as_labels(column: pd.Series) -> pd.Series:
    """A column of ids as text, exactly as written but for outer spaces; None where blank.

    Whole numbers that a spreadsheet or Parquet holds as 7.0 become "7".
    """
    codes, unique = pd.factorize(column)  # most ids occur many times: look at each text once
    texts = np.array([_label(cell) for cell in unique] + [None], dtype=object)
    return pd.Series(texts[codes], dtype=object)  # code -1 (missing) takes the None at the end


def _label(cell: Any) -> str | None:
    if isinstance(cell, float | np.floating):
        if not np.isfinite(cell):
            return None
        return str(int(cell)) if cell == int(cell) else repr(float(cell))
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    text = str(cell).strip()
    return None if text == "" or text.lower() in ("nan", "null", "\\n") else text


def as_numbers(column: pd.Series, decimal: str = ".") -> tuple[np.ndarray, np.ndarray]:
    """A column as float64, NaN where blank; and where it holds what is neither (bool, same shape).

    Infinity counts as neither: no scale has it.
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != bool:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isinf(values), np.nan, values), np.isinf(values)
    codes, unique = pd.factorize(column)
    values = np.full(len(unique) + 1, np.nan)
    wrong = np.zeros(len(unique) + 1, dtype=bool)
    for code, cell in enumerate(unique):
        if is_blank(cell):
            continue
        found = number(cell, decimal)
        if found is None or not np.isfinite(found):
            wrong[code] = True
        else:
            values[code] = found
    return values[codes], wrong[codes]


def as_seconds(column: pd.Series) -> np.ndarray | None:
    """Moments as whole seconds since 1970 (int64); None unless every one can be read.

    Numbers too large for seconds are taken as milli- or microseconds, texts as dates.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        moments = pd.to_datetime(column, utc=True, errors="coerce")
    else:
        numbers = pd.to_numeric(column, errors="coerce")
        if numbers.notna().all() and len(numbers):
            values = numbers.to_numpy(dtype=np.float64)
            largest = np.abs(values).max()
            if not np.isfinite(largest) or largest > 1e17:
                return None
            for unit in (1e6, 1e3):
                if largest > 1e11 * unit / 1e3:
                    return np.floor(values / unit).astype(np.int64)
            return np.floor(values).astype(np.int64)
        if numbers.notna().any():
            return None
        import warnings

        with warnings.catch_warnings():  # pandas warns where it must guess the format row by row
            warnings.simplefilter("ignore")
            moments = pd.to_datetime(column, utc=True, errors="coerce")
    if not len(moments) or moments.isna().any():
        return None
    return moments.dt.as_unit("s").astype("int64").to_numpy()
