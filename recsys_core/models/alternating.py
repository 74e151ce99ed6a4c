"""Alternating closed-form updates: the trainer behind ALS, PMF and Gibbs sampling.

With all items fixed, every user's row w = (p_u, b_u) is a regularised least-squares problem of its
own, with design rows x_i = (q_i, 1) and targets r − μ − b_i; then all items, with the users fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels import tables
from recsys_core.kernels.arguments import Penalty
from recsys_core.kernels.threads import row_steps, run_all
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import FactorTrainer
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ratings import Grouped, Ratings

NONE = np.empty((0, 0), np.float32)


class Side:
    """Users or items: their parameters, ratings, the prior of their rows, and steps of training.

    Attributes
    ----------
    factors, bias : the trainer's own arrays, (n_rows, width) and (n_rows,).
    reg, prior : λ of each factor and its prior mean, the bias last, (n_columns,).
    inverse : diagonal of A⁻¹ of each row, (n_rows, width + 1), the bias first; empty if not wanted.
    variance : posterior variance of each factor, σ² times its place in ``inverse``, (n_rows,
        width); an empty array treats factors as exact.
    """

    def __init__(
        self, factors: np.ndarray, bias: np.ndarray, grouped: Grouped, n_factors: int, biases: bool
    ) -> None:
        self.factors, self.bias, self.grouped = factors, bias, grouped
        self.n_factors, self.biases = n_factors, biases
        self.n_columns = n_factors + biases
        self.counts = np.diff(grouped.starts)
        self.reg = np.ones(self.n_columns)
        self.prior = np.zeros(self.n_columns)
        self.inverse, self.variance = NONE, NONE
        self.steps = row_steps(grouped.starts)

    def rows(self) -> np.ndarray:
        """Return the rows w, the bias last, (n_rows, n_columns)."""
        rows = self.factors[:, : self.n_factors]
        return np.column_stack([rows, self.bias]) if self.biases else rows

    def penalty(self) -> Penalty:
        """Return ``reg`` and ``prior`` in the kernel's form."""
        width, k = self.factors.shape[1], self.n_factors
        reg, prior = np.ones(width, np.float32), np.zeros(width, np.float32)
        reg[:k], prior[:k] = self.reg[:k], self.prior[:k]
        penalty = Penalty(np.diag(reg), (reg * prior)[None])
        if not self.biases:
            return penalty
        bias, bias_rhs = np.float32(self.reg[k]), np.float32(self.reg[k] * self.prior[k])
        return penalty._replace(bias=bias, bias_rhs=bias_rhs, with_bias=True)


class AlternatingTrainer(FactorTrainer):
    """Solves users' rows given the items', then items' rows given the users'."""

    n_reads = 2  # once for the users' rows, once for the items'
    weighted = False  # whether λ is multiplied by a row's number of ratings (ALS-WR)

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings["n_factors"])
        self.settings = settings
        self.mean = train.global_mean if settings["center"] else 0.0
        self.rng = np.random.default_rng(settings["seed"])
        self.draw_factors(self.rng, settings["init_deviation"], settings["center"])
        shape = self.n_factors, bool(settings["biases"])
        self.users = Side(self.p, self.b_user, train.by_user, *shape)
        self.items = Side(self.q, self.b_item, train.by_item, *shape)
        self.n_steps = len(self.users.steps) + len(self.items.steps)
        # The kernel of a half-step and what all its steps share.
        self._half: tuple[Callable[..., None], tuple[Any, ...]] | None = None

    def step(self, index: int) -> None:
        """Solve some rows; the first steps are the users', the others the items'."""
        n_first = len(self.users.steps)
        side, other = self.users, self.items
        if index >= n_first:
            side, other, index = other, side, index - n_first
        if self._half is None:
            self._half = self.half_step(side, other)
        kernel, fixed = self._half
        run_all(lambda first, last: kernel(*fixed, first, last), side.steps[index])
        self.after_rows(side, side.steps[index][0][0], side.steps[index][-1][-1])
        if index == len(side.steps) - 1:
            self._half = None
            self.after_half(side)

    def half_step(self, side: Side, other: Side) -> tuple[Callable[..., None], tuple[Any, ...]]:
        """Return a kernel for runs of rows of a side, and its arguments before the run."""
        return kernels.rows_kernel(side.factors.shape[1]), (
            self.ratings(side),
            self.fixed(other),
            self.penalty(side, other)._replace(weighted=self.weighted),
            self.noise_of(side),
            kernels.Solution(side.factors, side.bias, side.inverse),
        )

    def penalty(self, side: Side, other: Side) -> Penalty:
        """Return the regularisation of this half-step; ``weighted`` is set by the caller."""
        return side.penalty()

    def ratings(self, side: Side) -> kernels.Rows:
        """Return what the rows of a side are fitted to, in the kernel's form."""
        return kernels.Rows(*side.grouped[:3])

    def fixed(self, other: Side) -> kernels.FixedSide:
        """Return the side that is held fixed, in the kernel's form."""
        return kernels.FixedSide(other.factors, other.variance, other.bias, np.float32(self.mean))

    def noise_of(self, side: Side) -> np.ndarray:
        """Return the noise that turns solutions into draws from the posterior; none here, (0, 0).

        Where there is some: float32, (n_rows, width + 1).
        """
        return NONE

    def after_rows(self, side: Side, first: int, last: int) -> None:
        """Do what follows once rows ``first`` to ``last`` are solved."""

    def after_half(self, side: Side) -> None:
        """Do what follows once all rows of a side are updated."""

    def cost(self, side: Side) -> float:
        """Compute Σ_rows c (w − prior)ᵀ diag(λ) (w − prior), c = n_row if weighted, else 1."""
        times = side.counts if self.weighted else (side.counts > 0)
        away = side.rows() - side.prior.astype(np.float32)
        return float(times @ (np.square(away, out=away) @ side.reg.astype(np.float32)))

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + the penalties of both sides."""
        return squared_error + self.cost(self.users) + self.cost(self.items)

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of one user half-step."""
        return self._rule(self.users)

    def fold_in_item_rule(self) -> FoldIn | None:
        """Return the rule of one item half-step."""
        return self._rule(self.items)

    def _rule(self, side: Side) -> FoldIn:
        reg, prior = side.reg, side.prior
        if not self.settings["biases"]:
            reg, prior = np.append(reg, np.inf), np.append(prior, 0.0)
        return FoldIn(reg.copy(), prior.copy(), self.weighted)

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return copies of parameters and priors."""
        priors = {
            name: [array.copy() for array in (side.reg, side.prior, side.inverse, side.variance)]
            for name, side in (("users", self.users), ("items", self.items))
        }
        return {**super().state(snapshot), **priors}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore them; an unfinished half-step is prepared again from the same other side."""
        super().restore(state)
        for name in ("users", "items"):
            side = getattr(self, name)
            side.reg, side.prior, side.inverse, variance = (a.copy() for a in state[name])
            side.variance = tables.copy(variance)
        self._half = None
