"""Single cells and whole tables: what is blank, what is a number, what is a moment, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, TypeGuard

import numpy as np
import pandas as pd

from recsys_core.reading.moments import as_seconds as as_seconds
from recsys_core.text import Text

# What people write where there is nothing.
BLANKS = frozenset(
    ["", "-", "–", "—", "--", ".", "?", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "\\n"]
)

# What spreadsheet programs show where a formula failed, in the languages they speak. Such a cell is
# blank, and is counted (``n_errors``): somebody meant a number to be there.
ERRORS = frozenset(
    "#div/0! #n/a #n/d #name? #null! #num! #ref! #value! #spill! #calc! #field! #getting_data "
    "#nv #wert! #bezug! #zahl! #diese! #valeur! #nom? #nombre! #nul! #¡valor! #¡num! #¡ref! "
    "#¿nombre? #¡div/0! #¡nulo! #valor! #nome? #núm! #rif! #valore! #waarde! #naam? #getal! #verw! "
    "#deel/0! #err #error! err:502 err:508 err:520".split()
)

_FAILED = ERRORS - BLANKS

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")  # 1,234,567.5
_GROUPED_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?")  # 1.234.567,5
# 1'234'567.5 as in Switzerland, 1 234 567,5 with any of the spaces that typographers take.
_MARKED_GROUPS = re.compile(r"[+-]?\d{1,3}([ '’\u00a0\u2009\u202f]\d{3})+([.,]\d*)?")
_GROUP_MARKS = str.maketrans("", "", " '’\u00a0\u2009\u202f")
# A typographer's minus; fullwidth signs, which East Asian keyboards write (such digits, \d knows).
_PLAIN_SIGNS = str.maketrans("\u2212．，－＋", "-.,-+")
# Of a column of such texts alone, all whole numbers: 7.0, 7.000000e+00.
_WHOLE_FLOAT = re.compile(r"[+-]?\d+\.\d*(e[+-]?\d{1,2})?", re.IGNORECASE | re.ASCII)


# Ratings are kept as float32.
LARGEST = float(np.finfo(np.float32).max)

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Table:
    """A table as it lies in the file, below its header.

    ``body`` has one column for each of ``names``; ``place(row)`` says where a row stands in the
    file ("line 7"); ``remarks`` say what was met on the way.
    """

    body: pd.DataFrame
    names: list[str]
    place: Callable[[int], str]
    remarks: tuple[Text, ...] = ()

    def without(self, left_out: Collection[str]) -> Table:
        """The table without the columns of these names."""
        kept = [at for at, name in enumerate(self.names) if name not in left_out]
        if len(kept) == len(self.names):
            return self  # pandas would copy every column
        names = [self.names[at] for at in kept]
        return Table(self.body.iloc[:, kept], names, self.place, self.remarks)

    def __getitem__(self, name: str) -> pd.Series:
        return self.body.iloc[:, self._places[name]]

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where the column of each name is; of two of one name the first."""
        return {name: at for at, name in reversed(list(enumerate(self.names)))}


def is_blank(cell: Any) -> bool:
    """Whether a cell says nothing: empty, NaN, “-”, “n/a” …"""
    if cell is None or cell is pd.NaT:
        return True
    if isinstance(cell, str):
        text = cell.strip().lower()
        return text in BLANKS or text in ERRORS
    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))


def is_error(cell: Any) -> bool:
    """Whether a cell is what a spreadsheet program shows for a failed formula: “#DIV/0!” …"""
    return isinstance(cell, str) and cell[:1] in "#eE" and cell.strip().lower() in _FAILED


def n_errors(column: Column) -> int:
    """How many cells of a column say that a formula failed."""
    codes, unique = _coded(column)
    wrong = [is_error(cell) for cell in unique]
    return int(np.isin(codes, np.flatnonzero(wrong)).sum()) if any(wrong) else 0


