"""Implicit ALS: matrix factorization of what people chose, not of how they rated it.

>>> import numpy as np
>>> import recsys_core as rc
>>> plays = np.array([[9, 3, 0, 0], [2, 7, 1, 0], [0, 0, 5, 4], [0, 0, 2, 8], [4, 0, 0, 0]])
>>> counts = rc.Ratings.from_matrix(plays, missing=0)  # two groups of users, each with two items
>>> model = rc.ImplicitALS(n_factors=2, alpha=1.0, reg=0.1, seed=0).fit(counts)
>>> model.recommend(4, n=1)[["item", "score"]].round(1)  # for the one who played item 0 only
   item  score
0     1    0.7
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels import tables
from recsys_core.kernels.threads import run_all
from recsys_core.models.alternating import AlternatingTrainer, Side
from recsys_core.models.base import Model
from recsys_core.models.capabilities import Capabilities
from recsys_core.models.counts import check_counts
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.factor_trainer import squares
from recsys_core.models.fitted_model import Attribution, Guest
from recsys_core.models.normal_equations import normal_equations
from recsys_core.models.options import (
    deviation_option,
    epochs_option,
    factors_option,
    option,
    reg_option,
    seed_option,
)
from recsys_core.models.registry import MODELS
from recsys_core.ratings import Ratings
from recsys_core.text import Text


@MODELS.register
@dataclasses.dataclass
class ImplicitALS(Model):
    """Alternating least squares on preferences: 1 for what a user chose, 0 for all the rest.

    Counts (plays, purchases, clicks) change the weight of a 1, not its value: c = 1 + α · count,
    and c = 1 for every cell that is 0. Minimises over *all* cells

        Σ_ui c_ui (1[count_ui > 0] − p_u · q_i)² + λ (Σ ‖p_u‖² + Σ ‖q_i‖²)

    in time linear in the choices, since Σ_i q_i q_iᵀ is the same for all users. Each row is moved
    towards its solution by three rounds of conjugate gradients a pass. Ratings are taken
    for counts: what someone rated, someone chose. Its scores are preferences, usually between 0
    and 1, and rank items; they are not ratings and have no RMSE.
    Source: Hu, Koren and Volinsky, *Collaborative Filtering for Implicit Feedback Datasets*, 2008.
    """

    title = "Implicit ALS"
    standardizes = False  # counts of choices are no ratings around a mean
    summary = Text(
        "Learns from what people chose, not from how they rated it; for counts and clicks."
    )

    n_factors: int | None = factors_option()
    alpha: float | None = option(
        None, "float", "α", Text("Confidence"), low=1e-3, high=1000.0, log=True,
        meaning=Text("How much each count adds to the confidence in a choice: c = 1 + α · count."),
        what_if=Text("Too little is dominated by the zeros; too much ignores them."),
    )  # fmt: skip
    reg: float | None = reg_option(standardized=False)
    n_epochs: int | None = epochs_option()
    init_deviation: float = deviation_option(0.01)
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Fewer factors and more regularisation than for ratings, since most cells are zeros."""
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "alpha": 1.0, "reg": 1.0, "n_epochs": 20}
        if ratings.n_ratings < 20_000:
            return {"n_factors": 8, "alpha": 1.0, "reg": 5.0, "n_epochs": 20}
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "alpha": 0.5, "reg": 30.0, "n_epochs": 15}
        return {"n_factors": 64, "alpha": 1.0, "reg": 50.0, "n_epochs": 15}

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> ImplicitTrainer:
        check_counts(train, self.title)
        return ImplicitTrainer(train, settings)


