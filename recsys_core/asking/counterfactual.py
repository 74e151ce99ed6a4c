"""Counterfactuals: which single rating, taken away or changed, puts another item first.

>>> import recsys_core as rc
>>> from recsys_core.asking.counterfactual import counterfactuals
>>> party = rc.datasets.music_party()
>>> model = rc.ALS(n_factors=2, n_epochs=20).fit(party)
>>> found = counterfactuals(model, user=0)
>>> party.items[found.first], found.table["flips"].any()
('Smells Like Teen Spirit', np.True_)

The list is that of the fold-in: the user's row solved from the user's ratings, the items held. What
training would make of all users and items without the rating is another question; training again
answers it (``experiments.leave_one_out``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.asking.row_equations import RowEquations, check, each_of
from recsys_core.asking.similarity import fitted_of
from recsys_core.models import FactorModel, FittedModel, Guest, Model
from recsys_core.ordering import best_first

# Scores that differ by less than this share of the scale are the same: rounding of the factors.
_SAME = 1e-6

# Scores held at a time, of ratings taken away: 64 MB of float64.
_AT_ONCE = 8_000_000

# On a continuous scale a changed rating is one of so many evenly spaced values.
_STEPS = 101


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """What each rating holds in place at the top of a list.

    Attributes
    ----------
    first, second : the first two items of the list, by index; second is None where there is no
        other. Items that are rated stay out of the list, also the one whose rating is taken away.
    scores : what is predicted for every item, in rating units, not clipped, float64, (n_items,).
    table : one row a rating, the most decisive first. Columns:
        item, label, rating : what is rated.
        adds : what it adds to the prediction of ``first``, as in ``attribution.reasons``.
        lead : how far ``first`` is ahead of the best other item once the rating is taken away, in
            rating units; below 0 where the other is ahead. Now it is ``lead``, an attribute.
        flips : whether another item is then first. then_first : which is first then, by index.
        changed_to : the possible rating nearest to the given one that puts another item first; NaN
            where none does. changed_first : which item it is, −1 where none.
    """

    first: int
    second: int | None
    scores: np.ndarray
    table: pd.DataFrame

    @property
    def lead(self) -> float:
        """How far ``first`` is ahead of ``second``, in rating units; ∞ where there is no other."""
        if self.second is None:
            return np.inf
        return float(self.scores[self.first] - self.scores[self.second])


def counterfactuals(model: Model | FittedModel, user: int | Guest) -> Counterfactuals | None:
    """Find which ratings of a user, or guest, decide what is first in the list of the fold-in.

    Exact, the items held: each row without a rating is solved again, by a rank-one update of the
    inverse (``RowEquations.without_each``). Of a posterior the predictions are means over its
    draws, each with its own row. None where all items are rated.

    Raises
    ------
    SettingsError
        If rows are no solutions of linear equations (``row_equations.why_not``).
    RatingsError
        If there is no user of that index.
    """
    fitted = check(fitted_of(model))
    rated, given = fitted.rated_by(user)
    items, values = np.asarray(rated, np.int64), np.asarray(given, np.float64)
    equations = [RowEquations(each, items, values) for each in each_of(fitted)]
    scores = _mean([each.scores(each.row[None, :])[0] for each in equations])
    open_ = np.ones(fitted.n_items, bool)
    open_[items] = False
    others = np.flatnonzero(open_)
    if not len(others):
        return None
    # As ``recommend`` orders them, so that equal scores stand as they do in lists.
    order = _best(fitted, user, np.where(open_, scores, -np.inf))
    first, second = int(order[0]), int(order[1]) if len(order) > 1 else None
    same = _SAME * max(fitted.scale.width, fitted.unit.size)
    n = len(items)
    lead, then_first = np.full(n, np.inf), np.full(n, first)
    changed_to, changed_first = np.full(n, np.nan), np.full(n, -1)
    rivals = others[others != first]
    if len(rivals):
        rows = [each.without_each() for each in equations]
        slopes = [each.slopes() for each in equations]
        at_once = max(1, _AT_ONCE // fitted.n_items)
        for start in range(0, n, at_once):
            here = slice(start, start + at_once)
            without = _mean([e.scores(w[here]) for e, w in zip(equations, rows, strict=True)])
            best = rivals[np.argmax(without[:, rivals], axis=1)]
            at = np.arange(len(best))
            lead[here] = without[at, first] - without[at, best]
            then_first[here] = np.where(lead[here] < -same, best, first)
            effects = _mean([e.effects(s[here]) for e, s in zip(equations, slopes, strict=True)])
            for j, moves in enumerate(effects, start=start):
                changed_to[j], changed_first[j] = _nearest_change(
                    fitted, scores, moves, first, rivals, values[j], same
                )
    adds = fitted.attribution(_guest(fitted, user), first).contributions if n else np.empty(0)
    table = pd.DataFrame(
        {
            "item": items,
            "label": [fitted.items[i] for i in items],
            "rating": values,
            "adds": adds,
            "lead": lead,
            "flips": then_first != first,
            "then_first": then_first,
            "changed_to": changed_to,
            "changed_first": changed_first,
        }
    )
    change = np.abs(table["changed_to"] - table["rating"]).fillna(np.inf)
    table = table.assign(change=change).sort_values(["lead", "change"], kind="stable")
    return Counterfactuals(
        first, second, scores, table.drop(columns="change").reset_index(drop=True)
    )


def scores_without(model: Model | FittedModel, user: int | Guest, item: int) -> np.ndarray:
    """Predict all items once this user's rating of one is taken away; float64, (n_items,).

    In rating units, not clipped, the items held.

    Raises
    ------
    SettingsError
        As ``counterfactuals``.
    """
    fitted = check(fitted_of(model))
    items, values = (np.asarray(part) for part in fitted.rated_by(user))
    others = items != item
    guest = fitted.fold_in(items[others].astype(np.int64), values[others].astype(np.float64))
    everything = np.arange(fitted.n_items)
    return fitted.predict(guest, everything, clip=False).astype(np.float64)


def _guest(fitted: FactorModel, user: int | Guest) -> Guest:
    """The user as a guest with the same ratings."""
    if isinstance(user, Guest):
        return user
    items, values = fitted.rated_by(user)
    return fitted.fold_in(items.astype(np.int64), values.astype(np.float64))


def _best(fitted: FactorModel, user: int | Guest, scores: np.ndarray) -> np.ndarray:
    return best_first(scores, 2, fitted.key("user", user))


def _mean(answers: list[np.ndarray]) -> np.ndarray:
    return answers[0] if len(answers) == 1 else np.mean(answers, axis=0)


def _nearest_change(
    fitted: FactorModel, scores: np.ndarray, moves: np.ndarray, first: int, rivals: np.ndarray,
    rating: float, same: float,
) -> tuple[float, int]:  # fmt: skip
    """The possible rating nearest to this one at which a rival is first, and which; NaN, −1.

    Scores are linear in the rating, score_i(r + δ) = score_i + δ · moves_i, so that a rival passes
    at δ = (score_first − score_i) / (moves_i − moves_first).
    """
    gap = scores[first] - scores[rivals] + same
    gain = moves[rivals] - moves[first]
    found: list[tuple[float, float]] = []
    for sign in (1.0, -1.0):
        towards = sign * gain > 0
        if not towards.any():
            continue
        passes = rating + sign * float((gap[towards] / (sign * gain[towards])).min())
        possible = _beyond(fitted, passes, sign)
        if possible is not None:
            found.append((abs(possible - rating), possible))
    if not found:
        return np.nan, -1
    value = min(found)[1]
    after = scores + (value - rating) * moves
    return value, int(rivals[np.argmax(after[rivals])])


def _beyond(fitted: FactorModel, passes: float, sign: float) -> float | None:
    """The first possible rating at or beyond ``passes``, upwards or downwards; None beyond ends."""
    scale = fitted.scale
    possible = np.array(scale.possible(_STEPS) or np.linspace(scale.low, scale.high, _STEPS))
    past = possible[sign * (possible - passes) >= 0]
    return None if not len(past) else float(past[0] if sign > 0 else past[-1])
