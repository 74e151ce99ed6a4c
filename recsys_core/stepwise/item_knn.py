"""Item kNN: the similarity of two items, and one prediction from a user's ratings of neighbours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


def shrunken_bias(rests: np.ndarray, *, reg: float) -> float:
    """Find one bias by a shrunken mean: b_i = Σ_u (r_ui − μ − b_u) / (λ + n), n ratings.

    ``rests`` are the r_ui − μ − b_u, (n,); for a user's bias, the r_ui − μ − b_i. 0 without
    ratings. Item kNN and the baseline “user + item bias” alternate between all items' and all
    users'. Source: Koren, *Factor in the Neighbors*, 2010.

    >>> shrunken_bias(np.array([1.0, 2.0]), reg=4.0)
    0.5
    """
    return float(rests.sum() / max(reg + len(rests), 1e-9))


class Similarity(NamedTuple):
    """The similarity of two items, and what it is computed from.

    Attributes
    ----------
    n_both : how many users rated both.
    cosine : Σ_u e_ui e_uj / (‖e_i‖ ‖e_j‖).
    trust : n / (n + λ), what the cosine is multiplied by.
    similarity : their product; 0 where too few rated both, or an item has no length.
    """

    n_both: int
    cosine: float
    trust: float
    similarity: float


def item_similarity(
    first: np.ndarray, second: np.ndarray, *, shrinkage: float, min_support: int = 1
) -> Similarity:
    """Compute the similarity of two items from the errors of biases, e_ui = r_ui − μ − b_u − b_i.

        s_ij = n_ij / (n_ij + λ) · Σ_u e_ui e_uj / (‖e_i‖ ‖e_j‖)

    The sum is over the n_ij users who rated both, each length over all who rated that item.
    ``first`` and ``second`` are e_ui and e_uj of every user, (n_users,), NaN where there is no
    rating. Source: Koren 2010.

    >>> e_i, e_j = np.array([3.0, 4.0, np.nan]), np.array([np.nan, 1.0, 0.0])
    >>> item_similarity(e_i, e_j, shrinkage=3.0)
    Similarity(n_both=1, cosine=0.8, trust=0.25, similarity=0.2)
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    n = int(both.sum())
    lengths = np.sqrt(np.nansum(first**2)) * np.sqrt(np.nansum(second**2))
    if n < max(min_support, 1) or lengths == 0:
        return Similarity(n, 0.0, 0.0, 0.0)
    cosine = float(first[both] @ second[both] / lengths)
    trust = n / (n + shrinkage)
    return Similarity(n, cosine, trust, trust * cosine)


class NeighbourPrediction(NamedTuple):
    """One prediction and what it is made of.

    Attributes
    ----------
    neighbours : places of the items that count among those the user rated, the most alike first.
    weights : s_ij / (β + Σ_j s_ij) of each; contributions : weights · e_uj, what each adds.
    prediction : b_ui + Σ of the contributions, in rating units.
    """

    neighbours: np.ndarray
    weights: np.ndarray
    contributions: np.ndarray
    prediction: float


def neighbour_prediction(
    baseline: float,
    similarities: np.ndarray,
    residuals: np.ndarray,
    *,
    n_neighbours: int,
    baseline_weight: float = 0.0,
) -> NeighbourPrediction:
    """Predict one rating from the user's ratings of the most similar items.

        r̂_ui = b_ui + Σ_j s_ij e_uj / (β + Σ_j s_ij)          b_ui = μ + b_u + b_i

    over the ``n_neighbours`` items j of greatest s_ij > 0 among those the user rated. They are
    compared rounded to 1/4096, so that rounding noise does not choose, and of equal ones the first
    counts. ``similarities`` s_ij and ``residuals`` e_uj of the rated items, (n,), without i itself;
    b_ui alone where none is alike. β is ``baseline_weight``: the baseline counts like neighbours of
    that total similarity. Sources: Koren 2010; Bell and Koren, *Scalable Collaborative Filtering
    with Jointly Derived Neighborhood Interpolation Weights*, 2007.

    >>> found = neighbour_prediction(3.0, np.array([0.1, 0.6, -0.5, 0.2]),
    ...     np.array([9.0, 1.0, 9.0, -1.0]), n_neighbours=2)
    >>> found.neighbours, found.contributions, found.prediction
    (array([1, 3]), array([ 0.75, -0.25]), 3.5)
    >>> neighbour_prediction(3.0, np.array([0.5]), np.array([2.0]), n_neighbours=2,
    ...     baseline_weight=0.5).prediction  # 3 + 0.5 · 2 / (0.5 + 0.5)
    4.0
    """
    on_grid = np.rint(4096 * similarities)
    order = np.argsort(-on_grid, kind="stable")
    neighbours = order[on_grid[order] > 0][:n_neighbours]
    total = baseline_weight + similarities[neighbours].sum()
    weights = similarities[neighbours] / total
    contributions = weights * residuals[neighbours]
    return NeighbourPrediction(
        neighbours, weights, contributions, float(baseline + contributions.sum())
    )
