"""Gibbs sampling of Bayesian PMF where ratings have days; see ``days``."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.alternating import Side
from recsys_core.models.bayesian import GibbsTrainer
from recsys_core.models.days import Calendar, DatedModel, Rows
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.factor_trainer import Running
from recsys_core.models.hyperprior import Hyperprior
from recsys_core.ratings import Grouped, Ratings, grouped

_SUBTRACTED_BY_A_THREAD = 1 << 14


class DatedGibbsTrainer(GibbsTrainer):
    """Draws days' rows as well, after the users' and before the items'.

    Given the rest, a day's row (w_t, b_t) is drawn from the day's ratings less b_u + p_u · q_i, a
    user's row from the user's ratings less b_t + w_t · q_i, and an item's with p_u + w_t and
    b_u + b_t for the users' rows: each half-step is that of users and items alone.

    Attributes
    ----------
    w, b_day : float32, (n_days, width) and (n_days,).
    days, dated : the sides of days, and of users on days.
    """

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings)
        self.calendar = Calendar.of(train)
        self.rows = Rows.of(train, self.calendar)
        n_days, width = len(self.calendar.days), self.p.shape[1]
        shape = self.n_factors, bool(settings["biases"])
        self.w, self.b_day = np.zeros((n_days, width), np.float32), np.zeros(n_days, np.float32)
        self._places = self.rows.places[self.rows.of_rating].astype(np.int32)
        by_day = grouped(self._places, train.item_ids, train.values, n_days)
        by_item = train.by_item._replace(columns=self.rows.of_rating[train.by_item.order])
        self.days = Side(self.w, self.b_day, by_day, *shape)
        self.items.grouped = by_item
        n_rows = len(self.rows.users)
        none = Grouped(np.zeros(n_rows + 1, np.int64), *(np.zeros(0, np.int32),) * 3)
        both = np.zeros((n_rows, width), np.float32), np.zeros(n_rows, np.float32)
        self.dated = Side(*both, none, *shape)
        self.halves = [(self.users, self.items), (self.days, self.items), (self.items, self.dated)]
        self.n_steps += len(self.days.steps)
        self._hyperpriors[self.days] = Hyperprior(self.days, None, None)
        self._rows_of: list[tuple[Ratings, Rows]] = []

    def _begin_half(self, side: Side, other: Side) -> tuple[Any, ...]:
        if side is self.items:
            users, places, _ = self.rows
            np.add(self.p[users], self.w[places], out=self.dated.factors)
            np.add(self.b_user[users], self.b_day[places], out=self.dated.bias)
        return super()._begin_half(side, other)

    def targets(self, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """Return what the days leave of users' ratings, and users of the days'."""
        values, weights = super().targets(side)
        if side is self.items:
            return values, weights
        order, columns = side.grouped.order, side.grouped.columns
        rows, x, bias = self._places, self.w, self.b_day
        if side is self.days:
            rows, x, bias = self.train.user_ids, self.p, self.b_user
        out = np.empty_like(values)
        kernel = kernels.residuals_kernel(x.shape[1])
        fixed = kernels.Triples(rows[order], columns, values), x, bias, self.q, out
        run_all(lambda a, b: kernel(*fixed, a, b), cut(len(out), _SUBTRACTED_BY_A_THREAD))
        return out, weights

    # --- what is predicted ----------------------------------------------------------------------

    def rows_of(self, ratings: Ratings) -> Rows:
        """Return the rows of some ratings, found only once."""
        for known, rows in self._rows_of:
            if known is ratings:
                return rows
        self._rows_of.append((ratings, Rows.of(ratings, self.calendar)))
        return self._rows_of[-1][1]

    def measured(self, ratings: Ratings) -> tuple[kernels.Triples, kernels.Parameters]:
        """Return the ratings by the rows of users on days, and these rows."""
        triples, parameters = super().measured(ratings)
        rows, prior = self.rows_of(ratings), self._hyperpriors[self.days]
        w, b_day = self._with_unknown(prior)
        p = self.p[rows.users] + w[rows.places]
        bias = self.b_user[rows.users] + b_day[rows.places]
        return triples._replace(user_ids=rows.of_rating), parameters._replace(p=p, b_user=bias)

    def _with_unknown(self, prior: Hyperprior) -> tuple[np.ndarray, np.ndarray]:
        """w and b of all days, and after them the mean of their prior."""
        unknown = np.zeros((1, self.w.shape[1]), np.float32)
        unknown[0, : self.n_factors] = prior.mean
        return np.concatenate([self.w, unknown]), np.append(self.b_day, np.float32(0))

    def _running_for(self, ratings: Ratings) -> Running:
        return Running(ratings, self.train.scale, self.rows_of(ratings).of_rating)

    def _parameters_of(self, draw: FactorModel, ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
        assert isinstance(draw, DatedModel)
        rows = self.rows_of(ratings)
        return draw.at(rows.users, rows.places)

    def _draw(self) -> DatedModel:
        now, k = super()._draw(), self.n_factors
        days, latest = self.calendar
        w, b_day = self._with_unknown(self._hyperpriors[self.days])
        w = w[:, :k].copy()
        own = {f: getattr(now, f) for f in ("train", "unit", "mean", "b_item", "q", "link", "fold")}
        return DatedModel(
            **own, p=now.p + w[latest], b_user=now.b_user + b_day[latest],
            days=days, latest=latest, w=w, b_day=b_day,
        )  # fmt: skip

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of a guest's row, on a day that nobody rated on in training."""
        rule = super().fold_in_rule()
        prior = rule.prior + np.append(self._hyperpriors[self.days].mean, 0.0)
        return FoldIn(rule.reg, prior, implicit=rule.implicit)

    def state(self, snapshot: Any = None) -> dict[str, Any]:
        """Return the days' rows as well."""
        return {**super().state(), "w": self.w.copy(), "b_day": self.b_day.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore them."""
        self.w[:], self.b_day[:] = state["w"], state["b_day"]
        super().restore(state)
