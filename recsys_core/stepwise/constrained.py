"""One user's step of constrained PMF: all ratings of one user, one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ConstrainedStep(NamedTuple):
    """What one user's n ratings do to the user and to the items they are of.

    Attributes
    ----------
    user_sums : p_u = y_u + 1/n Σ_k w_k as each rating found it, (n, k).
    predictions, errors : r̂ and δ = (r − r̂) dr̂/dx as each rating found them, (n,).
    own_factors, user_bias : y_u, (k,), and b_u after the step.
    item_factors, rated_factors, item_biases : q_i and w_i, (n, k), and b_i, (n,), after it.
    """

    user_sums: np.ndarray
    predictions: np.ndarray
    errors: np.ndarray
    own_factors: np.ndarray
    user_bias: float
    item_factors: np.ndarray
    rated_factors: np.ndarray
    item_biases: np.ndarray


def constrained_step(
    ratings: np.ndarray,
    own_factors: np.ndarray,
    user_bias: float,
    item_factors: np.ndarray,
    rated_factors: np.ndarray,
    item_biases: np.ndarray,
    *,
    mean: float,
    learning_rate: float,
    reg_user: float,
    reg_item: float,
    reg_rated: float,
    n_item: np.ndarray,
    scale: tuple[float, float] | None = None,
    with_biases: bool = True,
) -> ConstrainedStep:
    """Follow the gradient of one user's part of the objective of constrained PMF, half of

        Σ_i [(r_i − r̂_i)² + λ_V/n_i (‖q_i‖² + b_i²) + λ_W/n_i ‖w_i‖²] + λ_U (‖y_u‖² + b_u²)

    For each of the user's n ratings in turn, every right-hand side with the old values:

        p_u = y_u + 1/n Σ_k w_k         x = μ + b_u + b_i + q_i · p_u
        r̂ = x,  or  low + (high − low) σ(x) given ``scale`` = (low, high)
        δ = (r − r̂) dr̂/dx               b_u ← b_u + γ (δ − λ_U/n b_u)
        b_i ← b_i + γ (δ − λ_V/n_i b_i) q_i ← q_i + γ (δ p_u − λ_V/n_i q_i)
        y_u ← y_u + γ δ q_i             w_k ← w_k + γ/n δ q_i   for all n items k

    After the last, the penalties of y_u and w_k as they were before the first, y and w:

        y_u ← y_u − γ λ_U y             w_k ← w_k − γ λ_W/n_k w

    so that over an epoch every row is penalised once. ``n_item`` are the items' numbers of ratings
    n_i, (n,); items in the order of ``ratings``, (n,), n ≥ 1. Source: Salakhutdinov and Mnih,
    *Probabilistic Matrix Factorization*, 2007.

    >>> step = constrained_step(np.array([5.0]), np.array([0.5]), 0.0, np.array([[2.0]]),
    ...     np.array([[0.5]]), np.array([0.0]), mean=2.0, learning_rate=0.25, reg_user=0.0,
    ...     reg_item=0.0, reg_rated=0.0, n_item=np.array([1]))
    >>> step.user_sums, step.errors, step.own_factors, step.rated_factors
    (array([[1.]]), array([1.]), array([1.]), array([[1.]]))
    """
    n, rate = len(ratings), learning_rate
    y, w, b_user = own_factors, rated_factors, float(user_bias)
    q, b_item = np.array(item_factors, np.float64), np.array(item_biases, np.float64)
    user_sums, predictions, errors = np.empty_like(q), np.empty(n), np.empty(n)
    for i, rating in enumerate(ratings):
        p = y + w.mean(axis=0)
        x = mean + b_user + b_item[i] + q[i] @ p
        prediction, slope = x, 1.0
        if scale is not None:
            low, high = scale
            share = 1 / (1 + np.exp(-x))
            prediction, slope = low + (high - low) * share, (high - low) * share * (1 - share)
        delta = (rating - prediction) * slope
        user_sums[i], predictions[i], errors[i] = p, prediction, delta
        if with_biases:
            b_user += rate * (delta - reg_user / n * b_user)
            b_item[i] += rate * (delta - reg_item / n_item[i] * b_item[i])
        y = y + rate * delta * q[i]
        w = w + rate / n * delta * q[i]
        q[i] += rate * (delta * p - reg_item / n_item[i] * q[i])
    y = y - rate * reg_user * own_factors
    w = w - rate * reg_rated / n_item[:, None] * rated_factors
    return ConstrainedStep(user_sums, predictions, errors, y, b_user, q, w, b_item)
