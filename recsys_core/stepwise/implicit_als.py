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


class ImplicitALSRound(NamedTuple):
    """One round of conjugate gradients for one row.

    Attributes
    ----------
    residual, direction : r and d as the round begins, (k,).
    length : t, how far it goes along d; 0 where the row is solved.
    factors : w after the round, (k,).
    """

    residual: np.ndarray
    direction: np.ndarray
    length: float
    factors: np.ndarray


def implicit_als_rounds(
    counts: np.ndarray,
    other_factors: np.ndarray,
    factors: np.ndarray,
    *,
    alpha: float,
    reg: float,
    n_rounds: int = 3,
) -> tuple[ImplicitALSRound, ...]:
    """Move a row w, (k,), towards the solution of A w = a, see ``implicit_als_row``, by rounds of

        r = a − A w      d = r                                         (before the first)
        t = rᵀr / dᵀA d      w ← w + t d      r' = r − t A d      d ← r' + (r'ᵀr' / rᵀr) d

    Other arguments are those of ``implicit_als_row``. With k rounds w is the solution. A row
    without choices has the solution 0, and gets it at once, without a round. Sources: Hestenes and
    Stiefel, *Methods of Conjugate Gradients for Solving Linear Systems*, 1952; Takács, Pilászy and
    Tikk, *Applications of the Conjugate Gradient Method for Implicit Feedback Collaborative
    Filtering*, 2011.

    >>> rounds = implicit_als_rounds(
    ...     np.array([2.0, 0.0]), np.array([[1.0], [2.0]]), np.array([0.0]), alpha=0.5, reg=4.0
    ... )
    >>> rounds[0].residual, rounds[0].length, rounds[0].factors  # of one unknown, one round
    (array([2.]), 0.1, array([0.2]))
    """
    _, _, matrix, right_side, _ = implicit_als_row(counts, other_factors, alpha=alpha, reg=reg)
    if not counts.any():
        nothing = np.zeros(len(factors))
        return (ImplicitALSRound(nothing, nothing, 0.0, nothing),)
    rounds = []
    residual = right_side - matrix @ factors
    direction = residual
    for _ in range(n_rounds):
        curvature = direction @ matrix @ direction
        squared = residual @ residual
        length = float(squared / curvature) if curvature > 0 else 0.0
        factors = factors + length * direction
        rounds.append(ImplicitALSRound(residual, direction, length, factors))
        residual = residual - length * (matrix @ direction)
        if squared > 0:
            direction = residual + (residual @ residual) / squared * direction
    return tuple(rounds)
