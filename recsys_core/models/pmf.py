"""PMF: probabilistic matrix factorization, maximum a posteriori.

>>> import recsys_core as rc
>>> world = rc.datasets.low_rank(density=0.5, noise=0.3, seed=0)  # 100 × 50, of rank 3
>>> split = rc.splits.random(world, seed=0)  # 80/10/10
>>> model = rc.PMF(n_factors=3, adaptive=True, seed=0).fit(split.train, split.validation)
>>> predicted = model.predict(split.test.user_ids, split.test.item_ids)
>>> round(rc.metrics.rmse(split.test.values, predicted), 1)  # little more than the noise
0.4
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels import tables
from recsys_core.models.alternating import AlternatingTrainer, Side
from recsys_core.models.base import Model
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, mean_logit, squares
from recsys_core.models.fitted_model import FittedModel
from recsys_core.models.options import (
    biases_option,
    center_option,
    deviation_option,
    epochs_option,
    factors_option,
    option,
    patience_option,
    rate_option,
    reg_option,
    seed_option,
    standardize_option,
)
from recsys_core.models.registry import MODELS
from recsys_core.models.sgd import SGDTrainer
from recsys_core.ratings import Ratings
from recsys_core.text import Text, later

# Epochs with the priors as given, so that the factors have left their random start before variances
# are estimated from them; estimated from the first epoch on, those of small data shrink to zero.
_FIXED_EPOCHS = 10


@MODELS.register
@dataclasses.dataclass
class PMF(Model):
    """Gaussian noise around the prediction, Gaussian priors of the factors and biases.

        r ~ N(r̂, σ²)     p_u ~ N(m_U, σ_U²)     q_i ~ N(m_V, σ_V²)     λ_U = σ² / σ_U²

    The most probable factors minimise Σ (r − r̂)² + λ_U Σ ‖p_u − m_U‖² + λ_V Σ ‖q_i − m_V‖², r
    standardized. Each user and item counts once, however many its ratings; what sets PMF apart from
    ALS is the prior. With ``adaptive`` priors m and σ_U², σ_V², σ² are re-estimated from the
    factors after every half-step, and there is no λ to choose; otherwise m = 0 and λ stays. With
    the identity link the rows are solved in closed form, with the logistic link they follow the
    gradient.

    ``constrained``, a user's factors are p_u = y_u + 1/n_u Σ_{k ∈ I_u} w_k, I_u the n_u items rated
    in training: users who rated the same items have similar priors, whatever they rated them. The
    penalty is then λ_U Σ ‖y_u‖² + λ_V Σ ‖q_i‖² + λ_W Σ ‖w_k‖², with no adaptive priors, and is
    followed by the gradient with either link. Source: Salakhutdinov and Mnih, *Probabilistic Matrix
    Factorization*, 2007.
    """

    title = "PMF"
    summary = Text("Finds the most probable factors, given the ratings and a Gaussian prior.")
    shaping = (*Model.shaping, "adaptive", "covariance", "link", "constrained")

    n_factors: int | None = factors_option()
    adaptive: bool | None = option(
        None, "bool", "σ²", Text("Adaptive priors"),
        meaning=Text("Estimates the variances of the priors from the data, instead of a fixed λ."),
        what_if=Text("With fixed priors (plain PMF), λ has to be chosen by the validation error."),
    )  # fmt: skip
    covariance: str = option(
        "diagonal", "choice", "Σ", Text("Prior covariance"),
        choices=(later("spherical"), later("diagonal")),
        advanced=True,
        meaning=Text("One variance for all factors (spherical) or one for each (diagonal)."),
        what_if=Text("Diagonal shrinks weak factors to zero; spherical shrinks all alike."),
    )  # fmt: skip
    reg_user: float | None = reg_option("λ_U")
    reg_item: float | None = reg_option("λ_V")
    n_epochs: int | None = epochs_option()
    biases: bool = biases_option()
    link: str = option(
        "identity",
        "choice",
        "g",
        Text("Link"),
        choices=(later("identity"), later("logistic")),
        advanced=True,
        meaning=Text("How x = μ + b + p·q becomes a rating: unchanged, or mapped into the scale."),
        what_if=Text(
            "Logistic can never leave the scale, but has no closed form: it takes more epochs."
        ),
    )
    constrained: bool = option(
        False,
        "bool",
        "W",
        Text("Constrained"),
        advanced=True,
        meaning=Text(
            "Adds to each user the mean of a vector per rated item: what was rated counts, "
            "too. Its priors are fixed."
        ),
        what_if=Text("Helps users with few ratings; without it they stay near the average user."),
    )
    reg_rated: float | None = option(
        None,
        "float",
        "λ_W",
        Text("Regularisation of W"),
        low=1e-4,
        high=100.0,
        log=True,
        advanced=True,
        meaning=Text("Keeps the vectors of rated items small (constrained PMF alone)."),
        what_if=Text(
            "Too little overfits what was rated; very much is PMF without the constraint."
        ),
    )
    learning_rate: float | None = rate_option()
    init_deviation: float = deviation_option()
    center: bool = center_option()
    standardize: bool = standardize_option()
    patience: int | None = patience_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Adaptive priors, which start at λ, where there are ratings enough to estimate them."""
        n = ratings.n_ratings
        if n < 500:
            few = {"n_factors": 3, "adaptive": False, "reg_user": 0.6, "reg_item": 0.6}
            few |= {"reg_rated": 0.6}
            return {**few, "learning_rate": 0.1, "n_epochs": 100, "patience": 30}
        if n < 20_000:
            few = {"n_factors": 8, "adaptive": True, "reg_user": 3.0, "reg_item": 3.0}
            few |= {"reg_rated": 3.0}
            return {**few, "learning_rate": 0.05, "n_epochs": 60, "patience": 30}
        many = {"adaptive": True, "reg_user": 8.0, "reg_item": 8.0, "learning_rate": 0.01}
        many |= {"reg_rated": 8.0}
        return {**many, "n_factors": 16 if n < 300_000 else 32, "n_epochs": 40, "patience": 8}

    def _chosen(self, train: Ratings) -> dict[str, Any]:
        """The defaults; the gradient alone needs larger λ than adaptive priors, and more epochs.

        Constrained, of much data: the best of fifteen settings on a validation part of MovieLens
        100K.
        """
        chosen = self.defaults(train)
        if self.constrained and train.n_ratings >= 20_000:
            chosen |= {"reg_user": 12.0, "reg_item": 12.0, "reg_rated": 1.0, "n_epochs": 80}
        return chosen

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> FactorTrainer:
        if settings["constrained"]:
            # Here, since it imports SVD++, which comes after PMF on pages.
            from recsys_core.models.constrained import ConstrainedTrainer

            return ConstrainedTrainer(train, settings)
        if settings["link"] == "logistic":
            return LogisticTrainer(train, settings)
        trainer = (AdaptiveTrainer if settings["adaptive"] else AlternatingTrainer)(train, settings)
        trainer.users.reg[:] = settings["reg_user"]
        trainer.items.reg[:] = settings["reg_item"]
        return trainer


