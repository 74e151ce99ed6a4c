"""Many draws at rest: the posterior that Gibbs sampling leaves behind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from recsys_core.errors import SettingsError
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.fitted_model import Attribution, Guest, Row, checked
from recsys_core.ratings import Ratings


@dataclass(frozen=True)
class DrawnGuest(Guest):
    """A guest with one row for each draw; ``factors`` and ``bias`` are their means."""

    rows: tuple[Guest, ...]


@dataclass(frozen=True, eq=False)
class Posterior(FactorModel):
    """Many draws at rest: predictions are means over them.

    The parameters it has itself, as a ``FactorModel``, are the draws' means, to be looked at; their
    product is not quite the mean of the draws' products, and so there are no terms.

    Attributes
    ----------
    draws : the kept draws.
    noise : 1/α, the variance of ratings around a draw's prediction, a mean over draws.
    """

    draws: tuple[FactorModel, ...]
    noise: float

    has_terms: ClassVar[bool] = False
    has_intervals: ClassVar[bool] = True

    averaged: ClassVar = ("user_bias", "item_bias", "user_factors", "item_factors")

    @classmethod
    def of_draws(
        cls, draws: tuple[FactorModel, ...], sums: dict[str, np.ndarray], noise: float
    ) -> Posterior:
        """The posterior that some draws stand for, given the sums of their ``averaged`` arrays."""
        one, n = draws[-1], np.float32(len(draws))
        means: Any = {name: total / n for name, total in sums.items()}
        return cls(
            train=one.train, global_mean=one.global_mean, link=one.link, fold=one.fold,
            draws=draws, noise=noise, **means,
        )  # fmt: skip

    def parts(self) -> dict[str, Any]:
        """Its own parts, and those of the draws as arrays with one more axis."""
        parts = super().parts()
        each = [draw.parts() for draw in parts.pop("draws")]
        for name, part in each[0].items():
            stacks = isinstance(part, np.ndarray)
            parts[f"draws.{name}"] = np.stack([d[name] for d in each]) if stacks else part
        return parts

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> FactorModel:
        """The inverse of ``parts``."""
        own = {name: part for name, part in parts.items() if not name.startswith("draws.")}
        each = {name[6:]: part for name, part in parts.items() if name.startswith("draws.")}
        draws = tuple(
            FactorModel.of_parts(
                train,
                {n: part[d] if isinstance(part, np.ndarray) else part for n, part in each.items()},
            )
            for d in range(len(each["user_bias"]))
        )
        return super().of_parts(train, own | {"draws": draws})

    @property
    def nbytes(self) -> int:
        """Bytes of its means and of one draw: the others it shares with its predecessors."""
        return 2 * sum(getattr(self, name).nbytes for name in self.averaged)

    # --- predictions ----------------------------------------------------------------------------

    def _mean(self, answers: Any) -> np.ndarray:
        total = sum(answers, start=np.zeros((), np.float32))
        return np.asarray(total / np.float32(len(self.draws)))

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._mean(draw._pairs(users, items) for draw in self.draws)

    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._mean(draw._block(users, items) for draw in self.draws)

    def _all_items(self, row: Row) -> np.ndarray:
        who = self._in_draws(row if row.index is None else row.index)
        each = zip(self.draws, who, strict=True)
        return self._mean(draw._all_items(draw.row(own)) for draw, own in each)

    def _in_draws(self, users: Any) -> Any:
        """Who is asked of each draw: indices mean the same to all, a guest has a row for each."""
        return users.rows if isinstance(users, DrawnGuest) else [users] * len(self.draws)

    def deviation(self, user_ids: ArrayLike | Guest, item_ids: ArrayLike) -> np.ndarray:
        """√Var x over the draws: how much they disagree about a prediction, float32, (n,)."""
        each = zip(self.draws, self._in_draws(user_ids), strict=True)
        return _deviation((draw._x(who, item_ids) for draw, who in each), len(self.draws))

    def deviation_matrix(self, user_ids: ArrayLike, item_ids: ArrayLike) -> np.ndarray:
        """The same for every pair of a block, float32, (len(user_ids), len(item_ids))."""
        users, items = (
            checked(user_ids, self.n_users, "user"),
            checked(item_ids, self.n_items, "item"),
        )
        return _deviation((draw._block(users, items) for draw in self.draws), len(self.draws))

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Between which ratings that many of all such ratings should lie: lower and upper, (n,).

        The middle ``coverage`` of N(r̂, Var x + 1/α): what the draws disagree about, and what no
        model could know. Moved onto the scale.
        """
        if not 0 < coverage < 1:
            raise SettingsError(f"coverage must lie between 0 and 1, not {coverage}; 0.9 is usual.")
        from scipy.special import ndtri

        middle = self.predict(user_ids, item_ids, clip=False)
        away = ndtri((1 + coverage) / 2) * np.sqrt(
            self.deviation(user_ids, item_ids) ** 2 + self.noise
        )
        return self.scale.clip(middle - away), self.scale.clip(middle + away)

    # --- fold-in and reasons --------------------------------------------------------------------

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> DrawnGuest:
        """The guest's mean row, given each draw."""
        rows = tuple(draw._fold_in(items, ratings) for draw in self.draws)
        factors = np.asarray(np.mean([row.factors for row in rows], axis=0), np.float32)
        bias = float(np.mean([row.bias for row in rows]))
        return DrawnGuest(factors, bias, items, ratings, rows)

    def attribution(self, user: int | Guest, item: int) -> Attribution:
        """Means over draws of what each rating adds."""
        each = [draw.attribution(user, item) for draw in self.draws]
        return dataclasses.replace(
            each[-1],
            start=float(np.mean([one.start for one in each])),
            prediction=float(np.mean([one.prediction for one in each])),
            contributions=np.mean([one.contributions for one in each], axis=0),
        )


def _deviation(answers: Any, n: int) -> np.ndarray:
    total, squares = 0.0, 0.0
    for answer in answers:
        total, squares = total + answer.astype(np.float64), squares + answer.astype(np.float64) ** 2
    return np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0.0)).astype(np.float32)


def turned(draw: FactorModel, earlier: tuple[FactorModel, ...]) -> FactorModel:
    """A draw whose axes are turned to those of the first one kept; its predictions stay the same.

    Nothing holds the axes of a factor model: P R and Q R predict what P and Q do, R orthogonal. So
    the axes wander from draw to draw, and means over draws would shrink to nothing. R = U Vᵀ, from
    the singular value decomposition U S Vᵀ of Pᵀ P₁ + Qᵀ Q₁, brings them nearest (Schönemann 1966).
    """
    if not earlier:
        return draw
    first = earlier[0]
    p, q, fold = draw.user_factors, draw.item_factors, draw.fold
    u, _, v = np.linalg.svd(
        (p.T @ first.user_factors + q.T @ first.item_factors).astype(np.float64)
    )
    turn = u @ v
    k = len(turn)
    whole = np.eye(k + 1)
    whole[:k, :k] = turn
    reg = np.asarray(fold.reg).copy()
    reg[:k, :k] = turn.T @ reg[:k, :k] @ turn
    implicit = None if fold.implicit is None else fold.implicit @ turn.astype(np.float32)
    return dataclasses.replace(
        draw,
        user_factors=p @ turn.astype(np.float32),
        item_factors=q @ turn.astype(np.float32),
        fold=FoldIn(reg, fold.prior @ whole, implicit=implicit),
    )
