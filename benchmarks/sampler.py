"""Optuna in its own environment: is told a search space and past trials, then asks for trials.

Lines on standard input: first ``{"space": …, "past": [[settings, error], …], "first": [settings,
…]}``, then the error of each trial asked for (null: it failed). Lines on standard output: the
settings to try next.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution


def distribution(place: list[Any]) -> Any:
    """Of a range (two numbers, log scale) or, in a list of its own, of choices."""
    if isinstance(place[0], list):
        return CategoricalDistribution(place[0])
    low, high = place
    kind = IntDistribution if all(isinstance(x, int) for x in place) else FloatDistribution
    return kind(low, high, log=True)


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    given = json.loads(sys.stdin.readline())
    space = {name: distribution(place) for name, place in given["space"].items()}
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(
            seed=len(given["past"]), n_startup_trials=6, multivariate=True
        )
    )
    for settings, error in given["past"]:
        study.add_trial(
            optuna.trial.create_trial(params=settings, distributions=space, value=error)
        )
    for settings in given["first"]:
        study.enqueue_trial({name: settings[name] for name in space if name in settings})
    while True:
        trial = study.ask(space)
        print(json.dumps(trial.params), flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        error = json.loads(line)
        if error is None:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            study.tell(trial, error)


if __name__ == "__main__":
    main()
