"""A few Python threads for kernels that release the GIL.

Python threads rather than OpenMP: spinning OpenMP workers slow down many times over as soon as
another process holds a core, as in a classroom; sleeping threads merely share. Work is always cut
the same way, whatever the number of threads, so that the same seed gives the same bits everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Result = TypeVar("Result")

# Two are enough to hide memory latency on a laptop and leave cores for the browser and the server.
N_THREADS = max(1, min(2, os.cpu_count() or 1))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(N_THREADS, thread_name_prefix="kernel")


def run_all(work: Callable[..., Result], pieces: Iterable[tuple]) -> list[Result]:
    """``work(*piece)`` for every piece, on a few threads; results in the order of the pieces."""
    pieces = list(pieces)
    if len(pieces) < 2 or N_THREADS == 1:
        return [work(*piece) for piece in pieces]
    return list(_pool().map(lambda piece: work(*piece), pieces))


def cut(n: int, size: int) -> list[tuple[int, int]]:
    """``range(n)`` cut into (start, stop) pieces of at most ``size``."""
    return [(start, min(start + size, n)) for start in range(0, n, size)]
