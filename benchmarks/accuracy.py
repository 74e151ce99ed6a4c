"""How accurate our models are on many splits, beside the baselines, with nested choice of settings.

    python -m benchmarks.accuracy                          # all data sets, some 50 minutes
    python -m benchmarks.accuracy --data-sets 100k --models SGD ALS
    python -m benchmarks.accuracy --splits 2 --scratch DIR # a try, kept apart from the results

Every model of the registry, baselines first, on each split: 90/10 at random with seeds 0 to 9 (0
to 2 of the larger MovieLens 1M), and of MovieLens 100K also five folds and its own u1. **Settings
are chosen anew inside each training part**: each combination of ``_TRIED`` is trained on nine
tenths of it and judged on the rest, by RMSE, or NDCG@10 where no ratings are predicted; so is the
number of epochs of a model that stops early. What was chosen is then trained on the whole training
part and measured once on the test part. The middle of each range is the model's default. Defaults
were found with MovieLens 100K and 1M, not with latest-small.

Results are written after each fit; a job that is stopped goes on where it was, provided that
machine, versions and code are the same: ``runs.py``.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import recsys_core as rc
from benchmarks import accuracy_tables, data, runs
from recsys_core.experiments.scores import PLACES

# Seeds of the random splits, from 0 on: none is picked.
N_SPLITS = {"100k": 10, "latest-small": 10, "1m": 3}
N_FOLDS = 5
DATA_SETS = tuple(N_SPLITS)

_VALIDATION = 0.1
_COVERAGES = (0.5, 0.8, 0.9, 0.95)

# What is tried inside each training part, as multiples of the model's default.
_TRIED: dict[str, dict[str, tuple[float, ...]]] = {
    "SGD": {"reg": (0.7, 1.0, 1.4), "learning_rate": (0.7, 1.0)},
    "ALS": {"reg": (0.5, 0.7, 1.0, 1.4)},
    "PMF": {"n_factors": (0.5, 1.0)},
    "SVDpp": {"reg": (0.7, 1.0, 1.4), "learning_rate": (0.7, 1.0)},
    "NMF": {"reg": (0.7, 1.0, 1.4)},
    "NeuralMF": {"weight_decay": (0.5, 1.0, 2.0)},
    "ItemKNN": {"shrinkage": (0.3, 1.0, 3.0)},
    "ImplicitALS": {"reg": (0.3, 1.0, 3.0)},
    "EASE": {"reg": (0.3, 1.0, 3.0)},
    "UserItemBias": {"reg_user": (0.3, 1.0, 3.0), "reg_item": (0.3, 1.0, 3.0)},
}  # fmt: skip

# A sampler's mean only settles with more sweeps: their number is given, and nothing is chosen.
_SAMPLED = {"n_factors": 32, "n_epochs": 400}
_SAMPLED_WITH = {
    "": {"implicit": False},
    ", who rated what": {"implicit": True},
    ", who rated what, side information": {"implicit": True, "side_information": True},
    ", who rated what, side information, day": {
        "implicit": True,
        "side_information": True,
        "time": True,
    },
}
# Not every copy of MovieLens 1M has the real times, so nothing here uses them.
_WITHOUT_TIMES = ("1m",)


@dataclass(frozen=True)
class Row:
    """One line of the table: a model with what is given, and what is tried of the rest."""

    name: str
    model: str
    given: dict[str, Any] = field(default_factory=dict)
    tried: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def suits(self, data_set: str) -> bool:
        """Whether a data set has what the model is to learn from."""
        return not (self.given.get("time") and data_set in _WITHOUT_TIMES)

    @property
    def is_baseline(self) -> bool:
        """Whether it is there to be compared with."""
        return self.model not in rc.MODELS.algorithms


def rows(names: Iterable[str] | None = None) -> list[Row]:
    """All models of the registry (or those of these class names), baselines first."""
    found = []
    for model in sorted(rc.MODELS, key=lambda name: name in rc.MODELS.algorithms):
        if names and model not in names:
            continue
        title = rc.MODELS.described(model)[0]
        if model == "BayesianPMF":
            for name, given in _SAMPLED_WITH.items():
                found.append(Row(title + name, model, {**_SAMPLED, **given}))
        else:
            found.append(Row(title, model, {}, _TRIED.get(model, {})))
    return found


def splits(data_set: str, n: int | None = None) -> dict[str, dict[str, Any]]:
    """The splits of a data set by name, in the order they are measured in; ``n`` random ones."""
    seeds = range(N_SPLITS[data_set] if n is None else n)
    found = {f"random {s}": {"name": "random", "test": 0.1, "seed": s} for s in seeds}
    if data_set == "100k" and n is None:
        found |= {
            f"fold {f}": {"name": "k_fold", "n_folds": N_FOLDS, "fold": f} for f in range(N_FOLDS)
        }
        found["u1"] = {"name": "predefined", "part": "u1"}
    return found


# --- choosing inside the training part, and measuring once ----------------------------------------


def candidates(row: Row, train: rc.Ratings) -> list[dict[str, Any]]:
    """Settings to try: what is given, with each combination of multiples of the defaults.

    A setting that the model does not have, or chooses by itself when it trains, is left alone.
    """
    kinds = {option.name: option.kind for option in rc.MODELS[row.model].options()}
    usual = rc.MODELS[row.model](**row.given).resolve(train)
    ranges = []
    for name, multiples in row.tried.items():
        if usual.get(name) is not None:
            values = [usual[name] * multiple for multiple in multiples]
            if kinds[name] == "int":
                values = [max(1, round(value)) for value in values]
            ranges.append([(name, value) for value in values])
    return [{**row.given, **dict(chosen)} for chosen in itertools.product(*ranges)]


def choose(row: Row, ratings: rc.Ratings, split: dict[str, Any]) -> tuple[dict[str, Any], int, Any]:
    """Choose settings inside the training part of a split; the test part is not read.

    Returns the settings, how many combinations were tried, and the epoch to stop at: the best on
    the validation part, or None for as many as the settings say.
    """
    here = {**split, "validation": _VALIDATION}
    kind = rc.MODELS[row.model]
    tried = candidates(row, rc.Experiment(ratings, here).make_split().train)
    stops_early = any(option.name == "patience" for option in kind.options())
    if len(tried) == 1 and not stops_early:
        return tried[0], 1, None
    best: tuple[float, dict[str, Any], int | None] | None = None
    for settings in tried:
        record = rc.run(rc.Experiment(ratings, here, kind(**settings)))
        if record.fitted.has.ratings:
            loss = record.scores["validation_rmse"]
        else:
            validation = record.split.validation
            assert validation is not None
            loss = -rc.metrics.ranking(record.fitted, validation, PLACES).ndcg
        if best is None or loss < best[0]:
            best = loss, settings, record.best_epoch if stops_early else None
    assert best is not None
    return best[1], len(tried), best[2]


def measure(row: Row, ratings: rc.Ratings, name: str, split: dict[str, Any]) -> dict[str, Any]:
    """Return one model's line on one split: errors and lists on the test part, all clipped."""
    began = time.perf_counter()
    settings, n_tried, epoch = choose(row, ratings, split)
    whole = {**split, "validation": 0}
    record = rc.run(rc.Experiment(ratings, whole, rc.MODELS[row.model](**settings)), until=epoch)
    fitted, train, test = record.fitted, record.split.train, record.held_out
    line: dict[str, Any] = {
        "name": row.name, "split": name, "model": row.model, "is_baseline": row.is_baseline,
        "n_train": len(train), "n_test": len(test), "n_tried": n_tried,
        "settings": {key: settings[key] for key in sorted(settings)}, "epoch": epoch,
    }  # fmt: skip
    if fitted.has.ratings:
        predicted = fitted.predict(test.user_ids, test.item_ids, times=test.timestamps)
        line["rmse"] = rc.metrics.rmse(test.values, predicted)
        line["mae"] = rc.metrics.mae(test.values, predicted)
    lists = rc.metrics.ranking(fitted, test, PLACES)
    line |= {"ndcg": lists.ndcg, "recall": lists.recall, "n_users": lists.n_users}
    if fitted.has.intervals:
        line["coverage"] = coverage(fitted, test)
    return {**line, "seconds": round(time.perf_counter() - began, 2)}


