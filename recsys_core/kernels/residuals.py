"""What a factor model leaves of each rating, for whatever is fitted to the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import dot_rows


@specialised
def residuals_kernel(width: int) -> Callable[..., None]:
    """Return the function that computes  e = r − (μ + b_u + b_i + p_u · q_i)  of a run of ratings.

    It takes Triples, Parameters, and where the e go, float32, (n_ratings,).
    """

    @compiled
    def residuals(ratings, parameters, out, start, stop):
        user_ids, item_ids, values = ratings
        p, q, b_user, b_item, mean = parameters
        for n in range(start, stop):
            u, i = np.uint32(user_ids[n]), np.uint32(item_ids[n])
            out[n] = values[n] - (mean + b_user[u] + b_item[i] + dot_rows(width, p, u, q, i))

    return residuals
