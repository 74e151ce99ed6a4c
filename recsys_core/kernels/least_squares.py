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
from recsys_core.kernels.vectors import add_row, dot_rows


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
        a = np.empty((width, width), np.float32)
        m = np.empty((width, width), np.float32)
        b = np.empty((1, width), np.float32)
        w = np.empty((1, width), np.float32)
        for row in range(first, last):
            begin, end = starts[row], starts[row + 1]
            factor = np.float32(max(end - begin, 1)) if weighted else one
            a[:] = zero
            for f in range(width):
                a[f, f] = factor * reg[f]
                b[0, f] = factor * reg[f] * prior[f]
            for n in range(begin, end):
                c = np.uint32(columns[n])
                for f in range(width):
                    add_row(width, a, np.uint32(f), design[c, f], design, c)
                add_row(width, b, np.uint32(0), targets[n], design, c)
                if doubts:
                    for f in range(width):
                        a[f, f] += doubt[c, f]

            # A = Uᵀ U. Row f of U, then the rows below lose its share. What is left of the
            # diagonal is not part of U and never read.
            for f in range(width):
                pivot = one / np.sqrt(a[f, f])
                for g in range(f, width):
                    a[f, g] *= pivot
                for g in range(f + 1, width):
                    add_row(width, a, np.uint32(g), -a[f, g], a, np.uint32(f))
            # Uᵀ y = b: each y_f found leaves the equations below.
            for f in range(width):
                y = b[0, f] / a[f, f]
                add_row(width, b, np.uint32(0), -y, a, np.uint32(f))
                b[0, f] = y
            # U w = y: w is zero where it is not yet known, and a is zeroed left of its diagonal.
            w[:] = zero
            for f in range(width):
                for g in range(f):
                    a[f, g] = zero
            for f in range(width - 1, -1, -1):
                known = dot_rows(width, a, np.uint32(f), w, np.uint32(0))
                w[0, f] = (b[0, f] - known) / a[f, f]
            for f in range(width):
                out[row, f] = w[0, f]

            if wants_inverse:
                # M = U⁻¹ by rows from the last, M_f = (e_f − Σ_{g>f} U_fg M_g) / U_ff; A⁻¹ = M Mᵀ.
                m[:] = zero
                for f in range(width - 1, -1, -1):
                    pivot = one / a[f, f]
                    m[f, f] = pivot
                    for g in range(f + 1, width):
                        add_row(width, m, np.uint32(f), -a[f, g] * pivot, m, np.uint32(g))
                    inverse[row, f] = dot_rows(width, m, np.uint32(f), m, np.uint32(f))

    return solve_rows
