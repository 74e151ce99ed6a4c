"""Tables that are no ratings as people give them: each is named before use, with its remedy."""

from __future__ import annotations

import random

import numpy as np
import pytest

from recsys_core.errors import ReadError
from recsys_core.reading import inspect, read_ratings
from recsys_core.reading.surroundings import summary_below

DRAWN = random.Random(5)


def lines(header, rows, sign=","):
    body = [sign.join(map(str, row)) for row in rows]
    return "\n".join(([header] if header else []) + body).encode()


def doubts(data, name="a.csv", **said):
    return {doubt.code: doubt for doubt in inspect(data, name, **said).doubts}


# --- social graphs --------------------------------------------------------------------------------

# Everybody is tied to seven others and nobody to themselves; no self-loop is no chance: 490 rows of
# 70 people would have 7.
TIES = [(a, (a + step - 1) % 70 + 1, 1) for a in range(1, 71) for step in (1, 2, 3, 5, 8, 13, 21)]


@pytest.mark.parametrize("header", ["", "truster,trustee,trust", "from_node,to_node,weight"])
def test_a_list_of_who_trusts_whom_is_named(header):
    found = inspect(lines(header, TIES), "trust.csv")
    names = header.split(",") if header else ["column 1", "column 2", "column 3"]
    assert [found.user, found.item, found.rating] == names
    said = {doubt.code: doubt for doubt in found.doubts}["ties"]
    assert "social graph" in said.sentence and said.control == "item"


def test_numbers_of_users_and_items_from_one_on_are_no_graph():
    pairs = {(DRAWN.randint(1, 70), DRAWN.randint(1, 70)) for _ in range(490)}
    assert any(a == b for a, b in pairs)
    assert "ties" not in doubts(lines("", [(a, b, 1) for a, b in sorted(pairs)]))


# --- logs -----------------------------------------------------------------------------------------

LOG = [
    (n % 40, 100 + n * n % 37, ["view", "view", "view", "cart", "buy"][n % 5], 1_400_000_000 + n)
    for n in range(600)
]


@pytest.mark.parametrize("header", ["", "user_id,item_id,event,time"])
def test_which_events_of_a_log_count_can_be_chosen(header):
    data = lines(header, LOG)
    found = inspect(data, "log.csv")
    assert found.events == ("view", "cart", "buy") and found.implicit
    assert found.user == (header and "user_id" or "column 1")
    said = {doubt.code: doubt for doubt in found.doubts}["events"]
    assert said.control == "only" and "(“view”, “cart”, “buy”)" in said.sentence
    bought = {(user, item) for user, item, event, _ in LOG if event == "buy"}
    ratings = found.change(only=("buy",)).read()
    assert ratings.n_ratings == len(bought)
    assert "120 of 600 rows count" in " ".join(ratings.report.remarks)
    assert "events" not in doubts(data, only="buy")


def test_rows_of_two_kinds_each_with_a_number_are_told_apart():
    rows = [(u, f"game {g}", kind, hours, 0) for u in range(9) for g in range(u % 3, 9)
            for kind, hours in (("purchase", 1.0), ("play", u + g / 4 + 0.1))]  # fmt: skip
    found = inspect(lines("", rows), "steam.csv")
    assert (found.event, found.rating) == ("column 3", "column 4")
    assert {doubt.code for doubt in found.doubts} >= {"events"}
    ratings = found.change(only="play").read()
    frame = ratings.to_frame().set_index(["user", "item"])["rating"]
    assert len(frame) == len(rows) // 2
    assert frame[("4", "game 7")] == pytest.approx(4 + 7 / 4 + 0.1)


def test_the_rows_that_count_of_a_large_log_are_those_of_the_whole_file():
    rows = [(n % 997, n * 7 % 1009, ["view", "buy"][n % 10 == 0], 1_400_000_000 + n)
            for n in range(200_000)]  # fmt: skip
    found = inspect(lines("visitorid,itemid,event,time", rows), "log.csv", only=("buy",))
    assert found.sampled
    ratings = found.read()
    assert ratings.values.sum() == sum(event == "buy" for _, _, event, _ in rows)
    with pytest.raises(ReadError, match="No row of .* has “sell” in column “event”"):
        read_ratings(lines("visitorid,itemid,event,time", rows[:900]), only="sell")


