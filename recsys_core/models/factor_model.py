"""Fitted factor model: x = μ + b_u + b_i + p_u · q_i."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from recsys_core.models.capabilities import Capabilities
from recsys_core.models.fitted_model import Attribution, Biased, Factored, Guest, Row, TrainedUser
from recsys_core.models.normal_equations import normal_equations
from recsys_core.ratings import Ratings, Side


@dataclass(frozen=True)
class FoldIn:
    """How a new user's row w = (factors, bias) is found, the items' rows x fixed.

    Ratings, rows and predictions are in the unit of the model. It minimises
    Σ (r − r̂)² + c · (w − prior)ᵀ diag(reg) (w − prior), with c the number of ratings
    when ``weighted``, else 1. ``reg`` and ``prior`` have shape (n_factors + 1,), the bias last;
    an infinite ``reg`` holds that number at its prior. ``reg`` may be a whole matrix instead of its
    diagonal.

    With ``implicit`` factors y, (n_items, n_factors), the prior is moved by |I|^−½ Σ_{j ∈ I} y_j,
    I the guest's items (SVD++). With ``nonnegative``, w ≥ 0 and the penalty is on w itself; the
    prior is then only the row of a guest without ratings (NMF).
    """

    reg: np.ndarray
    prior: np.ndarray
    weighted: bool = False
    nonnegative: bool = False
    implicit: np.ndarray | None = None

    def free(self) -> np.ndarray:
        """Tell which numbers of the row are found from ratings, bool, (n_factors + 1,)."""
        return np.isfinite(np.diagonal(self.reg) if np.ndim(self.reg) == 2 else self.reg)

    def penalty(self, n_ratings: int) -> np.ndarray:
        """Return c times the penalty of the free numbers, float64, (n_free, n_free)."""
        free, reg = self.free(), np.asarray(self.reg, np.float64)
        matrix = reg[np.ix_(free, free)] if reg.ndim == 2 else np.diag(reg[free])
        return (n_ratings if self.weighted else 1) * matrix

    def prior_of(self, items: np.ndarray) -> np.ndarray:
        """Return the prior of a guest who rated ``items``, (n,); float64, (n_factors + 1,)."""
        prior = np.array(self.prior, np.float64)
        if len(items) and self.nonnegative:
            prior[:] = 0.0
        elif len(items) and self.implicit is not None:
            prior[:-1] += self.implicit[items].sum(axis=0, dtype=np.float64) / np.sqrt(len(items))
        return prior


@dataclass(frozen=True, eq=False)
class FactorModel(Factored, Biased):
    """A fitted factor model: x = μ + b_u + b_i + p_u · q_i, read as a rating through its link.

    Attributes
    ----------
    train : the Ratings it was trained on (labels, scale, and what is already rated).
    p, q : factors as they were trained, float32, (n_users, k) and (n_items, k); k may be 0.
    b_user, b_item : biases, float32, (n_users,) and (n_items,).
    mean : μ of the z that x predicts. On a logistic link it is a logit.
    link : "identity" (r̂ = shift + size · x, see ``unit``) or "logistic" (r̂ = low + (high − low)
        σ(x)).
    fold : how a new user's row is found.

    ``user_factors``, ``item_factors``, ``user_bias``, ``item_bias`` and ``global_mean`` are the
    same in rating units (logits on a logistic link): r̂ = μ + b_u + b_i + p_u · q_i.
    """

    mean: float
    b_user: np.ndarray
    b_item: np.ndarray
    p: np.ndarray
    q: np.ndarray
    link: Literal["identity", "logistic"]
    fold: FoldIn

    capabilities = Capabilities(factors=True, similarity=True, terms=True, reasons=True)

    # --- what it is made of ---------------------------------------------------------------------

    def parts(self) -> dict[str, Any]:
        """Its own arrays and values, and those of its fold-in rule, their names after a dot."""
        parts = super().parts()
        fold = vars(parts.pop("fold"))
        return parts | {f"fold.{name}": value for name, value in fold.items()}

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> FactorModel:
        """The inverse of ``parts``."""
        own = {name: part for name, part in parts.items() if not name.startswith("fold.")}
        fold = {name[5:]: part for name, part in parts.items() if name.startswith("fold.")}
        found = super().of_parts(train, own | {"fold": FoldIn(**fold)})
        assert isinstance(found, cls)
        return found

    @cached_property
    def held(self) -> list[Any]:
        """Its own arrays, and those of its fold-in rule."""
        parts = *vars(self).values(), *vars(self.fold).values()
        return [part for part in parts if isinstance(part, np.ndarray)]

    # --- in rating units ------------------------------------------------------------------------

    @property
    def global_mean(self) -> float:
        """Global mean μ, in rating units (a logit on a logistic link)."""
        return self.mean if self.link == "logistic" else super().global_mean

    @property
    def _size(self) -> float:
        """What x is multiplied by to be in rating units: s; 1 for logits, which have none."""
        return 1.0 if self.link == "logistic" else self.unit.size

    @property
    def _root(self) -> np.float32:
        return np.float32(np.sqrt(self._size))

    @property
    def _ends(self) -> tuple[float, float]:
        """The scale of z: its low end and its width."""
        low, high, _ = self.unit.scale(self.scale)
        return low, high - low

    def bias_of(self, side: Side) -> np.ndarray:
        """Return the biases of all users or of all items, float32, (n,)."""
        return self.user_bias if side == "user" else self.item_bias

    # --- predictions ----------------------------------------------------------------------------

    def score(self, x: np.ndarray) -> np.ndarray:
        """Turn x into ratings through the link, not clipped; any shape, kept."""
        if self.link == "identity":
            return super().score(x)
        low, high, _ = self.scale
        return (low + (high - low) / (1.0 + np.exp(-x))).astype(np.float32)

    def _interaction(self, p: np.ndarray, q: np.ndarray) -> np.ndarray:
        """The interaction of every row of p with every row of q, (n, k) and (m, k) → (n, m)."""
        return p @ q.T

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        dots = np.einsum("nk,nk->n", self.p[users], self.q[items])
        return self.mean + self.b_user[users] + self.b_item[items] + dots

    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        x = self._interaction(self.p[users], self.q[items])
        x += self.b_user[users][:, None]
        x += (self.b_item[items] + np.float32(self.mean))[None, :]
        return x

    def _all_items(self, row: Row) -> np.ndarray:
        p, bias = self._trained(row)
        return self.mean + bias + self.b_item + self._interaction(p[None, :], self.q)[0]

    def _user(self, index: int) -> TrainedUser:
        own, size = self.p[index] * self._root, np.float32(self._size)
        return TrainedUser(index, own, self.b_user[index] * size, self.train)

    def _trained(self, row: Row) -> tuple[np.ndarray, float]:
        """Factors, float32, (k,), and bias of a user or guest as they were trained."""
        return (row.factors / self._root).astype(np.float32), float(row.bias) / self._size

    def _guest(self, w: np.ndarray, items: np.ndarray, ratings: np.ndarray) -> Guest:
        """A guest of a row w as it was trained, (k + 1,), the bias last."""
        factors = w[:-1].astype(np.float32) * self._root
        return Guest(factors, float(w[-1]) * self._size, items, ratings)

    # --- fold-in --------------------------------------------------------------------------------

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> Guest:
        """One regularised least-squares row.

        With design rows x_j = (q_j, 1) and targets z_j − μ − b_j it solves the normal equations of
        ``FoldIn``. On a logistic link the prediction is not linear in w, and Gauss–Newton repeats
        the same solution around the last one.
        """
        design = np.column_stack([self.q[items], np.ones(len(items))]).astype(np.float64)
        known = self.mean + self.b_item[items].astype(np.float64)
        z, prior = self.unit.standard(ratings), self.fold.prior_of(items)
        if self.link == "identity":
            w = self._ridge(design, z - known, prior)
        else:
            low, width = self._ends
            w = prior
            for _ in range(20):
                x = known + design @ w
                share = 1.0 / (1.0 + np.exp(-x))
                slope = width * share * (1.0 - share)
                # r̂ ≈ r̂(w₀) + slope · x_j · (w − w₀)
                linear = z - (low + width * share) + slope * (design @ w)
                following = self._ridge(slope[:, None] * design, linear, prior)
                done = np.abs(following - w).max() < 1e-6
                w = w + 0.7 * (following - w)  # damped: a full step may overshoot far from the ends
                if done:
                    break
        return self._guest(w, items, ratings)

    def _ridge(self, design: np.ndarray, targets: np.ndarray, prior: np.ndarray) -> np.ndarray:
        free, penalty = self.fold.free(), self.fold.penalty(len(targets))
        w = prior.copy()
        if not len(targets) or not free.any():
            return w
        x = design[:, free]
        rest = targets - design[:, ~free] @ prior[~free]
        if self.fold.nonnegative:
            from scipy.optimize import nnls

            # The penalty as further equations: √λ (w − prior) = 0.
            root = np.sqrt(penalty)
            equations = np.vstack([x, root])
            w[free] = nnls(equations, np.concatenate([rest, root @ prior[free]]))[0]
            return w
        w[free] = np.linalg.lstsq(*normal_equations(x, rest, penalty, prior[free]))[0]
        return w

    def attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each rating adds: the user's row is a ridge solution, linear in the ratings.

        With x_j = (q_j, 1) and A = Σ_j x_j x_jᵀ + penalty (see ``FoldIn``),

            r̂_i = start_i + Σ_j (x_iᵀ A⁻¹ x_j) · (r_j − start_j)

        This is exact for the user's fold-in prediction, which is close to the trained one (for ALS,
        one user half-step away). On a logistic link the contributions are those of the last
        Gauss–Newton step, scaled to rating units. With implicit factors y, the part of y_j is added
        to the contribution of rating j. With non-negative factors, those that are zero are left
        out, and start is the low end of the scale.
        """
        items, values = self.rated_by(user)
        q, b = self.q, self.b_item
        fold = self.fold
        prior = fold.prior_of(items)

        def rows(ids: np.ndarray) -> np.ndarray:
            return np.column_stack([q[ids], np.ones(len(ids))]).astype(np.float64)

        def known(ids: np.ndarray) -> np.ndarray:
            return self.mean + b[ids].astype(np.float64) + rows(ids) @ prior

        this = np.array([item])
        x_start, own = known(this)[0], rows(this)[0]
        rated = self.unit.standard(values)
        design, targets = rows(items), rated - known(items)
        if self.link == "logistic":
            away = np.append(*self._trained(self.fold_in(items, values))) - prior
            low, width = self._ends
            x = known(items) + design @ away
            share = 1 / (1 + np.exp(-x))
            slope = width * share * (1 - share)
            # r_j ≈ r̂_j + slope_j · x_jᵀ(w − w₀): ridge again, on rows stretched by slope.
            targets = rated - (low + width * share)
            targets = targets + slope * (design @ away)
            design = slope[:, None] * design
        free, penalty = fold.free(), fold.penalty(len(items))
        if fold.nonnegative:
            positive = self.fold_in(items, values).factors > 0
            penalty = penalty[np.ix_(positive, positive)]
            free = np.append(positive, False)
        contributions = np.zeros(len(items))
        if free.any() and len(items):
            a, _ = normal_equations(design[:, free], targets, penalty)
            contributions = (
                design[:, free] @ np.linalg.lstsq(a, own[free], rcond=None)[0]
            ) * targets
        if fold.implicit is not None and len(items):
            said = fold.implicit[items].astype(np.float64) @ q[item] / np.sqrt(len(items))
            x_start, contributions = x_start - said.sum(), contributions + said
        x_end = x_start + contributions.sum()
        start, end = self.score(np.array([x_start, x_end])).astype(np.float64)
        if self.link == "identity":
            contributions = contributions * self.unit.size
        elif x_end != x_start:
            contributions = contributions * (end - start) / (x_end - x_start)
        return Attribution(float(start), float(end), items, np.asarray(values), contributions)
