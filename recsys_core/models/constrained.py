"""Constrained PMF: a user's factors are its own plus the mean of a vector per rated item."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import mean_logit, squares
from recsys_core.models.svdpp import SVDppTrainer
from recsys_core.ratings import Ratings


class ConstrainedTrainer(SVDppTrainer):
    """Finds the maximum of constrained PMF, p_u = y_u + 1/n_u Σ w_k, by ``kernels.constrained``.

    What SVD++ does as well is inherited: ``own`` are the y_u, ``y`` the w_k, and ``p`` holds their
    sums, which predict; users come in an order drawn anew every epoch.
    """

    power = 1.0  # the mean of the w_k, where SVD++ divides by the root

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings)
        if settings["link"] == "logistic":
            self.link = "logistic"
            self.mean = mean_logit(train) if settings["center"] else 0.0
        counts = np.maximum(train.item_counts, 1)
        self._reg_item = (settings["reg_item"] / counts).astype(np.float32)
        self._reg_rated = (settings["reg_rated"] / counts).astype(np.float32)

    def update(self, first: int, last: int) -> None:
        """Take the steps of the users first to last, in the order of this epoch."""
        s, f = self.settings, np.float32
        low, high = self.train.scale[:2]
        kernel = kernels.constrained_kernel(self.p.shape[1])
        kernel(
            self.visits, self.by_user, self.parameters()._replace(p=self.own), self.y, self.p,
            self.link == "logistic", f(low), f(high - low), f(s["learning_rate"]),
            f(s["reg_user"]), self._reg_item, self._reg_rated, bool(s["biases"]), first, last,
        )  # fmt: skip

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + λ_U Σ (‖y_u‖² + b_u²) + λ_V Σ (‖q_i‖² + b_i²) + λ_W Σ ‖w_k‖²."""
        s = self.settings
        users = float(squares(self.own).sum() + squares(self.b_user).sum())
        items = float(squares(self.q).sum() + squares(self.b_item).sum())
        rated = float(squares(self.y).sum())
        return (
            squared_error + s["reg_user"] * users + s["reg_item"] * items + s["reg_rated"] * rated
        )

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of the y_u that minimises the same, I_u being the guest's own items."""
        reg = self.row_penalty(self.settings["reg_user"], self.settings["biases"])
        implicit = self.y[:, : self.n_factors].copy()
        return FoldIn(reg, np.zeros(self.n_factors + 1), implicit=implicit, power=self.power)

    def fold_in_item_rule(self) -> FoldIn:
        """Return the rule of a new item's q and bias; no user has it in I_u, so it needs no w."""
        reg = self.row_penalty(self.settings["reg_item"], self.settings["biases"])
        return FoldIn(reg, np.zeros(self.n_factors + 1))
