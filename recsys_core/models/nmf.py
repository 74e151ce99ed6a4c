"""NMF: non-negative matrix factorization of the rated cells.

>>> import recsys_core as rc
>>> board = rc.datasets.checkerboard(density=0.6, seed=0)  # 5 and 1 in turn
>>> model = rc.NMF(n_factors=2, n_epochs=200, seed=0).fit(board)
>>> model.predict_matrix([0, 1], [0, 1, 2, 3]).round()
array([[5., 1., 5., 1.],
       [1., 5., 1., 5.]], dtype=float32)
>>> bool((model.user_factors >= 0).all() and (model.item_factors >= 0).all())
True
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels.threads import row_steps, run_all
from recsys_core.models.base import Model
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, squares
from recsys_core.models.options import (
    deviation_option,
    epochs_option,
    factors_option,
    patience_option,
    reg_option,
    seed_option,
    standardize_option,
)
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings
from recsys_core.text import Text


@MODELS.register
@dataclasses.dataclass
class NMF(Model):
    """Non-negative factorization: r̂ = low + p_u · q_i, no number below zero.

    Minimises Σ (r − r̂)² + λ Σ_u n_u ‖p_u‖² + λ Σ_i n_i ‖q_i‖² over the training ratings by the
    multiplicative updates of ``kernels.multiplicative``. A prediction is a sum of non-negative
    parts, one per factor, so parts never cancel. There are no biases and no mean, since some would
    have to be negative; ratings are measured from the low end of their scale, in standard
    deviations. Users and items without ratings get the mean row of the others. Source: Lee and
    Seung, *Algorithms for Non-negative Matrix Factorization*, 2001.
    """

    title = "NMF"
    summary = Text("Adds up non-negative parts: no factor of a user or an item is below zero.")

    n_factors: int | None = factors_option()
    reg: float | None = reg_option()
    n_epochs: int | None = epochs_option()
    init_deviation: float = deviation_option()
    standardize: bool = standardize_option()
    patience: int | None = patience_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Many epochs and much patience, since multiplicative updates are small steps."""
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "reg": 0.05, "n_epochs": 200, "patience": 100}
        if ratings.n_ratings < 20_000:
            return {"n_factors": 5, "reg": 0.03, "n_epochs": 300, "patience": 50}
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "reg": 0.115, "n_epochs": 300, "patience": 40}
        return {"n_factors": 32, "reg": 0.06, "n_epochs": 200, "patience": 10}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> NMFTrainer:
        return NMFTrainer(train, settings)


class NMFTrainer(FactorTrainer):
    """Updates all users' rows given the items', then all items' given the users'."""

    n_reads = 2  # once for the users' rows, once for the items'

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings["n_factors"])
        self.settings = settings
        self.mean = train.scale.low
        # About flat rows that would predict the mean rating: Σ_f level² = mean − low.
        level = math.sqrt((train.global_mean - train.scale.low) / self.n_factors)
        rng = np.random.default_rng(settings["seed"])
        for rows in (self.p, self.q):
            drawn = rng.normal(level, settings["init_deviation"], (len(rows), self.n_factors))
            rows[:, : self.n_factors] = np.abs(drawn)
        self.end_epoch()
        self._steps = [
            (kernels.Rows(grouped.starts, grouped.columns, values), x, w, pieces)
            for grouped, x, w in ((train.by_user, self.q, self.p), (train.by_item, self.p, self.q))
            for values in [grouped.values - np.float32(train.scale.low)]
            for pieces in row_steps(grouped.starts)
        ]
        self.n_steps = len(self._steps)
        self.n_user_steps = len(row_steps(train.by_user.starts))

    def step(self, index: int) -> None:
        """Update some rows; the first steps are the users', the others the items'."""
        *fixed, pieces = self._steps[index]
        kernel = kernels.multiplicative_kernel(self.p.shape[1])
        reg = np.float32(self.settings["reg"])
        run_all(lambda first, last: kernel(*fixed, reg, first, last), pieces)

    def end_epoch(self) -> None:
        """Set rows without ratings to the mean row of the others."""
        for rows, counts in ((self.p, self.train.user_counts), (self.q, self.train.item_counts)):
            rows[counts == 0] = rows[counts > 0].mean(axis=0)

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + λ Σ (‖p_u‖² + ‖q_i‖²), both sums over the training ratings."""
        users = squares(self.p) @ self.train.user_counts
        items = squares(self.q) @ self.train.item_counts
        return squared_error + self.settings["reg"] * float(users + items)

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of the non-negative row that minimises the same; no ratings: the mean."""
        return self._rule(self.p, self.train.user_counts)

    def fold_in_item_rule(self) -> FoldIn:
        """Return the same of items."""
        return self._rule(self.q, self.train.item_counts)

    def _rule(self, rows: np.ndarray, counts: np.ndarray) -> FoldIn:
        mean_row = rows[counts > 0, : self.n_factors].mean(axis=0, dtype=np.float64)
        reg = self.row_penalty(self.settings["reg"], biases=False)
        return FoldIn(reg, np.append(mean_row, 0.0), weighted=True, nonnegative=True)
