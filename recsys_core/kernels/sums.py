"""Sums of rows: the product of a sparse matrix of zeros and ones with a dense one, or a vector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.vectors import add_rows


@specialised
def sums_kernel(width: int) -> Callable[..., None]:
    """Return the function that adds  scale_r · Σ_{j ∈ I_r} x_j  to ``sums[r]``, for some rows r.

    It takes:

    starts, columns : I_r of each row, compressed (int64, int32).
    x, sums : float32, (n_columns, width) and (n_rows, width); scale : float32, (n_rows,).
    """

    @compiled
    def add_sums(starts, columns, x, scale, sums, first, last):
        one = np.float32(1)
        for row in range(first, last):
            r = np.uint32(row)
            add_rows(width, sums, r, one, scale, row, 0, x, columns, starts[r], starts[r + 1])

    return add_sums


@compiled
def sum_columns(starts, columns, x, sums, first, last):
    """Compute Σ_{j ∈ I_r} x_j of rows ``first`` to ``last`` into ``sums``, (n_rows,).

    ``starts`` and ``columns`` are I_r of each row, compressed (int64, int32); ``x`` and ``sums``
    are float64.
    """
    for row in range(first, last):
        total = 0.0
        for at in range(starts[row], starts[row + 1]):
            total += x[columns[at]]
        sums[row] = total


@compiled
def count_both(item_starts, users, user_starts, items, counts, first, last):
    """Add 1 to ``counts[i, j]`` for every user who has both i and j; of rows ``first`` to ``last``.

    ``users`` of each item and ``items`` of each user are compressed (starts int64, columns int32);
    ``counts`` is float64, (n_items, n_items). On the diagonal are all users of an item.
    """
    for i in range(first, last):
        row = counts[i]
        for at in range(item_starts[i], item_starts[i + 1]):
            u = users[at]
            for other in range(user_starts[u], user_starts[u + 1]):
                row[items[other]] += 1.0
