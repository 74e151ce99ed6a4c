"""Predictions as tables for download: all of a small matrix, the best items of a large one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ordering import lists, users_at_once

# Significant digits of what was computed: of a prediction on 1–5 four decimals.
_DIGITS = 5


def to_csv(table: pd.DataFrame, index: bool = True) -> bytes:
    """A table as a CSV file, UTF-8; no name or cell in it can be taken for a formula.

    See ``escape.csv`` for what is changed: an apostrophe before such a cell, nothing else.

    Columns of float32 are ratings, and written in as many digits as give the same float32 back;
    those of float64 were computed, and have five significant digits. Negative numbers have a
    hyphen, as programs expect.
    """
    table = table.rename(columns=_safe, index=_safe if index else None)
    for at, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            table.isetitem(at, table.iloc[:, at].map(_safe))
        elif kind == np.float64:
            table.isetitem(at, [_digits(value) for value in table.iloc[:, at].tolist()])
    return table.to_csv(index=index).encode()


def _safe(cell: Any) -> Any:
    return escape.csv(cell) if isinstance(cell, str) else cell


def _digits(value: float) -> str | None:
    """Five significant digits without trailing zeros, all those before the point; None for NaN."""
    if not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    decimals = _DIGITS - 1 - (math.floor(math.log10(abs(value))) if value else 0)
    if not 0 < decimals < 20:
        return f"{value:.0f}" if decimals <= 0 else f"{value:.{_DIGITS}g}"
    return f"{round(value, decimals) + 0.0:.{decimals}f}".rstrip("0").rstrip(".")


def whole(fitted: FittedModel) -> pd.DataFrame:
    """Tabulate every predicted rating: one row per user, one column per item.

    Raises
    ------
    TooLargeError
        If the matrix would not fit in memory comfortably.
    """
    train = fitted.train
    values = fitted.predict_matrix().astype(np.float64)
    table = pd.DataFrame(values, train.user_names, words.distinct(train.item_names))
    return table.rename_axis(index="user")


def best_of_each(fitted: FittedModel, n: int = 10) -> pd.DataFrame:
    """Tabulate the n best unrated items of every user, best first.

    Columns: user, rank (from 1), the item's label, its name, and the predicted rating, not clipped;
    its order is that of ``recommend``.
    """
    return pd.concat(list(best_in_pieces(fitted, n)), ignore_index=True)


def n_pieces(fitted: FittedModel) -> int:
    """Count the pieces of ``best_in_pieces``."""
    return -(-fitted.n_users // users_at_once(fitted.n_items))


def best_in_pieces(fitted: FittedModel, n: int = 10) -> Iterator[pd.DataFrame]:
    """Yield the table of ``best_of_each`` some users at a time: no size is too large for it."""
    train = fitted.train
    for users, scores, best in lists(fitted, np.arange(fitted.n_users), n):
        lengths = [len(items) for items in best]
        of, items = np.repeat(users, lengths), np.concatenate(best)
        ranks = np.concatenate([np.arange(1, length + 1) for length in lengths])
        values = scores[np.repeat(np.arange(len(users)), lengths), items].astype(np.float64)
        yield pd.DataFrame(
            {
                "user": [train.users[u] for u in of],
                "rank": ranks,
                train.item_noun: [train.items[i] for i in items],
                "name": [train.item_names[i] for i in items],
                "predicted": values,
            }
        )
