"""The noise of ratings around predictions, which differs by user and by item."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammaln

from recsys_core import kernels
from recsys_core.kernels.arguments import FixedSide, Rows
from recsys_core.kernels.threads import run_all
from recsys_core.models.alternating import Side
from recsys_core.models.implicit_factors import gamma

# Values that the shape ν may have: from hardly any bound on the precisions to nearly none apart.
_SHAPES = np.geomspace(1.0, 1000.0, 61)


class RatingNoise:
    """Draws the precision α α_u α_i of each rating from its posterior given the errors e.

        r = x + e     e ~ N(0, 1/(α α_u α_i))     α_u ~ Gamma(ν_U/2, rate ν_U/2)
        α_i ~ Gamma(ν_I/2, rate ν_I/2)     α ~ Gamma(1, rate 1)     ν uniform over log ν, 1 … 1000

    Source: Lakshminarayanan, Bouchard and Archambeau, *Robust Bayesian Matrix Factorisation*, 2011,
    where ν is fixed.

    Attributes
    ----------
    alpha : α. precisions : α_u and α_i, float64, (n_users,) and (n_items,), by their Side.
    shapes : ν_U and ν_I, likewise.
    """

    def __init__(self, sides: tuple[Side, Side], alpha: float) -> None:
        self.sides, self.alpha = sides, alpha
        self.precisions = [np.ones(len(side.counts)) for side in sides]
        self.shapes = [_SHAPES[-1], _SHAPES[-1]]

    def of(self, side: Side) -> np.ndarray:
        """Return α_u or α_i of a side's rows, float64, (n_rows,)."""
        return self.precisions[self.sides.index(side)]

    def draw(self, side: Side, ratings: Rows, fixed: FixedSide, rng: np.random.Generator) -> None:
        """Draw a side's precisions given the errors of its ratings, then its ν, then α.

        With S_u = Σ_i α_i e² over the n_u ratings of u, and n ratings in all:

            α_u ~ Gamma((ν + n_u)/2, rate (ν + α S_u)/2)
            α ~ Gamma(1 + n/2, rate 1 + Σ_u α_u S_u / 2)

        ``fixed`` has the other side's √α_i, and its factors times these.
        """
        at = self.sides.index(side)
        sums = np.zeros(len(side.counts))
        kernel = kernels.row_errors_kernel(side.factors.shape[1])
        run_all(
            lambda *rows: kernel(ratings, side.factors, side.bias, fixed, sums, *rows),
            [piece for pieces in side.steps for piece in pieces],
        )
        nu = self.shapes[at]
        drawn = rng.gamma((nu + side.counts) / 2) / ((nu + self.alpha * sums) / 2)
        self.precisions[at] = drawn
        self.shapes[at] = draw_shape(drawn[side.counts > 0], rng)
        self.alpha = gamma(int(side.counts.sum()), float(drawn @ sums), rng)

    def state(self) -> dict[str, Any]:
        """Return copies of all that changes."""
        return {"alpha": self.alpha, "precisions": list(self.precisions), "shapes": self.shapes[:]}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        self.alpha = state["alpha"]
        self.precisions, self.shapes = list(state["precisions"]), list(state["shapes"])


def draw_shape(precisions: np.ndarray, rng: np.random.Generator) -> float:
    """Draw ν given precisions ~ Gamma(ν/2, rate ν/2), (n,), from its values one by one.

    log p(ν) = n (ν/2 log ν/2 − log Γ(ν/2)) + Σ (ν/2 (log α − α)) + constant
    """
    half = _SHAPES / 2
    logs = float((np.log(precisions) - precisions).sum())
    log_p = len(precisions) * (half * np.log(half) - gammaln(half)) + half * logs
    p = np.exp(log_p - log_p.max())
    return float(rng.choice(_SHAPES, p=p / p.sum()))
