"""ALS: biased matrix factorization by alternating least squares.

>>> import recsys_core as rc
>>> board = rc.datasets.checkerboard(density=0.6, seed=0)  # 5 and 1 in turn
>>> split = rc.splits.random(board, validation=0, test=0.2, seed=0)
>>> model = rc.ALS(n_factors=2, reg=0.03, seed=0).fit(split.train)
>>> predicted = model.predict(split.test.user_ids, split.test.item_ids)
>>> round(rc.metrics.rmse(split.test.values, predicted), 1)  # the test ratings' deviation is 2
0.1
"""

from __future__ import annotations

import dataclasses
from typing import Any

from recsys_core.models.alternating import AlternatingTrainer
from recsys_core.models.base import Model
from recsys_core.models.options import (
    biases_option,
    center_option,
    deviation_option,
    epochs_option,
    factors_option,
    option,
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
class ALS(Model):
    """Alternating least squares, biases solved together with the factors.

    Minimises Σ (r − r̂)² + λ Σ_u n_u (‖p_u‖² + b_u²) + λ Σ_i n_i (‖q_i‖² + b_i²), r̂ = μ + b_u +
    b_i + p_u · q_i, r standardized; with ``weighted=False`` the counts n are 1. Source: Zhou et
    al., *Large-scale Parallel Collaborative Filtering for the Netflix Prize*, 2008 (ALS-WR).
    """

    title = "ALS"
    summary = Text(
        "Solves all users exactly with the items fixed, then all items with the users fixed."
    )

    n_factors: int | None = factors_option()
    reg: float | None = reg_option()
    n_epochs: int | None = epochs_option()
    biases: bool = biases_option()
    weighted: bool = option(
        True,
        "bool",
        "n·λ",
        Text("Weight λ by count"),
        meaning=Text("Regularises each user and item in proportion to its number of ratings."),
        what_if=Text(
            "Unweighted, λ has little effect on those with many ratings, and much on the rest."
        ),
    )
    init_deviation: float = deviation_option()
    center: bool = center_option()
    standardize: bool = standardize_option()
    patience: int | None = patience_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """More factors as data grows; λ as ALS-WR's authors found it."""
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "reg": 0.1, "n_epochs": 60, "patience": 30}
        if ratings.n_ratings < 20_000:
            return {"n_factors": 5, "reg": 0.06, "n_epochs": 60, "patience": 30}
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "reg": 0.12, "n_epochs": 10, "patience": 3}
        return {"n_factors": 32, "reg": 0.07, "n_epochs": 15, "patience": 3}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> AlternatingTrainer:
        trainer = AlternatingTrainer(train, settings)
        trainer.weighted = settings["weighted"]
        for side in (trainer.users, trainer.items):
            side.reg[:] = settings["reg"]
        return trainer