def test_words_beside_a_rating_are_no_events():
    rows = [(u, i, 1 + (u + i) % 5, ["tom", "ann"][u % 2]) for u in range(20) for i in range(9)]
    assert inspect(lines("user,item,rating,helper", rows), "a.csv").event is None


# --- baskets --------------------------------------------------------------------------------------

GOODS = ["milk", "bread", "butter", "eggs", "tea", "beer", "wine", "rice"]
BASKETS = [[GOODS[(n + k * k) % 8] for k in range(1 + n % 3)] for n in range(60)]


@pytest.mark.parametrize("sign", [",", ";", " "])
def test_a_line_for_each_basket_is_refused_by_name(sign):
    goods = {good: str(at) if sign == " " else good for at, good in enumerate(GOODS)}
    data = lines("", [[goods[good] for good in basket] for basket in BASKETS], sign)
    with pytest.raises(ReadError, match="seems to list market baskets, a line each"):
        inspect(data, "groceries.csv")


def test_lists_within_cells_are_refused_by_name():
    data = lines("basket,items", [(n, '"' + ",".join(b) + '"') for n, b in enumerate(BASKETS)])
    assert "cells of column “items” hold several items" in str(inspect(data, "b.csv").problem)


def test_baskets_stand_for_users_where_nobody_is_named():
    rows = [(n, good) for n, basket in enumerate(BASKETS) for good in set(basket)]
    found = inspect(lines("TransactionID,Item", rows), "b.csv")
    assert (found.user, found.item, found.implicit) == ("TransactionID", "Item", True)
    assert [(doubt.code, doubt.control) for doubt in found.doubts] == [("baskets", "user")]


# --- persons, and nobody --------------------------------------------------------------------------


def test_a_table_of_persons_is_doubted_with_the_control_that_leaves_columns_out():
    rows = [(n, n % 2, 1 + n % 3, ["f", "m"][n % 2], 20 + n % 50, round(7.13 * (n % 13), 2))
            for n in range(60)]  # fmt: skip
    found = doubts(lines("PassengerId,Survived,Pclass,Sex,Age,Fare", rows))
    assert found["measures"].control == "left_out"


def test_reviews_without_who_wrote_them_have_no_user():
    rows = [(n, 700 + n * n % 40, 20 + n % 60, "Great" if n % 3 else "", f"It fits well {n}",
             1 + n % 5, n % 2, ["General", "Petite"][n % 2], ["Knits", "Pants"][n % 7 % 2])
            for n in range(300)]  # fmt: skip
    header = ",Dress ID,Age,Title,Review Text,Rating,Recommended IND,Division Name,Class Name"
    found = inspect(lines(header, rows), "reviews.csv")
    assert found.user is None and found.item == "Dress ID"
    assert "without who gave them" in str(found.problem)


# --- rows below that are computed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "of"), [("mean", lambda m: m.mean(axis=0).round(2)), ("sum", lambda m: m.sum(axis=0))]
)
@pytest.mark.parametrize("label", ["7b together", ""])
def test_a_last_row_that_is_computed_is_left_out_and_one_click_brings_it_back(word, of, label):
    marks = np.random.default_rng(4).integers(1, 6, (12, 4))
    rows = [(f"K{n}", *row) for n, row in enumerate(marks)] + [(label, *of(marks))]
    data = lines("Name,Alien,Heat,Ran,Up", rows)
    found = inspect(data, "class.csv")
    assert (found.footer, found.size) == (1, (12, 4, 48))
    [doubt] = found.doubts
    assert f"holds the {word} of each column" in doubt.sentence and doubt.control == "footer"
    assert found.change(footer=0).size[0] == 13


def test_rows_of_ratings_are_not_taken_for_computed_ones():
    drawn = np.random.default_rng(1)
    for step in (1.0, 0.5):
        for _ in range(2000):
            size = drawn.integers(4, 9), drawn.integers(3, 9)
            assert summary_below(drawn.integers(2, 11, size) * step) is None


