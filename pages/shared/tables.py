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

    ``decimals`` of a column where they are not to follow from its numbers.
    """
    frame = pd.DataFrame(table)
    unique = frame.index.is_unique and frame.columns.is_unique
    if frame.size > _MOST_CELLS or not unique:
        return frame
    how: dict[Any, Any] = {
        column: partial(_written, decimals=decimals.get(str(column), _decimals(values)))
        for column, values in frame.select_dtypes("float").items()
    }
    for column in frame.select_dtypes("integer"):
        how[column] = lambda value: words.minus(str(value))
    return frame.style.format(how)


def _decimals(values: pd.Series) -> int:
    """As many as four digits of the largest number need; none where all are whole."""
    numbers = np.abs(values[np.isfinite(values)].to_numpy(dtype=np.float64))
    if not len(numbers) or np.array_equal(numbers, np.rint(numbers)):
        return 0
    return max(0, 3 - int(np.floor(np.log10(max(numbers.max(), 1.0)))) + int(numbers.max() < 1))


def _written(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else words.minus(f"{value:,.{decimals}f}")
