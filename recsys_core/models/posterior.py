"""The posterior that Gibbs sampling estimates: the draws that were kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from recsys_core.errors import SettingsError
from recsys_core.models.calibration import Calibration, HeldOut, Source, normal_multiple
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
class Draw(FactorModel):
    """One draw of the parameters, and of the noise around its predictions.

    Attributes
    ----------
    noise_user, noise_item : 1/α_u, float32, (n_users,), and 1/(α α_i), (n_items,): the variance of
        z around x is their product.
    """

    noise_user: np.ndarray
    noise_item: np.ndarray

    def noise_of(self, users: Any, items: np.ndarray) -> np.ndarray:
        """Return 1/(α α_u α_i) of pairs, or of a guest, who is any user, and items; (n,)."""
        mine = self.noise_user.mean() if isinstance(users, Guest) else self.noise_user[users]
        return mine * self.noise_item[items]

    def _exchanged(self) -> dict[str, Any]:
        """The two factors of the noise; 1/α is again with that of the second."""
        common = self.noise_item.mean()
        return {"noise_user": self.noise_item / common, "noise_item": self.noise_user * common}

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each rating adds; a trained user's count α_u times: the penalty is by it."""
        if isinstance(user, Guest):
            return super()._attribution(user, item)
        own = dataclasses.replace(self.fold, reg=self.fold.reg * self.noise_user[user])
        return FactorModel._attribution(dataclasses.replace(self, fold=own), user, item)


