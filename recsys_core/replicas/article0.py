"""Article 0: neural matrix factorization on a synthetic matrix, reproduced to the digit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import datasets, metrics, splits
from recsys_core.experiments import Record
from recsys_core.models import Model
from recsys_core.ratings import Ratings
from recsys_core.replicas.base import (
    Case,
    Lesson,
    Measure,
    Records,
    Replica,
    Row,
    baseline_row,
    our_answer,
)
from recsys_core.text import Text

_SAME_DRAWS = Text(
    "Same generator, same draws, same network: equal to every digit printed. "
    "Adaptive priors need no sigmoid and no choice of k."
)

_PUBLISHED_MISSING = (1.95, 1.22, 1.92, 1.56, 3.21, 3.44, 1.22, 4.11, 1.43, 3.50)


def network(train: Ratings) -> Model:
    """Its network: no biases, sigmoid, N(0, 1) embeddings, Adam at 0.01, 500 epochs."""
    from recsys_core.models import NeuralMF

    return NeuralMF(
        n_factors=10, learning_rate=0.01, weight_decay=0.0, batch_size=64, n_epochs=500,
        biases=False, sigmoid=True, init_deviation=1.0, center=False, patience=500,
        standardize=False, seed=42,
    )  # fmt: skip


def its_split(ratings: Ratings) -> splits.Split:
    """Its 80/20 split, scikit-learn's with seed 42; training keeps that order."""
    return splits.as_sklearn(ratings, test=0.2, seed=42)


def all_kept() -> Ratings:
    """The matrix in which ratings of zero and below are kept."""
    return datasets.article0(keep_nonpositive=True)


def _rounded(record: Record) -> tuple[np.ndarray, np.ndarray]:
    test = record.held_out
    return test.values, np.rint(record.fitted.predict(test.user_ids, test.item_ids))


def mse(record: Record) -> float:
    """Test MSE of rounded predictions, as it measures."""
    return metrics.rmse(*_rounded(record)) ** 2


def mape(record: Record) -> float:
    """Test MAPE of rounded predictions, in percent."""
    return metrics.mape(*_rounded(record))


def missing_cells(record: Record) -> np.ndarray:
    """Predict its ten missing cells, drawn with seed 42 from those removed; float32, (10,)."""
    shape = record.fitted.n_users, record.fitted.n_items
    removed = np.argwhere(np.random.RandomState(42).rand(*shape) < 0.2)
    drawn = np.random.RandomState(42).choice(len(removed), size=100, replace=False)[:10]
    return record.fitted.predict(*removed[drawn].T)


def lost_ratings(records: Records) -> pd.DataFrame:
    """What the mark for missing swallows, and the result without that."""
    rows = []
    for key, what in (("article", "0 means missing"), ("kept", "ratings ≤ 0 kept")):
        o = records[key]
        n = len(o.split.train) + len(o.held_out)
        rows.append({"matrix": what, "ratings": n, "test MSE, rounded": round(mse(o), 4),
                     "test MAPE, rounded, %": round(mape(o), 2)})  # fmt: skip
    return pd.DataFrame(rows)


def ten_cells(records: Records) -> pd.DataFrame:
    """Its ten example predictions beside ours."""
    ours = missing_cells(records["article"])
    return pd.DataFrame({"article": _PUBLISHED_MISSING, "we get": np.round(ours, 2)})


REPLICA = Replica(
    number=0,
    title="Recommendation as matrix factorization",
    system=Text("Neural MF with a sigmoid, on a generated 100 × 50 matrix"),
    settings=Text("k = 10, Adam 0.01, batches of 64, 500 epochs, 80/20 split, seed 42"),
    summary=Text("Reproduced to the digit; what it marks as missing swallows 568 real ratings."),
    data=datasets.article0,
    cases=(
        Case("article", Text("as published"), network, its_split),
        Case("kept", Text("ratings ≤ 0 kept"), network, its_split, data=all_kept),
        Case("ours", Text("PMF, adaptive priors"), our_answer, its_split, ours=True),
    ),
    rows=(
        Row(
            Text("test MSE, rounded"),
            0.1777,
            lambda o: mse(o["article"]),
            lambda o: mse(o["ours"]),
            4,
            _SAME_DRAWS,
        ),
        Row(
            Text("test MAPE, rounded, %"),
            7.21,
            lambda o: mape(o["article"]),
            lambda o: mape(o["ours"]),
            2,
            _SAME_DRAWS,
        ),
        Row(
            Text("first missing cell"),
            1.95,
            lambda o: float(missing_cells(o["article"])[0]),
            lambda o: float(missing_cells(o["ours"])[0]),
            2,
            Text("All ten are in the evidence below."),
        ),
        Row(
            Text("ratings used"),
            "3,403",
            lambda o: f"{len(o['article'].split.train) + 681:,}",
            lambda o: Text(
                "{n_ratings:,} with all kept",
                n_ratings=len(o["kept"].split.train) + len(o["kept"].held_out),
            ),
            why=Text(
                "0 marks a missing cell, but a raw rating (a count plus noise) can be 0 or "
                "less: 568 real ratings vanish with the missing ones."
            ),
        ),
        baseline_row("article", Measure("RMSE", clipped=True)),
    ),
    lessons=(
        Lesson(
            Text("Zero is not missing"),
            Text(
                "Keeping the 568 ratings stretches the scale differently, so the two rows "
                "are errors on different values: compare each with its own baseline, not "
                "with the other."
            ),
            lost_ratings,
        ),
        Lesson(
            Text("Its ten example predictions"),
            Text("For cells it removed; equal to two digits."),
            ten_cells,
        ),
    ),
)
