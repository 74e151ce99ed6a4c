"""Whether intervals hold what they promise: the share of ratings inside, by quarters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.models.calibration import Calibration
from recsys_core.models.posterior import Posterior
from recsys_core.ratings import Ratings

# Most test ratings that are judged; which ones is drawn, always the same.
_MOST = 16_384

# What ratings are grouped by into quarters, the lowest first.
GROUPED_BY = ("predicted uncertainty", "predicted rating", "ratings of the user")


@dataclass(frozen=True)
class Coverage:
    """How many held-out ratings lie inside their intervals.

    Attributes
    ----------
    promised : the coverage asked for; inside : the share of all n_ratings inside.
    width : mean width of the intervals, in rating units.
    halves : whether each half was judged by intervals that were set on the other half.
    table : one row a quarter, lowest first: ``by``, ``quarter`` (1 to 4), ``n_ratings``,
        ``inside`` and ``error``, the binomial standard error √(c (1 − c) / n) of a share that is
        c, as promised.
    """

    promised: float
    inside: float
    n_ratings: int
    width: float
    halves: bool
    table: pd.DataFrame


def coverage(
    fitted: Posterior, test: Ratings | None = None, promised: float = 0.9
) -> Coverage | None:
    """Measure how many ratings lie inside intervals that promise to hold a share of them.

    On ``test`` ratings, with the intervals as they are. Without, on those that the intervals are
    calibrated on: each half, drawn at random, by a calibration on the other half, so that no rating
    is judged by an interval that it helped to set. None where the model has no such ratings.

    Raises
    ------
    SettingsError
        If ``promised`` does not lie between 0 and 1.
    """
    if test is not None and len(test):
        rows = np.sort(np.random.default_rng(0).permutation(len(test))[:_MOST])
        users, ratings = test.user_ids[rows], test.values[rows].astype(np.float64)
        middle, deviation = fitted.expected(users, test.item_ids[rows])
        low, high = fitted.ends(middle, deviation, promised, fitted.calibration)
    elif fitted.held_out is not None:
        users = fitted.held_out.user_ids
        middle, deviation, ratings = fitted.expected_held_out
        low, high = np.empty(len(ratings)), np.empty(len(ratings))
        order = np.random.default_rng(0).permutation(len(ratings))
        half = len(order) // 2
        for judged, set_on in ((order[:half], order[half:]), (order[half:], order[:half])):
            found = Calibration.on(middle[set_on], deviation[set_on], ratings[set_on])
            low[judged], high[judged] = fitted.ends(
                middle[judged], deviation[judged], promised, found
            )
    else:
        return None
    inside = (low <= ratings) & (ratings <= high)
    counts = fitted.train.user_counts[users]
    parts = [
        _by_quarter(by, values, inside, promised)
        for by, values in zip(GROUPED_BY, (deviation, middle, counts), strict=True)
    ]
    width = float(np.mean(high - low))
    return Coverage(
        promised, float(inside.mean()), len(ratings), width, test is None, pd.concat(parts)
    )


def _by_quarter(by: str, values: np.ndarray, inside: np.ndarray, promised: float) -> pd.DataFrame:
    """The share inside by quarter of some values; equal ones stay together in one."""
    ends = np.quantile(values, [0.25, 0.5, 0.75])
    quarters = np.searchsorted(ends, values, side="right") + 1
    rows = []
    for quarter in range(1, 5):
        here = inside[quarters == quarter]
        if len(here):
            error = float(np.sqrt(promised * (1 - promised) / len(here)))
            rows.append((by, quarter, len(here), float(here.mean()), error))
    return pd.DataFrame(rows, columns=["by", "quarter", "n_ratings", "inside", "error"])
