"""Constrained PMF by stochastic gradient descent, one user at a time.

    x = μ + b_u + b_i + q_i · p_u      p_u = y_u + z      z = 1/n_u Σ_{k ∈ I_u} w_k
    r̂ = x,  or  low + range · σ(x)      e = (r − r̂) · dr̂/dx      dr̂/dx = 1, or range σ(x) (1 − σ(x))
    b_u ← b_u + γ (e − λ_U/n_u b_u)    q_i ← q_i + γ (e p_u − λ_V/n_i q_i)
    b_i ← b_i + γ (e − λ_V/n_i b_i)    y_u ← y_u + γ e q_i
    w_k ← w_k + γ/n_u e q_i            for every k in I_u

Computed literally, each rating updates every w_k of its user: Σ_u n_u² rows an epoch. But within
one user's ratings all w_k take the same steps, and z, their mean, takes 1/n_u of the steps that y_u
takes. So it is enough to update p_u, by 1 + 1/n_u times that step, and to update y_u and the w_k
once, after the user's last rating: the same numbers, Σ_u n_u rows (as in ``kernels.svdpp``). Their
penalties are applied then too: λ_U once to y_u, λ_W/n_k to w_k by each of its n_k users, so that
over an epoch every row is penalised once.

Source: Salakhutdinov and Mnih, *Probabilistic Matrix Factorization*, 2007.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import add_rows, blend_rows, dot_rows, move_row


@specialised
def constrained_kernel(width: int) -> Callable[..., None]:
    """Return the function that takes the steps above over a run of users, in the order given.

    It takes the users' numbers, int32, their ratings as Rows, Parameters with the y_u alone for p,
    w, (n_items, width), the sums, (n_users, width), to which each user's last p_u is written;
    whether the link is logistic, low and range of the scale; γ, λ_U, λ_V/n_i and λ_W/n_k of each
    item, float32, (n_items,), and whether biases are learned. Parameters, w and sums are changed
    in place.
    """

    @compiled
    def constrained(
        visits, ratings, parameters, w, sums, logistic, low, spread, rate, reg_user, reg_item,
        reg_rated, with_biases, first, last,
    ):  # fmt: skip
        starts, columns, values = ratings
        y, q, b_user, b_item, mean = parameters
        one, top, ones = np.float32(1), np.uint32(0), np.ones(1, np.float32)
        p, step = np.zeros((1, width), np.float32), np.zeros((1, width), np.float32)
        for visit in range(first, last):
            u = np.uint32(visits[visit])
            begin, end = starts[u], starts[u + 1]
            if begin == end:
                continue
            share = one / np.float32(end - begin)
            # v = p_u / √(1 + 1/n) and q_i move by equal multiples of each other, as blend_rows has
            # it:  p + (1 + 1/n) g q = √(1 + 1/n) (v + √(1 + 1/n) g q)  and  q + g p = q + … g v.
            root = np.sqrt(one + share)
            move_row(width, p, top, np.float32(0), one / root, y, u)
            add_rows(width, p, top, share / root, ones, 0, 0, w, columns, begin, end)
            move_row(width, step, top, np.float32(0), -one / root, p, top)
            b_u, reg_bias = b_user[u], reg_user * share
            for n in range(begin, end):
                i = np.uint32(columns[n])
                x = mean + b_u + b_item[i] + root * dot_rows(width, p, top, q, i)
                if logistic:
                    s = one / (one + np.exp(-x))
                    e = (values[n] - (low + spread * s)) * spread * s * (one - s)
                else:
                    e = values[n] - x
                if with_biases:
                    b_u += rate * (e - reg_bias * b_u)
                    b_item[i] += rate * (e - reg_item[i] * b_item[i])
                blend_rows(width, p, top, q, i, root * rate * e, one, one - rate * reg_item[i])
            b_user[u] = b_u
            move_row(width, step, top, one, one / root, p, top)  # Σ γ e q_i: what y_u moves by
            move_row(width, y, u, one - rate * reg_user, one, step, top)
            for n in range(begin, end):
                k = np.uint32(columns[n])
                move_row(width, w, k, one - rate * reg_rated[k], share, step, top)
            move_row(width, sums, u, np.float32(0), root, p, top)

    return constrained
