"""Days: when a rating was given, as one more id beside user and item.

    x = μ + b_u + b_i + b_t + (p_u + w_t) · q_i

t is the day of the rating. For each user and day there is one row, p_u + w_t with b_u + b_t, and a
rating is predicted by it as by any user's row. Source: Rendle, Zhang and Koren, *On the Difficulty
of Evaluating Baselines*, 2019, where days are further variables of a factorization machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from recsys_core.models.factor_model import FactorModel
from recsys_core.ratings import Ratings

_SECONDS = 86_400


class Calendar(NamedTuple):
    """The days of the training ratings.

    Attributes
    ----------
    days : each once, days since 1970 (UTC), ascending, int64, (n_days,).
    latest : of each user the place of the latest day among ``days``, int64, (n_users,); n_days
        for a user without ratings.
    """

    days: np.ndarray
    latest: np.ndarray

    @classmethod
    def of(cls, train: Ratings) -> Calendar:
        """Find the days of ratings with times."""
        assert train.timestamps is not None
        days, places = np.unique(train.timestamps // _SECONDS, return_inverse=True)
        latest = np.full(train.n_users, -1)
        np.maximum.at(latest, train.user_ids, places)
        return cls(days, np.where(latest < 0, len(days), latest))

    def places(self, users: np.ndarray, times: np.ndarray | None) -> np.ndarray:
        """Find the day of each time, (n,), int64; n_days for one that nobody rated on in training.

        Without times it is the latest day of each of ``users``, (n,).
        """
        if times is None:
            return self.latest[users]
        days = np.asarray(times) // _SECONDS
        found = np.searchsorted(self.days, days)
        known = self.days[np.minimum(found, len(self.days) - 1)] == days
        return np.where(known, found, len(self.days))


class Rows(NamedTuple):
    """The distinct rows of users on days that some ratings need.

    Attributes
    ----------
    users, places : whose each row is and its day's place, int64, (n_rows,).
    of_rating : the row of each rating, int32, (n_ratings,).
    """

    users: np.ndarray
    places: np.ndarray
    of_rating: np.ndarray

    @classmethod
    def of(cls, ratings: Ratings, calendar: Calendar) -> Rows:
        """Find the rows of ratings, with times or without."""
        users = ratings.user_ids.astype(np.int64)
        n_places = len(calendar.days) + 1
        pairs = users * n_places + calendar.places(users, ratings.timestamps)
        rows, of_rating = np.unique(pairs, return_inverse=True)
        return cls(*np.divmod(rows, n_places), of_rating.astype(np.int32))


@dataclass(frozen=True, eq=False)
class DatedModel(FactorModel):
    """A fitted factor model whose users change from day to day.

    As a ``FactorModel`` it has every user as on the latest day in training; pages and lists show
    that. ``predict`` with times answers as of those times' days.

    Attributes
    ----------
    days, latest : see Calendar.
    w, b_day : w_t and b_t, float32, (n_days + 1, k) and (n_days + 1,); the last is the mean of
        their prior, for days that nobody rated on in training.
    """

    days: np.ndarray
    latest: np.ndarray
    w: np.ndarray
    b_day: np.ndarray

    def at(self, users: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return factors, (n, k), and biases, (n,), of users on days, float32."""
        now = self.latest[users]
        p = self.p[users] + (self.w[places] - self.w[now])
        return p, self.b_user[users] + (self.b_day[places] - self.b_day[now])

    def _pairs_at(self, users: np.ndarray, items: np.ndarray, times: np.ndarray) -> np.ndarray:
        p, bias = self.at(users, Calendar(self.days, self.latest).places(users, times))
        return self.mean + bias + self.b_item[items] + np.einsum("nk,nk->n", p, self.q[items])

    def rotated(self, rotation: np.ndarray) -> dict[str, Any]:
        """Return its factors along other axes; ``rotation`` is orthogonal, float32, (k, k)."""
        return super().rotated(rotation) | {"w": self.w @ rotation}
