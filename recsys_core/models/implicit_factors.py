"""Implicit factors: what a row has ratings of is information, whatever the ratings are.

Side information (``side_features``) enters a prior in the same way, and is drawn by the same class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from recsys_core import kernels
from recsys_core.kernels import tables
from recsys_core.kernels.threads import row_steps, run_all
from recsys_core.models.alternating import Side
from recsys_core.models.side_features import Features

# Standard normal numbers, (n, k), of one of several independent kinds.
Normal = Callable[[int, int], np.ndarray]

# Rounds of conjugate gradients a draw may take, and the residual, relative, at which it is done.
_MAX_ROUNDS, _TOLERANCE = 24, 1e-2


class Incidence(NamedTuple):
    """Which columns each row has, and which rows each column, both compressed.

    ``starts`` and ``columns`` are int64, (n_rows + 1,), and int32; ``row_starts`` and ``rows`` are
    int64, (n_columns + 1,), and int32.
    """

    starts: np.ndarray
    columns: np.ndarray
    row_starts: np.ndarray
    rows: np.ndarray

    @classmethod
    def of_ratings(cls, side: Side, other: Side) -> Incidence:
        """Return who of the other side each row has ratings of."""
        there, back = side.grouped, other.grouped
        return cls(there.starts, there.columns, back.starts, back.columns)

    @classmethod
    def of_features(cls, features: Features) -> Incidence:
        """Return which features each row has."""
        return cls(*features[1:])


class ImplicitFactors:
    """A factor row y_j for each column of an incidence, all drawn at once from their posterior.

    Rows r lie around  Σ_{j∈I_r} y_j / √n_r,  I_r the n_r columns of r: the others that r has
    ratings of, or its features. In matrices around F y, where F_rj = 1/√n_r for j in I_r. With
    R = rows − mean ~ N(F y, Λ⁻¹) and the prior y_j ~ N(0, (κΛ)⁻¹),

        y = A⁻¹ (Fᵀ(R + e) + √κ e')     A = FᵀF + κI,    e, e' with rows ~ N(0, Λ⁻¹)

    has the mean and the covariance of the posterior, A⁻¹ FᵀR and A⁻¹ ⊗ Λ⁻¹, without a factorisation
    of A. The system is solved by conjugate gradients with A's diagonal as preconditioner, for all
    factors side by side: two sums over the ratings a round. Drawing one y_j after the other costs
    less and mixes far more slowly, since popular items share their users.

    Sources: Papandreou and Yuille, *Gaussian Sampling by Local Perturbations*, 2010; Simm et al.,
    *Macau: Scalable Bayesian Factorization with High-Dimensional Side Information*, 2017; Hestenes
    and Stiefel, *Methods of Conjugate Gradients for Solving Linear Systems*, 1952.

    Attributes
    ----------
    y : float32, (n_columns, width); shift : F y, float32, (n_rows, width); of rows without columns
        the mean of all others', ``expected``.
    kappa : the precision of y is κΛ; size : a, see ``rescale``.
    n_steps : short steps that make a draw.
    """

    _arrays = "y", "shift", "residual", "direction", "across", "image"

    def __init__(self, incidence: Incidence, width: int) -> None:
        starts, columns, row_starts, rows = incidence
        counts = np.diff(starts)
        n_rows, n_others = len(counts), len(row_starts) - 1
        self.kappa = self.size = 1.0
        self.y = tables.zeros(n_others, width)
        self.shift = tables.zeros(n_rows, width)
        self.residual, self.direction = tables.like(self.y), tables.like(self.y)
        self.across, self.image = tables.like(self.shift), tables.like(self.y)  # F d and A d
        self.goal = self.left = np.zeros(width, np.float32)
        self._there, self._back = (starts, columns), (row_starts, rows)
        inverse = 1 / np.maximum(counts, 1)
        self._inverse, self._share = inverse.astype(np.float32), np.sqrt(inverse).astype(np.float32)
        self._unrated = counts == 0
        self._ones = np.ones(n_others, np.float32)
        weights = np.repeat(inverse, counts)
        self._diagonal = np.bincount(columns, weights, n_others).astype(np.float32)
        # Phases of a draw, even ones from rows to others and odd ones back, and their pieces.
        back, there = row_steps(row_starts), row_steps(starts)
        self._plan = [
            (phase, pieces, number == len(steps) - 1)
            for phase in range(2 * _MAX_ROUNDS + 2)
            for steps in [there if phase % 2 else back]
            for number, pieces in enumerate(steps)
        ]
        self.n_steps = len(self._plan)

    def rescale(self, rows: np.ndarray, precision: np.ndarray, rng: np.random.Generator) -> None:
        """Draw the size of all y at once, a, then κ; given R, (n_rows, k), and Λ, (k, k).

        y and κ alone would follow each other in tiny steps, since each nearly fixes the other. So
        y = a η, η_j ~ N(0, (κΛ)⁻¹), a ~ N(0, 1), which says the same of y: a is drawn given η,
        then κ given η (Gelman, *Prior Distributions for Variance Parameters*, 2006).
        """
        if not self.y.any():
            return
        k = len(precision)
        shift = self.shift[:, :k].astype(np.float64)
        shift[self._unrated] = 0.0  # they only follow y
        pulled = shift @ precision
        weight = float((pulled * shift).sum()) + self.size**2
        times = float((pulled * rows).sum()) / weight + rng.standard_normal() / np.sqrt(weight)
        self.size *= times
        self.y *= np.float32(times)
        self.shift *= np.float32(times)
        eta = self.y[:, :k].astype(np.float64) / self.size
        self.kappa = gamma(eta.size, float(((eta @ precision) * eta).sum()), rng) / self.size**2

    def begin(self, rows: np.ndarray, precision: np.ndarray, normal: Normal) -> None:
        """Begin a new draw of y, given R, (n_rows, k), and Λ, (k, k)."""
        k = len(precision)
        root = np.linalg.cholesky(np.linalg.inv(precision)).T
        e, more = (normal(kind, len(table)) @ root for kind, table in enumerate((rows, self.y)))
        self.across[:, :k] = self._share[:, None] * (rows + e)
        self.image[:, :k] = np.sqrt(self.kappa) * more
        self.y[:] = 0.0

    def step(self, index: int) -> None:
        """Do one of the steps of a draw."""
        phase, pieces, ends = self._plan[index]
        last = phase == 2 * _MAX_ROUNDS + 1
        if self.settled and 0 < phase and not last:
            return
        if phase % 2:
            x, scale, sums = self.direction, self._inverse, self.across
            if last:
                x, scale, sums = self.y, self._share, self.shift
            self._add(self._there, x, scale, sums, pieces, fresh=True)
            if last and ends:
                self.shift[self._unrated] = self.expected
        else:
            self._add(self._back, self.across, self._ones, self.image, pieces, fresh=False)
            if ends:
                self._begin() if phase == 0 else self._move()

    def _add(self, grouped: Any, x: Any, scale: Any, sums: Any, pieces: Any, fresh: bool) -> None:
        kernel = kernels.sums_kernel(sums.shape[1])

        def add(first: int, last: int) -> None:
            if fresh:
                sums[first:last] = 0.0
            kernel(*grouped, x, scale, sums, first, last)

        run_all(add, pieces)

    def draw(self, rows: np.ndarray, precision: np.ndarray, normal: Normal) -> None:
        """Draw y at once, given R, (n_rows, k), and Λ, (k, k): for few columns, as of features."""
        self.begin(rows, precision, normal)
        for index in range(self.n_steps):
            self.step(index)

    @property
    def expected(self) -> np.ndarray:
        """Mean shift of the rows with ratings, float32, (width,)."""
        rated = self.shift[~self._unrated]
        return rated.mean(axis=0, dtype=np.float64).astype(np.float32)

    @property
    def settled(self) -> bool:
        """Whether the system is solved closely enough."""
        return bool(self.left.sum() <= _TOLERANCE**2 * self.goal.sum())

    def _begin(self) -> None:
        """From y = 0 the residual is the right side."""
        self.residual[:] = self.image
        self.direction[:] = self._preconditioned()
        self.goal = self.left = np.einsum("nk,nk->k", self.residual, self.direction)
        self.image[:] = np.float32(self.kappa) * self.direction

    def _move(self) -> None:
        """One round: as far as it goes in the direction, and the next one conjugate to it."""
        far = _ratio(self.left, np.einsum("nk,nk->k", self.direction, self.image))
        self.y += far * self.direction
        self.residual -= far * self.image
        downhill = self._preconditioned()
        before, self.left = self.left, np.einsum("nk,nk->k", self.residual, downhill)
        self.direction[:] = downhill + _ratio(self.left, before) * self.direction
        self.image[:] = np.float32(self.kappa) * self.direction

    def _preconditioned(self) -> np.ndarray:
        return self.residual / (self._diagonal + np.float32(self.kappa))[:, None]

    def state(self) -> dict[str, Any]:
        """Return copies of all that changes."""
        arrays = {name: getattr(self, name).copy() for name in self._arrays}
        return {
            **arrays,
            "kappa": self.kappa,
            "size": self.size,
            "goal": self.goal,
            "left": self.left,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        for name, value in state.items():
            if name in self._arrays:
                getattr(self, name)[...] = value
            else:
                setattr(self, name, value)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A / b, and 0 where b is 0: columns of padding."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def gamma(n: int, squares: float, rng: np.random.Generator) -> float:
    """Draw a precision τ from its posterior, given n numbers x ~ N(0, 1/τ), Σ x² = ``squares``.

    With the prior τ ~ Gamma(1, rate 1) it is Gamma(1 + n/2, rate 1 + Σ x² / 2).
    """
    return float(rng.gamma(1.0 + n / 2) / (1.0 + squares / 2))
