"""Bayesian PMF: one Gibbs draw of one row, and of the prior that all rows of a side share.

Random numbers are arguments, so that the same numbers give the same draw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsys_core.stepwise.als import design_of, parts_of


class GibbsRow(NamedTuple):
    """One row's posterior and one draw from it; n ratings, m = k + 1 unknowns, bias first, or k.

    Attributes
    ----------
    design, targets : x_j, (n, m), and t_j, (n,).
    posterior_precision : Λ*, (m, m).
    right_side : a, (m,), with Λ* m* = a.
    posterior_mean : m*, (m,).
    solution : the draw w, (m,); bias and factors are its two parts.
    """

    design: np.ndarray
    targets: np.ndarray
    posterior_precision: np.ndarray
    right_side: np.ndarray
    posterior_mean: np.ndarray
    solution: np.ndarray
    bias: float
    factors: np.ndarray


def gibbs_row(
    ratings: np.ndarray,
    other_factors: np.ndarray,
    other_biases: np.ndarray,
    normal: np.ndarray,
    *,
    mean: float,
    alpha: float,
    prior_mean: np.ndarray,
    precision: np.ndarray,
    bias_precision: float = 1.0,
    with_bias: bool = True,
    other_precisions: np.ndarray | float = 1.0,
) -> GibbsRow:
    """Draw a row w = (b_u, p_u) from its posterior N(m*, Λ*⁻¹), given all the rest.

    Ratings r_j ~ N(μ + b_u + b_j + p_u · q_j, 1/(α α_j)), with ``alpha`` α that of all ratings
    times the user's own, and ``other_precisions`` α_j, (n,); priors p_u ~ N(m, Λ⁻¹) and
    b_u ~ N(0, 1/λ):

        x_j = (1, q_j)          t_j = r_j − μ − b_j
        Λ* = α Σ_j α_j x_j x_jᵀ + (λ, Λ)      a = α Σ_j α_j t_j x_j + (0, Λ m)      m* = Λ*⁻¹ a
        w = m* + L⁻ᵀ z          L Lᵀ = Λ*, L lower triangular (Cholesky)

    with (λ, Λ) block by block on the diagonal. ``normal`` z are standard normal numbers, (m,), the
    bias's first; ``prior_mean`` m is (k,) and ``precision`` Λ (k, k). Source: Salakhutdinov and
    Mnih, *Bayesian Probabilistic Matrix Factorization using Markov Chain Monte Carlo*, 2008.

    Raises
    ------
    numpy.linalg.LinAlgError
        If Λ* is not positive definite.

    >>> row = gibbs_row(np.array([4.0, 2.0]), np.array([[1.0], [-1.0]]), np.zeros(2),
    ...     np.array([0.0, 1.0]), mean=3, alpha=1, prior_mean=np.zeros(1), precision=2 * np.eye(1))
    >>> row.posterior_precision.tolist(), row.posterior_mean, row.solution
    ([[3.0, 0.0], [0.0, 4.0]], array([0. , 0.5]), array([0., 1.]))
    """
    design = design_of(other_factors, with_bias)
    targets = ratings - mean - other_biases
    first = int(with_bias)
    weighted = alpha * np.broadcast_to(other_precisions, len(ratings))[:, None] * design
    posterior_precision = weighted.T @ design
    posterior_precision[:first, :first] += bias_precision
    posterior_precision[first:, first:] += precision
    right_side = weighted.T @ targets
    right_side[first:] += precision @ prior_mean
    posterior_mean = np.linalg.solve(posterior_precision, right_side)
    root = np.linalg.cholesky(posterior_precision)
    solution = posterior_mean + np.linalg.solve(root.T, normal)
    bias, factors = parts_of(solution, with_bias)
    return GibbsRow(
        design, targets, posterior_precision, right_side, posterior_mean, solution, bias, factors
    )


class PrecisionDraw(NamedTuple):
    """The posterior Gamma(shape, rate) of one row's precision α_u, and one draw from it."""

    shape: float
    rate: float
    precision: float


