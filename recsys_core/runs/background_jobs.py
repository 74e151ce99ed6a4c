"""What the worker does for a run beside its epochs, as generators: each step a slice of work."""

from __future__ import annotations

import copy
import logging
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from recsys_core.asking.projection import Basis
from recsys_core.errors import FactorscopeError
from recsys_core.models import Factored, FittedModel, seen_as
from recsys_core.training import Training

if TYPE_CHECKING:
    from recsys_core.runs.run import Run

log = logging.getLogger("factorscope")

# How long it takes to find out where the factors are heading, in seconds.
_PILOT = 0.25


def prepare(run: Run) -> Iterator[None]:
    """Background jobs of a new run: retrace a fork, fit the projection, fit the baselines."""
    while run.rewinding:
        run.retrace(run.slice)
        yield
    if run.basis is None:  # frames wait for it, so it comes before the baselines
        yield from fit_axes(run)
    yield from run.baselines.fitting()


def fit_axes(run: Run) -> Iterator[None]:
    """Find the axes that spread the factors where the run is heading: they become its axes.

    A run under way is its own pilot fit: after a moment it is ahead of the pictures that wait for
    the axes, however many train beside it. For one that waits to be wanted a copy is trained.
    """
    found = run.frames.nearest(0).value
    if found.has.factors:
        while run.wants_training and run.clock() - run.made < _PILOT:
            yield
        if run.wants_training or run.status == "finished":
            found = run.ahead()
        else:
            found = yield from _fit_of_copy(run, found)
        run.pilot, run.basis = found, Basis.fit(seen_as(Factored, found))
    run.basis_pending = False


def _fit_of_copy(run: Run, found: FittedModel) -> Generator[None, None, FittedModel]:
    try:
        copied: Training = copy.copy(run.model).start(run.split.train)
        left = _PILOT
        while left > 0 and not copied.finished:
            began = run.clock()
            copied.advance(min(left, run.slice))
            left -= max(run.clock() - began, 1e-4)
            yield
        return copied.trainer.snapshot()
    except FactorscopeError as error:  # it diverges: so will the run, and say so itself
        log.info("The pilot fit of %s stopped: %s", run.model.title, error)
        return found
