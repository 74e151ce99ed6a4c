"""Whether good questions help a new user: asked for the table in ``docs/methods.md``.

    python -m benchmarks.questions --data ../shared/data                # MovieLens 100K, minutes
    python -m benchmarks.questions --models ALS --splits 5

A tenth of the users is held out whole (split ``cold_users``), the model is trained on the others,
and each person held out is asked question after question (``asking.next_question.compare_ways``).
One split a seed; means over splits, ± their sample standard deviation.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import recsys_core as rc
from benchmarks import data, report
from benchmarks.intervals import mean_and_deviation
from recsys_core.asking.next_question import WAYS, Asked, compare_ways

N_QUESTIONS = 8

MODELS = {
    "ALS": {"n_factors": 20},
    "BayesianPMF": {"n_factors": 10},
}


def measured(name: str, data_set: str, seed: int, n_questions: int) -> tuple[Asked, Asked]:
    """Train on one split, and ask with any question allowed, and with answerable ones alone."""
    split = rc.splits.cold_users(data.ratings(data_set), validation=0, test=0.1, seed=seed)
    assert split.test is not None
    fitted = getattr(rc, name)(**MODELS[name], seed=seed).fit(split.train).snapshot()
    free, known = (
        compare_ways(fitted, split.test, n_questions, only_known, seed=seed)
        for only_known in (False, True)
    )
    return free, known


def rows(found: list[tuple[Asked, Asked]]) -> list[tuple[str, ...]]:
    """One row a way: RMSE after all questions, how many were answered; then answerable ones."""
    made = []
    for way in WAYS:
        cells = [way]
        for mode in (0, 1):
            cells.append(_said([each[mode].errors[way][-1] for each in found]))
            if not mode:
                answered = np.mean([each[mode].answered[way] for each in found])
                cells.append(f"{answered:.1f}")
        gains = [each[1].errors["popular"][-1] - each[1].errors[way][-1] for each in found]
        cells.append("" if way == "popular" else _said(gains))
        made.append(tuple(cells))
    return made


def _said(values: list[float]) -> str:
    mean, deviation = mean_and_deviation(values)
    return f"{mean:.4f} ± {deviation:.4f}".replace("-", "−")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.questions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--data-set", choices=tuple(data.NAMES), default="100k")
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=list(MODELS))
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--questions", type=int, default=N_QUESTIONS)
    said = parser.parse_args()
    data.use(said.data)
    for name in said.models:
        found = []
        for seed in range(said.splits):
            found.append(measured(name, said.data_set, seed, said.questions))
            print(f"{name}, split {seed} done", flush=True)
        first = found[0][0]
        n = np.mean([each[0].n_people for each in found])
        nothing = _said([each[0].errors["popular"][0] for each in found])
        everything = _said([each[0].everything for each in found])
        print(f"\n{name} on {data.NAMES[said.data_set]}: {n:.0f} people a split, "
              f"{first.n_kept:,} ratings kept aside in the first; RMSE {nothing} without "
              f"questions, {everything} with all of the first halves.\n")  # fmt: skip
        head = ("asked about", f"RMSE after {said.questions}", "answered",
                "RMSE, all answerable", "lower than popular by")  # fmt: skip
        print(report.table(head, rows(found)), "\n")


if __name__ == "__main__":
    main()
