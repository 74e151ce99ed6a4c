"""Gibbs sampling of Bayesian PMF with a bias for each user and day; see ``days``."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.alternating import Side
from recsys_core.models.bayesian import GibbsTrainer
from recsys_core.models.days import DatedModel, Days
from recsys_core.models.factor_model import FactorModel
from recsys_core.models.factor_trainer import Running
from recsys_core.models.implicit_factors import gamma
from recsys_core.ratings import Ratings

_SUBTRACTED_BY_A_THREAD = 1 << 14


class DatedGibbsTrainer(GibbsTrainer):
    """Draws b_ut and their precision before all else of a sweep.

    With priors b_ut ~ N(0, 1/τ) and τ ~ Gamma(1, 1), and e = r − μ − b_u − b_i − p_u · q_i of the
    n ratings of user u on day t:

        b_ut ~ N(α Σ e / (α n + τ), 1/(α n + τ))

    All other draws are those of ratings less their b_ut.

    Attributes
    ----------
    b_day : b_ut of each pair, and a 0; float32, (n_pairs + 1,). day_precision : τ.
    """

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings)
        self.days = Days.of(train)
        self._places = self.days.places(train.user_ids, train.timestamps)
        self.b_day = np.zeros(len(self.days.users) + 1, np.float32)
        self.day_precision = 1.0
        self._found: list[tuple[Ratings, tuple[np.ndarray, np.ndarray, np.ndarray]]] = []

    def begin_epoch(self) -> None:
        """Draw b_ut and τ, then the priors of users and items."""
        super().begin_epoch()
        rng, n = self._rng(11), len(self.b_day) - 1
        b = self.b_day[:-1].astype(np.float64)
        self.day_precision = gamma(n, float(b @ b), rng)
        counts = np.bincount(self._places, minlength=n)
        errors = np.bincount(self._places, self._errors(), minlength=n)
        precision = self.alpha * counts + self.day_precision
        self.b_day[:-1] = self.alpha * errors / precision + rng.normal(size=n) / np.sqrt(precision)

    def _errors(self) -> np.ndarray:
        """What the model without b_ut leaves of each training rating, float32, (n_ratings,)."""
        train, out = self.train, np.empty(len(self.train), np.float32)
        kernel = kernels.residuals_kernel(self.p.shape[1])
        triples = kernels.Triples(train.user_ids, train.item_ids, train.values)
        fixed = triples, self.parameters(), out
        run_all(lambda a, b: kernel(*fixed, a, b), cut(len(out), _SUBTRACTED_BY_A_THREAD))
        return out

    def targets(self, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """Return the ratings less their b_ut."""
        values, weights = super().targets(side)
        return values - self.b_day[self._places[side.grouped.order]], weights

    # --- what is predicted ----------------------------------------------------------------------

    def rows_of(self, ratings: Ratings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows that some ratings need, each a user on a day, and which each one needs.

        Users and places, int64, (n_rows,), and the row of each rating, int32, (n_ratings,).
        """
        for known, found in self._found:
            if known is ratings:
                return found
        n_places = len(self.b_day)
        codes = ratings.user_ids.astype(np.int64) * n_places
        codes += self.days.places(ratings.user_ids, ratings.timestamps)
        rows, of_rating = np.unique(codes, return_inverse=True)
        users, places = np.divmod(rows, n_places)
        self._found.append((ratings, (users, places, of_rating.astype(np.int32))))
        return self._found[-1][1]

    def measured(self, ratings: Ratings) -> tuple[kernels.Triples, kernels.Parameters]:
        """Return the ratings by the rows of users on days, and these rows."""
        triples, now = super().measured(ratings)
        users, places, of_rating = self.rows_of(ratings)
        bias = self.b_user[users] + self.b_day[places]
        return triples._replace(user_ids=of_rating), now._replace(p=self.p[users], b_user=bias)

    def _running_for(self, ratings: Ratings) -> Running:
        return Running(ratings, self.train.scale, self.rows_of(ratings)[2])

    def _rows_of_draw(self, draw: FactorModel, ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
        assert isinstance(draw, DatedModel)
        users, places, _ = self.rows_of(ratings)
        return draw.p[users], draw.bias_at(users, places)

    def _draw(self) -> DatedModel:
        now, latest = super()._draw(), self.days.latest
        same = {f: getattr(now, f) for f in ("train", "unit", "mean", "b_item", "p", "q")}
        return DatedModel(
            **same, link=now.link, fold=now.fold, b_user=now.b_user + self.b_day[latest],
            day_users=self.days.users, days=self.days.days, latest=latest, b_day=self.b_day.copy(),
        )  # fmt: skip

    def state(self, snapshot: Any = None) -> dict[str, Any]:
        """Return the biases of days as well."""
        own = {"b_day": self.b_day.copy(), "day_precision": self.day_precision}
        return {**super().state(), **own}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore them."""
        super().restore(state)
        self.b_day[:], self.day_precision = state["b_day"], state["day_precision"]
