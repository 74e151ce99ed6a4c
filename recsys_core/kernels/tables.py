"""Tables of rows as kernels want them in memory: whole vector registers, whole lines of cache.

A line of cache is 64 bytes, 16 float32. Rows of 16, 32, 48 … numbers in a table that begins at a
multiple of 64 bytes cross no line; rows of 8 never do, two to a line. A vector that crosses a line
is read as two: on tables where NumPy puts them, at multiples of 16 bytes, an epoch of SGD took 1.2
to 1.3 times as long.
"""

from __future__ import annotations

import numpy as np

LINE = 64  # bytes of a line of cache, on all processors for which this matters


def padded(n_factors: int) -> int:
    """Return the row length in memory: 8, or a multiple of 16.

    The columns past ``n_factors`` are zero and stay zero: every update of a factor is a multiple of
    the same factor in the other row or of itself.
    """
    return 8 if n_factors <= 8 else -(-n_factors // 16) * 16


def zeros(n_rows: int, width: int) -> np.ndarray:
    """Make a table of zeros, float32, (n_rows, width), that begins at a multiple of 64 bytes."""
    numbers = np.zeros(n_rows * width + LINE // 4, np.float32)
    first = -numbers.ctypes.data % LINE // 4
    return numbers[first : first + n_rows * width].reshape(n_rows, width)


def like(table: np.ndarray) -> np.ndarray:
    """Make zeros in the shape of a table, (n_rows, width), aligned like ``zeros``."""
    return zeros(*table.shape)


def copy(table: np.ndarray) -> np.ndarray:
    """Copy a table, (n_rows, width), aligned like ``zeros``."""
    copied = like(table)
    copied[...] = table
    return copied
