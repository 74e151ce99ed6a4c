"""Predictions as tables for download: all of a small matrix, the best items of a large one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ordering import best_first, keys_of_users

# Predictions held at a time while the best are looked for: 16 MB of float32.
_AT_ONCE = 4_000_000


def to_csv(table: pd.DataFrame, index: bool = True) -> bytes:
    """A table as a CSV file, UTF-8; no name or cell in it can be taken for a formula.

    See ``escape.csv`` for what is changed: an apostrophe before such a cell, nothing else.
    """
    table = table.rename(columns=_safe, index=_safe if index else None)
    for at, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            table.isetitem(at, table.iloc[:, at].map(_safe))
    return table.to_csv(index=index).encode()


def _safe(cell: Any) -> Any:
    return escape.csv(cell) if isinstance(cell, str) else cell


def whole(fitted: FittedModel) -> pd.DataFrame:
    """Tabulate every predicted rating, to three decimals: one row per user, one column per item.

    Raises
    ------
    TooLargeError
        If the matrix would not fit in memory comfortably.
    """
    train = fitted.train
    values = np.round(fitted.predict_matrix().astype(np.float64), 3)
    table = pd.DataFrame(values, train.user_names, words.distinct(train.item_names))
    return table.rename_axis(index="user")


def best_of_each(fitted: FittedModel, n: int = 10) -> pd.DataFrame:
    """Tabulate the n best unrated items of every user, best first.

    Columns: user, rank (from 1), the item's label, its name, and the predicted rating, not clipped;
    its order is that of ``recommend``.
    """
    train = fitted.train
    at_once = max(1, _AT_ONCE // fitted.n_items)
    parts, keys = [], keys_of_users(train)
    for start in range(0, fitted.n_users, at_once):
        users = np.arange(start, min(start + at_once, fitted.n_users))
        scores = fitted.predict_matrix(users, clip=False).astype(np.float64)
        for row, user in zip(scores, users, strict=True):
            row[train.by_user.row(int(user))[0]] = -np.inf
            best = best_first(row, n, keys[user])
            parts.append((np.full(len(best), user), np.arange(1, len(best) + 1), best, row[best]))
    users, ranks, items, scores = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return pd.DataFrame(
        {
            "user": [train.users[u] for u in users],
            "rank": ranks,
            train.item_noun: [train.items[i] for i in items],
            "name": [train.item_names[i] for i in items],
            "predicted": np.round(scores, 3),
        }
    )
