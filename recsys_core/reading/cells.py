"""Single cells and whole tables: what is blank, what is a number, what is a moment, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.reading.moments import as_seconds as as_seconds

# What people write where there is nothing.
BLANKS = frozenset(
    ["", "-", "–", "—", "--", ".", "?", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "\\n"]
)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_WHOLE_FLOAT = re.compile(r"-?\d+\.0")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")  # 1,234,567.5
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")  # 1.234.567,5


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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

    Whole numbers that a spreadsheet or Parquet holds as 7.0 become "7", and so does a whole column
    of such texts; an end of line within a cell is a line feed, whatever wrote the file.
    """
    codes, unique = pd.factorize(column)  # most ids occur many times: look at each text once
    labels = [_label(cell) for cell in unique]
    if all(label is None or _WHOLE_FLOAT.fullmatch(label) for label in labels):
        labels = [label and label[:-2] for label in labels]
    texts = np.array([*labels, None], dtype=object)
    return pd.Series(texts[codes], dtype=object)  # code -1 (missing) takes the None at the end


def without_controls(text: str) -> str:
    """The text without control characters, tabs and ends of line apart: no file of text has any."""
    return _CONTROLS.sub("", text)


def _label(cell: Any) -> str | None:
    if isinstance(cell, float | np.floating):
        if not np.isfinite(cell):
            return None
        return str(int(cell)) if cell == int(cell) else repr(float(cell))
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    text = without_controls(str(cell)).strip().replace("\r\n", "\n").replace("\r", "\n")
    return None if text == "" or text.lower() in ("nan", "null", "\\n") else text


def as_numbers(column: pd.Series, decimal: str = ".") -> tuple[np.ndarray, np.ndarray]:
    """A column as float64, NaN where blank; and where it holds what is neither (bool, same shape).

    Infinity counts as neither: no scale has it. Commas are decimal ones, whatever ``decimal`` says,
    where only that makes numbers of a column without a single point.
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != bool:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isinf(values), np.nan, values), np.isinf(values)
    codes, unique = pd.factorize(column)
    values, wrong = _numbers(unique, decimal)
    if decimal == "." and wrong.any() and not any("." in c for c in unique if isinstance(c, str)):
        with_commas, still_wrong = _numbers(unique, ",")
        if not still_wrong.any():
            values, wrong = with_commas, still_wrong
    return values[codes], wrong[codes]


def _numbers(unique: Iterable[Any], decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """Each cell as a number and whether it is wrong; a blank one more at the end."""
    unique = list(unique)
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
    return values, wrong
