"""The predictor: what a trained model knows, immutable, and every question one may put to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsys_core.errors import RatingsError, TooLargeError
from recsys_core.ratings import Ratings, Scale

# A dense block larger than this (400 MB of float32) is refused rather than attempted.
MAX_CELLS = 100_000_000

_PREDICTED_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class Guest:
    """A user who was not there in training, found from a few ratings; goes wherever a user goes."""

    factors: np.ndarray  # float32, (n_factors,)
    bias: float
    item_ids: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class FoldIn:
    """How a new user's row w = (factors, bias) is found, the items' rows x fixed.

    It minimises Σ (r − r̂)² + c · (w − prior)ᵀ diag(reg) (w − prior), with c the number of ratings
    when ``weighted``, else 1. ``reg`` and ``prior`` have shape (n_factors + 1,), the bias last;
    an infinite ``reg`` holds that number at its prior.
    """

    reg: np.ndarray
    prior: np.ndarray
    weighted: bool = False


@dataclass(frozen=True, eq=False)
class Predictor:
    """A factor model at rest: x = μ + b_u + b_i + p_u · q_i, read as a rating through its link.

    Attributes
    ----------
    train : the Ratings it was trained on (labels, scale, and what is already rated).
    user_factors, item_factors : float32, (n_users, k) and (n_items, k); k may be 0.
    user_bias, item_bias : float32, (n_users,) and (n_items,).
    global_mean : μ. On a logistic link it is the logit of the mean, not a rating.
    link : "identity" (r̂ = x) or "logistic" (r̂ = low + (high − low) σ(x)).
    """

    train: Ratings
    global_mean: float
    user_bias: np.ndarray
    item_bias: np.ndarray
    user_factors: np.ndarray
    item_factors: np.ndarray
    link: Literal["identity", "logistic"]
    fold: FoldIn

    def __post_init__(self) -> None:
        for name in ("user_bias", "item_bias", "user_factors", "item_factors"):
            getattr(self, name).setflags(write=False)

    # --- sizes and labels -----------------------------------------------------------------------

    @property
    def n_factors(self) -> int:
        """Number of factors, k."""
        return self.user_factors.shape[1]

    @property
    def has_factors(self) -> bool:
        """Whether there are factors to look at (baselines have none)."""
        return self.n_factors > 0

    @property
    def n_users(self) -> int:
        """Number of users."""
        return self.train.n_users

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.train.n_items

    @property
    def users(self) -> list:
        """User labels in index order."""
        return self.train.users

    @property
    def items(self) -> list:
        """Item labels in index order."""
        return self.train.items

    @property
    def scale(self) -> Scale:
        """The scale of the ratings."""
        return self.train.scale

    @cached_property
    def nbytes(self) -> int:
        """Bytes held by the parameters alone (labels and ratings are shared)."""
        arrays = (self.user_bias, self.item_bias, self.user_factors, self.item_factors)
        return sum(array.nbytes for array in arrays)

    # --- predictions ----------------------------------------------------------------------------

    def score(self, x: np.ndarray) -> np.ndarray:
        """Ratings from x, through the link, not clipped."""
        if self.link == "identity":
            return x
        low, high, _ = self.scale
        return (low + (high - low) / (1.0 + np.exp(-x))).astype(np.float32)

    def _read(self, x: np.ndarray, clip: bool) -> np.ndarray:
        ratings = self.score(x)
        return self.scale.clip(ratings) if clip else ratings

    def predict(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, clip: bool = True
    ) -> np.ndarray:
        """Predicted ratings of (user, item) pairs, float32, shape (n,).

        A Guest in place of ``user_ids`` is predicted for all ``item_ids``.
        """
        items = self._checked(item_ids, self.n_items, "item")
        if isinstance(user_ids, Guest):
            return self._read(self._guest_row(user_ids)[items], clip)
        users = self._checked(user_ids, self.n_users, "user")
        if users.shape != items.shape and 1 not in (users.size, items.size):
            raise RatingsError(
                f"{users.size} users and {items.size} items do not pair up; give equally many."
            )
        users, items = np.broadcast_arrays(users, items)
        x = np.empty(len(users), np.float32)
        for start in range(0, len(x), _PREDICTED_AT_ONCE):
            here = slice(start, start + _PREDICTED_AT_ONCE)
            u, i = users[here], items[here]
            dots = np.einsum("nk,nk->n", self.user_factors[u], self.item_factors[i])
            x[here] = self.global_mean + self.user_bias[u] + self.item_bias[i] + dots
        return self._read(x, clip)

    def predict_matrix(
        self,
        user_ids: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        clip: bool = True,
    ) -> np.ndarray:
        """Predicted ratings of every pair in a block, float32, (len(user_ids), len(item_ids)).

        None means all.

        Raises
        ------
        TooLargeError
            If the block would not fit in memory comfortably.
        """
        users = np.arange(self.n_users) if user_ids is None else user_ids
        items = np.arange(self.n_items) if item_ids is None else item_ids
        users = self._checked(users, self.n_users, "user")
        items = self._checked(items, self.n_items, "item")
        if len(users) * len(items) > MAX_CELLS:
            raise TooLargeError(
                f"A block of {len(users):,} × {len(items):,} predictions is too large; "
                f"ask for at most {MAX_CELLS:,} cells at once."
            )
        x = self.user_factors[users] @ self.item_factors[items].T
        x += self.user_bias[users][:, None]
        x += (self.item_bias[items] + np.float32(self.global_mean))[None, :]
        return self._read(x, clip)

    def _row(self, user: int | Guest) -> np.ndarray:
        """One row of x: one user and all items, shape (n_items,)."""
        if isinstance(user, Guest):
            return self._guest_row(user)
        user = int(self._checked([user], self.n_users, "user")[0])
        own = self.global_mean + self.user_bias[user]
        return own + self.item_bias + self.item_factors @ self.user_factors[user]

    def _guest_row(self, guest: Guest) -> np.ndarray:
        return self.global_mean + guest.bias + self.item_bias + self.item_factors @ guest.factors

    # --- recommendations and neighbours ---------------------------------------------------------

    def rated_by(self, user: int | Guest) -> tuple[np.ndarray, np.ndarray]:
        """Items this user has rated in training, and the ratings."""
        if isinstance(user, Guest):
            return user.item_ids, user.values
        return self.train.by_user.row(int(self._checked([user], self.n_users, "user")[0]))

    def recommend(
        self, user: int | Guest, n: int = 10, exclude: ArrayLike | None = None
    ) -> pd.DataFrame:
        """The n best items this user has not rated: item index, label, score; best first.

        ``score`` is the predicted rating, not clipped, so that ties at the top of the scale do not
        hide the order. ``exclude`` holds further item indices to leave out.
        """
        scores = self.score(self._row(user)).astype(np.float64)
        out = [self.rated_by(user)[0]]
        if exclude is not None:
            out.append(self._checked(exclude, self.n_items, "item"))
        scores[np.concatenate(out).astype(np.int64)] = -np.inf
        best = best_first(scores, n)
        return self._named("item", best, self.items, "score", scores[best])

    def similar_users(self, user: int | Guest, n: int = 10) -> pd.DataFrame:
        """The n users whose factors point most nearly the same way (cosine), best first."""
        if isinstance(user, Guest):
            similarity = cosine(self.user_factors, user.factors)
        else:
            user = int(self._checked([user], self.n_users, "user")[0])
            similarity = cosine(self.user_factors, self.user_factors[user])
            similarity[user] = -np.inf
        best = best_first(similarity, n)
        return self._named("user", best, self.users, "similarity", similarity[best])

    def similar_items(self, item: int, n: int = 10) -> pd.DataFrame:
        """The n items whose factors point most nearly the same way (cosine), best first."""
        item = int(self._checked([item], self.n_items, "item")[0])
        similarity = cosine(self.item_factors, self.item_factors[item])
        similarity[item] = -np.inf
        best = best_first(similarity, n)
        return self._named("item", best, self.items, "similarity", similarity[best])

    def _named(
        self, what: str, ids: np.ndarray, labels: list, measure: str, values: np.ndarray
    ) -> pd.DataFrame:
        return pd.DataFrame({what: ids, "label": [labels[i] for i in ids], measure: values})

    # --- fold-in --------------------------------------------------------------------------------

    def fold_in(self, item_ids: ArrayLike, values: ArrayLike) -> Guest:
        """A new user from a few ratings, without retraining: one regularised least-squares row.

        With design rows x_j = (q_j, 1) and targets r_j − μ − b_j it solves the normal equations of
        ``FoldIn``. On a logistic link the prediction is not linear in w, and Gauss–Newton repeats
        the same solution around the last one.
        """
        items = self._checked(item_ids, self.n_items, "item")
        ratings = np.asarray(values, dtype=np.float64)
        if len(items) != len(ratings):
            raise RatingsError(f"{len(items)} items but {len(ratings)} ratings; give one each.")
        if not np.isfinite(ratings).all():
            raise RatingsError("A guest's ratings must be numbers; leave out what is unrated.")
        design = np.column_stack([self.item_factors[items], np.ones(len(items))]).astype(np.float64)
        known = self.global_mean + self.item_bias[items].astype(np.float64)
        if self.link == "identity":
            w = self._ridge(design, ratings - known)
        else:
            low, high, _ = self.scale
            w = np.asarray(self.fold.prior, np.float64)
            for _ in range(20):
                x = known + design @ w
                share = 1.0 / (1.0 + np.exp(-x))
                slope = (high - low) * share * (1.0 - share)
                # r̂ ≈ r̂(w₀) + slope · x_j · (w − w₀)
                linear = ratings - (low + (high - low) * share) + slope * (design @ w)
                following = self._ridge(slope[:, None] * design, linear)
                done = np.abs(following - w).max() < 1e-6
                w = w + 0.7 * (following - w)  # damped: a full step may overshoot far from the ends
                if done:
                    break
        return Guest(w[:-1].astype(np.float32), float(w[-1]), items.copy(), ratings)

    def _ridge(self, design: np.ndarray, targets: np.ndarray) -> np.ndarray:
        reg, prior = (np.asarray(a, np.float64) for a in (self.fold.reg, self.fold.prior))
        free = np.isfinite(reg)
        w = prior.copy()
        if not len(targets) or not free.any():
            return w
        factor = len(targets) if self.fold.weighted else 1
        x = design[:, free]
        penalty = factor * reg[free]
        a = x.T @ x + np.diag(penalty)
        b = x.T @ (targets - design[:, ~free] @ prior[~free]) + penalty * prior[free]
        w[free] = np.linalg.lstsq(a, b, rcond=None)[0]
        return w

    @staticmethod
    def _checked(ids: ArrayLike, size: int, what: str) -> np.ndarray:
        array = np.atleast_1d(np.asarray(ids))
        if array.size == 0:
            return array.astype(np.int64)
        if not np.issubdtype(array.dtype, np.integer):
            raise RatingsError(
                f"{what.capitalize()}s are given by index, not by label; use {what}_index(label)."
            )
        if array.min() < 0 or array.max() >= size:
            raise RatingsError(f"A {what} index lies outside 0–{size - 1}.")
        return array.astype(np.int64)


def best_first(scores: np.ndarray, n: int) -> np.ndarray:
    """Positions of the n highest finite scores, best first; ties by position."""
    n = min(n, int(np.isfinite(scores).sum()))
    if n <= 0:
        return np.empty(0, np.int64)
    if n < len(scores):
        # Everything not below the n-th best, so that ties are settled by position and not by luck.
        edge = np.partition(scores, len(scores) - n)[len(scores) - n]
        candidates = np.flatnonzero(scores >= edge)
    else:
        candidates = np.arange(len(scores))
    return candidates[np.argsort(-scores[candidates], kind="stable")][:n]


def cosine(rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Cosine of the angle between each row and a vector, float64, (n_rows,); 0 for zero rows."""
    lengths = np.linalg.norm(rows, axis=1).astype(np.float64) * float(np.linalg.norm(vector))
    dots = (rows @ vector).astype(np.float64)
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
