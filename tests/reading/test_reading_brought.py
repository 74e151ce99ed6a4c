"""Files as teachers, students and analysts bring them: each read as its maker meant it."""

from __future__ import annotations

import csv
import io
import random
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
import scipy.io

from recsys_core.errors import ReadError
from recsys_core.reading import answers, inspect, read_ratings

FILMS = ["Alien", "Brazil", "Casablanca", "Dune", "Fargo"]
NAMES = ["Anna", "Bert", "Carla", "David", "Emma", "Farid", "Greta", "Hugo", "Ines", "Jonas"]


def text(*rows, sep=","):
    file = io.StringIO()
    csv.writer(file, delimiter=sep, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()


def cells(ratings):
    """{(user, item): value} by label."""
    return {
        (str(ratings.users[u]), str(ratings.items[i])): float(v)
        for u, i, v in zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    }


def drawn(values, n_rows=10, n_columns=5, seed=0):
    generator = random.Random(seed)
    return [[generator.choice(values) for _ in range(n_columns)] for _ in range(n_rows)]


def test_an_anonymous_form_of_microsoft_is_one_row_a_person():
    numbers = drawn([1, 2, 3, 4, 5])
    head = ["ID", "Start time", "Completion time", "Email", "Name", *FILMS]
    for names, users in ((NAMES, NAMES), ([None] * 10, [str(n) for n in range(1, 11)])):
        book = openpyxl.Workbook()
        book.active.append(head)
        for at, row in enumerate(numbers):
            when = f"2024-03-01 10:{at:02d}:00"
            book.active.append([at + 1, when, when, "anonymous", names[at], *row])
        file = io.BytesIO()
        book.save(file)
        found = cells(read_ratings(file.getvalue()))
        assert found == {
            (users[u], film): float(numbers[u][i])
            for u in range(10)
            for i, film in enumerate(FILMS)
        }


# The five answers of each set, the lowest first, and what means “not rated” beside them.
@pytest.mark.parametrize(
    ("said", "unrated"),
    [
        (
            "zdecydowanie się nie zgadzam|raczej się nie zgadzam|trudno powiedzieć|"
            "raczej się zgadzam|zdecydowanie się zgadzam",
            "nie oglądałem",
        ),
        ("очень плохо|плохо|удовлетворительно|хорошо|отлично", "не смотрела"),
        ("полностью не согласен|не согласен|нейтрально|согласен|полностью согласен", "не знаю"),
        ("很差|较差|还行|推荐|力荐", "没看过"),
        ("非常不同意|不同意|一般|同意|非常同意", "未观看"),
        ("とても悪い|悪い|普通|良い|とても良い", "見ていない"),
        (
            "Per niente d'accordo|Poco d'accordo|Abbastanza d'accordo|Molto d'accordo|"
            "Completamente d'accordo",
            "Non visto",
        ),
    ],
)
def test_answers_of_more_languages(said, unrated):
    ascending = said.split("|")
    rows = drawn([*ascending, unrated])
    draft = inspect(text(["Name", *FILMS], *([n, *r] for n, r in zip(NAMES, rows, strict=True))))
    assert dict(draft.answers) == {word: n for n, word in enumerate(ascending, 1)}
    assert draft.unrated == (unrated,)
    assert (draft.scale.low, draft.scale.high) == (1, 5)


def test_four_italian_answers_stay_four():
    four = ["Per niente d'accordo", "Poco d'accordo", "Abbastanza d'accordo", "Molto d'accordo"]
    found = answers.understood(dict.fromkeys(four, 5))
    assert dict(found.pairs) == {word: n for n, word in enumerate(four, 1)}
    assert (found.scale.low, found.scale.high) == (1, 4)


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "cp850", "iso8859-15"])
@pytest.mark.parametrize("head", ["élève;film;note", "who;film;mark"])
def test_few_french_words_are_read_in_the_encoding_they_were_written_in(encoding, head):
    pairs = [("Chloé", "Léon"), ("Anna", "Dune"), ("Zoé", "Amélie"), ("Chloé", "Dune")]
    rows = [[user, film, n % 5 + 1] for n, (user, film) in enumerate(pairs)]
    data = text(head.split(";"), *rows, sep=";").decode().encode(encoding)
    assert set(cells(read_ratings(data))) == set(pairs)
    assert inspect(data).columns == tuple(head.split(";"))


def test_a_matrix_is_doubted_before_it_is_used():
    days = [
        [f"2024-02-{day:02d}", 100 + day, 101 + day, 99 + day, 100 + day, 10**6 + 37 * day]
        for day in range(1, 29)
    ]
    data = text(["Date", "Open", "High", "Low", "Close", "Volume"], *days)
    draft = inspect(data, "stocks.csv")
    assert {doubt.code for doubt in draft.doubts} == {"beyond", "user_times"}
    said = read_ratings(data).report.sentences()
    assert all(doubt.sentence in said for doubt in draft.doubts)


def test_codes_of_answers_of_limesurvey_are_their_numbers():
    rows = drawn([1, 2, 3, 4, 5])
    head = ["id", "submitdate", "startlanguage", *(f"G1Q1[SQ00{n}]" for n in range(1, 6))]
    coded = [
        [n, "2024-01-02 10:00:00", "de", *(f"AO0{x}" for x in row)] for n, row in enumerate(rows, 1)
    ]
    coded[0][-1] = "-oth-"
    found = cells(read_ratings(text(head, *coded, sep=";")))
    expected = {(str(u + 1), f"SQ00{i + 1}"): rows[u][i] for u in range(10) for i in range(5)}
    del expected["1", "SQ005"]
    assert found == expected
    # Elsewhere the same texts are somebody's names.
    long = text(["user", "item", "rating"], ["A1", "A2", 3], ["A2", "A1", 4], ["A1", "A3", 5])
    assert set(cells(read_ratings(long))) == {("A1", "A2"), ("A2", "A1"), ("A1", "A3")}


