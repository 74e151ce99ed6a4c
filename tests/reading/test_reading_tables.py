"""Excel, Parquet and NumPy files."""

from __future__ import annotations

import datetime
import io
import pickle
import time
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse

from recsys_core.errors import ReadError
from recsys_core.reading import inspect, read_ratings

LONG = pd.DataFrame(
    {
        "user": ["anna", "anna", "bob", "bob", "cleo"],
        "item": [7, 12, 7, 30, 12],
        "rating": [5.0, 3.5, 4.0, 1.0, 2.5],
        "timestamp": [10**9 + n for n in range(5)],
    }
)
TRIPLES = [
    ("anna", "12", 3.5),
    ("anna", "7", 5),
    ("bob", "30", 1),
    ("bob", "7", 4),
    ("cleo", "12", 2.5),
]
WIDE = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [0, 1, 5, 4]])


def triples(ratings):
    return sorted(
        (ratings.users[u], ratings.items[i], float(v))
        for u, i, v in zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    )


def dense(ratings):
    block = ratings.block(np.arange(ratings.n_users), np.arange(ratings.n_items))
    return np.nan_to_num(block)


def workbook(*sheets, **named):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in {**{f"sheet {n}": s for n, s in enumerate(sheets)}, **named}.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


# --- Excel ----------------------------------------------------------------------------------------


def test_long_sheet_keeps_ids_as_text():
    rows = [list(LONG.columns), *LONG.astype(object).to_numpy().tolist()]
    rows.insert(3, [])  # people leave empty rows
    rows[1][1] = 7.0  # and whole numbers stored as fractions
    guess = inspect(workbook(rows), "films.xlsx")
    assert (guess.form, guess.layout, guess.sheet) == ("excel", "long", "sheet 0")
    ratings = guess.read()
    assert triples(ratings) == TRIPLES
    assert ratings.timestamps.tolist() == LONG["timestamp"].tolist()
    assert ratings.name == "films"


def test_text_ids_with_leading_zeros_in_a_sheet():
    rows = [["user", "isbn", "rating"], ["007", "0042", 5], ["7", "42", 3], ["007", "42", 1]]
    assert triples(read_ratings(workbook(rows))) == [
        ("007", "0042", 5),
        ("007", "42", 1),
        ("7", "42", 3),
    ]


def test_wide_sheet_with_blanks_and_marks():
    rows = [[None, "A", "B", "C"], ["anna", 5, None, "-"], ["bob", 0, 3, 1], ["cleo", "n/a", 2, 4]]
    guess = inspect(workbook(rows))
    assert (guess.layout, guess.unrated) == ("wide", ())
    ratings = guess.read()
    assert ratings.users == ["anna", "bob", "cleo"] and ratings.n_ratings == 6


def test_first_sheet_that_holds_anything_and_the_chosen_one():
    long = [["user", "item", "rating"], ["a", "x", 5], ["a", "y", 3], ["b", "x", 1]]
    data = workbook(cover=[], first=long, second=[*long, ["b", "y", 2]])
    guess = inspect(data)
    assert guess.sheet == "first" and guess.sheets == ("cover", "first", "second")
    assert guess.change(sheet="second").read().n_ratings == 4
    with pytest.raises(ReadError, match="no sheet “third”"):
        inspect(data, sheet="third")


def test_moments_of_a_sheet():
    when = datetime.datetime(2001, 9, 9, 1, 46, 40)
    rows = [["user", "item", "rating", "date"]]
    rows += [[u, i, n % 3 + 1, when] for n, (u, i) in enumerate(["ax", "ay", "bx", "by"])]
    assert set(read_ratings(workbook(rows)).timestamps) == {10**9}


def test_formulas_without_results_are_explained():
    rows = [["user", "item", "rating"], ["a", "x", "=1+1"], ["a", "y", "=2+1"], ["b", "x", "=3+1"]]
    with pytest.raises(ReadError, match="holds no rating|formulas"):
        read_ratings(workbook(rows))


