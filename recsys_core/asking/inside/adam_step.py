"""Inside neural MF: one step of Adam, for the batch that holds a rating.

    g = ∂/∂θ + λ θ        m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
    θ ← θ − γ m̂ / (√v̂ + 10⁻⁸)

The epoch is done again from the checkpoint before it, by the training's own code and in the order
that it draws, up to that batch. Numbers before and after are PyTorch's; what lies between, m̂, v̂ and
the weight decay's part, is ``stepwise.adam_update`` of them.
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recsys_core import stepwise
from recsys_core.asking.inside.retraced import Retraced, names_of_row
from recsys_core.errors import SettingsError
from recsys_core.models import Model
from recsys_core.ratings import SIDES, Ratings, Side
from recsys_core.steps import to_end
from recsys_core.stepwise import AdamUpdate
from recsys_core.text import Text
from recsys_core.training import Checkpoint

if TYPE_CHECKING:  # importing it imports torch
    from recsys_core.models.neural import NeuralTrainer, Numbers

# Steps that are remembered; of more, the oldest are let go.
_MOST_KEPT = 64


@dataclass(frozen=True, eq=False)
class RowStep:
    """The step of a user's or an item's numbers; all arrays are float64, (k,) or (k + 1,).

    Attributes
    ----------
    names : "b" for the bias, where there is one, then "1" … "k".
    before, after : θ.
    of_error, of_penalty : both parts of the gradient g: of the batch's mean squared error, and λ θ.
    mean_before, mean_after, square_before, square_after : m and v.
    update : the same step by the formula; its ``mean_hat`` and ``square_hat`` are m̂ and v̂.
    """

    names: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    of_error: np.ndarray
    of_penalty: np.ndarray
    mean_before: np.ndarray
    mean_after: np.ndarray
    square_before: np.ndarray
    square_after: np.ndarray
    update: AdamUpdate

    @property
    def moved(self) -> np.ndarray:
        """How far each number moves, after − before, (k,) or (k + 1,)."""
        return self.after - self.before


@dataclass(frozen=True, eq=False)
class AdamStep:
    """One batch's step, as one user and one item have it.

    Attributes
    ----------
    user, item : indices.
    batch, n_batches : which batch of the epoch it is, from 0, and of how many.
    holds : whether the pair's rating is in it; if not, the pair is not trained on.
    n, n_user, n_item : ratings in the batch, and those of the user and of the item among them.
    step : t, the number of this step since training began, from 1.
    learning_rate, weight_decay : γ and λ.
    rows : the step of the user's numbers, and of the item's.
    predicted_before, predicted_after : of the pair, in rating units, not clipped.
    """

    user: int
    item: int
    batch: int
    n_batches: int
    holds: bool
    n: int
    n_user: int
    n_item: int
    step: int
    learning_rate: float
    weight_decay: float
    rows: dict[Side, RowStep]
    predicted_before: float
    predicted_after: float

    @property
    def largest(self) -> tuple[Side, int]:
        """Whose number moves farthest, and which of its numbers."""
        side = max(SIDES, key=lambda each: np.abs(self.rows[each].moved).max())
        return side, int(np.abs(self.rows[side].moved).argmax())


class AdamSteps(Retraced):
    """One epoch of neural MF, done again batch by batch."""

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
            If the model is no neural MF.
        """
        if type(model).__name__ != "NeuralMF":
            raise SettingsError(Text("{title} takes no steps of Adam.", title=model.title))
        super().__init__(model, train, checkpoint, validation)
        self._state = checkpoint.state
        self._trainer: NeuralTrainer = self._training.trainer  # type: ignore[assignment]
        self._trainer.begin_epoch()
        self._at = 0  # batches done
        # Which batch each training rating is in: the order is drawn, and changes no more.
        self._batch_of = np.empty(len(train), np.int64)
        for batch in range(self._trainer.n_batches):
            self._batch_of[self._trainer.ratings_of(batch)] = batch
        self._found: dict[tuple[int, int], AdamStep] = {}

    def steps(self, user: int, item: int) -> Generator[float, None, AdamStep]:
        """Retrace up to the batch that holds the pair's rating; yields the share that is done.

        Where no batch holds it, the step is that of the epoch's first batch: it moves all rows.
        """
        found = self._found.get((user, item))
        if found is not None:
            return found
        trainer = self._trainer
        ratings = trainer.train
        pair = np.flatnonzero((ratings.user_ids == user) & (ratings.item_ids == item))
        batch = int(self._batch_of[pair[0]]) if len(pair) else 0
        if self._at > batch:
            trainer.restore(copy.deepcopy(self._state))  # an optimiser keeps what it is given
            trainer.begin_epoch()
            self._at = 0
        while self._at < batch:
            trainer.do_batch(self._at)
            self._at += 1
            yield self._at / (batch + 1)
        whose: dict[Side, int] = {"user": user, "item": item}
        before = {side: trainer.numbers_of(side, index) for side, index in whose.items()}
        predicted = trainer.predicted(user, item)
        trainer.do_batch(batch)
        self._at += 1
        rows = trainer.ratings_of(batch)
        found = AdamStep(
            user=user,
            item=item,
            batch=batch,
            n_batches=trainer.n_batches,
            holds=bool(len(pair)),
            n=len(rows),
            n_user=int((ratings.user_ids[rows] == user).sum()),
            n_item=int((ratings.item_ids[rows] == item).sum()),
            step=before["user"].step + 1,
            learning_rate=trainer.settings["learning_rate"],
            weight_decay=trainer.settings["weight_decay"],
            rows={
                side: self._row(before[side], trainer.numbers_of(side, index))
                for side, index in whose.items()
            },
            predicted_before=predicted,
            predicted_after=trainer.predicted(user, item),
        )
        self._found[user, item] = found
        while len(self._found) > _MOST_KEPT:
            self._found.pop(next(iter(self._found)))
        return found

    def of(self, user: int, item: int) -> AdamStep:
        """The same at once."""
        with self._lock:
            return to_end(self.steps(user, item))

    def _row(self, before: Numbers, after: Numbers) -> RowStep:
        settings = self._trainer.settings
        value, gradient, mean, square = (
            each.astype(np.float64)
            for each in (before.value, after.gradient, before.mean, before.square)
        )
        update = stepwise.adam_update(
            value,
            gradient,
            stepwise.Moments(before.step, mean, square),
            learning_rate=settings["learning_rate"],
            weight_decay=settings["weight_decay"],
        )
        return RowStep(
            names=names_of_row(self._trainer.n_factors, bool(settings["biases"])),
            before=value,
            after=after.value.astype(np.float64),
            of_error=gradient,
            of_penalty=settings["weight_decay"] * value,
            mean_before=mean,
            mean_after=after.mean.astype(np.float64),
            square_before=square,
            square_after=after.square.astype(np.float64),
            update=update,
        )
