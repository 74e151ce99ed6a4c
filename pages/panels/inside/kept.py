"""The epoch of a run that was looked into last, retraced once for all who look."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from recsys_core.models import Model
from recsys_core.ratings import Ratings
from recsys_core.runs import Run
from recsys_core.runs.snapshots import Snapshot
from recsys_core.text import Text
from recsys_core.training import Checkpoint

Retraced = TypeVar("Retraced")

# Of few runs, as each holds a copy of its model.
_MOST_KEPT = 6
_kept: WeakKeyDictionary[Run, tuple[tuple[Any, int], Any]] = WeakKeyDictionary()
_lock = threading.Lock()

FROM_A_FILE = Text(
    "This model came from a file, without the state of its training: no step of it can be retraced."
)


def state_before(run: Run, epoch: int) -> Snapshot[Checkpoint] | None:
    """The state that the epoch after the one shown is retraced from; None where none is kept."""
    with run.lock:
        return None if run.brought else run.checkpoints.at_or_before(epoch)


def retraced(
    run: Run, epoch: int, how: Callable[[Model, Ratings, Checkpoint, Ratings | None], Retraced]
) -> tuple[int, Retraced] | None:
    """The epoch after the one shown, as ``how`` retraces it, and after which epoch it comes.

    That is the nearest one kept before the one shown. None where no state of training is kept.
    """
    before = state_before(run, epoch)
    if before is None:
        return None
    key = (how, before.epoch)
    with _lock:
        kept = _kept.get(run)
        if kept is None or kept[0] != key:
            kept = key, how(run.model, run.split.train, before.value, run.split.validation)
            while len(_kept) >= _MOST_KEPT and run not in _kept:
                _kept.pop(next(iter(_kept)))
            _kept[run] = kept
        return before.epoch, kept[1]


def remark(run: Run, shown: int, before: int) -> Text | None:
    """What has to be said where the epoch retraced is not simply the next of the training."""
    if before != shown:
        return Text(
            "To save memory not every epoch is kept: retraced is epoch {epoch}, from the nearest "
            "one before.",
            epoch=before + 1,
        )
    if before >= run.n_epochs:
        return Text("Training ends before this epoch: it is the one that would follow.")
    return None
