"""Generated ratings know their truth: how much of it a model has found.

Factors are compared after an orthogonal Procrustes alignment, predictions with the noise-free
ratings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core import metrics
from recsys_core.models import Factored, FittedModel, seen_as
from recsys_core.ratings import SIDES, Ratings, Side, Truth
from recsys_core.text import Text
from recsys_core.words import error

# Of more pairs than these, so many are drawn at random: their RMSE differs by some 0.1 %.
_MOST_PAIRS = 4_000_000
_SAMPLED = 1_000_000
_AT_ONCE = 1 << 18

# Directions narrower than this share of the widest are what rounding to float32 leaves.
_NO_DIRECTION = 1e-5

# Held-out pairs say the error of all pairs where the two lie within this share of each other.
_FAIR = 0.1

# Random factor matrices whose mean R² is what chance finds.
_DRAWS = 10


@dataclass(frozen=True, eq=False)
class Recovery:
    """Learned factors beside the true ones, aligned; t and f are one row, s the scale, R rotates.

    Attributes
    ----------
    true : for each side the true factors, float64, (n, k), the direction of widest spread first;
        products of a user's and an item's row are in rating units.
    found : for each side the learned factors in the true directions, s · f R, float64, (n, k).
    scale : s; below 1 the learned factors are too long, above 1 too short.
    r2 : R² = 1 − Σ |t − s f R|² / Σ |t|² over users and items, 0 to 1; directions that the model
        has learned and the truth has not count as error.
    r2_of_side : the same of users, and of items; at most 1.
    r2_of_factor : the same of each true direction, (k,), at most 1.
    r2_by_chance : the mean R² of random normal factors of the same shapes.
    n_learned : directions the model has learned.
    beyond : share of the spread learned that lies in directions the truth has not, 0 to 1.
    """

    true: dict[Side, np.ndarray]
    found: dict[Side, np.ndarray]
    scale: float
    r2: float
    r2_of_side: dict[Side, float]
    r2_of_factor: np.ndarray
    r2_by_chance: float
    n_learned: int
    beyond: float

    @property
    def n_true(self) -> int:
        """Directions the truth has, k."""
        return len(self.r2_of_factor)


@dataclass(frozen=True)
class PartError:
    """RMSE of the predictions of some pairs, in rating units.

    Attributes
    ----------
    part : "training", "validation" or "all"; n : how many pairs, or those drawn of them.
    truth : against the noise-free ratings, clipped to the scale as predictions are.
    ratings : against the ratings, with their noise; None for all pairs, most of which are unrated.
    noise : of the ratings against the noise-free ones: noise, rounding and clipping; or None.
    """

    part: str
    n: int
    truth: float
    ratings: float | None = None
    noise: float | None = None


def has_sums(fitted: FittedModel) -> bool:
    """Tell whether it predicts by sums of products of factors, which the true ones can be held to.

    The factors of a network are no such thing: between them and a prediction lie its layers.
    """
    return fitted.has.factors and fitted.has.reasons


def recovery(fitted: FittedModel, truth: Truth, seed: int = 0) -> Recovery | None:
    """Align learned factors with the true ones, and measure what is found.

    Only the sums p · q are determined: P A and Q A⁻ᵀ give the same for every invertible A, and a
    model with biases may put the means of rows and columns there. Therefore both sides' factors are
    centred and balanced (see ``balanced``), which leaves a rotation free. The one R, and the one
    scale s, for users and items together minimise Σ |t − s f R|² (orthogonal Procrustes):

        FᵀT = U Σ Vᵀ,   R = U Vᵀ,   s = tr Σ / |F|²,   R² = (tr Σ)² / (|F|² |T|²)

    With fewer or more learned directions than true ones the narrower matrix has columns of zeros
    added: a true direction that is missing is not found, a learned one too many is error.

    Source: P. H. Schönemann, "A generalized solution of the orthogonal Procrustes problem",
    Psychometrika 31, 1966; 1 − R² is the m² of J. C. Gower, "Generalized Procrustes analysis",
    Psychometrika 40, 1975.

    None where the model is no sum of products (``has_sums``), or the truth is the same for all.
    """
    if not has_sums(fitted):
        return None
    factored = seen_as(Factored, fitted)
    true = balanced(truth.user_factors * truth.gain, truth.item_factors)
    if not true["user"].shape[1]:
        return None
    learned = balanced(factored.user_factors, factored.item_factors)
    rng = np.random.default_rng(seed)
    shapes = factored.p.shape, factored.q.shape
    chance = [
        _r2(balanced(*(rng.normal(size=shape) for shape in shapes)), true) for _ in range(_DRAWS)
    ]
    rotation, scale = _procrustes(learned, true)
    found = {side: scale * learned[side] @ rotation for side in SIDES}
    # What lies beyond the true directions is lost in found.
    size = {side: scale**2 * _square(learned[side]) for side in SIDES}
    lost = {side: size[side] - _square(found[side]) for side in SIDES}
    missed = {side: (true[side] - found[side]) ** 2 for side in SIDES}
    spread = sum((true[side] ** 2).sum(axis=0) for side in SIDES)
    return Recovery(
        true=true,
        found=found,
        scale=scale,
        r2=_r2(learned, true),
        r2_of_side={
            side: 1 - float(missed[side].sum() + lost[side]) / _square(true[side]) for side in SIDES
        },
        r2_of_factor=1 - sum(missed[side].sum(axis=0) for side in SIDES) / spread,
        r2_by_chance=float(np.mean(chance)),
        n_learned=learned["user"].shape[1],
        beyond=max(sum(lost.values()), 0.0) / (sum(size.values()) or 1.0),
    )


def balanced(p: np.ndarray, q: np.ndarray) -> dict[Side, np.ndarray]:
    """Centre the factors of users, (n, k), and of items, (m, k), and balance them.

    With P Qᵀ = U S Vᵀ they become U √S and V √S: the same products, columns orthogonal, each as
    long for users as for items, the longest first; float64, without columns of zeros. Whatever
    invertible A gave P A and Q A⁻ᵀ, the result is the same up to a rotation among columns of equal
    length.
    """
    left, of_p = np.linalg.qr(np.asarray(p, np.float64) - p.mean(axis=0, dtype=np.float64))
    right, of_q = np.linalg.qr(np.asarray(q, np.float64) - q.mean(axis=0, dtype=np.float64))
    u, s, vt = np.linalg.svd(of_p @ of_q.T)
    kept = int((s > _NO_DIRECTION * s.max(initial=0.0)).sum())
    root = np.sqrt(s[:kept])
    user, item = left @ u[:, :kept] * root, right @ vt[:kept].T * root
    # The same factors give the same picture: each direction points where its longest row does.
    if kept:
        longest = np.abs(user).argmax(axis=0)
        signs = np.where(user[longest, np.arange(kept)] < 0, -1.0, 1.0)
        user, item = user * signs, item * signs
    return {"user": user, "item": item}


def _procrustes(
    learned: dict[Side, np.ndarray], true: dict[Side, np.ndarray]
) -> tuple[np.ndarray, float]:
    """R, (k learned, k true), and s that minimise Σ |t − s f R|²; s is 0 where f is."""
    u, s, vt = np.linalg.svd(_cross(learned, true), full_matrices=False)
    return u @ vt, float(s.sum()) / (sum(map(_square, learned.values())) or 1.0)


def _r2(learned: dict[Side, np.ndarray], true: dict[Side, np.ndarray]) -> float:
    together = float(np.linalg.svd(_cross(learned, true), compute_uv=False).sum())
    sizes = (sum(map(_square, of.values())) for of in (learned, true))
    return together**2 / (float(np.prod(list(sizes))) or 1.0)


def _cross(learned: dict[Side, np.ndarray], true: dict[Side, np.ndarray]) -> np.ndarray:
    """FᵀT of users and items stacked, (k learned, k true)."""
    return learned["user"].T @ true["user"] + learned["item"].T @ true["item"]


def _square(rows: np.ndarray) -> float:
    return float((rows**2).sum())


def errors(
    fitted: FittedModel, truth: Truth, train: Ratings, validation: Ratings | None = None
) -> list[PartError]:
    """Measure the error against noise-free ratings beside that against the ratings there are.

    Of the training pairs, the validation pairs where some are held out, and all pairs of a user and
    an item, rated or not. The error against the truth can fall below the noise, since a model
    averages over many ratings; against ratings it has not seen no error falls below the noise, but
    for chance. Empty for a model that predicts preferences.
    """
    if not fitted.has.ratings:
        return []
    found = []
    for part, ratings in (("training", train), ("validation", validation)):
        if ratings is None or not len(ratings):
            continue
        predicted = _predicted(fitted, ratings.user_ids, ratings.item_ids)
        clean = _noise_free(fitted, truth, ratings.user_ids, ratings.item_ids)
        found.append(
            PartError(
                part,
                len(ratings),
                metrics.rmse(clean, predicted),
                metrics.rmse(ratings.values, predicted),
                metrics.rmse(ratings.values, clean),
            )
        )
    n, squares = 0, 0.0
    for users, items in _all_pairs(fitted.n_users, fitted.n_items):
        away = _noise_free(fitted, truth, users, items) - fitted.predict(users, items)
        n, squares = n + len(users), squares + _square(away)
    return [*found, PartError("all", n, float(np.sqrt(squares / n)))]


def held_out_and_all(
    named: Mapping[str, Sequence[PartError]],
) -> dict[str, tuple[PartError, PartError]]:
    """By model, its errors on the held-out pairs and on all; without those that miss one."""
    found = {}
    for name, parts in named.items():
        by_part = {part.part: part for part in parts}
        if "validation" in by_part and "all" in by_part:
            found[name] = by_part["validation"], by_part["all"]
    return found


def trust(named: Mapping[str, Sequence[PartError]]) -> list[Text]:
    """Say whether the held-out error is that of all pairs, and whether it ranks models alike.

    Both are against the noise-free ratings, so that they differ by the pairs alone. ``named`` are
    ``errors`` by model, first the one in view; empty where it has not both.
    """
    found = held_out_and_all(named)
    first = next(iter(named), None)
    if first not in found:
        return []
    held, everything = found[first]
    numbers = {"held": error(held.truth), "all": error(everything.truth)}
    if everything.truth > (1 + _FAIR) * held.truth:
        said = [
            Text(
                "The held-out error is too low: RMSE {held} on held-out pairs, {all} on all pairs, "
                "{times:.1f} times as much.",
                times=everything.truth / held.truth if held.truth else np.inf, **numbers,
            )
        ]  # fmt: skip
    elif everything.truth < (1 - _FAIR) * held.truth:
        said = [
            Text(
                "The held-out error is too high: RMSE {held} on held-out pairs, {all} on all "
                "pairs.",
                **numbers,
            )
        ]
    else:
        said = [
            Text(
                "The held-out error is about right: RMSE {held} on held-out pairs, {all} on all "
                "pairs.",
                **numbers,
            )
        ]
    best = [min((pair[at].truth, name) for name, pair in found.items())[1] for at in (0, 1)]
    if best[0] != best[1]:
        said.append(
            Text(
                "It also ranks the models wrongly: {one} is best on held-out pairs, {other} on "
                "all.",
                one=best[0], other=best[1],
            )
        )  # fmt: skip
    return said


def _predicted(fitted: FittedModel, users: np.ndarray, items: np.ndarray) -> np.ndarray:
    starts = range(0, len(users), _AT_ONCE)
    return np.concatenate(
        [fitted.predict(users[at : at + _AT_ONCE], items[at : at + _AT_ONCE]) for at in starts]
    ).astype(np.float64)


def _noise_free(
    fitted: FittedModel, truth: Truth, users: np.ndarray, items: np.ndarray
) -> np.ndarray:
    """Noise-free ratings as a prediction can be: clipped to the scale; float64, (n,)."""
    return fitted.scale.clip(truth.ratings(users, items).astype(np.float64))


def _all_pairs(n_users: int, n_items: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs of a user and an item, or a random sample of very many, in pieces."""
    n_pairs = n_users * n_items
    if n_pairs <= _MOST_PAIRS:
        at_once = max(1, _AT_ONCE // n_items)
        for start in range(0, n_users, at_once):
            users = np.arange(start, min(start + at_once, n_users))
            yield np.repeat(users, n_items), np.tile(np.arange(n_items), len(users))
        return
    rng = np.random.default_rng(0)
    for _ in range(0, _SAMPLED, _AT_ONCE):
        yield rng.integers(n_users, size=_AT_ONCE), rng.integers(n_items, size=_AT_ONCE)
