"""One user's or item's numbers changed by hand: what that does to the errors on its own ratings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core.models import FactorModel, FittedModel, seen_as
from recsys_core.ratings import Side
from recsys_core.text import Text


def why_not(fitted: FittedModel) -> Text | None:
    """Say why no number of a row can be changed by hand; None where one can be."""
    if fitted.has.terms and fitted.n_factors:
        return None
    if fitted.has.intervals:
        return Text(
            "Its predictions are means over many draws, each with numbers of its own: there is no "
            "one row to change. Choose SGD, ALS or PMF."
        )
    return Text(
        "This model's predictions are no sum of products of factors: there are no numbers whose "
        "meaning one could see by changing them. Choose SGD, ALS, PMF, SVD++ or NMF."
    )


@dataclass(frozen=True)
class RowErrors:
    """RMSE of one user's, or item's, own training ratings before and after; predictions clipped."""

    before: float
    after: float
    n_ratings: int


def row(fitted: FittedModel, side: Side, index: int) -> tuple[np.ndarray, float]:
    """Return factors, float64, (k,), and bias of a user or item, in rating units."""
    model = seen_as(FactorModel, fitted)
    return model.factors_of(side)[index].astype(np.float64), float(model.bias_of(side)[index])


def errors(before: FittedModel, after: FittedModel, side: Side, index: int) -> RowErrors | None:
    """Measure both on the training ratings of the user or item; None where it has none."""
    grouped = before.train.by_user if side == "user" else before.train.by_item
    others, values = grouped.row(index)
    if not len(others) or not before.has.ratings:
        return None
    own = np.full(len(others), index)
    pairs = (own, others) if side == "user" else (others, own)
    found = [
        float(np.sqrt(np.mean((values.astype(np.float64) - model.predict(*pairs)) ** 2)))
        for model in (before, after)
    ]
    return RowErrors(found[0], found[1], len(others))
