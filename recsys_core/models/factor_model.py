"""Fitted factor model: x = μ + b_u + b_i + p_u · q_i."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from recsys_core.models.capabilities import Capabilities
from recsys_core.models.fitted_model import Attribution, Biased, Factored, Guest, Row, TrainedUser
from recsys_core.models.normal_equations import normal_equations
from recsys_core.ratings import Ratings, Side

# The mean row of all users counts like so many implicit ratings of a guest (SVD++): on validation
# parts of cold users of MovieLens 100K and latest-small 10 and 30 are equal, 0 and 3 worse.
_MEAN_ROW = 10

# So many users, or items, tell mean and variance of all trained rows.
_SAMPLED = 2000

# Numbers of the designs of so many users at a time; 32 MB.
_TOGETHER = 4_000_000

# The largest penalty that is taken from trained rows: beyond it a number is as good as fixed.
_MOST_PENALTY = 1e6

# The parts of a factor model that are fold-in rules.
_RULES = "fold", "fold_item"


@dataclass(frozen=True)
class FoldIn:
    """How a new user's row w = (factors, bias) is found, the items' rows x fixed.

    Ratings, rows and predictions are in the unit of the model. It minimises
    Σ (r − r̂)² + c · (w − prior)ᵀ diag(reg) (w − prior), with c the number of ratings
    when ``weighted``, else 1. ``reg`` and ``prior`` have shape (n_factors + 1,), the bias last;
    an infinite ``reg`` holds that number at its prior. ``reg`` may be a whole matrix instead of its
    diagonal.

    With ``implicit`` factors y, (n_items, n_factors), the prior is moved by |I|^−a Σ_{j ∈ I} y_j,
    I the guest's items and a ``power``: ½ in SVD++, 1, their mean, in constrained PMF. A guest
    without items has ``expected``, (n_factors,), in place of that sum, if it is known. With
    ``nonnegative``, w ≥ 0 and the penalty is on w itself (NMF). With ``precisions`` α_i of the
    items, (n_items,), the squared errors are weighted by them.

    A penalty that is ``weighted`` hardly holds a row of few ratings. So a guest's is at least as
    strong as that of a normal prior with the mean and the variance of the trained rows, ``least``
    (see ``FactorModel.least``): c λ becomes max(c λ, least). A trained user's row has no such least
    penalty. Where λ pulls to zero, and rows do not lie around zero (weighted rules with
    ``implicit`` or ``nonnegative``), ``prior`` is the mean row, which a guest with few ratings is
    nearer to.
    """

    reg: np.ndarray
    prior: np.ndarray
    weighted: bool = False
    nonnegative: bool = False
    implicit: np.ndarray | None = None
    power: float = 0.5
    expected: np.ndarray | None = None
    precisions: np.ndarray | None = None

    def free(self) -> np.ndarray:
        """Tell which numbers of the row are found from ratings, bool, (n_factors + 1,)."""
        return np.isfinite(np.diagonal(self.reg) if np.ndim(self.reg) == 2 else self.reg)

    def penalty(self, n_ratings: int, least: np.ndarray | None = None) -> np.ndarray:
        """Return c times the penalty of the free numbers, float64, (n_free, n_free).

        ``least``, (n_factors + 1,), is the least penalty of each number of a guest's row.
        """
        free, reg = self.free(), np.asarray(self.reg, np.float64)
        if reg.ndim == 2:
            return (n_ratings if self.weighted else 1) * reg[np.ix_(free, free)]
        penalty = (n_ratings if self.weighted else 1) * reg[free]
        return np.diag(penalty if least is None else np.maximum(penalty, least[free]))

    def roots(self, items: np.ndarray) -> np.ndarray:
        """Return √α_i of the items, (n,): what their rows and targets are multiplied by."""
        if self.precisions is None:
            return np.ones(len(items))
        return np.sqrt(np.asarray(self.precisions, np.float64)[items])

    def prior_of(self, items: np.ndarray, least: np.ndarray | None = None) -> np.ndarray:
        """Return the prior of a row with ratings of ``items``, (n,); float64, (n_factors + 1,).

        ``least`` as in ``penalty``. The mean row m counts then for what the penalty is more than in
        training (NMF: (least − c λ) / least · m), or as ``_MEAN_ROW`` of n + ``_MEAN_ROW`` parts
        (SVD++).
        """
        prior, n = np.array(self.prior, np.float64), len(items)
        if n and self.nonnegative:
            own = n * np.asarray(self.reg, np.float64)
            more = np.zeros(len(own)) if least is None else np.maximum(least - own, 0.0)
            prior *= np.divide(more, more + own, out=np.zeros(len(own)), where=self.free())
        elif n and self.implicit is not None:
            said = self.implicit[items].sum(axis=0, dtype=np.float64) / n**self.power
            if not self.weighted:
                prior[:-1] += said
            else:
                share = 1.0 if least is None else n / (n + _MEAN_ROW)
                prior *= 1.0 - share
                prior[:-1] += share * said
        elif not n and self.expected is not None:
            prior[:-1] += self.expected
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
    fold : how a new user's row is found. fold_item : how a new item's is, the users' rows fixed;
        None where that is not known, as in files of version 0.1.0.

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
    fold_item: FoldIn | None = dataclasses.field(default=None, kw_only=True)

    capabilities = Capabilities(
        factors=True, similarity=True, terms=True, reasons=True, new_items=True
    )

    # --- what it is made of ---------------------------------------------------------------------

    def parts(self) -> dict[str, Any]:
        """Its own arrays and values, and those of its fold-in rules, their names after a dot."""
        parts = super().parts()
        for rule in _RULES:
            found = parts.pop(rule)
            if found is not None:
                parts |= {f"{rule}.{name}": value for name, value in vars(found).items()}
        return parts

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> FactorModel:
        """The inverse of ``parts``."""
        own = {name: part for name, part in parts.items() if "." not in name}
        for rule in _RULES:
            of_rule = {n.partition(".")[2]: p for n, p in parts.items() if n.startswith(f"{rule}.")}
            own[rule] = FoldIn(**of_rule) if of_rule else None
        found = super().of_parts(train, own)
        assert isinstance(found, cls)
        return found

    @cached_property
    def held(self) -> list[Any]:
        """Its own arrays, and those of its fold-in rules."""
        rules = [rule for rule in (self.fold, self.fold_item) if rule is not None]
        parts = *vars(self).values(), *(part for rule in rules for part in vars(rule).values())
        return [part for part in parts if isinstance(part, np.ndarray)]

    @property
    def has(self) -> Capabilities:
        """What it supports; new items only where their rule is known."""
        declared = super().has
        return declared if self.fold_item else dataclasses.replace(declared, new_items=False)

    @cached_property
    def mirror(self) -> FactorModel:
        """The same model with users and items exchanged; all arrays are shared."""
        assert self.fold_item is not None
        return dataclasses.replace(
            self, train=self.train.transposed, p=self.q, q=self.p, b_user=self.b_item,
            b_item=self.b_user, fold=self.fold_item, fold_item=self.fold, **self._exchanged(),
        )  # fmt: skip

    def _exchanged(self) -> dict[str, Any]:
        """What else changes in the mirror image of a subclass, by name."""
        return {}

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
    def factor_size(self) -> float:
        """What factors as trained are multiplied by to be in rating units: √s; 1 for logits."""
        return float(self._root)

    @property
    def _ends(self) -> tuple[float, float]:
        """The scale of z: its low end and its width."""
        low, high = self.unit.scale(self.scale)[:2]
        return low, high - low

    def bias_of(self, side: Side) -> np.ndarray:
        """Return the biases of all users or of all items, float32, (n,)."""
        return self.user_bias if side == "user" else self.item_bias

    def with_row(self, side: Side, index: int, factors: np.ndarray, bias: float) -> FactorModel:
        """Return a copy with other numbers for one user or item: factors, (k,), and bias.

        They are in rating units, as ``user_factors`` and ``user_bias`` are; all else is shared.
        """
        rows, biases = ("p", "b_user") if side == "user" else ("q", "b_item")
        changed = {name: getattr(self, name).copy() for name in (rows, biases)}
        changed[rows][index] = np.asarray(factors, np.float64) / self._root
        changed[biases][index] = bias / self._size
        return dataclasses.replace(self, **changed)

    # --- predictions ----------------------------------------------------------------------------

    def score(self, x: np.ndarray) -> np.ndarray:
        """Turn x into ratings through the link, not clipped; any shape, kept."""
        if self.link == "identity":
            return super().score(x)
        low, high = self.scale[:2]
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

    @cached_property
    def least(self) -> np.ndarray | None:
        """The least penalty σ²/τ² of each number of a guest's row, float64, (n_factors + 1,).

        That of a normal prior around the mean row: σ² is the mean squared error on training
        ratings, τ² the mean of (w − m)² over trained rows, both of at most ``_SAMPLED`` users. None
        where the penalty does not depend on the number of ratings: then it is already that of a
        prior.
        """
        if not self.fold.weighted or np.ndim(self.fold.reg) == 2:
            return None
        known = np.flatnonzero(self.train.user_counts)
        users = known[:: -(-len(known) // _SAMPLED)]
        grouped = self.train.by_user
        places = np.concatenate([np.arange(*grouped.starts[u : u + 2]) for u in users])
        of = np.repeat(users, self.train.user_counts[users])
        low, width = self._ends
        z = self._pairs(of, grouped.columns[places])
        if self.link == "logistic":
            z = low + width / (1.0 + np.exp(-z))
        errors = self.unit.standard(grouped.values[places]) - z
        rows = np.column_stack([self.p[users], self.b_user[users]]).astype(np.float64)
        spread = ((rows - self.fold.prior) ** 2).mean(axis=0)
        noise = float(errors @ errors) / len(errors)
        return np.minimum(noise / np.maximum(spread, 1e-12), _MOST_PENALTY)

    def _fold_in(self, items: np.ndarray, ratings: np.ndarray) -> Guest:
        return self._row_of(items, ratings, self.least)

    def with_guests(self, rated: Ratings) -> FactorModel | None:
        """Return the model with other users in place of its own, all folded in together.

        ``rated`` are their ratings of this model's items. Each row is that of ``fold_in``, up to
        rounding, many times as fast. None where this model has no such short cut.
        """
        fold = self.fold
        plain = fold.implicit is None and fold.precisions is None and not fold.nonnegative
        if type(self) is not FactorModel or self.link != "identity" or not plain:
            return None
        grouped, counts, free = rated.by_user, rated.user_counts, fold.free()
        rows = np.empty((rated.n_users, self.n_factors + 1), np.float64)
        rows[counts == 0] = fold.prior_of(np.empty(0, np.int64), self.least)
        for n in np.unique(counts[counts > 0]):
            penalty, prior = fold.penalty(n, self.least), np.array(fold.prior, np.float64)
            some = np.flatnonzero(counts == n)
            at_once = max(1, _TOGETHER // (n * len(prior)))
            for users in np.array_split(some, -(-len(some) // at_once)):
                places = grouped.starts[users][:, None] + np.arange(n)
                items = grouped.columns[places]
                design = np.concatenate([self.q[items], np.ones((*items.shape, 1))], axis=2)
                rest = self.unit.standard(grouped.values[places].astype(np.float64))
                rest -= self.mean + self.b_item[items].astype(np.float64)
                rest -= design[..., ~free] @ prior[~free]
                rows[users] = prior
                if free.any():
                    x = design[..., free]
                    a = x.transpose(0, 2, 1) @ x + penalty
                    b = (x.transpose(0, 2, 1) @ rest[..., None])[..., 0] + penalty @ prior[free]
                    try:
                        found = np.linalg.solve(a, b[..., None])[..., 0]
                    except np.linalg.LinAlgError:  # without a penalty, of too few ratings
                        return None
                    rows[np.ix_(users, np.flatnonzero(free))] = found
        return dataclasses.replace(
            self, train=rated, p=rows[:, :-1].astype(np.float32),
            b_user=rows[:, -1].astype(np.float32),
        )  # fmt: skip

    def _row_of(self, items: np.ndarray, ratings: np.ndarray, least: np.ndarray | None) -> Guest:
        """One regularised least-squares row, with the ``least`` penalty of a guest or without.

        With design rows x_j = (q_j, 1) and targets z_j − μ − b_j it solves the normal equations of
        ``FoldIn``. On a logistic link the prediction is not linear in w, and Gauss–Newton repeats
        the same solution around the last one.
        """
        design = np.column_stack([self.q[items], np.ones(len(items))]).astype(np.float64)
        known = self.mean + self.b_item[items].astype(np.float64)
        z, prior = self.unit.standard(ratings), self.fold.prior_of(items, least)
        penalty = self.fold.penalty(len(items), least)
        if self.link == "identity":
            roots = self.fold.roots(items)
            w = self._ridge(roots[:, None] * design, roots * (z - known), prior, penalty)
        else:
            low, width = self._ends
            w = prior
            for _ in range(20):
                x = known + design @ w
                share = 1.0 / (1.0 + np.exp(-x))
                slope = width * share * (1.0 - share)
                # r̂ ≈ r̂(w₀) + slope · x_j · (w − w₀)
                linear = z - (low + width * share) + slope * (design @ w)
                following = self._ridge(slope[:, None] * design, linear, prior, penalty)
                done = np.abs(following - w).max() < 1e-6
                w = w + 0.7 * (following - w)  # damped: a full step may overshoot far from the ends
                if done:
                    break
        return self._guest(w, items, ratings)

    def _ridge(
        self, design: np.ndarray, targets: np.ndarray, prior: np.ndarray, penalty: np.ndarray
    ) -> np.ndarray:
        free, w = self.fold.free(), prior.copy()
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

    def _attribution(self, user: int | Guest, item: int) -> Attribution:
        """Compute what each rating adds: the user's row is a ridge solution, linear in the ratings.

        With x_j = (q_j, 1) and A = Σ_j x_j x_jᵀ + penalty (see ``FoldIn``),

            r̂_i = start_i + Σ_j (x_iᵀ A⁻¹ x_j) · (r_j − start_j)

        This is exact for a guest. A trained row is close to the one that the user's ratings alone
        give by the rule of training (for ALS, one user half-step away). On a logistic link the
        contributions are those of the last Gauss–Newton step, scaled to rating units. With implicit
        factors y, the part of y_j is added to the contribution of rating j. With non-negative
        factors, those that are zero are left out; of a trained user start is then the low end of
        the scale.
        """
        items, values = self.rated_by(user)
        q, b = self.q, self.b_item
        fold, least = self.fold, self.least if isinstance(user, Guest) else None
        prior = fold.prior_of(items, least)
        free, penalty = fold.free(), fold.penalty(len(items), least)
        if fold.nonnegative and len(items):
            positive = self._row_of(items, np.asarray(values), least).factors > 0
            penalty = penalty[np.ix_(positive, positive)]
            free = np.append(positive, False)
            prior = np.where(free, prior, 0.0)

        def rows(ids: np.ndarray) -> np.ndarray:
            return np.column_stack([q[ids], np.ones(len(ids))]).astype(np.float64)

        def known(ids: np.ndarray) -> np.ndarray:
            return self.mean + b[ids].astype(np.float64) + rows(ids) @ prior

        this = np.array([item])
        x_start, own = known(this)[0], rows(this)[0]
        rated = self.unit.standard(values)
        roots = fold.roots(items)
        design, targets = roots[:, None] * rows(items), roots * (rated - known(items))
        if self.link == "logistic":
            row = self._row_of(items, np.asarray(values, np.float64), least)
            away = np.append(*self._trained(row)) - prior
            low, width = self._ends
            x = known(items) + design @ away
            share = 1 / (1 + np.exp(-x))
            slope = width * share * (1 - share)
            # r_j ≈ r̂_j + slope_j · x_jᵀ(w − w₀): ridge again, on rows stretched by slope.
            targets = rated - (low + width * share)
            targets = targets + slope * (design @ away)
            design = slope[:, None] * design
        contributions = np.zeros(len(items))
        if free.any() and len(items):
            a, _ = normal_equations(design[:, free], targets, penalty)
            contributions = (
                design[:, free] @ np.linalg.lstsq(a, own[free], rcond=None)[0]
            ) * targets
        if fold.implicit is not None and len(items):
            said = fold.implicit[items].astype(np.float64) @ q[item] / len(items) ** fold.power
            if fold.weighted and least is not None:
                said *= len(items) / (len(items) + _MEAN_ROW)
            x_start, contributions = x_start - said.sum(), contributions + said
        x_end = x_start + contributions.sum()
        start, end = self.score(np.array([x_start, x_end])).astype(np.float64)
        if self.link == "identity":
            contributions = contributions * self.unit.size
        elif x_end != x_start:
            contributions = contributions * (end - start) / (x_end - x_start)
        return Attribution(float(start), float(end), items, np.asarray(values), contributions)
