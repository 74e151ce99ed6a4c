"""Training an experiment, forks included, in slices or to its end.

Pages, replicas, benchmarks and the command line all train through ``ExperimentTraining``; ``run``
takes it to its end and keeps what came of it as a Record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from datetime import UTC, datetime
from typing import Any

from recsys_core.errors import SettingsError
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.record import Record
from recsys_core.models import FittedModel, Model
from recsys_core.splits import Split
from recsys_core.text import Text
from recsys_core.training import Checkpoint, Epoch, Training

# How long work in slices trains between two steps, in seconds.
SLICE = 0.05


class ExperimentTraining:
    """The training of an experiment: its model up to the first fork, then that fork's, and so on.

    Attributes
    ----------
    training : the Training under way.
    model : the Model it is of; a fork's has the settings of the one before written in.
    """

    def __init__(
        self,
        experiment: Experiment,
        split: Split,
        checkpoint: Checkpoint | None = None,
        epoch: int = 0,
    ) -> None:
        """Begin at the start, or go on from a checkpoint of ``epoch``.

        ``split`` is what ``experiment.make_split()`` gives.
        """
        self.experiment, self.split = experiment, split
        self._ahead = list(experiment.forks)
        self.model = experiment.make_model()
        while self._ahead and self._ahead[0].epoch < epoch:
            self.model = self._changed(self.model.resolve(split.train))
        self.training = self._start(checkpoint)
        self._apply_due_forks()

    def _changed(self, settings: dict[str, Any]) -> Model:
        """Return the model of the next fork, and remove that fork from those to come."""
        return self.model.with_settings(settings, **dict(self._ahead.pop(0).settings))

    def _start(self, checkpoint: Checkpoint | None) -> Training:
        return self.model.start(self.split.train, self.split.validation, checkpoint)

    @property
    def finished(self) -> bool:
        """Whether all planned epochs are done, or training stopped early, after the last fork."""
        return not self._ahead and self.training.finished

    @property
    def final_model(self) -> Model:
        """The model once all forks are taken, its settings written in; not trained."""
        model, settings = self.model, self.training.settings
        for fork in self._ahead:
            model = model.with_settings(settings, **dict(fork.settings))
            settings = model.resolve(self.split.train)
        return model

    @property
    def final_settings(self) -> dict[str, Any]:
        """All settings of ``final_model``."""
        if not self._ahead:
            return dict(self.training.settings)
        return self.final_model.resolve(self.split.train)

    @property
    def n_epochs(self) -> int:
        """Epochs planned in all, those after forks to come included."""
        n_epochs = self.training.n_epochs
        planned = self.training.settings.get("n_epochs")
        for fork in self._ahead:
            planned = int(dict(fork.settings).get("n_epochs", planned))  # type: ignore[arg-type]
            n_epochs = fork.epoch + _epochs_after(fork.epoch, planned)
        return n_epochs

    def resume(self, n_epochs: int, epochs: Sequence[Epoch], early: bool) -> None:
        """Be again where it was kept, beyond what its checkpoint says.

        ``n_epochs`` were planned in all, ``epochs`` were done, ``early`` says whether it had
        stopped early then.
        """
        training = self.training
        if not self._ahead:
            training.n_epochs = n_epochs
            training.stopped_early = early and training.epoch == epochs[-1].number
        training.recall(epochs)

    def advance(self, max_seconds: float = math.inf) -> Epoch | None:
        """Work at most about ``max_seconds``; the Epoch when one ends, else None.

        Raises
        ------
        DivergedError
            See ``Training.advance``.
        """
        if self._ahead and self.training.finished:
            # The fork lies past the planned end, or past an early stop: there it was told to go on.
            self.training.extend(self._ahead[0].epoch - self.training.epoch)
        epoch = self.training.advance(max_seconds)
        if epoch is not None:
            self._apply_due_forks()
        return epoch

    def _apply_due_forks(self) -> None:
        """Take every fork that begins at the present epoch."""
        while self._ahead and self._ahead[0].epoch <= self.training.epoch:
            epoch = self._ahead[0].epoch
            self.model = self._changed(self.training.settings)
            training = self._start(self.training.checkpoint())
            training.extend(_epochs_after(epoch, training.n_epochs))
            self.training = training


def _epochs_after(epoch: int, planned: int) -> int:
    """Compute the epochs that a fork at ``epoch`` trains: up to those planned, else as many."""
    return planned - epoch if planned > epoch else planned


def run(
    experiment: Experiment,
    *,
    until: int | None = None,
    at: int | None = None,
    keep: Container[int] = (),
    on_epoch: Callable[[Epoch, int], None] | None = None,
) -> Record:
    """Train an experiment to its end, and keep what came of it.

    ``until``: stop at exactly this epoch, whatever is planned or would stop it early. ``at``: the
    epoch whose model the record is of, instead of the best or the last. ``keep``: epochs whose
    trained models the record holds in ``snapshots``. ``on_epoch`` is called with each Epoch and the
    number planned.

    Raises
    ------
    MissingDataError
        If the ratings are not here.
    SettingsError
        If ``until`` or ``at`` is below 0, training ended before ``at``, or a setting has no
        meaning.
    RatingsError, DivergedError
        If the model cannot be trained on them.
    """
    for asked in (until, at):
        if asked is not None and asked < 0:
            raise SettingsError(
                Text("There is no epoch {asked}; they are numbered from 0.", asked=asked)
            )
    split = experiment.make_split()
    began = datetime.now(UTC)
    course = ExperimentTraining(experiment, split)
    snapshots: dict[int, FittedModel] = {}

    def note(epoch: Epoch) -> None:
        if epoch.number == at or epoch.number in keep:
            snapshots[epoch.number] = course.training.latest
        if on_epoch is not None:
            on_epoch(epoch, course.training.n_epochs)

    note(course.training.history[-1])
    while course.training.epoch != until:
        if course.finished:
            if until is None or not course.model.has_epochs:
                break
            course.training.extend(until - course.training.epoch)
        epoch = course.advance()
        if epoch is not None:
            note(epoch)
    training = course.training
    last = training.epoch if training.best_epoch is None else training.best_epoch
    model = training.latest if training.best is None else training.best
    if at is not None:
        if at not in snapshots:
            raise SettingsError(
                Text("Training ended at epoch {last}: there is no epoch {at}.", last=last, at=at)
            )
        last, model = at, snapshots.pop(at)
    return Record.of(
        experiment, course.split, training.history, training.best_epoch, last, model,
        training.settings, snapshots, began, datetime.now(UTC),
    )  # fmt: skip
