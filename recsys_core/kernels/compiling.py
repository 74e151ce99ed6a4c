"""How the kernels are compiled: one place for the flags, one for specialising to a row length."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numba import njit

# Sums may be reordered, so that a row is summed in vector registers; NaN and infinity keep their
# meaning, since they are how divergence is noticed.
FAST = {"contract", "reassoc", "nsz", "arcp"}

compiled: Any = njit(nogil=True, fastmath=FAST, error_model="numpy", cache=True)


def specialised(build: Callable[..., Callable]) -> Callable[..., Callable]:
    """Build a kernel once for each row length: loops of known length become vectors."""
    return cache(build)
