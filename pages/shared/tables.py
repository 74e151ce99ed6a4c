"""Tables as a person reads them: the decimals of a column aligned, true minus signs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from recsys_core import words

# Tables of more cells are not looked through number by number.
_MOST_CELLS = 50_000


def aligned(table: Any, **decimals: int) -> Styler | pd.DataFrame:
    """A table (or columns by name) for ``st.dataframe``; its numbers stay numbers, to sort by.

    They are rounded to the decimals shown: a table is copied, read aloud and taken home from its
    own menu as it is seen, without the digits that float32 leaves.

    ``decimals`` of a column where they are not to follow from its name or numbers. Columns whose
    name says RMSE or MAE have those of ``words.error``.
    """
    frame = pd.DataFrame(table).copy()
    digits: dict[Any, int] = {}
    for at, (column, kind) in enumerate(zip(frame.columns, frame.dtypes, strict=True)):
        if pd.api.types.is_float_dtype(kind):
            values = frame.iloc[:, at].astype(np.float64)
            digits[column] = _decimals(column, values, decimals)
            frame.isetitem(at, values.round(digits[column]))
    unique = frame.index.is_unique and frame.columns.is_unique
    if frame.size > _MOST_CELLS or not unique:
        return frame
    how: dict[Any, Any] = {
        column: partial(_written, decimals=places) for column, places in digits.items()
    }
    for column in frame.select_dtypes("integer"):
        how[column] = lambda value: words.minus(str(value))
    return frame.style.format(how)


def _decimals(column: Any, values: pd.Series, given: dict[str, int]) -> int:
    """As many as four digits of the largest number need, or fewer where all have fewer."""
    if str(column) in given:
        return given[str(column)]
    numbers = np.abs(values[np.isfinite(values)].to_numpy(dtype=np.float64))
    if not len(numbers):
        return 0
    before = int(np.floor(np.log10(max(numbers.max(), 1.0))))
    if "RMSE" in str(column) or "MAE" in str(column):
        return max(0, words.ERROR_DECIMALS - before)
    most = max(0, 3 - before + int(numbers.max() < 1))
    # Ratings are float32: 3.2 is 3.2000000476837.
    exact = (np.allclose(numbers, np.round(numbers, d), rtol=1e-6, atol=0) for d in range(most))
    return next((d for d, is_exact in enumerate(exact) if is_exact), most)


def _written(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else words.minus(f"{value:,.{decimals}f}")
