"""Runs as lanes of a race, and the sentence that says who is ahead."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from recsys_core.asking.race import Lane
from recsys_core.asking.race import verdict as verdict_of
from recsys_core.runs import Run
from recsys_core.text import Text


def lane(name: str, run: Run) -> Lane | None:
    """A run as it stands; None without validation errors, and where it predicts no ratings.

    One from a file was timed on another machine, and does not race either.
    """
    if run.brought:
        return None
    epochs = run.epochs
    errors = [epoch.validation_rmse for epoch in epochs if epoch.validation_rmse is not None]
    if len(errors) < len(epochs):
        return None
    seconds = list(accumulate(epoch.seconds for epoch in epochs))
    single = not run.model.has_epochs
    if single and run.status != "finished":
        return Lane(name, (), (), run.touched_an_epoch, single)
    return Lane(name, errors, seconds, run.touched_an_epoch, single, run.size)


def verdict(runs: Iterable[tuple[str, Run]]) -> Text:
    """Say who is ahead of runs, each with its name."""
    lanes = (lane(name, run) for name, run in runs)
    return verdict_of([each for each in lanes if each is not None])
