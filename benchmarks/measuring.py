"""One split, written down once for all systems, and the error of what they predict for it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import recsys_core as rc
from benchmarks import data
from benchmarks.intervals import gain_in_rmse
from benchmarks.peers import Fit, PeerError, Session, write_data
from benchmarks.systems import System, experiment_of
from recsys_core.experiments.scores import PLACES

# Scores of more pairs than these are not kept to judge lists by: 200 MB of float32.
_MOST_SCORES = 50_000_000


class Arena:
    """Training ratings and the pairs to predict, in a folder; ``error`` judges predictions.

    Explicit ratings: RMSE of predictions clipped to the scale, and ``gain`` over the baseline of
    user and item biases. Implicit: 1 − AUC, the share of held-out ratings scored below an item
    drawn at random that the same user never rated; and ``lists``.
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

    @cached_property
    def _by_biases(self) -> np.ndarray:
        """What user and item biases alone predict for the test part, clipped."""
        return rc.UserItemBias().fit(self.train).predict(self.test.user_ids, self.test.item_ids)

    def gain(self, predicted: np.ndarray) -> tuple[float, float]:
        """How much lower the RMSE is than by biases alone, and half of its 95 % interval."""
        clipped = self.test.scale.clip(predicted)
        return gain_in_rmse(self.test.values, clipped, self._by_biases)

    @property
    def has_lists(self) -> bool:
        """Whether lists are judged: of implicit feedback, where all scores fit into memory."""
        return self.implicit and self.train.n_users * self.train.n_items <= _MOST_SCORES

    def lists(self, tables: dict[str, np.ndarray]) -> tuple[float, float]:
        """NDCG@10 and recall@10 on the test part, out of the whole catalogue."""
        found = rc.metrics.ranking(_Scores(self.train, tables), self.test, PLACES)
        return found.ndcg, found.recall

    def objective(self, tables: dict[str, np.ndarray], alpha: float, reg: float) -> float:
        """What ALS for counts minimises, in float64, at the factors that a system found.

        Σ_ui c_ui (1[r_ui > 0] − p_u · q_i)² + λ (Σ ‖p_u‖² + Σ ‖q_i‖²), c = 1 + α r; over all cells,
        by ‖P Qᵀ‖² = tr(PᵀP QᵀQ).
        """
        p, q = (tables[side].astype(np.float64) for side in ("users", "items"))
        x = np.einsum("nk,nk->n", p[self.train.user_ids], q[self.train.item_ids])
        r = self.train.values.astype(np.float64)
        chosen = (1 + alpha * r) * ((r > 0) - x) ** 2 - x**2
        everything = float(np.sum((p.T @ p) * (q.T @ q)))
        return everything + float(chosen.sum()) + reg * float((p**2).sum() + (q**2).sum())


class _Scores:
    """The scores of a system as ``metrics.ranking`` asks a fitted model for them."""

    def __init__(self, train: rc.Ratings, tables: dict[str, np.ndarray]) -> None:
        self.train, self._tables = train, tables

    def predict_matrix(self, users: np.ndarray, clip: bool = False) -> np.ndarray:
        """Scores of all items for some users, float32, (len(users), n_items)."""
        if "scores" in self._tables:
            return self._tables["scores"][users].astype(np.float32)
        p, q = (self._tables[side].astype(np.float32) for side in ("users", "items"))
        return p[users] @ q.T


@dataclass
class Line:
    """One line of the table; without ``error`` it says in ``failed`` why it has none.

    ``seconds`` is one whole fit, ``error`` the RMSE on the test part (implicit: 1 − AUC);
    ``curve`` has [passes, seconds, error] of fits with fewer passes, and of the whole one.
    ``gain`` is what the error is lower by than that of user and item biases, and half of its 95 %
    interval; ``lists`` has [passes, seconds, 1 − AUC, NDCG@10, recall@10, objective] of implicit
    feedback, of the same fits as ``curve``. ``capped``: so many passes would have been due; only
    ``passes`` were made. ``experiment`` is ours as a link's text, which ``python -m recsys_core
    train`` takes; ``run`` the id of the run that the line belongs to.
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
    gain: tuple[float, float] | None = None
    lists: list[tuple[int, float, float, float, float, float | None]] = field(default_factory=list)
    run: str = ""

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
                error = arena.error(fit.predicted)
                if not arena.implicit and passes == line.passes:
                    line.gain = arena.gain(fit.predicted)
                if arena.has_lists:  # another fit, so that what is saved is not timed
                    tables = session.fit(now, with_tables=True).tables
                    line.lists.append(
                        (passes or 1, fit.seconds, error, *arena.lists(tables),
                         _objective(arena, tables, now))
                    )  # fmt: skip
                return passes or 1, fit.seconds, error

            _, line.seconds, line.error = whole = point(line.passes, not quick)
            if line.passes and not quick and not line.capped:
                shares = _SHARES if line.seconds <= _LONG else _SHARES_OF_LONG
                fewer = sorted({max(1, round(line.passes * share)) for share in shares})
                line.curve = [point(n, False) for n in fewer if n < line.passes] + [whole]
    except PeerError as error:
        line.failed = str(error)
    return line


def _objective(
    arena: Arena, tables: dict[str, np.ndarray], settings: dict[str, Any]
) -> float | None:
    """The objective at the factors found; None for a system that has another one."""
    reg = settings.get("reg", settings.get("regularization"))
    if "users" not in tables or reg is None or "alpha" not in settings:
        return None
    return arena.objective(tables, settings["alpha"], reg)


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
