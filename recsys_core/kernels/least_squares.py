"""Regularised least squares, one row at a time: the half-step of ALS, of PMF and of Gibbs sampling.

With the other side's rows x_j fixed, the row w and the bias b of one user minimise

    Σ_j (t_j − b − x_j · w)² + c [(w − m)ᵀ Λ (w − m) + λ (b − β)²]          t_j = r_j − μ − b_j

(c is 1, or the row's number of ratings). The bias is the first unknown: it takes one row of the
triangle U, and no column of ones beside every x_j. The normal equations
(``models/normal_equations.py``) are solved by Cholesky factorisation into Uᵀ U:

    U = ⎡ √n'  vᵀ ⎤        n' = n + cλ          v = Σ_j x_j / √n'
        ⎣  0   U_w ⎦       U_wᵀ U_w = Σ_j x_j x_jᵀ + cΛ − v vᵀ

Where the ratings of each j have a weight α_j of their own, rows, targets and the bias's ones are
multiplied by √α_j before; n is then Σ_j α_j.

With normal noise z added between the two substitutions, U w = y + z, the solution becomes a draw
from the row's posterior N(A⁻¹ a, σ² A⁻¹), z ~ N(0, σ²). Rows do not depend on one another: in any
order and on any number of threads the results are the same, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.scratch import empty
from recsys_core.kernels.vectors import (
    add_normal,
    add_rows,
    dot_rows,
    factorise,
    prefetch_row,
    substitute,
)

# Design rows summed at a time: few enough to stay in the first-level cache while the matrix is
# summed tile by tile.
_CACHED = 64


@specialised
def rows_kernel(width: int) -> Callable[..., None]:
    """Return the function that solves a run of rows, for factors of ``width`` columns.

    It takes (see ``kernels.arguments``):

    ratings : Rows, the ratings by row.
    fixed : FixedSide; its variances are added to the diagonal of each x_j x_jᵀ.
    penalty : Penalty.
    noise : z, float32, (n_rows, width + 1), the bias first; an empty array, (0, 0), adds none.
    solution : Solution, written to. A row without ratings gets its prior mean (plus its noise).
    first, last : which rows.
    """

    @compiled
    def solve_rows(ratings, fixed, penalty, noise, solution, first, last):
        starts, columns, values = ratings
        x, variance, other_bias, mean, roots = fixed
        matrix, rhs, bias_penalty, bias_rhs, with_bias, weighted, times = penalty
        rows, bias, inverse = solution
        uncertain, noisy = variance.shape[0] > 0, noise.shape[0] > 0
        inverts, own_rhs = inverse.shape[0] > 0, rhs.shape[0] > 1
        rooted, own_times = roots.shape[0] > 0, times.shape[0] > 0
        zero, one = np.float32(0), np.float32(1)
        # Two rows at a time, their systems side by side (``factorise``). Of each, row 0 of u is v,
        # row f + 1 of U_w or its making.
        u = empty(2 * (width + 1), width).reshape(2, width + 1, width)
        y, pivot, w = empty(2, width), empty(2, width), empty(2, width)  # pivot: 1 / U_ff
        right = empty(2, width)  # a
        first_pivots, first_ys = np.empty(2, np.float32), np.empty(2, np.float32)
        m, spare = empty(width, width), empty(1, width)
        all_rows, ones = np.arange(width + 1), np.ones(1, np.float32)
        targets, shares = np.empty(_CACHED, np.float32), np.ones(_CACHED, np.float32)
        top, n_ratings = np.uint32(0), len(columns)
        for pair in range(first, last, 2):
            n_systems = min(2, last - pair)  # beside an odd row nobody reads what is solved
            for s in range(n_systems):
                row = pair + s
                begin, end = starts[row], starts[row + 1]
                c = np.float32(max(end - begin, 1)) if weighted else one
                if own_times:
                    c = times[row]
                prior_row = row if own_rhs else 0
                matrix_of, a = u[s], right[s : s + 1]
                for f in range(width):
                    matrix_of[0, f] = zero
                    a[0, f] = c * rhs[prior_row, f]
                    for g in range(width):
                        matrix_of[f + 1, g] = c * matrix[f, g]
                total, size = c * bias_rhs, zero if rooted else np.float32(end - begin)
                for start in range(begin, end, _CACHED):
                    stop = min(start + _CACHED, end)
                    for n in range(start, stop):
                        t = values[n] - mean - other_bias[columns[n]]
                        if rooted:
                            share = roots[columns[n]]
                            shares[n - start] = share
                            size += share * share
                            t *= share
                            total += share * t
                        else:
                            total += t
                        targets[n - start] = t
                        if n + _CACHED < n_ratings:
                            prefetch_row(width, x, np.uint32(columns[n + _CACHED]))
                    add_normal(width, matrix_of, a, targets, shares, x, columns, start, stop)
                if uncertain:
                    spare[:] = zero
                    add_rows(width, spare, top, one, ones, 0, 0, variance, columns, begin, end)
                    for f in range(width):
                        matrix_of[f + 1, f] += spare[0, f]

                # v is the first row of U, before all others; the bias's y leaves the other
                # equations.
                first_pivot = one / np.sqrt(size + c * bias_penalty)
                first_y = zero
                if with_bias:
                    for f in range(width):
                        matrix_of[0, f] *= first_pivot
                    first_y = total * first_pivot
                    add_rows(width, a, top, -first_y, ones, 0, 0, matrix_of, all_rows, 0, 1)
                else:
                    matrix_of[0, :] = zero
                first_pivots[s], first_ys[s] = first_pivot, first_y
            factorise(width, u, right, y, pivot)
            if noisy:
                for s in range(n_systems):
                    first_ys[s] += noise[pair + s, 0]
                    for f in range(width):
                        y[s, f] += noise[pair + s, f + 1]
            substitute(width, u, y, pivot, w)
            for s in range(n_systems):
                row, at = pair + s, np.uint32(s)
                rows[row] = w[s]
                if with_bias:
                    known = dot_rows(width, u[s], top, w, at)
                    bias[row] = (first_ys[s] - known) * first_pivots[s]

                if inverts:
                    # M = U_w⁻¹ by rows from the last: M_f = (e_f − Σ_{g>f} U_fg M_g) / U_ff. Then
                    # A⁻¹ = M Mᵀ for the factors, (1 + |v M|²) / n' for the bias.
                    flat = u[s].reshape((width + 1) * width)
                    m[:] = zero
                    for f in range(width - 1, -1, -1):
                        m[f, f] = one
                        add_rows(
                            width, m, np.uint32(f), -one, flat, (f + 1) * width, 1, m, all_rows,
                            f + 1, width,
                        )  # fmt: skip
                        for g in range(f, width):
                            m[f, g] *= pivot[s, f]
                        inverse[row, f + 1] = dot_rows(width, m, np.uint32(f), m, np.uint32(f))
                    spare[:] = zero
                    add_rows(width, spare, top, one, flat, 0, 1, m, all_rows, 0, width)
                    spread = dot_rows(width, spare, top, spare, top)
                    inverse[row, 0] = (one + spread) * first_pivots[s] * first_pivots[s]

    return solve_rows
