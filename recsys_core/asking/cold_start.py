"""Cold start: what a model makes of a new user, one rating after the other.

>>> import recsys_core as rc
>>> from recsys_core.asking.cold_start import steps
>>> party = rc.datasets.music_party()
>>> model = rc.ALS(n_factors=2, n_epochs=20).fit(party)
>>> [len(step.guest.item_ids) for step in steps(model, *model.snapshot().rated_by(0))][:3]
[0, 1, 2]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from recsys_core.asking.similarity import fitted_of
from recsys_core.models import FittedModel, Guest, Model
from recsys_core.ratings import Ratings

# Of more ratings than this, the first are counted.
MOST = 40

# Places of the lists that are compared.
PLACES = 10


@dataclass(frozen=True, eq=False)
class Step:
    """A new user after so many ratings.

    Attributes
    ----------
    guest : the row that the fold-in finds from them.
    best : the first items of the list, by index, of those not rated so far, int64, (m,);
        ``scores`` what is predicted for them, in rating units, not clipped.
    moved : distance of the row from that of the step before, in the factors' units; 0 at first.
    new : how many of the first ``PLACES`` were not among them one rating before.
    """

    guest: Guest
    best: np.ndarray
    scores: np.ndarray
    moved: float
    new: int


def steps(model: Model | FittedModel, item_ids: ArrayLike, values: ArrayLike) -> list[Step]:
    """Fold a new user in after no rating, the first, the first two, and so on.

    ``item_ids`` and ``values`` (ratings) are (n,), in the order in which they are given; the first
    ``MOST`` are counted. What is rated only later may still stand in a list.

    Raises
    ------
    RatingsError
        As ``FittedModel.fold_in``.
    """
    fitted = fitted_of(model)
    items = np.asarray(item_ids).astype(np.int64)[:MOST]
    ratings = np.asarray(values, np.float64)[:MOST]
    found: list[Step] = []
    for n in range(len(items) + 1):
        guest = fitted.fold_in(items[:n], ratings[:n])
        table = fitted.recommend(guest, PLACES)
        best = table["item"].to_numpy(np.int64)
        moved, new = 0.0, 0
        if found:
            before = found[-1]
            moved = float(np.linalg.norm(guest.factors - before.guest.factors))
            new = int((~np.isin(best, before.best)).sum())
        found.append(Step(guest, best, table["score"].to_numpy(np.float64), moved, new))
    return found


def in_order(ratings: Ratings, user: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a user's items and ratings, (n,) each, by time where times are known."""
    rows = np.flatnonzero(ratings.user_ids == user)
    if ratings.timestamps is not None:
        rows = rows[np.argsort(ratings.timestamps[rows], kind="stable")]
    return ratings.item_ids[rows].astype(np.int64), ratings.values[rows].astype(np.float64)
