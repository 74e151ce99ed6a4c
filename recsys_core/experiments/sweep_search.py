"""Which point a sweep tries next, and which of its trials are paused early.

Points of a grid come in a random order (the same for the same seed), first all with the first seed,
so that the whole surface is there soon and the second seed says how sure it is. Optuna is asked for
a point, gets the mean error over its seeds, and is asked again (ask and tell, a study in memory).
One trial is trained after another: so the same sweep tries the same points, whatever else the
server does.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from recsys_core.experiments.sweep import Over, Settings, Sweep, Trial
from recsys_core.extras import needed_for
from recsys_core.text import Text

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

# Errors by epoch that a study gets of each trial.
_MOST_INTERMEDIATE = 11

# Trials that have to be there to compare with, and the share of the planned epochs that every trial
# gets before it is compared.
LEAST_COMPARED, FREE_SHARE = 8, 1 / 2


def is_poor(errors: Sequence[float], others: Sequence[Sequence[float]], n_epochs: int) -> bool:
    """Tell whether a trial is to be paused: the median rule, on its lowest error so far.

    ``errors`` are its validation errors by epoch, e of them after the initial state; ``others``
    those of the trials before it. It is poor where min(errors) is above the median of
    min(other[: e + 1]) over those that got as far as epoch e, once e is at least half of the
    ``n_epochs`` planned and there are eight others.
    """
    e = len(errors) - 1
    reached = [other for other in others if len(other) > e]
    if e < max(n_epochs * FREE_SHARE, 1) or len(reached) < LEAST_COMPARED:
        return False
    return min(errors) > statistics.median(min(other[: e + 1]) for other in reached)


class Search(Protocol):
    """Chooses points."""

    def point(self, number: int, before: Sequence[float | None]) -> Settings:
        """The point of a number, from 0; ``before`` are the mean errors of those before it.

        None among them: no error, all its trials failed. Numbers are asked for in their order; one
        asked for again is the same.
        """


def order(sweep: Sweep, number: int) -> tuple[int, int]:
    """Which point, and which of its seeds, from 0, a trial of this number has."""
    if sweep.how == "tpe":  # it has to know how good a point is before it chooses the next
        return divmod(number, sweep.seeds)
    turn, point = divmod(number, sweep.n_points)
    return point, turn


def next_trial(sweep: Sweep, search: Search, trials: Sequence[Trial]) -> Trial | None:
    """The trial after these, which have all ended; None where the sweep is complete."""
    number = len(trials)
    if number >= sweep.n_trials:
        return None
    point, turn = order(sweep, number)
    before: list[float | None] = []
    if sweep.how == "tpe":
        for one in range(point):
            theirs = [t.best for t in trials[one * sweep.seeds : (one + 1) * sweep.seeds]]
            known = [error for error in theirs if error is not None]
            before.append(sum(known) / len(known) if known else None)
    return Trial(number, search.point(point, before), sweep.first_seed + turn)


def search_of(sweep: Sweep, trials: Sequence[Trial] = ()) -> Search:
    """What chooses the points of a sweep; ``trials`` are those there are already.

    Raises
    ------
    MissingPackageError
        If it is Optuna, and that is not installed.
    """
    if sweep.how == "tpe":
        return _Optuna(sweep, [t.settings for t in trials[:: sweep.seeds]])
    return _Listed(sweep)


class _Listed:
    """All points known from the start: of a grid, shuffled; or drawn at random."""

    def __init__(self, sweep: Sweep) -> None:
        generator = np.random.default_rng(sweep.seed)
        if sweep.how == "grid":
            points = list(itertools.product(*(each.grid() for each in sweep.over)))
            drawn = [points[i] for i in generator.permutation(len(points))]
        else:
            drawn = [
                tuple(each.drawn(generator) for each in sweep.over) for _ in range(sweep.n_points)
            ]
        names = [each.name for each in sweep.over]
        self._points = [tuple(zip(names, point, strict=True)) for point in drawn]

    def point(self, number: int, before: Sequence[float | None]) -> Settings:
        return self._points[number]


class _Optuna:
    """Optuna's tree-structured Parzen estimator, asked and told, in a study in memory.

    A sweep that goes on after a restart asks for all its points again: the same seed and the same
    errors give the same points. Where one differs all the same (another version of Optuna), the
    study is told of the point that was tried instead.
    """

    def __init__(self, sweep: Sweep, tried: Sequence[Settings]) -> None:
        with needed_for(Text("A sweep by TPE"), Text("; or sweep over a grid")):
            import optuna
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=sweep.seed))
        self._distributions = distributions(sweep, asked=True)
        self._tried = list(tried)
        self._asked: list[tuple[Any, Settings]] = []
        self._n_told = 0

    def point(self, number: int, before: Sequence[float | None]) -> Settings:
        while len(self._asked) <= number:
            while self._n_told < len(self._asked):
                self._tell(self._n_told, before[self._n_told])
                self._n_told += 1
            self._ask()
        return self._asked[number][1]

    def _ask(self) -> None:
        asked = self._study.ask(self._distributions)
        settings: Settings = tuple((name, asked.params[name]) for name in self._distributions)
        if (at := len(self._asked)) < len(self._tried):
            settings = self._tried[at]
        self._asked.append((asked, settings))

    def _tell(self, number: int, error: float | None) -> None:
        import optuna

        asked, settings = self._asked[number]
        fail, complete = optuna.trial.TrialState.FAIL, optuna.trial.TrialState.COMPLETE
        if dict(settings) != asked.params:
            self._study.tell(asked, state=fail)
            if error is not None:
                told = optuna.trial.create_trial(
                    params=dict(settings), distributions=self._distributions, value=error
                )
                self._study.add_trial(told)
        elif error is None:
            self._study.tell(asked, state=fail)
        else:
            self._study.tell(asked, error, state=complete)


def distributions(sweep: Sweep, asked: bool = False) -> dict[str, BaseDistribution]:
    """The settings swept, as Optuna says them.

    ``asked``: as they are chosen from, values one by one. Else as charts want them: numbers over
    the range from the least to the largest.
    """
    with needed_for(Text("Optuna's studies")):
        from optuna import distributions as of

    def one(over: Over) -> BaseDistribution:
        ends: list[Any] = [over.low, over.high]
        if over.values:
            ends = [min(over.grid()), max(over.grid())] if over.is_numeric else []  # type: ignore[type-var]
        if not ends or ends[0] == ends[1] or (asked and over.values):
            return of.CategoricalDistribution(over.grid())  # type: ignore[arg-type]
        if all(isinstance(value, int) for value in [*over.values, *ends]):
            return of.IntDistribution(ends[0], ends[1], over.log)
        return of.FloatDistribution(ends[0], ends[1], over.log)

    return {over.name: one(over) for over in sweep.over}


def _some(trial: Trial) -> dict[int, float]:
    """Errors of a dozen epochs at most, evenly spaced, the best and the last among them."""
    last = len(trial.errors) - 1
    epochs = {round(at) for at in np.linspace(0, max(last, 0), _MOST_INTERMEDIATE)} if last else {0}
    epochs |= set() if trial.best_epoch is None else {trial.best_epoch}
    return {epoch: trial.errors[epoch] for epoch in sorted(epochs) if epoch <= last}


def frozen_trials(sweep: Sweep, trials: Sequence[Trial]) -> list[FrozenTrial]:
    """Trials as those of an Optuna study, for ``Study.add_trials`` and ``optuna-dashboard``.

    The value is the validation RMSE of the best epoch, intermediate values are those of a dozen
    epochs, the best and the last among them (Optuna takes as long for each as for a trial); the
    seed, the number and the seconds are user attributes. A paused trial is “pruned”.
    """
    with needed_for(Text("Optuna's studies")):
        from optuna.trial import TrialState, create_trial
    states = {
        "done": TrialState.COMPLETE, "paused": TrialState.PRUNED, "failed": TrialState.FAIL,
    }  # fmt: skip
    known = distributions(sweep)
    return [
        create_trial(
            state=states[trial.status],
            params=dict(trial.settings),
            distributions=known,
            value=None if trial.status == "failed" else trial.best,
            intermediate_values=_some(trial),
            user_attrs={
                "number": trial.number, "seed": trial.seed, "best_epoch": trial.best_epoch,
                "seconds": round(trial.seconds, 3), "message": trial.message,
            },
        )
        for trial in trials
        if trial.status in states
    ]  # fmt: skip