def test_a_last_column_that_is_computed_is_left_out_whatever_it_is_called():
    marks = np.random.default_rng(4).integers(1, 6, (12, 4))
    rows = [(f"K{n}", *row, round(row.mean(), 2)) for n, row in enumerate(marks)]
    assert inspect(lines("Name,Alien,Heat,Ran,Up,together", rows), "a.csv").left_out == (
        "together",
    )
    points = lines("Name,Quiz 1,Quiz 2,Points", [("Ana", 5, 3, 8), ("Bo", 4, 2, 6), ("Cy", 1, 5, 6),
                                                 ("Di", 2, 2, 4)])  # fmt: skip
    assert inspect(points, "a.csv").left_out == ("Points",)


# --- small, and of other kinds --------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["name,Alien,Heat,Points", "Student,Math,Art,Score", "child,apple,pear,score"]
)
def test_a_small_matrix_with_points_is_one_of_users_and_items(header):
    data = lines(header, [("Ana", 5, 3, 4), ("Bo", 4, 2, 5), ("Cleo", 1, 5, 3)])
    found = inspect(data, "class.csv")
    assert (found.layout, found.size) == ("wide", (3, 3, 9))
    long = lines("name,film,score", [("Ana", "Heat", 4), ("Bo", "Heat", 5), ("Cleo", "Up", 3)])
    assert inspect(long, "class.csv").layout == "long"


def test_rows_that_are_only_numbered_keep_their_names():
    rows = [(n + 1, name, 5 - n % 3, 1 + n % 4, 3) for n, name in enumerate(["Ana", "Bo", "Cy"])]
    found = inspect(lines("Nr,Name,Alien,Heat,Ran", rows), "class.csv")
    assert (found.user, found.left_out) == ("Name", ("Nr",))
    assert sorted(found.read().users) == ["Ana", "Bo", "Cy"]


def _matrix(columns, rows, value):
    return lines("," + ",".join(columns), [(r, *(value(r, c) for c in columns)) for r in rows])


PEOPLE = ["Ana", "Bo", "Cy", "Di"]


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("square", _matrix(PEOPLE, PEOPLE, lambda a, b: abs(ord(a[0]) - ord(b[0])))),
        ("item_times", _matrix(["2024-01-08", "2024-01-15", "2024-01-22"], PEOPLE,
                               lambda a, b: int(len(a + b) % 3 > 0))),
        ("summaries", _matrix(["mean", "n", "std"], PEOPLE, lambda a, b: len(a) + len(b) / 8)),
        ("tags", lines("userId,movieId,tag,timestamp",
                       [(n % 9, n % 7, ["fun", "noir", "war"][n % 3], 1_400_000_000 + n)
                        for n in range(60)])),
        ("compared", lines("user,preferred,other",
                           [(n % 9, GOODS[n % 8], GOODS[(n + 1 + n % 5) % 8]) for n in range(60)])),
    ],
)  # fmt: skip
def test_other_tables_are_named_too(code, data):
    assert code in doubts(data)


def test_a_catalogue_and_texts_without_names_of_columns_are_refused():
    films = "\n".join(f"{n}::Film {n} (1985)::Drama|War" for n in range(1, 40))
    with pytest.raises(ReadError, match="catalogue or a table of users"):
        read_ratings(films.encode())
    said = ["positive", "negative"]
    texts = [(f"I saw it {n} times and it was good" + " again" * (n % 4), said[n % 2])
             for n in range(30)]  # fmt: skip
    with pytest.raises(ReadError, match="neither who wrote them nor on what"):
        read_ratings(lines("review,sentiment", texts))


def test_pairs_with_a_time_and_without_names_have_no_rating():
    rows = [(n % 40, 50 + n * n % 37, 1_400_000_000 + 60 * n) for n in range(300)]
    found = inspect(lines("", rows, "\t"), "a.tsv")
    names = (found.user, found.item, found.rating, found.timestamp)
    assert names == ("column 1", "column 2", None, "column 3") and found.implicit