def precision_draw(
    errors: np.ndarray, other_precisions: np.ndarray, standard: float, *, alpha: float, nu: float
) -> PrecisionDraw:
    """Draw α_u, the precision of one user's ratings, given the errors e_j of its n ratings.

    e_j ~ N(0, 1/(α α_u α_j)), with the prior α_u ~ Gamma(ν/2, rate ν/2), whose mean is 1:

        α_u ~ Gamma((ν + n)/2, rate (ν + α Σ_j α_j e_j²)/2)

    ``errors`` and ``other_precisions`` are (n,); ``standard`` is drawn from the gamma distribution
    of that shape with rate 1. Source: Lakshminarayanan, Bouchard and Archambeau, *Robust Bayesian
    Matrix Factorisation*, 2011.

    >>> precision_draw(np.array([1.0, -1.0]), np.array([1.0, 2.0]), 3.0, alpha=2, nu=4)
    PrecisionDraw(shape=3.0, rate=5.0, precision=0.6)
    """
    shape = (nu + len(errors)) / 2
    rate = float(nu + alpha * other_precisions @ errors**2) / 2
    return PrecisionDraw(shape, rate, standard / rate)


class NormalWishartDraw(NamedTuple):
    """The posterior of a side's prior and one draw (m, Λ) from it.

    Attributes
    ----------
    degrees : ν*, the Wishart's degrees of freedom.
    scale : W*, (k, k); ν* W* is the mean of Λ.
    precision : the draw Λ, (k, k).
    posterior_mean : m*, the mean of m, (k,).
    mean : the draw m, (k,).
    """

    degrees: int
    scale: np.ndarray
    precision: np.ndarray
    posterior_mean: np.ndarray
    mean: np.ndarray


def normal_wishart_draw(
    rows: np.ndarray, normal_matrix: np.ndarray, chi_squares: np.ndarray, normal: np.ndarray
) -> NormalWishartDraw:
    """Draw the prior (m, Λ) of a side's rows, rows ~ N(m, Λ⁻¹), given the n rows of k numbers.

    Prior ν₀ = k, β₀ = 2, m₀ = 0, W₀ = I. With x̄ the mean of the rows and S = Σ (x − x̄)(x − x̄)ᵀ:

        ν* = ν₀ + n          W*⁻¹ = W₀⁻¹ + S + β₀ n / (β₀ + n) x̄ x̄ᵀ          m* = n x̄ / (β₀ + n)
        Λ ~ Wishart(W*, ν*)          m ~ N(m*, [(β₀ + n) Λ]⁻¹)

    By Bartlett's decomposition Λ = R Rᵀ, R = L B with L Lᵀ = W* and B lower triangular: standard
    normal numbers below the diagonal, √χ² on it; then m = m* + R⁻ᵀ z / √(β₀ + n). The random
    numbers: ``normal_matrix``, (k, k), of which those below the diagonal count; ``chi_squares``,
    (k,), the f-th of χ² with ν* − f degrees of freedom, f from 0; ``normal`` z, (k,).
    Sources: Salakhutdinov and Mnih 2008; Bartlett, *On the Theory of Statistical
    Regression*, 1933.

    >>> drawn = normal_wishart_draw(np.array([[1.0], [3.0]]), np.zeros((1, 1)), np.array([14.0]),
    ...     np.array([0.0]))
    >>> drawn.degrees, (1 / drawn.scale).round(6), drawn.precision.round(6), drawn.mean
    (3, array([[7.]]), array([[2.]]), array([1.]))
    """
    (n, k), beta = rows.shape, 2.0
    mean = rows.mean(axis=0)
    scatter = (rows - mean).T @ (rows - mean)
    inverse_scale = np.eye(k) + scatter + beta * n / (beta + n) * np.outer(mean, mean)
    scale = np.linalg.inv(inverse_scale)
    triangle = np.tril(normal_matrix, -1) + np.diag(np.sqrt(chi_squares))
    root = np.linalg.cholesky(scale) @ triangle
    posterior_mean = n * mean / (beta + n)
    drawn = posterior_mean + np.linalg.solve(root.T, normal) / np.sqrt(beta + n)
    return NormalWishartDraw(k + n, scale, root @ root.T, posterior_mean, drawn)
