"""One row of implicit ALS: a user's row from all items, chosen or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ImplicitALSRow(NamedTuple):
    """One row's weighted least-squares problem over all n items, and its solution.

    Attributes
    ----------
    preferences, confidences : 1 or 0, and c, of each item, (n,).
    matrix, right_side : A, (k, k), and a, (k,), of the normal equations A w = a.
    factors : w, (k,).
    """

    preferences: np.ndarray
    confidences: np.ndarray
    matrix: np.ndarray
    right_side: np.ndarray
    factors: np.ndarray


def implicit_als_row(
    counts: np.ndarray, other_factors: np.ndarray, *, alpha: float, reg: float
) -> ImplicitALSRow:
    """Find the row w that minimises Σ_i c_i (1[count_i > 0] − q_i · w)² + λ ‖w‖² over all items.

        c_i = 1 + α count_i
        A = Σ_i c_i q_i q_iᵀ + λ I          a = Σ_i c_i 1[count_i > 0] q_i          w = A⁻¹ a

    ``counts`` (n,), 0 where nothing was chosen; ``other_factors`` q_i, (n, k). For an item's row,
    over all users. Source: Hu, Koren and Volinsky, *Collaborative Filtering for Implicit Feedback
    Datasets*, 2008, equation 4.

    Raises
    ------
    numpy.linalg.LinAlgError
        If A has no inverse: λ = 0 and fewer than k items that differ.

    >>> row = implicit_als_row(np.array([2.0, 0.0]), np.array([[1.0], [2.0]]), alpha=0.5, reg=4.0)
    >>> row.confidences, row.matrix, row.right_side, row.factors
    (array([2., 1.]), array([[10.]]), array([2.]), array([0.2]))
    """
    preferences = (counts > 0).astype(np.float64)
    confidences = 1 + alpha * counts
    k = other_factors.shape[1]
    matrix = other_factors.T @ (confidences[:, None] * other_factors) + reg * np.eye(k)
    right_side = other_factors.T @ (confidences * preferences)
    factors = np.linalg.solve(matrix, right_side)
    return ImplicitALSRow(preferences, confidences, matrix, right_side, factors)
