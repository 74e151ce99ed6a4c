"""Explanations: a prediction's terms, and the ratings it comes from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.errors import RatingsError
from recsys_core.models import Guest, Model, Predictor
from recsys_core.recommend import at_rest


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


def terms(model: Model | Predictor, user: int | Guest, item: int) -> Terms:
    """The terms that add up to the prediction for one user (or guest) and one item."""
    predictor = at_rest(model)
    _check(item, predictor.n_items, "item")
    if isinstance(user, Guest):
        p, user_bias = user.factors, user.bias
    else:
        _check(user, predictor.n_users, "user")
        p, user_bias = predictor.user_factors[user], float(predictor.user_bias[user])
    p, q = p.astype(np.float64), predictor.item_factors[item].astype(np.float64)
    item_bias = float(predictor.item_bias[item])
    x = predictor.global_mean + user_bias + item_bias + float(p @ q)
    score = float(predictor.score(np.array([x]))[0])
    prediction = float(predictor.scale.clip(np.array(score)))
    return Terms(predictor.global_mean, user_bias, item_bias, p, q, p * q, x, score, prediction)


@dataclass(frozen=True, eq=False)
class Reasons:
    """A prediction shared out among the user's own ratings.

    Attributes
    ----------
    start : what is predicted for a user nothing is known of.
    prediction : what is predicted from the user's ratings by fold-in, not clipped.
    table : one row a rating (item index, label, rating, pull), the strongest pull first. A pull is
        in rating units; ``start`` and all pulls of all ratings add up to ``prediction``.
    """

    start: float
    prediction: float
    table: pd.DataFrame


def reasons(
    model: Model | Predictor, user: int | Guest, item: int, n: int | None = None
) -> Reasons:
    """Which of the user's ratings push this prediction up or down, and by how much.

    With the items' rows held, the user's row is a ridge solution (see ``FoldIn``), and so linear in
    the ratings: with x_j = (q_j, 1) and A = Σ_j x_j x_jᵀ + penalty,

        r̂_i = start_i + Σ_j (x_iᵀ A⁻¹ x_j) · (r_j − start_j)

    Each summand is the pull of rating j: it counts by how far it lies from what anyone would be
    expected to give, and by how much item j says about item i. This is exact for the user's
    fold-in prediction, which is close to the trained one (for ALS, one user half-step away). It is
    not what would happen if the rating were removed: A would change too. On a logistic link pulls
    are those of the last Gauss–Newton step, brought to rating units in proportion.

    ``n`` keeps the n strongest.
    """
    predictor = at_rest(model)
    _check(item, predictor.n_items, "item")
    if not isinstance(user, Guest):
        _check(user, predictor.n_users, "user")
    items, values = predictor.rated_by(user)
    fold, q, b = predictor.fold, predictor.item_factors, predictor.item_bias
    reg, prior = np.asarray(fold.reg, np.float64), np.asarray(fold.prior, np.float64)

    def rows(ids: np.ndarray) -> np.ndarray:
        return np.column_stack([q[ids], np.ones(len(ids))]).astype(np.float64)

    def known(ids: np.ndarray) -> np.ndarray:
        return predictor.global_mean + b[ids].astype(np.float64) + rows(ids) @ prior

    this = np.array([item])
    x_start, z = known(this)[0], rows(this)[0]
    design, targets = rows(items), np.asarray(values, np.float64) - known(items)
    if predictor.link == "logistic":
        guest = predictor.fold_in(items, values)
        away = np.append(guest.factors, guest.bias) - prior
        width = predictor.scale.width
        x = known(items) + design @ away
        share = 1 / (1 + np.exp(-x))
        slope = width * share * (1 - share)
        # r_j ≈ r̂_j + slope_j · x_jᵀ(w − w₀): ridge regression again, on rows stretched by slope.
        targets = np.asarray(values) - (predictor.scale.low + width * share)
        targets = targets + slope * (design @ away)
        design = slope[:, None] * design
    free = np.isfinite(reg)
    pulls = np.zeros(len(items))
    if free.any() and len(items):
        times = len(items) if fold.weighted else 1
        a = design[:, free].T @ design[:, free] + np.diag(times * reg[free])
        pulls = (design[:, free] @ np.linalg.lstsq(a, z[free], rcond=None)[0]) * targets
    x_end = x_start + pulls.sum()
    start, end = predictor.score(np.array([x_start, x_end])).astype(np.float64)
    if predictor.link == "logistic" and x_end != x_start:
        pulls = pulls * (end - start) / (x_end - x_start)
    order = np.argsort(-np.abs(pulls), kind="stable")[:n]
    table = pd.DataFrame(
        {
            "item": items[order],
            "label": [predictor.items[j] for j in items[order]],
            "rating": np.asarray(values)[order],
            "pull": pulls[order],
        }
    )
    return Reasons(float(start), float(end), table)


def _check(index: int, size: int, what: str) -> None:
    if not 0 <= index < size:
        raise RatingsError(f"A {what} index lies outside 0–{size - 1}.")
