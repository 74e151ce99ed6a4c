"""Exports of one person each: known by their columns, and brought together as several people's."""

from __future__ import annotations

import pandas as pd
import pytest

from recsys_core.reading import people
from recsys_core.reading.cells import Table


def table(names, *rows):
    return Table(pd.DataFrame(rows, dtype=object), list(names), lambda row: f"line {row + 2}")


GOODREADS = ["Book Id", "Title", "Author", "Author l-f", "Additional Authors", "ISBN", "ISBN13",
             "My Rating", "Average Rating", "Publisher", "Binding", "Number of Pages",
             "Year Published", "Original Publication Year", "Date Read", "Date Added",
             "Bookshelves", "Bookshelves with positions", "Exclusive Shelf", "My Review",
             "Spoiler", "Private Notes", "Read Count", "Owned Copies"]  # fmt: skip
LETTERBOXD = ["Date", "Name", "Year", "Letterboxd URI", "Rating"]
DIARY = [*LETTERBOXD, "Rewatch", "Tags", "Watched Date"]
IMDB = ["Const", "Your Rating", "Date Rated", "Title", "Original Title", "URL", "Title Type",
        "IMDb Rating", "Runtime (mins)", "Year", "Genres", "Num Votes", "Release Date",
        "Directors"]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "service", "roles"),
    [
        (GOODREADS, "Goodreads", (None, "Book Id", "My Rating", "Date Added", "Title", None)),
        (IMDB, "IMDb", (None, "Const", "Your Rating", "Date Rated", "Title", "Genres")),
        (LETTERBOXD, "Letterboxd", (None, "Letterboxd URI", "Rating", "Date", "Name", None)),
        (
            ["Title", "Authors", "ISBN/UID", "Read Status", "Date Added", "Star Rating", "Review"],
            "StoryGraph",
            (None, "ISBN/UID", "Star Rating", "Date Added", "Title", None),
        ),
        (["Title", "Date"], "Netflix", (None, "Title", None, "Date", None, None)),
        (
            ["Profile Name", "Start Time", "Duration", "Title"],
            "Netflix",
            ("Profile Name", "Title", None, "Start Time", None, None),
        ),
        (
            ["endTime", "artistName", "trackName", "msPlayed"],
            "Spotify",
            (None, "trackName", None, "endTime", None, None),
        ),
        (
            ["rated_at", "type", "title", "year", "rating", "trakt_id", "imdb_id"],
            "Trakt",
            (None, "trakt_id", "rating", "rated_at", "title", None),
        ),
        (
            ["series_animedb_id", "series_title", "my_score", "my_status"],
            "MyAnimeList",
            (None, "series_animedb_id", "my_score", None, "series_title", None),
        ),
    ],
)  # fmt: skip
def test_exports_are_known_by_their_columns(names, service, roles):
    for order in (names, names[::-1], [name.upper() for name in names]):
        export = people.known(order)
        assert export.service == service
        found = export.roles(order)
        said = [found.user, found.item, found.rating, found.timestamp, found.title, found.genres]
        assert [name and name.lower() for name in said] == [r and r.lower() for r in roles]


@pytest.mark.parametrize(
    "names",
    [
        ["user", "item", "rating"], ["Name", "Year", "Rating"], ["Title", "Date", "Rating"],
        ["userId", "movieId", "rating", "timestamp"], ["title", "rating"], [],
    ],
)  # fmt: skip
def test_other_tables_are_no_exports(names):
    assert people.known(names) is None


@pytest.mark.parametrize("who", ["Reader", "Name", "user", "Who", "Student ID", "Nutzer"])
def test_the_merged_file_of_a_class_says_who(who):
    for names in (GOODREADS, IMDB):
        assert people.known([who, *names]).person([who, *names]) == who
        assert people.known([*names, who]).roles([*names, who]).user == who
        assert people.known(names).person(names) is None