def test_a_wrong_cell_is_named_by_row_and_sheet():
    rows = [
        ["user", "item", "rating"],
        ["a", "x", 5],
        [],
        ["a", "y", "soup"],
        ["b", "x", 1],
        ["b", "y", 1],
    ]
    with pytest.raises(ReadError, match="Row 4 of sheet “sheet 0” .*“rating”: “soup”"):
        read_ratings(workbook(rows))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (workbook([]), "holds no values"),
        (workbook([["user", "item", "rating"]]), "no ratings below"),
        (workbook([["a", "x", 5]])[:-700], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged or unusual workbook"),
    ],
)
def test_workbooks_that_cannot_be_read(data, says):
    with pytest.raises(ReadError, match=says):
        read_ratings(data)


def test_a_workbook_that_claims_to_be_endless_is_read_by_what_it_holds():
    data = workbook([["user", "item", "rating"], ["a", "x", 5], ["a", "y", 3], ["b", "x", 1]])
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            content = old.read(member).replace(b'ref="A1:C4"', b'ref="A1:XFD1048576"')
            new.writestr(member, content)
    assert read_ratings(changed.getvalue()).n_ratings == 3


# --- Parquet --------------------------------------------------------------------------------------


def parquet(frame, **options):
    file = io.BytesIO()
    frame.to_parquet(file, **options)
    return file.getvalue()


def test_long_parquet():
    ratings = read_ratings(parquet(LONG))
    assert triples(ratings) == TRIPLES
    assert ratings.timestamps.tolist() == LONG["timestamp"].tolist()


def test_wide_parquet_with_and_without_index_name():
    frame = pd.DataFrame(WIDE, columns=list("ABCD"), index=["anna", "bob", "cleo", "dan"])
    for data in (parquet(frame), parquet(frame.rename_axis("user"))):
        ratings = read_ratings(data)
        assert ratings.users == ["anna", "bob", "cleo", "dan"] and ratings.items == list("ABCD")
        assert np.array_equal(dense(ratings), WIDE)


def test_parquet_moments_and_categories():
    frame = LONG.assign(
        timestamp=pd.to_datetime(LONG["timestamp"], unit="s"), user=LONG["user"].astype("category")
    )
    ratings = read_ratings(parquet(frame))
    assert triples(ratings) == TRIPLES
    assert ratings.timestamps.tolist() == LONG["timestamp"].tolist()


@pytest.mark.parametrize("cut", [10, 200, -1])
def test_damaged_parquet(cut):
    with pytest.raises(ReadError, match="damaged Parquet"):
        read_ratings(parquet(LONG)[:cut])


def test_nested_parquet_is_explained():
    with pytest.raises(ReadError):
        read_ratings(
            parquet(pd.DataFrame({"user": ["a", "b"], "item": [[1], [2]], "rating": [[1], [2]]}))
        )


# --- NumPy ----------------------------------------------------------------------------------------


def test_matrix():
    for data in (npz(ratings=WIDE), npz(anything=WIDE.astype(np.float32))):
        ratings = read_ratings(data)
        assert np.array_equal(dense(ratings), WIDE)
        assert ratings.users == ["1", "2", "3", "4"]


def test_matrix_with_labels():
    ratings = read_ratings(
        npz(matrix=WIDE, users=np.array(list("abcd")), items=np.array(list("wxyz")))
    )
    assert ratings.users == list("abcd") and ratings.items == list("wxyz")
    assert np.array_equal(dense(ratings), WIDE)


def test_arrays_of_users_items_and_ratings():
    data = npz(
        user_ids=np.array([3, 3, 9]), item_ids=np.array([1, 2, 1]), ratings=np.array([5.0, 3, 1])
    )
    assert triples(read_ratings(data)) == [("3", "1", 5), ("3", "2", 3), ("9", "1", 1)]


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_sparse_matrix(form):
    file = io.BytesIO()
    scipy.sparse.save_npz(file, scipy.sparse.coo_matrix(WIDE).asformat(form))
    expected = sorted(
        (str(u), str(i), float(WIDE[u, i])) for u, i in zip(*np.nonzero(WIDE), strict=True)
    )
    assert triples(read_ratings(file.getvalue())) == expected


