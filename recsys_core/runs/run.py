"""A run: an experiment being trained, or trained, for all who look at it.

Whoever looks reads plain attributes; only the worker (``registry``) trains. How far it trains is
what those who look at it want (``ask``): the furthest wish counts, and who holds still holds
nobody else.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from recsys_core.errors import FactorscopeError, SettingsError
from recsys_core.experiments import Experiment, ExperimentTraining, Record
from recsys_core.experiments.scores import Score, scores
from recsys_core.experiments.view import Moment
from recsys_core.models import FittedModel
from recsys_core.runs.background_jobs import prepare
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.playback import resolve
from recsys_core.runs.snapshots import Snapshots
from recsys_core.text import Text
from recsys_core.training import Checkpoint, Epoch, Training, best_of

if TYPE_CHECKING:
    from recsys_core.asking.projection import Basis
    from recsys_core.runs.workspaces import Registry

log = logging.getLogger("factorscope")

Status = Literal["paused", "training", "finished", "failed"]


class Run:
    """An experiment being trained, or trained.

    Attributes
    ----------
    stream : text that names it in browsers.
    experiment : what is run; ``ratings`` and ``split`` are its.
    model, settings : the model once all forks are taken, and all its settings.
    epochs : list of Epoch, the initial state first; ``n_epochs`` are planned.
    message : why it failed, "" where it did not.
    frames : fitted models kept, by epoch; ``checkpoints`` likewise, fewer.
    basis : the one projection all frames are seen through; None until it is found
        (``basis_pending``), and for models without factors. ``pilot``: the fitted model it
        was found from.
    rewinding : a fork that has still to be retraced to its epoch.
    version : counts whatever changes.
    made : when it was made, on the registry's clock.
    slice : how long the worker's turns with it are now, in seconds.
    """

    def __init__(
        self,
        registry: Registry,
        experiment: Experiment,
        baselines: Baselines,
        parent: Run | None = None,
        epoch: int = 0,
    ) -> None:
        self.stream = uuid.uuid4().hex[:12]
        self.experiment = experiment
        self.ratings = experiment.make_ratings()
        self.split = experiment.make_split()
        self.baselines = baselines
        self.basis: Basis | None = None
        self.basis_pending = True
        self.pilot: FittedModel | None = None
        self.rewinding = False
        self.version = 0
        self.slice = 0.05
        self.message = ""
        self.tested: list[Score] | None = None
        self._registry = registry
        self.lock = registry.lock
        self.clock = registry.clock
        self.made = self.clock()
        self._wishes: WeakKeyDictionary[Hashable, int] = WeakKeyDictionary()
        self._wishing = threading.Lock()  # held for no more than a look: pages ask often
        self._record: tuple[object, Record] | None = None
        self._final: FittedModel | None = None
        self._ended: float | None = None  # when the last epoch ended, while more are wanted
        self._took: deque[float] = deque(maxlen=8)  # from the end of one to the end of the next
        if parent is None:
            self._begin(ExperimentTraining(experiment, self.split))
            self.epochs: list[Epoch] = list(self._course.training.history)
            self.frames: Snapshots[FittedModel] = Snapshots()
            self.checkpoints: Snapshots[Checkpoint] = Snapshots()
            self._keep(*_snapshot_of(self._course.training))
        else:
            self._branch_off(parent, epoch)
        self._jobs: Iterator[None] | None = prepare(self)

    def _begin(self, course: ExperimentTraining) -> None:
        self._course = course
        self.model, self.settings = course.final_model, course.final_settings
        self.n_epochs = course.n_epochs
        self._finished = course.finished

    def _keep(self, epoch: int, frame: FittedModel, checkpoint: Checkpoint) -> None:
        self.frames.add(epoch, frame)
        self.checkpoints.add(epoch, checkpoint)

    def _branch_off(self, parent: Run, epoch: int) -> None:
        """Take over a parent's past up to an epoch; what changes are the settings from there on."""
        moment = parent.checkpoints.at_or_before(epoch)
        assert moment is not None  # epoch 0 is always kept
        # Raises where the settings do not fit.
        self._begin(ExperimentTraining(self.experiment, self.split, moment.value, moment.epoch))
        self.basis, self.pilot = parent.basis, parent.pilot
        self.basis_pending = parent.basis is None
        self.epochs = [e for e in parent.epochs if e.number <= epoch]
        self.frames, self.checkpoints = parent.frames.until(epoch), parent.checkpoints.until(epoch)
        self.rewinding = moment.epoch < epoch
        if not self.rewinding:
            self._keep(*_snapshot_of(self._course.training))  # seen through the changed settings

    def retrace(self, seconds: float) -> None:
        """Train again, silently, towards the epoch a fork starts from: same seed, same bits."""
        course = self._course
        course.advance(seconds)
        with self.lock:
            if course.training.epoch >= self.epoch:
                self.rewinding = False
                self._keep(*_snapshot_of(course.training))
                self.version += 1

    # --- what can be asked ----------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.epochs[-1].number

    @property
    def status(self) -> Status:
        """Whether it trains, waits to be wanted, is finished, or failed."""
        if self.message:
            return "failed"
        if self._finished:
            return "finished"
        return "training" if self.wants_training else "paused"

    @property
    def busy(self) -> bool:
        """Whether something is going on, so that pages should look again soon."""
        return self.wants_training or self._jobs is not None

    @property
    def wants_training(self) -> bool:
        """Whether there are epochs to do now."""
        return not (self.message or self._finished) and self.epoch < self.wanted

    @property
    def wanted(self) -> int:
        """The epoch up to which somebody wants it trained."""
        with self._wishing:
            return max(self._wishes.values(), default=0)

    def wish(self, who: Hashable) -> int:
        """The epoch up to which ``who`` wants it trained."""
        with self._wishing:
            return self._wishes.get(who, 0)

    @property
    def best_epoch(self) -> int | None:
        """The epoch of lowest validation RMSE so far; None without validation."""
        return None if self.rewinding else self._course.training.best_epoch

    @property
    def stopped_early(self) -> bool:
        """Whether it ended because validation no longer improved."""
        return self._course.training.stopped_early

    def epoch_at(self, moment: Moment | None) -> int:
        """The epoch that a moment means now."""
        return resolve(moment, self.epoch, self._finished, self.best_epoch)

    @property
    def fitted(self) -> FittedModel:
        """The latest; of a finished run, that of the best validation epoch."""
        return self.fitted_at(self.epoch_at("best"))

    def fitted_at(self, epoch: int) -> FittedModel:
        """The one kept nearest to an epoch."""
        return self.snapshot_near(epoch)[1]

    def snapshot_near(self, epoch: int) -> tuple[int, FittedModel]:
        """The epoch nearest to this one whose fitted model is kept, and the fitted model."""
        with self.lock:
            if self._final is not None and epoch == self.epoch_at("best"):
                return epoch, self._final  # the best epoch is kept, however much is thinned
            moment = self.frames.nearest(epoch)
            return moment.epoch, moment.value

    @property
    def seconds_an_epoch(self) -> float | None:
        """How long an epoch takes, others' work in between included; None until one is known."""
        took = list(self._took)
        return sum(took) / len(took) if took else None

    def ahead(self) -> FittedModel:
        """The latest fitted model; in the first epoch, that under way. The worker alone may ask."""
        return self.fitted_at(self.epoch) if self.epoch else self._course.training.snapshot()

    def record(self, epoch: int | None = None) -> Record | None:
        """What is kept of it: of the best epoch, or the last; or as it was at another epoch.

        None while it trains, when numbers would not agree, and where the model of that epoch has
        been let go to save memory.
        """
        with self.lock:
            training, epochs = self._course.training, list(self.epochs)
            best_epoch, model = training.best_epoch, training.best
            ahead = best_epoch is not None and best_epoch > epochs[-1].number
            if self.wants_training or self.rewinding or self.message or ahead:
                return None
            if epoch is not None and epoch != best_epoch:
                epochs, model = epochs[: epoch + 1], None
                best_epoch = best_of(epochs)
            at = epoch if epoch is not None else best_epoch
            at = epochs[-1].number if at is None else at
            moment, tested = self.frames.nearest(at), self.tested
        sign = (at, len(epochs), tested is not None)
        if self._record is None or self._record[0] != sign:
            if model is None and moment.epoch != at:
                return None
            model = moment.value if model is None else model
            record = Record.of(
                self.experiment, self.split, epochs, best_epoch, at, model, training.settings
            )
            if tested is not None and epoch is None:
                record = record.with_test(tested[0])
            self._record = sign, record
        return self._record[1]

    def test_scores(self) -> list[Score]:
        """How good on the test part, the run first, then the baselines; computed once, when asked.

        The run's are of its best epoch, or of the last without validation.

        Raises
        ------
        SettingsError
            If the split has no test part, or the run still trains.
        """
        if self.tested is None:
            test, record = self.split.test, self.record()
            if test is None or not len(test):
                raise SettingsError(
                    Text(
                        "This split keeps no ratings for testing; choose one with a test part "
                        "on the "
                        "Data page."
                    )
                )
            if record is None:
                raise SettingsError(Text("The run is still at work; wait until it pauses or ends."))
            named = [(self.model.title, record.fitted)]
            named += [(model.title, model.snapshot()) for model in self.baselines.fit()]
            self.tested = [scores(name, fitted, test) for name, fitted in named]
        return self.tested

    # --- what can be done -----------------------------------------------------------------------

    def ask(self, who: Hashable, until: int | None = None) -> None:
        """Have it trained up to an epoch (None: to its end), as far as ``who`` is concerned.

        Another wish of the same one takes the place of the last; whoever is gone wants nothing.
        """
        with self.lock:
            with self._wishing:
                self._wishes[who] = self.n_epochs if until is None else min(until, self.n_epochs)
            if not self.wants_training:
                self._ended = None  # how long it waits now is no part of an epoch
            self.version += 1
            self._registry.wake()

    # --- what the worker does -------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """One turn of about ``seconds``."""
        self.slice = seconds
        until = self.clock() + seconds
        try:
            while self.wants_training and not self.rewinding:
                self._registry.give_way()
                self._train(max(until - self.clock(), 0.001))
                if self.clock() >= until:
                    break
            if self._jobs is not None:
                if next(self._jobs, "done") == "done":
                    self._jobs = None
                self.version += 1
        except FactorscopeError as error:
            self._fail(str(error))
        except Exception:
            log.exception("%s failed.", self.model.title)
            self._fail("Training met an error of ours and stopped; start a new run.")

    def _train(self, seconds: float) -> None:
        """Advance by one epoch at most, and keep what comes of it."""
        course = self._course
        epoch = course.advance(seconds)
        if epoch is None and not course.finished:
            return
        # Copied before: pages wait for the lock, so it is held for no longer than it must be.
        kept = None if epoch is None else _snapshot_of(course.training)
        final = course.training.snapshot() if course.finished else None
        with self.lock:
            now = self.clock()
            if epoch is not None and kept is not None:
                self._keep(*kept)
                self.epochs.append(epoch)
                self.tested = None  # that was another model
                if self._ended is not None:
                    self._took.append(now - self._ended)
            if course.finished:
                self._final = final
                self._finished = True
            self._ended = now if self.wants_training else None
            self.version += 1

    def _fail(self, message: str) -> None:
        with self.lock:
            self.message = message
            self._jobs, self.basis_pending = None, False
            self.version += 1


def _snapshot_of(training: Training) -> tuple[int, FittedModel, Checkpoint]:
    """What is kept of an epoch."""
    return training.epoch, training.trainer.snapshot(), training.checkpoint()
