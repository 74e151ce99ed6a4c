"""Default choices of split and model: one place for every page and command."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from recsys_core.experiments.experiment import Experiment
from recsys_core.models import SGD, ImplicitALS, Model
from recsys_core.ratings import Ratings
from recsys_core.reading.values import are_counts, times_of

_counts: WeakKeyDictionary[Ratings, bool] = WeakKeyDictionary()


def looks_like_counts(ratings: Ratings) -> bool:
    """Whether the ratings are counts (plays, clicks), or logarithms log(1 + count) of some.

    Counts have no upper end that anybody chose, are whole, mostly small, and a few are huge.
    """
    found = _counts.get(ratings)
    if found is None:
        values = ratings.values.astype(np.float64)
        if ratings.scale.step is None:
            values = np.expm1(np.clip(values, -1, 50))
            whole = np.rint(values)
            # float32 logarithms give large counts back with an error in the sixth digit.
            near = np.abs(values - whole) <= 1e-5 * np.maximum(np.abs(values), 1)
            values = whole if near.all() else -np.ones(1)
        found = ratings.truth is None and are_counts(times_of(values), named_so=False)
        _counts[ratings] = found
    return found


def usual_model(ratings: Ratings) -> Model:
    """The model to begin with: implicit ALS for counts, SGD for ratings."""
    return ImplicitALS() if looks_like_counts(ratings) else SGD()


def usual_experiment(ratings: Ratings) -> Experiment:
    """The usual split and the usual model on these ratings."""
    return Experiment(ratings, None, usual_model(ratings))
