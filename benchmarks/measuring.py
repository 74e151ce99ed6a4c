"""One split, written down once for all systems, and the error of what they predict for it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import recsys_core as rc
from benchmarks import data
from benchmarks.peers import Fit, PeerError, Session, write_data
from benchmarks.systems import System


class Arena:
    """Training ratings and the pairs to predict, in a folder; ``error`` judges predictions.

    Explicit ratings: RMSE of predictions clipped to the scale. Implicit: 1 − AUC, the share of
    held-out ratings scored below an item drawn at random that the same user never rated.
    """

    def __init__(self, train: rc.Ratings, test: rc.Ratings, implicit: bool = False) -> None:
        self.train, self.test, self.implicit = train, test, implicit

    def __enter__(self) -> Arena:
        self._folder = tempfile.TemporaryDirectory()
        users, items = self.test.user_ids, self.test.item_ids
        if self.implicit:
            both = rc.Ratings(
                np.concatenate([self.train.user_ids, users]),
                np.concatenate([self.train.item_ids, items]),
                np.concatenate([self.train.values, self.test.values]),
                self.train.users, self.train.items, self.train.scale,
            )  # fmt: skip
            users = np.concatenate([users, users])
            items = np.concatenate([items, data.unrated(both, self.test)])
        write_data(self.folder, self.train, users, items)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Where the data lie, as long as the arena is open."""
        return Path(self._folder.name)

    def session(self, system: System, limit: float = 900) -> Session:
        """A peer ready to fit on these data."""
        return Session(system.peer, self.folder, limit)

    def error(self, predicted: np.ndarray) -> float:
        """How wrong predictions are; the same few lines for every system."""
        if not np.isfinite(predicted).all():
            raise PeerError("some predictions are not finite")
        if self.implicit:
            liked, drawn = np.split(predicted, 2)
            return 1.0 - float(np.mean(liked > drawn) + np.mean(liked == drawn) / 2)
        return rc.metrics.rmse(self.test.values, self.test.scale.clip(predicted))


@dataclass(frozen=True)
class Point:
    """One measured fit."""

    passes: int | None
    seconds: float
    error: float


def warm(session: Session, settings: dict[str, Any]) -> Fit:
    """The second of two fits where one takes up to a minute, the middle of three below 2 s.

    So no compilation is counted, and short fits do not hang on one bad moment.
    """
    first = session.fit(settings)
    if first.seconds > 60:
        return first
    second = session.fit(settings)
    if second.seconds > 2:
        return second
    fits = [second, session.fit(settings), session.fit(settings)]
    return sorted(fits, key=lambda fit: fit.seconds)[1]
