"""The training loop: an epoch at a time, a slice at a time, with pause, resume and early stopping.

*Pause* is not calling ``advance``; *step* is advancing to the next epoch; *resume* and *fork* start
from a checkpoint. The loop owns the counting, the measuring and the stopping; a ``Trainer`` owns
the parameters and the mathematics.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol, overload

from recsys_core.errors import DivergedError, SettingsError
from recsys_core.kernels.threads import cut, one_blas_thread
from recsys_core.ratings import Ratings
from recsys_core.standardized import plain
from recsys_core.text import Text

# Ratings measured between two looks at the clock: a few milliseconds of work.
_MEASURED_AT_ONCE = 1 << 19

# Predictions this many times the width of the scale away from the ratings will not come back.
_DIVERGED_AT = 100.0

# The least fall of validation RMSE that counts as one.
_LEAST_GAIN = 1e-4


@dataclass(frozen=True)
class Epoch:
    """The errors and the time of one epoch.

    ``train_rmse`` and ``validation_rmse`` are of predictions clipped to the scale, in rating units,
    and None where there is no validation, or where no ratings are predicted (implicit feedback);
    ``loss`` is the whole regularised objective on the training ratings, s² times that of
    standardized ones, so that Σ e² in it is in rating units, too; ``seconds`` is the time
    the epoch's computing took. Number 0 is the initial state.
    """

    number: int
    train_rmse: float | None
    validation_rmse: float | None
    loss: float
    seconds: float


class Epochs(Sequence[Epoch]):
    """The first ``n`` epochs of a course of training, the initial state first.

    A read-only look at the one list of the course, which only grows: whoever looks at the epochs
    has them without a copy, and sees no more than there were.
    """

    __slots__ = ("_course", "_n")

    def __init__(self, course: list[Epoch], n: int) -> None:
        self._course, self._n = course, n

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[Epoch]:
        return islice(self._course, self._n)

    @overload
    def __getitem__(self, at: int) -> Epoch: ...
    @overload
    def __getitem__(self, at: slice) -> list[Epoch]: ...
    def __getitem__(self, at: int | slice) -> Epoch | list[Epoch]:
        if isinstance(at, slice):
            return [self._course[place] for place in range(self._n)[at]]
        place = at if at >= 0 else self._n + at
        if not 0 <= place < self._n:
            raise IndexError(f"There is no epoch at {at} among {self._n}.")
        return self._course[place]


def best_of(history: Sequence[Epoch], size: float = 1.0) -> int | None:
    """The epoch of the lowest validation RMSE, by the same rule as ``Training.best_epoch``.

    A later epoch has to be lower by more than noise, in units of ``size``: the standard deviation
    of the training ratings, of a model that is fitted in it. None where there is no validation.
    """
    best: int | None = None
    lowest = math.inf
    for epoch in history:
        if epoch.validation_rmse is not None and is_better(epoch.validation_rmse, lowest, size):
            best, lowest = epoch.number, epoch.validation_rmse
    return best


def is_better(rmse: float, lowest: float, size: float) -> bool:
    """Whether a validation RMSE is below the lowest so far by more than noise; see ``best_of``."""
    return rmse < lowest - _LEAST_GAIN * size


class Trainer(Protocol):
    """What the loop asks of an algorithm: ``n_steps`` short steps make an epoch.

    ``n_scheduled`` is how many epochs its schedule lasts (a learning rate that falls, priors that
    are held at first), 0 without one; patience is counted from there. ``has_ratings`` says whether
    it predicts ratings. One that does not is never asked for errors; its objective, which then gets
    0, is all that is watched, and nothing stops it early.
    """

    n_steps: int
    n_scheduled: int
    has_ratings: bool

    def begin_epoch(self) -> None:
        """Prepare an epoch (draw its order)."""

    def step(self, index: int) -> None:
        """Do one step, a few milliseconds of work."""

    def end_epoch(self) -> None:
        """Finish an epoch (re-estimate priors)."""

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Compute Σ (r − r̂)² over ratings start to stop: raw, and with r̂ clipped.

        The trainer numbers them in whichever order it likes, the same as long as it is measuring.
        """

    def objective(self, squared_error: float) -> float:
        """Compute the regularised objective, given Σ (r − r̂)² over the training ratings."""

    def snapshot(self) -> Any:
        """Return an immutable fitted model with the present parameters."""

    def state(self, snapshot: Any = None) -> dict[str, Any]:
        """Return everything that changes: parameters, optimiser, generator, order.

        Arrays that ``snapshot``, of the same moment, holds as well are its own; all others are
        copies.
        """

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to continue training from this state, also in the middle of an epoch."""

    settings: dict[str, Any]
    shape: tuple[int, int, int]
    state: dict[str, Any]
    position: dict[str, Any]


# Σ e² on the training ratings, training RMSE, validation RMSE.
_Measured = tuple[float, float | None, float | None]


@dataclass
class _Position:
    """How far a training is: epochs, step, best model."""

    history: list[Epoch] = field(default_factory=list)
    step: int = 0  # the next step of the epoch under way; 0 before it has begun
    seconds: float = 0.0  # of the epoch under way
    waited: int = 0  # epochs since the best one, or since the end of the schedule if that is later
    best: Any = None  # fitted model of the best epoch; None without validation
    best_epoch: int | None = None
    stopped_early: bool = False


class Training:
    """One course of training, advanced in slices.

    Attributes
    ----------
    history : the Epochs so far, the initial state first.
    n_epochs : epochs planned.
    best_epoch : the epoch of lowest validation RMSE so far; None without validation.
    stopped_early : True once ``patience`` epochs have passed without a better one, those of a
        schedule (``Trainer.n_scheduled``) not counted.
    """

    def __init__(
        self,
        trainer: Trainer,
        settings: dict[str, Any],
        train: Ratings,
        validation: Ratings | None = None,
        *,
        n_epochs: int,
        patience: int | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.trainer = trainer
        self.settings = settings
        self.train = train
        self.size = plain(train)[1].size  # of one unit of what is trained on, in rating units
        self.validation = validation if validation is not None and len(validation) else None
        self.n_epochs = n_epochs
        self.patience = patience
        self._at = _Position()
        self._latest: Any = None  # fitted model of the present moment, once somebody asked for it
        if checkpoint is None:
            began = time.perf_counter()
            with one_blas_thread():
                self._close_epoch(self._measure(), began)
        else:
            if checkpoint.shape != self._shape:
                raise SettingsError(
                    Text(
                        "This checkpoint belongs to other ratings: users, items or ratings "
                        "differ in number. Start from the ratings it was made with."
                    )
                )
            trainer.restore(copy.deepcopy(checkpoint.state))
            position = dict(checkpoint.position)
            # The course goes on in a list of its own; the epochs themselves never change.
            position["history"] = position["history"][: position.pop("n_epochs")]
            self._at = _Position(**position)
            self._at.stopped_early = False

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.train.n_users, self.train.n_items, self.train.n_ratings

    @property
    def history(self) -> Epochs:
        """The epochs so far, the initial state first."""
        return Epochs(self._at.history, len(self._at.history))

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return self._at.history[-1].number

    @property
    def touched_an_epoch(self) -> int:
        """How many ratings an epoch reads to learn from: each once, or as the trainer says."""
        return len(self.train) * getattr(self.trainer, "n_reads", 1)

    @property
    def best_epoch(self) -> int | None:
        """Epoch of the lowest validation RMSE so far; None without validation."""
        return self._at.best_epoch

    @property
    def best(self) -> Any:
        """The fitted model of the best epoch so far; None without validation."""
        return self._at.best

    @property
    def stopped_early(self) -> bool:
        """Whether training ended because validation no longer improved."""
        return self._at.stopped_early

    @stopped_early.setter
    def stopped_early(self, stopped: bool) -> None:
        self._at.stopped_early = stopped

    @property
    def finished(self) -> bool:
        """Whether all planned epochs are done, or training stopped early."""
        return self.stopped_early or self.epoch >= self.n_epochs

    def extend(self, n_epochs: int) -> None:
        """Plan ``n_epochs`` more from the present epoch, also after early stopping."""
        self.n_epochs = self.epoch + n_epochs
        self._at.stopped_early = False
        self._at.waited = 0

    def recall(self, epochs: Sequence[Epoch]) -> None:
        """Take back the times of epochs that were trained before, where the errors are the same."""
        history = self._at.history
        for before, now in zip(epochs, list(history), strict=False):
            if dataclasses.replace(now, seconds=before.seconds) == before:
                history[before.number] = before

    def advance(self, max_seconds: float = 0.05) -> Epoch | None:
        """Train for at most about ``max_seconds``; return the Epoch if one ends, else None.

        Returns None at once when the training is finished.

        Raises
        ------
        DivergedError
            If the predictions have left the finite numbers, or the scale by far.
        """
        if self.finished:
            return None
        with one_blas_thread():
            return self._advance(max_seconds)

    def _advance(self, max_seconds: float) -> Epoch | None:
        began = time.perf_counter()
        at, trainer = self._at, self.trainer
        self._latest = None
        if at.step == 0:
            trainer.begin_epoch()
        while at.step < trainer.n_steps:
            trainer.step(at.step)
            at.step += 1
            if time.perf_counter() - began >= max_seconds and at.step < trainer.n_steps:
                at.seconds += time.perf_counter() - began
                return None
        trainer.end_epoch()
        return self._close_epoch(self._measure(), began)

    def _measure(self) -> _Measured:
        if not self.trainer.has_ratings:
            return 0.0, None, None
        raw, clipped = self._squared_errors(self.train)
        validation_rmse = None
        if self.validation is not None:
            _, outside = self._squared_errors(self.validation)
            validation_rmse = self.size * math.sqrt(outside / len(self.validation))
        return raw, self.size * math.sqrt(clipped / len(self.train)), validation_rmse

    def _squared_errors(self, ratings: Ratings) -> tuple[float, float]:
        sums = [
            self.trainer.squared_errors(ratings, start, stop)
            for start, stop in cut(len(ratings), _MEASURED_AT_ONCE)
        ]
        return math.fsum(raw for raw, _ in sums), math.fsum(clipped for _, clipped in sums)

    def _close_epoch(self, measured: _Measured, began: float) -> Epoch:
        raw, train_rmse, validation_rmse = measured
        at = self._at
        number = at.history[-1].number + 1 if at.history else 0
        loss = self.size**2 * self.trainer.objective(raw)
        far = _DIVERGED_AT * self.train.scale.width * math.sqrt(len(self.train))
        if not math.isfinite(loss) or math.sqrt(raw) > far:
            raise DivergedError(
                Text(
                    "Training diverged in epoch {number}: predictions left all bounds. Use a "
                    "smaller learning rate or more regularisation.",
                    number=number,
                )
            )
        seconds = at.seconds + time.perf_counter() - began
        epoch = Epoch(number, train_rmse, validation_rmse, loss, seconds)
        at.history.append(epoch)
        at.step, at.seconds = 0, 0.0
        self._watch(epoch)
        return epoch

    def _watch(self, epoch: Epoch) -> None:
        """Keep the best epoch; stop after ``patience`` epochs without a better one.

        As long as a schedule lasts the error may still fall because of it, and nothing stops: what
        the first epochs say of the last is little while the rate or the priors change.
        """
        at = self._at
        if epoch.validation_rmse is None:
            return
        lowest = math.inf if at.best_epoch is None else self._rmse_of(at.best_epoch)
        if is_better(epoch.validation_rmse, lowest, self.size):
            at.best, at.best_epoch, at.waited = self.latest, epoch.number, 0
            return
        if epoch.number <= self.trainer.n_scheduled:
            return
        at.waited += 1
        at.stopped_early = self.patience is not None and at.waited >= self.patience

    def _rmse_of(self, number: int) -> float:
        rmse = self._at.history[number].validation_rmse
        assert rmse is not None
        return rmse

    def __iter__(self) -> Iterator[Epoch]:
        """The epochs so far, then those to come, each as soon as it ends."""
        yield from self.history
        while not self.finished:
            epoch = self.advance(math.inf)
            if epoch is not None:
                yield epoch

    def snapshot(self) -> Any:
        """Return the present fitted model; once finished, that of the best validation epoch."""
        if self.finished and self._at.best is not None:
            return self._at.best
        return self.latest

    @property
    def latest(self) -> Any:
        """The fitted model with the parameters as they are now, one for all who ask."""
        if self._latest is None:
            self._latest = self.trainer.snapshot()
        return self._latest

    def checkpoint(self) -> Checkpoint:
        """Return everything needed to continue: parameters, optimiser, generator, position.

        It shares its arrays with the fitted model of the same moment (``latest``).
        """
        # The list of epochs only grows: all checkpoints share it, and know how much is theirs.
        position = {**vars(self._at), "n_epochs": len(self._at.history)}
        return Checkpoint(
            dict(self.settings), self._shape, self.trainer.state(self.latest), position
        )
