"""How good a trained model is on ratings held out."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import RatingsError
from recsys_core.experiments.defaults import looks_like_counts
from recsys_core.models import FittedModel, MostPopular
from recsys_core.ratings import Ratings
from recsys_core.steps import to_end
from recsys_core.text import Text

# Ranking more cells than this for one model takes too long to wait for: so many users are drawn.
_MOST_CELLS, _SAMPLED_USERS = 10_000_000, 2000

# Cells ranked between two steps of ``scoring``: some hundredths of a second.
_CELLS_AT_ONCE = 200_000

# Places in the lists judged.
PLACES = 10


@dataclass(frozen=True)
class Score:
    """How good a model is on ratings held out.

    ``rmse`` and ``mae`` are in rating units, of predictions clipped to the scale; None for a model
    that predicts no ratings. A model that learned from days is asked for the day of each rating.
    ``rmse_rounded`` is of predictions rounded to a value of the scale, None on a scale without
    steps; ``mape`` is in percent, None where a rating may be 0 or less. ``ndcg`` and ``recall`` are
    of each user's ten best of all items not rated in training (see ``metrics.ranking``); None where
    no test rating counts as liked.
    """

    name: str
    rmse: float | None
    mae: float | None
    ndcg: float | None
    recall: float | None
    rmse_rounded: float | None = None
    mape: float | None = None


def scores(name: str, fitted: FittedModel, held_out: Ratings) -> Score:
    """Compute all measures of a fitted model on some ratings."""
    return to_end(scoring(name, fitted, held_out))


def scoring(name: str, fitted: FittedModel, held_out: Ratings) -> Generator[None, None, Score]:
    """Compute the same in short steps, for who has to do other things in between."""
    from recsys_core import metrics

    rmse = mae = rmse_rounded = mape = None
    scale = held_out.scale
    if fitted.has.ratings:
        pairs = held_out.user_ids, held_out.item_ids
        predicted = fitted.predict(*pairs, times=held_out.timestamps)
        rmse = metrics.rmse(held_out.values, predicted)
        mae = metrics.mae(held_out.values, predicted)
        if scale.step:
            rmse_rounded = metrics.rmse(held_out.values, metrics.rounded(predicted, scale))
        if scale.low > 0:
            mape = metrics.mape(held_out.values, predicted)
        yield
    ndcg, recall = yield from _lists(fitted, held_out)
    return Score(name, rmse, mae, ndcg, recall, rmse_rounded, mape)


def _lists(
    fitted: FittedModel, held_out: Ratings
) -> Generator[None, None, tuple[float | None, float | None]]:
    """NDCG and recall: means over users, some users at a time."""
    from recsys_core import metrics

    held_out = some_users(held_out)
    # Every count is a choice; of ratings, only high ones are.
    threshold = held_out.scale.low if looks_like_counts(held_out) else None
    users = np.flatnonzero(held_out.user_counts)
    at_once = max(1, _CELLS_AT_ONCE // held_out.n_items)
    sums, n_users = np.zeros(2), 0
    for start in range(0, len(users), at_once):
        block = users[start : start + at_once]
        part = held_out
        if len(block) < len(users):
            part = held_out.take(np.isin(held_out.user_ids, block))
        try:
            found = metrics.ranking(fitted, part, PLACES, threshold)
        except RatingsError:
            continue  # nothing liked: these lists cannot be judged
        sums += found.n_users * np.array([found.ndcg, found.recall])
        n_users += found.n_users
        yield
    if not n_users:
        return None, None
    ndcg, recall = sums / n_users
    return float(ndcg), float(recall)


def loses_to_popular(found: Sequence[Score]) -> Text | None:
    """Say what it means if a model that predicts ratings has a lower NDCG than the most popular.

    ``found`` are the scores of the model and then of the baselines. None where it is not so, and of
    a model that predicts no ratings.
    """
    own, *others = found
    popular = next((one for one in others if one.name == MostPopular.title), None)
    if popular is None or own.ndcg is None or popular.ndcg is None or own.rmse is None:
        return None
    if own.ndcg >= popular.ndcg:
        return None
    return Text(
        "By NDCG@{places}, {name} chooses worse than {popular}, the same list for everybody "
        "({own:.3f} against {other:.3f}). Predicting ratings well is another task than choosing "
        "what to show: the model learns only from what people rated, but a list is chosen from "
        "all, and what few people rated is easily predicted too high.",
        places=PLACES, name=own.name, popular=popular.name,
        own=own.ndcg, other=popular.ndcg,
    )  # fmt: skip


def some_users(held_out: Ratings) -> Ratings:
    """Draw a sample of very many users, the same for all models."""
    users = np.flatnonzero(held_out.user_counts)
    if len(users) * held_out.n_items <= _MOST_CELLS:
        return held_out
    drawn = np.random.default_rng(0).choice(users, min(_SAMPLED_USERS, len(users)), replace=False)
    return held_out.take(np.isin(held_out.user_ids, drawn))
