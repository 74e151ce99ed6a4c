"""The short lines that say where a run is: the strip, the card, the list.

The browser words them likewise while a run moves (``js/status_lines.js``); one table of cases
tests both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from recsys_core.experiments.view import Speed
from recsys_core.live.messages import Baseline
from recsys_core.models import UserItemBias
from recsys_core.runs import Run, Status
from recsys_core.text import Text
from recsys_core.words import duration, error, number


class Standing(NamedTuple):
    """Where a run is, as it is shown.

    ``shown`` is the epoch shown, ``trained`` the latest there is, ``planned`` where training ends;
    ``train`` and ``validation`` are RMSEs at ``shown``, None where there are none.
    """

    shown: int
    trained: int
    planned: int
    status: Status
    best: int | None = None
    single: bool = False
    early: bool = False
    rewinding: bool = False
    playing: bool = False
    speed: Speed = "max"
    seconds: float | None = None
    train: float | None = None
    validation: float | None = None
    loss: float = 0.0


def standing(run: Run, epoch: int, playing: bool = False, speed: Speed = "max") -> Standing:
    """A run at an epoch that is shown."""
    here = run.epochs[epoch]
    rated, validated = here.train_rmse is not None, here.validation_rmse is not None
    return Standing(
        epoch, run.epoch, run.n_epochs, run.status, run.best_epoch, not run.model.has_epochs,
        run.stopped_early, run.rewinding, playing, speed, run.seconds_an_epoch,
        short(here.train_rmse) if rated else None,
        short(here.validation_rmse) if validated else None,
        short(here.loss),
    )  # fmt: skip


def short(value: float | None) -> float:
    """Six significant digits: what travels, and what both sides word alike."""
    return 0.0 if value is None else float(f"{value:.6g}")


def progress(at: Standing) -> str:
    """“epoch 37 / 200 · 12 s left”."""
    if at.single:
        if at.status == "failed":
            return Text("failed")
        return Text("done, in one pass") if at.status == "finished" else Text("at work …")
    text = _epoch(at)
    if at.status == "failed":
        return f"{text} · {Text('failed')}"
    if at.rewinding:
        return f"{text} · {Text('going back …')}"
    if at.playing or at.status == "training":
        left = _seconds_left(at)
        return text if left is None else f"{text} · {Text('{time} left', time=duration(left))}"
    if at.status == "finished" and at.shown == at.best and at.best < at.trained:
        return f"{text} · {Text('the best on validation')}"
    if at.shown < at.trained:
        return f"{text} · {Text('looking back')}"
    if at.status == "finished":
        return f"{text} · {Text('stopped early') if at.early else Text('done')}"
    return f"{text} · {Text('paused')}" if at.shown else text


def _epoch(at: Standing) -> Text:
    return Text("epoch {shown:,} / {planned:,}", shown=at.shown, planned=at.planned)


def _seconds_left(at: Standing) -> float | None:
    """Until playback, or training, is over: what takes longer; None while unknown."""
    training = 0.0
    if at.status != "finished":
        if at.seconds is None and (not at.playing or at.speed == "max"):
            return None
        training = (at.planned - at.trained) * (at.seconds or 0.0)
    if not at.playing or isinstance(at.speed, str):
        return training
    end = at.trained if at.status == "finished" else at.planned
    return max(training, (end - at.shown) / at.speed)


def quality(at: Standing, baselines: Sequence[Baseline]) -> str:
    """“validation RMSE 0.9120 · bias only 0.9440”."""
    validated = at.validation is not None
    rmse = at.validation if validated else at.train
    if rmse is None:
        return Text("predicts preferences, not ratings")
    text: str = _validation(rmse) if validated else _training(rmse)
    for baseline in baselines:
        if baseline.name == UserItemBias.title:
            bias = baseline.validation if validated else baseline.train
            if bias is not None and math.isfinite(bias):
                only = Text("bias\u00a0only\u00a0{rmse}", rmse=error(bias))
                text = f"{text} · {only}"
    return text


def _training(rmse: float) -> Text:
    return Text("training RMSE {rmse}", rmse=error(rmse))


def _validation(rmse: float) -> Text:
    return Text("validation RMSE {rmse}", rmse=error(rmse))


def baselines_of(run: Run) -> list[Baseline]:
    """The baselines of a run's split, as they travel."""
    return [Baseline(str(b.name), b.train_rmse, b.validation_rmse) for b in run.baselines]


def errors(at: Standing) -> str:
    """“epoch 200 / 200, training RMSE 0.1525, validation RMSE 0.9125”, for a line of the list."""
    where = Text("in one pass") if at.single else _epoch(at)
    if at.status == "failed":
        return f"{where}, {Text('failed')}"
    parts = [where]
    if at.train is not None:
        parts.append(_training(at.train))
    if at.validation is not None:
        parts.append(_validation(at.validation))
    if at.train is None:
        parts.append(Text("objective {loss}", loss=number(at.loss)))
    return ", ".join(parts)
