"""Regularised least squares, one row at a time: the half-step of ALS and of PMF.

With the other side's rows x_j fixed, the row w of one user minimises

    Σ_j (r_j − x_j · w)² + (w − m)ᵀ diag(λ) (w − m)
    ⇒ (Σ_j x_j x_jᵀ + diag(λ)) w = Σ_j r_j x_j + λ ∘ m

solved by Cholesky's factorisation A = Uᵀ U. Rows do not depend on one another, so they can be
solved in any order and on any number of threads with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import add_outer, add_rows, dot_rows

# Design rows summed at a time: they stay in the first cache while every tile passes over them.
_CACHED = 64


@specialised
def rows_kernel(width: int) -> Callable[..., None]:
    """Solve a run of rows, for designs of ``width`` columns.

    The returned function takes ``starts, columns, targets`` (compressed rows), the ``design``
    (n_columns, width), ``doubt`` (the variance of each number in the design, added to x_j x_jᵀ's
    diagonal; (0, 0): none), ``reg`` (width,), ``prior`` (width,), ``weighted`` (True: λ is
    multiplied by the row's number of ratings), ``out`` (n_rows, width), ``inverse`` (gets the
    diagonal of A⁻¹; (0, 0): not wanted), and the first and last row.
    A row without ratings gets its prior mean.
    """

    @compiled
    def solve_rows(
        starts, columns, targets, design, doubt, reg, prior, weighted, out, inverse, first, last
    ):
        doubts, wants_inverse = doubt.shape[0] > 0, inverse.shape[0] > 0
        zero, one = np.float32(0), np.float32(1)
        a, m = np.empty((width, width), np.float32), np.empty((width, width), np.float32)
        b, w = np.empty((1, width), np.float32), np.empty((1, width), np.float32)
        flat, ones, all_rows = a.reshape(width * width), np.ones(1, np.float32), np.arange(width)
        top = np.uint32(0)
        for row in range(first, last):
            begin, end = starts[row], starts[row + 1]
            factor = np.float32(max(end - begin, 1)) if weighted else one
            a[:] = zero
            for f in range(width):
                a[f, f] = factor * reg[f]
                b[0, f] = factor * reg[f] * prior[f]
            for n in range(begin, end, _CACHED):
                add_outer(width, a, design, columns, n, min(n + _CACHED, end))
            add_rows(width, b, top, one, targets, 0, 1, design, columns, begin, end)
            if doubts:
                w[:] = zero
                add_rows(width, w, top, one, ones, 0, 0, doubt, columns, begin, end)
                for f in range(width):
                    a[f, f] += w[0, f]

            # A = Uᵀ U by rows: U_f = (A_f − Σ_{g<f} U_gf U_g) / U_ff. What stands left of the
            # diagonal is not part of U: whole rows are cheaper to move than parts of rows.
            for f in range(width):
                add_rows(width, a, np.uint32(f), -one, flat, f, width, a, all_rows, 0, f)
                pivot = one / np.sqrt(a[f, f])
                for g in range(f):
                    a[f, g] = zero
                for g in range(f, width):
                    a[f, g] *= pivot
            # Uᵀ y = b: each y_f found leaves the equations after it. (y is put in out for now.)
            for f in range(width):
                out[row, f] = b[0, f] / a[f, f]
                add_rows(width, b, top, -out[row, f], ones, 0, 0, a, all_rows, f, f + 1)
            # U w = y from the last: w is zero where it is not yet known.
            w[:] = zero
            for f in range(width - 1, -1, -1):
                known = dot_rows(width, a, np.uint32(f), w, top)
                w[0, f] = (out[row, f] - known) / a[f, f]
            for f in range(width):
                out[row, f] = w[0, f]

            if wants_inverse:
                # M = U⁻¹ by rows from the last: M_f = (e_f − Σ_{g>f} U_fg M_g) / U_ff; A⁻¹ = M Mᵀ.
                m[:] = zero
                for f in range(width - 1, -1, -1):
                    m[f, f] = one
                    add_rows(
                        width, m, np.uint32(f), -one, flat, f * width, 1, m, all_rows, f + 1, width
                    )
                    pivot = one / a[f, f]
                    for g in range(f, width):
                        m[f, g] *= pivot
                    inverse[row, f] = dot_rows(width, m, np.uint32(f), m, np.uint32(f))

    return solve_rows
