"""Projection: latent factors in the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from recsys_core.models import Predictor


@dataclass(frozen=True, eq=False)
class Basis:
    """The two directions along which users and items, stacked, spread most (PCA), signs fixed.

    One basis can show many states of one run: what moves then has been learned, and is no flip of
    the axes.

    Attributes
    ----------
    centre : float64, (k,); what is at the origin of the plane.
    axes : float64, (k, 2); orthonormal columns. With one factor the second is zero.
    shares : share of the spread along each axis, 0 to 1.
    """

    centre: np.ndarray
    axes: np.ndarray
    shares: tuple[float, float]

    @classmethod
    def fit(cls, predictor: Predictor) -> Basis:
        """The basis of a predictor that has factors.

        Each axis points where its largest weight is positive, so that the same factors give the
        same picture.
        """
        users, items = predictor.user_factors, predictor.item_factors
        n, k = len(users) + len(items), users.shape[1]
        centre = (users.sum(axis=0, dtype=np.float64) + items.sum(axis=0, dtype=np.float64)) / n
        # The k × k covariance: as quick for a million rows as for ten.
        spread = np.zeros((k, k))
        for rows in (users, items):
            around = rows - centre
            spread += around.T @ around
        variances, directions = np.linalg.eigh(spread)
        order = np.argsort(-variances)[:2]
        axes = np.zeros((k, 2))
        axes[:, : len(order)] = directions[:, order]
        strongest = np.abs(axes).argmax(axis=0)
        axes *= np.where(axes[strongest, [0, 1]] < 0, -1.0, 1.0)
        total = variances.sum() or 1.0
        shares = [*(variances[order] / total).tolist(), 0.0]
        return cls(centre, axes, (shares[0], shares[1]))

    def project(self, factors: np.ndarray) -> np.ndarray:
        """Where factors, (n, k), lie in the plane; float64, (n, 2)."""
        return (factors - self.centre) @ self.axes
