"""What a run is measured against: the baselines of its split, and the test part, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import RatingsError
from recsys_core.models import GlobalMean, Model, Recommender, UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.runs.beginning import looks_like_counts
from recsys_core.splits import Split

# Ranking more cells than this for one model takes too long to wait for: so many users are drawn.
_MOST_CELLS, _SAMPLED_USERS = 10_000_000, 2000

# Places in the lists judged.
PLACES = 10


@dataclass(frozen=True)
class Score:
    """How good a model is on ratings held out.

    ``rmse`` and ``mae`` are in rating units, of predictions clipped to the scale; None for a model
    that predicts no ratings. ``ndcg`` and ``recall`` are of each user's ten best of all items not
    rated in training (see ``metrics.ranking``); None where no test rating counts as liked.
    """

    name: str
    rmse: float | None
    mae: float | None
    ndcg: float | None
    recall: float | None


def scores(name: str, recommender: Recommender, held_out: Ratings) -> Score:
    """All measures of a recommender on some ratings."""
    from recsys_core import metrics

    rmse = mae = ndcg = recall = None
    if recommender.has_ratings:
        predicted = recommender.predict(held_out.user_ids, held_out.item_ids)
        rmse = metrics.rmse(held_out.values, predicted)
        mae = metrics.mae(held_out.values, predicted)
    # Every count is a choice; of ratings, only high ones are.
    threshold = held_out.scale.low if looks_like_counts(held_out) else None
    try:
        lists = metrics.ranking(recommender, _some_users(held_out), PLACES, threshold)
        ndcg, recall = lists.ndcg, lists.recall
    except RatingsError:
        pass  # nothing liked: lists cannot be judged
    return Score(name, rmse, mae, ndcg, recall)


def _some_users(held_out: Ratings) -> Ratings:
    """Of very many users a sample, the same for all models."""
    users = np.flatnonzero(held_out.user_counts)
    if len(users) * held_out.n_items <= _MOST_CELLS:
        return held_out
    drawn = np.random.default_rng(0).choice(users, min(_SAMPLED_USERS, len(users)), replace=False)
    return held_out.take(np.isin(held_out.user_ids, drawn))


@dataclass(frozen=True)
class Baseline:
    """A baseline at rest: its errors are the grey lines beside a curve."""

    name: str
    train_rmse: float | None
    validation_rmse: float | None
    model: Model


class Baselines:
    """The baselines of one split, fitted once, for all runs on it."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self._found: tuple[Baseline, ...] = ()
        self._begun = False

    def __iter__(self) -> Iterator[Baseline]:
        """Those fitted so far."""
        return iter(self._found)

    def fitting(self) -> Iterator[None]:
        """Fit them in slices of at most about 50 ms; returns at once when that is in hand."""
        if self._begun:
            return
        self._begun = True
        found = []
        for model in (GlobalMean(), UserItemBias()):
            training = model.start(self._split.train, self._split.validation)
            while not training.finished:
                training.advance(0.05)
                yield
            best = training.best_epoch
            epoch = training.history[-1 if best is None else best]
            found.append(Baseline(model.title, epoch.train_rmse, epoch.validation_rmse, model))
        self._found = tuple(found)

    def fit(self) -> list[Model]:
        """All of them, fitted."""
        if self._found:
            return [baseline.model for baseline in self._found]
        train, validation = self._split.train, self._split.validation
        return [model.fit(train, validation) for model in (GlobalMean(), UserItemBias())]
