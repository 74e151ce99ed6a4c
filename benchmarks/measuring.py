"""One split, written down once for all systems, and the error of what they predict for it."""

from __future__ import annotations

import os
import platform
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import recsys_core as rc
from benchmarks import data
from benchmarks.peers import N_THREADS, Fit, PeerError, Session, write_data
from benchmarks.systems import System, experiment_of
from recsys_core.experiments.record import processor


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


@dataclass
class Line:
    """One line of the table; without ``error`` it says in ``failed`` why it has none.

    ``seconds`` is one whole fit, ``error`` the RMSE on the test part (implicit: 1 − AUC);
    ``curve`` has [passes, seconds, error] of fits with fewer passes, and of the whole one.
    ``capped``: so many passes would have been due; only ``passes`` were made. ``experiment`` is
    ours as a link's text, which ``python -m recsys_core train`` takes.
    """

    name: str
    peer: str
    family: str
    ours: bool
    version: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    tuned: bool = False
    passes: int | None = None
    capped: int | None = None
    seconds: float | None = None
    error: float | None = None
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    failed: str = ""
    experiment: str = ""

    @classmethod
    def of(cls, system: System, **rest: Any) -> Line:
        """A line about a system."""
        return cls(system.name, system.peer, system.family, system.ours, **rest)

    @property
    def due(self) -> float | None:
        """Seconds a whole fit takes; of a capped one, what it would take."""
        if self.seconds is None or self.capped is None or not self.passes:
            return self.seconds
        return self.seconds / self.passes * self.capped

    @property
    def per_pass(self) -> float | None:
        """Seconds a pass."""
        return self.seconds / self.passes if self.seconds is not None and self.passes else None


# A first fit that long is not repeated to warm up: what compiling costs would not show.
_LONG = 20.0

# Shares of the passes at which the curve is measured, each by a fit of its own.
_SHARES, _SHARES_OF_LONG = (3 / 4, 5 / 8, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32), (1 / 8, 1 / 32)


def measured(
    system: System,
    data_set: str,
    arena: Arena,
    settings: dict[str, Any],
    tuned: bool,
    quick: bool = False,
) -> Line:
    """One system on one data set: a warm fit, and its curve unless it is to be quick."""
    line = Line.of(system, settings=settings, tuned=tuned)
    if system.ours:
        line.experiment = experiment_of(settings, data_set).to_query()
    if system.passes is not None:
        due = settings.get(system.passes) or _default_passes(system, settings, arena.train)
        line.passes = min(due, system.most.get(data_set, due))
        line.capped = due if line.passes < due else None
    try:
        with Session(system.peer, arena.folder) as session:
            line.version = session.version

            def point(passes: int | None, repeat: bool) -> tuple[int, float, float]:
                changed = {system.passes: passes} if system.passes else {}
                now = {**settings, **changed}
                fit = warm(session, now) if repeat else session.fit(now)
                return passes or 1, fit.seconds, arena.error(fit.predicted)

            _, line.seconds, line.error = whole = point(line.passes, not quick)
            if line.passes and not quick and not line.capped:
                shares = _SHARES if line.seconds <= _LONG else _SHARES_OF_LONG
                fewer = sorted({max(1, round(line.passes * share)) for share in shares})
                line.curve = [point(n, False) for n in fewer if n < line.passes] + [whole]
    except PeerError as error:
        line.failed = str(error)
    return line


def warm(session: Session, settings: dict[str, Any]) -> Fit:
    """The second of two fits; the middle of three after the first where they are short, of nine
    where they are very short.

    So no compilation is counted, and short fits do not hang on one bad moment.
    """
    first = session.fit(settings)
    if first.seconds > _LONG:
        return first
    second = session.fit(settings)
    if second.seconds > 2:
        return second
    more = 2 if second.seconds > 0.5 else 8
    fits = [second, *(session.fit(settings) for _ in range(more))]
    return sorted(fits, key=lambda fit: fit.seconds)[more // 2]


def _default_passes(system: System, settings: dict[str, Any], train: rc.Ratings) -> int:
    """How many passes one of our models makes when it is not told."""
    assert system.passes is not None
    return experiment_of(settings, train).make_model().resolve(train)[system.passes]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": N_THREADS,
        "python": platform.python_version(),
    }
