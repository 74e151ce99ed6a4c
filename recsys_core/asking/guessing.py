"""Predict before reveal: cells to be guessed by a person, then judged beside model and baselines.

>>> import recsys_core as rc
>>> from recsys_core.asking import guessing
>>> split = rc.splits.random(rc.datasets.low_rank(40, 30, seed=1), test=0, validation=0.2)
>>> cells = guessing.draw(split.train, split.validation, n=3, seed=0)
>>> found = guessing.judge(cells, [3.0, 3.0, 3.0], {"mean": rc.GlobalMean().fit(split.train)})
>>> list(found.errors)
['you', 'mean']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.asking.similarity import fitted_of
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.models import FittedModel, Model
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# What a guess of a person is called in tables.
YOU = "you"

# Whoever is asked about has so many training ratings, where somebody has.
_ENOUGH = 4


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells whose ratings are hidden.

    Attributes
    ----------
    user_ids, item_ids : indices, int64, (n,); values : the hidden ratings, float64, (n,).
    held_out : whether no model has seen them: else they are of the training part.
    train : what is known besides.
    """

    user_ids: np.ndarray
    item_ids: np.ndarray
    values: np.ndarray
    held_out: bool
    train: Ratings

    def __len__(self) -> int:
        return len(self.user_ids)


def draw(train: Ratings, held_out: Ratings | None, n: int = 8, seed: int = 0) -> Cells:
    """Draw cells to be guessed, of different users as far as there are enough.

    From the ``held_out`` ratings, without any from the training part; of users with some training
    ratings to tell their taste by, where there are such.

    Raises
    ------
    RatingsError
        If there are no ratings.
    """
    source = train if held_out is None or not len(held_out) else held_out
    if not len(source):
        raise RatingsError(Text("There are no ratings to guess; load some."))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(source))
    known = train.user_counts[source.user_ids[order]] >= _ENOUGH
    known &= train.item_counts[source.item_ids[order]] >= 2
    order = np.concatenate([order[known], order[~known]])
    # The first of each user before the second of any.
    turn = pd.Series(source.user_ids[order]).groupby(source.user_ids[order]).cumcount().to_numpy()
    late = np.concatenate([turn[: known.sum()], turn[known.sum() :] + len(source)])
    rows = order[np.argsort(late, kind="stable")][:n]
    return Cells(
        source.user_ids[rows].astype(np.int64), source.item_ids[rows].astype(np.int64),
        source.values[rows].astype(np.float64), source is not train, train,
    )  # fmt: skip


@dataclass(frozen=True)
class Hints:
    """What a person is told of a cell.

    Attributes
    ----------
    liked, disliked : the user's highest and lowest training ratings, (item index, rating), none of
        them hidden, and none in both.
    user_mean, item_mean : of the other training ratings of each; None where there are none.
    """

    liked: list[tuple[int, float]]
    disliked: list[tuple[int, float]]
    user_mean: float | None
    item_mean: float | None


def hints(cells: Cells, at: int, n: int = 3) -> Hints:
    """Collect what is known of a cell's user and item, all hidden ratings left out."""
    user, item = int(cells.user_ids[at]), int(cells.item_ids[at])
    items, values = cells.train.by_user.row(user)
    others = ~np.isin(items, cells.item_ids[cells.user_ids == user])
    items, values = items[others], values[others]
    order = np.argsort(-values, kind="stable")
    n = min(n, len(order) // 2) if len(order) > 1 else len(order)
    users, given = cells.train.by_item.row(item)
    given = given[~np.isin(users, cells.user_ids[cells.item_ids == item])]

    def named(places: np.ndarray) -> list[tuple[int, float]]:
        return [(int(items[p]), float(values[p])) for p in places]

    return Hints(
        named(order[:n]),
        named(order[::-1][: n if len(order) > 1 else 0]),
        float(values.mean()) if len(values) else None,
        float(given.mean()) if len(given) else None,
    )


@dataclass(frozen=True, eq=False)
class Judged:
    """Guesses and predictions beside the truth.

    Attributes
    ----------
    table : one row a cell: rating, then one column each: the person's guess (``YOU``), the models'
        predictions, clipped to the scale.
    errors : RMSE of each of these columns, over the cells.
    closest : the name of the column nearest to each rating; of equal ones the first.
    """

    table: pd.DataFrame
    errors: dict[str, float]
    closest: list[str]


def judge(
    cells: Cells, guesses: Sequence[float], models: Mapping[str, Model | FittedModel]
) -> Judged:
    """Judge a person's guesses, (n,), beside models that predict ratings, by name.

    Raises
    ------
    SettingsError
        If guesses and cells are not equally many, or one is no finite number.
    """
    guessed = np.asarray(guesses, np.float64)
    if guessed.shape != cells.values.shape or not np.isfinite(guessed).all():
        raise SettingsError(
            Text("{n} cell needs a guess.", "{n} cells need a guess each.", n=len(cells))
        )
    columns = {YOU: guessed}
    for name, model in models.items():
        predicted = fitted_of(model).predict(cells.user_ids, cells.item_ids)
        columns[name] = predicted.astype(np.float64)
    away = np.abs(np.column_stack(list(columns.values())) - cells.values[:, None])
    errors = {name: float(np.sqrt(np.mean(away[:, at] ** 2))) for at, name in enumerate(columns)}
    names = list(columns)
    closest = [names[at] for at in away.argmin(axis=1)]
    return Judged(pd.DataFrame({"rating": cells.values, **columns}), errors, closest)