def test_a_question_written_once_above_its_items():
    rows = drawn([1, 2, 3, 4, 5])
    head = ["Respondent ID", "Collector ID", "Start Date", "How do you rate these?", "", "", "", ""]
    body = [[1000 + n, 4, "03/01/2024", *row] for n, row in enumerate(rows)]
    found = cells(read_ratings(text(head, ["", "", "", *FILMS], *body)))
    assert found == {
        (str(1000 + u), film): rows[u][i] for u in range(10) for i, film in enumerate(FILMS)
    }


def test_of_two_matrices_that_with_numbers_is_read_not_that_with_marks():
    numbers = np.array(drawn([0, 0, 1, 2, 3, 4, 5], 12, 8))
    for names in (("Y", "R"), ("A", "isRated")):
        file = io.BytesIO()
        scipy.io.savemat(file, dict(zip(names, (numbers, (numbers > 0) * 1), strict=True)))
        ratings = read_ratings(file.getvalue())
        assert ratings.n_ratings == (numbers > 0).sum() and ratings.scale.high == 5


def test_a_table_of_jira():
    lines = ["||Name||Alien||Brazil||", "|Anna|5|3|", "|Bert| |2|", "|Carla|1|4|"]
    expected = {
        ("Anna", "Alien"): 5, ("Anna", "Brazil"): 3, ("Bert", "Brazil"): 2,
        ("Carla", "Alien"): 1, ("Carla", "Brazil"): 4,
    }  # fmt: skip
    assert cells(read_ratings("\n".join(lines).encode())) == expected


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("XML", ['<?xml version="1.0"?>', "<list>", "<a><score>5</score></a>", "</list>"]),
        ("SQL", ["-- dump", "CREATE TABLE `r` (", " `u` int,", " `i` int", ");",
                 "INSERT INTO `r` VALUES (1,2,5),(1,3,4);"]),
        ("wiki", ['{| class="wikitable"', "! Name !! Alien !! Heat", "|-", "| Ana || 5 || 3",
                  "|-", "| Bo || 4 || 2", "|}"]),
        ("LIBSVM", ["1 1:5 2:3", "2 1:4 3:2", "3 2:1 3:5"]),
        ("name: value", ["user: Ana", "film: Alien", "stars: 5", "user: Bo", "film: Heat",
                         "stars: 2"]),
    ],
)  # fmt: skip
def test_texts_that_are_no_tables_are_refused_by_what_they_are(what, lines):
    with pytest.raises(ReadError) as refused:
        read_ratings("\n".join([*lines, ""]).encode())
    assert what in str(refused.value) and ";" in str(refused.value)


def test_a_zero_written_out_is_a_rating():
    rows = drawn(["0%", "25%", "50%", "75%", "100%"])
    ratings = read_ratings(
        text(["student", *FILMS], *([n, *r] for n, r in zip(NAMES, rows, strict=True)))
    )
    assert ratings.n_ratings == 50 and (ratings.scale.low, ratings.scale.high) == (0, 100)


def test_numbers_of_tags_are_no_users():
    ratings = [[u, b, 1 + u * b % 5] for u in range(1, 9) for b in range(1, 7)]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        pack.writestr("ratings.csv", text(["user_id", "book_id", "rating"], *ratings))
        pack.writestr(
            "tags.csv", text(["tag_id", "tag_name"], *([n, f"tag {n}"] for n in range(9)))
        )
    found = read_ratings(file.getvalue())
    assert found.n_ratings == 48 and found.user_info is None
    assert "“tags.csv” was left out" in " ".join(found.report.sentences())


@pytest.mark.parametrize("written", ["to_csv", "to_excel"])
def test_a_pivot_table_of_ratings_and_times_gives_its_ratings(written):
    rows = [
        (user, film, 1 + (at + i) % 5, f"2024-01-{9 + at + i:02d}")
        for at, user in enumerate(["Ana", "Bo", "Cleo", "Dai"])
        for i, film in enumerate(["Alien", "Heat", "Ran"])
        if (at, i) != (1, 1)
    ]
    long = pd.DataFrame(rows, columns=["user", "film", "rating", "when"])
    file = io.BytesIO()
    getattr(long.pivot(index="user", columns="film", values=["rating", "when"]), written)(file)
    ratings = read_ratings(file.getvalue())
    assert ratings.items == ["Alien", "Heat", "Ran"] and ratings.n_ratings == len(rows)
    assert any("when / Alien" in remark for remark in ratings.report.remarks)


def test_a_question_of_another_kind_is_left_out_of_a_matrix_of_answers():
    words = ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"]
    table = {"name": list("ABCDEF"), "I play": ["Yes", "No"] * 3}
    for at, what in enumerate(("jazz", "folk", "rock")):
        table[f"I like {what}"] = [words[(at + i) % 5] for i in range(6)]
    draft = inspect(pd.DataFrame(table).to_csv(index=False).encode(), "club.csv")
    assert draft.problem is None
    assert any("I play" in remark and "another kind" in remark for remark in draft.remarks)
    assert draft.read().items == ["I like jazz", "I like folk", "I like rock"]
