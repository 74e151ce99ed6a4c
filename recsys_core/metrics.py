"""Metrics of predictions (RMSE, MAE, MAPE; normalized; of rounded predictions) and of top-n lists
(precision, recall, NDCG, MAP).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.errors import RatingsError, SettingsError
from recsys_core.ordering import cells, lists
from recsys_core.ratings import Ratings, Scale
from recsys_core.text import Text


def rmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Compute the root mean squared error, √(mean (r − r̂)²), in rating units; both (n,).

    Raises
    ------
    RatingsError
        If there are no ratings, or not as many predictions.
    """
    t, p = _paired(truth, predicted)
    return float(np.sqrt(np.mean((t - p) ** 2)))


def nrmse(truth: np.ndarray, predicted: np.ndarray, size: float) -> float:
    """Compute RMSE / size, both (n,), with no unit, so that scales can be compared.

    ``size`` is in rating units. The standard deviation of the training ratings gives the RMSE on
    standardized ratings: predicting their mean is near 1. The width of the scale gives the share
    of the scale by which predictions are wrong.

    Raises
    ------
    RatingsError
        If there are no ratings, or not as many predictions.
    SettingsError
        If the size is not above 0.
    """
    if not size > 0:
        raise SettingsError(Text("RMSE is divided by a size above 0; {size:g} is none.", size=size))
    return rmse(truth, predicted) / size


def rounded(predictions: np.ndarray, scale: Scale) -> np.ndarray:
    """Round predictions, (n,), to the nearest value of the scale, and clip them to it.

    Halves go to an even number of steps above the low end. On a scale without steps predictions are
    only clipped.
    """
    p = np.asarray(predictions, dtype=np.float64)
    if scale.step:
        p = scale.low + scale.step * np.rint((p - scale.low) / scale.step)
    return np.clip(p, scale.low, scale.high)


def mae(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Compute the mean absolute error, mean |r − r̂|, in rating units; both (n,).

    Raises
    ------
    RatingsError
        If there are no ratings, or not as many predictions.
    """
    t, p = _paired(truth, predicted)
    return float(np.mean(np.abs(t - p)))


def mape(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Compute the mean absolute percentage error, 100 · mean |r − r̂| / |r|, in percent; both (n,).

    NaN if a rating is 0, since its percentage error is not defined.

    Raises
    ------
    RatingsError
        If there are no ratings, or not as many predictions.
    """
    t, p = _paired(truth, predicted)
    if (t == 0).any():
        return float("nan")
    return float(100 * np.mean(np.abs((t - p) / t)))


def _paired(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t, p = np.asarray(truth, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if t.shape != p.shape:
        raise RatingsError(
            Text(
                "{n_ratings} ratings but {n_predictions} predictions; give one each.",
                n_ratings=t.size,
                n_predictions=p.size,
            )
        )
    if not t.size:
        raise RatingsError(Text("There are no ratings to measure the error on; hold some out."))
    return t, p


@dataclass(frozen=True)
class Ranking:
    """How good the lists of the n best items are, each measure a mean over ``n_users`` users.

    Attributes
    ----------
    precision : share of the n places taken by items the user liked.
    recall : share of the liked items found among the n.
    ndcg : Σ 1/log₂(place + 1) over the places of liked items, divided by the best possible sum.
    map : mean over liked items of the precision at each one's place (0 where it is not listed),
        divided by min(n, number of liked items).
    threshold : the rating from which on an item counts as liked.
    n_users : users with at least one liked item in the test part; only these are counted.
    """

    n: int
    threshold: float
    n_users: int
    precision: float
    recall: float
    ndcg: float
    map: float


def liked_from(scale: Scale) -> float:
    """Return three quarters of the scale: 4 on 1–5, and in effect on 0–5 and 0.5–5 too."""
    return scale.low + 0.75 * scale.width


def ranking(
    fitted: Any, test: Ratings, n: int = 10, threshold: float | None = None, seed: int = 0
) -> Ranking:
    """Measure the lists of the n best items of each user, ranked out of the whole catalogue.

    All items compete except those the user rated in training; sampled candidates would reverse
    the order of models. The order of equal scores is drawn by ``seed``; 0 gives the lists that
    ``recommend`` gives. Users without a liked test rating say nothing about the list and are left
    out.

    ``fitted`` is a trained model or its snapshot. ``threshold`` is the lowest rating that
    counts as liked; None means ``liked_from(scale)``.

    Raises
    ------
    SettingsError
        If n is below 1.
    RatingsError
        If no test rating reaches the threshold.
    """
    if n < 1:
        raise SettingsError(Text("A list needs at least one place; {n} were asked for.", n=n))
    fitted = getattr(fitted, "snapshot", lambda: fitted)()
    train: Ratings = fitted.train
    threshold = liked_from(test.scale) if threshold is None else threshold
    liked = test.take(test.values >= threshold - 1e-6)  # 1e-6: ratings are float32
    if not len(liked):
        raise RatingsError(
            Text(
                "No test rating is {threshold:g} or higher, so nothing can be called liked; "
                "lower the threshold.",
                threshold=threshold,
            )
        )
    n = min(n, train.n_items)
    n_liked = liked.user_counts
    users = np.flatnonzero(n_liked)
    place = np.arange(1, n + 1)
    gain = 1 / np.log2(place + 1)
    best_gain = np.cumsum(gain)  # of a list that begins with 1, 2, … liked items
    sums = np.zeros(4)
    for block, scores, best in lists(fitted, users, n, seed):
        is_liked = np.zeros(scores.shape, dtype=bool)
        is_liked[cells(liked, block)] = True
        hits = np.zeros((len(block), n), dtype=bool)
        for hit, likes, items in zip(hits, is_liked, best, strict=True):
            hit[: len(items)] = likes[items]
        possible = n_liked[block]
        at_most = np.minimum(possible, n)
        precision_at = np.cumsum(hits, axis=1) / place
        sums += (
            hits.mean(axis=1).sum(),
            (hits.sum(axis=1) / possible).sum(),
            (hits @ gain / best_gain[at_most - 1]).sum(),
            ((precision_at * hits).sum(axis=1) / at_most).sum(),
        )
    precision, recall, ndcg, average_precision = (float(s) / len(users) for s in sums)
    return Ranking(n, threshold, len(users), precision, recall, ndcg, average_precision)
