"""How accurate our models are by other protocols: u1, five folds, defaults, intervals.

``python -m benchmarks`` ends with it; ``python -m benchmarks.accuracy`` does this part alone.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import recsys_core as rc
from benchmarks import data, report
from benchmarks.measuring import machine
from benchmarks.systems import BY_NAME, System, experiment_of, settings_for

Table = tuple[str, list[str], list[tuple[str, ...]]]  # title, head, rows

# Systems of ours, and each one's settings on MovieLens; the rank-16 sampler says nothing new.
_OURS = (
    "SGD", "ALS", "PMF", "SVDpp", "NMF", "ItemKNN", "BayesianPMF, rank 32",
    "BayesianPMF, who rated what",
)  # fmt: skip

_T_OF_FIVE = 2.776  # 97.5 % quantile of Student's t with four degrees of freedom
_N_FOLDS = 5
_COVERAGES = (0.5, 0.8, 0.9, 0.95)


def of(data_set: str) -> list[Table]:
    """All tables there are for a data set; fewer, and for fewer models, as it grows."""
    systems = [BY_NAME[name] for name in _OURS if data_set not in BY_NAME[name].skip]
    ratings = data.ratings(data_set)
    if data_set == "10m":
        return [defaults(data_set, ratings, [s for s in systems if s.family in ("SGD", "ALS")])]
    quick = [s for s in systems if s.family != "other" and not s.fixed.get("implicit")]
    folded = systems if data_set == "100k" else quick
    return [
        defaults(data_set, ratings, systems),
        folds(data_set, ratings, folded),
        coverage(data_set, ratings),
    ]


def test_error(
    system: System, data_set: str, ratings: rc.Ratings, split: dict[str, Any] | None = None
) -> float:
    """Clipped RMSE on the test part of one of our systems, at the settings found for a data set."""
    settings, _ = settings_for(system, data_set)
    return _error(rc.run(experiment_of(settings, ratings, split)))


def _error(record: rc.Record) -> float:
    test = record.held_out
    return rc.metrics.rmse(
        test.values, record.fitted.predict(test.user_ids, test.item_ids, times=test.timestamps)
    )


def defaults(data_set: str, ratings: rc.Ratings, systems: list[System]) -> Table:
    """Every option left alone but what makes it this system, against the settings found."""
    rows: list[tuple[str, ...]] = []
    for system in systems:
        if data_set in system.skip:
            continue
        settings = settings_for(system, data_set)[0]
        kept: dict[str, Any] = {
            name: system.fixed[name] for name in ("model", "implicit") if name in system.fixed
        }
        alone = _error(rc.run(experiment_of(kept, ratings)))
        found = test_error(system, data_set, ratings)
        told = ", ".join(
            f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in settings.items() if name != "model"
        )  # fmt: skip
        rows.append((system.name, f"{alone:.4f}", f"{found:.4f}", told))
        print(f"  {system.name}: default {alone:.4f}, found {found:.4f}", flush=True)
    return "Defaults against settings found", ["model", "default", "found", "settings"], rows


def folds(data_set: str, ratings: rc.Ratings, systems: list[System]) -> Table:
    """Five folds, drawn at random; and MovieLens 100K's own u1."""
    fold = {"name": "k_fold", "n_folds": _N_FOLDS, "validation": 0}
    ready = {"name": "predefined", "part": "u1", "validation": 0} if data_set == "100k" else None
    rows: list[tuple[str, ...]] = []
    for system in systems:
        errors = [
            test_error(system, data_set, ratings, {**fold, "fold": n}) for n in range(_N_FOLDS)
        ]
        row = [system.name, with_interval(errors)]
        if ready is not None:
            row.append(f"{test_error(system, data_set, ratings, ready):.4f}")
        rows.append(tuple(row))
        print(f"  {' · '.join(row)}", flush=True)
    head = ["model", "five folds", *(["u1"] if ready is not None else [])]
    return "Test RMSE, mean over five folds ± 95 % interval", head, rows


def with_interval(errors: list[float]) -> str:
    """Mean of five, and half the width of its 95 % interval."""
    half = _T_OF_FIVE * np.std(errors, ddof=1) / np.sqrt(len(errors))
    return f"{np.mean(errors):.4f} ± {half:.4f}"


def coverage(data_set: str, ratings: rc.Ratings) -> Table:
    """How many test ratings lie inside the intervals that promise to hold a share of them."""
    settings, _ = settings_for(BY_NAME["BayesianPMF, rank 32"], data_set)
    record = rc.run(experiment_of(settings, ratings))
    test = record.held_out
    rows: list[tuple[str, ...]] = []
    for promised in _COVERAGES:
        low, high = record.fitted.predict_interval(test.user_ids, test.item_ids, coverage=promised)
        inside = np.mean((test.values >= low) & (test.values <= high))
        width = float(np.mean(high - low))
        rows.append((f"{100 * promised:.0f} %", f"{100 * inside:.1f} %", f"{width:.2f}"))
    return (
        "Intervals of Bayesian PMF on the test part",
        ["promised", "inside", "mean width, stars"],
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--data-sets", nargs="+", choices=tuple(data.NAMES), default=["100k", "1m"])
    for data_set in parser.parse_args().data_sets:
        tables = of(data_set)
        about = {"n_ratings": len(data.ratings(data_set)), "machine": machine()}
        result = {"data_set": data_set, **about, "lines": [], "accuracy": tables}
        report.write(result, keep=True)
        print("\n\n".join(f"{t}\n\n{report.table(tuple(h), r)}" for t, h, r in tables))


if __name__ == "__main__":
    main()
