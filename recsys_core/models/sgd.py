"""SGD: biased matrix factorization by stochastic gradient descent, one rating at a time."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from recsys_core.kernels.sgd import sgd_kernel
from recsys_core.models.base import Model
from recsys_core.models.options import (
    biases_option,
    center_option,
    epochs_option,
    factors_option,
    option,
    patience_option,
    rate_option,
    reg_option,
    seed_option,
)
from recsys_core.models.parameters import FactorLearner
from recsys_core.models.predictor import FoldIn
from recsys_core.ratings import Ratings

# Ratings updated between two looks at the clock: a few milliseconds of work.
_RATINGS_A_STEP = 1 << 16


@dataclasses.dataclass
class SGD(Model):
    """Biased matrix factorization: r̂ = μ + b_u + b_i + p_u · q_i, learned rating by rating.

    Minimises Σ [(r − r̂)² + λ(‖p_u‖² + ‖q_i‖² + b_u² + b_i²)] over the training ratings by the
    updates of ``kernels.sgd``. Source: Koren, Bell and Volinsky, *Matrix Factorization Techniques
    for Recommender Systems*, 2009.
    """

    title = "SGD"
    summary = "Walks through the ratings one by one and mends its numbers a little after each."

    n_factors: int | None = factors_option()
    learning_rate: float | None = rate_option()
    reg: float | None = reg_option()
    n_epochs: int | None = epochs_option()
    biases: bool = biases_option()
    shuffle: bool = option(
        True, "bool", "", "Shuffle", advanced=True,
        meaning="Visits the ratings in random order instead of row by row.",
        what_if="In order, the last rows of the table always have the last word.",
    )  # fmt: skip
    init_deviation: float = option(
        0.1, "float", "", "Initial spread", low=1e-3, high=1.0, log=True, advanced=True,
        meaning="Standard deviation of the random factors training starts from.",
        what_if="Near zero, learning takes long to start; large, it starts from noise.",
    )  # fmt: skip
    center: bool = center_option()
    patience: int | None = patience_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Few factors and many gentle epochs for small data; more of the former as it grows."""
        if ratings.n_ratings < 2_000:
            return {"n_factors": 3, "learning_rate": 0.03, "reg": 0.02, "n_epochs": 200,
                    "patience": 30}  # fmt: skip
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "learning_rate": 0.015, "reg": 0.08, "n_epochs": 50,
                    "patience": 5}  # fmt: skip
        return {"n_factors": 32, "learning_rate": 0.01, "reg": 0.05, "n_epochs": 40, "patience": 3}

    def _learner(self, train: Ratings, settings: dict[str, Any]) -> SGDLearner:
        return SGDLearner(train, settings)


class SGDLearner(FactorLearner):
    """The updates of ``kernels.sgd``, in steps of some thousand ratings."""

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings["n_factors"])
        self.settings = settings
        self.rng = np.random.default_rng(settings["seed"])
        self.mean = train.global_mean if settings["center"] else 0.0
        self.draw_factors(self.rng, settings["init_deviation"])
        self.n_steps = -(-len(train) // _RATINGS_A_STEP)
        self._triples = train.user_ids, train.item_ids, train.values
        self._order: np.ndarray | None = None

    def begin_epoch(self) -> None:
        """Draw the order of this epoch."""
        if self.settings["shuffle"]:
            self._follow(self.rng.permutation(len(self.train)))

    def _follow(self, order: np.ndarray | None) -> None:
        """Lay the ratings out in this order, so that the kernel reads them straight through."""
        self._order = order
        triples = self.train.user_ids, self.train.item_ids, self.train.values
        if order is not None:
            self._triples = tuple(array[order] for array in triples)

    def run(self, index: int) -> tuple[int, int]:
        """First and last rating of a step."""
        start = index * _RATINGS_A_STEP
        return start, min(start + _RATINGS_A_STEP, len(self.train))

    def step(self, index: int) -> None:
        """One run of ratings."""
        start, stop = self.run(index)
        s = self.settings
        sgd_kernel(self.p.shape[1])(
            *self._triples, self.p, self.q, self.b_user, self.b_item, np.float32(self.mean),
            np.float32(s["learning_rate"]), np.float32(s["reg"]), bool(s["biases"]), start, stop,
        )  # fmt: skip

    def objective(self, squared_error: float) -> float:
        """Σ e² + λ Σ (‖p_u‖² + ‖q_i‖² + b_u² + b_i²), both sums over the training ratings."""
        users = (self.p**2).sum(axis=1, dtype=np.float64) + self.b_user.astype(np.float64) ** 2
        items = (self.q**2).sum(axis=1, dtype=np.float64) + self.b_item.astype(np.float64) ** 2
        train = self.train
        penalty = float(users @ train.user_counts + items @ train.item_counts)
        return squared_error + self.settings["reg"] * penalty

    def fold_in_rule(self) -> FoldIn:
        """The row that minimises the same objective: λ counts once for each rating."""
        reg = np.full(self.n_factors + 1, float(self.settings["reg"]))
        if not self.settings["biases"]:
            reg[-1] = np.inf
        return FoldIn(reg, np.zeros(self.n_factors + 1), weighted=True)

    def state(self) -> dict[str, Any]:
        """Parameters, the generator, and the order of the epoch under way."""
        rest = {"rng": self.rng.bit_generator.state, "order": self._order}
        return {**super().state(), **rest}

    def restore(self, state: dict[str, Any]) -> None:
        """Take all of it up again."""
        super().restore(state)
        self.rng.bit_generator.state = state["rng"]
        self._follow(state["order"])
