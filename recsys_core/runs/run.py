"""One run: a model learning some ratings, with all that can be asked of it and done to it.

Whoever looks reads plain attributes; only the worker (``workspaces``) trains. What a person wants
(play, pause, step …) is noted under the registry's lock and taken up at the worker's next turn.
"""

from __future__ import annotations

import copy
import dataclasses
import logging
import math
import uuid
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from recsys_core.errors import FactorscopeError, SettingsError
from recsys_core.models import Model, Recommender
from recsys_core.ratings import Ratings
from recsys_core.runs.errands import prepare
from recsys_core.runs.kept import Kept
from recsys_core.runs.scores import Baselines, Score, scores
from recsys_core.splits import Split
from recsys_core.training import Checkpoint, Epoch, Training

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
    """A model learning some ratings.

    Attributes
    ----------
    id : text that names the run in the browser; ``owner`` names the browser.
    name, color_index, model, settings, ratings, split : what it is; colours go by creation.
    status : "paused", "playing", "finished" or "failed"; ``message`` says why it failed.
    epochs : list of Epoch, the initial state first; ``n_epochs`` are planned.
    speed : epochs a second; None is as fast as possible.
    frames : predictors kept, by epoch; ``checkpoints`` likewise, fewer.
    basis : the one projection all frames are seen through; None until it is found
        (``basis_pending``), and for models without factors. ``scouted``: what it was found from.
    lineage : which model trained from which epoch on; more than one for a fork.
    rewinding : a fork that has still to be retraced to its epoch; it cannot play yet.
    """

    def __init__(
        self,
        workspace: Workspace,
        model: Model,
        ratings: Ratings,
        split: Split,
        color_index: int,
        parent: Run | None = None,
        epoch: int = 0,
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.owner = workspace.owner
        self.name = ""
        self.color_index = color_index
        self.model = model
        self.ratings = ratings
        self.split = split
        self.visible = True
        self.courses = 0
        self.basis: Basis | None = None
        self.basis_pending = True
        self.scouted: Recommender | None = None
        self.rewinding: tuple[Checkpoint, int, int] | None = None
        self._workspace = workspace
        self._registry = workspace.registry
        self._lock = workspace.registry.lock
        self.clock = workspace.registry.clock
        if parent is None:
            self.baselines: Baselines = workspace.baselines
            self.lineage = [(0, model)]
            self._take_up(self.start(model))
            self.speed = usual_speed(self.n_epochs, split.train.n_ratings)
        else:
            self._branch_off(parent, epoch)
        self._errands: Iterator[None] | None = prepare(self)

    def start(self, model: Model, checkpoint: Checkpoint | None = None) -> Training:
        """A training of a model on this run's ratings; the recipe itself is left as it was."""
        return copy.copy(model).start(self.split.train, self.split.validation, checkpoint)

    def _take_up(self, training: Training) -> None:
        """Make a training the run's own, with nothing behind it but what it brings."""
        self.courses += 1
        self.settings = dict(training.settings)
        self.n_epochs = training.n_epochs
        self.epochs: list[Epoch] = list(training.history)
        self.frames: Kept[Recommender] = Kept()
        self.checkpoints: Kept[Checkpoint] = Kept()
        self.status: Status = "finished" if training.finished else "paused"
        if not self.model.has_epochs and not training.finished:
            self.status = "playing"  # a single pass: there is nothing to choose a moment in
        self.message = ""
        self.tested: list[Score] | None = None
        self._training: Training | None = training
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
        training = self.start(self.model, moment.thing)  # raises where the settings do not fit
        self._take_up(training)
        self.baselines, self.speed = parent.baselines, parent.speed
        self.basis, self.scouted = parent.basis, parent.scouted
        self.basis_pending = parent.basis is None
        self.epochs = [e for e in parent.epochs if e.number <= epoch]
        self.frames, self.checkpoints = parent.frames.until(epoch), parent.checkpoints.until(epoch)
        self.lineage = [(first, model) for first, model in parent.lineage if first < epoch]
        self.lineage.append((epoch, self.model))
        planned = training.n_epochs
        self.n_epochs = planned if planned > epoch else epoch + planned
        self.status = "paused"
        if moment.epoch == epoch:
            training.extend(self.n_epochs - epoch)
        else:
            self._training, self.rewinding = None, (moment.thing, moment.epoch, epoch)

    def rewound(self, training: Training) -> None:
        """The worker has retraced the fork to its epoch: it can play (unless reset meanwhile)."""
        with self._lock:
            if self.rewinding is not None:
                training.extend(self.n_epochs - training.epoch)
                self._training, self.rewinding = training, None
                self._keep(training)

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
        return None if self._training is None else self._training.best_epoch

    @property
    def stopped_early(self) -> bool:
        """Whether it ended because validation no longer improved."""
        return self._training is not None and self._training.stopped_early

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

    def test_scores(self) -> list[Score]:
        """How good on the test part, the run first, then the baselines; computed once, when asked.

        Raises
        ------
        SettingsError
            If the split has no test part.
        """
        if self.tested is None:
            test = self.split.test
            if test is None or not len(test):
                raise SettingsError(
                    "This split keeps no ratings for testing; choose one with a test part on the "
                    "Data page."
                )
            named = [(self.name, self.predictor)]
            named += [(model.title, model.snapshot()) for model in self.baselines.fit()]
            self.tested = [scores(name, predictor, test) for name, predictor in named]
        return self.tested

    # --- what can be done -----------------------------------------------------------------------

    def play(self) -> None:
        """Go on; after the last epoch, as many again."""
        with self._lock:
            if self.status == "failed" or not self.n_epochs:
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
            if self.status == "failed" or not self.n_epochs:
                return
            if self.status == "finished":
                self._extend(1)
            self.status = "paused"
            self._steps += 1
            self._due = 0.0
            self._registry.wake()

    def _extend(self, n_epochs: int) -> None:
        assert self._training is not None  # a run that still rewinds is not finished
        self._training.extend(n_epochs)
        self.n_epochs = self._training.n_epochs
        self.tested, self._final = None, None

    def reset(self) -> None:
        """Back to epoch 0, paused."""
        training = self.start(self.model)
        with self._lock:
            self.lineage, self.rewinding = [(0, self.model)], None
            self._take_up(training)
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
            while self.wants_training and self.rewinding is None and self._due <= self.clock():
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
        training = self._training
        assert training is not None
        began = self.clock()
        epoch = training.advance(seconds)
        if epoch is None and not training.finished:
            return
        with self._lock:
            if training is not self._training:
                return  # it was reset meanwhile
            now = self.clock()
            if epoch is not None:
                self._keep(training)
                self.epochs.append(epoch)
                if self._ended is not None:
                    self._took.append(now - self._ended)
            self._ended = now if self.status == "playing" else None
            self._steps = max(self._steps - 1, 0)
            if self.speed and self.status == "playing":
                # One period after it was due, so that the pace is kept; short delays are made up
                # for, long ones are not.
                on_time = began - self._due < _CATCHES_UP
                self._due = (self._due if on_time else began) + 1 / self.speed
            if training.finished:
                self._final = training.snapshot()
                self.status, self._steps = "finished", 0

    def _fail(self, message: str) -> None:
        with self._lock:
            self.status, self.message, self._steps = "failed", message, 0
            self._errands, self.basis_pending = None, False


def with_settings(model: Model, settings: dict[str, Any], **changed: Any) -> Model:
    """The same recipe with its resolved settings written in, and some changed."""
    names = {field.name for field in dataclasses.fields(model)}
    unknown = set(changed) - names
    if unknown:
        raise SettingsError(f"{model.title} has no setting called {', '.join(sorted(unknown))}.")
    resolved = {name: value for name, value in settings.items() if name in names}
    return dataclasses.replace(model, **(resolved | changed))
