"""Calibration of intervals on held-out ratings: split conformal prediction by groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from recsys_core.ratings import Ratings

# What intervals are set on: the model's own doubts, the validation part, or ratings held back from
# training.
Source = Literal["model", "validation", "held back"]

# Most ratings that are looked at, so that all draws are soon asked for them; groups by certainty
# and, in each, by predicted value, and the fewest ratings in one.
_MOST, _GROUPS, FEWEST = 8192, 4, 40

# The share that ``hold_back`` keeps from training.
HELD_BACK = 0.1


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Ratings that no parameter was learned from: indices and ratings, (n,) each, and whence."""

    user_ids: np.ndarray
    item_ids: np.ndarray
    values: np.ndarray
    source: Source

    @classmethod
    def of(cls, ratings: Ratings | None, source: Source) -> HeldOut | None:
        """Take some of the ratings at random, always the same; None of too few to calibrate by."""
        if ratings is None or len(ratings) < FEWEST:
            return None
        order = np.random.default_rng(0).permutation(len(ratings))
        rows = np.sort(order[:_MOST])
        return cls(ratings.user_ids[rows], ratings.item_ids[rows], ratings.values[rows], source)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """Its arrays, (n,) each, shared by all fitted models of a training."""
        return self.user_ids, self.item_ids, self.values


@dataclass(frozen=True, eq=False)
class Calibration:
    """How many standard deviations hold a share of the ratings, group by group.

    The scores of the held-out ratings are |r − r̂| / σ, σ the predicted standard deviation. They are
    grouped by σ into quarters, and in each of those by r̂ into quarters again (fewer groups of few
    ratings). Of a group of n ratings the ⌈(n + 1) c⌉-th smallest score is taken: a further rating
    of the group lies within r̂ ± that many σ with a probability of at least c, whatever the
    distribution, if it is exchangeable with those. Where (n + 1) c > n it is infinite.

    Sources: Vovk, *Conditional Validity of Inductive Conformal Predictors*, 2012 (groups); Lei et
    al., *Distribution-Free Predictive Inference for Regression*, 2018 (scores |r − r̂| / σ).

    Attributes
    ----------
    by_deviation : the ends of σ between groups, (n_groups − 1,).
    by_value : the ends of r̂ between the groups of each, (n_groups, n_groups − 1).
    scores : sorted, one array for each of n_groups² groups.
    """

    by_deviation: np.ndarray
    by_value: np.ndarray
    scores: tuple[np.ndarray, ...]

    @classmethod
    def on(cls, middle: np.ndarray, deviation: np.ndarray, ratings: np.ndarray) -> Calibration:
        """Calibrate on predictions, their standard deviations and the ratings, (n,) each."""
        n_groups = min(_GROUPS, max(1, math.isqrt(len(ratings) // FEWEST)))
        by_deviation = _between(deviation, n_groups)
        outer = np.searchsorted(by_deviation, deviation)
        by_value = np.array([_between(middle[outer == g], n_groups) for g in range(n_groups)])
        found = cls(by_deviation, by_value, ())
        groups = found.group(middle, deviation)
        scores = np.abs(ratings - middle) / deviation
        each = tuple(np.sort(scores[groups == g]) for g in range(n_groups**2))
        return cls(by_deviation, by_value, each)

    def group(self, middle: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Find the group of predictions of some standard deviations, int64, (n,)."""
        outer = np.searchsorted(self.by_deviation, deviation)
        inner = (middle[:, None] > self.by_value[outer]).sum(axis=1)
        return outer * len(self.by_value) + inner

    def multiples(self, middle: np.ndarray, deviation: np.ndarray, coverage: float) -> np.ndarray:
        """Return how many standard deviations hold a share ``coverage``, float64, (n,)."""
        each = np.array([_quantile(scores, coverage) for scores in self.scores])
        return each[self.group(middle, deviation)]


def normal_multiple(coverage: float) -> float:
    """Return how many standard deviations hold a share of a normal distribution: 1.645 of 90 %."""
    return float(ndtri((1 + coverage) / 2))


def _between(values: np.ndarray, n_groups: int) -> np.ndarray:
    """Ends between groups of equal size, each in the middle between two values; NaN of none.

    Where all deviations are equal, before training, all ratings are in one quarter.
    """
    if not len(values):
        return np.full(n_groups - 1, np.nan)
    ordered = np.sort(values.astype(np.float64))
    at = np.arange(1, n_groups) * len(ordered) // n_groups
    return (ordered[at - 1] + ordered[at]) / 2


def _quantile(scores: np.ndarray, coverage: float) -> float:
    """The ⌈(n + 1) c⌉-th smallest of n sorted scores; infinite where there is none."""
    # Rounded first: 0.9 · 10 is a little more than 9 for some shares.
    place = math.ceil(round((len(scores) + 1) * coverage, 9))
    return float(scores[place - 1]) if place <= len(scores) else math.inf