class AdaptiveTrainer(AlternatingTrainer):
    """Solves rows in closed form, and re-estimates the priors from them after every half-step.

    With A the matrix of a row's normal equations, its posterior variances are v = σ² diag(A⁻¹).
    They are used twice: in the other side's equations, where x xᵀ becomes x xᵀ + diag(v) (without
    it factors overfit more and more), and (without it prior variances shrink to zero) in

        m ← mean of w        s² ← mean of (w − m)² + v        λ ← σ² / s²
        σ² ← Σ e² / (N − d)          d = Σ over rows and numbers of 1 − λ A⁻¹

    (d is the effective number of parameters, those that the ratings determine and not the priors:
    MacKay 1992). This is mean-field variational Bayes (Lim and Teh 2007), of which predictions use
    the mean.
    """

    n_scheduled = _FIXED_EPOCHS

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings)
        self.noise = float(train.values.var(dtype=np.float64)) or 1.0
        self._determined = {"users": 0.0, "items": 0.0}
        self._fixed = _FIXED_EPOCHS  # epochs left before the priors adapt
        for side in (self.users, self.items):
            n, width = side.factors.shape
            side.inverse = np.zeros((n, width + 1), np.float32)
            side.variance = tables.zeros(n, width)

    def after_half(self, side: Side) -> None:
        """Re-estimate the prior mean and variance of the side just solved."""
        rated, k = side.counts > 0, self.n_factors
        columns = [*range(1, k + 1), *([0] if side.biases else [])]  # the bias last, as in rows
        inverse = side.inverse[np.ix_(rated, columns)].astype(np.float64)
        name = "users" if side is self.users else "items"
        self._determined[name] = float((1.0 - side.reg * inverse).sum())
        if self._fixed:
            return
        side.variance[:, :k] = self.noise * side.inverse[:, 1 : k + 1]
        rows = side.rows()[rated].astype(np.float64)
        mean = rows.mean(axis=0)
        mean[k:] = 0.0  # the mean of the biases belongs to μ
        spread = ((rows - mean) ** 2 + self.noise * inverse).mean(axis=0)
        if self.settings["covariance"] == "spherical":
            spread[:k] = spread[:k].mean()
        side.prior[:] = mean
        side.reg[:] = self.noise / np.maximum(spread, 1e-9)

    def end_epoch(self) -> None:
        """Re-estimate the noise variance σ²."""
        train, was = self.train, self.noise
        raw, _ = self.squared_errors(train, 0, len(train))
        free = max(len(train) - sum(self._determined.values()), 0.05 * len(train))
        self.noise = max(raw / free, 1e-6 * train.scale.width**2)
        if self._fixed:
            self._fixed -= 1
            return
        for side in (self.users, self.items):
            side.reg *= self.noise / was  # λ = σ² / s² with the new σ²

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return copies of parameters, priors and noise."""
        noise = self.noise, dict(self._determined), self._fixed
        return {**super().state(snapshot), "noise": noise}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all of it."""
        super().restore(state)
        self.noise, determined, self._fixed = state["noise"]
        self._determined = dict(determined)


