"""A sweep under way: its trials, trained one after another in the worker's slices.

One trial is in memory at a time, and of that one its latest and its best state alone; of all others
there are numbers. Whoever looks reads plain attributes; only the worker trains.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from recsys_core.errors import FactorscopeError
from recsys_core.experiments import Experiment, ExperimentTraining
from recsys_core.experiments.sweep import Sweep, Trial
from recsys_core.experiments.sweep_search import is_poor, next_trial, search_of
from recsys_core.runs.worker import Worker
from recsys_core.text import Text
from recsys_core.training import Epoch

log = logging.getLogger("factorscope")

SweepStatus = Literal["stopped", "running", "finished", "failed"]


class SweepRun:
    """A sweep being done, or done.

    Attributes
    ----------
    id : text that names it, also where it is kept.
    number : counts from 1 in its workspace.
    sweep : what is tried.
    trials : tuple of Trial so far, by number; each change is another tuple.
    created : when, in seconds since 1970.
    message : why it failed, "" where it did not.
    seconds : time spent training.
    version : counts whatever changes.
    lock, clock : the registry's.
    """

    def __init__(
        self,
        worker: Worker,
        sweep: Sweep,
        number: int = 1,
        trials: Sequence[Trial] = (),
        id: str = "",
        created: float = 0.0,
    ) -> None:
        """Prepare a sweep; ``trials`` are those it had before, where it comes back.

        Raises
        ------
        MissingDataError
            If the ratings are not here.
        SettingsError
            If the split has no validation part, or the model predicts no ratings.
        MissingPackageError
            If it is Optuna that chooses, and that is not installed.
        """
        self.id, self.number, self.sweep = id or uuid.uuid4().hex[:12], number, sweep
        self.created = created or time.time()
        self.split = sweep.experiment.make_split()
        sweep.check_split(self.split)
        self.trials: tuple[Trial, ...] = tuple(trials)
        self.message: str = ""
        self.version = 0
        self._search = search_of(sweep, self.trials)
        self._worker, self.lock, self.clock = worker, worker.lock, worker.clock
        self._wanted = False
        self._course: ExperimentTraining | None = None  # of the trial under way
        self._at = 0  # the number of that trial
        self._again: tuple[int, ...] = ()  # numbers of paused trials to be trained to their end
        self._reopened: set[int] = set()  # those that are not paused once more

    # --- where it stands ------------------------------------------------------------------------

    @property
    def status(self) -> SweepStatus:
        """Whether it runs, was stopped, is finished, or failed."""
        if self.message:
            return "failed"
        if self.is_complete:
            return "finished"
        return "running" if self._wanted else "stopped"

    @property
    def is_complete(self) -> bool:
        """Whether every trial has ended, and no paused one is wanted to go on."""
        open_ends = ("training", "stopped")
        return (
            len(self.trials) >= self.sweep.n_trials
            and not self._again
            and not any(trial.status in open_ends for trial in self.trials)
        )

    @property
    def busy(self) -> bool:
        """Whether there is something to train now."""
        return self.status == "running"

    @property
    def n_ended(self) -> int:
        """Trials that have ended: done, paused or failed."""
        return sum(trial.status in ("done", "paused", "failed") for trial in self.trials)

    @property
    def n_paused(self) -> int:
        """Trials that were paused because they were poor."""
        return sum(trial.status == "paused" for trial in self.trials)

    @property
    def seconds(self) -> float:
        """Time spent training."""
        return sum(trial.seconds for trial in self.trials)

    def experiment_of(self, number: int) -> Experiment:
        """What the trial of a number trains."""
        return self.sweep.experiment_of(self.trials[number])

    # --- what can be done -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin, or go on."""
        with self.lock:
            self._wanted = True
            self.version += 1
            self._worker.wake()

    def stop(self) -> None:
        """Stop; what is done stays, and the trial under way goes on where it is, if it goes on."""
        with self.lock:
            self._wanted = False
            self._change_status("training", "stopped")
            self.version += 1

    def resume_paused(self) -> None:
        """Train the paused trials to their end: each anew, since only its numbers were kept."""
        with self.lock:
            paused = tuple(trial.number for trial in self.trials if trial.status == "paused")
            self._again = tuple(dict.fromkeys((*self._again, *paused)))
            self._reopened |= set(paused)
            self.start()

    def _change_status(self, old: str, new: Literal["training", "stopped"]) -> None:
        self.trials = tuple(
            replace(trial, status=new) if trial.status == old else trial for trial in self.trials
        )

    # --- what the worker does -------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """Train for about ``seconds``."""
        until = self.clock() + seconds
        try:
            while self.busy and self.clock() < until:
                self._worker.give_way()
                self._advance(max(until - self.clock(), 0.001))
        except FactorscopeError as error:
            self._fail(error.text)
        except Exception:
            log.exception("A sweep of %s failed.", self.sweep.kind.title)
            self._fail(Text("The sweep met an error of ours and stopped; what is done stays."))

    def _advance(self, seconds: float) -> None:
        """Begin a trial, or train the one under way for at most ``seconds``."""
        if self._course is None:
            self._begin()
            return
        course = self._course
        try:
            epoch = course.advance(seconds)
        except FactorscopeError as error:  # diverged: so may others not
            self._end("failed", error.text)
            return
        if epoch is not None:
            self._note(epoch)
        if course.finished:
            self._end("done")
        elif epoch is not None and self._is_poor(course.n_epochs):
            self._end("paused")

    def _begin(self) -> None:
        """Begin the trial that was cut off, the next one, or a paused one."""
        cut_off = next((t for t in self.trials if t.status in ("training", "stopped")), None)
        trial = cut_off or next_trial(self.sweep, self._search, self.trials)
        if trial is None:
            if not self._again:
                return
            trial, self._again = self.trials[self._again[0]], self._again[1:]
        self._at = trial.number
        fresh = replace(trial, status="training", errors=(), best_epoch=None, seconds=0.0,
                        message="")  # fmt: skip
        try:
            course = ExperimentTraining(self.sweep.experiment_of(fresh), self.split)
        except FactorscopeError as error:
            self._put(replace(fresh, status="failed", message=error.text))
            return
        if course.training.history[0].validation_rmse is None:
            why = Text(
                "{title} predicts no ratings, so there is no validation error to judge a sweep by; "
                "choose a model that does.",
                title=self.sweep.kind.title,
            )
            self._fail(why)
            return
        self._course = course
        self._put(fresh)
        self._note(course.training.history[0])
        if course.finished:
            self._end("done")

    def _note(self, epoch: Epoch) -> None:
        assert self._course is not None and epoch.validation_rmse is not None
        trial = self.trials[self._at]
        self._put(
            replace(
                trial,
                status="training" if self._wanted else "stopped",
                errors=(*trial.errors, epoch.validation_rmse),
                best_epoch=self._course.training.best_epoch,
                seconds=trial.seconds + epoch.seconds,
            )
        )

    def _is_poor(self, n_epochs: int) -> bool:
        sweep, trial = self.sweep, self.trials[self._at]
        swept = {over.name for over in sweep.over}
        # Epochs of courses of different lengths do not compare.
        if not sweep.pause or "n_epochs" in swept or self._at in self._reopened:
            return False
        # Of a point that is not poor the noise of the seed is wanted: no trial of it is paused.
        if any(t.settings == trial.settings and t.status == "done" for t in self.trials):
            return False
        others = [t.errors for t in self.trials if t.number != self._at and t.status != "failed"]
        return is_poor(trial.errors, others, n_epochs)

    def _end(self, status: Literal["done", "paused", "failed"], message: str = "") -> None:
        self._course = None  # with all its arrays
        self._put(replace(self.trials[self._at], status=status, message=message))

    def _put(self, trial: Trial) -> None:
        with self.lock:
            at = trial.number
            self.trials = (*self.trials[:at], trial, *self.trials[at + 1 :])
            self.version += 1

    def _fail(self, message: Text) -> None:
        with self.lock:
            self.message = message
            self._course = None
            self._change_status("training", "stopped")
            self.version += 1
