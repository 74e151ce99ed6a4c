"""A study: experiments trained one after the other in the worker's slices, for their numbers alone.

Nobody watches them epoch by epoch, so that their numbers are kept and no snapshots. Of the latest
ones the trained model is kept as well, for what it predicts for a cell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from recsys_core.errors import FactorscopeError
from recsys_core.experiments import Experiment, ExperimentTraining
from recsys_core.experiments.outcome import Outcome, measuring
from recsys_core.models import FittedModel
from recsys_core.recipes import Recipe
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.worker import Worker
from recsys_core.splits import Split
from recsys_core.text import Text

# Experiments whose numbers are kept; of more, the oldest are let go.
_MOST_KEPT = 300

# Bytes of trained models that are kept; of more, the oldest are let go. Twelve of a million ratings
# with 32 factors fit.
_MOST_OF_MODELS = 16 << 20

log = logging.getLogger("factorscope")


@dataclass(frozen=True)
class Progress:
    """How far some experiments are: how many are done or failed, of how many; the one under way.

    ``epoch`` of ``n_epochs`` is that of the one under way; 0 of 0 where none is.
    """

    n_done: int
    n: int
    busy: bool
    epoch: int = 0
    n_epochs: int = 0

    @property
    def share(self) -> float:
        """The share that is done, from 0 to 1; epochs of the one under way included."""
        if not self.n:
            return 1.0
        under_way = self.epoch / self.n_epochs if self.n_epochs else 0.0
        return min((self.n_done + min(under_way, 1.0)) / self.n, 1.0)


class Study:
    """The experiments that one browser wants measured, and what came of them.

    Attributes
    ----------
    outcomes : what is done, by experiment; ``failed`` : why the others failed, in a sentence.
    fitted : the models that the latest outcomes are of, by experiment, 16 MiB at most.
    """

    def __init__(self, worker: Worker, baselines: Callable[[Split], Baselines]) -> None:
        self.outcomes: dict[Experiment, Outcome] = {}
        self.failed: dict[Experiment, Text] = {}
        self.fitted: dict[Experiment, FittedModel] = {}
        self._worker, self._baselines = worker, baselines
        self._wanted: list[Experiment] = []
        self._steps: Generator[None, None, Outcome] | None = None
        self._course: ExperimentTraining | None = None  # of the first that is wanted
        self._slice = 0.05

    # --- what can be asked ----------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether there is something to train."""
        return bool(self._wanted)

    def progress(self, experiments: Iterable[Experiment]) -> Progress:
        """How far these experiments are."""
        asked = list(experiments)
        with self._worker.lock:
            done = sum(each in self.outcomes or each in self.failed for each in asked)
            waiting = [each for each in self._wanted if each in asked]
            course = self._course
            if not waiting or waiting[0] is not self._wanted[0] or course is None:
                return Progress(done, len(asked), bool(waiting))
            return Progress(done, len(asked), True, course.training.epoch, course.n_epochs)

    def ask(self, experiments: Iterable[Experiment]) -> None:
        """Have these experiments measured, after those that are wanted already.

        What is done is not done again; what failed is tried again.
        """
        with self._worker.lock:
            for each in dict.fromkeys(experiments):
                self.failed.pop(each, None)
                if each not in self.outcomes and each not in self._wanted:
                    self._wanted.append(each)
            self._worker.wake()

    def stop(self, experiments: Iterable[Experiment]) -> None:
        """Measure no more of these; what is done stays."""
        unwanted = set(experiments)
        with self._worker.lock:
            self._keep([each for each in self._wanted if each not in unwanted])

    def forget(self, data: Recipe) -> None:
        """Forget all that is on some data."""
        with self._worker.lock:
            self._keep([each for each in self._wanted if each.data != data])
            for kept in (self.outcomes, self.failed, self.fitted):
                for each in [each for each in kept if each.data == data]:
                    del kept[each]  # type: ignore[attr-defined]

    def _keep(self, wanted: list[Experiment]) -> None:
        if self._wanted[:1] != wanted[:1]:
            self._steps = self._course = None
        self._wanted = wanted

    def _keep_model(self, experiment: Experiment, model: FittedModel) -> None:
        self.fitted[experiment] = model
        while sum(each.nbytes for each in self.fitted.values()) > _MOST_OF_MODELS:
            del self.fitted[next(iter(self.fitted))]

    # --- what the worker does -------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """Work on the first that is wanted for about ``seconds``."""
        clock = self._worker.clock
        self._slice, until = seconds, clock() + seconds
        while self.busy and clock() < until:
            self._worker.give_way()
            self._step()

    def _step(self) -> None:
        with self._worker.lock:
            if not self._wanted:
                return
            experiment = self._wanted[0]
            if self._steps is None:
                self._steps, self._course = self._measure(experiment), None
            steps = self._steps
        try:
            next(steps)
            return
        except StopIteration as end:
            found, why = end.value, None
        except FactorscopeError as error:
            found, why = None, error.text
        except Exception:
            log.exception("Measuring %s failed.", experiment.model.name)
            found = None
            why = Text("Training met an error of ours and stopped; start it again.")
        with self._worker.lock:
            if self._steps is not steps:
                return  # stopped meanwhile
            if found is None:
                assert why is not None
                self.failed[experiment] = why
            else:
                self.outcomes[experiment] = found
                assert self._course is not None
                self._keep_model(experiment, self._course.training.snapshot())
                while len(self.outcomes) > _MOST_KEPT:
                    self.outcomes.pop(next(iter(self.outcomes)))
            self._keep(self._wanted[1:])
            self._steps = self._course = None

    def _measure(self, experiment: Experiment) -> Generator[None, None, Outcome]:
        split = experiment.make_split()
        yield
        course = ExperimentTraining(experiment, split)
        with self._worker.lock:
            self._course = course
        while not course.finished:
            course.advance(self._slice)
            yield
        baselines = self._baselines(split)
        yield from baselines.fitting()
        errors = {
            each.name: each.validation_rmse
            for each in baselines
            if each.validation_rmse is not None
        }
        fitted = {each.name: each.model.snapshot() for each in baselines}
        return (yield from measuring(experiment, split, course.training, errors, fitted))
