"""The normal equations of a user's row with the items held, kept open to be asked and changed.

A fold-in solves them and forgets them. Here they stay: what a rating taken away or changed would do
to the row (``counterfactual``), and how uncertain the row still is (``next_question``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys_core.errors import SettingsError
from recsys_core.models import FactorModel, FittedModel, seen_as
from recsys_core.models.implicit_als import Preferences
from recsys_core.models.normal_equations import normal_equations
from recsys_core.models.posterior import Posterior
from recsys_core.text import Text

# 1 − h below this: without the rating, the others no longer determine the row.
_DETERMINED = 1e-9


def why_not(fitted: FittedModel) -> Text | None:
    """Say why a user's row is no solution of linear equations in the ratings; None where it is.

    It is where ratings are predicted by sums of products on an identity link, the row unbounded.
    """
    if not isinstance(fitted, FactorModel):
        return Text(
            "This model keeps no row of numbers per user that could be solved again without a "
            "rating. Factor models on an identity link do: SGD, ALS, PMF, Bayesian PMF, SVD++."
        )
    if isinstance(fitted, Preferences):
        return Text(
            "This model learns from what was chosen, not from ratings: an item that is not chosen "
            "counts as well, so that there is no rating to take away."
        )
    if not fitted.n_factors:
        return Text(
            "This model has no factors: to it all users rank all items alike, and no rating "
            "changes that order."
        )
    if not fitted.has.reasons:
        return Text(
            "This model sends all numbers through a network: its rows are found step by step, not "
            "by equations that can be solved again exactly."
        )
    if fitted.link != "identity":
        return Text(
            "On a logistic link the row is found step by step: there are no linear equations that "
            "could be solved again exactly. Train with an identity link."
        )
    if fitted.fold.nonnegative:
        return Text(
            "Non-negative rows are no solution of linear equations: a number that would be "
            "negative is held at 0, so that no formula gives the row without a rating."
        )
    return None


def check(fitted: FittedModel) -> FactorModel:
    """Return the model as a factor model whose rows are solutions of linear equations.

    Raises
    ------
    SettingsError
        If they are not (``why_not``).
    """
    why = why_not(fitted)
    if why is not None:
        raise SettingsError(why)
    return seen_as(FactorModel, fitted)


def each_of(fitted: FactorModel) -> tuple[FactorModel, ...]:
    """Return the models whose predictions it averages: all draws of a posterior, or itself."""
    return fitted.draws if isinstance(fitted, Posterior) else (fitted,)


@dataclass(frozen=True, eq=False)
class RowEquations:
    """A w = b of the free numbers w of a row, in the unit of the model; see ``FoldIn``.

        A = Σ_j x_j x_jᵀ + Λ        b = Σ_j t_j x_j + Λ m

    Attributes
    ----------
    fitted : the model; its items' rows are held.
    items, values : what is rated, int64, and the ratings, float64; (n,) each.
    """

    fitted: FactorModel
    items: np.ndarray
    values: np.ndarray

    @cached_property
    def free(self) -> np.ndarray:
        """Which numbers of the row are found from ratings, bool, (n_factors + 1,)."""
        return self.fitted.fold.free()

    @cached_property
    def x(self) -> np.ndarray:
        """The rows x_j, float64, (n, n_factors + 1): √α_j (q_j, 1)."""
        return self._roots[:, None] * self.design(self.items)

    @cached_property
    def _roots(self) -> np.ndarray:
        return self.fitted.fold.roots(self.items)

    def design(self, items: np.ndarray) -> np.ndarray:
        """Return the rows (q_i, 1) of items, float64, (n, n_factors + 1)."""
        return np.column_stack([self.fitted.q[items], np.ones(len(items))]).astype(np.float64)

    @cached_property
    def targets(self) -> np.ndarray:
        """√α_j (z_j − μ − b_j), float64, (n,), nothing taken off for the numbers that are held."""
        fitted = self.fitted
        known = fitted.mean + fitted.b_item[self.items].astype(np.float64)
        return self._roots * (fitted.unit.standard(self.values) - known)

    def _solved_for(self, n: int, prior: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Solve for ratings of rows x, (n, k + 1), and targets t, (n,); the row, (k + 1,)."""
        free, w = self.free, prior.copy()
        if len(t) and free.any():
            rest = t - x[:, ~free] @ prior[~free]
            penalty = self.fitted.fold.penalty(n, self.fitted.least)
            equations = normal_equations(x[:, free], rest, penalty, prior[free])
            w[free] = np.linalg.lstsq(*equations)[0]
        return w

    @cached_property
    def row(self) -> np.ndarray:
        """The row w, float64, (n_factors + 1,), the bias last: that of ``fold_in``, unrounded."""
        fold, least = self.fitted.fold, self.fitted.least
        prior = fold.prior_of(self.items, least)
        return self._solved_for(len(self.items), prior, self.x, self.targets)

    def inverse(self, n: int | None = None) -> np.ndarray:
        """Return A⁻¹ of the free numbers, with the penalty of ``n`` ratings; float64, (m, m).

        None: of as many as there are.
        """
        x, n = self.x[:, self.free], len(self.items) if n is None else n
        a = x.T @ x + self.fitted.fold.penalty(n, self.fitted.least)
        return np.linalg.pinv(a, hermitian=True)

    def without_each(self) -> np.ndarray:
        """Solve the row without each of the ratings, float64, (n, n_factors + 1).

        One inverse for all: with B = Σ x xᵀ + Λ of n − 1 ratings, A without rating j is B − x_j
        x_jᵀ, and by Sherman and Morrison (1950), h_j = x_jᵀ B⁻¹ x_j,

            (B − x_j x_jᵀ)⁻¹ c = B⁻¹ c + B⁻¹ x_j (x_jᵀ B⁻¹ c) / (1 − h_j)

        Where the others do not determine the row (1 − h_j = 0, without a penalty), it is solved by
        itself.
        """
        n, free, fold, least = len(self.items), self.free, self.fitted.fold, self.fitted.least
        priors = self._priors_without()
        if n < 2 or not free.any():
            return priors
        penalty = fold.penalty(n - 1, least)
        x, b_inverse = self.x[:, free], self.inverse(n - 1)
        moved = x @ b_inverse  # B⁻¹ x_j, (n, m)
        left = 1.0 - np.einsum("nm,nm->n", moved, x)
        # c_j = Σ_{i≠j} t_i x_i + Λ m_j, the held numbers of m_j taken off the targets.
        held = priors[:, ~free] @ self.x[:, ~free].T  # (n, n): without j, off target i
        rest = self.targets[None, :] - held
        np.fill_diagonal(rest, 0.0)
        c = rest @ x + priors[:, free] @ penalty
        w = priors
        own = c @ b_inverse
        along = np.einsum("nm,nm->n", x, own)
        determined = left > _DETERMINED
        w[:, free] = own + moved * (along / np.where(determined, left, 1.0))[:, None]
        for j in np.flatnonzero(~determined).tolist():
            others = np.arange(n) != j
            w[j] = self._solved_for(n - 1, self._priors_of(j), self.x[others], self.targets[others])
        return w

    def _priors_of(self, j: int) -> np.ndarray:
        return self.fitted.fold.prior_of(np.delete(self.items, j), self.fitted.least)

    def _priors_without(self) -> np.ndarray:
        """The prior without each of the ratings, float64, (n, n_factors + 1)."""
        n, fold = len(self.items), self.fitted.fold
        if n and fold.implicit is not None:  # it depends on which items are rated
            return np.stack([self._priors_of(j) for j in range(n)])
        return np.tile(fold.prior_of(self.items[1:], self.fitted.least), (n, 1))

    def slopes(self) -> np.ndarray:
        """Return dw / dr_j, how the row moves with each rating; float64, (n, n_factors + 1).

        A⁻¹ x_j √α_j / s: the row is linear in the ratings.
        """
        found = np.zeros((len(self.items), len(self.free)))
        if len(self.items) and self.free.any():
            found[:, self.free] = self.x[:, self.free] @ self.inverse()
        return found * (self._roots / self.fitted.unit.size)[:, None]

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Predict all items for rows, (m, n_factors + 1); rating units, float64, (m, n_items)."""
        fitted = self.fitted
        x = rows[:, :-1] @ fitted.q.T.astype(np.float64) + rows[:, -1:]
        x += fitted.mean + fitted.b_item.astype(np.float64)
        return fitted.unit.shift + fitted.unit.size * x

    def effects(self, slopes: np.ndarray) -> np.ndarray:
        """Predict how scores move along rows, (m, n_factors + 1); float64, (m, n_items)."""
        q = self.fitted.q.T.astype(np.float64)
        return self.fitted.unit.size * (slopes[:, :-1] @ q + slopes[:, -1:])
