"""One row of ALS: a user's row with all items held, or an item's row with all users held."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ALSRow(NamedTuple):
    """One row's least-squares problem and its solution; n ratings, m = k + 1 unknowns, or k.

    Attributes
    ----------
    design : the rows x_j, (n, m); the bias's 1 first.
    targets : t_j, what the ratings are without mean and the other side's biases, (n,).
    matrix, right_side : A, (m, m), and a, (m,), of the normal equations A w = a.
    solution : w, (m,), the bias first.
    bias, factors : its two parts, a number (0 without a bias) and (k,).
    """

    design: np.ndarray
    targets: np.ndarray
    matrix: np.ndarray
    right_side: np.ndarray
    solution: np.ndarray
    bias: float
    factors: np.ndarray


def als_row(
    ratings: np.ndarray,
    other_factors: np.ndarray,
    other_biases: np.ndarray,
    *,
    mean: float,
    reg: float,
    weighted: bool = True,
    with_bias: bool = True,
) -> ALSRow:
    """Find the row w = (b_u, p_u) that minimises Σ_j (t_j − x_j · w)² + c λ ‖w‖².

        x_j = (1, q_j)          t_j = r_j − μ − b_j
        A = Σ_j x_j x_jᵀ + c λ I          a = Σ_j t_j x_j          w = A⁻¹ a

    c is n, the row's number of ratings (at least 1), or 1 with ``weighted=False``. ``ratings``,
    (n,), with ``other_factors`` q_j, (n, k), and ``other_biases`` b_j, (n,), of the rated items;
    for an item's row, of the users who rated it. Source: Zhou et al., *Large-scale Parallel
    Collaborative Filtering for the Netflix Prize*, 2008 (ALS-WR).

    Raises
    ------
    numpy.linalg.LinAlgError
        If A has no inverse: λ = 0 and too few ratings.

    >>> row = als_row(np.array([4.0, 2.0]), np.array([[1.0], [-1.0]]), np.zeros(2), mean=3, reg=1)
    >>> row.matrix.tolist(), row.right_side.tolist(), row.bias, row.factors
    ([[4.0, 0.0], [0.0, 4.0]], [0.0, 2.0], 0.0, array([0.5]))
    """
    design = design_of(other_factors, with_bias)
    targets = ratings - mean - other_biases
    times = max(len(ratings), 1) if weighted else 1
    matrix = design.T @ design + times * reg * np.eye(design.shape[1])
    right_side = design.T @ targets
    solution = np.linalg.solve(matrix, right_side)
    return ALSRow(design, targets, matrix, right_side, solution, *parts_of(solution, with_bias))


def design_of(other_factors: np.ndarray, with_bias: bool) -> np.ndarray:
    """Put the bias's 1 before each row q_j: x_j = (1, q_j), (n, k + 1); without a bias x_j = q_j.

    >>> design_of(np.array([[2.0, 3.0]]), with_bias=True)
    array([[1., 2., 3.]])
    """
    if not with_bias:
        return other_factors
    return np.column_stack([np.ones(len(other_factors)), other_factors])


def parts_of(solution: np.ndarray, with_bias: bool) -> tuple[float, np.ndarray]:
    """Divide w = (b, p) into the bias and the factors; without a bias it is 0.

    >>> parts_of(np.array([0.5, 2.0, 3.0]), with_bias=True)
    (0.5, array([2., 3.]))
    """
    return (float(solution[0]), solution[1:]) if with_bias else (0.0, solution)
