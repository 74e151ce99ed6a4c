"""Ratings as models are fitted to them: z = (r − μ) / s.

μ is the mean and s the standard deviation of the training ratings, so that one setting means the
same on 1–5 stars, on 0–100 points and on −10 … 10. The scale, and whatever is measured on it, moves
with the ratings. A model with x = p · q + b in units of s predicts r̂ = μ + s x: its factors are
√s times as large in rating units, its biases s times.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from recsys_core.ratings import Grouped, Ratings, Scale


class Unit(NamedTuple):
    """What z is measured in: from ``shift``, in steps of ``size``, both in rating units."""

    shift: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, train: Ratings, centred: bool = True) -> Unit:
        """Return mean and standard deviation of ratings; ``centred`` or not, with or without μ.

        Computed in float64. Where all ratings are equal the size is 1.
        """
        values = train.values.astype(np.float64)
        # Not by s = 0: the mean of equal numbers may differ from them in the last digit.
        size = float(values.std()) if values.min() < values.max() else 1.0
        return cls(train.global_mean if centred else 0.0, size)

    def standard(self, ratings: np.ndarray) -> np.ndarray:
        """Compute z of ratings, float64; any shape, kept."""
        return (np.asarray(ratings, np.float64) - self.shift) / self.size

    def scale(self, scale: Scale) -> Scale:
        """Return the scale of z; its ends are z of the ratings there, as they are kept."""
        ends = np.array([scale.low, scale.high], np.float32)
        low, high = (float(end) for end in self.standard(ends))
        return Scale(low, high, None if scale.step is None else scale.step / self.size)


# Of models that are fitted to the ratings as they are.
RATING_UNITS = Unit()


class Standardized(Ratings):
    """The same ratings as z, float32; ``plain`` has them in rating units."""

    plain: Ratings
    unit: Unit

    @classmethod
    def from_ratings(cls, ratings: Ratings, unit: Unit) -> Standardized:
        """Standardize ratings; users, items and the order of the ratings are shared.

        All runs on the same ratings share one such copy, for as long as any of them has it.
        """
        known = ratings.__dict__.setdefault("_standardized", WeakValueDictionary())
        found = known.get(unit)
        if found is not None:
            return found
        found = cls(
            ratings.user_ids, ratings.item_ids, unit.standard(ratings.values).astype(np.float32),
            ratings.users, ratings.items, unit.scale(ratings.scale), ratings.timestamps,
            item_info=ratings.item_info, user_info=ratings.user_info,
        )  # fmt: skip
        found.__dict__.update(plain=ratings, unit=unit)
        known[unit] = found
        return found

    @cached_property
    def by_user(self) -> Grouped:
        """The ratings grouped by user: the plain ones' groups, sorted only once."""
        grouped = self.plain.by_user
        return grouped._replace(values=self.values[grouped.order])

    @cached_property
    def by_item(self) -> Grouped:
        """The ratings grouped by item."""
        grouped = self.plain.by_item
        return grouped._replace(values=self.values[grouped.order])


def plain(ratings: Ratings) -> tuple[Ratings, Unit]:
    """Return ratings in rating units, and the unit of those given."""
    if isinstance(ratings, Standardized):
        return ratings.plain, ratings.unit
    return ratings, RATING_UNITS
