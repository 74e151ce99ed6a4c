"""The prior of one side's rows, whose parameters are drawn every epoch from their hyperprior."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.models.alternating import Side
from recsys_core.models.implicit_factors import ImplicitFactors, Incidence, Normal, gamma
from recsys_core.models.side_features import Features


class Hyperprior:
    """Draws the prior of one side's rows: factors ~ N(m + F y + X w, Λ⁻¹), biases ~ N(X v, 1/λ).

    (m, Λ) has a normal–Wishart hyperprior, λ a gamma hyperprior. X are the rows' features, and w
    and v have the prior of y (see ImplicitFactors): w_f ~ N(0, (κΛ)⁻¹), v_f ~ N(0, 1/(κ'λ)), each κ
    drawn as well. Sources: Simm et al., *Macau: Scalable Bayesian Factorization with
    High-Dimensional Side Information*, 2017; Rendle, *Scaling Factorization Machines to Relational
    Data*, 2013. The attributes are the last draw.

    Attributes
    ----------
    mean, precision : m and Λ, float64, (k,) and (k, k); bias_precision : λ.
    implicit : y and F y, see ImplicitFactors; None without.
    features, bias_features : w and X w, v and X v likewise; None without features.
    """

    _maps = "implicit", "features", "bias_features"

    def __init__(self, side: Side, rated: Incidence | None, features: Features | None) -> None:
        k, width = side.n_factors, side.factors.shape[1]
        self.mean, self.precision, self.bias_precision = np.zeros(k), np.eye(k), 1.0
        self.implicit = None if rated is None else ImplicitFactors(rated, width)
        self.features = self.bias_features = None
        if features is not None:
            known = Incidence.of_features(features)
            self.features = ImplicitFactors(known, width)
            self.bias_features = ImplicitFactors(known, kernels.padded(1)) if side.biases else None

    @property
    def shift(self) -> np.ndarray | None:
        """F y + X w, float32, (n_rows, width); None where there is neither."""
        shifts = [one.shift for one in (self.implicit, self.features) if one is not None]
        return sum(shifts[1:], start=shifts[0]) if shifts else None

    @property
    def bias_shift(self) -> np.ndarray | None:
        """X v, float32, (n_rows,); None without features."""
        return None if self.bias_features is None else self.bias_features.shift[:, 0]

    def draw(
        self, side: Side, rng: np.random.Generator, normal: Normal | None, known: Normal
    ) -> None:
        """Draw m, Λ and λ given the rows, then w and v, by ``known`` noise.

        With ``normal`` noise, begin the draw of y as well.
        """
        k = side.n_factors
        rows, bias = side.factors[:, :k].astype(np.float64), side.bias.astype(np.float64)
        maps = [one for one in (self.implicit, self.features) if one is not None]
        own, centred = rows, [np.zeros((0, k))]
        for one in maps:
            others = sum((m.shift[:, :k] for m in maps if m is not one), start=np.zeros(1))
            one.rescale(rows - self.mean - others, self.precision, rng)
        for one in maps:
            own = own - one.shift[:, :k]
            centred.append(np.sqrt(one.kappa) * one.y[:, :k])
        self.mean, self.precision = normal_wishart(own, np.concatenate(centred), rng)
        self._draw_bias(bias, rng, known)
        own = rows - self.mean
        if self.features is not None:
            around = own if self.implicit is None else own - self.implicit.shift[:, :k]
            self.features.draw(around, self.precision, lambda kind, n: known(kind, n)[:, :k])
            own = own - self.features.shift[:, :k]
        if self.implicit is not None and normal is not None:
            self.implicit.begin(own, self.precision, normal)

    def _draw_bias(self, bias: np.ndarray, rng: np.random.Generator, known: Normal) -> None:
        """Draw λ given the biases, and v."""
        v, own = self.bias_features, bias
        if v is None:
            self.bias_precision = gamma(len(bias), float(bias @ bias), rng)
            return
        v.rescale(bias[:, None], np.array([[self.bias_precision]]), rng)
        own, centred = bias - v.shift[:, 0], np.sqrt(v.kappa) * v.y[:, 0].astype(np.float64)
        squares = float(own @ own) + float(centred @ centred)
        self.bias_precision = gamma(len(own) + len(centred), squares, rng)
        precision = np.array([[self.bias_precision]])
        v.draw(bias[:, None], precision, lambda kind, n: known(kind, n)[:, -1:])

    def state(self) -> dict[str, Any]:
        """Return copies of all of it."""
        own = {name: value for name, value in vars(self).items() if name not in self._maps}
        return own | {name: one and one.state() for name, one in self._each_map()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state."""
        vars(self).update({n: value for n, value in state.items() if n not in self._maps})
        for name, one in self._each_map():
            if one is not None:
                one.restore(state[name])

    def _each_map(self) -> list[tuple[str, ImplicitFactors | None]]:
        return [(name, getattr(self, name)) for name in self._maps]


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
