"""Maps of the latent space: which users and items are drawn, where, and in which groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking import seriation
from recsys_core.asking.projection import Basis, shares_of_factors, trustworthiness
from recsys_core.models.fitted_model import Factored
from recsys_core.ratings import SIDES, Ratings, Side, most_first
from recsys_core.text import Text

# Letters of a genre, and genres to choose from: what every page with a map carries.
_LONGEST_GENRE = 60
_MOST_GENRES = 500


@dataclass(frozen=True, eq=False)
class Places:
    """Where users and items lie in the plane.

    Attributes
    ----------
    ids : for each side on the map, the indices drawn, int64, (n,).
    xy : for each side likewise, where they lie, float64, (n, 2).
    axes : what the two directions are.
    trust : trustworthiness of the map, 0 to 1; NaN where there are too few points to say.
    """

    ids: dict[Side, np.ndarray]
    xy: dict[Side, np.ndarray]
    axes: tuple[str, str]
    trust: float


def nearest_on_map(places: Places, side: Side, index: int, n: int) -> np.ndarray:
    """Find the n that lie nearest to one of the same side on a map, the nearest first; int64, (n,).

    Fewer where fewer are drawn, and none where that one is not.
    """
    ids, xy = places.ids[side], places.xy[side]
    at = np.flatnonzero(ids == index)
    if not len(at):
        return ids[:0]
    distances = ((xy - xy[at[0]]) ** 2).sum(axis=1)
    distances[at[0]] = np.inf
    return ids[np.argsort(distances, kind="stable")[: min(n, len(ids) - 1)]]


def densest(xy: np.ndarray, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find where points, (m, 2), lie densest: lines of equal density, by the share inside them.

    Returns the places of a grid across, (n,), and upward, (n,), and for each of its points the
    share of all points that lie where it is denser, 0 to 1, float64, (n, n), rows upward: between
    those below and above 0.5 runs the line that encloses the densest half. Density is a histogram
    of n by n cells, made smooth with a Gaussian whose width is that of Scott's rule.
    """
    from scipy.ndimage import gaussian_filter

    low, high = xy.min(axis=0), xy.max(axis=0)
    room = np.where(high > low, 0.1 * (high - low), 1.0)
    edges = [np.linspace(low[a] - room[a], high[a] + room[a], n + 1) for a in (0, 1)]
    counts, _, _ = np.histogram2d(xy[:, 0], xy[:, 1], bins=edges)
    widths = np.array([edge[1] - edge[0] for edge in edges])
    sigma = len(xy) ** (-1 / 6) * xy.std(axis=0) / widths
    density = gaussian_filter(counts, np.maximum(sigma, 0.5), mode="constant").T
    order = np.argsort(density, axis=None)[::-1]
    inside = np.empty(density.size)
    inside[order] = np.cumsum(density.ravel()[order]) / density.sum()
    across, upward = ((edge[1:] + edge[:-1]) / 2 for edge in edges)
    return across, upward, inside.reshape(density.shape)


def most_rated(train: Ratings, side: Side, most: int) -> np.ndarray:
    """Return the indices of the ``most`` users (or items) with the most ratings, ascending.

    int64, (n,), n at most ``most``.
    """
    return np.sort(train.axis(side).most_rated(most))


def stacked(fitted: Factored, ids: dict[Side, np.ndarray]) -> np.ndarray:
    """Stack the factors of all that are drawn, users first; float32, (n, k)."""
    return np.vstack([fitted.factors_of(side)[ids[side]] for side in SIDES if side in ids])


def axes_of(basis: Basis) -> tuple[Text, Text]:
    """Name the two axes of a PCA, with the share of the variance along each."""
    first, second = (words.percent(share) for share in basis.shares)
    return (
        Text("main direction, {first} of the spread", first=first),
        Text("second direction, {second}", second=second),
    )


def project(
    fitted: Factored, basis: Basis, ids: dict[Side, np.ndarray], axes: tuple[str, str]
) -> Places:
    """Project the factors of the given indices, (n,) a side, onto the plane of a basis."""
    xy = {side: basis.project(fitted.factors_of(side)[ids[side]]) for side in ids}
    return _judged(fitted, ids, xy, axes)


def placed(fitted: Factored, points: np.ndarray, ids: dict[Side, np.ndarray]) -> Places:
    """Give the ``points`` of a layout of ``stacked``, (n, 2), back to their sides.

    The layout is of another method, such as t-SNE or UMAP, whose axes have no meaning of their own.
    """
    xy, start = {}, 0
    for side in (side for side in SIDES if side in ids):
        xy[side] = points[start : start + len(ids[side])]
        start += len(ids[side])
    return _judged(fitted, ids, xy, ("", ""))


def _judged(
    fitted: Factored,
    ids: dict[Side, np.ndarray],
    xy: dict[Side, np.ndarray],
    axes: tuple[str, str],
) -> Places:
    points = np.vstack([xy[side] for side in SIDES if side in ids])
    return Places(ids, xy, axes, trustworthiness(stacked(fitted, ids), points))


def turned_onto(places: Places, other: Places) -> Places:
    """Turn and mirror a map so that it lies as near to another of the same points as can be.

    What is near each other stays so: an orthogonal matrix alone, by Procrustes (see ``truth``).
    """
    shown = [side for side in SIDES if side in places.ids]
    one, two = (np.vstack([each.xy[side] for side in shown]) for each in (places, other))
    u, _, vt = np.linalg.svd((one - one.mean(axis=0)).T @ (two - two.mean(axis=0)))
    xy = {side: places.xy[side] @ (u @ vt) for side in shown}
    axes = Text("turned towards the other map"), Text("likewise")
    return Places(places.ids, xy, axes, places.trust)