def coverage(fitted: rc.models.FittedModel, test: rc.Ratings) -> list[tuple[float, float, float]]:
    """Return what intervals promise to hold, what they hold of the test part, and mean widths."""
    found = []
    for promised in _COVERAGES:
        low, high = fitted.predict_interval(test.user_ids, test.item_ids, coverage=promised)
        inside = float(np.mean((test.values >= low) & (test.values <= high)))
        found.append((promised, inside, float(np.mean(high - low))))
    return found


# --- the job --------------------------------------------------------------------------------------


def job(
    data_set: str, wanted: list[Row], n_splits: int | None = None, folder: Path | None = None
) -> None:
    """Measure what is missing of a data set, split by split, and write it after each fit."""
    ratings = data.ratings(data_set)
    file = accuracy_tables.path(data_set, folder)
    now = runs.about()
    earlier = runs.read(file)["runs"]
    going_on = bool(earlier) and runs.same(earlier[-1]["run"], now)
    run: runs.Run = earlier[-1] if going_on else {"run": now, "lines": []}
    print(f"{data.NAMES[data_set]}, {runs.said(run['run'])}", flush=True)
    done = {(line["name"], line["split"]) for line in run["lines"]}
    facts = {"data_set": data_set, "n_ratings": len(ratings)}
    for name, split in splits(data_set, n_splits).items():
        for row in wanted:
            if (row.name, name) in done or not row.suits(data_set):
                continue
            line = measure(row, ratings, name, split)
            run["lines"].append(line)
            runs.keep(file, facts, run, key=("name", "split"))
            told = f"RMSE {line['rmse']:.4f}, " if "rmse" in line else ""
            print(
                f"  {name}, {row.name}: {told}NDCG@{PLACES} {line['ndcg']:.4f}, "
                f"{line['n_tried']} tried, {line['seconds']:.1f} s",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-sets", nargs="+", choices=DATA_SETS, default=[*DATA_SETS])
    parser.add_argument("--models", nargs="+", choices=tuple(rc.MODELS), help="all by default")
    parser.add_argument("--splits", type=int, help="so many random splits, and no folds")
    parser.add_argument("--data", type=Path, help="folder of the zips")
    parser.add_argument("--scratch", type=Path, help="write here, not into the results")
    asked = parser.parse_args()
    data.use(asked.data)
    for data_set in asked.data_sets:
        try:
            data.ratings(data_set)
        except FileNotFoundError as error:
            print(f"{error}: skipped.")
            continue
        job(data_set, rows(asked.models), asked.splits, asked.scratch)
        print(accuracy_tables.markdown(data_set, asked.scratch), flush=True)


if __name__ == "__main__":
    main()
