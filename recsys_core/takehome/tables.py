"""Settings, epochs and factors of a run, each as the file one opens with the usual program."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import numpy as np
import pandas as pd

from recsys_core import language
from recsys_core.asking import exports
from recsys_core.experiments.record import Record
from recsys_core.figures import curves
from recsys_core.figures.curves import Curve
from recsys_core.models import Factored, FittedModel, seen_as
from recsys_core.ratings import Side, label_text

# Rows of a table of factors that are written at a time.
_ROWS = 20_000


def settings(record: Record) -> bytes:
    """Write what was run, all settings in force, the scores and the versions, as JSON.

    ``experiment`` is what ``Experiment.from_dict`` takes; ``link`` is the same as a link's text.
    """
    said = record.to_dict()
    own = {name: said[name] for name in _SETTINGS}
    link = {"link": record.experiment.to_query()}
    return (json.dumps(link | own, ensure_ascii=False, indent=2) + "\n").encode()


_SETTINGS = (
    "experiment", "settings", "epoch", "best_epoch", "scores", "versions", "processor",
)  # fmt: skip


def epochs(record: Record) -> bytes:
    """Write errors, objective and seconds of each epoch as CSV; RMSE is clipped."""
    curve = Curve("", record.epochs, record.epochs[-1].number, best=record.best_epoch)
    with language.speaking("en"):  # a file has the headings that programs know
        return exports.to_csv(curves.table(curve, record.split.train))


def factors(fitted: FittedModel) -> bytes:
    """Write labels, factors and biases as npz, which ``numpy.load`` opens without pickle.

    ``user_factors`` is float32, (n_users, k), in the order of ``user_labels``, which are text;
    products of factors are in rating units. Biases and mean are there where the model has them.
    """
    found = seen_as(Factored, fitted)
    arrays = {
        "user_labels": _texts(found.users),
        "item_labels": _texts(found.items),
        "user_factors": found.user_factors,
        "item_factors": found.item_factors,
    }
    for name in ("user_bias", "item_bias", "global_mean"):
        if (value := getattr(found, name, None)) is not None:
            arrays[name] = np.asarray(value)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def factor_table(fitted: FittedModel, side: Side) -> bytes:
    """Write one row for each user (or item) as CSV: label, name, bias, factors from 1."""
    return b"".join(exports.streamed(_factor_rows(fitted, side), "csv"))


def _factor_rows(fitted: FittedModel, side: Side) -> Iterator[pd.DataFrame]:
    found, axis = seen_as(Factored, fitted), fitted.train.axis(side)
    numbers = found.factors_of(side)
    bias = getattr(found, f"{side}_bias", None)
    for start in range(0, max(axis.n, 1), _ROWS):
        here = slice(start, start + _ROWS)
        rows = pd.DataFrame({side: axis.labels[here], "name": axis.names[here]})
        if bias is not None:
            rows["bias"] = bias[here].astype(np.float64)
        named = [f"factor {f}" for f in range(1, found.n_factors + 1)]
        values = pd.DataFrame(numbers[here].astype(np.float64), columns=named)
        yield pd.concat([rows, values], axis="columns")


def _texts(labels: list) -> np.ndarray:
    return np.array([label_text(label) for label in labels], dtype=np.str_)