def clusters(fitted: Factored) -> tuple[dict[Side, np.ndarray], list[str]]:
    """Cluster users and items together in the latent space, and name each cluster.

    Returns the cluster's number of each user, (n_users,), and of each item, (n_items,), by side;
    and the names, by number. A cluster is called after the genres that its items have far more
    often than others do; where there are none such, after two typical items: of the better known
    half, those nearest its centre.
    """
    n_users, items = fitted.n_users, fitted.train.axis("item")
    labels = seriation.clusters(
        np.vstack([fitted.user_factors, fitted.item_factors]).astype(np.float64)
    )
    of = {"user": labels[:n_users], "item": labels[n_users:]}
    names: list[str] = []
    for group in range(int(labels.max()) + 1):
        members = np.flatnonzero(of["item"] == group)
        called = _marked_genres(fitted.train, members) or [
            items.names[i] for i in _typical(fitted, members)
        ]
        names.append(
            f"{group + 1}: {' · '.join(called)}"
            if called
            else Text("{group}: users only", group=group + 1)
        )
    return of, names  # type: ignore[return-value]  # the keys are the sides


def _marked_genres(ratings: Ratings, members: np.ndarray, n: int = 2) -> list[str]:
    """The genres that these items, (m,), have far more often than all do; n at most.

    Of a genre with the share p of all items, m p are expected among the members; far more is what
    lies two standard deviations, √(m p (1 − p)), above. The farthest above comes first.
    """
    if not genres(ratings) or not len(members):
        return []
    each = _each_genre(ratings)
    each = each[each != ""]
    shares = each.value_counts() / ratings.n_items
    counts = each[each.index.isin(members)].value_counts().reindex(shares.index, fill_value=0)
    m = len(members)
    above = (counts - m * shares) / np.sqrt(m * shares * (1 - shares).clip(lower=1e-9))
    above = above[(above > 2) & (counts >= 2)].sort_values(ascending=False, kind="stable")
    return list(above.index[:n])


def _typical(fitted: Factored, members: np.ndarray, n: int = 2) -> np.ndarray:
    """Of these items, (m,), the n nearest to their mean, of the half with the most ratings."""
    if not len(members):
        return members
    known = members[most_first(fitted.train.item_counts[members], -(-len(members) // 2))]
    rows = fitted.item_factors[members].astype(np.float64)
    away = ((fitted.item_factors[known] - rows.mean(axis=0)) ** 2).sum(axis=1)
    return known[np.argsort(away, kind="stable")[:n]]


def genres(ratings: Ratings) -> list[str]:
    """The genres items have, the commonest first; empty where none are known."""
    if ratings.item_info is None or "genres" not in ratings.item_info:
        return []
    return [genre for genre in _each_genre(ratings).value_counts().index if genre][:_MOST_GENRES]


def of_genres(ratings: Ratings, chosen: Sequence[str]) -> dict[Side, np.ndarray]:
    """Find the first of the chosen genres that each item has, by its position in ``chosen``.

    −1 for none; (n_items,) for the items and (n_users,), all −1, for the users, who have no genre.
    """
    each = _each_genre(ratings)
    labels = np.full(ratings.n_items, -1)
    for number, genre in reversed(list(enumerate(chosen))):
        labels[each.index[each == genre]] = number
    return {"user": np.full(ratings.n_users, -1), "item": labels}


def _each_genre(ratings: Ratings) -> pd.Series:
    """The genres of each item, one a row under the item's index; on one line, and not too long."""
    assert ratings.item_info is not None
    texts = ratings.item_info["genres"].reset_index(drop=True).dropna().astype(str)
    each = texts.str.split("|").explode()
    named = {text: escape.brief(text, _LONGEST_GENRE) for text in each.unique()}
    return each.map(named)


def ends(values: np.ndarray, counts: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the indices at the low and the high end of a direction, the farthest first.

    ``values`` are positions along it and ``counts`` numbers of ratings, (m,) each; returned are at
    most n indices for each end, int64. Only the half with the most ratings is considered: of the
    others the position is mostly chance.
    """
    rated = counts[counts > 0]
    known = np.flatnonzero(counts >= np.median(rated)) if len(rated) else np.arange(0)
    n = min(n, len(known) // 2)  # nobody lies at both ends
    order = known[np.argsort(values[known], kind="stable")]
    return order[:n], order[::-1][:n]


def factor_table(fitted: Factored, n: int = 3) -> pd.DataFrame:
    """Tabulate the factors, the widest first: number (from 1), share of the spread, both ends.

    Columns: factor, spread, low end, high end; the ends are names of n items, the farthest first.
    """
    train, k = fitted.train, fitted.n_factors
    rows = []
    shares = shares_of_factors(fitted)
    for factor in range(k):
        low, high = ends(fitted.item_factors[:, factor], train.item_counts, n)
        named = [" · ".join(train.item_names[i] for i in side) for side in (low, high)]
        rows.append((factor + 1, float(shares[factor]), *named))
    table = pd.DataFrame(rows, columns=["factor", "spread", "low end", "high end"])
    return table.sort_values("spread", ascending=False, kind="stable", ignore_index=True)
