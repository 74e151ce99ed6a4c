"""Tables as they are shown."""

import numpy as np
import pandas as pd
import pytest

from pages.shared.tables import aligned


def shown(table, **decimals):
    """What stands in the cells, column by column."""
    styled = aligned(table, **decimals)._translate(False, False)
    rows = [[c["display_value"] for c in row if c["type"] == "td"] for row in styled["body"]]
    return [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([-0.25, 1.0, np.nan], ["−0.25", "1.00", ""]),
        ([0.91254, 0.08, -0.3], ["0.9125", "0.0800", "−0.3000"]),
        ([3.0, -4.0, 1200.0], ["3", "−4", "1,200"]),
        ([1234.56, 0.5, -10.25], ["1,235", "0", "−10"]),
        ([12.5, 1.25], ["12.50", "1.25"]),
        (np.float32([3.2, 4.0]), ["3.2", "4.0"]),  # not 3.2000000477
    ],
)
def test_numbers_of_a_column_have_as_many_decimals(values, texts):
    assert shown({"x": values}) == [texts]


def test_decimals_can_be_said_and_other_columns_stay_as_they_are():
    table = pd.DataFrame({"name": ["a-b"], "n": [-3], "similarity": [-0.12345]})
    assert shown(table, similarity=2) == [["a-b"], ["−3"], ["−0.12"]]
    # They stay numbers, which a click on the heading sorts by, of the digits that are seen.
    pd.testing.assert_frame_equal(aligned(table, similarity=2).data, table.round(2))
    assert aligned({"x": np.float32([3.2, 4.5])}).data["x"].tolist() == [3.2, 4.5]
    assert table["similarity"].iloc[0] == -0.12345  # the caller's table stays as it was


def test_errors_have_four_decimals_in_every_table():
    table = {"training RMSE": [1.4326, 0.5], "MAE": [12.5, 0.25], "x": [1.4326, 0.5]}
    assert shown(table) == [["1.4326", "0.5000"], ["12.500", "0.250"], ["1.433", "0.500"]]


def test_what_cannot_be_styled_is_shown_as_it_is():
    for table in (pd.DataFrame(np.zeros((300, 200))), pd.DataFrame({"x": [0.5, 1]}, ["a", "a"])):
        assert aligned(table) is not None and isinstance(aligned(table), pd.DataFrame)
