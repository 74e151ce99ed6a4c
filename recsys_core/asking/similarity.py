"""Similar users and items, by factors or by predictions, and recommendations from neighbours.

Unless told otherwise, similarity is the model's own, that of its ``similar_users`` and
``similar_items``; ``by="predictions"`` compares predictions instead. The best items for a user are
the model's ``recommend``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsys_core.errors import SettingsError, TooLargeError
from recsys_core.models import FittedModel, Guest, Model
from recsys_core.models.fitted_model import checked, cosine
from recsys_core.ordering import best_first
from recsys_core.ratings import Side
from recsys_core.text import Text, worded

By = Literal["factors", "predictions"]

# Predictions held at a time while comparing whole rows: 16 MB of float32.
_COMPARED_AT_ONCE = 4_000_000

# Sides longer than this are too many for a table of everyone by everyone.
MOST_IN_A_MATRIX = 2000


def fitted_of(model: Model | FittedModel) -> FittedModel:
    """Return the snapshot of a model; a fitted model as it is."""
    return model.snapshot() if isinstance(model, Model) else model


def similarities(
    model: Model | FittedModel, side: Side, of: int | Guest, by: By = "factors"
) -> np.ndarray:
    """Compute the similarity of one user (or item) to all, float64, (n_users,) or (n_items,).

    "factors" is the model's own similarity: of a factor model the cosine between factors, biases
    apart; of item kNN the one it predicts by. "predictions" is the cosine between rows (or columns)
    of the predicted matrix, not clipped, a block at a time. As predicted ratings are all positive,
    it lies close to 1: its order tells more than its size.

    Raises
    ------
    RatingsError
        If there is no user (or item) of that index.
    """
    fitted = fitted_of(model)
    if by == "factors":
        return fitted.similarity(side, of)
    if isinstance(of, Guest):  # in no row of the matrix
        own = fitted.predict(of, np.arange(fitted.n_items), clip=False)
    else:
        own = fitted.predict_rows(side, of)[0]
    everyone = np.arange(fitted.train.axis(side).n)
    found = np.empty(len(everyone))
    at_once = max(1, _COMPARED_AT_ONCE // len(own))
    for start in range(0, len(everyone), at_once):
        here = everyone[start : start + at_once]
        found[here] = cosine(fitted.predict_rows(side, here), own)
    return found


def compared(model: Model | FittedModel, by: By) -> str:
    """Say in words what users or items are compared by: “by factors”."""
    fitted = fitted_of(model)
    if by == "factors":
        return worded(fitted.similar_by)
    return Text("by predicted ratings") if fitted.has.ratings else Text("by preferences")


def similarity_matrix(
    model: Model | FittedModel,
    side: Side = "user",
    by: By = "factors",
    ids: ArrayLike | None = None,
) -> pd.DataFrame:
    """Tabulate the similarities of all to all, (n, n), rows and columns labelled; for small data.

    ``ids`` are indices of those compared, in the order of the rows; None means all.
    Of item kNN by its own similarity, an item has 0 for all but the neighbours it keeps, itself
    included.

    Raises
    ------
    RatingsError
        If there is no user (or item) of such an index.
    TooLargeError
        If there are more than ``MOST_IN_A_MATRIX`` of them.
    """
    fitted = fitted_of(model)
    labels = fitted.train.axis(side).labels
    chosen = np.arange(len(labels)) if ids is None else checked(ids, len(labels), side)
    if len(chosen) > MOST_IN_A_MATRIX:
        raise TooLargeError(
            Text(
                "A table of {n_given:,} by {n_given:,} is too large to read; ask for the "
                "neighbours of one {side} instead.",
                n_given=len(chosen),
                side=side,
            )
        )
    if by == "factors":
        found = [similarities(fitted, side, int(one), by)[chosen] for one in chosen]
    else:
        rows = fitted.predict_rows(side, chosen)
        found = [cosine(rows, row) for row in rows]
    names = [labels[i] for i in chosen]
    return pd.DataFrame(found, index=names, columns=names)


def similar(
    model: Model | FittedModel, side: Side, of: int | Guest, n: int = 10, by: By = "factors"
) -> pd.DataFrame:
    """Find the n users (or items) most similar to one: index, label, similarity; best first.

    By default the same as the model's ``similar_users`` (or ``similar_items``).
    """
    fitted = fitted_of(model)
    return fitted.most_alike(side, of, similarities(fitted, side, of, by), n)


def from_neighbours(
    model: Model | FittedModel,
    user: int | Guest,
    n: int = 10,
    n_neighbours: int = 3,
    how: Literal["mean", "sum"] = "mean",
    by: By = "factors",
) -> pd.DataFrame:
    """Recommend the n unrated items with the best predictions for the most similar users.

    With s_v the similarity of neighbour v and r̂_vi what is predicted for it, not clipped,

        "mean":  score_i = Σ_v s_v r̂_vi / Σ_v s_v      a rating
        "sum":   score_i = Σ_v s_v r̂_vi                no rating: it grows with the neighbours

    Neighbours of no or negative similarity have no say. Columns: item index, label, score.

    Raises
    ------
    SettingsError
        If ``how`` is neither "mean" nor "sum".
    """
    if how not in ("mean", "sum"):
        raise SettingsError(
            Text("Scores are a “mean” or a “sum” over neighbours, not “{how}”.", how=how)
        )
    fitted = fitted_of(model)
    neighbours = similar(fitted, "user", user, n_neighbours, by)
    neighbours = neighbours[neighbours["similarity"] > 0]
    scores = np.full(fitted.n_items, -np.inf)
    if len(neighbours):
        rows = fitted.predict_rows("user", neighbours["user"])
        scores = weighted(rows, neighbours["similarity"].to_numpy(), how)
        scores[fitted.rated_by(user)[0]] = -np.inf
    best = best_first(scores, n, fitted.key("user", user))
    labels = fitted.items
    return pd.DataFrame({"item": best, "label": [labels[i] for i in best], "score": scores[best]})


def weighted(rows: np.ndarray, weights: np.ndarray, how: Literal["mean", "sum"]) -> np.ndarray:
    """Compute the weighted mean, or the weighted sum, of rows, (n, m) → float64, (m,)."""
    total = np.asarray(weights, dtype=np.float64) @ np.asarray(rows, dtype=np.float64)
    return total / np.sum(weights, dtype=np.float64) if how == "mean" else total
