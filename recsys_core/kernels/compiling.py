"""How the kernels are compiled: one place for the flags, one for specialising to a row length."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from numba import njit

# Sums may be reordered, so that a row is summed in vector registers; NaN and infinity keep their
# meaning, since they are how divergence is noticed.
FAST = {"contract", "reassoc", "nsz", "arcp"}

compiled = njit(nogil=True, fastmath=FAST, error_model="numpy", cache=True)


def padded(n_factors: int) -> int:
    """Row length in memory: a multiple of 8, so that rows fill vector registers.

    The columns past ``n_factors`` are zero and stay zero: every update of a factor is a multiple of
    the same factor in the other row or of itself.
    """
    return max(8, -(-n_factors // 8) * 8)


def specialised(build: Callable[..., Callable]) -> Callable[..., Callable]:
    """Build a kernel once for each row length: loops of known length become vectors."""
    return cache(build)
