"""PMF: one row by its normal equations, what the priors learn from all rows, one logistic step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsys_core.stepwise.als import design_of, parts_of
from recsys_core.stepwise.sgd import Gradient


class PMFRow(NamedTuple):
    """One row's most probable numbers; n ratings, m = k + 1 unknowns, the bias first, or k.

    Attributes
    ----------
    design, targets : x_j, (n, m), and t_j, (n,).
    matrix, right_side : A, (m, m), and a, (m,), of the normal equations A w = a.
    solution : w, (m,); bias and factors are its two parts.
    inverse_diagonal : diag A⁻¹, (m,); σ² times it are the variances of w.
    determined : Σ_f 1 − λ_f A⁻¹_ff: how many of the numbers the ratings, not the prior, determine.
    """

    design: np.ndarray
    targets: np.ndarray
    matrix: np.ndarray
    right_side: np.ndarray
    solution: np.ndarray
    bias: float
    factors: np.ndarray
    inverse_diagonal: np.ndarray
    determined: float


def pmf_row(
    ratings: np.ndarray,
    other_factors: np.ndarray,
    other_biases: np.ndarray,
    *,
    mean: float,
    reg: np.ndarray,
    prior: np.ndarray,
    other_variances: np.ndarray | None = None,
    with_bias: bool = True,
) -> PMFRow:
    """Find the row w = (b_u, p_u) that minimises Σ_j (t_j − x_j · w)² + Σ_f λ_f (w_f − m_f)².

        x_j = (1, q_j)          t_j = r_j − μ − b_j
        A = Σ_j (x_j x_jᵀ + diag(0, v_j)) + diag(λ)     a = Σ_j t_j x_j + λ ∘ m     w = A⁻¹ a

    The penalty counts once, however many ratings. ``reg`` λ = σ² / s² and ``prior`` m are (m,),
    the bias first. ``other_variances`` v_j, (n, k), are how unsure the q_j are, with adaptive
    priors; else none. Sources: Salakhutdinov and Mnih, *Probabilistic Matrix Factorization*,
    2007; for v_j, Lim and Teh, *Variational Bayesian Approach to Movie Rating Prediction*, 2007.

    Raises
    ------
    numpy.linalg.LinAlgError
        If A has no inverse: some λ_f = 0 and too few ratings.

    >>> reg, prior = np.array([1.0, 2.0]), np.array([0.0, 1.0])
    >>> row = pmf_row(np.array([4.0, 2.0]), np.array([[1.0], [-1.0]]), np.zeros(2),
    ...               mean=3.0, reg=reg, prior=prior)
    >>> row.right_side, row.factors, row.inverse_diagonal[1:]
    (array([0., 4.]), array([1.]), array([0.25]))
    """
    design = design_of(other_factors, with_bias)
    targets = ratings - mean - other_biases
    matrix = design.T @ design + np.diag(reg)
    if other_variances is not None:
        first = int(with_bias)
        matrix[first:, first:] += np.diag(other_variances.sum(axis=0))
    right_side = design.T @ targets + reg * prior
    solution = np.linalg.solve(matrix, right_side)
    inverse_diagonal = np.diag(np.linalg.inv(matrix)).copy()
    determined = float((1 - reg * inverse_diagonal).sum())
    bias, factors = parts_of(solution, with_bias)
    return PMFRow(
        design, targets, matrix, right_side, solution, bias, factors, inverse_diagonal, determined
    )


class PMFPrior(NamedTuple):
    """The prior of one side's rows, the bias first, each (m,): m, s² and λ = σ² / s²."""

    mean: np.ndarray
    variance: np.ndarray
    reg: np.ndarray


def pmf_prior(
    solutions: np.ndarray,
    inverse_diagonals: np.ndarray,
    *,
    noise: float,
    with_bias: bool = True,
    spherical: bool = False,
) -> PMFPrior:
    """Re-estimate the prior of a side from its rows w and their variances σ² diag A⁻¹.

        m = mean of w          s² = mean of (w − m)² + σ² diag A⁻¹          λ = σ² / s²

    over the rows that have ratings: ``solutions`` and ``inverse_diagonals`` are (n_rows, m). The
    mean of the biases is 0 (μ has it); ``spherical`` gives all factors their mean s². s² is taken
    to be at least 10⁻⁹. Source: Lim and Teh 2007.

    >>> rows, inverses = np.array([[0.5, 1.0], [-0.5, 3.0]]), np.full((2, 2), 0.25)
    >>> pmf_prior(rows, inverses, noise=1.0)
    PMFPrior(mean=array([0., 2.]), variance=array([0.5 , 1.25]), reg=array([2. , 0.8]))
    """
    first = int(with_bias)
    mean = solutions.mean(axis=0)
    mean[:first] = 0.0
    variance = ((solutions - mean) ** 2 + noise * inverse_diagonals).mean(axis=0)
    if spherical:
        variance[first:] = variance[first:].mean()
    return PMFPrior(mean, variance, noise / np.maximum(variance, 1e-9))


