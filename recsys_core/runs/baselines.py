"""The baselines that a run is compared with, fitted to the training part of its split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recsys_core.models import GlobalMean, Model, MostPopular, UserItemBias
from recsys_core.splits import Split


@dataclass(frozen=True)
class Baseline:
    """A fitted baseline: its errors are the grey lines beside a curve."""

    name: str
    train_rmse: float | None
    validation_rmse: float | None
    model: Model


class Baselines:
    """The baselines of one split, fitted once, for all runs on it.

    Those of ratings have errors, and are what it iterates over; that of lists, ``MostPopular``, has
    none, and is among those of ``fit`` alone.
    """

    def __init__(self, split: Split) -> None:
        self._split = split
        self._found: tuple[Baseline, ...] = ()
        self._slices = self._fitting()

    def __iter__(self) -> Iterator[Baseline]:
        """Those fitted so far."""
        return iter(self._found)

    def fitting(self) -> Iterator[None]:
        """Fit them in slices of at most about 50 ms.

        Several runs on the split do so together: each goes on where the others are, so that all
        know when they are there, and none depends on another being kept.
        """
        while next(self._slices, self) is not self:
            yield

    def _fitting(self) -> Iterator[None]:
        found = []
        for model in (GlobalMean(), UserItemBias()):
            training = model.start(self._split.train, self._split.validation)
            while not training.finished:
                training.advance(0.05)
                yield
            best = training.best_epoch
            epoch = training.history[-1 if best is None else best]
            found.append(Baseline(model.title, epoch.train_rmse, epoch.validation_rmse, model))
        self._found = tuple(found)

    def fit(self) -> list[Model]:
        """Fit them all, that of lists as well, and return them."""
        train, validation = self._split.train, self._split.validation
        popular = MostPopular().fit(train)
        if self._found:
            return [*(baseline.model for baseline in self._found), popular]
        models = GlobalMean(), UserItemBias()
        return [*(model.fit(train, validation) for model in models), popular]
