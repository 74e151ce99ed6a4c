"""The posterior that Gibbs sampling estimates: the draws that were kept."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from recsys_core.errors import SettingsError
from recsys_core.models.capabilities import Capabilities
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.fitted_model import Attribution, FittedModel, Guest, Row, checked
from recsys_core.ratings import Ratings
from recsys_core.text import Text


@dataclass(frozen=True)
class DrawnGuest(Guest):
    """A guest with one row for each draw; ``factors`` and ``bias`` are the means."""

    rows: tuple[Guest, ...]


@dataclass(frozen=True, eq=False)
class Posterior(FactorModel):
    """Predicts by the mean over many draws.

    Its own parameters, as a ``FactorModel``, are means of the draws' parameters, for maps and
    tables.
    Their product is not the mean of the draws' products, so a prediction is not shown as terms.

    Attributes
    ----------
    draws : the kept draws.
    noise : 1/α, the variance of z around a draw's prediction, a mean over draws.
    """

    draws: tuple[FactorModel, ...]
    noise: float

    capabilities = Capabilities(factors=True, similarity=True, reasons=True, intervals=True)

    averaged: ClassVar = ("b_user", "b_item", "p", "q")

    @classmethod
    def of_draws(
        cls, draws: tuple[FactorModel, ...], sums: dict[str, np.ndarray], noise: float
    ) -> Posterior:
        """Build it from draws, the sums over them of their ``averaged`` arrays, and 1/α.

        The sums have the shapes of the arrays: (n_users, k), (n_items, k), (n_users,), (n_items,).
        """
        one, n = draws[-1], np.float32(len(draws))
        means: Any = {name: total / n for name, total in sums.items()}
        return cls(
            train=one.train, unit=one.unit, mean=one.mean, link=one.link, fold=one.fold,
            draws=draws, noise=noise, **means,
        )  # fmt: skip

    def parts(self) -> dict[str, Any]:
        """Return its own parts, and those of the draws as arrays with one more axis."""
        parts = super().parts()
        each = [draw.parts() for draw in parts.pop("draws")]
        for name, part in each[0].items():
            stacks = isinstance(part, np.ndarray)
            parts[f"draws.{name}"] = np.stack([d[name] for d in each]) if stacks else part
        return parts

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> FactorModel:
        """Invert ``parts``."""
        own = {name: part for name, part in parts.items() if not name.startswith("draws.")}
        each = {name[6:]: part for name, part in parts.items() if name.startswith("draws.")}
        kind = FittedModel.kinds["DatedModel" if "b_day" in each else "FactorModel"]
        draws = tuple(
            kind.of_parts(
                train,
                {n: part[d] if isinstance(part, np.ndarray) else part for n, part in each.items()},
            )
            for d in range(len(each.get("b_user", each.get("user_bias", ()))))
        )
        return super().of_parts(train, own | {"draws": draws})

    @cached_property
    def held(self) -> list[Any]:
        """Its means, and its draws: all but the latest it shares with its predecessors."""
        return [getattr(self, name) for name in self.averaged] + list(self.draws)

    # --- predictions ----------------------------------------------------------------------------

    def _mean(self, answers: Any) -> np.ndarray:
        total = sum(answers, start=np.zeros((), np.float32))
        return np.asarray(total / np.float32(len(self.draws)))

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._mean(draw._pairs(users, items) for draw in self.draws)

    def _pairs_at(self, users: np.ndarray, items: np.ndarray, times: np.ndarray) -> np.ndarray:
        return self._mean(draw._pairs_at(users, items, times) for draw in self.draws)

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
        """Compute s √Var x, the standard deviation of predictions over draws, float32, (n,)."""
        each = zip(self.draws, self._in_draws(user_ids), strict=True)
        return self._deviation(draw._x(who, item_ids) for draw, who in each)

    def deviation_matrix(self, user_ids: ArrayLike, item_ids: ArrayLike) -> np.ndarray:
        """Compute it for every pair of a block, float32, (len(user_ids), len(item_ids))."""
        users, items = (
            checked(user_ids, self.n_users, "user"),
            checked(item_ids, self.n_items, "item"),
        )
        return self._deviation(draw._block(users, items) for draw in self.draws)

    def _deviation(self, answers: Any) -> np.ndarray:
        """The standard deviation of the draws' x, in rating units, float32."""
        n, total, squares = len(self.draws), 0.0, 0.0
        for answer in answers:
            x = answer.astype(np.float64)
            total, squares = total + x, squares + x**2
        variance = np.maximum(squares / n - (total / n) ** 2, 0.0)
        return (self.unit.size * np.sqrt(variance)).astype(np.float32)

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the interval that holds a rating with probability ``coverage``.

        The middle part of N(r̂, s² (Var x + 1/α)): the uncertainty of the parameters plus the noise
        of ratings. Returns lower and upper ends, clipped to the scale, (n,) each.

        Raises
        ------
        SettingsError
            If ``coverage`` does not lie between 0 and 1.
        """
        if not 0 < coverage < 1:
            raise SettingsError(
                Text(
                    "coverage must lie between 0 and 1, not {coverage}; 0.9 is usual.",
                    coverage=coverage,
                )
            )
        from scipy.special import ndtri

        middle = self.predict(user_ids, item_ids, clip=False)
        noise = self.noise * self.unit.size**2
        away = ndtri((1 + coverage) / 2) * np.sqrt(self.deviation(user_ids, item_ids) ** 2 + noise)
        return self.scale.clip(middle - away), self.scale.clip(middle + away)

    # --- fold-in and reasons --------------------------------------------------------------------

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> DrawnGuest:
        """Fold the guest in given each draw."""
        rows = tuple(draw._fold_in(items, ratings) for draw in self.draws)
        factors = np.asarray(np.mean([row.factors for row in rows], axis=0), np.float32)
        bias = float(np.mean([row.bias for row in rows]))
        return DrawnGuest(factors, bias, items, ratings, rows)

    def attribution(self, user: int | Guest, item: int) -> Attribution:
        """Average over draws what each rating adds."""
        each = [draw.attribution(user, item) for draw in self.draws]
        return dataclasses.replace(
            each[-1],
            start=float(np.mean([one.start for one in each])),
            prediction=float(np.mean([one.prediction for one in each])),
            contributions=np.mean([one.contributions for one in each], axis=0),
        )


def aligned(draw: FactorModel, earlier: tuple[FactorModel, ...]) -> FactorModel:
    """Rotate a draw's factors to those of the first one kept; its predictions stay the same.

    The axes of a factor model are arbitrary: P R and Q R predict what P and Q do, R orthogonal.
    They change from draw to draw, so that means over draws would tend to zero. The alignment
    (orthogonal Procrustes) minimises ‖P R − P₁‖² + ‖Q R − Q₁‖²: R = U Vᵀ, from the singular value
    decomposition U S Vᵀ of Pᵀ P₁ + Qᵀ Q₁ (Schönemann 1966).
    """
    if not earlier:
        return draw
    first = earlier[0]
    p, q, fold = draw.p, draw.q, draw.fold
    u, _, v = np.linalg.svd((p.T @ first.p + q.T @ first.q).astype(np.float64))
    rotation = u @ v
    k = len(rotation)
    whole = np.eye(k + 1)
    whole[:k, :k] = rotation
    reg = np.asarray(fold.reg).copy()
    reg[:k, :k] = rotation.T @ reg[:k, :k] @ rotation
    implicit = None if fold.implicit is None else fold.implicit @ rotation.astype(np.float32)
    return dataclasses.replace(
        draw,
        p=p @ rotation.astype(np.float32),
        q=q @ rotation.astype(np.float32),
        fold=FoldIn(reg, fold.prior @ whole, implicit=implicit),
    )
