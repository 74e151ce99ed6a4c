"""Header lines of pivot tables and surveys, the columns of surveys, keys of user and item."""

from __future__ import annotations

import csv
import datetime
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.reading import headers
from recsys_core.reading.formats import forms, keys, workbooks

LONG = pd.DataFrame(
    {
        "user": ["Ana", "Ana", "Bo", "Cleo", "Bo"],
        "item": ["Alien", "Heat", "Alien", "Up", "Up"],
        "rating": [5, 3, 4, 1, 2],
        "year": [1, 1, 2, 2, 1],
        "when": [100, 101, 102, 103, 104],
    }
)
ITEMS = ["Alien", "Heat", "Up"]


def records(text):
    return list(csv.reader(io.StringIO(text)))


def named(rows):
    """How many lines name the columns, the names, and the first cell below."""
    n = headers.n_lines(rows)
    width = max(map(len, rows))
    return n, headers.joined(rows[: n or 1], width), rows[n or 1][0]


# --- pivot tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "n", "names"),
    [
        ({"columns": "item", "values": "rating"}, None, ["user", *ITEMS]),
        ({"columns": "item", "values": ["rating"]}, 3, ["user", *ITEMS]),
        (
            {"columns": "item", "values": ["rating", "when"]},
            3,
            ["user", *(f"{value} / {item}" for value in ("rating", "when") for item in ITEMS)],
        ),
        (
            {"columns": ["year", "item"], "values": ["rating"]},
            4,
            ["user", "1 / Alien", "1 / Heat", "1 / Up", "2 / Alien", "2 / Up"],
        ),
    ],
)
def test_pivot_tables_of_pandas(options, n, names):
    table = LONG.pivot_table(index="user", **options)
    assert named(records(table.to_csv())) == (n, names, "Ana")
    file = io.BytesIO()
    table.to_excel(file)  # levels above are merged cells
    assert named(workbooks.read(file.getvalue(), "“it”").sample()) == (n, names, "Ana")


def test_pivot_tables_without_the_name_of_the_index():
    table = LONG.pivot_table(index="user", columns="item", values=["rating"])
    for renamed in (
        table.rename_axis(index=None),
        table.rename_axis(index=None, columns=[None] * 2),
    ):
        assert named(records(renamed.to_csv())) == (2, ["", *ITEMS], "Ana")


@pytest.mark.parametrize(
    "corners",
    [
        ("Sum of rating", "Column Labels", "Row Labels"),
        ("Mittelwert von rating", "Spaltenbeschriftungen", "Zeilenbeschriftungen"),
        ("Moyenne de note", "Étiquettes de colonnes", "Étiquettes de lignes"),
    ],
)
def test_pivot_tables_of_excel(corners):
    value, column, row = corners
    text = f"{value},{column},,\n{row},Alien,Heat,Up\nAna,5,3,\nBo,4,,2\n"
    assert named(records(text)) == (2, ["", *ITEMS], "Ana")


def test_values_of_a_pivot_table_are_told_apart():
    names = ["user", "rating / Alien", "rating / Up", "when / Alien", "when / Up"]
    items, others = headers.values_apart(names)
    assert items == {"rating / Alien": "Alien", "rating / Up": "Up"}
    assert others == ("when / Alien", "when / Up")
    assert headers.values_apart(["user", "AC / DC", "Up"]) == ({}, ())


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ana", "Bo", "7", "x y"]),
            *[st.sampled_from(["1", "4.5", "", "good", "2020-01-01"])] * 3,
        ),
        min_size=2,
        max_size=8,
    )
)
def test_ordinary_tables_have_no_second_line_of_names(rows):
    for names in (["user", "item", "rating", "when"], ["name", *ITEMS], ["", *ITEMS]):
        assert headers.n_lines([names, *map(list, rows)]) is None


# --- surveys --------------------------------------------------------------------------------------