@dataclass(frozen=True, eq=False)
class Posterior(FactorModel):
    """Predicts by the mean over many draws.

    Its own parameters, as a ``FactorModel``, are means of the draws' parameters, for maps and
    tables.
    Their product is not the mean of the draws' products, so a prediction is not shown as terms.

    Attributes
    ----------
    draws : the kept draws.
    held_out : ratings it has not learned from, which its intervals are calibrated on; None without.
    """

    draws: tuple[Draw, ...]
    held_out: HeldOut | None = None

    capabilities = Capabilities(
        factors=True, similarity=True, reasons=True, intervals=True, new_items=True
    )

    averaged: ClassVar = ("b_user", "b_item", "p", "q")

    @classmethod
    def of_draws(
        cls,
        draws: tuple[Draw, ...],
        sums: dict[str, np.ndarray],
        held_out: HeldOut | None = None,
    ) -> Posterior:
        """Build it from draws and the sums over them of their ``averaged`` arrays.

        The sums have the shapes of the arrays: (n_users, k), (n_items, k), (n_users,), (n_items,).
        """
        one, n = draws[-1], np.float32(len(draws))
        means: Any = {name: total / n for name, total in sums.items()}
        return cls(
            train=one.train, unit=one.unit, mean=one.mean, link=one.link, fold=one.fold,
            fold_item=one.fold_item, draws=draws, held_out=held_out, **means,
        )  # fmt: skip

    def parts(self) -> dict[str, Any]:
        """Return its own parts, and those of the draws as arrays with one more axis."""
        parts = super().parts()
        held_out = parts.pop("held_out")
        if held_out is not None:
            parts |= {f"held_out.{name}": part for name, part in vars(held_out).items()}
        each = [draw.parts() for draw in parts.pop("draws")]
        for name, part in each[0].items():
            stacks = isinstance(part, np.ndarray)
            parts[f"draws.{name}"] = np.stack([d[name] for d in each]) if stacks else part
        return parts

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> FactorModel:
        """Invert ``parts``."""
        own = {n: part for n, part in parts.items() if not n.startswith(("draws.", "held_out."))}
        each = _named("draws.", parts)
        n_draws = len(each.get("b_user", each.get("user_bias", ())))
        if "noise_user" not in each:  # earlier versions had one 1/α, a mean over draws
            noise = np.float32(own.pop("noise"))
            each["noise_user"] = np.ones((n_draws, train.n_users), np.float32)
            each["noise_item"] = np.full((n_draws, train.n_items), noise)
        kind = FittedModel.kinds["DatedDraw" if "b_day" in each else "Draw"]
        draws = tuple(
            kind.of_parts(
                train,
                {n: part[d] if isinstance(part, np.ndarray) else part for n, part in each.items()},
            )
            for d in range(n_draws)
        )
        held_out = _named("held_out.", parts)
        own["held_out"] = HeldOut(**held_out) if held_out else None
        return super().of_parts(train, own | {"draws": draws})

    @cached_property
    def held(self) -> list[Any]:
        """Its means, and its draws: all but the latest it shares with its predecessors."""
        means = [getattr(self, name) for name in self.averaged]
        return [*means, *self.draws, *(self.held_out.arrays if self.held_out is not None else ())]

    def _exchanged(self) -> dict[str, Any]:
        """The mirror image of each draw."""
        return {"draws": tuple(draw.mirror for draw in self.draws)}

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
        _, variance = _moments(draw._x(who, item_ids) for draw, who in each)
        return self._in_ratings(variance)

    def deviation_matrix(self, user_ids: ArrayLike, item_ids: ArrayLike) -> np.ndarray:
        """Compute it for every pair of a block, float32, (len(user_ids), len(item_ids))."""
        users, items = (
            checked(user_ids, self.n_users, "user"),
            checked(item_ids, self.n_items, "item"),
        )
        _, variance = _moments(draw._block(users, items) for draw in self.draws)
        return self._in_ratings(variance)

    def _in_ratings(self, variance: np.ndarray) -> np.ndarray:
        """The standard deviation in rating units of a variance of z, float32."""
        return (self.unit.size * np.sqrt(variance)).astype(np.float32)

    # --- intervals ------------------------------------------------------------------------------

    @property
    def noise(self) -> float:
        """The variance of z around a draw's prediction, a mean over training ratings and draws."""
        users, items = self.train.user_ids, self.train.item_ids
        return float(np.mean([draw.noise_of(users, items).mean() for draw in self.draws]))

    def rating_deviation(self, user_ids: ArrayLike | Guest, item_ids: ArrayLike) -> np.ndarray:
        """Compute s √(Var x + 1/(α α_u α_i)), that of a rating itself, float32, (n,).

        The uncertainty of the parameters plus the noise of ratings; the noise is a mean over draws.
        """
        return self.expected(user_ids, item_ids)[1].astype(np.float32)

    def expected(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute mean and standard deviation of the ratings of pairs, float64, (n,) each.

        Not clipped; see ``predict`` and ``rating_deviation``.
        """
        each = zip(self.draws, self._in_draws(user_ids), strict=True)
        mean, variance = _moments(draw._x(who, item_ids) for draw, who in each)
        items = checked(item_ids, self.n_items, "item")
        who = user_ids if isinstance(user_ids, Guest) else checked(user_ids, self.n_users, "user")
        noise = sum(draw.noise_of(who, items).astype(np.float64) for draw in self.draws)
        deviation = self.unit.size * np.sqrt(variance + noise / len(self.draws))
        return self.unit.shift + self.unit.size * mean, deviation

    @property
    def calibrated_on(self) -> Source:
        """What its intervals are set on: "model", "validation" or "held back"."""
        return "model" if self.held_out is None else self.held_out.source

    @cached_property
    def expected_held_out(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return mean and standard deviation of the ratings of ``held_out``, and these, (n,)."""
        assert self.held_out is not None
        expected = self.expected(self.held_out.user_ids, self.held_out.item_ids)
        return *expected, self.held_out.values.astype(np.float64)

    @cached_property
    def calibration(self) -> Calibration | None:
        """How wide intervals have to be, found when first asked for; None: as the model says."""
        return None if self.held_out is None else Calibration.on(*self.expected_held_out)

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the interval that holds a rating with probability ``coverage``.

        r̂ ± c σ, with σ² = s² (Var x + 1/(α α_u α_i)): the uncertainty of the parameters plus the
        noise of ratings. c is set on ratings that the model has not learned from, by groups of σ
        and r̂ (see ``Calibration``); ``calibrated_on`` says on which. Without any, "model", it is
        the normal quantile. Returns lower and upper ends, clipped to the scale, (n,) each; they may
        lie between two stars.

        Raises
        ------
        SettingsError
            If ``coverage`` does not lie between 0 and 1.
        """
        middle, deviation = self.expected(user_ids, item_ids)
        return self.ends(middle, deviation, coverage, self.calibration)

    def ends(
        self,
        middle: np.ndarray,
        deviation: np.ndarray,
        coverage: float,
        calibration: Calibration | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of intervals of known mean and standard deviation, (n,) each.

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
        if calibration is None:
            away = normal_multiple(coverage) * deviation
        else:
            away = calibration.multiples(middle, deviation, coverage) * deviation
        return self.scale.clip(middle - away), self.scale.clip(middle + away)

    # --- fold-in and reasons --------------------------------------------------------------------

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> DrawnGuest:
        """Fold the guest in given each draw."""
        rows = tuple(draw._fold_in(items, ratings) for draw in self.draws)
        factors = np.asarray(np.mean([row.factors for row in rows], axis=0), np.float32)
        bias = float(np.mean([row.bias for row in rows]))
        return DrawnGuest(factors, bias, items, ratings, rows)

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Average over draws what each rating adds."""
        each = [
            draw._attribution(who, item)
            for draw, who in zip(self.draws, self._in_draws(user), strict=True)
        ]
        return dataclasses.replace(
            each[-1],
            start=float(np.mean([one.start for one in each])),
            prediction=float(np.mean([one.prediction for one in each])),
            contributions=np.mean([one.contributions for one in each], axis=0),
        )


def _named(start: str, parts: dict[str, Any]) -> dict[str, Any]:
    """Those parts whose names begin so, by the rest of the name."""
    return {n.removeprefix(start): part for n, part in parts.items() if n.startswith(start)}


def _moments(answers: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance over draws, float64, as the answers."""
    n, total, squares = 0, np.zeros(()), np.zeros(())
    for answer in answers:
        x = answer.astype(np.float64)
        n, total, squares = n + 1, total + x, squares + x**2
    return total / n, np.maximum(squares / n - (total / n) ** 2, 0.0)


def aligned(draw: Draw, earlier: tuple[Draw, ...]) -> Draw:
    """Rotate a draw's factors to those of the first one kept; its predictions stay the same.

    The axes of a factor model are arbitrary: P R and Q R predict what P and Q do, R orthogonal.
    They change from draw to draw, so that means over draws would tend to zero. The alignment
    (orthogonal Procrustes) minimises ‖P R − P₁‖² + ‖Q R − Q₁‖²: R = U Vᵀ, from the singular value
    decomposition U S Vᵀ of Pᵀ P₁ + Qᵀ Q₁ (Schönemann 1966).
    """
    if not earlier:
        return draw
    first = earlier[0]
    p, q = draw.p, draw.q
    u, _, v = np.linalg.svd((p.T @ first.p + q.T @ first.q).astype(np.float64))
    rotation = u @ v
    k = len(rotation)
    whole = np.eye(k + 1)
    whole[:k, :k] = rotation

    def rotated(fold: FoldIn) -> FoldIn:
        reg = np.asarray(fold.reg).copy()
        reg[:k, :k] = rotation.T @ reg[:k, :k] @ rotation
        implicit = None if fold.implicit is None else fold.implicit @ rotation.astype(np.float32)
        expected = None if fold.expected is None else fold.expected @ rotation
        return FoldIn(
            reg,
            fold.prior @ whole,
            implicit=implicit,
            expected=expected,
            precisions=fold.precisions,
        )

    return dataclasses.replace(
        draw,
        p=p @ rotation.astype(np.float32),
        q=q @ rotation.astype(np.float32),
        fold=rotated(draw.fold),
        fold_item=None if draw.fold_item is None else rotated(draw.fold_item),
    )
