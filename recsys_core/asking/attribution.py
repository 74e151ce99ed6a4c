"""Explanations: a prediction's terms, and the ratings it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.asking.similarity import fitted_of
from recsys_core.errors import SettingsError
from recsys_core.models import FactorModel, FittedModel, Guest, Model, seen_as
from recsys_core.models.fitted_model import checked
from recsys_core.text import Text


@dataclass(frozen=True, eq=False)
class Terms:
    """One prediction taken apart: x = μ + b_u + b_i + Σ_f p_uf q_if, then link, then scale.

    On a logistic link all terms but ``score`` and ``prediction`` are logits, not ratings.

    Attributes
    ----------
    user_factors, item_factors, products : float64, (k,); the products are p_uf · q_if.
    x : the sum of all terms.
    score : x read as a rating; prediction : that, moved onto the scale.
    """

    global_mean: float
    user_bias: float
    item_bias: float
    user_factors: np.ndarray
    item_factors: np.ndarray
    products: np.ndarray
    x: float
    score: float
    prediction: float

    def table(self) -> pd.DataFrame:
        """One row a term, the factors' from the largest product to the smallest.

        Columns: term, user, item (the two sides of a product, NaN for the other terms), value.
        """
        order = np.argsort(-np.abs(self.products), kind="stable")
        gap = [np.nan] * 3
        return pd.DataFrame(
            {
                "term": ["mean", "user bias", "item bias", *(f"factor {f}" for f in order)],
                "user": [*gap, *self.user_factors[order]],
                "item": [*gap, *self.item_factors[order]],
                "value": [
                    self.global_mean,
                    self.user_bias,
                    self.item_bias,
                    *self.products[order],
                ],
            }
        )


def terms(model: Model | FittedModel, user: int | Guest, item: int) -> Terms:
    """Return the terms that add up to the prediction for one user (or guest) and one item.

    Raises
    ------
    SettingsError
        If the prediction is no such sum (``has.terms``).
    """
    fitted = fitted_of(model)
    if not fitted.has.terms:
        raise SettingsError(
            Text(
                "This model's predictions are no sum of a mean, biases and products of factors, "
                "and so cannot be taken apart into terms."
            )
        )
    fitted = seen_as(FactorModel, fitted)
    checked([item], fitted.n_items, "item")
    row = fitted.row(user)
    p, q = row.factors.astype(np.float64), fitted.item_factors[item].astype(np.float64)
    user_bias, item_bias = float(row.bias), float(fitted.item_bias[item])
    x = fitted.global_mean + user_bias + item_bias + float(p @ q)
    score = float(fitted.score(np.array([x]))[0]) if fitted.link == "logistic" else x
    prediction = float(fitted.clipped(np.array(score)))
    return Terms(fitted.global_mean, user_bias, item_bias, p, q, p * q, x, score, prediction)


@dataclass(frozen=True, eq=False)
class Reasons:
    """A prediction as a sum over the user's own ratings: prediction = start + Σ pulls + rest.

    Attributes
    ----------
    start : what the model expects before the user's ratings count.
    prediction : what is predicted for this user, not clipped: ``predict(…, clip=False)``.
    table : one row a rating (item index, label, rating, pull), the strongest pull first. A pull is
        in rating units; the sum is over all ratings, also where only the strongest are kept.
    rest : what training adds beyond these ratings. A trained row comes from many small steps or
        draws, made together with those of all others, and not exactly from these ratings with the
        items fixed. Rounding alone for guests and for item kNN.
    n_ratings : how many ratings have a pull, those left out of ``table`` included.
    """

    start: float
    prediction: float
    table: pd.DataFrame
    rest: float = 0.0
    n_ratings: int = 0

    @property
    def pulled(self) -> float:
        """The sum of all pulls, in rating units."""
        return self.prediction - self.rest - self.start


def reasons(
    model: Model | FittedModel, user: int | Guest, item: int, n: int | None = None
) -> Reasons:
    """Compute by how much each of the user's ratings raises or lowers this prediction.

    Each summand is the contribution of one rating: of a factor model, how far it lies from what
    anyone would be expected to give, times how much its item says about this one (see
    ``FactorModel.attribution``); of neighbours, what each adds to their mean. It is not what would
    happen if the rating were removed: the others would then count for more.

    ``n`` keeps the n strongest.

    Raises
    ------
    SettingsError
        If the model has no reasons to give (``has.reasons``).
    """
    fitted = fitted_of(model)
    if not fitted.has.reasons:
        raise SettingsError(
            Text(
                "This model mixes all it knows in one network: there is no sharing its predictions "
                "out among ratings. Ask a factor model or item kNN for reasons."
            )
        )
    checked([item], fitted.n_items, "item")
    found = fitted.attribution(user, item)
    order = np.argsort(-np.abs(found.contributions), kind="stable")[:n]
    table = pd.DataFrame(
        {
            "item": found.item_ids[order],
            "label": [fitted.items[j] for j in found.item_ids[order]],
            "rating": found.values[order],
            "pull": found.contributions[order],
        }
    )
    n_ratings = len(found.item_ids)
    return Reasons(found.start, found.prediction, table, found.rest, n_ratings)
