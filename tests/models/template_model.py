"""A complete factor model to begin a new one with: copy it to ``recsys_core/models/<name>.py``.

>>> import recsys_core as rc
>>> board = rc.datasets.checkerboard(density=0.6, seed=0)  # 5 and 1 in turn
>>> split = rc.splits.random(board, validation=0, test=0.2, seed=0)
>>> model = rc.MODELS["Template"](n_factors=2, seed=0).fit(split.train)
>>> predicted = model.predict(split.test.user_ids, split.test.item_ids)
>>> round(rc.metrics.rmse(split.test.values, predicted), 1)  # the test ratings' deviation is 2
0.1
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from recsys_core.models.base import Model
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, squares
from recsys_core.models.options import epochs_option, factors_option, reg_option, seed_option
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings


@MODELS.register
@dataclasses.dataclass
class Template(Model):
    """Alternating least squares in its plainest form, r̂ = μ + p_u · q_i.

    Minimises Σ (r − r̂)² + λ (Σ_u ‖p_u‖² + Σ_i ‖q_i‖²), r standardized (``standardized``). Source:
    the paper that has the formula.
    """

    title = "Template"
    summary = "Solves every user's row exactly, then every item's."

    # The settings: pages make a form of them, links and files say them. None: see ``defaults``.
    n_factors: int | None = factors_option()
    reg: float | None = reg_option()
    n_epochs: int | None = epochs_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """More factors as data grows."""
        return {"n_factors": 3 if ratings.n_ratings < 500 else 8, "reg": 0.5, "n_epochs": 20}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> TemplateTrainer:
        return TemplateTrainer(train, settings)


class TemplateTrainer(FactorTrainer):
    """The parameters ``p``, ``q`` and ``mean``, and the steps that change them.

    Here an epoch has two steps. Of many ratings a step should be a few milliseconds of work: then
    cut it further, and write its loop in ``kernels/``.
    """

    n_steps = 2

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings["n_factors"])
        self.reg = settings["reg"]
        self.mean = train.global_mean
        self.draw_factors(np.random.default_rng(settings["seed"]), deviation=0.1, centred=True)

    def step(self, index: int) -> None:
        """All users given the items, then all items given the users."""
        if index == 0:
            rows, others, rated, counts = self.p, self.q, self.train.by_user, self.train.user_counts
        else:
            rows, others, rated, counts = self.q, self.p, self.train.by_item, self.train.item_counts
        for row in np.flatnonzero(counts):
            ids, ratings = rated.row(row)
            # (XᵀX + λI) w = Xᵀ(r − μ), X the rows of the others
            x = others[ids].astype(np.float64)
            a = x.T @ x + self.reg * np.eye(x.shape[1])
            rows[row] = np.linalg.lstsq(a, x.T @ (ratings - self.mean), rcond=None)[0]

    def objective(self, squared_error: float) -> float:
        """Σ e² + λ (Σ_u ‖p_u‖² + Σ_i ‖q_i‖²)."""
        return squared_error + self.reg * float(squares(self.p).sum() + squares(self.q).sum())

    def fold_in_rule(self) -> FoldIn:
        """A new user's row minimises the same: λ on each factor around 0, and no bias."""
        return FoldIn(self.row_penalty(self.reg, biases=False), np.zeros(self.n_factors + 1))
