"""What the worker does for a run beside its epochs, as generators: each step a slice of work."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from recsys_core.errors import FactorscopeError
from recsys_core.models import Factored
from recsys_core.projection import Basis
from recsys_core.training import Checkpoint, Training

if TYPE_CHECKING:
    from recsys_core.runs.run import Run

log = logging.getLogger("factorscope")

SLICE = 0.05

# How much computing finds out where the factors are heading, in seconds.
_SCOUTED = 0.25


def prepare(run: Run) -> Iterator[None]:
    """All of them, in the order in which they are missed."""
    if run.rewinding is not None:
        yield from retrace(run, *run.rewinding)
    if run.basis is None:  # frames wait for it, so it comes before the baselines
        yield from scout(run)
    yield from run.baselines.fitting()


def retrace(run: Run, checkpoint: Checkpoint, at: int, epoch: int) -> Iterator[None]:
    """Train again from a kept checkpoint to the epoch a fork starts from: same seed, same bits.

    Each stretch is trained by the model it was trained by, forks of forks included.
    """
    stops = [first for first, _ in run.lineage[1:]]
    for (_, model), stop in zip(run.lineage[:-1], stops, strict=True):
        stop = min(stop, epoch)
        if stop <= at:
            continue
        training = run.start(model, checkpoint)
        while training.epoch < stop:
            if training.finished:  # where the original was told to go on, or had stopped early
                training.extend(stop - training.epoch)
            training.advance(SLICE)
            yield
        checkpoint, at = training.checkpoint(), stop
    run.rewound(run.start(run.model, checkpoint))


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
            log.info("The scout of %s stopped: %s", run.name, error)
        run.scouted, run.basis = found, Basis.fit(found)
    run.basis_pending = False
