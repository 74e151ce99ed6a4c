"""What the live panels show of a run, packed: frames of 16-bit integers, a few a second.

Of large data a block of the matrix and a sample of the points are shown, the same for all runs.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from recsys_core.live.messages import Frame
from recsys_core.models import Factored, FittedModel, seen_as
from recsys_core.ratings import Axis, Ratings
from recsys_core.runs import Run

MOST_ROWS, MOST_COLUMNS = 40, 30
MOST_POINTS = 400  # of users, and of items

_TOP = 65534  # the highest rating; one more says that there is none
_SIDE = 32767


@dataclass(frozen=True, eq=False)
class Shown:
    """Which part of the data the live panels show: indices, fixed for all runs on it."""

    rows: np.ndarray
    columns: np.ndarray
    users: np.ndarray
    items: np.ndarray


_shown: WeakKeyDictionary[Ratings, Shown] = WeakKeyDictionary()


def shown(train: Ratings) -> Shown:
    """The most rated users by the most rated items, and the points: the most rated and a sample."""
    found = _shown.get(train)
    if found is None:
        users, items = train.axis("user"), train.axis("item")
        found = _shown[train] = Shown(
            _most_rated(users, MOST_ROWS),
            _most_rated(items, MOST_COLUMNS),
            _sample(users, MOST_POINTS),
            _sample(items, MOST_POINTS),
        )
    return found


def _most_rated(axis: Axis, most: int) -> np.ndarray:
    """The most rated ones; where all fit, all by label."""
    return axis.order if axis.n <= most else axis.most_rated(most)


def _sample(axis: Axis, most: int) -> np.ndarray:
    """Half of them the most rated, which people look for; the other half drawn from all others."""
    if axis.n <= most:
        return np.arange(axis.n)
    order = axis.most_rated()
    rest = np.random.default_rng(0).choice(order[most // 2 :], most - most // 2, replace=False)
    return np.sort(np.concatenate([order[: most // 2], rest]))


# By run: its packed frames by epoch, the same for everybody who watches.
_packed: WeakKeyDictionary[Run, dict[int, Frame]] = WeakKeyDictionary()
_MOST_PACKED = 400
_packing = threading.Lock()


def frame(run: Run, epoch: int, fitted: FittedModel) -> Frame:
    """Pack what both panels show at an epoch; done once for all browsers."""
    with _packing:
        packed = _packed.setdefault(run, {})
        found = packed.get(epoch)
        if found is None or (found.latent is None and run.basis is not None):
            if len(packed) >= _MOST_PACKED:
                packed.pop(next(iter(packed)))
            found = packed[epoch] = _frame(run, epoch, fitted)
        return found


def _frame(run: Run, epoch: int, fitted: FittedModel) -> Frame:
    part = shown(run.split.train)
    packed = Frame(epoch, _pack(_levels(part, fitted)))
    if run.basis is not None:
        xy = places(run, fitted)
        reach = float(np.abs(xy).max()) or 1.0
        packed.latent = _pack(np.rint(xy * (_SIDE / reach)).astype("<i2"))
        packed.reach, packed.spread = reach, spread(xy)
    return packed


def frame_bytes(run: Run) -> int:
    """Estimate the size of a frame of this run, in bytes."""
    part = shown(run.split.train)
    cells = len(part.rows) * len(part.columns)
    return 100 + (8 * cells + 16 * (len(part.users) + len(part.items))) // 3


def places(run: Run, fitted: FittedModel) -> np.ndarray:
    """Where users and then items shown lie, through the run's basis; float64, (n, 2)."""
    assert run.basis is not None
    found, part = seen_as(Factored, fitted), shown(run.split.train)
    return np.concatenate(
        [
            run.basis.project(found.user_factors[part.users]),
            run.basis.project(found.item_factors[part.items]),
        ]
    )


def _levels(part: Shown, fitted: FittedModel) -> np.ndarray:
    low, high = fitted.extent[:2]
    predicted = fitted.predict_matrix(part.rows, part.columns)
    share = np.clip((predicted - low) / ((high - low) or 1.0), 0, 1)  # preferences may lie outside
    return np.rint(share * _TOP).astype("<u2")


def _pack(numbers: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def spread(xy: np.ndarray) -> float:
    """Compute how far from 0 the points, (n, 2), reach, leaving out the farthest 0.5 %.

    So a single point far away does not make the others too small to be told apart.
    """
    return float(np.quantile(np.abs(xy).max(axis=1), 0.995))
