"""Does an epoch cost in proportion to the ratings, and to k? SGD and ALS, 10⁵ to 10⁷ ratings.

    python -m benchmarks.scale            # some minutes; --most 1000000 stops at a million

Worlds in the shape of MovieLens 10M, smaller in both directions when they have fewer ratings. Each
cost is the least of three epochs, after the first, of training in this very process; slopes are
those of log cost against log size, so 1 is linear. Writes ``results/scale.json`` and two plots.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import resource

import recsys_core as rc
from benchmarks import data, plot, report, runs
from recsys_core.words import number

_RATINGS = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_FACTORS = (8, 16, 32, 64, 128)
_AT_K, _AT_RATINGS = 32, 1_000_000
_MODELS = ("SGD", "ALS")
_EPOCHS = 3


def cost(name: str, ratings: rc.Ratings, k: int) -> float:
    """Seconds of one warm epoch."""
    model = getattr(rc, name)(n_factors=k, n_epochs=_EPOCHS + 1)
    epochs = itertools.islice(model.epochs(ratings), 2, None)  # neither the start nor the first
    return min(epoch.seconds for epoch in epochs)


def slope(points: list[tuple[float, float]]) -> float:
    """Exponent between the first and the last point: 1 is linear."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    return math.log(y1 / y0) / math.log(x1 / x0)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--most", type=int, default=_RATINGS[-1], help="ratings at most")
    most = parser.parse_args().most
    by_ratings: dict[str, list[tuple[float, float]]] = {name: [] for name in _MODELS}
    by_k: dict[str, list[tuple[float, float]]] = {name: [] for name in _MODELS}
    for n in (n for n in _RATINGS if n <= most):
        ratings = data.generated(n)
        for name in _MODELS:
            by_ratings[name].append((n, cost(name, ratings, _AT_K)))
            told = f"{1000 * by_ratings[name][-1][1]:.1f} ms an epoch"
            print(f"{n:,} ratings, k = {_AT_K}, {name}: {told}", flush=True)
            if n == min(_AT_RATINGS, most):
                by_k[name] = [(k, cost(name, ratings, k)) for k in _FACTORS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"run": runs.about(), "by_ratings": by_ratings, "by_k": by_k, "peak_mib": peak}
    report.RESULTS.mkdir(exist_ok=True)
    (report.RESULTS / "scale.json").write_text(json.dumps(result, indent=1) + "\n")
    for kind, found, title in (
        ("ratings", by_ratings, f"Seconds an epoch against ratings, k = {_AT_K}"),
        ("k", by_k, f"Seconds an epoch against k, {min(_AT_RATINGS, most):,} ratings"),
    ):
        curves = [plot.Curve(name, points, True, name) for name, points in found.items()]
        file = report.RESULTS / f"scale_{kind}.svg"
        plot.write(file, curves, title, kind, "seconds an epoch (log scale)", log_y=True)
    print("\n" + markdown(result))


def markdown(result: dict) -> str:
    """Tables for ``docs/benchmarks.md``: milliseconds per epoch, and the slopes."""
    parts = [runs.said(result["run"])] if "run" in result else []
    for kind, name in (("by_ratings", "ratings"), ("by_k", "k")):
        found = result[kind]
        head = (name, *(f"{x:,}" for x, _ in next(iter(found.values()))), "slope")
        rows = [
            (
                f"{model}, ms per epoch",
                *(number(1000 * y) for _, y in points),
                f"{slope(points):.2f}",
            )
            for model, points in found.items()
        ]
        parts.append(report.table(head, rows))
    parts.append(f"Most memory at any time, generating included: {result['peak_mib']:,.0f} MiB.")
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
