"""Accuracy and fit time of every model at its defaults, baselines beside: ``make bench``.

Random 80/10/10 split with seed 0: validation is watched for early stopping, test is measured once,
on predictions clipped to the scale. Each model is fitted twice and the second fit is timed, so that
no compilation is counted. Absolute times are noise on a shared machine; compare within one run.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

import recsys_core as rc

_ZIPS = ("ml-100k.zip", "ml-1m.zip")


def models() -> list[tuple[str, rc.Model]]:
    return [
        ("Global mean", rc.GlobalMean()),
        ("User + item bias", rc.UserItemBias()),
        ("SGD", rc.SGD()),
        ("ALS", rc.ALS()),
        ("PMF, adaptive priors", rc.PMF()),
        # λ and k of the plain one were chosen on the validation part of MovieLens 100K.
        (
            "PMF, plain (zero mean, fixed λ, no biases)",
            rc.PMF(n_factors=5, adaptive=False, biases=False),
        ),
        ("PMF, logistic link", rc.PMF(link="logistic")),
        ("Neural MF", rc.NeuralMF()),
    ]


def measured(ratings: rc.Ratings) -> pd.DataFrame:
    split = rc.splits.random(ratings, validation=0.1, test=0.1, seed=0)
    assert split.test is not None
    rows = []
    for name, model in models():
        model.fit(split.train, split.validation)
        began = time.perf_counter()
        model.fit(split.train, split.validation)
        seconds = time.perf_counter() - began
        predicted = model.predict(split.test.user_ids, split.test.item_ids)
        epochs = [epoch.seconds for epoch in model.history[1:]]
        rows.append(
            {
                "model": name,
                "k": model.settings.get("n_factors", "–"),
                "test RMSE": f"{rc.metrics.rmse(split.test.values, predicted):.4f}",
                "test MAE": f"{rc.metrics.mae(split.test.values, predicted):.4f}",
                "fit, s": f"{seconds:.2f}",
                "epochs": len(epochs),
                "ms an epoch": f"{1000 * float(np.median(epochs)):.1f}" if epochs else "–",
            }
        )
        print(f"  {name}: {rows[-1]['test RMSE']}", flush=True)
    return pd.DataFrame(rows)


def as_markdown(table: pd.DataFrame) -> str:
    head = "| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns)
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in table.to_numpy()]
    return "\n".join([head, *lines])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    default = os.environ.get("FACTORSCOPE_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of the zips")
    folder = parser.parse_args().data
    for name in _ZIPS:
        path = folder / name
        if not path.is_file():
            print(f"{name} is not in {folder}: skipped; name another folder by --data.")
            continue
        ratings = rc.read_ratings(path)
        print(ratings)
        print(as_markdown(measured(ratings)), flush=True)


if __name__ == "__main__":
    main()