@dataclass(frozen=True, eq=False)
class Preferences(FactorModel):
    """Fitted implicit ALS: x = p_u · q_i, a preference.

    Attributes
    ----------
    alpha, reg : α and λ it was trained with; guests are folded in by them.
    """

    alpha: float
    reg: float

    capabilities = Capabilities(
        ratings=False, factors=True, similarity=True, terms=True, reasons=True, new_items=True
    )

    def _equations(
        self, items: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Build A and b of a user's half-step, and c_j of each item, 0 if it was not chosen.

        A = QᵀQ + Σ_j α n_j q_j q_jᵀ + λI and b = Σ_j c_j q_j, c_j = 1 + α n_j, as in
        ``ImplicitTrainer``: weights α n and targets (1 + α n) / (α n), of the chosen items alone.
        """
        q, chosen = self.q.astype(np.float64), counts > 0
        more = self.alpha * counts[chosen].astype(np.float64)
        penalty = q.T @ q + self.reg * np.eye(self.n_factors)
        a, b = normal_equations(q[items[chosen]], (1 + more) / more, penalty, weights=more)
        confidence = np.zeros(len(items))
        confidence[chosen] = 1 + more
        return a, b, confidence

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> Guest:
        """Solve one user half-step."""
        a, b, _ = self._equations(items, ratings)
        return Guest(np.linalg.solve(a, b).astype(np.float32), 0.0, items, ratings)

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each choice adds: x_i = Σ_j q_iᵀ A⁻¹ q_j c_j, section 5 of the paper."""
        items, counts = self.rated_by(user)
        counts = np.asarray(counts, np.float64)
        a, _, confidence = self._equations(items, counts)
        q = self.q.astype(np.float64)
        contributions = confidence * (q[items] @ np.linalg.solve(a, q[item]))
        return Attribution(0.0, float(contributions.sum()), items, counts, contributions)


class ImplicitTrainer(AlternatingTrainer):
    """Improves users' rows given the items', then items' rows given the users'.

    Σ_j (x_j · w)² over all j and Σ_j over the chosen of c_j (1 − x_j · w)² − (x_j · w)² give

        (Σ_all x xᵀ + Σ_chosen α n x xᵀ + λI) w = Σ_chosen (1 + α n) x

    towards which each row takes the rounds of ``kernels.conjugate_gradients``.
    """

    has_ratings = Preferences.capabilities.ratings

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, {**settings, "center": False, "biases": False})
        self._choices = {}
        for side in (self.users, self.items):
            grouped, alpha = side.grouped, np.float32(settings["alpha"])
            more = alpha * grouped.values  # α n
            confidences = np.where(more > 0, 1 + more, np.float32(0))
            self._choices[side] = kernels.Rows(grouped.starts, grouped.columns, more), confidences

    def half_step(self, side: Side, other: Side) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """Return the kernel and its arguments: Σ x xᵀ over the whole other side, plus λI."""
        choices, confidences = self._choices[side]
        k = np.arange(self.n_factors)
        matrix = tables.copy(other.factors.T @ other.factors)
        matrix[k, k] += np.float32(self.settings["reg"])
        kernel = kernels.conjugate_kernel(other.factors.shape[1])
        return kernel, (choices, confidences, other.factors, matrix, side.factors)

    def objective(self, squared_error: float) -> float:
        """Compute what ``ImplicitALS`` minimises over all cells, by ‖P Qᵀ‖² = tr(PᵀP QᵀQ)."""
        choices, confidences = self._choices[self.users]
        kernel = kernels.choices_kernel(self.p.shape[1])
        pieces = [piece for step in self.users.steps for piece in step]
        chosen = math.fsum(
            run_all(lambda *rows: kernel(choices, confidences, self.q, self.p, *rows), pieces)
        )
        of_users, of_items = (rows.T @ rows for rows in (self.p, self.q))
        everything = float(np.einsum("fg,fg->", of_users, of_items, dtype=np.float64))
        penalty = float(squares(self.p).sum() + squares(self.q).sum())
        return everything + chosen + self.settings["reg"] * penalty

    def snapshot(self) -> Preferences:
        """Return the fitted model: copies of the factors, and α and λ for guests."""
        k = self.n_factors
        return Preferences(
            train=self.train, mean=0.0, b_user=self.b_user.copy(), b_item=self.b_item.copy(),
            p=self.p[:, :k].copy(), q=self.q[:, :k].copy(), link="identity",
            fold=self.fold_in_rule(), fold_item=self.fold_in_rule(),
            alpha=float(self.settings["alpha"]), reg=float(self.settings["reg"]),
        )  # fmt: skip

    def fold_in_rule(self) -> FoldIn:
        """Return a rule that is not used: ``Preferences`` folds in by its own equations."""
        return FoldIn(np.append(np.ones(self.n_factors), np.inf), np.zeros(self.n_factors + 1))
