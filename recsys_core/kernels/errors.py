"""Sums of squared errors of a factor model over ratings, raw and clipped to the scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import dot_rows


@specialised
def errors_kernel(width: int) -> Callable[..., tuple[float, float]]:
    """Σ (r − r̂)² over a run of ratings, twice: r̂ as predicted, and r̂ clipped to the scale."""

    @compiled
    def squared_errors(
        user_ids, item_ids, values, p, q, b_user, b_item, mean, logistic, low, high, start, stop
    ):
        raw, clipped = 0.0, 0.0
        for n in range(start, stop):
            u, i = np.uint32(user_ids[n]), np.uint32(item_ids[n])
            x = mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i)
            if logistic:
                x = low + (high - low) / (np.float32(1) + np.exp(-x))
            e = values[n] - x
            raw += e * e
            e = values[n] - min(max(x, low), high)
            clipped += e * e
        return raw, clipped

    return squared_errors
