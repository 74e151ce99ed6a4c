"""What stands around a table: titles, several lines of names, notes, totals, age and gender."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import ReadError
from recsys_core.reading import inspect, read_ratings
from recsys_core.reading.cells import decimal_mark
from recsys_core.reading.headers import joined
from recsys_core.reading.layout import footer_lines, header_lines
from recsys_core.reading.sources import Content
from recsys_core.reading.surroundings import asides, is_note, is_total
from recsys_core.reading.text import TextCells

ITEMS = ["Heat", "Up", "Ran", "Brazil"]
USERS = ["Ana", "Bo", "Cy", "Dai", "Eve"]
CELLS = [["5", "3", "", "1"], ["", "4", "2", "5"], ["1", "", "3", "2"], ["4", "2", "1", ""],
         ["3", "5", "", "4"]]  # fmt: skip
MATRIX = [["name", *ITEMS], *([user, *row] for user, row in zip(USERS, CELLS, strict=True))]
LONG = [["user", "item", "rating"], *([u, i, str(1 + (n + m) % 5)]
        for n, u in enumerate(USERS) for m, i in enumerate(ITEMS) if (n + m) % 3)]  # fmt: skip


def lines(rows, delimiter=","):
    return "\n".join(delimiter.join(row) for row in rows) + "\n"


def read(rows, delimiter=","):
    """What is read, as {(user, item): value}."""
    ratings = read_ratings(lines(rows, delimiter).encode())
    return {
        (ratings.users[u], ratings.items[i]): float(v)
        for u, i, v in zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    }


EXPECTED = {
    id(MATRIX): {(u, i): float(c) for u, row in zip(USERS, CELLS, strict=True)
                 for i, c in zip(ITEMS, row, strict=True) if c},
    id(LONG): {(u, i): float(v) for u, i, v in LONG[1:]},
}  # fmt: skip


@settings(max_examples=60)
@given(
    table=st.sampled_from([MATRIX, LONG]),
    above=st.lists(
        st.sampled_from(["Film night 2023", "Exported by a program", "", "Class 9b: films"]),
        max_size=3,
    ),
    padded=st.booleans(),
    below=st.lists(
        st.sampled_from(["Source: our own votes", "* estimated", "", "Note: blank is not seen"]),
        max_size=3,
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_titles_above_and_notes_below_are_no_part(table, above, padded, below, delimiter):
    def around(texts):
        return [[text, *([""] * (len(table[0]) - 1) if padded else [])] for text in texts]

    rows = [*around(above), *table, *around(below)]
    assert read(rows, delimiter) == EXPECTED[id(table)]
    found = TextCells(Content(lines(rows, delimiter).encode(), ""))
    assert found.names(1) == table[0]
    assert (
        found.first_line == lines(rows, delimiter).split("\n").index(delimiter.join(table[0])) + 1
    )
    # Once cut, there is nothing above any more.
    assert header_lines(found.sample()) == (0, 1)


def test_a_user_without_ratings_is_neither_title_nor_note():
    rows = [*MATRIX, ["Finn", "", "", "", ""]]
    assert read_ratings(lines(rows).encode()).users == [*USERS, "Finn"]
    assert header_lines([["Ana", "", "", "", ""], *MATRIX[1:]]) == (0, 0)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        # Codes, questions, programs' notes.
        ([["ID", "Q1", "Q2", "Q3"], ["Response", "Heat", "Up", "Ran"],
          ['{"id":"_r"}', '{"id":"1"}', '{"id":"2"}', '{"id":"3"}']],
         ["Response", "Heat", "Up", "Ran"]),
        # Names, types, roles.
        ([["user", "Heat", "Up", "Ran"], ["string", "continuous", "continuous", "continuous"],
          ["meta", "", "", ""]], ["user", "Heat", "Up", "Ran"]),
        # A pivot table: what the cells are, the items, the name of the index.
        ([["", "rating", "rating", "rating"], ["film", "Heat", "Up", "Ran"], ["user", "", "", ""]],
         ["user", "Heat", "Up", "Ran"]),
        ([["user", "Heat", "Up", "Ran"]], ["user", "Heat", "Up", "Ran"]),
    ],
)  # fmt: skip
def test_several_lines_of_names(header, names):
    rows = [[user, *row[:3]] for user, row in zip(USERS, CELLS, strict=True)]
    assert header_lines([*header, *rows]) == (0, len(header))
    assert joined(header, 4) == names


def test_words_among_ratings_are_no_second_line_of_names():
    rows = [["user", "item", "rating"], ["Ana", "Heat", "good"], *LONG[1:]]
    assert header_lines(rows) == (0, 1)
    answers = [MATRIX[0], ["Zoe", "not seen", "not seen", "not seen", "not seen"], *MATRIX[1:]]
    assert header_lines(answers) == (0, 1)


def test_names_above_words_that_come_again():
    rows = [["who", "jazz", "folk"], ["Ana", "agree", "disagree"], ["Bo", "disagree", "agree"],
            ["Cy", "agree", "agree"], ["Dai", "agree", "disagree"]]  # fmt: skip
    assert header_lines(rows)[1] == 1 and header_lines(rows[1:])[1] == 0


@pytest.mark.parametrize("summary", [np.nanmean, np.nansum, np.nanmedian])
@pytest.mark.parametrize("name", ["Average", "Total", "Durchschnitt", "Moyenne", "среднее"])
def test_rows_and_columns_of_totals_are_left_out_and_said(name, summary):
    values = np.array([[float(cell or "nan") for cell in row] for row in CELLS])
    rows = [[*MATRIX[0], name]]
    rows += [[*row, f"{summary(v):.2f}"] for row, v in zip(MATRIX[1:], values, strict=True)]
    rows.append([name, *(f"{summary(v):.2f}" for v in values.T), f"{summary(values):.2f}"])
    assert read(rows) == EXPECTED[id(MATRIX)]
    assert len(inspect(lines(rows).encode()).remarks) >= 2


def test_what_is_called_a_total_but_is_none_stays():
    rows = [
        ["name", "Total", "Up", "Ran"],
        *([u, *r[:3]] for u, r in zip(USERS, CELLS, strict=True)),
    ]
    assert asides(rows[0], rows[1:], labels=True) == []
    # “Ø” may be a person: only the numbers tell.
    assert footer_lines([*MATRIX, ["Ø", "1", "1", "5", "1"]], 5) == 0
    assert footer_lines([*MATRIX, ["Ø", "3.25", "3.5", "2", "3"]], 5) == 1
    assert is_total("Grand Total") and is_total(" Ø ") and not is_total("Total Recall")
    assert is_note("Quelle: eigene Umfrage") and not is_note("Noted")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("age", ["20", "31", "19", "45", "22"]),
        ("Geschlecht", ["w", "m", "w", "d", "m"]),
        ("gender", ["1", "2", "1", "1", "2"]),
        ("Year of birth", ["1999", "2001", "1987", "1990", "2003"]),
        ("home town", ["Oslo", "Rome", "Oslo", "Bern", "Lima"]),
        ("membership", ["10234", "10871", "10002", "19999", "12345"]),
    ],
)
def test_what_describes_people_is_left_out_of_a_matrix(name, column):
    rows = [[row[0], what, *row[1:]] for row, what in zip(MATRIX, [name, *column], strict=True)]
    assert [aside.position for aside in asides(rows[0], rows[1:], labels=True)] == [1]
    assert read(rows) == EXPECTED[id(MATRIX)]


def test_ratings_and_answers_are_not_what_describes_people():
    assert asides(MATRIX[0], MATRIX[1:], labels=True) == []
    # “Class” is a film here; nobody has seen “Ran”; a play count may be any number.
    films = [["name", "Class", "Up", "Ran"], ["a", "4", "3", "not seen"],
             ["b", "2", "not seen", "not seen"], ["c", "5", "1", "not seen"]]  # fmt: skip
    assert asides(films[0], films[1:], labels=True) == []
    plays = [["name", "Alpha", "Beta", "Gamma"], ["a", "900", "3", "12"], ["b", "700", "1", "40"]]
    assert asides(plays[0], plays[1:], labels=True) == []


# --- numbers --------------------------------------------------------------------------------------


def rated(*cells):
    return [["user", "item", "plays"], *([f"u{n}", f"i{n}", cell] for n, cell in enumerate(cells))]


@pytest.mark.parametrize(
    ("cells", "delimiter", "mark"),
    [
        (["1.204", "17", "3.000"], ";", ","),  # thousands beside whole numbers
        (["1.204", "17", "1.000.500"], ",", ","),  # twice in one number
        (["1.204", "17", "3.000"], "tab", ","),  # no program writes the zeros of a decimal
        (["1.204", "17", "3.001"], "tab", "."),
        (["1.204", "2.5", "3"], ";", "."),
        (["0.125", "3", "2.375"], ";", "."),
        (["3.125", "4.250", "2.875"], ";", "."),
        (["3,125", "4,250", "2,875"], ";", ","),  # of thousands, some number has fewer digits
        (["1,250", "3", "12,000"], ";", "."),
        (["3,5", "4", "2"], ";", ","),
    ],
)
def test_marks_of_thousands_are_told_from_the_whole_column(cells, delimiter, mark):
    assert decimal_mark(rated(*cells), delimiter) == mark


def test_a_column_of_keys_that_is_called_a_rating_is_no_rating_any_more():
    pairs = "\n".join(f"x,{user}_{item},y" for user in range(1, 6) for item in range(1, 5))
    draft = inspect(f"note,rating,word\n{pairs}\n".encode(), key="rating")
    assert draft.rating != "rating" and draft.key == "rating"


def test_a_whole_number_beyond_all_floats_is_named():
    rows = [{"user": f"u{n}", "item": f"i{n % 3}", "rating": n % 5} for n in range(9)]
    data = json.dumps([*rows, {"user": "u", "item": "i1", "rating": 10**400}]).encode()
    with pytest.raises(ReadError, match="is not a number"):
        read_ratings(data, name="x.json")
