"""Generated worlds: ratings whose true factors are known, from a toy to the size of MovieLens."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from recsys_core.errors import SettingsError, TooLargeError
from recsys_core.ratings import Ratings, Scale, Truth
from recsys_core.recipes import DATA
from recsys_core.text import Text

# Ratings drawn at a time: bounds the memory for gathered factors, whatever the size of the world.
_DRAWN_AT_ONCE = 1 << 18

# Beyond this, the chances of unpopular items sink below what numbers can tell apart.
_MOST_SKEWED = 5.0

# Factors and ratings of a world, all together: some 10 GiB while it is made.
_MOST_NUMBERS = 1_000_000_000

# Where ratings are not missing at random the value of every pair counts: so many take some seconds.
_MOST_WEIGHED = 50_000_000

_ONE_TO_FIVE = Scale(1, 5)


@DATA
def low_rank(
    n_users: int = 100,
    n_items: int = 50,
    n_factors: int = 3,
    density: float = 0.3,
    noise: float = 0.1,
    seed: int = 0,
    scale: Scale = _ONE_TO_FIVE,
    popularity: float = 0.0,
    selection: float = 0.0,
) -> Ratings:
    """Ratings r = offset + gain · (p_u · q_i) + noise, moved onto the scale.

    The factors p_u and q_i are standard normal; offset and gain put the mean of all pairs at the
    middle of the scale and their standard deviation at a quarter of its width, so that about one
    rating in twenty is clipped. ``ratings.truth`` keeps the factors and the noise-free ratings.

    ``density`` is the share of the pairs that is rated; ``noise`` the standard deviation of the
    normal noise, in rating units. A ``scale`` with a step rounds ratings to it, one without does
    not. ``popularity`` is an exponent s: the r-th most popular item is rated proportionally to
    r⁻ˢ (Zipf), and 0 makes all equally popular.

    ``selection`` is how far ratings are missing not at random, 0 (at random) to 1: a pair is rated
    proportionally to exp(2 · selection · z), with z the noise-free rating in standard deviations
    above the middle of the scale, clipped to the scale (−2 to 2). With 1, a pair one deviation
    higher is rated 7.4 times as likely, until none of its item is left.

    Every user and every item has at least one rating where there are enough ratings. The same
    seed with another noise gives the same factors and the same rated pairs.

    Raises
    ------
    SettingsError
        If a parameter has no meaning.
    TooLargeError
        If the ratings and factors would not fit in memory, or with ``selection`` there are more
        than 50 million pairs: the value of each counts.
    """
    scale = Scale(*scale)
    for value, name in ((n_users, "user"), (n_items, "item"), (n_factors, "factor")):
        if value < 1:
            raise SettingsError(
                Text(
                    "A generated world needs at least one {name}; {value} was given.",
                    name=name,
                    value=value,
                )
            )
    if not noise >= 0:
        raise SettingsError(
            Text("The noise is a standard deviation, 0 or more; {noise:g} was given.", noise=noise)
        )
    if not 0 <= popularity <= _MOST_SKEWED:
        raise SettingsError(
            Text(
                "The popularity skew lies between 0 and {MOST_SKEWED:g}; {popularity:g} was given.",
                MOST_SKEWED=_MOST_SKEWED,
                popularity=popularity,
            )
        )
    if not 0 <= selection <= 1:
        raise SettingsError(
            Text(
                "The strength of selection lies between 0 and 1; {selection:g} was given.",
                selection=selection,
            )
        )
    _check_size(n_users, n_items, n_factors, density)
    if selection and n_users * n_items > _MOST_WEIGHED:
        raise TooLargeError(
            Text(
                "Where ratings are not missing at random, the value of every pair counts, and "
                "{n_users:,} × {n_items:,} pairs are too many; choose a smaller world.",
                n_users=n_users,
                n_items=n_items,
            )
        )
    rng = np.random.default_rng(seed)
    p = rng.standard_normal((n_users, n_factors), dtype=np.float32)
    q = rng.standard_normal((n_items, n_factors), dtype=np.float32)
    truth = _spread(p, q, scale)
    liking = _liking(truth, scale, selection) if selection else None
    users, items = _cells(n_users, n_items, density, popularity, rng, liking)
    values = np.empty(len(users), dtype=np.float32)
    for start in range(0, len(users), _DRAWN_AT_ONCE):
        here = slice(start, start + _DRAWN_AT_ONCE)
        r = truth.ratings(users[here], items[here])
        values[here] = _onto(scale, r + noise * rng.standard_normal(len(r)))
    return _world(users, items, values, scale, truth, f"generated world, rank {n_factors}")


@DATA
def checkerboard(
    n_users: int = 20, n_items: int = 20, density: float = 0.8, seed: int = 0
) -> Ratings:
    """Ratings whose right answer is known: 5 where user and item are both odd or both even, else 1.

    A share ``density`` of the board is rated; ``ratings.truth`` knows the rest.

    Raises
    ------
    SettingsError
        If ``density`` does not lie above 0 and at most at 1, or leaves no rating.
    TooLargeError
        If the ratings would not fit in memory.
    """
    _check_size(n_users, n_items, 1, density)
    sides = [(1.0 - 2.0 * (np.arange(n) % 2))[:, None] for n in (n_users, n_items)]
    truth = Truth(sides[0], sides[1], offset=3.0, gain=2.0)
    users, items = _cells(n_users, n_items, density, 0.0, np.random.default_rng(seed))
    return _world(users, items, truth.ratings(users, items), Scale(1, 5, 1), truth, "checkerboard")


@DATA
def article0(seed: int = 42, keep_nonpositive: bool = False) -> Ratings:
    """The 100 × 50 matrix of “Recommendation as matrix factorization”, number for number.

    Each user and each item has 3 of 10 features; a raw rating counts the features they share and
    adds N(0, 0.1²). A fifth of the cells is removed at random, and what is left is stretched to
    1–5 and rounded. The article marks a removed cell by 0 and keeps what is above 0, so that raw
    ratings ≤ 0 are lost too: 3,403 of 3,971 remain. ``keep_nonpositive`` keeps those 568 as well,
    which changes the stretch and with it the values.
    """
    n_users, n_items, n_features, n_of_each = 100, 50, 10, 3
    # The article seeds NumPy's global generator; a private one of the same kind gives the same
    # numbers.
    rng = np.random.RandomState(seed)

    def features(n: int) -> np.ndarray:
        has = np.zeros((n, n_features))
        for row in has:
            row[rng.choice(n_features, n_of_each, replace=False)] = 1
        return has

    p, q = features(n_users), features(n_items)
    raw = p @ q.T
    raw += rng.normal(0, 0.1, raw.shape)
    # It seeds again before removing cells.
    removed = np.random.RandomState(seed).rand(*raw.shape) < 0.2
    users, items = np.nonzero(~removed if keep_nonpositive else ~removed & (raw > 0))
    kept = raw[users, items]
    gain = 4 / (kept.max() - kept.min())
    scale = Scale(1, 5, 1)
    values = _onto(scale, 1 + gain * (kept - kept.min()))
    truth = Truth(p, q, offset=1 - gain * kept.min(), gain=gain)
    return _world(users, items, values, scale, truth, "article 0's generated ratings")


def _check_size(n_users: int, n_items: int, n_factors: int, density: float) -> None:
    # A label takes the space of about sixteen numbers.
    n_numbers = (n_users + n_items) * (n_factors + 16) + density * n_users * n_items
    if n_numbers > _MOST_NUMBERS:
        raise TooLargeError(
            Text(
                "A world of {n_users:,} × {n_items:,} with {n_factors:,} factors, {density:.3g} "
                "of it rated, does not fit in memory; choose a smaller one.",
                n_users=n_users,
                n_items=n_items,
                n_factors=n_factors,
                density=density,
            )
        )


def _world(
    users: np.ndarray,
    items: np.ndarray,
    values: np.ndarray,
    scale: Scale,
    truth: Truth,
    name: str,
) -> Ratings:
    return Ratings(
        user_ids=users,
        item_ids=items,
        values=values,
        users=[f"user {u}" for u in range(len(truth.user_factors))],
        items=[f"item {i}" for i in range(len(truth.item_factors))],
        scale=scale,
        truth=truth,
        name=name,
    )


def _onto(scale: Scale, values: np.ndarray) -> np.ndarray:
    """Values rounded to the step, where there is one, and clipped to the scale."""
    if scale.step is not None:
        values = scale.low + scale.step * np.rint((values - scale.low) / scale.step)
    return scale.clip(values)


def _spread(p: np.ndarray, q: np.ndarray, scale: Scale) -> Truth:
    """Truth with the mean of all pairs mid-scale and their deviation a quarter of its width.

    Over all pairs, mean(p · q) = p̄ · q̄ and mean((p · q)²) = tr(PᵀP QᵀQ) / (n m): no matrix of
    pairs is needed.
    """
    mean = float(p.mean(axis=0, dtype=np.float64) @ q.mean(axis=0, dtype=np.float64))
    moments = [(f.T @ f).astype(np.float64) / len(f) for f in (p, q)]
    deviation = math.sqrt(max(float(np.sum(moments[0] * moments[1])) - mean**2, 0.0))
    gain = scale.width / 4 / deviation if deviation > 1e-6 else 0.0
    return Truth(p, q, offset=(scale.low + scale.high) / 2 - gain * mean, gain=gain)


# The logarithm of how much likelier each user, (n_users,), rates an item of this index.
Liking = Callable[[int], np.ndarray]


def _liking(truth: Truth, scale: Scale, selection: float) -> Liking:
    """2 · selection · z of the noise-free ratings of an item; see ``low_rank``."""
    everybody = np.arange(len(truth.user_factors))
    middle, deviation = (scale.low + scale.high) / 2, scale.width / 4

    def of_item(item: int) -> np.ndarray:
        ratings = scale.clip(truth.block(everybody, [item])[:, 0].astype(np.float64))
        return 2 * selection * (ratings - middle) / deviation

    return of_item


def _cells(
    n_users: int,
    n_items: int,
    density: float,
    popularity: float,
    rng: np.random.Generator,
    liking: Liking | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct (user, item) pairs in random order, int32; never the whole matrix in memory.

    First how many ratings each item gets, then who gives them; with ``liking`` an item gets them by
    the mean of exp(liking) over users.
    """
    n = round(density * n_users * n_items)
    if not 0 < density <= 1 or n < 1:
        raise SettingsError(
            Text(
                "A density of {density:g} leaves no rating, or more than there are pairs; choose a "
                "share above 0 and at most 1.",
                density=density,
            )
        )
    liked = None
    if liking is not None:
        liked = np.array([np.exp(liking(item)).mean() for item in range(n_items)])
    counts = _ratings_an_item(n, n_users, n_items, popularity, rng, liked)
    items = np.repeat(np.arange(n_items, dtype=np.int32), counts)
    users = np.empty(n, dtype=np.int32)
    ends = np.cumsum(counts)
    for item, (end, count) in enumerate(zip(ends, counts, strict=True)):
        users[end - count : end] = (
            rng.choice(n_users, count, replace=False, shuffle=False)
            if liking is None
            else _drawn_by(liking(item), count, rng)
        )
    order = rng.permutation(n)
    users, items = users[order], items[order]

    # Users left without a rating take one over from users who have several; the item stays, and a
    # user without ratings cannot get a pair twice.
    without = np.flatnonzero(np.bincount(users, minlength=n_users) == 0)
    spare = np.ones(n, dtype=bool)
    spare[np.unique(users, return_index=True)[1]] = False
    taken_over = np.flatnonzero(spare)[: len(without)]
    users[taken_over] = without[: len(taken_over)]
    return users, items


