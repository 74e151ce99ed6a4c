"""Maps of the latent space: who is drawn, where, in which group, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking import seriation
from recsys_core.asking.projection import Basis, shares_of_factors, trustworthiness
from recsys_core.models.fitted_model import Factored
from recsys_core.ratings import SIDES, Ratings, Side, most_first


@dataclass(frozen=True, eq=False)
class Places:
    """Where users and items lie in the plane.

    Attributes
    ----------
    ids : for each side on the map, the indices drawn, int64, (n,).
    xy : for each side likewise, where they lie, float64, (n, 2).
    axes : what the two directions are.
    trust : trustworthiness of the map, 0 to 1; NaN where there are too few points to say.
    """

    ids: dict[Side, np.ndarray]
    xy: dict[Side, np.ndarray]
    axes: tuple[str, str]
    trust: float


def most_rated(train: Ratings, side: Side, most: int) -> np.ndarray:
    """Indices of all users (or items), in order; of many, those with the most ratings."""
    return np.sort(train.axis(side).most_rated(most))


def stacked(fitted: Factored, ids: dict[Side, np.ndarray]) -> np.ndarray:
    """Factors of all that are drawn, users first; float32, (n, k)."""
    return np.vstack([fitted.factors_of(side)[ids[side]] for side in SIDES if side in ids])


def axes_of(basis: Basis) -> tuple[str, str]:
    """What the two axes of a PCA are, and the share of the spread along each."""
    first, second = (words.percent(share) for share in basis.shares)
    return f"main direction, {first} of the spread", f"second direction, {second}"


def project(
    fitted: Factored, basis: Basis, ids: dict[Side, np.ndarray], axes: tuple[str, str]
) -> Places:
    """The map that a basis gives: a straight look at the space from one direction."""
    xy = {side: basis.project(fitted.factors_of(side)[ids[side]]) for side in ids}
    return _judged(fitted, ids, xy, axes)


def placed(fitted: Factored, points: np.ndarray, ids: dict[Side, np.ndarray]) -> Places:
    """The map that a layout of ``stacked`` gives, such as t-SNE or UMAP; its axes mean nothing."""
    xy, start = {}, 0
    for side in (side for side in SIDES if side in ids):
        xy[side] = points[start : start + len(ids[side])]
        start += len(ids[side])
    return _judged(fitted, ids, xy, ("", ""))


def _judged(
    fitted: Factored,
    ids: dict[Side, np.ndarray],
    xy: dict[Side, np.ndarray],
    axes: tuple[str, str],
) -> Places:
    points = np.vstack([xy[side] for side in SIDES if side in ids])
    return Places(ids, xy, axes, trustworthiness(stacked(fitted, ids), points))


def clusters(fitted: Factored) -> tuple[dict[Side, np.ndarray], list[str]]:
    """Clusters of the latent space, users and items together, and a name for each.

    A cluster is called after its most rated item.
    """
    n_users, items = fitted.n_users, fitted.train.axis("item")
    labels = seriation.clusters(
        np.vstack([fitted.user_factors, fitted.item_factors]).astype(np.float64)
    )
    of = {"user": labels[:n_users], "item": labels[n_users:]}
    names = []
    for group in range(int(labels.max()) + 1):
        members = np.flatnonzero(of["item"] == group)
        known = [items.names[i] for i in members[most_first(items.counts[members], 1)]]
        names.append(f"{group + 1}: {known[0] if known else 'users only'}")
    return of, names  # type: ignore[return-value]  # the keys are the sides


def genres(ratings: Ratings) -> list[str]:
    """The genres items have, the commonest first; empty where none are known."""
    if ratings.item_info is None or "genres" not in ratings.item_info:
        return []
    each = ratings.item_info["genres"].dropna().str.split("|").explode()
    return [genre for genre in each.value_counts().index if genre]


def of_genres(ratings: Ratings, chosen: Sequence[str]) -> dict[Side, np.ndarray]:
    """The first of the chosen genres that each item has, −1 for none; users have none."""
    assert ratings.item_info is not None
    labels = np.full(ratings.n_items, -1)
    has = [set(str(text).split("|")) for text in ratings.item_info["genres"].fillna("")]
    for number, genre in reversed(list(enumerate(chosen))):
        labels[[genre in own for own in has]] = number
    return {"user": np.full(ratings.n_users, -1), "item": labels}


def ends(values: np.ndarray, counts: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices at the low and the high end of a direction, the farthest first.

    Only the better known half is considered, by number of ratings: at the very ends lie those with
    so few ratings that their place is chance.
    """
    rated = counts[counts > 0]
    known = np.flatnonzero(counts >= np.median(rated)) if len(rated) else np.arange(0)
    n = min(n, len(known) // 2)  # nobody lies at both ends
    order = known[np.argsort(values[known], kind="stable")]
    return order[:n], order[::-1][:n]


def factor_table(fitted: Factored, n: int = 3) -> pd.DataFrame:
    """For each factor, the widest first: its number (from 1), its share of the spread, its ends.

    Columns: factor, spread, low end, high end; the ends are names of n items, the farthest first.
    """
    train, k = fitted.train, fitted.n_factors
    rows = []
    shares = shares_of_factors(fitted)
    for factor in range(k):
        low, high = ends(fitted.item_factors[:, factor], train.item_counts, n)
        named = [" · ".join(train.item_names[i] for i in side) for side in (low, high)]
        rows.append((factor + 1, float(shares[factor]), *named))
    table = pd.DataFrame(rows, columns=["factor", "spread", "low end", "high end"])
    return table.sort_values("spread", ascending=False, kind="stable", ignore_index=True)