def test_single_array():
    file = io.BytesIO()
    np.save(file, WIDE)
    assert np.array_equal(dense(read_ratings(file.getvalue())), WIDE)
    table = np.array([("a", "x", 5), ("a", "y", 3), ("b", "x", 1)], dtype="U4,U4,f8")
    table.dtype.names = ("user", "item", "rating")
    file = io.BytesIO()
    np.save(file, table)
    assert triples(read_ratings(file.getvalue())) == [("a", "x", 5), ("a", "y", 3), ("b", "x", 1)]


class Trap:
    """Unpickling this would be seen."""

    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def test_objects_are_never_loaded():
    file = io.BytesIO()
    np.savez(file, ratings=np.array([[Trap(), 1], [2, 3]], dtype=object))
    with pytest.raises(ReadError, match="Python objects.*never opened"):
        read_ratings(file.getvalue())
    for protocol in range(6):
        with pytest.raises(ReadError):
            read_ratings(pickle.dumps(Trap(), protocol=protocol))
    with pytest.raises(ReadError, match="pickle, which is never opened"):
        read_ratings(pickle.dumps(LONG))
    assert not Trap.sprung


def test_arrays_that_hold_no_ratings():
    with pytest.raises(ReadError, match="holds no ratings .*weights"):
        read_ratings(npz(weights=np.zeros((2, 2, 2)), bias=np.zeros(3)))


def test_an_array_that_promises_more_than_is_there():
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    with pytest.raises(ReadError, match="damaged NumPy array"):
        read_ratings(file.getvalue())


def test_a_sparse_matrix_with_wrong_rows():
    data = npz(
        format=np.array("csr"), shape=np.array([3, 3]), data=np.ones(2),
        indices=np.array([0, 1]), indptr=np.array([0, 10**12, 2]),
    )  # fmt: skip
    with pytest.raises(ReadError, match="damaged sparse"):
        read_ratings(data)


def test_letters_that_are_none_are_refused_and_control_characters_left_out():
    letters = np.array(["ab", "b", "ab", "b"])
    letters.view(np.uint32)[0] = 0x110001
    for users in (np.array(["\ud800", "b", "\ud800", "b"]), letters):
        data = npz(user=users, item=np.array(list("xxyy")), rating=np.arange(1, 5))
        with pytest.raises(ReadError, match="damaged"):
            read_ratings(data)
    users = np.array(["a\x00b", "\x1b[1mc"] * 2)
    ratings = read_ratings(npz(user=users, item=np.array(list("xxyy")), rating=np.arange(1, 5)))
    assert ratings.users == ["ab", "[1mc"]


def test_thousands_of_columns_of_one_name_are_read_at_once():
    table = ",".join(["user"] + ["x"] * 15_000) + "\n" + "".join(
        f"u{row}," + ",".join(str(1 + (row + at) % 5) for at in range(15_000)) + "\n"
        for row in range(3)
    )  # fmt: skip
    began = time.process_time()
    assert len(set(inspect(table.encode()).columns)) == 15_001
    assert time.process_time() - began < 10


def test_a_moment_beyond_all_calendars_is_a_cell_like_any_other():
    """Parquet's moments reach the year 294247, Python's the year 9999."""
    moments = np.array([253402300800, 8 * 10**11], "datetime64[s]").astype("datetime64[us]")
    table = pa.table({
        "when": pa.array(moments, pa.timestamp("us", tz="Europe/Berlin")),
        "item": [1, 2], "rating": [3, 4],
    })  # fmt: skip
    file = io.BytesIO()
    pq.write_table(table, file)
    draft = inspect(file.getvalue(), "x.parquet")
    assert "27320-12-28" in str(draft.preview["when"][1])
