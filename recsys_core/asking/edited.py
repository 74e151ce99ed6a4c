"""One user's or item's numbers changed by hand: its list, its neighbours and its errors then.

While a slider moves, a browser works them out itself, from a ``Block`` and by the formulas that
stand there (``pages/shared/chart/js/edited.js``); ``followed`` gives the same from the whole model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core.models import FactorModel, FittedModel, seen_as
from recsys_core.ordering import best_first, draws, key_of
from recsys_core.ratings import Side
from recsys_core.text import Text, later

# Rows of each kind in a block, and numbers of their factors: what a slow line brings in a moment,
# and a telephone multiplies between two frames.
_MOST_ROWS, _MOST_NUMBERS = 4000, 128_000

# What is said of the errors, the same in the browser: templates.
WORDS = {
    "none": later("{name} has no training ratings that its numbers could be judged by."),
    "trained": later(
        "The {ratings} of {name} are predicted with an RMSE of {before} by the trained numbers. "
        "Move one."
    ),
    "up": later("RMSE on the {ratings} of {name}: {after}, up from {before}."),
    "down": later(
        "RMSE on the {ratings} of {name}: {after}, down from {before}. The regularisation kept it "
        "there."
    ),
}


def why_not(fitted: FittedModel) -> Text | None:
    """Say why no number of a row can be changed by hand; None where one can be."""
    if fitted.has.terms and fitted.n_factors:
        return None
    if fitted.has.intervals:
        return Text(
            "Its predictions are means over many draws, each with numbers of its own: there is no "
            "one row to change. Choose SGD, ALS or PMF."
        )
    return Text(
        "This model's predictions are no sum of products of factors: there are no numbers whose "
        "meaning one could see by changing them. Choose SGD, ALS, PMF, SVD++ or NMF."
    )


@dataclass(frozen=True)
class RowErrors:
    """RMSE of one user's, or item's, own training ratings before and after; predictions clipped."""

    before: float
    after: float
    n_ratings: int


def row(fitted: FittedModel, side: Side, index: int) -> tuple[np.ndarray, float]:
    """Return factors, float64, (k,), and bias of a user or item, in rating units."""
    model = seen_as(FactorModel, fitted)
    return model.factors_of(side)[index].astype(np.float64), float(model.bias_of(side)[index])


def errors(before: FittedModel, after: FittedModel, side: Side, index: int) -> RowErrors | None:
    """Measure both on the training ratings of the user or item; None where it has none."""
    grouped = before.train.by_user if side == "user" else before.train.by_item
    others, values = grouped.row(index)
    if not len(others) or not before.has.ratings:
        return None
    own = np.full(len(others), index)
    pairs = (own, others) if side == "user" else (others, own)
    found = [
        float(np.sqrt(np.mean((values.astype(np.float64) - model.predict(*pairs)) ** 2)))
        for model in (before, after)
    ]
    return RowErrors(found[0], found[1], len(others))


@dataclass(frozen=True, eq=False)
class Followed:
    """What follows from a changed row.

    Attributes
    ----------
    listed : the first unrated items of a user, or users of an item, best first, int64, (n,).
    predicted, before : what is predicted for them with the changed row and with the trained one,
        clipped, float32, (n,). places : their places in the trained list, from 1; 0 if not in it.
    near : the most similar users of a user, or items of an item, best first, int64, (m,); cosines :
        of the factors, float64, (m,). fresh : which of them are not among the trained row's, bool.
    errors : RMSE on its training ratings; None where there are none.
    """

    listed: np.ndarray
    predicted: np.ndarray
    before: np.ndarray
    places: np.ndarray
    near: np.ndarray
    cosines: np.ndarray
    fresh: np.ndarray
    errors: RowErrors | None


def followed(
    before: FactorModel, after: FactorModel, side: Side, index: int, n: int, n_near: int
) -> Followed:
    """Compare the list of ``n`` and the ``n_near`` neighbours of a row in two models."""
    models = before, after
    other: Side = "item" if side == "user" else "user"
    if side == "user":
        lists = [model.recommend(index, n) for model in models]
        alike = [model.similar_users(index, n_near) for model in models]
    else:
        lists = [model.recommend_users(index, n) for model in models]
        alike = [model.similar_items(index, n_near) for model in models]
    was, listed = (found[other].to_numpy(np.int64) for found in lists)
    near_before, near = (found[side].to_numpy(np.int64) for found in alike)
    own = np.full(len(listed), index)
    places = {int(one): place for place, one in enumerate(was, start=1)}
    return Followed(
        listed=listed,
        predicted=after.clipped(lists[1]["score"].to_numpy(np.float32)),
        before=before.predict(*((own, listed) if side == "user" else (listed, own))),
        places=np.array([places.get(int(one), 0) for one in listed], np.int64),
        near=near,
        cosines=alike[1]["similarity"].to_numpy(np.float64),
        fresh=~np.isin(near, near_before),
        errors=errors(before, after, side, index),
    )


@dataclass(frozen=True, eq=False)
class Rows:
    """Some users or items: indices, int64, (n,), factors, float32, (n, k), and biases, (n,)."""

    ids: np.ndarray
    factors: np.ndarray
    biases: np.ndarray


@dataclass(frozen=True, eq=False)
class Block:
    """What list, neighbours and errors of one row w with bias b are worked out from.

    In rating units (logits on a logistic link):

        x_j = μ + b + b_j + w · q_j      r̂_j = x_j, or low + (high − low) σ(x_j)
        cos_v = w · p_v / (‖w‖ ‖p_v‖)    RMSE = √(Σ (r_j − clip r̂_j)² / n), over its ratings

    Lists are ordered by r̂, not clipped, and by cos, as float32. Of equal ones, the one that comes
    first in ``open`` (or in ``near``) is first: that is the order in which ``best_first`` draws.

    Attributes
    ----------
    mean : μ. ends : low and high of a logistic link, else None. clip : the ends of the scale; None
        of preferences, which have none.
    row : (w, b) as trained, float64, (k + 1,).
    open : those that are not rated. rated : those that are, and their ratings, ``values``,
        float64. near : the others of its own side.
    whole : how many there are in the model of each; a block holds at most some thousand, those
        highest in the trained row's list, or most similar to it, and ratings spread over all.
    """

    mean: float
    ends: tuple[float, float] | None
    clip: tuple[float, float] | None
    row: np.ndarray
    open: Rows
    rated: Rows
    values: np.ndarray
    near: Rows
    whole: dict[str, int]


def block(fitted: FactorModel, side: Side, index: int) -> Block:
    """Gather what follows a row from a model whose predictions are sums of products."""
    other: Side = "item" if side == "user" else "user"
    most = max(1, min(_MOST_ROWS, _MOST_NUMBERS // max(fitted.n_factors, 1)))
    grouped = fitted.train.by_user if side == "user" else fitted.train.by_item
    rated, values = grouped.row(index)
    scores = fitted.predict_rows(side, index)[0].astype(np.float64)
    scores[rated] = -np.inf
    alike = np.array(fitted.similarity(side, index))
    alike[index] = -np.inf

    def rows(of: Side, ids: np.ndarray) -> Rows:
        return Rows(ids, fitted.factors_of(of)[ids], fitted.bias_of(of)[ids])

    def best(values: np.ndarray, key: int) -> np.ndarray:
        found = np.sort(best_first(values, most, key))
        return found[np.argsort(draws(found, key), kind="stable")]

    some = slice(None, None, -(-len(rated) // most) or 1)
    linked = fitted.link == "logistic"
    own, bias = row(fitted, side, index)
    return Block(
        mean=fitted.global_mean,
        ends=(float(fitted.scale.low), float(fitted.scale.high)) if linked else None,
        clip=(float(fitted.scale.low), float(fitted.scale.high)) if fitted.has.ratings else None,
        row=np.append(own, bias),
        open=rows(other, best(scores, key_of(rated))),
        rated=rows(other, rated[some].astype(np.int64)),
        values=values[some].astype(np.float64),
        near=rows(side, best(alike, fitted.key(side, index))),
        whole={"open": len(scores) - len(rated), "rated": len(rated), "near": len(alike) - 1},
    )
