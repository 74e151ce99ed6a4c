"""The two baselines every result is shown beside: the global mean, and user and item biases.

>>> import recsys_core as rc
>>> party = rc.datasets.music_party()
>>> mean, biases = rc.GlobalMean().fit(party), rc.UserItemBias(reg_user=1, reg_item=1).fit(party)
>>> round(mean.global_mean, 2), mean.predict([0, 1], [0, 0]).round(2)
(3.31, array([3.31, 3.31], dtype=float32))
>>> spock, bach = party.user_index("Spock"), party.item_index("Brandenburg Concerto No. 3")
>>> round(float(biases.user_bias[spock]), 2), round(float(biases.item_bias[bach]), 2)
(0.25, -0.4)
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import cut_rows, run_all
from recsys_core.models.base import Model
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, squares
from recsys_core.models.fitted_model import FittedModel
from recsys_core.models.options import option
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Grouped, Ratings
from recsys_core.text import Text

# Between these the shrinkage is chosen; as in forms, at most 100.
_SHRINKAGE = 0.01, 100.0
_shrinkage: WeakKeyDictionary[Ratings, tuple[float, float]] = WeakKeyDictionary()

# The error of the biases, relative, at which they are solved.
_TOLERANCE = 1e-13

_RATINGS_A_PIECE = 1 << 16


@MODELS.register
@dataclasses.dataclass
class GlobalMean(Model):
    """Predicts the mean training rating for every user and item: r̂ = μ."""

    title = Text("Global mean")
    summary = Text("The mean of all ratings, for everyone.")
    is_baseline = True
    has_epochs = False

    seed: int = 0  # nothing is drawn; taken so that every model is made alike, no control in forms

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Nothing to choose."""
        return {}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> MeanTrainer:
        return MeanTrainer(train)


class MeanTrainer(FactorTrainer):
    """r̂ = μ; there is nothing to train."""

    def __init__(self, train: Ratings) -> None:
        super().__init__(train, n_factors=0)
        self.mean = train.global_mean

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of a guest: predicted like everyone."""
        return FoldIn(np.array([np.inf]), np.zeros(1))

    def fold_in_item_rule(self) -> FoldIn:
        """Return the rule of a new item: predicted like all."""
        return self.fold_in_rule()


@MODELS.register
@dataclasses.dataclass
class UserItemBias(Model):
    """r̂ = μ + b_u + b_i; the b minimise Σ e² + λ_u Σ b_u² + λ_i Σ b_i², solved exactly.

    Where λ_u or λ_i are left None they are what the training ratings say of the variances of

        r = μ + b_u + b_i + e        λ_u = σ² / σ_u²        λ_i = σ² / σ_i²

    by moments (``shrinkage_of``). Sources: Koren, *Factor in the Neighbors*, 2010; of the variances
    Gao and Owen, *Efficient moment calculations for variance components in large unbalanced crossed
    random effects models*, 2017.
    """

    title = Text("User + item bias")
    summary = Text("The mean, plus the user's bias and the item's; no factors.")
    is_baseline = True
    has_epochs, n_passes = False, 1

    reg_user: float | None = option(
        None, "float", "λ_u", Text("Shrinkage of users"), low=0.0, high=100.0,
        meaning=Text("Moves the bias of users with few ratings towards zero."),
        what_if=Text("Too little trusts a single rating; too much keeps every bias near zero."),
    )  # fmt: skip
    reg_item: float | None = option(
        None, "float", "λ_i", Text("Shrinkage of items"), low=0.0, high=100.0,
        meaning=Text("Moves the bias of items with few ratings towards zero."),
        what_if=Text("Too little trusts a single rating; too much keeps every bias near zero."),
    )  # fmt: skip
    n_epochs: int | None = None  # of earlier versions, which alternated; without effect
    seed: int = 0  # nothing is drawn; taken so that every model is made alike, no control in forms

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """λ_u and λ_i as the ratings' variances say."""
        reg_user, reg_item = shrinkage_of(ratings)
        return {"reg_user": reg_user, "reg_item": reg_item}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> BiasTrainer:
        return BiasTrainer(train, settings)


def shrinkage_of(ratings: Ratings) -> tuple[float, float]:
    """Estimate λ_u = σ² / σ_u² and λ_i = σ² / σ_i² of r = μ + b_u + b_i + e from the ratings alone.

    By the method of moments, in one pass. With N ratings of R users and C items, n_u and n_i of
    each, the sums of squared deviations from the means of users, of items, and of all have the
    expectations

        U_u = Σ_u Σ_i (r − r̄_u)²      (N − R) (σ_i² + σ²)
        U_i = Σ_i Σ_u (r − r̄_i)²      (N − C) (σ_u² + σ²)
        U   = N Σ (r − r̄)²            (N² − Σ n_u²) σ_u² + (N² − Σ n_i²) σ_i² + (N² − N) σ²

    and three equations give the three variances. Ratios of variances, so that no scale changes
    them. Rounded to three digits, and kept between 0.01 and 100: of few ratings a variance may come
    out below zero, and the bias it is of is then nearly left out.
    """
    found = _shrinkage.get(ratings)
    if found is None:
        found = _shrinkage[ratings] = _shrinkage_of(ratings)
    return found


