"""Models side by side: measures of errors and of lists, and how sure one can be of a difference.

``measure`` keeps what is measured user by user, so that two models can be compared on the same
users: a difference in the mean is judged by a paired bootstrap over users.

>>> import recsys_core as rc
>>> from recsys_core.asking import comparison
>>> split = rc.splits.random(rc.datasets.low_rank(80, 50, seed=1), test=0.2, seed=0)
>>> als, mean = rc.ALS(n_factors=3).fit(split.train), rc.GlobalMean().fit(split.train)
>>> both = [comparison.measure(model, split.test) for model in (als, mean)]
>>> found = comparison.difference(*both, "rmse")
>>> found.low < found.high < 0  # the interval lies below 0: lower by more than chance
True
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core.asking.similarity import fitted_of
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.glossary import meaning
from recsys_core.kernels.threads import one_blas_thread
from recsys_core.metrics import liked_from
from recsys_core.models import FittedModel, Model
from recsys_core.ordering import cells, lists
from recsys_core.ratings import Ratings
from recsys_core.text import Number, Text, later, worded

# Places in the lists judged.
PLACES = 10

# Of a bootstrap: how often users are drawn, and how much of the draws an interval holds.
N_DRAWS, LEVEL = 2000, 0.95

# Numbers of users drawn that are held at a time: 16 MB.
_DRAWN_AT_ONCE = 2_000_000

# Users whose choices are held as bits at a time, and pairs of items looked at at a time.
_USERS_AT_ONCE, _PAIRS_AT_ONCE = 4096, 1 << 16

Of = Literal["errors", "liked", "lists"]


@dataclass(frozen=True)
class Metric:
    """What a column of the table means.

    Attributes
    ----------
    title, meaning : its name, and what it says in words for people.
    formula : with r a held-out rating, r̂ what is predicted, L a user's list of n places, n_i how
        many users rated item i in training.
    source : who defined it so.
    of : the users it is a mean over: "errors" those with held-out ratings (of all their ratings),
        "liked" those who liked a held-out item, "lists" all who get a list.
    better : whether "lower" or "higher" is better; None where neither is by itself.
    """

    title: str
    meaning: str
    formula: str
    source: str
    of: Of
    better: Literal["lower", "higher"] | None

    @property
    def tooltip(self) -> str:
        """Its meaning, and whether more is better."""
        if self.better is None:
            return worded(self.meaning)
        if self.better == "lower":
            return Text("{meaning} Lower is better.", meaning=self.meaning)
        return Text("{meaning} Higher is better.", meaning=self.meaning)


METRICS = {
    "rmse": Metric(
        "RMSE", meaning("RMSE"),
        Text("√(mean (r − r̂)²), r̂ clipped to the scale"),
        "Herlocker, Konstan, Terveen and Riedl, ACM TOIS 22, 2004", "errors", "lower",
    ),
    "mae": Metric(
        "MAE", meaning("MAE"),
        Text("mean |r − r̂|, r̂ clipped to the scale"),
        "Herlocker, Konstan, Terveen and Riedl, ACM TOIS 22, 2004", "errors", "lower",
    ),
    "mape": Metric(
        "MAPE, %", meaning("MAPE"),
        Text("100 · mean |r − r̂| / r, on scales above 0"),
        "Hyndman and Koehler, International Journal of Forecasting 22, 2006", "errors", "lower",
    ),
    "precision": Metric(
        Text("precision"), meaning("Precision"),
        Text("mean over users |L ∩ liked| / n"),
        "Herlocker, Konstan, Terveen and Riedl, ACM TOIS 22, 2004", "liked", "higher",
    ),
    "recall": Metric(
        Text("recall"), meaning("Recall"),
        Text("mean over users |L ∩ liked| / |liked|"),
        "Herlocker, Konstan, Terveen and Riedl, ACM TOIS 22, 2004", "liked", "higher",
    ),
    "ndcg": Metric(
        "NDCG", meaning("NDCG"),
        Text(
            "mean over users Σ 1 / log₂(place + 1) over liked items, divided by the best possible "
            "sum"
        ),
        "Järvelin and Kekäläinen, ACM TOIS 20, 2002", "liked", "higher",
    ),
    "map": Metric(
        "MAP", meaning("MAP"),
        Text(
            "mean over users Σ precision at the place of each liked item in L / min(n, |liked|)"
        ),
        "Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, chapter 8",
        "liked", "higher",
    ),
    "coverage": Metric(
        Text("coverage, %"), meaning("Coverage"),
        Text("100 · |⋃ L| / number of items"),
        "Ge, Delgado-Battenfeld and Jannach, RecSys 2010", "lists", None,
    ),
    "novelty": Metric(
        Text("novelty, bits"), meaning("Novelty"),
        Text(
            "mean over lists of mean −log₂(n_i / number of users); an item nobody rated counts as "
            "one that one user rated"
        ),
        "Zhou, Kuscsik, Liu, Medo, Wakeling and Zhang, PNAS 107, 2010", "lists", None,
    ),
    "diversity": Metric(
        Text("diversity"), meaning("Diversity"),
        Text(
            "mean over lists of mean 1 − n_ij / √(n_i n_j) over pairs in L, n_ij the users who "
            "rated both in training"
        ),
        "Ziegler, McNee, Konstan and Lausen, WWW 2005 (with the cosine of who rated what)",
        "lists", None,
    ),
    "popularity": Metric(
        Text("popularity, %"), meaning("Popularity"),
        Text("100 · mean over lists of mean n_i / number of users"),
        "Abdollahpouri, Burke and Mobasher, FLAIRS 2019", "lists", None,
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Measured:
    """What one model comes to on one held-out part, user by user.

    Attributes
    ----------
    n_places, threshold : length of the lists, and the rating from which on an item counts as liked.
    users : indices of the users with held-out ratings, (m,); ``n_ratings`` how many of each.
    errors : "rmse", "mae" and "mape" → sum over each user's ratings of what is averaged, float64,
        (m,); absent where the metric has no meaning (preferences; a scale that reaches 0).
    listed : indices of the users whose lists are judged, (l,).
    beyond : "novelty", "diversity" and "popularity" → value of each list, float64, (l,), NaN where
        a list is too short to have one.
    coverage : share of items in any of these lists.
    liked : indices of those of them who liked a held-out item, (q,).
    found : "precision", "recall", "ndcg" and "map" → value of each of these users, float64, (q,).
    """

    n_places: int
    threshold: float
    users: np.ndarray
    n_ratings: np.ndarray
    errors: dict[str, np.ndarray]
    listed: np.ndarray
    beyond: dict[str, np.ndarray]
    coverage: float
    liked: np.ndarray
    found: dict[str, np.ndarray]

    def value(self, metric: str) -> float | None:
        """Compute a metric; None where it has no meaning here.

        Raises
        ------
        KeyError
            If there is no metric of that name.
        """
        if metric == "coverage":
            return 100 * self.coverage
        found = self.of_users(metric)
        if found is None:
            return None
        _, numerators, denominators = found
        return float(_ratio(metric, numerators.sum(), denominators.sum()))

    def of_users(self, metric: str) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return users, numerators and denominators, (n,) each, whose sums give the metric.

        None where it has no meaning here, and of coverage, which is no mean over users.
        """
        of = METRICS[metric].of
        if of == "errors":
            sums = self.errors.get(metric)
            return None if sums is None else (self.users, sums, self.n_ratings.astype(float))
        if of == "liked":
            values, users = self.found.get(metric), self.liked
        else:
            values, users = self.beyond.get(metric), self.listed
        if values is None or not len(values):
            return None
        known = ~np.isnan(values)
        if not known.any():
            return None
        return users, np.where(known, values, 0.0), known.astype(float)


