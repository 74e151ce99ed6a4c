"""A few Python threads for kernels that release the GIL.

Python threads rather than OpenMP: spinning OpenMP workers slow down many times over as soon as
another process holds a core, as in a classroom; sleeping threads merely share. Work is always cut
the same way, whatever the number of threads, so that the same seed gives the same bits everywhere.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from threading import Lock, get_native_id
from typing import Any, TypeVar

import numpy as np

Result = TypeVar("Result")

# Two are enough to hide memory latency on a laptop and leave cores for the browser and the server.
N_THREADS = max(1, min(2, os.cpu_count() or 1))


# How much rather the processor is given to others: a third of what they get, where all want it.
_NICE = 5


def work_behind_others() -> None:
    """Have this thread, and those it starts, take the processor where others leave it.

    On Linux alone, where priority is each thread's own.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICE)


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        N_THREADS - 1, thread_name_prefix="kernel", initializer=work_behind_others
    )


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


class _OneBlasThread:
    """Limits BLAS while at least one ``with`` block is open, on any thread: the limit is global.

    The first to enter sets it and the last to leave lifts it. Were it set and lifted by each,
    whoever leaves last would put back the limit found when entering: 1, for good.
    """

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit = _blas().limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.restore_original_limits()


_ONE_BLAS_THREAD = _OneBlasThread()


def one_blas_thread() -> AbstractContextManager:
    """Hold NumPy's matrix products to the calling thread inside this ``with`` block.

    Its own threads spin too, also for a while after a product: they took the second core from the
    kernels that followed, and products of thin matrices took fifty times as long while another
    process held a core. Held once around all of training; cheap inside another such block.
    """
    return _ONE_BLAS_THREAD


def run_all(work: Callable[..., Result], pieces: Iterable[tuple]) -> list[Result]:
    """Run ``work(*piece)`` for every piece on a few threads; results in the order of the pieces.

    The calling thread works too, and every thread takes the next piece as soon as it is free: one
    hand-over a helper, however many the pieces.
    """
    todo = list(enumerate(pieces))
    if len(todo) < 2 or N_THREADS == 1:
        return [work(*piece) for _, piece in todo]
    results: dict[int, Result] = {}
    left = iter(todo)  # next() on a list's iterator is atomic

    def work_on() -> None:
        for index, piece in left:
            results[index] = work(*piece)

    helpers = [_helpers().submit(work_on) for _ in range(min(N_THREADS, len(todo)) - 1)]
    try:
        work_on()
    finally:
        for helper in helpers:
            helper.result()
    return [results[index] for index, _ in todo]


# Ratings whose rows one thread takes at a time, and pieces a step: some milliseconds of work.
_RATINGS_A_PIECE, _PIECES_A_STEP = 1 << 14, 32


def cut_rows(starts: np.ndarray, size: int) -> list[tuple[int, int]]:
    """Cut compressed rows into runs (first, last) of about ``size`` ratings each.

    ``starts`` is (n_rows + 1,). By ratings, not by rows, since a few rows hold most of the ratings.
    """
    edges = np.searchsorted(starts, np.arange(0, starts[-1], size))
    edges = np.unique(np.concatenate([[0], edges, [len(starts) - 1]])).tolist()
    return list(zip(edges[:-1], edges[1:], strict=True))


def row_steps(starts: np.ndarray) -> list[list[tuple[int, int]]]:
    """Cut compressed rows into steps of training, each of up to 8 pieces for the threads.

    ``starts`` is that of ``Grouped``, (n_rows + 1,); a piece is the rows (first, last) of it.
    """
    pieces = cut_rows(starts, _RATINGS_A_PIECE)
    return [pieces[i : i + _PIECES_A_STEP] for i in range(0, len(pieces), _PIECES_A_STEP)]


def cut(n: int, size: int) -> list[tuple[int, int]]:
    """Cut ``range(n)`` into (start, stop) pieces of at most ``size``."""
    return [(start, min(start + size, n)) for start in range(0, n, size)]
