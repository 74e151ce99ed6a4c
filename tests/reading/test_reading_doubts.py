"""Doubts: none where a table is what it seems, the right one where it is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.reading import inspect
from recsys_core.reading.cells import Table, as_numbers
from recsys_core.reading.column_roles import Roles, by_content, by_name
from recsys_core.reading.doubts import of_long, of_wide, refusal
from recsys_core.text import Text


def table(names, rows):
    return Table(pd.DataFrame(rows, dtype=object), list(names), lambda row: f"line {row + 2}")


def found(names, rows, roles):
    made = table(names, rows)
    numbers = np.ones(len(rows)) if roles.rating is None else as_numbers(made[roles.rating])[0]
    doubts = of_long(made, roles, numbers)
    for doubt in doubts:
        assert isinstance(doubt.sentence, Text) and doubt.sentence.endswith(".")
        assert "\n" not in doubt.sentence and len(doubt.sentence) < 260
    return {doubt.code: doubt.control for doubt in doubts}


def triples(n_users=25, n_items=15, share=0.5, seed=0):
    generator = np.random.default_rng(seed)
    rated = np.argwhere(generator.random((n_users, n_items)) < share)
    return [(f"u{u}", f"i{i}", int(generator.integers(1, 6))) for u, i in rated]


HEAD = ("user", "item", "rating")
ROLES = Roles(*HEAD)


@settings(max_examples=40)
@given(
    n_users=st.integers(8, 40),
    n_items=st.integers(5, 40),
    seed=st.integers(0, 2**31),
    ids=st.sampled_from(["{}", "user {}", "{:010d}", "20{:04d}"]),
    scale=st.sampled_from(["1-5", "halves", "1-10", "0-100", "-10 to 10", "plays"]),
)
def test_ordinary_ratings_raise_no_doubt(n_users, n_items, seed, ids, scale):
    generator = np.random.default_rng(seed)
    rows = []
    for u, i, value in triples(n_users, n_items, 0.6, seed):
        value = {
            "1-5": value,
            "halves": value / 2,
            "1-10": 2 * value,
            "0-100": int(generator.integers(0, 101)),
            "-10 to 10": f"{generator.uniform(-10, 10):.2f}",
            "plays": int(np.ceil(generator.pareto(0.7) * 3 + 1)),
        }[scale]
        rows.append((ids.format(int(u[1:])), ids.format(int(i[1:])), str(value)))
    if len({row[2] for row in rows}) > 1 and len({row[0] for row in rows}) > 1:
        assert found(HEAD, rows, ROLES) == {}


def test_a_few_rows_raise_none_either():
    rows = [("anna", "Alien", 5), ("anna", "Brazil", 3), ("bob", "Alien", 4), ("cleo", "Up", 1)]
    assert found(HEAD, rows, ROLES) == {}


def test_each_kind_of_doubt_names_the_control_that_mends_it():
    rows = triples()
    n = len(rows)

    def doubt(names, make, roles=None):
        return found(names, [make(at, *row) for at, row in enumerate(rows)], roles or Roles(*names))

    assert doubt(HEAD, lambda at, u, i, r: ("ana", i, r)) == {"one_user": "user"}
    assert doubt(HEAD, lambda at, u, i, r: (u, "x", r))["one_item"] == "item"
    assert doubt(HEAD, lambda at, u, i, r: (f"u{at}", i, r)) == {"one_rating_each": "user"}
    assert doubt(HEAD, lambda at, u, i, r: (u, f"i{at}", r)) == {"items_unshared": "item"}
    by = [f"writer {at % 6}" for at in range(15)]  # who wrote each item
    assert doubt(HEAD, lambda at, u, i, r: (by[int(i[1:])], i, r)) == {"user_of_item": "user"}
    assert doubt(HEAD, lambda at, u, i, r: (u[:2], i[:2], r)) == {"repeated": "repeats"}
    assert doubt(HEAD, lambda at, u, i, r: (u, i, 1)) == {"all_equal": "rating"}
    assert doubt(HEAD, lambda at, u, i, r: (1990 + int(u[1:]), i, r)) == {"user_years": "user"}
    assert doubt(HEAD, lambda at, u, i, r: (u, f"2020-01-{int(i[1:]) + 1:02d}", r)) == {
        "item_times": "item"
    }
    assert doubt(HEAD, lambda at, u, i, r: (int(u[1:]) + 0.5, i, r)) == {"user_decimals": "user"}
    assert doubt(HEAD, lambda at, u, i, r: (u, i + " a long opinion" * 9, r)) == {
        "item_texts": "item"
    }
    names = ("author", "title", "rating")
    assert doubt(names, lambda at, u, i, r: (u, i, r)) == {"user_name": "user"}
    names = ("user", "item", "average rating")
    assert doubt(names, lambda at, u, i, r: (u, i, r)) == {"not_ones_own": "rating"}
    names = ("user", "item", "price")
    assert doubt(names, lambda at, u, i, r: (u, i, r)) == {"rating_name": "rating"}
    names = ("user", "item", "amount spent")
    assert "rating_name" in doubt(names, lambda at, u, i, r: (u, i, 1 + at * 2.25))
    assert doubt(("user", "item", "x"), lambda at, u, i, r: (u, i, 1 + at * 2.25)) == {
        "many_values": "rating"
    }
    assert doubt(("user", "item", "x"), lambda at, u, i, r: (u, i, 10**9 + at)) == {
        "many_values": "rating"
    }
    timed = Roles(*HEAD, timestamp="date")
    names = (*HEAD, "date")
    swapped = doubt(names, lambda at, u, i, r: (u, i, r, f"0{at % 9 + 1}/02/2020"), timed)
    assert swapped == {"day_or_month": "timestamp"}
    assert doubt(names, lambda at, u, i, r: (u, i, r, f"{at % 28 + 1}/02/2020"), timed) == {}
    assert n > 100


def test_a_sample_of_a_large_file_says_little_about_who_shares_what():
    made = table(HEAD, [(f"u{at}", f"i{at}", at % 5) for at in range(50)])
    numbers = as_numbers(made["rating"])[0]
    assert {doubt.code for doubt in of_long(made, ROLES, numbers)} == {"one_rating_each"}
    assert of_long(made, ROLES, numbers, sampled=True) == []


def test_plays_and_purchases_come_again():
    rows = [(u, i, r) for u, i, r in triples() for _ in range(2)]
    assert found(HEAD, rows, ROLES) == {"repeated": "repeats"}
    assert found(("user", "item", "plays"), rows, Roles("user", "item", "plays")) == {}
    assert found(HEAD, rows, Roles("user", "item")) == {}


def test_a_sentence_quotes_text_on_one_line():
    rows = [(f"by\n{'x' * 500}", i, r) for _, i, r in triples()]
    made = table(HEAD, rows)
    doubts = of_long(made, ROLES, as_numbers(made["rating"])[0])
    assert doubts and all("\n" not in doubt.sentence for doubt in doubts)
    assert all(len(doubt.sentence) < 260 for doubt in doubts)


WIDE = pd.DataFrame(
    [[1, 5, np.nan], [2, 4, 3], [np.nan, 1, 5]], index=list("abc"), columns=list("xyz")
)


def wide(**columns):
    return {doubt.code: doubt.control for doubt in of_wide(WIDE.assign(**columns))}


def test_wide_tables():
    assert wide() == {}
    assert wide(age=[20, 31, 25]) == {"beyond": "left_out"}
    assert wide(age=[20, 31, np.nan], year=[1999, 2000, 2001]) == {"beyond": "left_out"}
    assert wide(age=[20, 31, 25], empty=[np.nan] * 3) == {"beyond": "left_out"}
    assert wide(w=[5, 4, 5]) == {}
    assert {d.code for d in of_wide(WIDE.iloc[:1])} == {"one_user"}
    assert {d.code for d in of_wide(WIDE[["x"]])} == {"one_item"}
    assert {d.code for d in of_wide(WIDE * 0 + 1)} == {"all_equal"}
    assert {d.code: d.control for d in of_wide(WIDE.set_axis(["a", "b", "a"]))} == {
        "repeated": "user"
    }
    assert of_wide(WIDE * np.nan) == []


def test_measurements_and_prices_of_days_are_doubted():
    generator = np.random.default_rng(1)

    def columns(**ranges):
        made = {name: generator.uniform(*ends, 30).round(1) for name, ends in ranges.items()}
        return pd.DataFrame(made, index=[f"row {at}" for at in range(30)])

    measured = columns(length=(4, 8), width=(0.1, 2.5), weight=(3, 6))
    assert {d.code: d.control for d in of_wide(measured)} == {"measures": "left_out"}
    assert of_wide(columns(a=(-10, 10), b=(-8, 9), c=(-3, 10))) == []
    halves = (columns(a=(0, 5), b=(0, 2), c=(2.6, 5)) * 2).round() / 2  # liked, and not liked
    assert of_wide(halves) == []
    days = [f"2024-02-{day:02d}" for day in range(1, 30)]
    prices = pd.DataFrame({name: np.arange(29) + 100 for name in "xyz"}, index=days)
    assert {d.code: d.control for d in of_wide(prices)} == {"user_times": "user"}


def test_a_user_is_doubted_whose_column_is_called_otherwise_than_all_that_is_known():
    rows = triples()
    names = ("humidity", "item", "rating")
    assert found(names, rows, Roles(*names)) == {"user_name": "user"}
    names = ("ki", "mit", "mennyire")  # of a language of which no word is known
    assert found(names, rows, Roles(*names)) == {}
    names = ("user", "novel", "rating")  # of the many things that are rated
    assert found(names, rows, Roles(*names)) == {}


def refused(names, rows):
    made = table(names, rows)
    roles = by_content(made, by_name(made.names), ".")
    sentence = refusal(made, roles, "“x.csv”")
    assert sentence is None or (isinstance(sentence, Text) and sentence.endswith("."))
    return sentence


def test_tables_without_ratings_are_refused_as_what_they_are():
    n = 12
    films = [(str(at), f"Film {at}", 1980 + at, "Drama", 6.1 + at / 7) for at in range(n)]
    said = refused(["movie_id", "title", "year", "genres", "vote_average"], films)
    assert "catalogue" in said and "film" in said and "“year”" in said
    said = refused(["Title", "Year", "Director"], [row[1:4] for row in films])
    assert "catalogue" in said
    people = [(str(at), 20 + at, "mf"[at % 2]) for at in range(n)]
    assert "table of users" in refused(["userId", "age", "gender"], people)
    mine = [(f"Film {at}", 1 + at % 5) for at in range(n)]
    assert "one person" in refused(["Film", "Stars"], mine)
    export = [("2023-05-01", f"Film {at}", 1980 + at, f"https://x.org/{at}", 4) for at in range(4)]
    said = refused(["Date", "Name", "Year", "Letterboxd URI", "Rating"], export)
    assert "Letterboxd" in said and "several people" in said


def test_tables_with_ratings_are_not_refused():
    assert refused(HEAD, triples()) is None
    assert refused(["Name", "Movie", "Stars"], triples()) is None
    assert refused(["customer", "product"], [row[:2] for row in triples()]) is None
    export = [
        ("ana", "2023-05-01", f"Film {at}", 1980, f"https://x.org/{at}", at) for at in range(4)
    ]
    assert refused(["Who", "Date", "Name", "Year", "Letterboxd URI", "Rating"], export) is None


def test_many_zeros_among_ratings_are_doubted():
    lines = [
        f"{user},{book},{[0, 0, 7, 9, 5][(user + book) % 5]}"
        for user in range(6)
        for book in range(5)
    ]
    draft = inspect(("user,book,rating\n" + "\n".join(lines)).encode(), "books.csv")
    (doubt,) = [doubt for doubt in draft.doubts if doubt.control == "unrated"]
    assert "40%" in doubt.sentence
    assert not draft.change(unrated=(0,)).doubts
