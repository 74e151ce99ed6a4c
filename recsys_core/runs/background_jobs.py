"""Jobs of a run beside its epochs, as generators: the worker runs one slice of work per step."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Generator

from recsys_core.asking.projection import Basis
from recsys_core.errors import FactorscopeError
from recsys_core.models import Factored, FittedModel, Model, seen_as
from recsys_core.ratings import Ratings
from recsys_core.training import Training

log = logging.getLogger("factorscope")

# How long a copy is trained to find the axes along which the factors will spread, in seconds.
PILOT = 0.25


class Axes:
    """The axes that all frames of a run are seen through; those of a fork are its parent's.

    Attributes
    ----------
    basis : the one projection; None until it is found, and for models without factors.
    pending : it is still to be found.
    pilot : the fitted model it was found from.
    """

    def __init__(self, basis: Basis | None = None, pilot: FittedModel | None = None) -> None:
        self.basis, self.pilot = basis, pilot
        self.pending = basis is None

    def fit(self, pilot: FittedModel) -> None:
        """Take the axes that spread the factors of a fitted model, where it has some."""
        if pilot.has.factors:
            self.pilot, self.basis = pilot, Basis.fit(seen_as(Factored, pilot))
        self.pending = False


def pilot_fit(
    model: Model, train: Ratings, clock: Callable[[], float], turn: Callable[[], float]
) -> Generator[None, None, FittedModel | None]:
    """Train a copy of a model for ``PILOT`` seconds; return it as a fitted model.

    ``turn`` tells how long a slice may take, in seconds. None where training diverges.
    """
    try:
        copied: Training = copy.copy(model).start(train)
        left = PILOT
        while left > 0 and not copied.finished:
            began = clock()
            copied.advance(min(left, turn()))
            left -= max(clock() - began, 1e-4)
            yield
        return copied.latest
    except FactorscopeError as error:  # it diverges: so will the run, and say so itself
        log.info("The pilot fit of %s stopped: %s", model.title, error)
        return None
