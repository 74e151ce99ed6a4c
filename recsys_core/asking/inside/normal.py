"""A normal distribution over a row's numbers, and its ellipse over two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Normal:
    """N(mean, covariance) over m numbers: (m,) and (m, m)."""

    mean: np.ndarray
    covariance: np.ndarray

    def ellipse(self, first: int, second: int, times: float = 1.0, n: int = 73) -> np.ndarray:
        """Return points of the ellipse of two of the numbers, (n, 2), closed.

        It is where the marginal density of both is that at ``times`` standard deviations: of
        ``times`` = 1 it holds 39 % of the probability, of 2 it holds 86 %.
        """
        two = [first, second]
        sizes, directions = np.linalg.eigh(self.covariance[np.ix_(two, two)])
        angles = np.linspace(0, 2 * np.pi, n)
        circle = np.stack([np.cos(angles), np.sin(angles)])
        stretched = directions @ (np.sqrt(np.maximum(sizes, 0))[:, None] * circle)
        return self.mean[two] + times * stretched.T

    def deviation(self) -> np.ndarray:
        """Return the standard deviation of each number, (m,)."""
        return np.sqrt(np.diag(self.covariance))
