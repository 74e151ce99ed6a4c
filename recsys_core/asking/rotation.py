r"""Turning the factors: the predictions stay, the axes do not, so that axes have no names.

For an orthogonal R, (P R)(Q R)ᵀ = P R Rᵀ Qᵀ = P Qᵀ: users and items turned together predict the
same, and a penalty with one λ for all factors, λ‖P R‖² = λ‖P‖², does not tell them apart either.
Which of these equal solutions training ends in depends on its random beginnings.

>>> import numpy as np
>>> import recsys_core as rc
>>> from recsys_core.asking.rotation import turned
>>> fitted = rc.SGD(n_factors=2, n_epochs=5).fit(rc.datasets.music_party()).snapshot()
>>> other = turned(fitted, 40.0)
>>> bool(np.abs(other.predict_matrix() - fitted.predict_matrix()).max() < 1e-5)
True
"""

from __future__ import annotations

import dataclasses

import numpy as np

from recsys_core.errors import SettingsError
from recsys_core.models import FactorModel, FittedModel, seen_as
from recsys_core.text import Text

# Cells whose predictions are compared at most; drawn by a fixed seed.
_MOST_COMPARED = 100_000


def why_not(fitted: FittedModel) -> Text | None:
    """Say why the factors cannot be turned so; None where they can."""
    if fitted.has.terms and fitted.n_factors >= 2:
        return None
    if fitted.has.terms:
        return Text("With fewer than two factors there is no plane to turn.")
    if fitted.has.intervals:
        return Text(
            "Its predictions are means over many draws. Each draw may be turned in its own way; "
            "what is drawn here are their means, after all were turned towards the first."
        )
    return Text(
        "This model sends its factors through a network, to which each of them means something "
        "else: turned, they would predict something else."
    )


def turned(fitted: FittedModel, degrees: float, first: int = 0, second: int = 1) -> FactorModel:
    """Turn all users and items in the plane of two factors, by an angle; counterclockwise.

        (a, b) → (a cos φ − b sin φ, a sin φ + b cos φ)

    Returns a model with other factors and the same predictions, to the rounding of float32. Its
    rule for guests stays as it was and is not to be used.

    Raises
    ------
    SettingsError
        If the factors cannot be turned (``why_not``), or there are no such two.
    """
    why = why_not(fitted)
    if why is not None:
        raise SettingsError(why)
    model = seen_as(FactorModel, fitted)
    if first == second or not {first, second} <= set(range(model.n_factors)):
        raise SettingsError(
            Text(
                "Two different factors from 0 to {last} make a plane; {first} and {second} do not.",
                last=model.n_factors - 1,
                first=first,
                second=second,
            )
        )
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    changed = {}
    for name in ("p", "q"):
        rows = getattr(model, name).astype(np.float64)
        a, b = rows[:, first].copy(), rows[:, second].copy()
        rows[:, first], rows[:, second] = a * cos - b * sin, a * sin + b * cos
        changed[name] = rows.astype(np.float32)
    return dataclasses.replace(model, **changed)


def largest_change(before: FittedModel, after: FittedModel) -> float:
    """Return the largest difference of any prediction, not clipped, in rating units.

    Of all pairs, or of 100,000 drawn by a fixed seed where there are more.
    """
    n, m = before.n_users, before.n_items
    if n * m <= _MOST_COMPARED:
        users, items = np.divmod(np.arange(n * m), m)
    else:
        rng = np.random.default_rng(0)
        users, items = rng.integers(0, n, _MOST_COMPARED), rng.integers(0, m, _MOST_COMPARED)
    one, other = (each.predict(users, items, clip=False) for each in (before, after))
    return float(np.abs(one.astype(np.float64) - other).max())


def n_negative(fitted: FactorModel) -> int:
    """Count the negative numbers among all factors: none in NMF, which may not have any."""
    return int((fitted.p < 0).sum() + (fitted.q < 0).sum())
