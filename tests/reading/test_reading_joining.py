"""Ratings with a catalogue and a table of users: which is which, and what each adds."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.ratings import Ratings
from recsys_core.reading import inspect
from recsys_core.reading.cells import Table
from recsys_core.reading.child import in_child
from recsys_core.reading.joining import joined, told_apart


def table(names, *rows):
    return Table(pd.DataFrame(rows, dtype=object), list(names), lambda row: f"line {row + 2}")


def ratings(users=("1", "2", "3"), items=("1", "2", "3", "4"), noun="item"):
    rows = [(u, i, 1 + (a + 2 * b) % 5) for a, u in enumerate(users) for b, i in enumerate(items)
            if (a + b) % 3]  # fmt: skip
    return Ratings.from_frame(
        pd.DataFrame(rows, columns=["user", "item", "rating"]), item_noun=noun
    )


FILMS = table(
    ["movieId", "title", "genres", "year", "imdbId"],
    ("4", "Up", "Animation", "2009", "0052"),
    ("2", "Heat", "Crime", "1995", "0113277"),
    ("9", "Ran", "Drama", "1985", "0089881"),
    ("1", "Alien", "Horror|SF", "1979", "0078748"),
)
PEOPLE = table(
    ["userId", "age", "sex", "zip"],
    ("1", "31", "f", "01234"), ("2", "", "m", "98765"), ("3", "58", "f", "55555"),
)  # fmt: skip


def test_a_catalogue_gives_titles_and_a_table_of_users_the_rest():
    found = joined(ratings(), [("people.csv", PEOPLE), ("films.csv", FILMS)])
    assert found.items == ["1", "2", "3", "4"] and found.item_noun == "film"
    assert found.item_names == ["Alien", "Heat", "3", "Up"]
    assert found.item_info["genres"].tolist()[:2] == ["Horror|SF", "Crime"]
    assert found.item_info["imdbId"].tolist()[:2] == ["0078748", "0113277"]  # no number: 007
    assert found.item_info["year"].tolist()[0] == 1979 and pd.isna(found.item_info["year"][2])
    assert found.user_info["sex"].tolist() == ["f", "m", "f"]
    assert found.user_info["age"].fillna(0).tolist() == [31, 0, 58]
    assert found.user_info["zip"].tolist()[0] == "01234"
    assert list(found.report.remarks) == [
        "“people.csv” tells of all 3 users (age, sex, zip).",
        "“films.csv” tells of 3 of 4 films (title, genres, year, imdbId); the others are not in "
        "its column “movieId”.",
    ]
    assert found.fingerprint == ratings().fingerprint


@pytest.mark.parametrize(
    ("items", "ids"),
    [
        (["0042", "0007", "0100"], ["42", "7", "100"]),
        (["42", "7", "100"], ["0042", "0007", "0100"]),
        (["tt0042", "tt0007", "tt0100"], ["42", "7", "100"]),
        (["Heat", "ALIEN", "the  ran"], ["heat", "Alien", "The Ran"]),
        ([42, 7, 100], [42.0, 7.0, 100.0]),
    ],
)
def test_ids_written_otherwise_are_the_same(items, ids):
    rated = ratings(items=items)
    catalogue = table(["id", "title"], *((id_, f"title of {at}") for at, id_ in enumerate(ids)))
    found = joined(rated, [("x.csv", catalogue)])
    wanted = {str(item): f"title of {at}" for at, item in enumerate(items)}
    assert dict(zip(map(str, found.items), found.item_info["title"], strict=True)) == wanted


def test_leading_zeros_that_tell_two_items_apart_stay():
    catalogue = table(["id", "title"], ("7", "Seven"), ("007", "Bond"))
    found = joined(ratings(items=["007", "7", "8"]), [("x.csv", catalogue)])
    assert dict(zip(found.items, found.item_names, strict=True)) == {
        "007": "Bond", "7": "Seven", "8": "8",
    }  # fmt: skip


def test_numbers_that_both_sides_have_go_where_more_fit():
    rated = ratings(users=[str(n) for n in range(1, 10)], items=[str(n) for n in range(1, 31)])
    catalogue = table(["id", "name"], *((str(n), f"thing {n}") for n in range(1, 31)))
    found = joined(rated, [("x.csv", catalogue)])
    assert found.user_info is None and found.item_names[29] == "thing 30"


def test_a_second_catalogue_completes_the_first():
    more = table(["movieId", "title", "director"], ("3", "Brazil", "Gilliam"), ("1", "no", "Scott"))
    found = joined(ratings(), [("films.csv", FILMS), ("more.csv", more)])
    assert found.item_names == ["Alien", "Heat", "Brazil", "Up"]
    assert found.item_info["director"].tolist()[2] == "Gilliam"


def test_other_tables_are_left_out_and_said():
    found = joined(ratings(), [("x.csv", table(["isbn", "title"], ("a", "A"), ("b", "B")))])
    assert found.item_info is None and found.item_names == ratings().item_names
    assert found.report.remarks == (
        "“x.csv” was left out: no column of it has the items or users of the ratings.",
    )


def test_books_without_a_column_called_title():
    catalogue = table(["ISBN", "Book", "Author"], ("1", "Emma", "Austen"), ("2", "Kim", "Kipling"))
    found = joined(ratings(), [("x.csv", catalogue)])
    assert found.item_names[:2] == ["Emma", "Kim"] and found.item_noun == "book"


def test_tables_are_told_apart():
    rows = [(u, i, 1 + (int(u) + int(i)) % 5) for u in "123" for i in "1234"]
    rated = table(["userId", "movieId", "rating"], *rows)
    bought = table(["customer", "product"], *(row[:2] for row in rows))
    assert told_apart([FILMS, rated, PEOPLE]) == ([1], [0, 2])
    assert told_apart([bought, FILMS]) == ([0], [1])
    assert told_apart([FILMS, PEOPLE]) == ([], [0, 1])
    assert told_apart([rated, rated]) == ([0, 1], [])


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 10**6), min_size=3, max_size=25, unique=True),
    st.integers(0, 2**31),
    st.sampled_from(["{}", "{:07d}", "B{:06d}", "tt{}"]),
)
def test_every_item_gets_its_own_row(numbers, seed, form):
    generator = np.random.default_rng(seed)
    items = [form.format(number) for number in numbers]
    rated = ratings(users=["ana", "bo", "cy", "dee"], items=items)
    listed = generator.permutation(items)[: max(1, len(items) - 1)]
    catalogue = table(["title", "item"], *((f"title of {item}", item) for item in listed))
    found = joined(rated, [("x.csv", catalogue)])
    for item, name in zip(found.items, found.item_names, strict=True):
        assert name == (f"title of {item}" if item in listed else str(item))


# --- before use, and from one file ----------------------------------------------------------------


def _database(**tables):
    with closing(sqlite3.connect(":memory:")) as database:
        for name, one in tables.items():
            frame = pd.DataFrame(one.body.to_numpy(), columns=one.names)
            frame.to_sql(name, database, index=False)
        return database.serialize()


RATED = table(["userId", "movieId", "rating"],
              *[(u, i, str(1 + (int(u) + int(i)) % 5)) for u in "123" for i in "1234"])  # fmt: skip
# Its numbers are those of films by chance.
OPTIONS = table(["name", "value"], ("theme", "1"), ("page", "7"))


def test_the_other_tables_of_a_database_are_joined_as_files_brought_together_are():
    data = _database(options=OPTIONS, people=PEOPLE, ratings=RATED, films=FILMS)
    draft = inspect(data, "all.sqlite")
    said = (
        "“people” tells of all 3 users (age, sex, zip).",
        "“films” tells of 3 of 4 films (title, genres, year, imdbId); the others are not in its "
        "column “movieId”.",
    )
    assert draft.sheet == "ratings" and draft.joins == said  # before use
    found = draft.read()
    assert found.report.remarks == said
    assert found.item_names == ["Alien", "Heat", "3", "Up"]
    assert found.user_info["sex"].tolist() == ["f", "m", "f"]
    assert "value" not in found.item_info and "theme" not in found.item_info.to_numpy()


def test_how_much_of_the_ratings_a_catalogue_knows_is_said_before_use():
    files = [
        (name, pd.DataFrame(one.body.to_numpy(), columns=one.names).to_csv(index=False).encode())
        for name, one in (("ratings.csv", RATED), ("films.csv", FILMS), ("options.csv", OPTIONS))
    ]
    draft = in_child(files, what="inspect")  # as the page does
    assert [one.split(" (")[0] for one in draft.joins] == [
        "“films.csv” tells of 3 of 4 films",
        "“options.csv” was left out: no column of it has the films or users of the ratings.",
    ]
