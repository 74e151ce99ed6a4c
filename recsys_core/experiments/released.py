"""Numbers changed by hand, released: training goes on from them, and pulls them back.

A copy of the training goes on from a checkpoint, once with the changed row and once without. The
run itself stays as it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import SettingsError
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.running import SLICE, ExperimentTraining
from recsys_core.models import FactorModel, seen_as
from recsys_core.ratings import Side
from recsys_core.splits import Split
from recsys_core.text import Text
from recsys_core.training import Checkpoint

# Epochs that follow the release.
N_EPOCHS = 20


@dataclass(frozen=True, eq=False)
class Released:
    """The row of one user or item, epoch by epoch after the release.

    Attributes
    ----------
    rows, alone : factors and bias, the bias last, in rating units, float64, (n_epochs + 1, k + 1):
        with the change, and without it. The first is that of the release.
    epoch : the epoch of the checkpoint.
    """

    rows: np.ndarray
    alone: np.ndarray
    epoch: int

    @property
    def apart(self) -> np.ndarray:
        """Distance of the two, float64, (n_epochs + 1,): what is left of the change."""
        return np.linalg.norm(self.rows - self.alone, axis=1)


def can_release(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint holds rows of numbers that can be changed."""
    return {"p", "q", "b_user", "b_item"} <= checkpoint.state.keys()


def released(
    experiment: Experiment,
    split: Split,
    checkpoint: Checkpoint,
    epoch: int,
    side: Side,
    index: int,
    change: np.ndarray,
    n_epochs: int = N_EPOCHS,
) -> Generator[float, None, Released]:
    """Train on from a checkpoint of ``epoch`` with one row changed; yields the share that is done.

    ``change`` is added to factors and bias, (k + 1,), in rating units.

    Raises
    ------
    SettingsError
        If the checkpoint holds no such rows.
    DivergedError
        If training leaves all bounds.
    """
    if not can_release(checkpoint):
        raise SettingsError(
            Text("This model keeps its numbers in a network: none of them can be set by hand.")
        )
    courses = [
        ExperimentTraining(experiment, split, each, epoch)
        for each in (
            checkpoint,
            _changed(experiment, split, checkpoint, epoch, side, index, change),
        )
    ]
    found: list[list[np.ndarray]] = [[], []]
    for number, course in enumerate(courses):
        course.training.extend(n_epochs)
        found[number].append(_row(course, side, index))
        while course.training.epoch < epoch + n_epochs:
            if course.advance(SLICE) is not None:
                found[number].append(_row(course, side, index))
            yield (number + (course.training.epoch - epoch) / n_epochs) / 2
            if course.training.finished and course.training.epoch < epoch + n_epochs:
                course.training.extend(epoch + n_epochs - course.training.epoch)
    return Released(np.stack(found[1]), np.stack(found[0]), epoch)


def _row(course: ExperimentTraining, side: Side, index: int) -> np.ndarray:
    fitted = seen_as(FactorModel, course.training.latest)
    bias = fitted.bias_of(side)[index]
    return np.append(fitted.factors_of(side)[index], bias).astype(np.float64)


def _changed(
    experiment: Experiment,
    split: Split,
    checkpoint: Checkpoint,
    epoch: int,
    side: Side,
    index: int,
    change: np.ndarray,
) -> Checkpoint:
    """The checkpoint with a changed row; of SVD++ the user's own part of the sum moves."""
    now = seen_as(
        FactorModel, ExperimentTraining(experiment, split, checkpoint, epoch).training.latest
    )
    moved = now.with_row(
        side, index,
        now.factors_of(side)[index] + change[:-1], float(now.bias_of(side)[index]) + change[-1],
    )  # fmt: skip
    state = dict(checkpoint.state)
    rows, biases = ("p", "b_user") if side == "user" else ("q", "b_item")
    by = getattr(moved, rows)[index] - getattr(now, rows)[index]
    for name in (rows, "own") if side == "user" and "own" in state else (rows,):
        state[name] = state[name].copy()
        state[name][index] += by
    state[biases] = getattr(moved, biases)
    return dataclasses.replace(checkpoint, state=state)
