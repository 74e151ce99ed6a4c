"""Days: on some days a user rates higher than on others, whatever is rated.

    x = μ + b_u + b_ut + b_i + p_u · q_i

t is the day of the rating (UTC), and b_ut belongs to one user on one day. Source: Koren,
*Collaborative Filtering with Temporal Dynamics*, 2009, where b_ut is the day-specific bias of
timeSVD++.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core.models.posterior import Draw
from recsys_core.ratings import Ratings

_SECONDS = 86_400


@dataclass(frozen=True, eq=False)
class Days:
    """The days of the training ratings, each a pair of a user and a day.

    Attributes
    ----------
    users, days : whose each pair is, and its day since 1970; int64, (n_pairs,), ascending.
    latest : the place of each user's latest day among the pairs, int64, (n_users,); n_pairs for a
        user without ratings.
    """

    users: np.ndarray
    days: np.ndarray
    latest: np.ndarray

    @classmethod
    def of(cls, train: Ratings) -> Days:
        """Find the pairs of ratings that have times."""
        assert train.timestamps is not None
        days = train.timestamps // _SECONDS
        users, days = np.unique(np.stack([train.user_ids.astype(np.int64), days]), axis=1)
        ends = np.searchsorted(users, np.arange(train.n_users), side="right")
        known = np.isin(np.arange(train.n_users), users)
        return cls(users, days, np.where(known, ends - 1, len(users)))

    def places(self, users: np.ndarray, times: np.ndarray | None) -> np.ndarray:
        """Find the pair of each user and time, in seconds since 1970, (n,); int64, (n,).

        It is n_pairs for a day on which the user rated nothing in training. Without times it is the
        latest day of each user.
        """
        if times is None or not len(self.users):
            return self.latest[users]
        first, last = self.days.min(), self.days.max()
        days, n_days = np.asarray(times) // _SECONDS, last - first + 1
        codes = self.users * n_days + (self.days - first)
        asked = np.asarray(users, np.int64) * n_days + np.clip(days - first, 0, n_days - 1)
        found = np.minimum(np.searchsorted(codes, asked), len(codes) - 1)
        known = (codes[found] == asked) & (first <= days) & (days <= last)
        return np.where(known, found, len(codes))


@dataclass(frozen=True, eq=False)
class DatedDraw(Draw):
    """A draw whose users' biases change from day to day.

    As a ``Draw`` it has every user as on the latest day in training: so pages and lists show it.
    ``predict`` with times answers for the days of these.

    Attributes
    ----------
    day_users, days, latest : see Days.
    b_day : b_ut, float32, (n_pairs + 1,); the last is 0, the mean of their prior, for days on which
        a user rated nothing in training.
    """

    day_users: np.ndarray
    days: np.ndarray
    latest: np.ndarray
    b_day: np.ndarray

    def bias_at(self, users: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return b_u + b_ut of users on days, by the places of ``Days``; float32, (n,)."""
        return self.b_user[users] + (self.b_day[places] - self.b_day[self.latest[users]])

    def _pairs_at(self, users: np.ndarray, items: np.ndarray, times: np.ndarray) -> np.ndarray:
        places = Days(self.day_users, self.days, self.latest).places(users, times)
        moved = self.bias_at(users, places) - self.b_user[users]
        return self._pairs(users, items) + moved
