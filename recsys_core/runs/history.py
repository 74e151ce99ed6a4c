"""History of a run: all its epochs, and the fitted models and checkpoints of some of them."""

from __future__ import annotations

from collections.abc import Sequence

from recsys_core.models import FittedModel
from recsys_core.runs.snapshots import Snapshots
from recsys_core.training import Checkpoint, Epoch


class History:
    """The history of a run.

    Attributes
    ----------
    epochs : sequence of Epoch, the initial state first: a look at the one list that is kept by the
        training.
    epoch : epochs completed.
    frames : fitted models kept, by epoch; ``checkpoints`` likewise, fewer. Those of one epoch share
        their arrays.
    final : the fitted model that a finished run is left with; None before.
    """

    def __init__(self) -> None:
        self.epochs: Sequence[Epoch] = []
        self.epoch = 0
        self.frames: Snapshots[FittedModel] = Snapshots()
        self.checkpoints: Snapshots[Checkpoint] = Snapshots(beside=self.frames)
        self.final: FittedModel | None = None

    @classmethod
    def until(cls, past: History, epoch: int) -> History:
        """Copy another run's history up to an epoch; fitted models and checkpoints are shared."""
        history = cls()
        history.epochs, history.epoch = past.epochs[: epoch + 1], epoch
        history.frames = past.frames.until(epoch)
        history.checkpoints = past.checkpoints.until(epoch, beside=history.frames)
        return history

    def keep(self, epochs: Sequence[Epoch], fitted: FittedModel, checkpoint: Checkpoint) -> None:
        """Note the epochs so far; keep the fitted model and the checkpoint of the last of them."""
        self.epochs, self.epoch = epochs, epochs[-1].number
        self.frames.add(self.epoch, fitted)
        self.checkpoints.add(self.epoch, checkpoint)
