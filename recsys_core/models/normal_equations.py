"""The normal equations of regularised least squares, written once in NumPy.

The kernel ``kernels.least_squares`` builds the same equations in float32 for many rows at a time;
the tests hold it to this function.
"""

from __future__ import annotations

import numpy as np


def normal_equations(
    x: np.ndarray,
    targets: np.ndarray,
    penalty: np.ndarray,
    prior: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Build A and b, A w = b, of the row w that minimises a weighted, penalised squared error.

        Σ_j c_j (t_j − x_j · w)² + (w − m)ᵀ Λ (w − m)

        A = Σ_j c_j x_j x_jᵀ + Λ        b = Σ_j c_j t_j x_j + Λ m

    x, targets : design rows x_j, (n, k), and t_j, (n,).
    penalty : Λ, symmetric, (k, k): λ I, a diagonal, or a whole precision matrix.
    prior : m, (k,); zero by default. weights : c_j ≥ 0, (n,); 1 by default.

    Returns A, (k, k), and b, (k,), float64.
    """
    x = np.asarray(x, np.float64)
    weighted = x if weights is None else np.asarray(weights, np.float64)[:, None] * x
    a = weighted.T @ x + penalty
    b = weighted.T @ np.asarray(targets, np.float64)
    if prior is not None:
        b = b + penalty @ prior
    return a, b
