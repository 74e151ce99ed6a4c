"""What the numbers mean: which one says “unrated”, and whether they are counts of plays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

# Codes that questionnaires and data banks have for “no answer”, “don't know” and “not asked”: nines
# and their neighbours, positive or negative. They lie far outside every scale.
_CODES = frozenset(
    [*range(94, 100), 88, 77, 66, *range(994, 1000), 888, 777, 666, 9998, 9999, 8888, 99999]
)
_NEGATIVE_CODES = frozenset([-float(code) for code in _CODES] + [-1.0, -2.0, -7.0, -8.0, -9.0])
# Ratings are at most so large a part of such a code, which would else be one of them.
_FAR = 0.25
# So many ratings and none between the scale's top and 9: then 9 is none of them.
_ENOUGH = 20


def times_of(numbers: np.ndarray) -> pd.Series:
    """How often each different number comes, of any shape, NaN and infinity apart.

    The index has the numbers, float64, ascending. They are counted by hashing, far faster than
    sorting all, and in blocks, of which copies take little memory.
    """
    rows = max(_BLOCK // max(numbers[:1].size, 1), 1)
    found = []
    for begins in range(0, len(numbers), rows):
        block = numbers[begins : begins + rows].ravel()
        found.append(pd.Series(block).value_counts(sort=False))
    times = pd.concat(found) if found else pd.Series(dtype=np.int64)
    times.index = times.index.astype(np.float64)
    times = times.groupby(level=0).sum()  # ascending
    return times[np.isfinite(times.index)]


_BLOCK = 1 << 20


def median(times: pd.Series) -> float:
    """The median of numbers that were counted by ``times_of``, of which there are some."""
    ends, n = times.to_numpy().cumsum(), int(times.sum())
    middle = np.searchsorted(ends, [(n - 1) // 2, n // 2], side="right")
    return float(times.index.to_numpy()[middle].mean())


def unrated_values(
    times: pd.Series,
    words: Sequence[str] = (),
    has_blanks: bool = False,
    wide: bool = False,
    counts: bool = False,
) -> tuple[float | str, ...]:
    """Find the numbers that stand for “not rated”, and after them the ``words`` that do.

    ``times`` counts all numbers of the table (``times_of``); ``words`` are the texts that mean it
    (``Answers.unrated``). Blank cells are always unrated; the question is what else is:

    - 99, −99, 999, −9 and the like where all others lie far below, or are not negative; −1 where
      no other is negative and there are more ratings than 0 and 1;
    - 9, and 8 beside it, where no other is above 5 and either most say it or many ratings skip
      what lies between;
    - 0 in a matrix, unless blanks or words already say it, or zero lies inside the scale (negative
      ratings, or a scale of 0, 1, 2);
    - 0 in a list of ratings only where it is the majority: a line was written for each, so that 0
      usually is a rating.
    """
    if not len(times):
        return tuple(words)
    codes = _codes(times, counts)
    rest = times.drop(codes)
    zero = _zero_is_unrated(rest, bool(has_blanks or words or codes), wide, counts)
    return (*sorted(map(float, codes)), *([0.0] if zero else []), *words)


def _codes(times: pd.Series, counts: bool) -> list[float]:
    """The codes among the different values, whose cells ``times`` counts, ascending by value."""
    distinct = times.index.to_numpy(np.float64)
    negative = [x for x in distinct if x in _NEGATIVE_CODES]
    positive = [] if counts else [x for x in distinct if x in _CODES]
    found: list[float] = []
    others = distinct[~np.isin(distinct, negative)]
    if negative and len(others):
        largest = np.abs(others[~np.isin(others, positive)]).max(initial=0)
        far = [x for x in negative if -x > largest / _FAR and -x >= 66]
        near = [x for x in negative if x not in far]
        # −1 and 1 are thumbs, −2 … 2 a scale; but where every other is positive, −1 is none of it.
        if near and (others.min() < 0 or others.max() <= 1 or _is_scale(near, others)):
            near = []
        found += [*far, *near]
    below = distinct[~np.isin(distinct, [*positive, *found])]
    if positive and len(below):
        largest = np.abs(below).max()
        found += [x for x in positive if largest <= _FAR * x]
    if not counts:
        found += _nines(times.drop(found))
    return found if len(found) < len(distinct) else []


def _is_scale(negative: list[float], others: np.ndarray) -> bool:
    """Whether negative numbers and the others are the two sides of one scale: −2 … 2."""
    return -min(negative) <= 2 and others.max() == -min(negative)


def _nines(times: pd.Series) -> list[float]:
    """9, or 8 and 9, where the scale ends at 5 or below."""
    distinct = times.index.to_numpy(np.float64)
    scale = distinct[distinct <= 5]
    above = distinct[distinct > 5]
    if not len(scale) or scale[0] < 0 or 9 not in above or not np.isin(above, [8, 9]).all():
        return []
    n, n_above = int(times.sum()), int(times.loc[above].sum())
    skipped = n - n_above >= _ENOUGH and len(scale) > 2
    return above.tolist() if n_above > n / 2 or skipped else []


def _zero_is_unrated(times: pd.Series, said_otherwise: bool, wide: bool, counts: bool) -> bool:
    """Whether 0 means “not rated”; ``said_otherwise``: something else does already."""
    distinct = times.index.to_numpy(np.float64)
    if len(distinct) < 2 or distinct[0] != 0:
        return False  # no zero, or zero inside the scale
    highest = distinct[-1]
    if times.iloc[0] > 0.5 * times.sum() and highest > 1:
        return True
    if not wide:
        return False
    if counts:
        return True
    on_scale_to_two = highest <= 2 and (distinct == np.rint(distinct)).all()
    return not (said_otherwise or on_scale_to_two)


def are_counts(times: pd.Series, named_so: bool) -> bool:
    """Tell whether ratings are counts (plays, purchases): most small, a few very large.

    ``times`` counts each (``times_of``). All must be whole and not negative. ``named_so``: a column
    name has said so.
    """
    if len(times) and not named_so:  # 999 among ratings up to 10 is no count
        times = times.drop(_codes(times, counts=False))
    values = times.index.to_numpy()
    if not len(values) or values.max() <= (5 if named_so else 100):
        return False
    if values.min() < 0 or (values != np.rint(values)).any():
        return False
    # On a rating scale the mean stays near the median; counts have a long tail.
    positive = times[values > 0]
    middle = median(positive)
    mean = np.average(positive.index.to_numpy(), weights=positive)
    return bool(named_so or (values.max() > 10 * middle and mean > 1.5 * middle))


def first_counts_the_rest(matrix: np.ndarray) -> bool:
    """Tell whether the first column of a matrix, (n_rows, n_columns), counts its row's ratings.

    So it is in Jester's files. A cell is rated if it is neither blank (NaN) nor 99.
    """
    if matrix.shape[1] < 3 or not np.isfinite(matrix[:, 0]).all():
        return False
    n_rated = (np.isfinite(matrix[:, 1:]) & (matrix[:, 1:] != 99)).sum(axis=1)
    return bool((matrix[:, 0] == n_rated).all() and len(np.unique(n_rated)) > 1)
