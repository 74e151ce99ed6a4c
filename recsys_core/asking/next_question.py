"""Which item to ask a person about next: the one whose rating would teach the model most.

With the items held, a row w has the posterior N(ŵ, σ² A⁻¹), A = Σ_j x_j x_jᵀ + Λ over what is rated
(``RowEquations``). What is predicted for item v then has the variance σ² x_vᵀ A⁻¹ x_v. A rating of
item i, whatever it is, changes A to A + x_i x_iᵀ, and the variances fall together by the share

    gain_i = Σ_v π_v (x_vᵀ A⁻¹ x_i)² / (1 + x_iᵀ A⁻¹ x_i)  /  Σ_v π_v x_vᵀ A⁻¹ x_v

π_v, the share of the training ratings that are of item v, says which predictions are wanted: those
of items that people rate. Of Bayesian PMF it is the mean over the posterior draws, each with its
own A. A question that cannot be answered teaches nothing, so that the item to ask about is the
one with the highest gain_i times the share of the users who have rated it.

Sources: Cohn, Ghahramani and Jordan, *Active learning with statistical models*, 1996 (the fall of
the expected variance); Rashid et al., *Getting to know you*, 2002 (information times popularity).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsys_core.asking.row_equations import RowEquations, check, each_of
from recsys_core.asking.similarity import fitted_of
from recsys_core.errors import RatingsError
from recsys_core.models import FactorModel, FittedModel, Guest, Model
from recsys_core.models.fitted_model import checked
from recsys_core.ordering import best_first
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# Ways of choosing what to ask, in the order of tables.
WAYS = ("popular", "informative", "both", "random")


def gains(model: Model | FittedModel, user: int | Guest) -> np.ndarray:
    """Compute gain_i of every item for a user or guest: a share, float64, (n_items,).

    0 for what is rated already.

    Raises
    ------
    SettingsError
        If rows are no solutions of linear equations (``row_equations.why_not``).
    """
    fitted = check(fitted_of(model))
    items, values = (np.asarray(part) for part in fitted.rated_by(user))
    return _gains(fitted, items.astype(np.int64), values.astype(np.float64))


def _gains(fitted: FactorModel, items: np.ndarray, values: np.ndarray) -> np.ndarray:
    counts = fitted.train.item_counts
    wanted = counts / max(int(counts.sum()), 1)
    found = np.zeros(fitted.n_items)
    draws = each_of(fitted)
    for each in draws:
        equations = RowEquations(each, items, values)
        free = equations.free
        if not free.any():
            continue
        everything = np.arange(fitted.n_items)
        x = equations.design(everything)[:, free]
        asked = each.fold.roots(everything)[:, None] * x
        covariance = equations.inverse()
        moment = (wanted[:, None] * x).T @ x  # Σ_v π_v x_v x_vᵀ
        along = asked @ covariance
        fall = np.einsum("nm,nm->n", along @ moment, along)
        fall /= 1.0 + np.einsum("nm,nm->n", along, asked)
        now = float(np.einsum("ab,ab->", covariance, moment))
        found += fall / now if now > 0 else 0.0
    found /= len(draws)
    found[items] = 0.0
    return found


def questions(
    model: Model | FittedModel, user: int | Guest, n: int = 8, exclude: ArrayLike = ()
) -> pd.DataFrame:
    """List the n best items to ask about next, the best first; each as if it were the only one.

    ``exclude`` are items not to ask about, (m,): those that the person does not know. Columns: item
    (index), label, gain (the share by which the variances would fall), known (the share of the
    users with a rating of it), worth (their product, by which they are ordered).

    Raises
    ------
    SettingsError
        As ``gains``.
    """
    fitted = check(fitted_of(model))
    gain = gains(fitted, user)
    known = _known(fitted.train)
    worth = gain * known
    out = np.concatenate([fitted.rated_by(user)[0], checked(exclude, fitted.n_items, "item")])
    worth[out.astype(np.int64)] = -np.inf
    order = best_first(worth, n, fitted.key("user", user))
    return pd.DataFrame(
        {
            "item": order,
            "label": [fitted.items[i] for i in order],
            "gain": gain[order],
            "known": known[order],
            "worth": worth[order],
        }
    )


def _known(train: Ratings) -> np.ndarray:
    """The share of users who have rated each item, float64, (n_items,)."""
    return train.item_counts / max(int((train.user_counts > 0).sum()), 1)


# --- do good questions help? ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Asked:
    """New people asked question after question, and how well their other ratings are predicted.

    Attributes
    ----------
    errors : by way of choosing, RMSE by number of questions from 0 on, float64,
        (n_questions + 1,): of predictions clipped to the scale, over the ratings kept aside of all
        people together.
    answered : how many of the questions were answered, a mean over people, by way.
    n_people, n_kept : people asked, and ratings of theirs that were kept aside.
    everything : RMSE once all their other ratings are known: more than questions can reach.
    """

    errors: dict[str, np.ndarray]
    answered: dict[str, float]
    n_people: int
    n_kept: int
    everything: float


def compare_ways(
    model: Model | FittedModel,
    people: Ratings,
    n_questions: int = 8,
    only_known: bool = False,
    ways: Sequence[str] = WAYS,
    seed: int = 0,
) -> Asked:
    """Ask people who were not trained on, and measure what is predicted from their answers.

    Half of each person's ratings, drawn by ``seed``, can be asked for; the other half is kept aside
    and predicted. Who is asked about an item that is not in their first half has no answer, and the
    question is lost; with ``only_known`` all questions are about items in it, as if each way were
    told what the person knows. Ways, all of items not asked about before: "popular" asks about the
    item with the most training ratings, "informative" for the highest gain, "both" for the highest
    gain times share of users who know it (as ``questions``), "random" draws.

    ``people`` are ratings with the model's items, of anybody but its own users.

    Raises
    ------
    SettingsError
        As ``gains``.
    RatingsError
        If nobody among them has enough ratings: 2 for every question.
    """
    fitted = check(fitted_of(model))
    rng = np.random.default_rng(seed)
    enough = np.flatnonzero(people.user_counts >= 2 * n_questions)
    if not len(enough):
        raise RatingsError(
            Text(
                "Nobody has {n:,} ratings, half of which can be asked for; ask fewer questions.",
                n=2 * n_questions,
            )
        )
    squares = {way: np.zeros(n_questions + 1) for way in ways}
    answered = dict.fromkeys(ways, 0)
    popular, known = fitted.train.item_counts.astype(np.float64), _known(fitted.train)
    n_kept, of_all = 0, 0.0
    for person in enough:
        items, values = people.by_user.row(int(person))
        order = rng.permutation(len(items))
        half = len(order) // 2
        pool, kept = order[:half], order[half:]
        truth = values[kept].astype(np.float64)
        answers = dict(zip(items[pool].tolist(), values[pool].tolist(), strict=True))
        drawn = rng.random(fitted.n_items)
        worth_of: dict[str, Callable[[FactorModel, np.ndarray, np.ndarray], np.ndarray]] = {
            "popular": lambda *_: popular,
            "informative": _gains,
            "both": lambda *so_far: _gains(*so_far) * known,
            "random": lambda *_, drawn=drawn: drawn,
        }

        def error(rated: list[int], kept: np.ndarray = items[kept], truth: np.ndarray = truth,
                  answers: dict[int, float] = answers) -> float:  # fmt: skip
            guest = fitted.fold_in(np.array(rated, np.int64), [answers[i] for i in rated])
            away = truth - fitted.predict(guest, kept)
            return float(away @ away)

        n_kept += len(kept)
        of_all += error(list(answers))
        nothing = error([])
        for way in ways:
            open_ = np.zeros(fitted.n_items, bool)
            open_[list(answers)] = True
            if not only_known:
                open_[:] = True
            rated: list[int] = []
            squares[way][0] += nothing
            before, worth = nothing, None
            for number in range(1, n_questions + 1):
                if worth is None:  # unchanged where the last question had no answer
                    so_far = np.array(rated, np.int64), np.array([answers[i] for i in rated])
                    worth = worth_of[way](fitted, *so_far)
                item = int(np.argmax(np.where(open_, worth, -np.inf)))
                open_[item] = False
                if item in answers:
                    rated.append(item)
                    before, worth = error(rated), None
                squares[way][number] += before
            answered[way] += len(rated)
    return Asked(
        errors={way: np.sqrt(total / n_kept) for way, total in squares.items()},
        answered={way: n / len(enough) for way, n in answered.items()},
        n_people=len(enough),
        n_kept=n_kept,
        everything=float(np.sqrt(of_all / n_kept)),
    )
