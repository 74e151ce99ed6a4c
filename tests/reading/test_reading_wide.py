"""Wide tables: one row a user, one column an item."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import ReadError
from recsys_core.reading import cells, inspect, read_ratings

NAN = np.nan
# Four guests, five songs; NaN is unrated.
MATRIX = np.array(
    [[5, 3, NAN, 1, 4], [4, NAN, NAN, 1, 2], [1, 1, NAN, 5, NAN], [NAN, 1, 5, 4, 3]], dtype=float
)
USERS = ["anna", "bob", "cleo", "dan"]
ITEMS = ["Alien", "Brazil", "Chocolat", "Dune", "Élite"]


def text(matrix, blank, users=None, items=None, delimiter=",", corner="", decimal="."):
    """A matrix as text, with labels where given."""
    rows = []
    if items is not None:
        rows.append([corner, *items] if users is not None else list(items))
    for at, row in enumerate(matrix):
        cells = [blank if np.isnan(v) else f"{v:g}".replace(".", decimal) for v in row]
        rows.append([users[at], *cells] if users is not None else cells)
    return "\n".join(delimiter.join(row) for row in rows) + "\n"


def dense(ratings):
    return ratings.block(np.arange(ratings.n_users), np.arange(ratings.n_items))


def test_every_way_to_say_unrated():
    said = {"": (), "NaN": (), "-": (), "n/a": (), "0": (0,), "99": (99,), "-1": (-1,)}
    wrong = {}
    for blank, delimiter, users, items in itertools.product(
        said, [",", ";", "\t"], [USERS, None], [ITEMS, None]
    ):
        expected = (
            ("wide", users is not None, items is not None, said[blank]),
            (users or ["1", "2", "3", "4"], items or ["1", "2", "3", "4", "5"], (1, 5, 1)),
            np.nan_to_num(MATRIX, nan=-9).tolist(),
        )
        try:
            guess = inspect(text(MATRIX, blank, users, items, delimiter).encode())
            ratings = guess.read()
            found = (
                (guess.layout, guess.labels, guess.header, guess.unrated),
                (ratings.users, ratings.items, ratings.scale),
                np.nan_to_num(dense(ratings), nan=-9).tolist(),
            )
        except ReadError as error:
            found = str(error)
        if found != expected:
            wrong[blank, delimiter, users is not None, items is not None] = found
    assert not wrong


def test_space_between_numbers():
    ratings = read_ratings(text(MATRIX, "0", delimiter=" ").encode())
    assert np.array_equal(dense(ratings), MATRIX.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("corner", ["", "user", "userId", "member", "id"])
def test_corner_names(corner):
    ratings = read_ratings(text(MATRIX, "", USERS, ITEMS, corner=corner).encode())
    assert ratings.users == USERS and ratings.items == ITEMS


def test_numbers_as_labels_on_both_sides():
    # What DataFrame.to_csv writes for a matrix without names …
    frame = pd.DataFrame(MATRIX)
    ratings = read_ratings(frame.to_csv().encode())
    assert ratings.users == ["0", "1", "2", "3"] and ratings.items == ["0", "1", "2", "3", "4"]
    assert np.array_equal(dense(ratings), MATRIX.astype(np.float32), equal_nan=True)
    # … and for one with ids.
    frame.index, frame.columns = pd.Index([17, 3, 250, 8]), pd.Index([1193, 661, 914, 7, 40])
    ratings = read_ratings(frame.to_csv().encode())
    assert ratings.users == ["17", "3", "250", "8"]
    assert ratings.items == ["1193", "661", "914", "7", "40"]


def test_decimal_commas():
    matrix = np.array([[4.5, 3, NAN], [0.5, NAN, 2.5], [1, 5, 4]])
    guess = inspect(text(matrix, "-", delimiter=";", decimal=",").encode())
    assert guess.decimal == ","
    assert np.array_equal(dense(guess.read()), matrix.astype(np.float32), equal_nan=True)


def test_items_in_rows_are_turned():
    frame = pd.DataFrame(MATRIX.T, index=ITEMS, columns=USERS)
    guess = inspect(frame.to_csv(index_label="movie").encode())
    assert guess.items_in_rows
    ratings = guess.read()
    assert ratings.users == USERS and ratings.items == ITEMS and ratings.item_noun == "film"
    assert np.array_equal(dense(ratings), MATRIX.astype(np.float32), equal_nan=True)
    turned = guess.change(items_in_rows=False).read()
    assert turned.users == ITEMS


@pytest.mark.parametrize(
    ("matrix", "unrated"),
    [
        ([[0, 7, 10], [3, NAN, 0], [NAN, 5, 8]], None),  # 0–10, blanks say unrated
        ([[0, 1, 2], [2, NAN, 0], [1, 2, NAN]], None),  # 0–2 likewise
        ([[0, 1, 2], [2, 1, 0], [1, 2, 1]], None),  # 0–2, complete
        ([[0, 3, 5], [4, 0, 1], [0, 2, 4]], 0),
        ([[0, 7, 10], [3, 0, 0], [0, 5, 8]], 0),
        ([[0, 0, 10], [0, NAN, 0], [0, 0, 8]], 0),  # mostly zeros, a stray blank
        ([[-3, 0, 2], [3, 0, 0], [1, -2, 3]], None),  # zero lies inside the scale
        ([[0, 99, 5], [99, 2, 1], [4, 0, 99]], 99),
        ([[0, 12, 250], [3, 0, 0], [0, 1, 4000]], 0),  # counts
    ],
)
def test_which_number_means_unrated_in_a_matrix(matrix, unrated):
    matrix = np.array(matrix, dtype=float)
    guess = inspect(text(matrix, "", USERS, ITEMS[:3]).encode())
    assert guess.unrated == (() if unrated is None else (unrated,))
    rated = np.isfinite(matrix) & (matrix != unrated)
    assert guess.read().n_ratings == rated.sum()


def test_the_guess_about_zero_can_be_changed():
    guess = inspect(text(MATRIX, "0", USERS, ITEMS).encode())
    assert any("0 was taken as “unrated”: 6" in remark for remark in guess.remarks)
    with_zeros = guess.change(unrated=None).read()
    assert with_zeros.n_ratings == 20 and with_zeros.scale == (0, 5, 1)


def test_jester_like_values():
    matrix = np.array([[-9.95, 8.79, 99], [99, 0.0, 3.25], [1.5, 99, 99], [2, 3, -4.1]])
    guess = inspect(text(matrix, "").encode())
    assert (guess.layout, guess.unrated) == ("wide", (99,))
    assert guess.read().n_ratings == 8


def test_a_first_column_that_counts_its_row_is_left_out():
    matrix = [[2, -9.95, 8.79, 99], [1, 99, 99, 3.25], [3, 1.5, 2, 0], [2, 2, 3, 99]]
    guess = inspect(text(np.array(matrix), "").encode())
    assert guess.unrated == (99,) and any("counts the ratings" in r for r in guess.remarks)
    ratings = guess.read()
    assert (ratings.n_items, ratings.n_ratings) == (3, 8)


def test_labels_keep_leading_zeros():
    ratings = read_ratings(text(MATRIX, "", ["007", "7", "x", "08"], ITEMS).encode())
    assert ratings.users == ["007", "7", "x", "08"]


def test_a_user_with_two_rows_counts_once():
    ratings = read_ratings(text(MATRIX, "", ["anna", "bob", "cleo", "anna"], ITEMS).encode())
    assert ratings.users == ["anna", "bob", "cleo"]
    anna = dict(
        zip(
            ratings.item_ids[ratings.user_ids == 0],
            ratings.values[ratings.user_ids == 0],
            strict=True,
        )
    )
    assert [anna[ratings.item_index(i)] for i in ITEMS] == [5, 1, 5, 4, 3]
    assert ratings.report.n_duplicates == 3


def test_a_user_without_ratings_stays():
    matrix = MATRIX.copy()
    matrix[1] = NAN
    ratings = read_ratings(text(matrix, "", USERS, ITEMS).encode())
    assert ratings.users == USERS and ratings.user_counts[1] == 0


def test_lines_that_end_with_a_delimiter():
    body = text(MATRIX, "", USERS, ITEMS).replace("\n", ",\n")
    assert read_ratings(body.encode()).items == ITEMS


@pytest.mark.parametrize("who", ["Name", "Your name", "Participant", "Student ID"])
def test_answers_to_a_form(who):
    """What an online form exports: when, who, then a column an item."""
    body = f"Timestamp,{who},Alien,Heat,Up\n"
    body += "2024/01/09 10:00:00 am,Anna,5,3,\n2024/01/09 10:01:00 am,Ben,,2,1\n"
    body += "2024/01/09 10:07:30 am,Cleo,4,,2\n"
    guess = inspect(body.encode())
    assert guess.layout == "wide" and guess.preview.shape == (3, 5)
    assert any("“Timestamp” holds times" in remark for remark in guess.remarks)
    ratings = guess.read()
    assert ratings.users == ["Anna", "Ben", "Cleo"] and ratings.items == ["Alien", "Heat", "Up"]
    assert ratings.n_ratings == 6


def test_large_and_sparse_matrix_reads_right():
    generator = np.random.default_rng(1)
    matrix = np.where(generator.random((300, 400)) < 0.05, generator.integers(1, 6, (300, 400)), 0)
    ratings = read_ratings(pd.DataFrame(matrix).to_csv(header=False, index=False).encode())
    assert (ratings.n_users, ratings.n_items) == (300, 400)
    assert np.array_equal(np.nan_to_num(dense(ratings)), matrix)


def test_long_and_wide_can_be_changed_for_each_other():
    data = b"1,1,5\n1,2,3\n2,1,4\n2,2,1\n"
    guess = inspect(data)
    assert guess.layout == "long"
    wide = guess.change(layout="wide").read()
    assert (wide.n_users, wide.n_items, wide.n_ratings) == (4, 3, 12)
    small = inspect(b"5,3,1\n4,1,1\n1,1,5\n1,5,4\n")
    assert small.layout == "wide"


def test_a_word_among_numbers_is_named():
    body = text(MATRIX, "", USERS, ITEMS).replace("cleo,1,1,,5", "cleo,1,soup,,5")
    with pytest.raises(ReadError, match="Line 4 .* column “Brazil”: “soup” is not a number"):
        read_ratings(body.encode())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("".join("NaN,NaN,NaN\n" for _ in range(5)), "holds no rating"),
        ("0,0,0\n0,0,0\n0,0,0\n", "All ratings .* are 0"),
        ("user,A,B,C\nanna,5,3,1\n", "one user only"),
        ("user,A\nanna,5\nbob,3\n", "item only|no column"),
    ],
)
def test_matrices_that_teach_nothing(data, says):
    with pytest.raises(ReadError, match=says):
        read_ratings(data.encode(), **({"unrated": None} if data.startswith("0") else {}))


@pytest.mark.slow
def test_a_million_columns_are_refused():
    with pytest.raises(ReadError, match="1,000,000 columns.*one rating a line"):
        read_ratings((",".join(["3"] * 1_000_000) + "\n").encode() * 2)


_CELLS = st.one_of(
    st.none(), st.integers(-2, 7), st.sampled_from([1.5, float("nan"), float("inf")]),
    st.sampled_from(["", "-", "4", "3,5", "2.5", "x", "1e39", " 5 ", "good"]),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.lists(_CELLS, min_size=3, max_size=3), min_size=1, max_size=5), st.booleans())
def test_columns_as_arrays_are_the_same_numbers(rows, many):
    table = pd.DataFrame(rows * 300, dtype=object) if many else pd.DataFrame(rows)
    arrays = list(cells.columns_of(table))
    series = [table.iloc[:, at] for at in range(3)]
    assert all(isinstance(column, np.ndarray) for column in arrays)
    for a, b in zip(arrays, series, strict=True):
        for one, other in zip(cells.as_numbers(a), cells.as_numbers(b), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_matrix_whose_columns_were_all_left_out_is_refused():
    table = b"user,item,rating\nanna,1,4\nben,2,3\n"
    with pytest.raises(ReadError, match="has no column of ratings left"):
        read_ratings(table, layout="wide", left_out=("item", "rating"))
