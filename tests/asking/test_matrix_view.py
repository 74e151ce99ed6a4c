"""A block shows each number where it belongs, and test errors to nobody."""

import numpy as np
import pytest

from recsys_core.asking import matrix_view
from tests.small_matrix import flat, small_block, small_split

N = np.nan


@pytest.fixture
def split():
    return small_split()


@pytest.fixture
def part(split):
    return small_block(split)


def test_each_view_by_hand(part):
    np.testing.assert_array_equal(part.values("observed"), [[5, N, 3], [N, 2, 4]])
    np.testing.assert_array_equal(part.values("predicted"), [[3.5] * 3, [2.5] * 3])
    np.testing.assert_array_equal(part.values("filled"), [[5, 3.5, 3.5], [2.5, 2.5, 4]])
    # The test rating (Bo, y) gives no error away.
    np.testing.assert_array_equal(part.values("error"), [[-1.5, N, 0.5], [N, N, -1.5]])
    np.testing.assert_array_equal(part.held_out, [[0, 0, 1], [0, 1, 0]])


def test_of_a_hidden_cell_nothing_is_known(part):
    hidden = part.without(np.array([0, 1, 7]), np.array([2, 0, 1]))  # the last is not in the block
    for view in ("observed", "predicted", "filled", "error"):
        shown = part.values(view).astype(float)
        shown[[0, 1], [2, 0]] = N
        np.testing.assert_array_equal(hidden.values(view), shown)
    assert not hidden.held_out[0, 2] and not np.isnan(part.values("filled")).any()


def test_rows_and_columns_come_in_the_order_asked_for(split):
    turned = matrix_view.block_of(
        split.train, flat(split.train), np.array([1, 0]), np.array([2, 0])
    )
    np.testing.assert_array_equal(turned.values("observed"), [[4, N], [N, 5]])
    assert turned.user_names == ["Bo", "Ann"]
    assert turned.item_names == ["z", "x"]


def test_the_table_twin_has_the_same_numbers_and_different_columns(split):
    same_names = split.train.replace(items=["x", "x", "z"])
    part = matrix_view.block_of(same_names, flat(same_names), np.array([0, 1]), np.array([0, 1, 2]))
    table = part.table("predicted")
    assert list(table.columns) == ["x", "x (2)", "z"]
    assert list(table.index) == ["Ann", "Bo"]
    np.testing.assert_array_equal(table.to_numpy(), part.predicted)
