"""How good a trained model is on ratings held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core.errors import RatingsError
from recsys_core.experiments.defaults import looks_like_counts
from recsys_core.models import FittedModel
from recsys_core.ratings import Ratings

# Ranking more cells than this for one model takes too long to wait for: so many users are drawn.
_MOST_CELLS, _SAMPLED_USERS = 10_000_000, 2000

# Places in the lists judged.
PLACES = 10


@dataclass(frozen=True)
class Score:
    """How good a model is on ratings held out.

    ``rmse`` and ``mae`` are in rating units, of predictions clipped to the scale; None for a model
    that predicts no ratings. A model that learned from days is asked for the day of each rating.
    ``ndcg`` and ``recall`` are of each user's ten best of all items not
    rated in training (see ``metrics.ranking``); None where no test rating counts as liked.
    """

    name: str
    rmse: float | None
    mae: float | None
    ndcg: float | None
    recall: float | None


def scores(name: str, fitted: FittedModel, held_out: Ratings) -> Score:
    """Compute all measures of a fitted model on some ratings."""
    from recsys_core import metrics

    rmse = mae = ndcg = recall = None
    if fitted.has.ratings:
        pairs = held_out.user_ids, held_out.item_ids
        predicted = fitted.predict(*pairs, times=held_out.timestamps)
        rmse = metrics.rmse(held_out.values, predicted)
        mae = metrics.mae(held_out.values, predicted)
    # Every count is a choice; of ratings, only high ones are.
    threshold = held_out.scale.low if looks_like_counts(held_out) else None
    try:
        lists = metrics.ranking(fitted, _some_users(held_out), PLACES, threshold)
        ndcg, recall = lists.ndcg, lists.recall
    except RatingsError:
        pass  # nothing liked: lists cannot be judged
    return Score(name, rmse, mae, ndcg, recall)


def _some_users(held_out: Ratings) -> Ratings:
    """Draw a sample of very many users, the same for all models."""
    users = np.flatnonzero(held_out.user_counts)
    if len(users) * held_out.n_items <= _MOST_CELLS:
        return held_out
    drawn = np.random.default_rng(0).choice(users, min(_SAMPLED_USERS, len(users)), replace=False)
    return held_out.take(np.isin(held_out.user_ids, drawn))
