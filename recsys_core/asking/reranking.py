"""Safe to surprising: lists chosen again, for more than the highest prediction alone.

Of a user's best candidates C (the items with the highest predictions), with the relevance ρ_i of
each, its prediction moved to 0 … 1 over C, a list is filled place by place with

    "diverse"   argmax over i ∉ L of  (1 − λ) ρ_i − λ max_{j ∈ L} cos(q_i, q_j)
    "novel"     argmax over i ∉ L of  (1 − λ) ρ_i + λ ν_i

λ = 0 is the model's own list, the safe end; λ = 1 asks for nothing but difference. cos(q_i, q_j) is
the cosine of the items' factors, and ν_i the surprisal −log₂(n_i / n_users), moved to 0 … 1 over C,
n_i the ratings of the item in training.

Sources: Carbonell and Goldstein, *The use of MMR, diversity-based reranking*, SIGIR 1998
("diverse", maximal marginal relevance); the surprisal: Zhou, Kuscsik, Liu, Medo, Wakeling and
Zhang, PNAS 107, 2010, here in the same weighted sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recsys_core.asking.comparison import PLACES, Measured, measure_lists, surprisal
from recsys_core.asking.similarity import fitted_of
from recsys_core.errors import SettingsError
from recsys_core.models import Factored, FittedModel, Guest, Model, seen_as
from recsys_core.ordering import best_first, lists
from recsys_core.ratings import Ratings
from recsys_core.text import Text

Way = Literal["diverse", "novel"]
WAYS: tuple[Way, ...] = ("diverse", "novel")

# A list is chosen from so many of the user's best.
CANDIDATES = 100

# Amounts of surprise of a curve.
AMOUNTS = tuple(round(0.1 * step, 1) for step in range(11))

# Users whose lists are measured at most; drawn by a fixed seed.
_MOST_USERS = 300


def ways(model: Model | FittedModel) -> tuple[Way, ...]:
    """Return the ways there are: without factors of items there is no cosine of them."""
    return WAYS if fitted_of(model).has.factors else ("novel",)


def reranked(
    model: Model | FittedModel,
    user: int | Guest,
    amount: float,
    way: Way = "diverse",
    n: int = PLACES,
) -> np.ndarray:
    """Choose the list of a user or guest with an ``amount`` λ of surprise, from 0 to 1.

    Item indices in the order of the list, int64, (n,) or fewer. With 0 it is that of ``recommend``.

    Raises
    ------
    SettingsError
        If λ lies outside 0 to 1, or there is no such way.
    RatingsError
        If there is no user of that index.
    """
    fitted = fitted_of(model)
    _check(fitted, amount, way)
    scores = fitted.predict(user, np.arange(fitted.n_items), clip=False).astype(np.float64)
    rated = fitted.rated_by(user)[0]
    scores[rated] = -np.inf
    best = best_first(scores, max(CANDIDATES, n), fitted.key("user", user))
    return best[_chosen(fitted, best, scores[best], way, n, (amount,))[0]]


def _check(fitted: FittedModel, amount: float, way: Way) -> None:
    if not 0 <= amount <= 1:
        raise SettingsError(
            Text("The amount of surprise lies between 0 and 1, not at {amount}.", amount=amount)
        )
    if way not in ways(fitted):
        raise SettingsError(
            Text(
                "This model has no lists that are “{way}”; there are {names}.",
                way=way,
                names=", ".join(ways(fitted)),
            )
        )


def _chosen(
    fitted: FittedModel,
    best: np.ndarray,
    scores: np.ndarray,
    way: Way,
    n: int,
    amounts: tuple[float, ...],
) -> list[np.ndarray]:
    """Fill the list from candidates ``best``, best first, for each amount; positions among them."""
    relevance = _moved(scores)
    if way == "novel":
        novelty = _moved(surprisal(fitted.train)[best])
        return [
            np.argsort(-((1 - amount) * relevance + amount * novelty), kind="stable")[:n]
            for amount in amounts
        ]
    unit = _units(seen_as(Factored, fitted).item_factors[best].astype(np.float64))
    alike = unit @ unit.T
    found = []
    for amount in amounts:
        left = np.ones(len(best), bool)
        nearest = np.zeros(len(best))  # no item in the list yet: nothing to be like
        chosen: list[int] = []
        for _ in range(min(n, len(best))):
            value = (1 - amount) * relevance - amount * nearest
            at = int(np.argmax(np.where(left, value, -np.inf)))
            left[at] = False
            nearest = np.maximum(nearest, alike[at]) if chosen else alike[at].copy()
            chosen.append(at)
        found.append(np.array(chosen, np.int64))
    return found


def _moved(values: np.ndarray) -> np.ndarray:
    """Values, (n,), moved so that the lowest is 0 and the highest 1; all 0 where they are equal."""
    if not len(values):
        return values
    width = float(values.max() - values.min())
    return (values - values.min()) / width if width > 0 else np.zeros(len(values))


@dataclass(frozen=True, eq=False)
class Curve:
    """What surprise gives, and what accuracy is paid for it.

    Attributes
    ----------
    way : how lists are chosen; amounts : λ of each point.
    measured : of each point, what its lists come to (``comparison.METRICS``): coverage, novelty,
        diversity, popularity; and NDCG, recall … where ratings are held out.
    unlike : how little alike the items of a list are to the model, 1 − cos(q_i, q_j), a mean over
        pairs and lists; float64, (n,), NaN without factors of items. What "diverse" asks for.
    n_users : how many lists are measured; held_out : whether accuracy is.
    """

    way: Way
    amounts: tuple[float, ...]
    measured: list[Measured]
    unlike: np.ndarray
    n_users: int
    held_out: bool

    def values(self, metric: str) -> np.ndarray:
        """A metric at each point, float64, (n,); NaN where it has no meaning."""
        found = [one.value(metric) for one in self.measured]
        return np.array([np.nan if value is None else value for value in found])


def curve(
    model: Model | FittedModel,
    held_out: Ratings | None,
    way: Way = "diverse",
    amounts: tuple[float, ...] = AMOUNTS,
    n: int = PLACES,
    threshold: float | None = None,
) -> Curve:
    """Measure lists over amounts of surprise, accuracy on ``held_out`` ratings where there are any.

    Of the users with held-out ratings (without, of all who rated), at most 300, drawn by a fixed
    seed. ``threshold`` is the lowest rating that counts as liked (see ``comparison.measure``).

    Raises
    ------
    SettingsError
        As ``reranked``.
    """
    fitted = fitted_of(model)
    for amount in amounts:
        _check(fitted, amount, way)
    counts = fitted.train.user_counts if held_out is None else held_out.user_counts
    users = np.flatnonzero(counts)
    if len(users) > _MOST_USERS:
        users = np.sort(np.random.default_rng(0).choice(users, _MOST_USERS, replace=False))
    best = np.full((len(amounts), len(users), n), -1, np.int32)
    row = 0
    for _, scores, found in lists(fitted, users, max(CANDIDATES, n)):
        for own, items in zip(scores, found, strict=True):
            each = _chosen(fitted, items, own[items].astype(np.float64), way, n, amounts)
            for at, chosen in enumerate(each):
                best[at, row, : len(chosen)] = items[chosen]
            row += 1
    measured = [
        measure_lists(fitted.train, held_out, users, best[at], threshold)
        for at in range(len(amounts))
    ]
    unlike = np.array([_unlike(fitted, each) for each in best])
    return Curve(way, tuple(amounts), measured, unlike, len(users), held_out is not None)


def _unlike(fitted: FittedModel, best: np.ndarray) -> float:
    """Compute 1 − cosine of factors, a mean over the pairs of each list, (l, n), and over lists."""
    if not fitted.has.factors:
        return np.nan
    unit = _units(seen_as(Factored, fitted).item_factors.astype(np.float64))
    first, second = np.triu_indices(best.shape[1], 1)
    one, other = best[:, first], best[:, second]
    pairs = (one >= 0) & (other >= 0)
    if not pairs.any():
        return np.nan
    return float(1 - np.einsum("nk,nk->n", unit[one[pairs]], unit[other[pairs]]).mean())


def _units(rows: np.ndarray) -> np.ndarray:
    """Rows, (n, k), divided by their lengths; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
