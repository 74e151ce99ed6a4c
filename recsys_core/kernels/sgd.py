"""Stochastic gradient descent on one rating at a time.

    r̂ = μ + b_u + b_i + p_u · q_i        e = r − r̂
    b_u ← b_u + γ (e − λ b_u)            p_u ← p_u + γ (e q_i − λ p_u)
    b_i ← b_i + γ (e − λ b_i)            q_i ← q_i + γ (e p_u − λ q_i)

All right-hand sides use the old values: the step follows the gradient of ½ [e² + λ(‖p_u‖² + ‖q_i‖²
+ b_u² + b_i²)] (Koren, Bell and Volinsky 2009). Collected, p_u becomes (1 − γλ) p_u + γe q_i, which
``blend_rows`` computes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import blend_rows, dot_rows, move_row, prefetch_row

# Rows are asked for so many ratings before they are used: about as long as they take to come from
# the second-level cache, and few enough to stay in the first.
_AHEAD = 16


@specialised
def sgd_kernel(width: int, in_turn: bool = False) -> Callable[..., None]:
    """Return the function that takes the steps above over a run of ratings, in their order.

    It takes Triples, Parameters (changed in place), γ, λ and whether biases are learned. With
    ``in_turn`` q_i moves by the p_u that has just been moved: p_u first, then

        q_i ← q_i + γ (e p_u − λ q_i)        with the new p_u, and e of the old one.

    No gradient of one function, since its two halves are taken at different places; several
    published programs do it. For small γ the difference is of the order of γ².
    """

    @compiled
    def sgd(ratings, parameters, rate, reg, with_biases, start, stop):
        user_ids, item_ids, values = ratings
        p, q, b_user, b_item, mean = parameters
        keep = np.float32(1) - rate * reg
        for n in range(start, stop):
            if n + _AHEAD < stop:
                prefetch_row(width, p, np.uint32(user_ids[n + _AHEAD]))
                prefetch_row(width, q, np.uint32(item_ids[n + _AHEAD]))
            u, i = np.uint32(user_ids[n]), np.uint32(item_ids[n])
            e = values[n] - (mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i))
            if with_biases:
                b_user[u] += rate * (e - reg * b_user[u])
                b_item[i] += rate * (e - reg * b_item[i])
            if in_turn:
                move_row(width, p, u, keep, rate * e, q, i)
                move_row(width, q, i, keep, rate * e, p, u)
            else:
                blend_rows(width, p, u, q, i, rate * e, keep, keep)

    return sgd


@specialised
def logistic_kernel(width: int) -> Callable[..., None]:
    """Return the same for a logistic link, with a λ of its own for each row.

        x = μ + b_u + b_i + p_u · q_i                 r̂ = low + range · σ(x)
        e = (r − r̂) · range · σ(x) (1 − σ(x))         (the slope of ½ (r − r̂)² against x)

    ``reg_user[u]`` is λ_U / n_u, so that over all n_u ratings of a user the penalty adds up to
    λ_U ‖p_u‖²: the objective of PMF, which counts each user once (Salakhutdinov and Mnih 2007).
    The function takes Triples, Parameters (changed in place), low and range of the scale, γ, the λ
    of each user and of each item, float32, and whether biases are learned.
    """

    @compiled
    def logistic(
        ratings, parameters, low, spread, rate, reg_user, reg_item, with_biases, start, stop
    ):
        user_ids, item_ids, values = ratings
        p, q, b_user, b_item, mean = parameters
        one = np.float32(1)
        for n in range(start, stop):
            if n + _AHEAD < stop:
                prefetch_row(width, p, np.uint32(user_ids[n + _AHEAD]))
                prefetch_row(width, q, np.uint32(item_ids[n + _AHEAD]))
            u, i = np.uint32(user_ids[n]), np.uint32(item_ids[n])
            x = mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i)
            share = one / (one + np.exp(-x))
            e = (values[n] - (low + spread * share)) * spread * share * (one - share)
            if with_biases:
                b_user[u] += rate * (e - reg_user[u] * b_user[u])
                b_item[i] += rate * (e - reg_item[i] * b_item[i])
            blend_rows(
                width, p, u, q, i, rate * e, one - rate * reg_user[u], one - rate * reg_item[i]
            )

    return logistic
