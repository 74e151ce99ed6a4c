"""One step of SGD: one rating moves one user's and one item's row."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np

Parameter = TypeVar("Parameter", float, np.ndarray)


class Gradient(NamedTuple, Generic[Parameter]):
    """Slope of a rating's objective against one parameter θ, in the two parts it is the sum of.

    Attributes
    ----------
    of_error : the slope of ½ (r − r̂)²; a number, or (k,) for factors.
    of_penalty : the slope of ½ λ θ², of the same shape.
    """

    of_error: Parameter
    of_penalty: Parameter

    @property
    def total(self) -> Parameter:
        """What the step goes against."""
        return self.of_error + self.of_penalty


class SGDStep(NamedTuple):
    """What one rating does to its user and its item.

    Attributes
    ----------
    prediction, error : r̂ and e = r − r̂, before the step, in rating units.
    user_gradient, item_gradient : slopes against p_u and q_i, (k,).
    user_bias_gradient, item_bias_gradient : slopes against b_u and b_i.
    user_factors, item_factors, user_bias, item_bias : the parameters after the step.
    """

    prediction: float
    error: float
    user_gradient: Gradient[np.ndarray]
    item_gradient: Gradient[np.ndarray]
    user_bias_gradient: Gradient[float]
    item_bias_gradient: Gradient[float]
    user_factors: np.ndarray
    item_factors: np.ndarray
    user_bias: float
    item_bias: float


def sgd_step(
    rating: float,
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    user_bias: float,
    item_bias: float,
    *,
    mean: float,
    learning_rate: float,
    reg: float,
    with_biases: bool = True,
    in_turn: bool = False,
) -> SGDStep:
    """Follow the gradient of ½ [e² + λ(‖p_u‖² + ‖q_i‖² + b_u² + b_i²)] for one rating r.

        r̂ = μ + b_u + b_i + p_u · q_i         e = r − r̂
        b_u ← b_u − γ (−e + λ b_u)            p_u ← p_u − γ (−e q_i + λ p_u)
        b_i ← b_i − γ (−e + λ b_i)            q_i ← q_i − γ (−e p_u + λ q_i)

    All right-hand sides use the old values; ``in_turn``, the last one uses the new p_u. Factors are
    (k,); biases stay as they are ``with_biases=False``. Source: Koren, Bell and Volinsky, *Matrix
    Factorization Techniques for Recommender Systems*, 2009.

    >>> p, q = np.array([1.0, 0.0]), np.array([0.5, 1.0])
    >>> step = sgd_step(5.0, p, q, 0.0, 0.5, mean=3.0, learning_rate=0.1, reg=0.0)
    >>> step.prediction, step.error, step.user_factors
    (4.0, 1.0, array([1.05, 0.1 ]))
    """
    prediction = float(mean + user_bias + item_bias + user_factors @ item_factors)
    error = rating - prediction
    user_gradient = Gradient(-error * item_factors, reg * user_factors)
    moved = user_factors - learning_rate * user_gradient.total
    item_gradient = Gradient(-error * (moved if in_turn else user_factors), reg * item_factors)
    if with_biases:
        user_bias_gradient = Gradient(-error, reg * user_bias)
        item_bias_gradient = Gradient(-error, reg * item_bias)
    else:
        user_bias_gradient = item_bias_gradient = Gradient(0.0, 0.0)
    return SGDStep(
        prediction,
        error,
        user_gradient,
        item_gradient,
        user_bias_gradient,
        item_bias_gradient,
        user_factors=moved,
        item_factors=item_factors - learning_rate * item_gradient.total,
        user_bias=user_bias - learning_rate * user_bias_gradient.total,
        item_bias=item_bias - learning_rate * item_bias_gradient.total,
    )


def decayed_rate(learning_rate: float, epoch: int, n_epochs: int) -> float:
    """Learning rate of epoch t = 1 … T, with decay: γ_t = γ (1 − (t − 1) / T); later γ_T.

    >>> [decayed_rate(0.5, epoch, 4) for epoch in (1, 3, 4, 9)]
    [0.5, 0.25, 0.125, 0.125]
    """
    return learning_rate * (1 - (min(epoch, n_epochs) - 1) / n_epochs)
