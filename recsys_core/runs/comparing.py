"""Runs and baselines measured for the table of comparison: behind the page, once for each state.

One thread measures for the whole server, one model after another, so that a class that compares
together does not drown it. What is found is kept as long as the run, or the split of a baseline.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary, ref

import numpy as np

from recsys_core.asking import comparison
from recsys_core.asking.comparison import Difference, Measured
from recsys_core.experiments.defaults import looks_like_counts
from recsys_core.experiments.scores import some_users
from recsys_core.kernels.threads import work_behind_others
from recsys_core.models import FittedModel, GlobalMean, ItemKNN, Model, MostPopular, UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.runs.registry import registry
from recsys_core.runs.run import Run
from recsys_core.splits import Split

Part = Literal["validation", "test"]

# What every table compares with, cheapest first: a table is there before the last one is.
BASELINES: tuple[type[Model], ...] = (GlobalMean, UserItemBias, MostPopular, ItemKNN)

# Of one run or split; the oldest go first.
_MOST_KEPT = 64


@dataclass(frozen=True, eq=False)
class Subject:
    """A fitted model in the table.

    Attributes
    ----------
    epoch : of its fitted model.
    seconds : of computing, up to that epoch.
    fitted : the model itself.
    """

    fitted: FittedModel
    epoch: int
    seconds: float


_kept: WeakKeyDictionary[Run | Split, dict[tuple[Any, ...], Future[Any]]] = WeakKeyDictionary()
_done: WeakKeyDictionary[Split, int] = WeakKeyDictionary()  # how much of it is there
_lock = threading.Lock()


def n_done(split: Split) -> int:
    """How much has been measured on a split so far: another number says that a table can grow."""
    return _done.get(split, 0)


@functools.cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="comparing", initializer=work_behind_others)


def _once(
    owner: Run | Split, key: tuple[Any, ...], split: Split, work: Callable[[], Any]
) -> Future[Any]:
    """The work, asked for once; again where it failed. Pages are told once it is done."""
    measured = ref(split)  # the future, which is kept by split, keeps what it calls

    def tell(_: Future[Any]) -> None:
        split = measured()
        if split is None:
            return
        with _lock:
            _done[split] = _done.get(split, 0) + 1
        registry().wake()  # after its turn, those who listen to it look for news

    with _lock:
        kept = _kept.setdefault(owner, {})
        found = kept.get(key)
        if found is not None and not (found.done() and found.exception() is not None):
            return found
        while len(kept) >= _MOST_KEPT:
            kept.pop(next(iter(kept)))
        found = kept[key] = _thread().submit(work)
    found.add_done_callback(tell)  # outside the lock: where it is done already, it tells at once
    return found


def subject(run: Run) -> Subject:
    """The model of a run as it is compared: its best epoch so far, or the last one."""
    with run.lock:
        epoch, fitted = run.snapshot_near(run.epoch_at("best"))
        seconds = sum(each.seconds for each in run.epochs[: epoch + 1])
    return Subject(fitted, epoch, seconds)


def of_run(run: Run, which: Subject, part: Part) -> Future[Measured]:
    """A run's model measured on a part of its split, soon."""
    split = run.split
    key = which.epoch, part  # of a run, one epoch has always the same model
    return _once(run, key, split, lambda: _measured(which.fitted, split, part))


def baseline(kind: type[Model], split: Split) -> Future[Subject]:
    """A baseline fitted to the training part of a split, soon."""

    def fit() -> Subject:
        model = kind().fit(split.train, split.validation)
        return Subject(model.snapshot(), 0, sum(epoch.seconds for epoch in model.history))

    return _once(split, (kind.title,), split, fit)


def of_baseline(kind: type[Model], split: Split, part: Part) -> Future[Measured]:
    """A baseline measured on a part of a split, soon."""
    fitting = baseline(kind, split)  # before it in the same queue: there is nothing to wait for

    def work() -> Measured:
        return _measured(fitting.result().fitted, split, part)

    return _once(split, (kind.title, part), split, work)


def _measured(fitted: FittedModel, split: Split, part: Part) -> Measured:
    held_out: Ratings | None = getattr(split, part)
    assert held_out is not None
    # Every count is a choice; of ratings, only high ones are.
    threshold = held_out.scale.low if looks_like_counts(held_out) else None
    listed = np.flatnonzero(some_users(held_out).user_counts)
    return comparison.measure(fitted, held_out, threshold=threshold, listed=listed)


def differences(
    split: Split, models: Sequence[Measured], reference: Measured, metric: str
) -> Future[list[Difference | None]]:
    """How models differ from one of them in a metric, with intervals, soon."""
    key = ("difference", metric, reference, *models)

    def work() -> list[Difference | None]:
        return comparison.differences(models, reference, metric)

    return _once(split, key, split, work)


def is_baseline(run: Run) -> bool:
    """Whether a run is one of the baselines itself, so that it need not stand there twice."""
    given = dict(run.experiment.model.options)
    given.pop("seed", None)
    return run.experiment.model.name in {each.__name__ for each in BASELINES} and not given
