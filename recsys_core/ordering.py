"""The order of lists: the highest score first, and equal scores by a draw.

By index, equal scores would favour whatever stands first in the data. In MovieLens that is what
many people rated, so that a model that tells nothing apart would seem to know something.

>>> import numpy as np
>>> scores = np.array([1.0, 3.0, 3.0, 3.0, 2.0])
>>> one, other = (best_first(scores, 4, key_of(np.array([item]))) for item in (0, 2))
>>> one, other  # two lists with the same scores, for people who rated item 0 or item 2
(array([1, 3, 2, 4]), array([3, 1, 2, 4]))
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from recsys_core.errors import SettingsError
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# Scores held at a time while lists are made: 16 MB of float32.
_SCORES_AT_ONCE = 4_000_000

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def best_first(scores: np.ndarray, n: int, key: int, seed: int = 0) -> np.ndarray:
    """Find positions of the n highest finite scores, (m,), best first; int64, (n,) or fewer.

    Scores are equal if they are so in float32. The order of equal ones is drawn by ``key``, that of
    whom the list is for (``key_of``), and ``seed``: the same wherever this list is made.

    Raises
    ------
    SettingsError
        If n is below 0.
    """
    if n < 0:
        raise SettingsError(Text("A list has 0 places or more; {n} were asked for.", n=n))
    scores = np.asarray(scores, np.float32)
    n = min(n, int(np.isfinite(scores).sum()))
    if n <= 0:
        return np.empty(0, np.int64)
    if n < len(scores):
        # Everything not below the n-th best, so that the draw settles ties there as well.
        edge = np.partition(scores, len(scores) - n)[len(scores) - n]
        candidates = np.flatnonzero(scores >= edge)
    else:
        candidates = np.arange(len(scores))
    order = np.lexsort((draws(candidates, key, seed), -scores[candidates]))
    return candidates[order][:n]


def users_at_once(n_items: int) -> int:
    """Return of how many users ``lists`` holds the scores at a time."""
    return max(1, _SCORES_AT_ONCE // n_items)


def lists(
    fitted: Any, users: np.ndarray, n: int, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray, list[np.ndarray]]]:
    """Yield the n best unrated items of users, (n_users,), some users at a time.

    Their indices, (m,); the scores of all items, not clipped, −∞ where they are rated in training,
    float32, (m, n_items); and the items of each list, best first, as ``recommend`` of the fitted
    model gives them if ``seed`` is 0.
    """
    train: Ratings = fitted.train
    keys, at_once = keys_of_users(train), users_at_once(train.n_items)
    for start in range(0, len(users), at_once):
        block = users[start : start + at_once]
        scores = fitted.predict_matrix(block, clip=False)
        scores[cells(train, block)] = -np.inf
        best = [best_first(row, n, keys[u], seed) for row, u in zip(scores, block, strict=True)]
        yield block, scores, best


def cells(ratings: Ratings, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the ratings of users, (m,), in a block with one row for each: rows and columns, (n,)."""
    grouped = ratings.by_user
    starts, stops = grouped.starts[users], grouped.starts[users + 1]
    rows = np.repeat(np.arange(len(users)), stops - starts)
    columns = [grouped.columns[a:b] for a, b in zip(starts, stops, strict=True)]
    return rows, np.concatenate(columns)


def draws(positions: np.ndarray, key: int, seed: int = 0) -> np.ndarray:
    """Draw a number for each position, (m,), by key and seed; uint64, (m,); equal ones are rare."""
    start = _mixed(np.array([seed], np.uint64)) ^ np.uint64(key)
    return _mixed(_mixed(np.asarray(positions, np.uint64)) ^ _mixed(start))


def key_of(item_ids: np.ndarray) -> int:
    """Compute the key of whoever has rated these items, (n,), in any order.

    A user and a guest with the same ratings have the same key, and so the same list. The list of
    what is like one item has the key of this item alone.
    """
    return int(_mixed(np.asarray(item_ids, np.uint64)).sum(dtype=np.uint64))


def keys_of_users(train: Ratings) -> np.ndarray:
    """Compute ``key_of`` of every user's training items; uint64, (n_users,)."""
    grouped = train.by_user
    sums = np.zeros(len(grouped.columns) + 1, np.uint64)
    np.cumsum(_mixed(grouped.columns.astype(np.uint64)), out=sums[1:])  # modulo 2⁶⁴, as all of this
    return sums[grouped.starts[1:]] - sums[grouped.starts[:-1]]


def _mixed(x: np.ndarray) -> np.ndarray:
    """Mix the bits of numbers, uint64: SplitMix64 of Steele, Lea and Flood, 2014."""
    x = x + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
