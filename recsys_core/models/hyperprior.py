"""The prior of one side's rows, whose parameters are drawn every epoch from their hyperprior."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core.models.alternating import Side
from recsys_core.models.implicit_factors import ImplicitFactors, Normal, gamma


class Hyperprior:
    """Draws the prior of one side's rows: factors ~ N(m + F y, Λ⁻¹), biases ~ N(0, 1/λ).

    (m, Λ) has a normal–Wishart hyperprior, λ a gamma hyperprior. The attributes are the last draw.

    Attributes
    ----------
    mean, precision : m and Λ, float64, (k,) and (k, k); bias_precision : λ.
    implicit : y and F y, see ImplicitFactors; None without.
    """

    def __init__(self, side: Side, other: Side, implicit: bool) -> None:
        k = side.n_factors
        self.mean, self.precision, self.bias_precision = np.zeros(k), np.eye(k), 1.0
        self.implicit = ImplicitFactors(side, other) if implicit else None

    def draw(self, side: Side, rng: np.random.Generator, normal: Normal | None) -> None:
        """Draw m, Λ and λ given the rows; with ``normal`` noise, begin the draw of y as well."""
        k, implicit = side.n_factors, self.implicit
        rows, y = side.factors[:, :k].astype(np.float64), np.zeros((0, k))
        own = rows
        if implicit is not None:
            implicit.rescale(rows - self.mean, self.precision, rng)
            own = rows - implicit.shift[:, :k]
            y = np.sqrt(implicit.kappa) * implicit.y[:, :k]
        self.mean, self.precision = normal_wishart(own, y, rng)
        bias = side.bias.astype(np.float64)
        self.bias_precision = gamma(len(bias), float(bias @ bias), rng)
        if implicit is not None and normal is not None:
            implicit.begin(rows - self.mean, self.precision, normal)

    def state(self) -> dict[str, Any]:
        """Return copies of all of it."""
        own = {name: value for name, value in vars(self).items() if name != "implicit"}
        return own | {"implicit": self.implicit and self.implicit.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        vars(self).update({name: value for name, value in state.items() if name != "implicit"})
        if self.implicit is not None:
            self.implicit.restore(state["implicit"])


def normal_wishart(
    rows: np.ndarray, centred: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw m and Λ from their posterior, given rows ~ N(m, Λ⁻¹) and centred ~ N(0, Λ⁻¹).

    With n rows of k numbers, mean x̄ and scatter S; prior ν₀ = k, β₀ = 2, m₀ = 0, W₀ = I:

        Λ ~ Wishart(W, k + n + n_centred)      W⁻¹ = I + S + centredᵀ centred + β₀n/(β₀+n) x̄ x̄ᵀ
        m ~ N(n x̄ / (β₀ + n), [(β₀ + n) Λ]⁻¹)
    """
    (n, k), beta = rows.shape, 2.0
    mean = rows.mean(axis=0)
    away = rows - mean
    inverse = np.eye(k) + away.T @ away + centred.T @ centred
    inverse += beta * n / (beta + n) * np.outer(mean, mean)
    # Bartlett: Λ = (L A)(L A)ᵀ with L Lᵀ = W and A lower triangular, √χ² on its diagonal.
    a = np.tril(rng.standard_normal((k, k)), -1)
    a[np.diag_indices(k)] = np.sqrt(rng.chisquare(k + n + len(centred) - np.arange(k)))
    root = np.linalg.cholesky(np.linalg.inv(inverse)) @ a
    z = rng.standard_normal(k) / np.sqrt(beta + n)
    return n / (beta + n) * mean + np.linalg.solve(root.T, z), root @ root.T
