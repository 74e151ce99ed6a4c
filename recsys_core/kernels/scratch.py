"""Working memory of a kernel, as ``tables`` has it: it begins at a line of cache."""

from __future__ import annotations

import numpy as np

from recsys_core.kernels.compiling import compiled
from recsys_core.kernels.tables import LINE


@compiled
def empty(n_rows, width):
    """Make a table, float32, (n_rows, width), that begins at a multiple of 64 bytes; not filled."""
    numbers = np.empty(n_rows * width + LINE // 4, np.float32)
    first = (LINE - numbers.ctypes.data % LINE) % LINE // 4
    return numbers[first : first + n_rows * width].reshape((n_rows, width))