@pytest.mark.parametrize(
    ("file", "person"),
    [
        ("goodreads_library_export.csv", ""),
        ("goodreads_library_export-Ana.csv", "Ana"),
        ("letterboxd-anna-2024-05-01-10-00-utc.zip", "anna"),
        ("ratings (Bo).csv", "Bo"),
        ("Ana's ratings.csv", "Ana"),
        ("Ana Maria_Goodreads.csv", "Ana Maria"),
        ("Kopie von Bewertungen Jürgen.xlsx", "Jürgen"),
        ("bo/ratings.csv", "bo"),
        (r"C:\class\Cleo\ratings.csv.gz", "Cleo"),
        ("ratings_王芳.csv", "王芳"),
        ("s07.csv", "s07"),
        ("ratings (3).csv", "person 3"),
        ("20240501_ratings.csv", ""),
        ("my-imdb-ratings.CSV", ""),
        ("", ""),
    ],
)
def test_whose_a_file_is(file, person):
    assert people.person_of(file) == person


def test_people_are_told_apart_whatever_their_files_are_called():
    assert people.people_of(["ratings.csv", "ratings (1).csv", "Ana.csv"]) == [
        "person 2", "person 1", "Ana",
    ]  # fmt: skip
    assert len(set(people.people_of(["Ana.csv", "x/Ana.csv", "ANA.csv", "a.csv", "a.csv"]))) == 5


def test_several_peoples_files_are_one_table():
    ana = table(IMDB[:3], ("tt1", "7", "2020-01-01"), ("tt2", "3", "2020-01-02"))
    bo = table([*IMDB[:3], "Title"], ("tt2", "9", "2020-01-03", "Heat"))
    both = people.together([("ratings-ana.csv", ana), ("Bo.csv", bo)])
    assert both.names == ["person", "Const", "Your Rating", "Date Rated", "Title"]
    assert both.body.fillna("").to_numpy().tolist() == [
        ["ana", "tt1", "7", "2020-01-01", ""],
        ["ana", "tt2", "3", "2020-01-02", ""],
        ["Bo", "tt2", "9", "2020-01-03", "Heat"],
    ]
    assert both.place(1) == "line 3 of “ratings-ana.csv”"
    assert both.place(2) == "line 2 of “Bo.csv”"
    assert people.known(both.names).roles(both.names).user == "person"
    said = people.together([("1.csv", ana), ("2.csv", bo)], people=["x", "y"])
    assert said["person"].tolist() == ["x", "x", "y"]


def test_parts_of_one_table_need_no_person_and_other_tables_stay_apart():
    one = table(["user", "item", "rating"], ("a", "x", "1"))
    other = table(["rating", "user", "item"], ("2", "b", "y"))
    both = people.together([("1.csv", one), ("2.csv", other)])
    assert both.names == ["user", "item", "rating"]
    assert both.body.to_numpy().tolist() == [["a", "x", "1"], ["b", "y", "2"]]
    assert people.together([("1.csv", one)]) is None
    assert (
        people.together([("1.csv", one), ("2.csv", table(["item", "title"], ("x", "X")))]) is None
    )
    assert people.together([("1.csv", one), ("2.csv", table(IMDB[:3], ("t", "1", "")))]) is None


def test_two_films_of_one_name_stay_two():
    names = ["Who", *DIARY]
    rows = [("ana", "2023-01-01", "Heat", year, f"https://example.org/{n}", "4", "", "", "")
            for n, year in enumerate(["1995", "1986", ""])]  # fmt: skip
    export = people.known(names)
    made = people.prepared(table(names, *rows), export)
    roles = export.roles(made.names)
    assert made[roles.item].tolist() == ["Heat (1995)", "Heat (1986)", "Heat"]
    assert roles.user == "Who" and roles.rating == "Rating" and roles.timestamp == "Watched Date"
    goodreads = table(GOODREADS, ["1"] * len(GOODREADS))
    assert people.prepared(goodreads, people.known(GOODREADS)) is goodreads
