"""What a factor model leaves of each rating, for whatever is fitted to the rest."""

from __future__ import annotations

from collections.abc import Callable

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import dot_rows


@specialised
def residuals_kernel(width: int) -> Callable[..., None]:
    """Return the function that computes  values_n − b_r − x_r · y_c  of a run of ratings.

    It takes Triples of rows r, columns c and values; x, float32, (n_rows, width), b, (n_rows,), and
    y, (n_columns, width); and where the results go, float32, (n_ratings,).
    """

    @compiled
    def subtract(ratings, x, bias, y, out, start, stop):
        rows, columns, values = ratings
        for n in range(start, stop):
            r = rows[n]
            out[n] = values[n] - bias[r] - dot_rows(width, x, r, y, columns[n])

    return subtract
