"""One run: an experiment being trained, with all that can be asked of it and done to it.

Whoever looks reads plain attributes; only the worker (``workspaces``) trains. What a person wants
(play, pause, step …) is noted under the registry's lock and taken up at the worker's next turn.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from recsys_core.errors import FactorscopeError, SettingsError
from recsys_core.experiments import Experiment, ExperimentTraining, Record
from recsys_core.experiments.scores import Score, scores
from recsys_core.models import Recommender
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.errands import prepare
from recsys_core.runs.kept import Kept
from recsys_core.training import Checkpoint, Epoch, Training, best_of

if TYPE_CHECKING:
    from recsys_core.projection import Basis
    from recsys_core.runs.workspaces import Workspace

log = logging.getLogger("factorscope")

Status = Literal["paused", "playing", "finished", "failed"]

# Epochs a second a person may choose; None is as fast as possible.
SPEEDS: tuple[float | None, ...] = (1.0, 5.0, 20.0, None)

# A run catches up with its pace when the machine had other things to do for less than this.
_CATCHES_UP = 1.0

# From this many ratings on, an epoch takes long enough to be watched as it is.
_UNPACED_FROM = 500_000


def usual_speed(n_epochs: int, n_ratings: int) -> float | None:
    """The offered speed at which a small run lasts about ten seconds; None for large data."""
    wanted = max(n_epochs, 1) / 10
    if n_ratings >= _UNPACED_FROM or wanted > 60:
        return None
    return min((s for s in SPEEDS if s), key=lambda s: abs(math.log(s / wanted)))


class Run:
    """An experiment being trained, or trained.

    Attributes
    ----------
    id : text that names the run in the browser; ``owner`` names the browser.
    experiment : what is run; ``ratings`` and ``split`` are its.
    model, settings : the model once all forks are taken, and all its settings.
    name, color_index : what it is called; colours go by creation.
    group : "" for a person's own; else what it belongs to ("Replica 2").
    status : "paused", "playing", "finished" or "failed"; ``message`` says why it failed.
    epochs : list of Epoch, the initial state first; ``n_epochs`` are planned.
    speed : epochs per second; None is as fast as possible.
    frames : predictors kept, by epoch; ``checkpoints`` likewise, fewer.
    basis : the one projection all frames are seen through; None until it is found
        (``basis_pending``), and for models without factors. ``scouted``: what it was found from.
    rewinding : a fork that has still to be retraced to its epoch; it cannot play yet.
    seen : when somebody last looked at it, on the registry's clock.
    """

    def __init__(
        self,
        workspace: Workspace,
        experiment: Experiment,
        color_index: int,
        baselines: Baselines,
        group: str = "",
        parent: Run | None = None,
        epoch: int = 0,
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.owner = workspace.owner
        self.experiment = experiment
        self.ratings = experiment.make_ratings()
        self.split = experiment.make_split()
        self.name = ""
        self.color_index = color_index
        self.group = group
        self.visible = True
        self.courses = 0
        self.baselines = baselines
        self.basis: Basis | None = None
        self.basis_pending = True
        self.scouted: Recommender | None = None
        self.rewinding = False
        self._workspace = workspace
        self._registry = workspace.registry
        self._lock = workspace.registry.lock
        self.clock = workspace.registry.clock
        self.seen = self.clock()
        if parent is None:
            self._take_up(ExperimentTraining(experiment, self.split))
            self.speed = usual_speed(self.n_epochs, self.split.train.n_ratings)
        else:
            self._branch_off(parent, epoch)
        self._errands: Iterator[None] | None = prepare(self)

    def _take_up(self, course: ExperimentTraining) -> None:
        """Make a course of training the run's own, with nothing behind it but what it brings."""
        training = course.training
        self.courses += 1
        self._course = course
        self.model, self.settings = course.final_model, course.final_settings
        self.n_epochs = course.n_epochs
        self.epochs: list[Epoch] = list(training.history)
        self.frames: Kept[Recommender] = Kept()
        self.checkpoints: Kept[Checkpoint] = Kept()
        self.status: Status = "finished" if course.finished else "paused"
        if not self.model.has_epochs and not course.finished:
            self.status = "playing"  # a single pass: there is nothing to choose a moment in
        self.message = ""
        self.tested: list[Score] | None = None
        self._record: tuple[object, Record] | None = None
        self._final: Recommender | None = None
        self._steps = 0
        self._due = 0.0  # when the next epoch may begin
        self._ended: float | None = None  # when the last one ended, while playing
        self._took: deque[float] = deque(maxlen=8)  # from the end of one to the end of the next
        self._keep(training)

    def _keep(self, training: Training) -> None:
        self.frames.add(training.epoch, training.learner.snapshot())
        self.checkpoints.add(training.epoch, training.checkpoint())

    def _branch_off(self, parent: Run, epoch: int) -> None:
        """Take over a parent's past up to an epoch; what changes are the settings from there on."""
        moment = parent.checkpoints.at_or_before(epoch)
        assert moment is not None  # epoch 0 is always kept
        # Raises where the settings do not fit.
        self._take_up(ExperimentTraining(self.experiment, self.split, moment.thing, moment.epoch))
        self.speed = parent.speed
        self.basis, self.scouted = parent.basis, parent.scouted
        self.basis_pending = parent.basis is None
        self.epochs = [e for e in parent.epochs if e.number <= epoch]
        self.frames, self.checkpoints = parent.frames.until(epoch), parent.checkpoints.until(epoch)
        self.status = "paused"
        self.rewinding = moment.epoch < epoch
        if not self.rewinding:
            self._keep(self._course.training)  # seen through the changed settings

    def retrace(self, seconds: float) -> None:
        """Train again, silently, towards the epoch a fork starts from: same seed, same bits."""
        course = self._course
        course.advance(seconds)
        with self._lock:
            if course is self._course and course.training.epoch >= self.epoch:
                self.rewinding = False  # it can play
                self._keep(course.training)

    # --- what can be asked ----------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Epochs completed."""
        return self.epochs[-1].number

    @property
    def stream(self) -> str:
        """Names this course of training for whoever follows it; a reset begins another."""
        return f"{self.id}-{self.courses}"

    @property
    def busy(self) -> bool:
        """Whether something is going on, so that pages should look again soon."""
        return self.wants_training or self._errands is not None

    @property
    def wants_training(self) -> bool:
        """Whether there are epochs to do now."""
        return self.status == "playing" or self._steps > 0

    @property
    def best_epoch(self) -> int | None:
        """The epoch of lowest validation RMSE so far; None without validation."""
        return None if self.rewinding else self._course.training.best_epoch

    @property
    def stopped_early(self) -> bool:
        """Whether it ended because validation no longer improved."""
        return self._course.training.stopped_early

    @property
    def predictor(self) -> Recommender:
        """The latest; of a finished run, that of the best validation epoch."""
        return self._final or self.frames.nearest(self.epoch).thing

    def predictor_at(self, epoch: int | None) -> Recommender:
        """The one kept nearest to an epoch; None asks for ``predictor``."""
        return self.predictor if epoch is None else self.frames.nearest(epoch).thing

    @property
    def seconds_left(self) -> float | None:
        """How long the remaining epochs will take; None when not known yet."""
        per_epoch = 1 / self.speed if self.speed else 0.0
        took = list(self._took)
        if took:
            per_epoch = max(per_epoch, sum(took) / len(took))
        elif not self.speed:
            return None
        return (self.n_epochs - self.epoch) * per_epoch

    def record(self, epoch: int | None = None) -> Record | None:
        """What is kept of it: of the best epoch, or the last; or as it was at another epoch.

        None while it trains, when numbers would not agree, and where the model of that epoch has
        been let go to save memory.
        """
        with self._lock:
            training, epochs = self._course.training, list(self.epochs)
            best_epoch, model = training.best_epoch, training.best
            ahead = best_epoch is not None and best_epoch > epochs[-1].number
            if self.wants_training or self.rewinding or self.status == "failed" or ahead:
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
            model = moment.thing if model is None else model
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
                    "This split keeps no ratings for testing; choose one with a test part on the "
                    "Data page."
                )
            if record is None:
                raise SettingsError("The run is still at work; wait until it pauses or ends.")
            named = [(self.name, record.fitted)]
            named += [(model.title, model.snapshot()) for model in self.baselines.fit()]
            self.tested = [scores(name, predictor, test) for name, predictor in named]
        return self.tested

    # --- what can be done -----------------------------------------------------------------------

    def play(self) -> None:
        """Go on; after the last epoch, as many again."""
        with self._lock:
            if self.status == "failed" or not self.n_epochs or self._is_done:
                return
            if self.status == "finished":
                self._extend(self.settings.get("n_epochs") or self.n_epochs)
            self.status = "playing"
            self._due, self._ended = 0.0, None
            self._registry.wake()

    def pause(self) -> None:
        """Stop after the slice under way; nothing is lost."""
        with self._lock:
            if self.status == "playing":
                self.status = "paused"
            self._steps = 0

    def step(self) -> None:
        """Pause, and advance to the next epoch."""
        with self._lock:
            if self.status == "failed" or not self.n_epochs or self._is_done:
                return
            if self.status == "finished":
                self._extend(1)
            self.status = "paused"
            self._steps += 1
            self._due = 0.0
            self._registry.wake()

    @property
    def _is_done(self) -> bool:
        """Of a group's runs, tables are made: they end where they were meant to end."""
        return bool(self.group) and self.status == "finished"

    def _extend(self, n_epochs: int) -> None:
        self._course.training.extend(n_epochs)
        self.n_epochs = self._course.n_epochs
        self.tested, self._final = None, None

    def reset(self) -> None:
        """Back to epoch 0, paused."""
        course = ExperimentTraining(self.experiment, self.split)
        with self._lock:
            self.rewinding = False
            self._take_up(course)
            self._registry.wake()

    def set_speed(self, speed: float | None) -> None:
        """Epochs a second from now on; None is as fast as possible."""
        with self._lock:
            self.speed = speed
            self._due = 0.0
            self._took.clear()
            self._registry.wake()

    def fork(self, epoch: int, **changed: Any) -> Run:
        """A new run that goes on from an epoch of this one, with some settings changed.

        Where no checkpoint of that epoch is kept, the worker retraces the epochs since an earlier
        one before the fork can play.

        Raises
        ------
        SettingsError
            If the settings do not exist, or do not fit the checkpoint (the number of factors).
        """
        return self._workspace.fork(self, epoch, **changed)

    # --- what the worker does -------------------------------------------------------------------

    def work(self, seconds: float) -> float | None:
        """One turn of about ``seconds``; returns when the next is due, None when never."""
        until = self.clock() + seconds
        try:
            while self.wants_training and not self.rewinding and self._due <= self.clock():
                self._train(max(until - self.clock(), 0.001))
                if self.clock() >= until:
                    break
            if self._errands is not None and next(self._errands, "done") == "done":
                self._errands = None
        except FactorscopeError as error:
            self._fail(str(error))
        except Exception:
            log.exception("The run “%s” failed.", self.name)
            self._fail("Training met an error of ours and stopped; reset it, or start a new run.")
        if self._errands is not None:
            return self.clock()
        return self._due if self.wants_training else None

    def _train(self, seconds: float) -> None:
        """Advance by one epoch at most, and keep what comes of it."""
        course, began = self._course, self.clock()
        epoch = course.advance(seconds)
        if epoch is None and not course.finished:
            return
        with self._lock:
            if course is not self._course:
                return  # it was reset meanwhile
            now = self.clock()
            if epoch is not None:
                self._keep(course.training)
                self.epochs.append(epoch)
                self.tested = None  # that was another model
                if self._ended is not None:
                    self._took.append(now - self._ended)
            self._ended = now if self.status == "playing" else None
            self._steps = max(self._steps - 1, 0)
            if self.speed and self.status == "playing":
                # One period after it was due, so that the pace is kept; short delays are made up
                # for, long ones are not.
                on_time = began - self._due < _CATCHES_UP
                self._due = (self._due if on_time else began) + 1 / self.speed
            if course.finished:
                self._final = course.training.snapshot()
                self.status, self._steps = "finished", 0

    def _fail(self, message: str) -> None:
        with self._lock:
            self.status, self.message, self._steps = "failed", message, 0
            self._errands, self.basis_pending = None, False
