"""Before: what is known of a run that comes back, from before its workspace was freed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from recsys_core.models import FittedModel
from recsys_core.ratings import Ratings
from recsys_core.training import Checkpoint, Epoch


class Kept(NamedTuple):
    """The model of the best epoch, and the last checkpoint, as far as they were kept."""

    model: FittedModel | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class Before:
    """A run as it was.

    Attributes
    ----------
    course : what names its training in the database.
    epochs : all of them, the initial state first; best_epoch : None without validation.
    settings : all settings in force; n_epochs : epochs planned.
    finished, early : whether it had ended, and because validation no longer improved.
    interrupted : whether it was cut off in the midst of training; message : why it failed.
    load : reads what else is kept of it, given the ratings it is trained on.
    """

    course: str
    epochs: Sequence[Epoch]
    best_epoch: int | None
    settings: Mapping[str, Any]
    n_epochs: int
    finished: bool
    early: bool
    interrupted: bool
    message: str
    load: Callable[[Ratings], Kept]
