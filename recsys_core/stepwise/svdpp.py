"""One user's step of SVD++: all ratings of one user, one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class SVDppStep(NamedTuple):
    """What one user's n ratings do to the user and to the items they are of.

    Attributes
    ----------
    user_sums : w = p_u + n^−½ Σ_j y_j + m^−½ Σ_f a_f as each rating found it, (n, k).
    predictions, errors : r̂ and e = r − r̂ as each rating found them, (n,).
    user_factors, user_bias : p_u, (k,), and b_u after the step.
    item_factors, implicit_factors, item_biases : q_i and y_i, (n, k), and b_i, (n,), after it.
    feature_factors : a_f of the user's m features after it, (m, k).
    """

    user_sums: np.ndarray
    predictions: np.ndarray
    errors: np.ndarray
    user_factors: np.ndarray
    user_bias: float
    item_factors: np.ndarray
    implicit_factors: np.ndarray
    item_biases: np.ndarray
    feature_factors: np.ndarray


def svdpp_step(
    ratings: np.ndarray,
    user_factors: np.ndarray,
    user_bias: float,
    item_factors: np.ndarray,
    implicit_factors: np.ndarray,
    item_biases: np.ndarray,
    *,
    mean: float,
    learning_rate: float,
    reg: float,
    with_biases: bool = True,
    feature_factors: np.ndarray | None = None,
) -> SVDppStep:
    """Follow the gradient of ½ Σ [e² + λ(‖p_u‖² + ‖q_i‖² + ‖y_i‖² + b_u² + b_i²)] for one user.

    For each of the user's n ratings in turn, every right-hand side with the old values:

        w = p_u + n^−½ Σ_j y_j          r̂ = μ + b_u + b_i + q_i · w          e = r − r̂
        b_u ← b_u + γ (e − λ b_u)       b_i ← b_i + γ (e − λ b_i)
        q_i ← q_i + γ (e w − λ q_i)
        p_u ← p_u + γ e q_i             y_j ← y_j + γ n^−½ e q_i   for all n items j

    After the last, the penalties of p_u and y_j as they were before the first, p and y:

        p_u ← p_u − p + (1 − γλ)^n p    y_j ← y_j − y + (1 − γλ) y

    so that over an epoch every row is penalised once for each of its ratings (the paper penalises
    each y_j at every rating of each of its users: n times as much, for the same λ). Items in the
    order of ``ratings``, (n,), n ≥ 1.

    With the user's m features, ``feature_factors`` a_f, (m, k), w has the further part
    m^−½ Σ_f a_f, and an a_f takes the mean of n steps, a_f ← a_f + γ m^−½ e q_i / n, and in the end
    its penalty, as y_j: a user counts as one rating of a feature. Source: Koren, *Factorization
    Meets the Neighborhood*, 2008.

    >>> step = svdpp_step(np.array([5.0]), np.array([0.5]), 0.0, np.array([[2.0]]),
    ...     np.array([[0.5]]), np.array([0.0]), mean=2.0, learning_rate=0.25, reg=0.0)
    >>> step.user_sums, step.errors, step.user_factors, step.implicit_factors
    (array([[1.]]), array([1.]), array([1.]), array([[1.]]))
    """
    n = len(ratings)
    share = n**-0.5
    known = np.zeros((0, len(user_factors))) if feature_factors is None else feature_factors
    a, feature_share = known, max(len(known), 1) ** -0.5
    p, y, b_user = user_factors, implicit_factors, float(user_bias)
    q, b_item = np.array(item_factors, np.float64), np.array(item_biases, np.float64)
    user_sums, predictions, errors = np.empty_like(q), np.empty(n), np.empty(n)
    for i, rating in enumerate(ratings):
        w = p + share * y.sum(axis=0) + feature_share * a.sum(axis=0)
        prediction = mean + b_user + b_item[i] + q[i] @ w
        e = rating - prediction
        user_sums[i], predictions[i], errors[i] = w, prediction, e
        if with_biases:
            b_user += learning_rate * (e - reg * b_user)
            b_item[i] += learning_rate * (e - reg * b_item[i])
        p = p + learning_rate * e * q[i]
        y = y + learning_rate * share * e * q[i]
        a = a + learning_rate * feature_share * e * q[i] / n
        q[i] += learning_rate * (e * w - reg * q[i])
    keep = 1 - learning_rate * reg
    p = p - user_factors + keep**n * user_factors
    y = y - implicit_factors + keep * implicit_factors
    a = a - known + keep * known
    return SVDppStep(user_sums, predictions, errors, p, b_user, q, y, b_item, a)