def _drawn_by(log_weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw ``count`` distinct indices, each proportionally to its weight among those left.

    The ``count`` largest log w + g with g standard Gumbel are such a draw (W. Kool et al.,
    "Stochastic beams and where to find them", 2019, the Gumbel-top-k trick).
    """
    keys = log_weights + rng.gumbel(size=len(log_weights))
    return np.argpartition(-keys, count - 1)[:count] if count else np.empty(0, np.int64)


def _ratings_an_item(
    n: int,
    n_users: int,
    n_items: int,
    popularity: float,
    rng: np.random.Generator,
    liked: np.ndarray | None = None,
) -> np.ndarray:
    """Numbers of ratings, int64, (n_items,): at least 1 if possible, at most n_users, sum n.

    ``liked``, (n_items,), multiplies how likely an item is rated.
    """
    weights = np.arange(1, n_items + 1, dtype=np.float64) ** -popularity
    weights = rng.permutation(weights)
    if liked is not None:
        weights = weights * liked
    counts = np.full(n_items, 1 if n >= n_items else 0, dtype=np.int64)
    while (left := n - int(counts.sum())) > 0:
        open_to_more = weights * (counts < n_users)
        counts += rng.multinomial(left, open_to_more / open_to_more.sum())
        counts = np.minimum(counts, n_users)
    return counts
