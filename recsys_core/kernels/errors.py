"""Sums of squared errors of a factor model, and sums of its predictions over several draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import dot_rows

# Ratings predicted at a time: the errors of so many are computed as vectors.
_AT_ONCE = 256


@specialised
def errors_kernel(width: int) -> Callable[..., tuple[float, float]]:
    """Return the function that sums (r − r̂)² over a run of ratings, r̂ raw and r̂ clipped.

    It takes Triples, Parameters, whether the link is logistic, and the ends of the scale.
    """

    @compiled
    def squared_errors(ratings, parameters, logistic, low, high, start, stop):
        user_ids, item_ids, values = ratings
        p, q, b_user, b_item, mean = parameters
        raw, clipped = 0.0, 0.0
        x = np.empty(_AT_ONCE, np.float32)
        zero, one = np.float32(0), np.float32(1)
        for first in range(start, stop, _AT_ONCE):
            size = min(_AT_ONCE, stop - first)
            for n in range(size):
                u, i = np.uint32(user_ids[first + n]), np.uint32(item_ids[first + n])
                x[n] = mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i)
            if logistic:
                for n in range(size):
                    x[n] = low + (high - low) / (one + np.exp(-x[n]))
            # Few enough squares for float32; their sums are added up in float64.
            some, some_clipped = zero, zero
            for n in range(size):
                e = values[first + n] - x[n]
                some += e * e
                e = values[first + n] - min(max(x[n], low), high)
                some_clipped += e * e
            raw += float(some)
            clipped += float(some_clipped)
        return raw, clipped

    return squared_errors


@specialised
def running_kernel(width: int) -> Callable[..., tuple[float, float, float]]:
    """Return the function that adds predictions x = μ + b_u + b_i + p_u · q_i to running sums.

    It takes Triples, Parameters, the sums, float32, (n_ratings,), one over the number of draws that
    they hold, and the ends of the scale. It returns Σ (r − x)² and, of the means x̄ = share · sums,
    Σ (r − x̄)²: raw, and with x̄ clipped.
    """

    @compiled
    def add_predictions(ratings, parameters, sums, share, low, high, start, stop):
        user_ids, item_ids, values = ratings
        p, q, b_user, b_item, mean = parameters
        own, raw, clipped = 0.0, 0.0, 0.0
        x = np.empty(_AT_ONCE, np.float32)
        zero = np.float32(0)
        for first in range(start, stop, _AT_ONCE):
            size = min(_AT_ONCE, stop - first)
            for n in range(size):
                u, i = np.uint32(user_ids[first + n]), np.uint32(item_ids[first + n])
                x[n] = mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i)
            some_own, some, some_clipped = zero, zero, zero
            for n in range(size):
                r = values[first + n]
                e = r - x[n]
                some_own += e * e
                total = sums[first + n] + x[n]
                sums[first + n] = total
                x_mean = share * total
                e = r - x_mean
                some += e * e
                e = r - min(max(x_mean, low), high)
                some_clipped += e * e
            own += float(some_own)
            raw += float(some)
            clipped += float(some_clipped)
        return own, raw, clipped

    return add_predictions


@specialised
def row_errors_kernel(width: int) -> Callable[..., None]:
    """Return the function that sums weighted squared errors by row: Σ_j α_j (t_j − x_j·w)².

    It takes Rows, the rows w, (n_rows, width), their biases b, (n_rows,), FixedSide with ``roots``
    (t_j = r_j − μ − b_j − b), the sums to write, float64, (n_rows,), and which rows.
    """

    @compiled
    def row_errors(ratings, factors, bias, fixed, sums, first, last):
        starts, columns, values = ratings
        x, _, other_bias, mean, roots = fixed
        e = np.empty(_AT_ONCE, np.float32)
        for row in range(first, last):
            begin, end, total, u = starts[row], starts[row + 1], 0.0, np.uint32(row)
            known = mean + bias[row]
            for start in range(begin, end, _AT_ONCE):
                size = min(_AT_ONCE, end - start)
                for n in range(size):
                    j = np.uint32(columns[start + n])
                    t = values[start + n] - known - other_bias[j]
                    e[n] = roots[j] * t - dot_rows(width, factors, u, x, j)
                some = np.float32(0)
                for n in range(size):
                    some += e[n] * e[n]
                total += float(some)
            sums[row] = total

    return row_errors
