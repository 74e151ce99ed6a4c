"""Fitted neural factor model: a small network takes the factors as input; NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.models.capabilities import Capabilities
from recsys_core.models.factor_model import FactorModel
from recsys_core.models.fitted_model import Guest
from recsys_core.models.normal_equations import normal_equations

# Pairs sent through the network at once: some megabytes.
_AT_ONCE = 1 << 15

# A guest's row is improved at most so often, and until it moves less than this.
_ROUNDS, _SETTLED = 60, 1e-5

# So many trained rows are tried as places to begin.
_STARTS = 32


@dataclass(frozen=True, eq=False)
class NeuralFactorModel(FactorModel):
    """Products of some factors, and two hidden layers (the tower) over the others.

        x = μ + b_u + b_i + h · (p_u ∘ q_i)  +  v · relu(W₂ relu(W₁ (p'_u, q'_i) + c₁) + c₂)

    The first ``len(output)`` factors are p and q, multiplied; the last ``inner.shape[1] / 2`` are
    p' and q', side by side into the tower. ``user_factors`` and ``item_factors`` hold both, and so
    do maps; but the cosine of factors is only a rough similarity to the tower, which has no
    products.

    Attributes
    ----------
    output : h, (n_products,). inner, inner_bias : W₁ and c₁. outer, outer_bias : W₂ and c₂.
    top : v. All float32.
    """

    output: np.ndarray
    inner: np.ndarray
    inner_bias: np.ndarray
    outer: np.ndarray
    outer_bias: np.ndarray
    top: np.ndarray

    capabilities = Capabilities(factors=True, similarity=True, new_items=True)

    def _exchanged(self) -> dict[str, Any]:
        """W₁ with its halves exchanged: the user's side comes first."""
        return {"inner": np.roll(self.inner, self.inner.shape[1] // 2, axis=1)}

    @property
    def _root(self) -> np.float32:
        """1: the tower is no product, so that its factors have no rating units."""
        return np.float32(1)

    def _halves(self, p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W₁ (p', q') + c₁ in two summands, one of each side: they need be computed only once."""
        n = self.inner.shape[1] // 2
        of_p, of_q = self.inner[:, :n], self.inner[:, n:]
        return p[:, p.shape[1] - n :] @ of_p.T, q[:, q.shape[1] - n :] @ of_q.T + self.inner_bias

    def _climb(self, inner: np.ndarray) -> np.ndarray:
        """The tower's output from the sum of its halves, (n, …) → (n,); overwrites ``inner``."""
        np.maximum(inner, 0, out=inner)
        outer = inner @ self.outer.T
        outer += self.outer_bias
        np.maximum(outer, 0, out=outer)
        return outer @ self.top

    def _interaction(self, p: np.ndarray, q: np.ndarray) -> np.ndarray:
        """The interaction of every row of p with every row of q, (n, k) and (m, k) → (n, m)."""
        n = len(self.output)
        met = (p[:, :n] * self.output) @ q[:, :n].T
        if not met.size:
            return met
        of_p, of_q = self._halves(p, q)
        at_once = max(1, _AT_ONCE // len(q))
        for start in range(0, len(p), at_once):
            here = slice(start, start + at_once)
            inner = (of_p[here, None, :] + of_q[None, :, :]).reshape(-1, of_p.shape[1])
            met[here] += self._climb(inner).reshape(-1, len(q))
        return met

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        x = self.mean + self.b_user[users] + self.b_item[items]
        p, q, n = self.p, self.q, len(self.output)
        of_p, of_q = self._halves(p, q)
        for start in range(0, len(x), _AT_ONCE):
            here = slice(start, start + _AT_ONCE)
            u, i = users[here], items[here]
            x[here] += np.einsum("nk,nk->n", p[u, :n] * self.output, q[i, :n])
            x[here] += self._climb(of_p[u] + of_q[i])
        return x

    def _row_of(self, items: np.ndarray, ratings: np.ndarray, least: np.ndarray | None) -> Guest:
        """Fold in by Gauss–Newton on the guest's row; no step that raises the loss is taken.

        It minimises what ``FoldIn`` says, with x_j the slopes of the predictions at the last row.
        """
        free, penalty = self.fold.free(), self.fold.penalty(len(items), least)
        z, prior = self.unit.standard(ratings), self.fold.prior_of(items, least)

        def at(w: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
            """What is minimised; its errors, and the slopes of the predictions."""
            predicted, slopes = self._linear(w, items)
            errors = z - predicted
            away = (w - prior)[free]
            return errors @ errors + away @ penalty @ away, errors, slopes[:, free]

        w = prior.copy()
        loss, errors, slopes = at(w)
        if len(items) and free.any():
            # From the mean row alone a tower may have no slope: the best of some trained rows too.
            for row in self._some_rows():
                found = at(np.where(free, row, prior))
                if found[0] < loss:
                    w, (loss, errors, slopes) = np.where(free, row, prior), found
        for _ in range(_ROUNDS if len(items) and free.any() else 0):
            step = np.zeros(len(w))
            equations = normal_equations(slopes, errors, penalty, (prior - w)[free])
            step[free] = np.linalg.lstsq(*equations, rcond=None)[0]
            following = at(w + step)
            while following[0] > loss and np.abs(step).max() > _SETTLED:
                step /= 2
                following = at(w + step)
            if following[0] > loss or np.abs(step).max() <= _SETTLED:
                break
            w, (loss, errors, slopes) = w + step, following
        return self._guest(w, items, ratings)

    def _some_rows(self) -> np.ndarray:
        """Return rows of trained users, (at most ``_STARTS``, k + 1), the bias last."""
        known = np.flatnonzero(self.train.user_counts)
        some = known[:: -(-len(known) // _STARTS)]
        return np.column_stack([self.p[some], self.b_user[some]]).astype(np.float64)

    def _linear(self, w: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The z predicted for a row w = (factors, bias), (n,), and their slopes, (n, k + 1)."""
        p, q = w[:-1], self.q[items].astype(np.float64)
        n, of_p = len(self.output), self.inner.shape[1] // 2
        own, other = self._halves(p[None, :], q)
        inner = own + other
        outer = np.maximum(inner, 0) @ self.outer.T + self.outer_bias
        x = self.mean + self.b_item[items] + w[-1] + (q[:, :n] * self.output) @ p[:n]
        x += np.maximum(outer, 0) @ self.top
        slopes = np.zeros((len(items), len(w)))
        slopes[:, :n] = q[:, :n] * self.output
        down = ((outer > 0) * self.top) @ self.outer * (inner > 0)  # back down the tower
        slopes[:, len(p) - of_p : len(p)] += down @ self.inner[:, :of_p]
        slopes[:, -1] = 1.0
        if self.link == "identity":
            return x, slopes
        low, width = self._ends
        share = 1.0 / (1.0 + np.exp(-x))
        return low + width * share, slopes * (width * share * (1.0 - share))[:, None]