def _shrinkage_of(ratings: Ratings) -> tuple[float, float]:
    r = ratings.values.astype(np.float64)
    r -= r.mean()
    n, squared = len(r), float(r @ r)
    within, n_known, pairs = [], [], []  # of users and of items: U / …, R and C, Σ n²
    for ids, counts in (
        (ratings.user_ids, ratings.user_counts),
        (ratings.item_ids, ratings.item_counts),
    ):
        counts = counts.astype(np.float64)
        sums = np.bincount(ids, r, len(counts))
        within.append(squared - float((sums**2 / np.maximum(counts, 1)).sum()))
        n_known.append(int((counts > 0).sum()))
        pairs.append(float(counts @ counts))
    expectations = np.array(
        [
            [0.0, n - n_known[0], n - n_known[0]],
            [n - n_known[1], 0.0, n - n_known[1]],
            [n**2 - pairs[0], n**2 - pairs[1], n**2 - n],
        ]
    )
    # Least squares, since of very few ratings an equation may say nothing.
    of_users, of_items, noise = np.linalg.lstsq(expectations, [*within, n * squared])[0]
    return _ratio(noise, of_users), _ratio(noise, of_items)


def _ratio(noise: float, variance: float) -> float:
    low, high = _SHRINKAGE
    if variance * high <= max(noise, 0.0):
        return high
    return float(f"{max(noise / variance, low):.3g}")


class BiasTrainer(FactorTrainer):
    """Solves the normal equations of all biases at once, by conjugate gradients in float64.

        (n_u + λ_u) b_u + Σ_{i∈I_u} b_i = Σ_i (r − μ)
        (n_i + λ_i) b_i + Σ_{u∈I_i} b_u = Σ_u (r − μ)

    One line gives the biases of the longer side from those of the other; put into the other line,
    that leaves a system of the shorter side alone (its Schur complement), S b = g. A step is one
    round on it, with the diagonal n + λ as preconditioner; MovieLens takes some 15.
    """

    n_steps = 300  # at most: rounds after the solution is reached do nothing

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, n_factors=0)
        self.mean = train.global_mean
        self.reg_user, self.reg_item = settings["reg_user"], settings["reg_item"]
        users = _Side(train.by_user, self.b_user, self.reg_user, self.mean)
        items = _Side(train.by_item, self.b_item, self.reg_item, self.mean)
        self._short, self._long = sorted((users, items), key=lambda side: len(side.sums))
        short, long = self._short, self._long
        self._b = np.zeros(len(short.sums))
        self._rest = short.sums - short.summed(long.sums / long.diagonal)  # g − S b
        self._way = self._rest / short.diagonal
        self._left = self._first = float(self._rest @ self._way)
        self._solved = self._left <= 0

    def step(self, index: int) -> None:
        """Do one round: b goes along the way to its minimum, and the way turns."""
        if self._solved:
            return
        short, long, way = self._short, self._long, self._way
        image = short.diagonal * way - short.summed(long.summed(way) / long.diagonal)  # S way
        bent = float(way @ image)
        if bent > 0:
            self._b += self._left / bent * way
            self._rest -= self._left / bent * image
            scaled = self._rest / short.diagonal
            left = float(self._rest @ scaled)
            self._way = scaled + left / self._left * way
            self._left = left
        near = self._left <= _TOLERANCE**2 * self._first
        self._solved = near or bent <= 0 or index == self.n_steps - 1
        if self._solved:
            short.biases[:] = self._b
            long.biases[:] = (long.sums - long.summed(self._b)) / long.diagonal

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + λ_u Σ b_u² + λ_i Σ b_i²."""
        users = float(squares(self.b_user).sum())
        items = float(squares(self.b_item).sum())
        return squared_error + self.reg_user * users + self.reg_item * items

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of a guest's bias: the shrunken mean."""
        return FoldIn(np.array([self.reg_user]), np.zeros(1))

    def fold_in_item_rule(self) -> FoldIn:
        """Return the rule of a new item's bias: the shrunken mean."""
        return FoldIn(np.array([self.reg_item]), np.zeros(1))

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return the biases, and how far the rounds are."""
        rounds = self._b.copy(), self._rest.copy(), self._way.copy(), self._left, self._solved
        return {**super().state(snapshot), "rounds": rounds}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore them."""
        super().restore(state)
        b, rest, way, self._left, self._solved = state["rounds"]
        self._b, self._rest, self._way = b.copy(), rest.copy(), way.copy()


class _Side:
    """One side's part of the normal equations: Σ (r − μ) and n + λ of each row, float64, (n,)."""

    def __init__(self, grouped: Grouped, biases: np.ndarray, reg: float, mean: float) -> None:
        self.grouped, self.biases = grouped, biases
        counts = np.diff(grouped.starts)
        rows = np.repeat(np.arange(len(counts)), counts)
        self.sums = np.bincount(rows, grouped.values - np.float64(mean), len(counts))
        self.diagonal = np.maximum(counts + float(reg), 1e-9)
        self._pieces = cut_rows(grouped.starts, _RATINGS_A_PIECE)

    def summed(self, x: np.ndarray) -> np.ndarray:
        """Sum x of the other side, float64, over the ratings of each row; float64, (n,)."""
        starts, columns, out = self.grouped.starts, self.grouped.columns, np.empty(len(self.sums))
        run_all(partial(kernels.sum_columns, starts, columns, x, out), self._pieces)
        return out
