"""A run: an experiment being trained, or trained, for all who look at it.

Whoever looks reads plain attributes; only the worker (``registry``) trains. How far it trains is
what those who look at it want (``ask``): the furthest wish counts, and who holds still holds
nobody else.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Hashable, Iterator, Sequence
from typing import Literal

from recsys_core.asking.projection import Basis
from recsys_core.errors import FactorscopeError
from recsys_core.experiments import Experiment, ExperimentTraining, Record
from recsys_core.experiments.scores import Score
from recsys_core.experiments.view import Moment
from recsys_core.models import FittedModel
from recsys_core.runs.background_jobs import PILOT, Axes, pilot_fit
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.before import Before
from recsys_core.runs.history import History
from recsys_core.runs.playback import resolve
from recsys_core.runs.results import Chosen, Results
from recsys_core.runs.snapshots import Snapshots
from recsys_core.runs.wishes import Pace, Wishes
from recsys_core.runs.worker import Worker
from recsys_core.text import Text
from recsys_core.training import Checkpoint, Epoch

log = logging.getLogger("factorscope")

# How many bytes of models, and of checkpoints, are trained again for a run that came back.
GAPS = 16 << 20

Status = Literal["paused", "training", "finished", "failed"]


class Run:
    """An experiment being trained, or trained.

    Attributes
    ----------
    stream : text that names it in browsers; ``course`` names its training in the database.
    experiment : what is run; ``ratings`` and ``split`` are its.
    model, settings : the model once all forks are taken, and all its settings.
    n_epochs : epochs planned.
    baselines : what it is measured against.
    history : its epochs, and the fitted models and checkpoints that are kept.
    axes : what all fitted models kept are seen through.
    wishes, pace : how far it is wanted trained, and how long an epoch takes.
    results : its record and its test scores.
    message : why it failed, "" where it did not.
    rewinding : a fork, or a run that came back, that has still to be retraced to its epoch.
    interrupted : it was cut off in the midst of training and has not gone on since.
    version : counts whatever changes.
    lock, clock : the registry's.
    brought : its model came from a file (``brought.BroughtRun``).
    unsplit : nobody knows which ratings were held out.
    """

    brought = False
    unsplit = False

    def __init__(
        self,
        worker: Worker,
        experiment: Experiment,
        baselines: Baselines,
        parent: Run | None = None,
        epoch: int = 0,
        before: Before | None = None,
    ) -> None:
        self.stream = uuid.uuid4().hex[:12]
        self.course = uuid.uuid4().hex if before is None else before.course
        self.experiment = experiment
        self.ratings = experiment.make_ratings()
        self.split = experiment.make_split()
        self.baselines = baselines
        self.results = Results(experiment, self.split, baselines)
        self.wishes, self.pace = Wishes(), Pace()
        self.message: str = ""
        self.rewinding = False
        self.version = 0
        self._worker, self.lock, self.clock = worker, worker.lock, worker.clock
        self._slice = 0.05  # how long the worker's turns with it are now, in seconds
        self._before, self._came_back = before, before is not None  # the first until looked at
        self._waking = threading.Lock()
        self._gaps = False  # epochs of before whose models are trained again when looked at
        self._fills_gaps = False
        self._from_start = False  # nothing of before was kept: all its models are trained again
        self._best_before: int | None = None
        self._jobs: Iterator[None] | None = None
        self.interrupted = False
        if before is not None:
            self._return(before)
            return
        if parent is None:
            self._begin(ExperimentTraining(experiment, self.split))
            self.axes, self.history = Axes(), History()
            self.history.keep(*self._moment())
        else:
            self._branch_off(parent, epoch)
        self._jobs = self._prepare(self.clock())

    def _begin(self, course: ExperimentTraining) -> None:
        self._began = course
        self.model, self.settings = course.final_model, course.final_settings
        self.n_epochs = course.n_epochs
        self._finished = course.finished

    @property
    def _course(self) -> ExperimentTraining:
        """Its training; of a run that came back it is made when it is first asked for."""
        self.awaken()
        return self._began

    @property
    def asleep(self) -> bool:
        """Whether it came back and was not looked at yet: only its numbers are in memory."""
        return self._before is not None

    def _moment(self) -> tuple[Sequence[Epoch], FittedModel, Checkpoint]:
        """What is kept of the epoch that training has just ended."""
        training = self._course.training
        return training.history, training.latest, training.checkpoint()

    def _branch_off(self, parent: Run, epoch: int) -> None:
        """Take over a parent's past up to an epoch; what changes are the settings from there on."""
        parent.awaken()
        moment = parent.checkpoints.at_or_before(epoch)
        assert moment is not None  # epoch 0 is always kept
        # Raises where the settings do not fit.
        self._begin(ExperimentTraining(self.experiment, self.split, moment.value, moment.epoch))
        self.axes = Axes(parent.basis, parent.pilot)
        self.history = History.until(parent.history, epoch)
        self.rewinding = moment.epoch < epoch
        if not self.rewinding:
            self.history.keep(*self._moment())  # seen through the changed settings

    # --- coming back ----------------------------------------------------------------------------

    def _return(self, before: Before) -> None:
        """Take over its numbers from before; all else is loaded when it is looked at."""
        model = self.experiment.make_model()
        self.model = model.with_settings(dict(before.settings)) if self.experiment.forks else model
        self.settings = dict(before.settings)
        self.n_epochs, self._finished, self.message = (
            before.n_epochs, before.finished, before.message,
        )  # fmt: skip
        self.interrupted = before.interrupted
        self.axes, self.history = Axes(), History()
        self.history.epochs, self.history.epoch = before.epochs, before.epochs[-1].number

    def awaken(self) -> None:
        """Load what is kept of a run that came back; at once where it did not, or is loaded."""
        if self._before is None:
            return
        # Without the lock of all runs: loading takes a while, and nobody reads what it sets
        # before it is over.
        with self._waking:
            before = self._before
            if before is None:
                return
            fresh = ExperimentTraining(self.experiment, self.split)
            kept = before.load(self.split.train)
            course, history = fresh, self.history
            history.frames.add(0, fresh.training.latest)
            history.checkpoints.add(0, fresh.training.checkpoint())
            if kept.checkpoint is not None:
                at = kept.checkpoint.position["n_epochs"] - 1
                course = ExperimentTraining(self.experiment, self.split, kept.checkpoint, at)
                course.resume(before.n_epochs, before.epochs, before.early)
                if kept.model is not None and before.best_epoch is not None:
                    if 0 < before.best_epoch < at:
                        history.frames.add(before.best_epoch, kept.model)
                if at > 0:
                    history.frames.add(at, course.training.latest)
                    history.checkpoints.add(at, kept.checkpoint)
            self._began = course
            if before.finished:
                history.final = kept.model
                if history.final is None and course.training.epoch == self.epoch:
                    history.final = course.training.snapshot()
            self.rewinding = course.training.epoch < self.epoch and not self.message
            self._gaps, self._from_start = course is not fresh, course is fresh
            self._best_before = before.best_epoch
            self._jobs = None if self.message else self._prepare(self.clock())
            self.version += 1
            self._before = None
        self._worker.wake()

    def _fill_gaps(self) -> Iterator[None]:
        """Train again, not shown, what came back without its models: same seed, same bits."""
        course, again = ExperimentTraining(self.experiment, self.split), History()

        def note() -> None:
            training = course.training
            again.keep(training.history, training.latest, training.checkpoint())
            while max(again.frames.nbytes, again.checkpoints.nbytes) > GAPS:
                if not (again.frames.thin() or again.checkpoints.thin()):
                    break

        note()
        while again.epoch < self.epoch and not course.finished:
            if course.advance(self._slice) is not None:
                note()
            if again.epoch == self.epoch:
                break
            yield
        with self.lock:
            if again.epoch == self.epoch:
                self.history.frames, self.history.checkpoints = again.frames, again.checkpoints
            self._gaps = False
            self.version += 1

    # --- what is kept of its past ---------------------------------------------------------------

    @property
    def epochs(self) -> Sequence[Epoch]:
        """All epochs so far, the initial state first."""
        return self.history.epochs

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.history.epoch

    @property
    def frames(self) -> Snapshots[FittedModel]:
        """The fitted models kept, by epoch."""
        self.awaken()
        return self.history.frames

    @property
    def checkpoints(self) -> Snapshots[Checkpoint]:
        """The checkpoints kept, by epoch."""
        self.awaken()
        return self.history.checkpoints

    @property
    def best_epoch(self) -> int | None:
        """The epoch of lowest validation RMSE so far; None without validation."""
        before = self._before
        if before is not None:
            return before.best_epoch
        return self._best_before if self.rewinding else self._began.training.best_epoch

    def epoch_at(self, moment: Moment | None) -> int:
        """The epoch that a moment means now; without one, a model without epochs is shown trained:
        it has no Play to wait for.
        """
        if moment is None and not self.model.has_epochs:
            return self.epoch
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
        self.awaken()
        with self.lock:
            final = self.history.final
            if final is not None and epoch == self.epoch_at("best"):
                return epoch, final  # the best epoch is kept, however much is thinned
            moment = self.frames.nearest(epoch)
            if self._gaps and moment.epoch != epoch and not self.rewinding:
                self._fills_gaps, self._gaps = True, False
                self._worker.wake()
            return moment.epoch, moment.value

    # --- where it stands ------------------------------------------------------------------------

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
        return self.wants_training or self._jobs is not None or self._fills_gaps

    @property
    def stopped_early(self) -> bool:
        """Whether it ended because validation no longer improved."""
        before = self._before
        return self._began.training.stopped_early if before is None else before.early

    @property
    def wants_training(self) -> bool:
        """Whether there are epochs to do now."""
        return not (self.message or self._finished) and self.epoch < self.wishes.furthest

    @property
    def size(self) -> float:
        """One unit of what it is trained on, in rating units: their spread, or 1."""
        return self._course.training.size

    @property
    def touched_an_epoch(self) -> int:
        """How many ratings an epoch reads to learn from."""
        return self._course.training.touched_an_epoch

    @property
    def seconds_an_epoch(self) -> float | None:
        """How long an epoch takes, others' work in between included; None until one is known."""
        return self.pace.seconds

    @property
    def basis(self) -> Basis | None:
        """The projection that all frames are drawn by; None until it is found."""
        return self.axes.basis

    @property
    def basis_pending(self) -> bool:
        """Whether it is still to be found."""
        return self.axes.pending

    @property
    def pilot(self) -> FittedModel | None:
        """The fitted model that it was found from."""
        return self.axes.pilot

    # --- what it comes to -----------------------------------------------------------------------

    @property
    def record_is_ready(self) -> bool:
        """Whether ``record`` has one to give, of the best epoch or the last."""
        best = self.best_epoch
        ahead = best is not None and best > self.epoch
        return not (self.wants_training or self.rewinding or self.message or ahead)

    def record(self, epoch: int | None = None) -> Record | None:
        """What is kept of it: of the best epoch, or the last; or as it was at another epoch.

        None while it trains, when numbers would not agree, and where the model of that epoch has
        been let go to save memory.
        """
        self.awaken()
        with self.lock:
            training, results = self._course.training, self.results
            if not self.record_is_ready:
                return None
            chosen = Chosen.of(training, self.history, results.tested, epoch)
        return results.record(chosen)

    @property
    def tested(self) -> list[Score] | None:
        """The test scores; None until somebody asked for them."""
        return self.results.tested

    def test_scores(self) -> list[Score]:
        """How good on the test part, the run first, then the baselines; computed once, when asked.

        The run's are of its best epoch, or of the last without validation.

        Raises
        ------
        SettingsError
            If the split has no test part, or the run still trains.
        """
        if self.tested is not None:
            return self.tested
        return self.results.test(self.model.title, self.record())

    # --- what can be done -----------------------------------------------------------------------

    def ask(self, who: Hashable, until: int | None = None) -> None:
        """Ask, as ``who``, that it be trained up to an epoch (None: to its end).

        Another wish of the same one takes the place of the last; whoever is gone wants nothing.
        """
        with self.lock:
            self.wishes.note(who, self.n_epochs if until is None else min(until, self.n_epochs))
            if not self.wants_training:
                self.pace.rest()
            elif self.interrupted:
                self.interrupted = False  # it goes on
            self.version += 1
            self._worker.wake()

    # --- what the worker does -------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """Work on the run for about ``seconds``."""
        self._slice = seconds
        until = self.clock() + seconds
        try:
            if self.wants_training:
                self.awaken()
            more = self.wants_training and not self.rewinding
            while more:
                self._worker.give_way()
                more = self._train(max(until - self.clock(), 0.001)) and self.clock() < until
            if self._jobs is None and self._fills_gaps:
                self._jobs, self._fills_gaps = self._fill_gaps(), False
            if self._jobs is not None:
                if next(self._jobs, "done") == "done":
                    self._jobs = None
                self.version += 1
        except FactorscopeError as error:
            self._fail(error.text)
        except Exception:
            log.exception("%s failed.", self.model.title)
            self._fail(Text("Training met an error of ours and stopped; start a new run."))

    def _train(self, seconds: float) -> bool:
        """Advance by one epoch at most, and keep what comes of it; whether more is wanted."""
        course = self._course
        self.results.begin()
        epoch = course.advance(seconds)
        if epoch is None and not course.finished:
            return self.wants_training
        # Copied before: pages wait for the lock, so it is held for no longer than it must be.
        kept = None if epoch is None else self._moment()
        final = course.training.snapshot() if course.finished else None
        with self.lock:
            if kept is not None:
                self.history.keep(*kept)
                self.results.end_epoch()
                self._worker.n_epochs += 1
            if course.finished:
                self.history.final = final
                self._finished = True
            more = self.wants_training
            if kept is not None:
                self.pace.note(self.clock(), more)
            self.version += 1
        return more

    def _fail(self, message: Text) -> None:
        with self.lock:
            self.message = message
            self._jobs, self.axes.pending = None, False
            self.version += 1

    # --- beside its epochs ----------------------------------------------------------------------

    def _prepare(self, made: float) -> Iterator[None]:
        """Do the jobs beside training: train a fork up to its start, find axes, fit baselines."""
        while self.rewinding:
            self._retrace()
            yield
        if self.axes.pending:  # frames wait for it, so it comes before the baselines
            yield from self._find_axes(made)
        yield from self.baselines.fitting()

    def _retrace(self) -> None:
        """Train again, not shown, up to the epoch it goes on from: same seed, same bits."""
        course = self._course
        epoch = course.advance(self._slice)
        training = course.training
        if training.epoch < self.epoch and not course.finished:
            if epoch is not None and self._from_start:
                with self.lock:
                    self.history.frames.add(epoch.number, training.latest)
            return
        if self._came_back:
            training.recall(self.epochs)
        kept = self._moment()
        with self.lock:
            self.rewinding = False
            self.history.keep(*kept)
            if self._finished and self.history.final is None:
                self.history.final = training.snapshot()
            self.version += 1

    def _find_axes(self, made: float) -> Iterator[None]:
        """Find the axes along which the factors will spread most, by a short training of a copy.

        A run under way is its own pilot fit: after a moment it is ahead of the pictures that wait
        for the axes, however many train beside it. For one that waits to be wanted a copy is
        trained.
        """
        pilot = self.frames.nearest(0).value
        if pilot.has.factors:
            while self.wants_training and self.clock() - made < PILOT:
                yield
            if self.wants_training or self.status == "finished":
                # In the first epoch, the state of it that is reached.
                pilot = self.fitted_at(self.epoch) if self.epoch else self._course.training.latest
            else:
                twin = pilot_fit(self.model, self.split.train, self.clock, lambda: self._slice)
                found = yield from twin
                pilot = pilot if found is None else found
        self.axes.fit(pilot)
