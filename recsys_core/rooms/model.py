"""The model of a room while it rates: fitted anew at most once a second, its map kept in place.

It has two factors, so that the plane of the map is all there is of it: whoever lies near each other
is near each other. On simulated classes of 40 × 24 with tastes of two directions two factors err
less than three or four on hidden ratings (RMSE 0.70, 0.73 and 0.74; biases alone 0.98), and a fit
takes some 30 ms.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recsys_core.asking.projection import Basis
from recsys_core.errors import FactorscopeError
from recsys_core.models import ALS, Factored, FittedModel, seen_as
from recsys_core.rooms.desk import Desk
from recsys_core.rooms.freezing import ratings_so_far
from recsys_core.rooms.room import State

log = logging.getLogger("factorscope")

# Seconds between two fits of one room.
EVERY = 1.0


def als(seed: int) -> ALS:
    """The model of a room, live and of its results."""
    return ALS(n_factors=2, reg=0.1, n_epochs=30, seed=seed)


def rotation_onto(points: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Find the rotation or reflection R, (2, 2), that brings points nearest to those before.

    Both are (n, 2); R minimises ‖X R − Y‖² (orthogonal Procrustes): R = U Vᵀ, from the singular
    value decomposition U S Vᵀ of Xᵀ Y. Source: Schönemann 1966, as in ``asking.truth``.
    """
    u, _, vt = np.linalg.svd(points.T @ before)
    return u @ vt


@dataclass(frozen=True, eq=False)
class RoomMap:
    """Where members and things lie in the plane.

    ``numbers`` are the members of the rows of ``members``, float64, (n, 2); ``items``, (m, 2), has
    all things of the room, in their order.
    """

    numbers: tuple[int, ...]
    members: np.ndarray
    items: np.ndarray

    @classmethod
    def of(
        cls,
        fitted: FittedModel,
        numbers: tuple[int, ...],
        order: np.ndarray,
        before: RoomMap | None,
    ) -> RoomMap:
        """Lay out a fitted model, turned to lie as the map before did.

        ``order``, int64, (n_things,), are the indices of the room's things among the model's items.
        """
        factored = seen_as(Factored, fitted)
        basis = Basis.fit(factored)
        members = basis.project(factored.user_factors)
        items = basis.project(factored.item_factors)[order]
        if before is not None:
            row = {number: at for at, number in enumerate(before.numbers)}
            both = [(at, row[n]) for at, n in enumerate(numbers) if n in row]
            now, then = np.array(both, dtype=np.int64).reshape(-1, 2).T
            turn = rotation_onto(
                np.vstack([members[now], items]), np.vstack([before.members[then], before.items])
            )
            members, items = members @ turn, items @ turn
        return cls(numbers, members, items)


@dataclass(frozen=True, eq=False)
class LiveModel:
    """A room's model at one moment.

    Attributes
    ----------
    n : how many fits there were before it. ratings : what it was fitted to (``State.ratings``).
    map : where members and things lie.
    predicted : clipped, float32, (n_members, n_things), rows as ``map.numbers``.
    means : what is expected of whoever it does not know yet, float64, (n_things,): the mean rating
        of the thing, or of all where nobody rated it.
    """

    n: int
    ratings: dict[tuple[int, int], float]
    map: RoomMap
    predicted: np.ndarray
    means: np.ndarray

    @classmethod
    def fit(cls, state: State, before: LiveModel | None = None) -> LiveModel | None:
        """Fit the ratings so far; None where there are none."""
        ratings = ratings_so_far(state)
        if not ratings.n_ratings:
            return None
        fitted = als(state.room.seed).fit(ratings).snapshot()
        numbers = tuple(int(label) for label in ratings.users)
        of_item = ratings.axis("item").means
        return cls(
            n=0 if before is None else before.n + 1,
            ratings=state.ratings,
            map=RoomMap.of(
                fitted, numbers, np.arange(ratings.n_items), None if before is None else before.map
            ),
            predicted=fitted.predict_matrix(),
            means=np.where(np.isnan(of_item), ratings.global_mean, of_item),
        )

    def guess(self, number: int, item: int) -> float:
        """What it says of a member, or of whoever it does not know yet, and a thing."""
        if number in self.map.numbers:
            return float(self.predicted[self.map.numbers.index(number), item])
        return float(self.means[item])