def as_name(cell: Any) -> str:
    """Write a cell that names something: whole numbers as such, "" where there is nothing."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def number(cell: Any, decimal: str = ".") -> float | None:
    """A cell as a number, None where it is none; ``decimal`` is "." or ",".

    Thousands may be marked by the other of the two, by apostrophes or by spaces.
    """
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, int | float | np.number):
        try:
            return float(cell)
        except OverflowError:  # JSON's whole numbers have no end
            return float("inf")
    if not isinstance(cell, str):
        try:  # decimal.Decimal and its kin
            return float(cell)
        except (TypeError, ValueError):
            return None
    text = cell.strip()
    if not text.isalnum():  # "12", most often
        text = text.translate(_PLAIN_SIGNS)
        if _MARKED_GROUPS.fullmatch(text):
            text = text.translate(_GROUP_MARKS)
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


def decimal_mark(records: Sequence[Sequence[Any]], delimiter: str | None = None) -> str:
    """Tell which mark the first records write before decimals, "." or ",".

    Where a mark stands before three digits only ("1.204"), the whole column says what it is: a
    thousands mark where it comes twice in a number, or beside whole numbers without it ("17",
    "3.000"), as long as the file is one of a country with decimal commas: its cells are parted by
    semicolons, or a number ends in a zero, which no program writes behind a decimal mark.
    """
    if uses_decimal_comma([cell for record in records[:200] for cell in record]):
        return ","
    width = max(map(len, records), default=0)
    for at in range(width):
        column = [
            str(record[at]).strip()
            for record in records
            if len(record) > at and isinstance(record[at], str) and record[at][-1:].isdigit()
        ]
        if _points_mark_thousands(column, delimiter) or _commas_mark_thousandths(column, delimiter):
            return ","
    return "."


def _points_mark_thousands(column: list[str], delimiter: str | None) -> bool:
    pointed = [text for text in column if "." in text]
    if not pointed or not all(map(_GROUPED_COMMA.fullmatch, pointed)):
        return False
    if any(text.count(".") > 1 for text in pointed):
        return True
    whole = sum(_NUMBER.fullmatch(text) is not None for text in column) - len(pointed)
    if len(pointed) < 2 or not whole or any(text.lstrip("+-").startswith("0") for text in pointed):
        return False
    return delimiter == ";" or (delimiter != "," and any(text.endswith("0") for text in pointed))


def _commas_mark_thousandths(column: list[str], delimiter: str | None) -> bool:
    """Whether all of a column is written like 3,125: a thousands mark would miss some number."""
    whole = [text for text in column if number(text) is not None]
    return (
        delimiter == ";"
        and len(whole) > 2
        and all(re.fullmatch(r"[+-]?\d,\d{3}", text) for text in whole)
    )


def as_labels(column: pd.Series) -> pd.Series:
    """A column of ids as text, exactly as written but for outer spaces; None where blank.

    Whole numbers that a spreadsheet or Parquet holds as 7.0 become "7", and so does a whole column
    of such texts; an end of line within a cell is a line feed, whatever wrote the file.
    """
    codes, labels = as_codes(column)
    texts = np.array([*labels, None], dtype=object)
    return pd.Series(texts[codes], dtype=object)  # code -1 (missing) takes the None at the end


def as_codes(column: pd.Series) -> tuple[np.ndarray, list[str]]:
    """A column of ids as codes into its labels: int32, (n_rows,), −1 where blank; and the labels.

    The labels are those of ``as_labels``, each once, in order of appearance.
    """
    codes, unique = _coded(column)
    labels = [_label(cell) for cell in unique]
    if any(labels) and all(label is None or _is_whole_float(label) for label in labels):
        labels = [label and str(int(float(label))) for label in labels]
    # “anna” and “anna ” are one label, and what is blank none.
    kept = dict.fromkeys(label for label in labels if label is not None)
    place = {label: at for at, label in enumerate(kept)}
    if len(place) < len(labels):
        merged = np.array([-1 if x is None else place[x] for x in labels] + [-1], dtype=np.int32)
        codes = merged[codes]
    return codes.astype(np.int32, copy=False), list(place)


def _is_whole_float(text: str) -> bool:
    """Whether a text is a whole number written as a float, exactly: 7.0, 7.000000e+00."""
    if not _WHOLE_FLOAT.fullmatch(text):
        return False
    value = float(text)
    return value.is_integer() and abs(value) < 2**53


# A column of a table: cells of any kind, shape (n_rows,).
Column: TypeAlias = pd.Series | np.ndarray

_FEW_ROWS = 256


def columns_of(table: pd.DataFrame) -> Iterator[Column]:
    """The columns one after the other; of a table with few rows, or of objects alone, as arrays.

    pandas takes some tenths of a millisecond for each column it hands out, and as long again to
    code it, whatever is in it: seconds for two lines of a sheet with 16,384 columns.
    """
    if len(table) <= _FEW_ROWS or all(map(pd.api.types.is_object_dtype, table.dtypes)):
        yield from table.to_numpy(dtype=object).T
    else:
        yield from (table.iloc[:, at] for at in range(table.shape[1]))


def factorized(column: Column) -> tuple[np.ndarray, Sequence[Any]]:
    """Codes, (n_rows,), −1 where missing, and the distinct cells, each to be looked at once."""
    if isinstance(column, np.ndarray) and len(column) <= _FEW_ROWS:
        places: dict[tuple[type, Any], int] = {}
        codes = [places.setdefault((type(cell), cell), len(places)) for cell in column]
        return np.array(codes, dtype=np.intp), [cell for _, cell in places]
    return pd.factorize(column)


def _coded(column: Column) -> tuple[np.ndarray, Sequence[Any]]:
    """As ``factorized``, but cells may be given that do not occur, and in any order."""
    if not isinstance(column, np.ndarray) and isinstance(column.dtype, pd.CategoricalDtype):
        # It was coded while the file was read.
        return column.array.codes, column.array.categories
    return factorized(column)


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
    text = str(cell)
    if not text.isprintable():  # most are, and millions come this way
        text = without_controls(text).replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip()
    return None if len(text) < 5 and text.lower() in ("", "nan", "null", "\\n") else text


def is_numeric(column: Column) -> TypeGuard[pd.Series]:
    """Whether a column is stored as numbers; truth values are none."""
    kind = column.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def as_numbers(column: Column, decimal: str = ".") -> tuple[np.ndarray, np.ndarray]:
    """A column as float64, NaN where blank; and where it holds what is neither (bool, same shape).

    Infinity counts as neither, and so does what is beyond all ratings, which are kept as float32:
    no scale has it. Commas are decimal ones, whatever ``decimal`` says,
    where only that makes numbers of a column without a single point.
    """
    if is_numeric(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        beyond = np.abs(values) > LARGEST
        return np.where(beyond, np.nan, values), beyond
    codes, unique = _coded(column)
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
        if found is None or not abs(found) <= LARGEST:
            wrong[code] = True
        else:
            values[code] = found
    return values, wrong
