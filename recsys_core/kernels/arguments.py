"""Arrays that go into kernels together, under one name; Numba reads named tuples as they are.

Factors and ratings are float32, ids int32, starts int64, C-contiguous; single numbers are
``np.float32``, since Numba compiles a kernel once more for every other type.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Triples(NamedTuple):
    """Ratings, (n_ratings,) each."""

    user_ids: np.ndarray
    item_ids: np.ndarray
    values: np.ndarray


class Rows(NamedTuple):
    """Ratings by row, compressed: those of row r are ``columns[starts[r]:starts[r + 1]]``."""

    starts: np.ndarray  # (n_rows + 1,)
    columns: np.ndarray  # (n_ratings,)
    values: np.ndarray  # (n_ratings,)


class Parameters(NamedTuple):
    """A factor model, x = μ + b_u + b_i + p_u · q_i: the arrays themselves, not copies."""

    p: np.ndarray  # (n_users, width)
    q: np.ndarray  # (n_items, width)
    b_user: np.ndarray  # (n_users,)
    b_item: np.ndarray  # (n_items,)
    mean: np.float32


# No number for each row: all are 1.
_ONES = np.empty(0, np.float32)


class FixedSide(NamedTuple):
    """The side that a least-squares half-step holds fixed: x_j, its variance, b_j and μ.

    ``roots`` are √α_j where the ratings of j are weighted by α_j, and ``factors`` then hold
    √α_j x_j; an empty array, (0,), weights all by 1.
    """

    factors: np.ndarray  # (n_columns, width)
    variance: np.ndarray  # as factors; an empty array, (0, 0), treats factors as exact
    bias: np.ndarray  # (n_columns,)
    mean: np.float32
    roots: np.ndarray = _ONES  # (n_columns,)


class Penalty(NamedTuple):
    """Regularisation of each row: c [(w − m)ᵀ Λ (w − m) + λ (b − β)²].

    Attributes
    ----------
    matrix : Λ, (width, width), with a 1 on the diagonal for columns of padding.
    rhs : Λ m, its part of the right-hand side, (1, width); (n_rows, width) where each row has its
        own m.
    bias, bias_rhs : λ and λ β.
    with_bias : whether there is a bias b at all.
    weighted : whether c is the row's number of ratings (ALS-WR); otherwise c is 1.
    times : c of each row, (n_rows,), in place of that; an empty array, (0,), where there is none.
    """

    matrix: np.ndarray
    rhs: np.ndarray
    bias: np.float32 = np.float32(1)
    bias_rhs: np.float32 = np.float32(0)
    with_bias: bool = False
    weighted: bool = False
    times: np.ndarray = _ONES


class Solution(NamedTuple):
    """Where a least-squares half-step writes its results."""

    factors: np.ndarray  # (n_rows, width)
    bias: np.ndarray  # (n_rows,)
    inverse: np.ndarray  # diagonal of A⁻¹, (n_rows, width + 1), the bias first; (0, 0): not wanted
