"""Multiplicative updates, one row at a time: the half-step of non-negative factorization.

With the other side's rows x_j ≥ 0 fixed, and ratings r_j counted from the low end of the scale,

    w_f ← w_f · Σ_j x_jf r_j / (Σ_j x_jf r̂_j + λ n w_f)        r̂_j = x_j · w (the old w)

never raises Σ_j (r_j − r̂_j)² + λ n ‖w‖², n the row's number of ratings, and keeps w ≥ 0. It is
gradient descent with a step length for each factor, chosen so that the difference becomes a
quotient (Lee and Seung, *Algorithms for Non-negative Matrix Factorization*, 2001; here over the
rated cells only). A factor that is zero stays zero; where the denominator is zero it becomes zero.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.scratch import empty
from recsys_core.kernels.vectors import add_rows, dot_rows


@specialised
def multiplicative_kernel(width: int) -> Callable[..., None]:
    """Return the function that updates a run of rows of w, (n_rows, width), in place.

    It takes Rows with ``values`` from zero upwards, x, w and λ. A row without ratings stays as it
    is.
    """

    @compiled
    def multiplicative(ratings, x, w, reg, first, last):
        starts, columns, values = ratings
        zero, one, top = np.float32(0), np.float32(1), np.uint32(0)
        longest = 0
        for row in range(first, last):
            longest = max(longest, starts[row + 1] - starts[row])
        predicted = np.empty(longest, np.float32)
        above, below = empty(1, width), empty(1, width)
        for row in range(first, last):
            begin, end = starts[row], starts[row + 1]
            if begin == end:
                continue
            for n in range(begin, end):
                at = np.uint32(columns[n])
                predicted[n - begin] = dot_rows(width, w, np.uint32(row), x, at)
            above[:] = zero
            below[:] = zero
            add_rows(width, above, top, one, values, 0, 1, x, columns, begin, end)
            add_rows(width, below, top, one, predicted, -begin, 1, x, columns, begin, end)
            penalty = reg * np.float32(end - begin)
            for f in range(width):
                down = below[0, f] + penalty * w[row, f]
                w[row, f] = w[row, f] * above[0, f] / down if down > zero else zero

    return multiplicative