def test_header_lines_of_qualtrics_and_surveymonkey():
    codes = ["StartDate", "ResponseId", "Q1_1", "Q1_2"]
    asked = ["Start Date", "Response ID", "Rate these - Alien", "Rate these - Up"]
    notes = [f'{{"ImportId":"{code}"}}' for code in codes]
    rows = [codes, asked, notes, ["2020-01-01", "R_1", "5", "3"], ["2020-01-01", "R_2", "4", "1"]]
    assert named(rows) == (3, asked, "2020-01-01")
    text = (
        "Respondent ID,Your name,Rate these films,,,Any comments?\n"
        ",Open-Ended Response,Alien,Heat,Up,Open-Ended Response\n"
        "11,Ana,5,3,,fine\n12,Bo,4,3,1,\n13,Cleo,4,2,1,\n"
    )
    n, names, first = named(records(text))
    assert (n, first) == (2, "11")
    form = forms.understood(names, records(text)[2:])
    assert [name for _, name in form.items] == ITEMS and form.user == "Your name"
    assert form.left_out == ("Respondent ID", "Any comments?")


GOOGLE = ["Timestamp", "Email Address", "Your first name", *(f"Rate these [{i}]" for i in ITEMS)]
WHEN = datetime.datetime(2023, 5, 1, 14, 3)


@pytest.mark.parametrize(
    ("names", "rows", "user", "timestamp", "question"),
    [
        (GOOGLE, [[WHEN, "a@x.org", "Ana", 5, 3, None], [WHEN, "b@x.org", "Bo", 4, 2, 1]],
         "Your first name", "Timestamp", "Rate these"),
        (GOOGLE, [[WHEN, "a@x.org", "Ana", 5, 3, None], [WHEN, "b@x.org", "Ana", 4, 2, 1]],
         "Email Address", "Timestamp", "Rate these"),  # two are called Ana
        (["ID", "Start time", "Completion time", "Email", "Name", *ITEMS],
         [[1, WHEN, WHEN, "anonymous", None, 5, 3, 1], [2, WHEN, WHEN, "anonymous", None, 4, 2, 1]],
         "ID", "Start time", ""),
        (["Response", "Submitted on:", "Institution", "Full name",
          *(f"Q01_Films->{i}" for i in ITEMS)],
         [["1", "10/05/2023 09:00", "", "Ana X", "5", "3", "1"],
          ["2", "10/05/2023 09:01", "", "Bo Y", "4", "2", ""]],
         "Full name", "Submitted on:", "Q01_Films"),
        (["Start Date", "IP Address", "Progress", "Finished", "Response ID", "How old are you?",
          *(f"Do you like it? - {i}" for i in ITEMS)],
         [["2020-01-01", "1.2.3.4", "100", "True", "R_1", "33", "5", "3", "1"],
          ["2020-01-01", "1.2.3.4", "100", "True", "R_2", "33", "4", "2", "1"]],
         "Response ID", "Start Date", "Do you like it?"),
        (["Horodateur", "Quel est ton prénom ?", *ITEMS, "Commentaires"],
         [["01/02/2023 10:00", "Ana", "5", "3", "1", "très bien"],
          ["01/02/2023 10:00", "Zoé", "4", "2", "1", ""]],
         "Quel est ton prénom ?", "Horodateur", ""),
        (["Zeitstempel", *ITEMS], [["1.2.2023", "5", "3", "1"], ["1.2.2023", "4", "2", "1"]],
         None, "Zeitstempel", ""),
    ],
)  # fmt: skip
def test_forms(names, rows, user, timestamp, question):
    form = forms.understood(names, rows)
    assert [name for _, name in form.items] == ITEMS
    assert (form.user, form.timestamp, form.question) == (user, timestamp, question)
    columns = {column for column, _ in form.items}
    assert set(form.left_out) == set(names) - columns - {user, timestamp}
    assert form.sure


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (["user", "item", "rating", "timestamp"], [["a", "x", "5", "100"], ["b", "y", "4", "101"]]),
        (["name", *ITEMS], [["Ana", "5", "3", "1"], ["Bo", "4", "2", "1"]]),
        (["", *ITEMS], [["Ana", "5", "3", "1"], ["Bo", "4", "2", "1"]]),
        (["id", "Star Wars: A New Hope", "Up", "What? No!"], [["1", "5", "3", "1"]]),
        (["Alien [1979]", "Heat", "Up"], [["5", "3", "1"]]),
    ],
)
def test_plain_tables_are_no_forms(names, rows):
    assert forms.understood(names, rows) is None


