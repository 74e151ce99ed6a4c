"""Three measures of how close two vectors are, where they disagree, and why the cosine is used.

    dot        a · b = ‖a‖ ‖b‖ cos θ       grows with both lengths
    Euclid     ‖a − b‖                     small for all that is short, whatever its direction
    cosine     cos θ = a · b / (‖a‖ ‖b‖)   direction alone: the taste, not how strong it is

The length of an item's vector says how much tastes part on it, and how many ratings pulled it away
from zero; regularisation keeps what is seldom rated short. Twice as many ratings do not make an
item twice as similar to everything, so that likeness is asked of the direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.asking.similarity import fitted_of
from recsys_core.errors import SettingsError
from recsys_core.models import Factored, FittedModel, Model, seen_as
from recsys_core.models.fitted_model import checked, cosine
from recsys_core.ordering import best_first
from recsys_core.ratings import Side
from recsys_core.text import Text

MEASURES = ("cosine", "dot", "euclid")


@dataclass(frozen=True)
class Pair:
    """Two vectors compared.

    Attributes
    ----------
    dot, euclid, cosine : see the module.
    degrees : the angle between them in the space of all factors, 0 to 180; NaN where one is zero.
    first, second : their lengths.
    """

    dot: float
    euclid: float
    cosine: float
    degrees: float
    first: float
    second: float


def pair(model: Model | FittedModel, side: Side, one: int, other: int) -> Pair:
    """Compare the factors of two users, or of two items; biases apart, in rating units.

    Raises
    ------
    SettingsError
        If the model has no factors.
    RatingsError
        If there is no user (or item) of such an index.
    """
    rows = _rows(fitted_of(model), side)
    a, b = (rows[i] for i in checked([one, other], len(rows), side))
    first, second = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    dot = float(a @ b)
    cos = dot / (first * second) if first * second > 0 else 0.0
    degrees = float(np.rad2deg(np.arccos(np.clip(cos, -1, 1)))) if first * second > 0 else np.nan
    return Pair(dot, float(np.linalg.norm(a - b)), cos, degrees, first, second)


def compared(model: Model | FittedModel, side: Side, of: int) -> pd.DataFrame:
    """Compare one user (or item) with each other one, in all three measures.

    One row each, by index (the index of the table). Columns: label, cosine, dot, euclid, length,
    n_ratings, and the place of each among all by each measure, from 1: rank_cosine, rank_dot,
    rank_euclid. Equal ones are in the order of ``ordering``.

    Raises
    ------
    SettingsError, RatingsError
        As ``pair``.
    """
    fitted = fitted_of(model)
    rows = _rows(fitted, side)
    at = int(checked([of], len(rows), side)[0])
    axis = fitted.train.axis(side)
    values = {
        "cosine": cosine(rows, rows[at]),
        "dot": rows @ rows[at],
        "euclid": np.linalg.norm(rows - rows[at], axis=1),
    }
    table = pd.DataFrame({"label": list(axis.labels), **values})
    table["length"] = np.linalg.norm(rows, axis=1)
    table["n_ratings"] = axis.counts
    for measure in MEASURES:
        closer = -values[measure] if measure == "euclid" else values[measure].copy()
        closer[at] = -np.inf
        order = best_first(closer, len(rows), fitted.key(side, at))
        ranks = np.zeros(len(rows), np.int64)
        ranks[order] = np.arange(1, len(order) + 1)
        table[f"rank_{measure}"] = ranks
    return table.drop(index=at)


def disagreement(table: pd.DataFrame, n: int = 10) -> dict[str, int]:
    """Count how many of the n nearest by cosine are among the n nearest by each other measure.

    ``table`` is that of ``compared``.
    """
    nearest = {measure: set(table.index[table[f"rank_{measure}"] <= n]) for measure in MEASURES}
    return {measure: len(nearest["cosine"] & nearest[measure]) for measure in ("dot", "euclid")}


def length_and_ratings(model: Model | FittedModel, side: Side) -> float:
    """Compute the rank correlation (Spearman's ρ) of vectors' lengths and numbers of ratings.

    Raises
    ------
    SettingsError
        If the model has no factors.
    """
    fitted = fitted_of(model)
    lengths = pd.Series(np.linalg.norm(_rows(fitted, side), axis=1)).rank()
    counts = pd.Series(fitted.train.axis(side).counts).rank()
    found = lengths.corr(counts)
    return 0.0 if pd.isna(found) else float(found)


def _rows(fitted: FittedModel, side: Side) -> np.ndarray:
    if not fitted.has.factors:
        raise SettingsError(Text("This model has no factors, and so no vectors to compare."))
    return seen_as(Factored, fitted).factors_of(side).astype(np.float64)
