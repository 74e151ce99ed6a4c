"""One multiplicative update of one non-negative row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class NMFRow(NamedTuple):
    """One row before and after its update; n ratings, k factors.

    Attributes
    ----------
    predictions : r̂_j by the old row, (n,), in rating units.
    numerator, denominator : the two sums of the quotient, (k,).
    ratio : numerator / denominator, what each factor is multiplied by, (k,).
    factors : the new row, (k,).
    """

    predictions: np.ndarray
    numerator: np.ndarray
    denominator: np.ndarray
    ratio: np.ndarray
    factors: np.ndarray


def nmf_row(
    ratings: np.ndarray, other_factors: np.ndarray, factors: np.ndarray, *, low: float, reg: float
) -> NMFRow:
    """Multiply each w_f ≥ 0 such that Σ_j (r_j − r̂_j)² + λ n ‖w‖² does not rise.

        r̂_j = low + x_j · w
        w_f ← w_f · Σ_j x_jf (r_j − low) / (Σ_j x_jf (r̂_j − low) + λ n w_f)

    ``ratings``, (n,); ``other_factors`` x_j ≥ 0 of the rated items (or of the item's users),
    (n, k); ``factors`` w, (k,). A factor is 0 where the denominator is; a row without ratings stays
    as it is. Source: Lee and Seung, *Algorithms for Non-negative Matrix Factorization*, 2001; here
    over the rated cells only.

    >>> row = nmf_row(np.array([5.0]), np.array([[1.0, 2.0]]), np.array([1.0, 0.5]), low=1, reg=1)
    >>> row.predictions, row.numerator, row.denominator, row.ratio
    (array([3.]), array([4., 8.]), array([3. , 4.5]), array([1.33333333, 1.77777778]))
    """
    n = len(ratings)
    predictions = low + other_factors @ factors
    numerator = other_factors.T @ (ratings - low)
    denominator = other_factors.T @ (predictions - low) + reg * n * factors
    if n == 0:
        ratio = np.ones_like(factors)
    else:
        ratio = np.divide(
            numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0
        )
    return NMFRow(predictions, numerator, denominator, ratio, factors * ratio)