def test_a_list_of_ratings_with_times_and_addresses_is_no_sure_form():
    rows = [["2020-01-01", "a@x.org", "Alien", "5"], ["2020-01-02", "b@x.org", "Up", "4"]]
    form = forms.understood(["Timestamp", "Email", "Film", "Rating"], rows)
    assert form is None or not form.sure


def test_names_of_items_lose_the_question_only_where_they_share_it():
    assert forms.item_names(["user", "How? [A]", "How? [B]"]) == ["user", "A", "B"]
    assert forms.item_names(["Liked? [A]", "Liked? [B]", "Seen? [A]", "Seen? [B]"]) == [
        "Liked? [A]", "Liked? [B]", "Seen? [A]", "Seen? [B]",
    ]  # fmt: skip
    films = ["Alien [1979]", "Heat [1995]", "Face/Off", "Kill Bill - Vol. 1", "Who? What?"]
    assert forms.item_names(films) == films


# --- keys -----------------------------------------------------------------------------------------

words = st.text("abcdefgh é", min_size=1, max_size=6).map(str.strip).filter(bool)


@settings(max_examples=80)
@given(
    pairs=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=4, unique=True),
    form=st.sampled_from(["r{}_c{}", "{}:{}", "({}, {})", "u{}-i{}", "{}|{}", "[{} {}]", "{}::{}"]),
)
def test_keys_of_ids(pairs, form):
    column = pd.Series([form.format(*pair) for pair in pairs], dtype=object)
    key = keys.understood(column)
    users, items = zip(*pairs, strict=True)
    if len(set(users)) == len(users) or len(set(items)) == len(items):
        return  # nothing repeats: too little to tell by
    begins = {"r{}_c{}": ("r", "c"), "u{}-i{}": ("u", "i")}.get(form, ("", ""))
    found = keys.split(column, key)
    assert found[0].tolist() == [f"{begins[0]}{user}" for user in users]
    assert found[1].tolist() == [f"{begins[1]}{item}" for item in items]
    assert key.example == (column[0], found[0][0], found[1][0])


@settings(max_examples=50)
@given(
    users=st.lists(words, min_size=2, unique=True), items=st.lists(words, min_size=2, unique=True)
)
def test_keys_of_words(users, items):
    column = pd.Series([f"{user}|{item}" for user in users for item in items], dtype=object)
    found = keys.split(column, keys.understood(column))
    assert found[0].tolist() == [user for user in users for _ in items]
    assert found[1].tolist() == [item for _ in users for item in items]


def test_a_key_without_its_parts_says_nothing():
    column = pd.Series(["r1_c1", "r1_c2", "r2_c1", "r2_c2"], dtype=object)
    key = keys.understood(column)
    users, items = keys.split(pd.Series(["r1_c1", None, "r9", "r1_c1"], dtype=object), key)
    assert users.tolist() == ["r1", None, None, "r1"] and items.tolist() == ["c1", None, None, "c1"]


@pytest.mark.parametrize(
    "texts",
    [
        ["12:30", "12:31", "13:30", "13:31"],
        ["2020-01", "2020-02", "2021-01", "2021-02"],
        ["Ana Smith", "Bo Smith", "Ana Jones", "Bo Jones"],
        ["Ana", "Bo", "Cleo", "Dai"],
        ["4,5", "3,5", "4,0", "3,0", "4,5"],
        ["r1_c1", "r1_c1", "r2_c2", "r2_c2"],
        ["Spider-Man", "Spider-Woman", "Bat-Man", "Bat-Woman"],
        ["a_1", "b_2"],
    ],
)
def test_no_keys(texts):
    assert keys.understood(pd.Series(texts, dtype=object)) is None