def _ratio(metric: str, numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    """A metric from sums over users, any shape, kept."""
    with np.errstate(invalid="ignore"):  # a draw of users none of whom has a value
        share = numerators / denominators
    return np.sqrt(share) if metric == "rmse" else share


def measure(
    model: Model | FittedModel,
    part: Ratings,
    n: int = PLACES,
    threshold: float | None = None,
    listed: np.ndarray | None = None,
) -> Measured:
    """Measure a model on a held-out part, user by user.

    Lists are ranked out of all items that the user did not rate in training, as ``recommend`` does.
    ``threshold`` is the lowest rating that counts as liked, as for ``metrics.ranking``; None means
    ``metrics.liked_from(scale)``. ``listed``, (n,), are indices of the users whose lists are
    judged; None means all with held-out ratings.

    Raises
    ------
    RatingsError
        If the part holds no ratings.
    SettingsError
        If n is below 1.
    """
    if not len(part):
        raise RatingsError(Text("There are no ratings to measure on; hold some out."))
    if n < 1:
        raise SettingsError(Text("A list needs at least one place; {n} were asked for.", n=n))
    fitted = fitted_of(model)
    threshold = liked_from(part.scale) if threshold is None else threshold
    users = np.flatnonzero(part.user_counts)
    listed = users if listed is None else np.intersect1d(listed, users)
    n = min(n, fitted.n_items)
    of_lists = measure_lists(fitted.train, part, listed, _best(fitted, listed, n), threshold)
    return replace(
        of_lists, users=users, n_ratings=part.user_counts[users],
        errors=_errors(fitted, part, users),
    )  # fmt: skip


def measure_lists(
    train: Ratings,
    part: Ratings | None,
    listed: np.ndarray,
    best: np.ndarray,
    threshold: float | None = None,
) -> Measured:
    """Measure lists that are made already, of users ``listed``, (l,); no errors of predictions.

    ``best`` has the items of each list, best first, int32, (l, n), −1 past the end of a shorter
    one. Without a ``part`` there is nothing that was liked.
    """
    beyond, coverage = _beyond(train, best)
    threshold = liked_from(train.scale) if threshold is None else threshold
    none = np.empty(0, np.int64)
    liked, found = (none, {}) if part is None else _found(part, listed, best, threshold)
    return Measured(
        best.shape[1], threshold, none, none, {}, listed, beyond, coverage, liked, found
    )


def _errors(fitted: FittedModel, part: Ratings, users: np.ndarray) -> dict[str, np.ndarray]:
    """Sum squared, absolute and relative errors over the ratings of each user, (m,) each."""
    if not fitted.has.ratings:
        return {}
    predicted = fitted.predict(part.user_ids, part.item_ids, times=part.timestamps)
    truth = part.values.astype(np.float64)
    error = np.abs(truth - predicted)
    terms = {"rmse": error**2, "mae": error}
    if part.scale.low > 0:
        terms["mape"] = 100 * error / truth
    return {
        name: np.bincount(part.user_ids, each, part.n_users)[users] for name, each in terms.items()
    }


def _best(fitted: FittedModel, users: np.ndarray, n: int) -> np.ndarray:
    """The lists of users, item indices, best first, (len(users), n); −1 where a list is shorter."""
    best = np.full((len(users), n), -1, np.int32)
    row = 0
    with one_blas_thread():
        for _, _, found in lists(fitted, users, n):
            for items in found:
                best[row, : len(items)] = items
                row += 1
    return best


def _found(
    part: Ratings, listed: np.ndarray, best: np.ndarray, threshold: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Find what is liked in lists: the users who liked something, and four measures of each."""
    liked = part.take(part.values >= threshold - 1e-6)  # 1e-6: ratings are float32
    if not len(liked) or not len(listed):
        return np.empty(0, np.int64), {}
    rows = np.flatnonzero(liked.user_counts[listed])
    users, places = listed[rows], best[rows]
    if not len(users):
        return users, {}
    # Cells of a table of users × items, as one number each, so that lists are looked up at once.
    row_of, columns = cells(liked, users)
    known = row_of * np.int64(part.n_items) + columns
    here = np.arange(len(users))[:, None] * np.int64(part.n_items) + places
    hits = np.isin(here, known) & (places >= 0)
    n = best.shape[1]
    place = np.arange(1, n + 1)
    gain = 1 / np.log2(place + 1)
    n_liked = liked.user_counts[users]
    at_most = np.minimum(n_liked, n)
    precision_at = np.cumsum(hits, axis=1) / place
    return users, {
        "precision": hits.mean(axis=1),
        "recall": hits.sum(axis=1) / n_liked,
        "ndcg": hits @ gain / np.cumsum(gain)[at_most - 1],
        "map": (precision_at * hits).sum(axis=1) / at_most,
    }


def _beyond(train: Ratings, best: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
    """Measure what lists hold, whether it is liked or not: three values of each, and coverage."""
    there = best >= 0
    length = there.sum(axis=1)
    counts = train.item_counts.astype(np.float64)
    surprise = surprisal(train)
    shares = 100 * counts / train.n_users
    with np.errstate(invalid="ignore"):
        novelty = np.where(there, surprise[best], 0).sum(axis=1) / length
        popularity = np.where(there, shares[best], 0).sum(axis=1) / length
    items = np.unique(best[there])
    values = {
        "novelty": novelty,
        "diversity": _diversity(train, best),
        "popularity": popularity,
    }
    return values, len(items) / train.n_items


def surprisal(train: Ratings) -> np.ndarray:
    """Compute −log₂(n_i / n_users) of every item, in bits, float64, (n_items,).

    An item that nobody rated counts as one that one user rated.
    """
    return -np.log2(np.maximum(train.item_counts, 1) / train.n_users)


def _diversity(train: Ratings, best: np.ndarray) -> np.ndarray:
    """Compute the mean of 1 − cosine over the pairs of each list, (m,); NaN where there is none."""
    first, second = np.triu_indices(best.shape[1], 1)
    left, right = best[:, first], best[:, second]
    pairs = (left >= 0) & (right >= 0)
    # Each pair of items once, however many lists hold it.
    codes = np.minimum(left, right) * np.int64(train.n_items) + np.maximum(left, right)
    unique, inverse = np.unique(codes[pairs], return_inverse=True)
    one, other = np.divmod(unique, train.n_items)
    counts = train.item_counts.astype(np.float64)
    together = co_rated(train, one, other)
    size = np.sqrt(counts[one] * counts[other])
    distance = 1 - np.divide(together, size, out=np.zeros(len(size)), where=size > 0)
    sums = np.zeros(best.shape[0])
    np.add.at(sums, np.nonzero(pairs)[0], distance[inverse])
    n_pairs = pairs.sum(axis=1)
    return np.divide(sums, n_pairs, out=np.full(len(sums), np.nan), where=n_pairs > 0)


def co_rated(train: Ratings, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Count the users who rated both items of each pair, (n,) and (n,); int64, (n,).

    Who rated an item is held as bits, some thousand users at a time.
    """
    items, place = np.unique(np.concatenate([one, other]), return_inverse=True)
    one, other = place[: len(one)], place[len(one) :]
    counts = np.zeros(len(one), np.int64)
    row_of = np.full(train.n_items, -1)
    row_of[items] = np.arange(len(items))
    rows = row_of[train.item_ids]
    for start in range(0, train.n_users, _USERS_AT_ONCE):
        inside = (rows >= 0) & (train.user_ids >= start) & (train.user_ids < start + _USERS_AT_ONCE)
        rated = np.zeros((len(items), _USERS_AT_ONCE), bool)
        rated[rows[inside], train.user_ids[inside] - start] = True
        bits = np.packbits(rated, axis=1).view(np.uint64)
        for at in range(0, len(one), _PAIRS_AT_ONCE):
            some = slice(at, at + _PAIRS_AT_ONCE)
            both = bits[one[some]] & bits[other[some]]
            counts[some] += np.bitwise_count(both).sum(axis=1, dtype=np.int64)
    return counts


# --- how sure one can be --------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """How far two models lie apart in one metric, on the same users.

    Attributes
    ----------
    first, second : the metric of each; ``value`` is first − second.
    low, high : ends of the bootstrap interval of ``value``, which holds ``LEVEL`` of the draws.
    n_users : how many users it is based on.
    """

    metric: str
    first: float
    second: float
    low: float
    high: float
    n_users: int

    @property
    def value(self) -> float:
        """How far the first lies above the second."""
        return self.first - self.second

    @property
    def may_be_chance(self) -> bool:
        """Whether the interval holds 0: other users might have turned it round."""
        return self.low <= 0 <= self.high

    @property
    def is_better(self) -> bool | None:
        """Whether the first is better; None where neither is, or where it may be chance."""
        better = METRICS[self.metric].better
        if better is None or self.may_be_chance or self.value == 0:
            return None
        return (self.value < 0) == (better == "lower")

    def sentence(self, first: str, second: str) -> Text:
        """Say in words how the first model compares with the second, by their names."""
        decimals = decimals_of(self.low, self.high)
        small, large = sorted((abs(self.low), abs(self.high)))
        title = METRICS[self.metric].title
        named = {"metric": title, "first": first, "second": second, "n": self.n_users}
        if self.value == 0 and self.low == 0 == self.high:
            return Text("{first} and {second} have the same {metric}.", **named)
        if self.may_be_chance:
            said = (
                later(
                    "{metric} of {first} is {by} above that of {second}, but this may be chance: "
                    "with other users like these {n}, the difference might lie anywhere from {low} "
                    "to {high}."
                )
                if self.value > 0
                else later(
                    "{metric} of {first} is {by} below that of {second}, but this may be chance: "
                    "with other users like these {n}, the difference might lie anywhere from {low} "
                    "to {high}."
                )
            )
            return Text(
                said, by=brief(abs(self.value), decimals),
                low=_signed(self.low, decimals), high=_signed(self.high, decimals), **named,
            )  # fmt: skip
        interval = {
            "by": brief(abs(self.value), decimals),
            "low": brief(small, decimals), "high": brief(large, decimals),
        }  # fmt: skip
        if self.is_better is None:
            if self.value > 0:
                return Text("{metric} of {first} is above that of {second} by {by} ({low} to "
                            "{high}).", **interval, **named)  # fmt: skip
            return Text("{metric} of {first} is below that of {second} by {by} ({low} to {high}).",
                        **interval, **named)  # fmt: skip
        if self.is_better:
            return Text("{first} beats {second} in {metric} by {by} ({low} to {high}).",
                        **interval, **named)  # fmt: skip
        return Text("{first} loses to {second} in {metric} by {by} ({low} to {high}).",
                    **interval, **named)  # fmt: skip


def decimals_of(low: float, high: float) -> int:
    """How many decimals tell the ends of an interval apart, with two digits of its width."""
    width = abs(high - low)
    return 3 if width <= 0 else min(max(1 - math.floor(math.log10(width)), 0), 6)


def brief(value: float, decimals: int, sign: str = "") -> Number:
    """A difference as one reads it aloud, without a zero before the point: “.034”."""
    text = f"{value:.{decimals}f}"
    return Number(sign + (text.removeprefix("0") if decimals else text))


def _signed(value: float, decimals: int) -> Number:
    return brief(abs(value), decimals, "−" if round(value, decimals) < 0 else "+")


def difference(
    first: Measured, second: Measured, metric: str, n_draws: int = N_DRAWS, seed: int = 0
) -> Difference | None:
    """Compare two models in one metric by a paired bootstrap over users; see ``differences``."""
    return differences([first], second, metric, n_draws, seed)[0]


def differences(
    models: Sequence[Measured],
    reference: Measured,
    metric: str,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> list[Difference | None]:
    """Compare models with one of them in one metric, by a paired bootstrap over users.

    As many users as there are are drawn with replacement, ``n_draws`` times, the same for all
    models; each time the metric of both is computed on those drawn. The interval runs between the
    percentiles of the differences. None where the metric has no meaning for one of the two.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Raises
    ------
    RatingsError
        If they were measured on other users.
    """
    base = reference.of_users(metric)
    found: list[Difference | None] = [None] * len(models)
    if base is None:
        return found
    users, of_base, n_of_base = base
    here: list[int] = []
    columns = [of_base, n_of_base]
    for at, model in enumerate(models):
        own = model.of_users(metric)
        if own is None:
            continue
        if not np.array_equal(own[0], users):
            raise RatingsError(
                Text("Models are compared on the same users; measure both on the same part.")
            )
        here.append(at)
        columns += [own[1], own[2]]
    if not here:
        return found
    sums = bootstrap(np.stack(columns, axis=1), n_draws, seed)
    drawn = _ratio(metric, sums[:, ::2], sums[:, 1::2])
    tail = 100 * (1 - LEVEL) / 2
    second = reference.value(metric)
    assert second is not None
    for column, at in enumerate(here, start=1):
        low, high = np.nanpercentile(drawn[:, column] - drawn[:, 0], [tail, 100 - tail])
        first = models[at].value(metric)
        assert first is not None
        found[at] = Difference(metric, first, second, float(low), float(high), len(users))
    return found


def bootstrap(values: np.ndarray, n_draws: int = N_DRAWS, seed: int = 0) -> np.ndarray:
    """Draw m rows of values, (m, k), with replacement, again and again, and sum them.

    float64, (n_draws, k). The draws are those of ``np.random.default_rng(seed).integers(0, m,
    (n_draws, m))``, whatever their number at a time.
    """
    m = len(values)
    with one_blas_thread():
        if m * n_draws <= _KEPT:
            return _kept_weights(m, n_draws, seed) @ values
        return np.concatenate([weights @ values for weights in _weights(m, n_draws, seed)])


# Draws of so many numbers are kept for the next metric: 16 MB.
_KEPT = 2_000_000


@functools.lru_cache(maxsize=4)
def _kept_weights(m: int, n_draws: int, seed: int) -> np.ndarray:
    return np.concatenate(list(_weights(m, n_draws, seed)))


def _weights(m: int, n_draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each of m users is drawn, float64, (some draws, m), until there are all draws."""
    chance = np.random.default_rng(seed)
    at_once = max(1, _DRAWN_AT_ONCE // m)
    for start in range(0, n_draws, at_once):
        n = min(at_once, n_draws - start)
        drawn = chance.integers(0, m, (n, m)) + m * np.arange(n)[:, None]
        yield np.bincount(drawn.ravel(), minlength=n * m).reshape(n, m).astype(np.float64)


# --- as a table -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Row:
    """One model of the table.

    Attributes
    ----------
    name : what it is called. colour : number of its colour; None of a baseline.
    epoch : whose fitted model it is; None for a model without epochs.
    seconds : of computing, up to there.
    validation, test : what was measured; None where it is not there, or not to be shown.
    """

    name: str
    epoch: int | None
    seconds: float
    validation: Measured | None = None
    test: Measured | None = None
    colour: int | None = None


def columns(n_places: int, part: str) -> dict[str, str]:
    """Name → metric of the columns that a part has; what lists hold beyond hits has no part."""
    at = f"@{n_places}"
    return {
        (f"{part} {METRICS[name].title}" + (at if METRICS[name].of == "liked" else "")): name
        for name in METRICS
        if METRICS[name].of != "lists"
    }


def headings(found: pd.DataFrame) -> dict[str, str]:
    """What the columns of a ``table`` are called in the reader's language, by their English."""
    said: dict[str, str] = {
        "run": Text("run"), "epoch": Text("epoch"), "training time, s": Text("training time, s"),
    }  # fmt: skip
    said |= {str(metric.title): worded(metric.title) for metric in METRICS.values()}
    for column in map(str, found.columns):
        part, _, measured = column.partition(" ")
        if part in _OF_PART:
            measured, comma, unit = measured.partition(", ")
            title, at, places = measured.partition("@")
            metric = f"{said.get(title, title)}{at}{places}"
            said[column] = Text(_OF_PART[part], metric=metric) + comma + unit
    return said


# What is measured on a part.
_OF_PART = {"validation": later("validation {metric}"), "test": later("test {metric}")}


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """Tabulate models: a column each metric, first of validation, then of test where it is shown.

    What lists hold beyond hits is of the lists of the users of validation, else of test.
    """
    shown: dict[str, list[Any]] = {
        "run": [row.name for row in rows],
        "epoch": [row.epoch for row in rows],
    }
    some = next((m for row in rows for m in (row.validation, row.test) if m is not None), None)
    if some is None:
        return pd.DataFrame(shown).set_index("run")
    for part in ("validation", "test"):
        measured = [getattr(row, part) for row in rows]
        if not any(measured):
            continue
        for column, metric in columns(some.n_places, part).items():
            values = [None if one is None else one.value(metric) for one in measured]
            if any(value is not None for value in values):
                shown[column] = values
    lists_of = [row.validation or row.test for row in rows]
    for metric in (name for name, each in METRICS.items() if each.of == "lists"):
        values = [None if one is None else one.value(metric) for one in lists_of]
        shown[METRICS[metric].title] = values
    shown["training time, s"] = [row.seconds for row in rows]
    found = pd.DataFrame(shown).set_index("run")
    found["epoch"] = found["epoch"].astype("Int64")
    return found