def errors_by_time(state: State, window: int = 30, most: int = 60) -> dict[str, list[float]]:
    """Errors of what was said before each rating was given: honest, as nobody knew it yet.

    For the ratings in the order in which they came, RMSE over the last ``window``: of the model
    (``guessed``), and beside it of the mean of the ratings of that thing that came before. ``n`` is
    how many ratings there were; at most ``most`` moments, evenly spaced.
    """
    shown = {member.number for member in state.shown}
    came = sorted(
        (a.arrived, a.member, a.item, a.value, a.guessed)
        for a in state.answers.values()
        if a.value is not None and a.member in shown
    )
    sums, counts = np.zeros(len(state.room.things)), np.zeros(len(state.room.things))
    n, model, mean = [], [], []
    for at, (_, _, item, value, guessed) in enumerate(came, start=1):
        if guessed is not None:
            expected = sums[item] / counts[item] if counts[item] else sums.sum() / counts.sum()
            n.append(at)
            model.append((guessed - value) ** 2)
            mean.append((expected - value) ** 2)
        sums[item] += value
        counts[item] += 1
    if len(n) < window:
        return {"n": [], "model": [], "mean": []}
    ends = np.unique(np.linspace(window, len(n), min(most, len(n) - window + 1)).astype(int))
    rmse = {
        name: [float(np.sqrt(np.mean(squares[end - window : end]))) for end in ends]
        for name, squares in (("model", model), ("mean", mean))
    }
    return {"n": [n[end - 1] for end in ends], **rmse}


class Refits:
    """One thread that fits the models of rooms whose ratings have changed, each once a second.

    Attributes
    ----------
    models : the last one of each room.
    """

    def __init__(
        self, desk: Desk, clock: Callable[[], float] = time.monotonic, threaded: bool = True
    ) -> None:
        """Follow the rooms of a desk. Without a thread, ``work`` is called by hand."""
        self.desk, self.clock, self._threaded = desk, clock, threaded
        self.models: dict[str, LiveModel] = {}
        self._due: dict[str, float] = {}  # by room, when it may be fitted
        self._fitted: dict[str, float] = {}
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ends = False
        desk.after, desk.guess = self.want, self.guess

    def guess(self, code: str, number: int, item: int) -> float | None:
        """What the model of a room says just now; None where there is none yet."""
        model = self.models.get(code)
        return None if model is None else model.guess(number, item)

    def want(self, code: str) -> None:
        """Have a room's model fitted to its ratings soon; nothing where it is already."""
        with self._lock:
            self._due.setdefault(code, self._fitted.get(code, float("-inf")) + EVERY)
            if self._threaded and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="room models", daemon=True)
                self._thread.start()
            self._lock.notify()

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            self._ends = True
            self._lock.notify()
        if self._thread is not None:
            self._thread.join(timeout=10.0)

    def _work(self) -> None:
        while not self._ends:
            self.work()
            with self._lock:
                wait = min(self._due.values(), default=None)
                if not self._ends and (wait is None or wait > self.clock()):
                    self._lock.wait(None if wait is None else wait - self.clock())

    def work(self) -> None:
        """Fit the models that are due."""
        with self._lock:
            now = self.clock()
            codes = [code for code, when in self._due.items() if when <= now]
            for code in codes:
                del self._due[code]
                self._fitted[code] = now
        for code in codes:
            with contextlib.suppress(FactorscopeError):  # shown elsewhere, the database's say
                self._fit(code)

    def _fit(self, code: str) -> None:
        state = self.desk.known(code)
        if state is None:
            self.models.pop(code, None)
            self._fitted.pop(code, None)
            return
        before = self.models.get(code)
        if before is not None and before.ratings == state.ratings:
            return
        try:
            found = LiveModel.fit(state, before)
        except FactorscopeError as error:
            log.warning("%s", error)
            return
        if found is not None:
            self.models[code] = found
            self.desk.tell(code)
