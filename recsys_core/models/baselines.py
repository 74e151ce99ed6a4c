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
from typing import Any

import numpy as np

from recsys_core.models.base import Model
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, squares
from recsys_core.models.options import epochs_option, option
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings


@MODELS.register
@dataclasses.dataclass
class GlobalMean(Model):
    """Predicts the mean training rating for every user and item: r̂ = μ."""

    title = "Global mean"
    summary = "The mean of all ratings, for everyone."
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
    """r̂ = μ + b_u + b_i, by alternating shrunken means.

        b_i = Σ_u (r − μ − b_u) / (λ_i + n_i)      b_u = Σ_i (r − μ − b_i) / (λ_u + n_u)

    Source: Koren, *Factor in the Neighbors*, 2010.
    """

    title = "User + item bias"
    summary = "The mean, plus the user's bias and the item's; no factors."
    is_baseline = True

    reg_user: float = option(
        15.0, "float", "λ_u", "Shrinkage of users", low=0.0, high=100.0,
        meaning="Moves the bias of users with few ratings towards zero.",
        what_if="Too little trusts a single rating; too much keeps every bias near zero.",
    )  # fmt: skip
    reg_item: float = option(
        10.0, "float", "λ_i", "Shrinkage of items", low=0.0, high=100.0,
        meaning="Moves the bias of items with few ratings towards zero.",
        what_if="Too little trusts a single rating; too much keeps every bias near zero.",
    )  # fmt: skip
    n_epochs: int | None = epochs_option()
    seed: int = 0  # nothing is drawn; taken so that every model is made alike, no control in forms

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Ten alternations: then the biases no longer change in four decimals."""
        return {"n_epochs": 10}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> BiasTrainer:
        return BiasTrainer(train, settings)


class BiasTrainer(FactorTrainer):
    """Solves the items' biases given the users', then the users' given the items'."""

    n_steps = 2

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, n_factors=0)
        self.mean = train.global_mean
        self.reg_user, self.reg_item = settings["reg_user"], settings["reg_item"]

    def step(self, index: int) -> None:
        """Update all item biases (step 0), or all user biases (step 1)."""
        t = self.train
        if index == 0:
            self.b_item[:] = _shrunken(
                t.values - self.mean - self.b_user[t.user_ids], t.item_ids, t.item_counts,
                self.reg_item,
            )  # fmt: skip
        else:
            self.b_user[:] = _shrunken(
                t.values - self.mean - self.b_item[t.item_ids], t.user_ids, t.user_counts,
                self.reg_user,
            )  # fmt: skip

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


def _shrunken(rest: np.ndarray, ids: np.ndarray, counts: np.ndarray, reg: float) -> np.ndarray:
    sums = np.bincount(ids, weights=rest, minlength=len(counts))
    return sums / np.maximum(reg + counts, 1e-9)
