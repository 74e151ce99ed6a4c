"""What the worker does for a run beside its epochs, as generators: each step a slice of work."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from recsys_core.errors import FactorscopeError
from recsys_core.models import Factored
from recsys_core.projection import Basis
from recsys_core.training import Training

if TYPE_CHECKING:
    from recsys_core.runs.run import Run

log = logging.getLogger("factorscope")

SLICE = 0.05

# How much computing finds out where the factors are heading, in seconds.
_SCOUTED = 0.25


def prepare(run: Run) -> Iterator[None]:
    """Background jobs of a new run: retrace a fork, fit the projection, fit the baselines."""
    while run.rewinding:
        run.retrace(SLICE)
        yield
    if run.basis is None:  # frames wait for it, so it comes before the baselines
        yield from scout(run)
    yield from run.baselines.fitting()


def scout(run: Run) -> Iterator[None]:
    """Train a twin ahead for a moment; the axes that spread its factors become the run's axes."""
    found = run.frames.nearest(0).thing
    if isinstance(found, Factored) and found.has_factors:
        try:
            twin: Training = copy.copy(run.model).start(run.split.train)
            left = _SCOUTED
            while left > 0 and not twin.finished:
                began = run.clock()
                twin.advance(min(left, SLICE))
                left -= max(run.clock() - began, 1e-4)
                yield
            found = twin.learner.snapshot()
        except FactorscopeError as error:  # it diverges: so will the run, and say so itself
            log.info("The scout of %s stopped: %s", run.model.title, error)
        run.scouted, run.basis = found, Basis.fit(found)
    run.basis_pending = False
