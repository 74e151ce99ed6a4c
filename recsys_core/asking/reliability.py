"""Calibration of predictions: what people gave where so much was predicted.

>>> import recsys_core as rc
>>> from recsys_core.asking.reliability import reliability
>>> split = rc.splits.random(rc.datasets.low_rank(80, 50, seed=1), test=0, seed=0)
>>> model = rc.ALS(n_factors=3).fit(split.train)
>>> list(reliability(model, split.validation).columns)
['low', 'high', 'n', 'predicted', 'actual', 'actual_low', 'actual_high']
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.asking.similarity import fitted_of
from recsys_core.models import FittedModel, Model
from recsys_core.ratings import Ratings, Scale
from recsys_core.text import Number, Text
from recsys_core.words import number

# Bins of equal width over the scale.
N_BINS = 10

# An interval holds the mean of all ratings predicted so in 95 of 100 draws.
_Z = 1.959964

# Bins of fewer ratings are drawn, but no sentence is made of them.
_FEW = 20


def reliability(model: Model | FittedModel, part: Ratings, n_bins: int = N_BINS) -> pd.DataFrame:
    """Tabulate held-out ratings by what is predicted, clipped to the scale; see ``binned``.

    The model has to predict ratings.
    """
    fitted = fitted_of(model)
    predicted = fitted.predict(part.user_ids, part.item_ids, times=part.timestamps)
    return binned(part.values, predicted, part.scale, n_bins)


def binned(
    truth: np.ndarray, predicted: np.ndarray, scale: Scale, n_bins: int = N_BINS
) -> pd.DataFrame:
    """Tabulate ratings by their predictions, (n,) each, in bins of equal width over the scale.

    One row per bin that holds any; a prediction on an edge counts to the bin above. Columns: low,
    high: its edges; n: ratings; predicted, actual: means; actual_low, actual_high: actual
    ± 1.96 s/√n, s the standard deviation (n − 1 below the sum), NaN of a single rating.
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    edges = np.linspace(scale.low, scale.high, n_bins + 1)
    bins = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, n_bins - 1)
    n = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_predicted = np.bincount(bins, predicted, n_bins) / n
        actual = np.bincount(bins, truth, n_bins) / n
        off = truth - actual[bins]
        deviation = np.sqrt(np.bincount(bins, off**2, n_bins) / (n - 1))
        half = _Z * deviation / np.sqrt(n)
    half[n < 2] = np.nan
    table = pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n": n,
            "predicted": mean_predicted,
            "actual": actual,
            "actual_low": actual - half,
            "actual_high": actual + half,
        }
    )
    return table[n > 0].reset_index(drop=True)


def distance(table: pd.DataFrame) -> float:
    """Compute the mean distance between predicted and actual over bins, weighted by their n."""
    apart = (table["actual"] - table["predicted"]).abs()
    return float((apart * table["n"]).sum() / table["n"].sum())


def sentence(table: pd.DataFrame) -> Text:
    """Say how far predictions and ratings lie apart, and where most: among bins of twenty or more
    ratings whose interval does not hold what is predicted.
    """
    apart = distance(table)
    enough = table[table["n"] >= _FEW]
    outside = enough[
        (enough["predicted"] < enough["actual_low"]) | (enough["predicted"] > enough["actual_high"])
    ]
    if not len(outside):
        return Text(
            "On average over the bins, predictions and ratings lie {apart} apart; no bin of {few} "
            "or more ratings is off by more than chance.",
            apart=number(apart), few=_FEW,
        )  # fmt: skip
    worst = outside.loc[(outside["actual"] - outside["predicted"]).abs().idxmax()]
    return Text(
        "On average over the bins, predictions and ratings lie {apart} apart. Most where about "
        "{predicted} is predicted: people gave {actual} on average ({n} ratings).",
        apart=number(apart), predicted=number(float(worst["predicted"])),
        actual=number(float(worst["actual"])), n=Number(f"{int(worst['n']):,}"),
    )  # fmt: skip