class LogisticTrainer(SGDTrainer):
    """Finds the same maximum for r̂ = low + range · σ(x), by gradient steps on one rating each."""

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, {**settings, "shuffle": True})
        self.link = "logistic"
        self.mean = mean_logit(train) if settings["center"] else 0.0
        counts = np.maximum(train.user_counts, 1), np.maximum(train.item_counts, 1)
        self._reg_user = (settings["reg_user"] / counts[0]).astype(np.float32)
        self._reg_item = (settings["reg_item"] / counts[1]).astype(np.float32)

    def update(self) -> tuple[Callable[..., None], tuple]:
        """Return the kernel, and its arguments between the ratings and the run."""
        low, high = self.train.scale[:2]
        return kernels.logistic_kernel(self.p.shape[1]), (
            self.parameters(), np.float32(low), np.float32(high - low),
            np.float32(self.settings["learning_rate"]),
            self._reg_user, self._reg_item, bool(self.settings["biases"]),
        )  # fmt: skip

    def penalties(self, user: int, item: int) -> tuple[float, float]:
        """Return λ_U / n_u and λ_V / n_i, the share of each penalty that one rating takes."""
        return float(self._reg_user[user]), float(self._reg_item[item])

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + λ_U Σ (‖p_u‖² + b_u²) + λ_V Σ (‖q_i‖² + b_i²)."""
        users = float(squares(self.p).sum() + squares(self.b_user).sum())
        items = float(squares(self.q).sum() + squares(self.b_item).sum())
        return squared_error + self.settings["reg_user"] * users + self.settings["reg_item"] * items

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of the row that minimises the same objective, by Gauss–Newton."""
        reg = self.row_penalty(self.settings["reg_user"], self.settings["biases"])
        return FoldIn(reg, np.zeros(self.n_factors + 1))

    def fold_in_item_rule(self) -> FoldIn:
        """Return the same of items."""
        reg = self.row_penalty(self.settings["reg_item"], self.settings["biases"])
        return FoldIn(reg, np.zeros(self.n_factors + 1))
