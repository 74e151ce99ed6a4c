"""Gibbs sampling of implicit factors, and the running mean of what the draws predict.

A user's factors have the prior mean  μ + Σ_{j∈I_u} y_j / √n_u,  I_u the n_u items this user rated,
whatever the ratings: who rated what says something already. With all other y held, and the rest
R_u = p_u − μ − Σ_j y_j / √n_u, the posterior of one y_j under y_j ~ N(0, (κΛ)⁻¹) is

    y_j ~ N( Σ_{u∈U_j} (R_u + y_j / √n_u) / √n_u / c_j,  (c_j Λ)⁻¹ )    c_j = κ + Σ_{u∈U_j} 1 / n_u

since users have the same Λ: no system of equations, only sums of rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import add_rows, dot_rows


@specialised
def implicit_kernel(width: int) -> Callable[..., None]:
    """New y_j for a run of j, for rows of ``width`` columns.

    starts, columns : for each j the rows it belongs to, compressed (int64, int32).
    shares : 1 / √n of each of those rows, in the same order.
    rest : R, (n_rows, width), kept up to date; y : (n, width), replaced.
    noise : Λ^−½ z, z ~ N(0, 1), (n, width); kappa : κ.
    """

    @compiled
    def draw_implicit(starts, columns, shares, rest, y, noise, kappa, first, last):
        zero, one = np.float32(0), np.float32(1)
        moved, top = np.empty((1, width), np.float32), np.uint32(0)
        for j in range(first, last):
            begin, end = starts[j], starts[j + 1]
            weight = zero
            for n in range(begin, end):
                weight += shares[n] * shares[n]
            moved[:] = zero
            add_rows(width, moved, top, one, shares, 0, 1, rest, columns, begin, end)
            c = kappa + weight
            spread = one / np.sqrt(c)
            for f in range(width):
                new = (moved[0, f] + weight * y[j, f]) / c + spread * noise[j, f]
                moved[0, f] = new - y[j, f]
                y[j, f] = new
            for n in range(begin, end):
                row, share = columns[n], shares[n]
                for f in range(width):
                    rest[row, f] -= share * moved[0, f]

    return draw_implicit


@specialised
def running_kernel(width: int) -> Callable[..., None]:
    """Add what one draw predicts, x = μ + b_u + b_i + p_u · q_i, to running sums."""

    @compiled
    def add_predictions(user_ids, item_ids, p, q, b_user, b_item, mean, sums, start, stop):
        for n in range(start, stop):
            u, i = np.uint32(user_ids[n]), np.uint32(item_ids[n])
            sums[n] += mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i)

    return add_predictions
