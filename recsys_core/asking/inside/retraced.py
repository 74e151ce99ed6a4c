"""One epoch of a training, begun again from the checkpoint before it."""

from __future__ import annotations

import copy
import threading

from recsys_core.models import Model
from recsys_core.ratings import Ratings
from recsys_core.standardized import Unit, plain
from recsys_core.training import Checkpoint


class Retraced:
    """What retracing an epoch begins with, whatever the algorithm.

    Attributes
    ----------
    epoch : its number, from 1.
    unit : of the numbers that are trained: rating = shift + size · target.
    """

    def __init__(
        self,
        model: Model,
        train: Ratings,
        checkpoint: Checkpoint,
        validation: Ratings | None = None,
    ) -> None:
        """Begin after a checkpoint of this model on these ratings.

        ``validation`` is that of the training.
        """
        before = copy.copy(model.with_settings(checkpoint.settings))
        self._training = before.start(train, validation, checkpoint)
        self._lock = threading.Lock()
        self.epoch: int = self._training.epoch + 1
        self.unit: Unit = plain(self._training.train)[1]


def names_of_row(k: int, with_bias: bool) -> tuple[str, ...]:
    """Name a row's numbers: "b" first where it has a bias, then its factors "1", "2" …"""
    return (*(["b"] if with_bias else []), *(str(f + 1) for f in range(k)))
