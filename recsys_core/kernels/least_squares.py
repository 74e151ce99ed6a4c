"""Regularised least squares, one row at a time: the half-step of ALS and of PMF.

With the other side's rows x_j fixed, the row w of one user minimises

    Σ_j (r_j − x_j · w)² + (w − m)ᵀ diag(λ) (w − m)
    ⇒ (Σ_j x_j x_jᵀ + diag(λ)) w = Σ_j r_j x_j + λ ∘ m

solved by Cholesky's factorisation A = L Lᵀ. Rows do not depend on one another, so they can be
solved in any order and on any number of threads with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised


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
        a = np.empty((width, width), np.float32)
        w = np.empty(width, np.float32)
        doubts, wants_inverse = doubt.shape[0] > 0, inverse.shape[0] > 0
        for row in range(first, last):
            n_rated = starts[row + 1] - starts[row]
            factor = np.float32(max(n_rated, 1)) if weighted else np.float32(1)
            for f in range(width):
                for g in range(width):
                    a[f, g] = np.float32(0)
                w[f] = factor * reg[f] * prior[f]
            for n in range(starts[row], starts[row + 1]):
                x = design[columns[n]]
                r = targets[n]
                for f in range(width):
                    x_f = x[f]
                    w[f] += r * x_f
                    a_f = a[f]
                    for g in range(f // 8 * 8, width):  # the upper triangle, in whole vectors
                        a_f[g] += x_f * x[g]
                if doubts:
                    for f in range(width):
                        a[f, f] += doubt[columns[n], f]
            for f in range(width):
                a[f, f] += factor * reg[f]
            # A = Lᵀ L with L upper: row f of the factor, then the rows below lose its share.
            for f in range(width):
                pivot = np.float32(1) / np.sqrt(a[f, f])
                a_f = a[f]
                for g in range(f, width):
                    a_f[g] *= pivot
                for h in range(f + 1, width):
                    share = a_f[h]
                    a_h = a[h]
                    for g in range(h, width):
                        a_h[g] -= share * a_f[g]
            for f in range(width):  # Lᵀ y = b
                y = w[f] / a[f, f]
                w[f] = y
                for g in range(f + 1, width):
                    w[g] -= a[f, g] * y
            for f in range(width - 1, -1, -1):  # L w = y
                total = w[f]
                for g in range(f + 1, width):
                    total -= a[f, g] * w[g]
                w[f] = total / a[f, f]
            for f in range(width):
                out[row, f] = w[f]
            if wants_inverse:
                # diag(A⁻¹)_c = ‖L⁻ᵀ e_c‖²
                for c in range(width):
                    total = np.float32(0)
                    for f in range(c):
                        w[f] = np.float32(0)
                    for f in range(c, width):
                        y = np.float32(1) if f == c else np.float32(0)
                        for g in range(c, f):
                            y -= a[g, f] * w[g]
                        w[f] = y / a[f, f]
                        total += w[f] * w[f]
                    inverse[row, c] = total

    return solve_rows
