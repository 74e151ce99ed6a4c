"""How fast this machine moves memory, and how much of that the kernels ask for.

    python -m benchmarks.stream           # some minutes; --data-set 100k for a first look

The bandwidth is that of a triad, a = b + s c (McCalpin's STREAM), over arrays far larger than any
cache, in two halves on two Python threads: as the kernels run. It is NumPy's, in two calls,
``multiply`` (reads c, writes a) and ``add`` (reads a and b, writes a): 20 bytes a number, where a
compiled triad moves 12. As STREAM does, it counts no lines that a store reads first.

Bytes per rating are counted, not measured: what a pass has to read and write, the rows of factors
each time they are used. Most come from a cache, so that a share near or above 1 says only that
caches hold the rows; one far below 1 says that arithmetic or waiting is what the pass takes.
Writes ``results/stream.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

import recsys_core as rc
from benchmarks import data, report
from recsys_core.kernels import padded
from recsys_core.kernels.threads import N_THREADS, one_blas_thread, run_all
from recsys_core.words import number

K = 32
_NUMBERS, _REPEATS = 1 << 25, 5  # of float32: 128 MiB an array
_PASSES = 4
_FIXED: dict[str, dict[str, Any]] = {"BayesianPMF": {"implicit": False}}

# Bytes of one rating and of its row index beside the rows of factors, float32 and int32 each.
_VALUE, _ID = 4, 4


def bandwidth(n: int = _NUMBERS) -> float:
    """Bytes a second of a triad over arrays of n float32: the best of some."""
    a, b, c = (np.full(n, value, np.float32) for value in (0.0, 1.0, 2.0))
    s = np.float32(3)

    def triad(first: int, last: int) -> None:
        here = slice(first, last)
        np.multiply(c[here], s, out=a[here])
        np.add(a[here], b[here], out=a[here])

    edges = [n * piece // N_THREADS for piece in range(N_THREADS + 1)]
    best = math.inf
    for _ in range(_REPEATS):
        began = time.perf_counter()
        run_all(triad, list(zip(edges[:-1], edges[1:], strict=True)))
        best = min(best, time.perf_counter() - began)
    assert a[0] == 7 == a[-1]
    return 20 * n / best


def bytes_per_rating(model: str, k: int) -> int:
    """What one rating costs in one pass: its ids and value, and each use of a row of factors.

    SGD reads and writes p_u, q_i and both biases. A half-step of ALS and of Gibbs sampling reads
    the other side's row and bias, and there are two. One of implicit ALS reads the other side's row
    four times, once for the residual and once a round, with weight and target.

    Raises
    ------
    KeyError
        For any other model.
    """
    row = 4 * padded(k)
    half = _ID + _VALUE + row
    return {
        "SGD": 2 * _ID + _VALUE + 4 * row + 4 * 4,
        "ALS": 2 * (half + 4),
        "BayesianPMF": 2 * (half + 4),
        "ImplicitALS": 2 * 4 * (half + 4),
    }[model]


def per_second(model: str, ratings: rc.Ratings, k: int) -> float:
    """Ratings a second of the steps of a pass, both half-steps; nothing is measured between."""
    made = getattr(rc, model)(n_factors=k, n_epochs=_PASSES + 1, **_FIXED.get(model, {}))
    trainer = made.start(ratings).trainer
    best = math.inf
    with one_blas_thread():
        for _ in range(_PASSES):
            trainer.begin_epoch()
            began = time.perf_counter()
            for step in range(trainer.n_steps):
                trainer.step(step)
            best = min(best, time.perf_counter() - began)
            trainer.end_epoch()
    return len(ratings) / best


def markdown(found: dict[str, Any]) -> str:
    """The table for ``docs/benchmarks.md``."""
    speed = found["bandwidth"]
    rows: list[tuple[str, ...]] = []
    for model, fast in found["ratings_per_second"].items():
        moved = bytes_per_rating(model, found["k"])
        rows.append(
            (model, f"{moved:,}", number(fast / 1e6), number(moved * fast / 1e9),
             f"{moved * fast / speed:.2f}")
        )  # fmt: skip
    head = ("model", "bytes per rating", "million ratings/s", "GB/s", "÷ triad")
    return "\n\n".join((
        f"{data.NAMES[found['data_set']]}, k = {found['k']}, {N_THREADS} threads. A triad moves "
        f"{number(speed / 1e9)} GB/s here. Above 1, rows come from caches; far below, arithmetic "
        "is the limit, not memory.",
        report.table(head, rows),
    ))  # fmt: skip


def path() -> Path:
    """Where the figures lie."""
    return report.RESULTS / "stream.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stream",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-set", choices=data.NAMES, default="1m")
    parser.add_argument("--data", type=Path, help="folder with the zips")
    given = parser.parse_args()
    data.use(given.data)
    train, _ = data.split(data.ratings(given.data_set))
    found = {
        "data_set": given.data_set,
        "k": K,
        "bandwidth": bandwidth(),
        "ratings_per_second": {
            model: per_second(model, train, K)
            for model in ("SGD", "ALS", "BayesianPMF", "ImplicitALS")
        },
    }
    path().write_text(json.dumps(found, indent=1) + "\n")
    print(markdown(found))


if __name__ == "__main__":
    main()