def pmf_noise(errors: np.ndarray, determined: float, *, scale_width: float) -> float:
    """Re-estimate the noise σ² = Σ e² / (N − d) from all N training errors, (N,).

    d is the sum of the rows' ``determined`` on both sides: so many numbers the ratings have already
    paid for. N − d is taken to be at least N / 20, σ² at least 10⁻⁶ · (width of the scale)².
    Source: MacKay, *Bayesian Interpolation*, 1992.

    >>> pmf_noise(np.array([1.0, -1.0, 2.0, 0.0]), 1.0, scale_width=4.0)
    2.0
    """
    n = len(errors)
    return max(float(errors @ errors) / max(n - determined, n / 20), 1e-6 * scale_width**2)


class LogisticStep(NamedTuple):
    """What one rating does to its user and its item with a logistic link.

    Attributes
    ----------
    score, prediction : x and r̂, before the step.
    error : r − r̂, in rating units.
    slope : dr̂/dx.
    user_gradient, item_gradient, user_bias_gradient, item_bias_gradient : see ``SGDStep``.
    user_factors, item_factors, user_bias, item_bias : the parameters after the step.
    """

    score: float
    prediction: float
    error: float
    slope: float
    user_gradient: Gradient[np.ndarray]
    item_gradient: Gradient[np.ndarray]
    user_bias_gradient: Gradient[float]
    item_bias_gradient: Gradient[float]
    user_factors: np.ndarray
    item_factors: np.ndarray
    user_bias: float
    item_bias: float


def logistic_step(
    rating: float,
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    user_bias: float,
    item_bias: float,
    *,
    mean: float,
    low: float,
    high: float,
    learning_rate: float,
    reg_user: float,
    reg_item: float,
    n_user: int,
    n_item: int,
    with_biases: bool = True,
) -> LogisticStep:
    """Follow the gradient of ½ [(r − r̂)² + λ_U/n_u (‖p_u‖² + b_u²) + λ_V/n_i (‖q_i‖² + b_i²)].

        x = μ + b_u + b_i + p_u · q_i          r̂ = low + (high − low) σ(x)
        s = dr̂/dx = (high − low) σ(x) (1 − σ(x))          δ = (r − r̂) s
        b_u ← b_u − γ (−δ + λ_U/n_u b_u)       p_u ← p_u − γ (−δ q_i + λ_U/n_u p_u)
        b_i ← b_i − γ (−δ + λ_V/n_i b_i)       q_i ← q_i − γ (−δ p_u + λ_V/n_i q_i)

    μ is on the scale of x. A user's n_u ratings share the penalty λ_U, an item's n_i share λ_V, so
    that over an epoch each row is penalised once. ``user_factors`` and ``item_factors`` are (k,).
    Source: Salakhutdinov and Mnih 2007.

    >>> step = logistic_step(5.0, np.array([1.0]), np.array([0.0]), 0.0, 0.0, mean=0.0, low=1.0,
    ...     high=5.0, learning_rate=0.5, reg_user=0.0, reg_item=0.0, n_user=1, n_item=1)
    >>> step.prediction, step.slope, step.item_factors
    (3.0, 1.0, array([1.]))
    """
    score = float(mean + user_bias + item_bias + user_factors @ item_factors)
    share = float(1 / (1 + np.exp(-score)))
    prediction = low + (high - low) * share
    error = rating - prediction
    slope = (high - low) * share * (1 - share)
    delta = error * slope
    user_gradient = Gradient(-delta * item_factors, reg_user / n_user * user_factors)
    item_gradient = Gradient(-delta * user_factors, reg_item / n_item * item_factors)
    if with_biases:
        user_bias_gradient = Gradient(-delta, reg_user / n_user * user_bias)
        item_bias_gradient = Gradient(-delta, reg_item / n_item * item_bias)
    else:
        user_bias_gradient = item_bias_gradient = Gradient(0.0, 0.0)
    return LogisticStep(
        score,
        prediction,
        error,
        slope,
        user_gradient,
        item_gradient,
        user_bias_gradient,
        item_bias_gradient,
        user_factors=user_factors - learning_rate * user_gradient.total,
        item_factors=item_factors - learning_rate * item_gradient.total,
        user_bias=user_bias - learning_rate * user_bias_gradient.total,
        item_bias=item_bias - learning_rate * item_bias_gradient.total,
    )
