"""One multiplicative update of NMF: numerator, denominator, and the row before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core import stepwise
from recsys_core.asking.inside.retraced import Retraced
from recsys_core.errors import SettingsError
from recsys_core.models import Model
from recsys_core.models.nmf import NMF, NMFTrainer
from recsys_core.ratings import Ratings, Side
from recsys_core.stepwise import NMFRow
from recsys_core.text import Text
from recsys_core.training import Checkpoint


@dataclass(frozen=True, eq=False)
class NMFUpdate:
    """One row's update; n ratings, k factors.

    Attributes
    ----------
    side, index : whose row it is. others : indices of the other side's n rated, (n,).
    ratings : in rating units, (n,).
    row : what ``stepwise.nmf_row`` gives: predictions, numerator, denominator, ratio, new factors.
    before : the row before it, (k,).
    """

    side: Side
    index: int
    others: np.ndarray
    ratings: np.ndarray
    row: NMFRow
    before: np.ndarray


class NMFUpdates(Retraced):
    """One epoch of NMF: all users' rows, then, by the new ones, all items'."""

    def __init__(
        self,
        model: Model,
        train: Ratings,
        checkpoint: Checkpoint,
        validation: Ratings | None = None,
    ) -> None:
        """Take the epoch after a checkpoint of this model on these ratings.

        Raises
        ------
        SettingsError
            If the model is no NMF.
        """
        if not isinstance(model, NMF):
            raise SettingsError(Text("{title} has no multiplicative updates.", title=model.title))
        super().__init__(model, train, checkpoint, validation)
        assert isinstance(self._training.trainer, NMFTrainer)
        self._trainer = self._training.trainer
        k = self._trainer.n_factors
        self._users_before = self._trainer.p[:, :k].copy()
        self._users_are_new = False

    def of(self, side: Side, index: int) -> NMFUpdate:
        """Return the update of one row; an item's by the users' rows as they are by then."""
        trainer, k = self._trainer, self._trainer.n_factors
        with self._lock:
            if side == "item" and not self._users_are_new:
                for step in range(trainer.n_user_steps):
                    trainer.step(step)
                self._users_are_new = True
            if side == "user":
                grouped, x, before = trainer.train.by_user, trainer.q, self._users_before[index]
            else:
                grouped, x, before = trainer.train.by_item, trainer.p, trainer.q[index, :k]
            others, values = grouped.row(index)
            targets, before = values.astype(np.float64), before.astype(np.float64)
            row = stepwise.nmf_row(
                targets, x[others, :k].astype(np.float64), before, low=float(trainer.mean),
                reg=float(np.float32(trainer.settings["reg"])),
            )  # fmt: skip
        ratings = self.unit.shift + self.unit.size * targets
        return NMFUpdate(side, index, others, ratings, row, before)
