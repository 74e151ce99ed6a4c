"""What the numbers mean: which one says “unrated”, and whether they are counts of plays."""

from __future__ import annotations

import numpy as np
import pandas as pd


def unrated_value(values: np.ndarray, has_blanks: bool, wide: bool, counts: bool) -> float | None:
    """Find the number that stands for “not rated”, None where every number is a rating.

    ``values`` are all numbers of the table, finite, float64, (n,). Blank cells are always unrated;
    the question is what else is:

    - 99 where all others stay within −10 and 10 (Jester), −1 where no other is negative;
    - 0 in a matrix, unless blanks already say it, or zero lies inside the scale (negative ratings,
      or a scale of 0, 1, 2);
    - 0 in a list of ratings only where it is the majority: a line was written for each, so that 0
      usually is a rating.
    """
    if not len(values):
        return None
    times = pd.Series(values).value_counts().sort_index()  # hashing: far faster than sorting all
    distinct, times = times.index.to_numpy(), times.to_numpy()
    if distinct[-1] == 99 and len(distinct) > 1 and np.abs(distinct[:-1]).max() <= 10:
        return 99.0
    if distinct[0] == -1 and len(distinct) > 2 and distinct[1] >= 0 and distinct[-1] > 1:
        return -1.0
    if distinct[0] != 0 or len(distinct) < 2:
        return None  # no zero, or zero inside the scale
    zeros = times[0] / len(values)
    highest = distinct[-1]
    if zeros > 0.5 and highest > 1:
        return 0.0
    if not wide:
        return None
    if counts:
        return 0.0
    on_scale_to_two = highest <= 2 and (distinct == np.rint(distinct)).all()
    return None if has_blanks or on_scale_to_two else 0.0


def are_counts(values: np.ndarray, named_so: bool) -> bool:
    """Tell whether ratings, (n,), are counts (plays, purchases): most small, a few very large.

    All must be whole and not negative. ``named_so``: a column name has said so.
    """
    if not len(values) or values.max() <= (5 if named_so else 100):
        return False
    if values.min() < 0 or (values != np.rint(values)).any():
        return False
    # On a rating scale the mean stays near the median; counts have a long tail.
    positive = values[values > 0]
    middle = np.median(positive)
    return bool(named_so or (values.max() > 10 * middle and positive.mean() > 1.5 * middle))


def first_counts_the_rest(matrix: np.ndarray) -> bool:
    """Tell whether the first column of a matrix, (n_rows, n_columns), counts its row's ratings.

    So it is in Jester's files. A cell is rated if it is neither blank (NaN) nor 99.
    """
    if matrix.shape[1] < 3 or not np.isfinite(matrix[:, 0]).all():
        return False
    n_rated = (np.isfinite(matrix[:, 1:]) & (matrix[:, 1:] != 99)).sum(axis=1)
    return bool((matrix[:, 0] == n_rated).all() and len(np.unique(n_rated)) > 1)
