"""Runs and baselines measured for the table of comparison: behind the page, once for each state.

One thread measures for the whole server, one model after another, so that a class that compares
together does not drown it. What is found is kept as long as the run, or the split of a baseline.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from recsys_core.asking import comparison
from recsys_core.asking.comparison import Measured
from recsys_core.experiments.defaults import looks_like_counts
from recsys_core.experiments.scores import some_users
from recsys_core.models import FittedModel, GlobalMean, ItemKNN, Model, MostPopular, UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.runs.run import Run
from recsys_core.splits import Split

Part = Literal["validation", "test"]

# What every table compares with, cheapest first: a table is there before the last one is.
BASELINES: tuple[type[Model], ...] = (GlobalMean, UserItemBias, MostPopular, ItemKNN)

# Of one run or split; the oldest go first.
_MOST_KEPT = 24


@dataclass(frozen=True, eq=False)
class Subject:
    """A fitted model in the table.

    Attributes
    ----------
    epoch : of its fitted model; None for a model without epochs.
    seconds : of computing, up to that epoch.
    fitted : the model itself.
    """

    fitted: FittedModel
    epoch: int | None
    seconds: float


_kept: WeakKeyDictionary[Run | Split, dict[tuple[Any, ...], Future[Any]]] = WeakKeyDictionary()
_lock = threading.Lock()


@functools.cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="comparing")


def _once(owner: Run | Split, key: tuple[Any, ...], work: Callable[[], Any]) -> Future[Any]:
    """The work, asked for once; again where it failed."""
    with _lock:
        kept = _kept.setdefault(owner, {})
        found = kept.get(key)
        if found is None or (found.done() and found.exception() is not None):
            while len(kept) >= _MOST_KEPT:
                kept.pop(next(iter(kept)))
            found = kept[key] = _thread().submit(work)
        return found


def subject(run: Run) -> Subject:
    """The model of a run as it is compared: its best epoch so far, or the last one."""
    with run.lock:
        epoch, fitted = run.snapshot_near(run.epoch_at("best"))
        seconds = sum(each.seconds for each in run.epochs[: epoch + 1])
    return Subject(fitted, epoch if run.model.has_epochs else None, seconds)


def of_run(run: Run, which: Subject, part: Part) -> Future[Measured]:
    """A run's model measured on a part of its split, soon."""
    split = run.split
    return _once(
        run, (which.epoch, id(which.fitted), part), lambda: _measured(which.fitted, split, part)
    )


def baseline(kind: type[Model], split: Split) -> Future[Subject]:
    """A baseline fitted to the training part of a split, soon."""

    def fit() -> Subject:
        model = kind().fit(split.train, split.validation)
        return Subject(model.snapshot(), None, sum(epoch.seconds for epoch in model.history))

    return _once(split, (kind.title,), fit)


def of_baseline(kind: type[Model], split: Split, part: Part) -> Future[Measured]:
    """A baseline measured on a part of a split, soon."""
    fitting = baseline(kind, split)  # before it in the same queue: there is nothing to wait for
    return _once(split, (kind.title, part), lambda: _measured(fitting.result().fitted, split, part))


def _measured(fitted: FittedModel, split: Split, part: Part) -> Measured:
    held_out: Ratings | None = getattr(split, part)
    assert held_out is not None
    # Every count is a choice; of ratings, only high ones are.
    threshold = held_out.scale.low if looks_like_counts(held_out) else None
    listed = np.flatnonzero(some_users(held_out).user_counts)
    return comparison.measure(fitted, held_out, threshold=threshold, listed=listed)


def is_baseline(run: Run) -> bool:
    """Whether a run is one of the baselines itself, so that it need not stand there twice."""
    given = dict(run.experiment.model.options)
    given.pop("seed", None)
    return run.experiment.model.name in {each.__name__ for each in BASELINES} and not given
