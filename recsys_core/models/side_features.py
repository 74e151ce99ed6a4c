"""Side information: what is known of users and items beside their ratings, as sparse features.

One feature for each genre, each bin of years, each bin of ages, each sex, each occupation. A row r
has n_r of them, and each counts 1/√n_r, so that rows with many genres weigh as much as others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_core.ratings import Ratings, Side, to_numbers

# The tables' columns that are read: numbers cut into bins at these edges, or words (None), of which
# a cell may hold several with “|” between them. Ages are cut where MovieLens 1M cuts them.
_COLUMNS: dict[Side, dict[str, tuple[int, ...] | None]] = {
    "user": {"age": (18, 25, 35, 45, 50, 56), "sex": None, "occupation": None},
    "item": {
        "genres": None,
        "year": (1930, 1940, 1950, 1960, 1970, 1975, 1980, 1985, *range(1990, 2031, 2)),
    },
}


class Features(NamedTuple):
    """Which features each row has, and which rows have each feature, both compressed.

    Those of row r are ``columns[starts[r]:starts[r + 1]]``; see ``ratings.Grouped``.

    Attributes
    ----------
    names : “genres: Drama”, “age: 25–34” …, (n_features,).
    starts, columns : int64, (n_rows + 1,), and int32.
    row_starts, rows : of each feature its rows; int64, (n_features + 1,), and int32.
    """

    names: tuple[str, ...]
    starts: np.ndarray
    columns: np.ndarray
    row_starts: np.ndarray
    rows: np.ndarray

    @classmethod
    def none(cls, n_rows: int) -> Features:
        """Return features of ``n_rows`` rows of which nothing is known."""
        ids = np.zeros(0, np.int32)
        return cls((), np.zeros(n_rows + 1, np.int64), ids, np.zeros(1, np.int64), ids)

    @property
    def counts(self) -> np.ndarray:
        """Features of each row, int64, (n_rows,)."""
        return np.diff(self.starts)


def features_of(ratings: Ratings, side: Side) -> Features | None:
    """Read the features of all users or of all items; None where nothing is known of any.

    A row of which nothing is known has none; a feature that no row has does not occur.
    """
    info = ratings.user_info if side == "user" else ratings.item_info
    if info is None:
        return None
    rows: list[np.ndarray] = []
    said: list[np.ndarray] = []
    for name, edges in _COLUMNS[side].items():
        if name not in info:
            continue
        cells = info[name].reset_index(drop=True)
        words = _words(cells) if edges is None else _bins(cells, edges)
        rows.append(words.index.to_numpy(np.int64))
        said.append((f"{name}: " + words).to_numpy(object))
    if not sum(map(len, rows)):
        return None
    names, columns = np.unique(np.concatenate(said).astype(str), return_inverse=True)
    pairs = np.unique(np.column_stack([np.concatenate(rows), columns]), axis=0)
    back = pairs[np.lexsort(pairs.T)]
    return Features(
        tuple(names.tolist()),
        _starts(pairs[:, 0], len(info)), pairs[:, 1].astype(np.int32),
        _starts(back[:, 1], len(names)), back[:, 0].astype(np.int32),
    )  # fmt: skip


def _words(cells: pd.Series) -> pd.Series:
    """The words of each cell, one a row of the result, indexed by the cell's place."""
    words = cells.dropna().astype(str).str.split("|").explode().str.strip()
    return words[words != ""]


def _bins(cells: pd.Series, edges: tuple[int, ...]) -> pd.Series:
    """The bin of each number in words: “under 18”, “18–24”, “56 or more”."""
    numbers = to_numbers(cells).dropna().astype(float)
    between = [f"{low}–{high - 1}" for low, high in zip(edges, edges[1:], strict=False)]
    names = np.array([f"under {edges[0]}", *between, f"{edges[-1]} or more"], object)
    return pd.Series(names[np.searchsorted(edges, numbers, side="right")], numbers.index, object)


def _starts(sorted_ids: np.ndarray, n: int) -> np.ndarray:
    return np.append(0, np.cumsum(np.bincount(sorted_ids, minlength=n))).astype(np.int64)
