"""The biases of users on days while Bayesian PMF trains; see ``days``."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.days import DatedDraw, Days
from recsys_core.models.implicit_factors import gamma
from recsys_core.models.posterior import Draw
from recsys_core.ratings import Ratings

_SUBTRACTED_BY_A_THREAD = 1 << 14


class DayBiases:
    """Draws b_ut and their precision; all other draws are those of ratings less their b_ut.

    With priors b_ut ~ N(0, 1/τ) and τ ~ Gamma(1, 1), and of the ratings of user u on day t the
    errors e = r − μ − b_u − b_i − p_u · q_i and their precisions α (α α_u α_i of the noise):

        b_ut ~ N(Σ α e / (Σ α + τ), 1/(Σ α + τ))

    Attributes
    ----------
    values : b_ut of each pair, and a 0; float32, (n_pairs + 1,). precision : τ.
    """

    def __init__(self, train: Ratings) -> None:
        self.train, self.days = train, Days.of(train)
        self._places = self.days.places(train.user_ids, train.timestamps)
        self.values = np.zeros(len(self.days.users) + 1, np.float32)
        self.precision = 1.0
        self._found: list[tuple[Ratings, tuple[np.ndarray, np.ndarray, np.ndarray]]] = []

    def draw(
        self, precisions: np.ndarray, now: kernels.Parameters, rng: np.random.Generator
    ) -> None:
        """Draw τ, then all b_ut, given the α of each rating, (n_ratings,), and the parameters."""
        n = len(self.values) - 1
        b = self.values[:-1].astype(np.float64)
        self.precision = gamma(n, float(b @ b), rng)
        errors = np.bincount(self._places, precisions * self._errors(now), minlength=n)
        precision = np.bincount(self._places, precisions, minlength=n) + self.precision
        self.values[:-1] = errors / precision + rng.normal(size=n) / np.sqrt(precision)

    def _errors(self, now: kernels.Parameters) -> np.ndarray:
        """What the model without b_ut leaves of each training rating, float32, (n_ratings,)."""
        train, out = self.train, np.empty(len(self.train), np.float32)
        kernel = kernels.residuals_kernel(now.p.shape[1])
        triples = kernels.Triples(train.user_ids, train.item_ids, train.values)
        pieces = cut(len(out), _SUBTRACTED_BY_A_THREAD)
        run_all(lambda first, last: kernel(triples, now, out, first, last), pieces)
        return out

    def of_ratings(self, order: np.ndarray) -> np.ndarray:
        """Return b_ut of training ratings in an order, (n,); float32, (n,)."""
        return self.values[self._places[order]]

    # --- what is predicted ----------------------------------------------------------------------

    def rows_of(self, ratings: Ratings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows that some ratings need, each a user on a day, and which each one needs.

        Users and places among ``Days``, int64, (n_rows,), and the row of each rating, int32,
        (n_ratings,); found once.
        """
        for known, found in self._found:
            if known is ratings:
                return found
        n_places = len(self.values)
        codes = ratings.user_ids.astype(np.int64) * n_places
        codes += self.days.places(ratings.user_ids, ratings.timestamps)
        rows, of_rating = np.unique(codes, return_inverse=True)
        users, places = np.divmod(rows, n_places)
        self._found.append((ratings, (users, places, of_rating.astype(np.int32))))
        return self._found[-1][1]

    def on_days(self, now: kernels.Parameters, ratings: Ratings) -> kernels.Parameters:
        """Return parameters with a row of p and of b_user for each of ``rows_of``."""
        users, places, _ = self.rows_of(ratings)
        return now._replace(p=now.p[users], b_user=now.b_user[users] + self.values[places])

    def of_draw(self, draw: Draw, ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
        """Return p, (n_rows, k), and biases, (n_rows,), that a draw has for ``rows_of``."""
        assert isinstance(draw, DatedDraw)
        users, places, _ = self.rows_of(ratings)
        return draw.p[users], draw.bias_at(users, places)

    def dated(self, now: Draw) -> DatedDraw:
        """Return a snapshot of the other parameters with these as well."""
        same = {f.name: getattr(now, f.name) for f in dataclasses.fields(now)}
        latest = self.days.latest
        same["b_user"] = now.b_user + self.values[latest]
        return DatedDraw(
            **same, day_users=self.days.users, days=self.days.days, latest=latest,
            b_day=self.values.copy(),
        )  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Return copies of all that changes."""
        return {"values": self.values.copy(), "precision": self.precision}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        self.values[:], self.precision = state["values"], state["precision"]
