"""Long tables: one rating a row, in any dialect people write."""

from __future__ import annotations

import gzip
import io
import itertools

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.errors import ReadError, SettingsError
from recsys_core.reading import inspect, read_ratings

TRIPLES = [
    ("anna", "Alien", 5.0),
    ("anna", "Brazil", 3.0),
    ("bob", "Alien", 4.0),
    ("bob", "Chocolat", 1.0),
    ("cleo", "Brazil", 2.0),
    ("cleo", "Chocolat", 4.0),
]


def triples(ratings):
    """What was read, as (user label, item label, value), sorted."""
    return sorted(
        (ratings.users[u], ratings.items[i], float(v))
        for u, i, v in zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    )


def lines(rows, delimiter=",", end="\n"):
    return end.join(delimiter.join(str(c) for c in row) for row in rows) + end


HEAD = ("user", "item", "rating")


def wrongly_read(texts):
    """Of texts that all say ``TRIPLES``, by name: those of which something else is made."""
    wrong = {}
    for name, text in texts.items():
        try:
            ratings = read_ratings(text.encode())
            found = triples(ratings), ratings.scale
        except ReadError as error:
            found = str(error)
        if found != (sorted(TRIPLES), (1, 5, 1)):
            wrong[name] = found
    return wrong


def test_every_delimiter_header_and_line_end():
    texts = {
        (delimiter, end, head != []): lines([*head, *TRIPLES], delimiter, end)
        for delimiter, end, head in itertools.product(
            [",", ";", "\t", " ", "::", "|"], ["\n", "\r\n", "\r"], [[HEAD], []]
        )
    }
    assert not wrongly_read(texts)


@pytest.mark.parametrize(
    "names",
    [
        ("userId", "movieId", "rating"),
        ("user_id", "item_id", "score"),
        ("uid", "isbn", "stars"),
        ("member", "track", "value"),
        ("customer", "title", "Rating"),
        ("Customer ID", "Product ID", "Review Score"),
        ("reviewerID", "asin", "overall"),
        ("User-ID", "ISBN", "Book-Rating"),
        ("user_id:token", "item_id:token", "rating:float"),
        ("USERS", "FILMS", "VOTE"),
        ("listener", "artist", "preference"),
        ("who", "joke_id", "grade"),
    ],
)
def test_usual_names_in_any_order(names):
    texts = {
        order: lines([[row[c] for c in order] for row in (names, *TRIPLES)])
        for order in itertools.permutations(range(3))
    }
    assert not wrongly_read(texts)
    # Small whole numbers in all columns, and another such column: only names tell which is which.
    rows = [(1 + n // 5, 1 + n % 5, 1 + n * 2 % 5, 1 + n * 3 % 5) for n in range(20)]
    wrong = {}
    for order in itertools.permutations(range(4)):
        text = lines([[row[c] for c in order] for row in ((*names, "zone"), *rows)])
        guess = inspect(text.encode())
        if (guess.user, guess.item, guess.rating) != names:
            wrong[order] = guess.user, guess.item, guess.rating
    assert not wrong


@pytest.mark.parametrize(
    ("column", "noun"),
    [
        ("movieId", "film"),
        ("isbn", "book"),
        ("track", "song"),
        ("artistID", "artist"),
        ("item", "item"),
    ],
)
def test_items_are_called_what_their_column_says(column, noun):
    text = lines([("user", column, "rating"), *TRIPLES])
    assert read_ratings(text.encode()).item_noun == noun


def test_leading_zeros_are_kept_and_labels_are_text():
    text = "user,item,rating\n007,0042,5\n7,42,3\n007,42,1\n"
    ratings = read_ratings(text.encode())
    assert set(ratings.users) == {"007", "7"}
    assert set(ratings.items) == {"0042", "42"}
    assert triples(ratings) == [("007", "0042", 5), ("007", "42", 1), ("7", "42", 3)]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("latin-1", "latin-1"),
        ("cp1252", "latin-1"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32-be", "utf-32-be"),
    ],
)
def test_encodings(encoding, said):
    text = "user,title,rating\nZoë,Amélie,5\nZoë,Señorita,2\nJürgen,Amélie,3\n"
    data = text.encode(encoding)
    guess = inspect(data)
    assert guess.encoding == said
    assert triples(guess.read()) == [
        ("Jürgen", "Amélie", 3),
        ("Zoë", "Amélie", 5),
        ("Zoë", "Señorita", 2),
    ]


def test_windows_quotation_marks_survive():
    data = "user,title,rating\na,It’s “so”,5\na,x,2\nb,x,3\n".encode("cp1252")
    assert "It’s “so”" in read_ratings(data).items


def test_quoted_fields_may_hold_delimiters_quotes_and_line_ends():
    text = (
        'user,title,rating\r\n"Smith, Anna","The Good, the Bad",5\r\n'
        '"Smith, Anna","He said ""no""",2\r\nbob,"two\r\nlines",3\r\nbob,"He said ""no""",4\r\n'
    )
    assert triples(read_ratings(text.encode())) == [
        ("Smith, Anna", 'He said "no"', 2),
        ("Smith, Anna", "The Good, the Bad", 5),
        ("bob", 'He said "no"', 4),
        ("bob", "two\nlines", 3),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_decimal_commas(delimiter):
    rows = [HEAD, ("a", "x", "3,5"), ("a", "y", "4,0"), ("b", "x", "0,5"), ("b", "y", "5")]
    guess = inspect(lines(rows, delimiter).encode())
    assert guess.decimal == ","
    assert triples(guess.read()) == [("a", "x", 3.5), ("a", "y", 4), ("b", "x", 0.5), ("b", "y", 5)]
    assert guess.scale == (0.5, 5, 0.5)


def test_quoted_decimal_commas_between_commas():
    text = 'user,item,rating\na,x,"3,5"\na,y,"4,0"\nb,x,"0,5"\n'
    assert triples(read_ratings(text.encode())) == [("a", "x", 3.5), ("a", "y", 4), ("b", "x", 0.5)]


def test_thousands_separators_are_no_decimal_commas():
    text = "user;track;plays\na;x;1,250\na;y;3\nb;x;12,000\nb;y;7\n"
    guess = inspect(text.encode())
    assert guess.decimal == "."
    assert triples(guess.read())[0] == ("a", "x", 1250)


def test_movielens_file_without_header_by_content():
    rows = [(196, 242, 3, 881250949), (186, 302, 3, 891717742), (22, 377, 1, 878887116)]
    guess = inspect(lines(rows, "\t").encode(), "u.data")
    assert guess.layout == "long" and guess.header == 0
    assert (guess.user, guess.item, guess.rating, guess.timestamp) == (
        "column 1", "column 2", "column 3", "column 4",
    )  # fmt: skip
    ratings = guess.read()
    assert triples(ratings) == [("186", "302", 3), ("196", "242", 3), ("22", "377", 1)]
    assert ratings.timestamps.tolist() == [881250949, 891717742, 878887116]
    assert ratings.users == ["22", "186", "196"]  # numbers ascending, though they are text


@pytest.mark.parametrize(
    ("name", "moments"),
    [
        ("ts", ("1700000000123", "1700000001999", "1700000002000")),  # milliseconds
        ("date", ("2023-11-14 22:13:20", "2023-11-14 22:13:21", "2023-11-14 22:13:22")),
        ("date", ("2023-11-14T22:13:20", "2023-11-14T22:13:21", "2023-11-14T22:13:22")),
        ("date", ("2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z", "2023-11-14T22:13:22Z")),
        ("date", ("2023-11-14 22:13:20", "2023-11-14 22:13:21", "2023-11-14T22:13:22")),
    ],
)
def test_timestamps_in_milliseconds_and_as_dates(name, moments):
    text = "user,item,rating,{}\na,x,5,{}\na,y,3,{}\nb,x,1,{}\n".format(name, *moments)
    seconds = read_ratings(text.encode()).timestamps.tolist()
    assert seconds == [1700000000, 1700000001, 1700000002]


def test_dates_become_seconds():
    text = "user,item,rating,date\na,x,5,2023-11-14\na,y,3,1970-01-02\nb,x,1,2001-09-09\n"
    assert read_ratings(text.encode()).timestamps.tolist() == [1699920000, 86400, 999993600]


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["13/02/2020", "02/03/2020", "01/01/2020"], [43, 61, 0]),  # no month has number 13
        (["02/03/2020", "01/13/2020", "01/01/2020"], [33, 12, 0]),
        (["1.2.2020 10:00", "28.1.2020 23:59", "2.1.2020 00:00"], [31, 27, 1]),
        (["3 January 2020", "5 Feb 2020", "1 Jan 2020"], [2, 35, 0]),
        (["2020/01/03", "2020/02/05", "2020/01/01"], [2, 35, 0]),
        (["1/3/20 5:04 PM", "2/5/20 11:00 AM", "1/1/20 1:00 AM"], [2, 35, 0]),
        (["20200103", "20200205", "20200101"], [2, 35, 0]),
    ],
)
def test_all_dates_have_one_format_whatever_their_order(dates, days):
    pairs = [("a", "x"), ("a", "y"), ("b", "x")]
    rows = [(u, i, n + 1, date) for n, ((u, i), date) in enumerate(zip(pairs, dates, strict=True))]
    for order in itertools.permutations(range(3)):
        ratings = read_ratings(lines([("user", "item", "rating", "date"),
                                      *(rows[n] for n in order)]).encode())  # fmt: skip
        found = dict(zip(ratings.values.astype(int), ratings.timestamps, strict=True))
        assert [(found[n + 1] - 1577836800) // 86400 for n in range(3)] == days


def test_dates_of_two_formats_are_not_guessed():
    text = "user,item,rating,date\na,x,5,2020-01-02\na,y,3,03/02/2020\nb,x,1,04/02/2020\n"
    assert read_ratings(text.encode()).timestamps is None


def test_numbers_written_as_floats_are_the_ids_they_were():
    text = "user,item,rating\n1.0,x,5\n1.0,y,3\n2.0,x,1\n"
    assert read_ratings(text.encode()).users == ["1", "2"]
    text = "user,version,rating\n1,1.0,5\n1,1.10,3\n2,2.0,1\n"
    assert read_ratings(text.encode()).items == ["1.0", "1.10", "2.0"]


def test_a_decimal_comma_far_down_is_one_all_the_same():
    rows = [(u, i, 1 + (u + i) % 5) for u in range(60) for i in range(6)]
    text = lines([("user", "item", "rating"), *rows, (99, 1, "3,5")], ";")
    assert 3.5 in read_ratings(text.encode()).values
    mixed = lines([("user", "item", "rating"), *rows, (98, 1, "3.5"), (99, 1, "3,5")], ";")
    assert sum(read_ratings(mixed.encode()).values == 3.5) == 2


def test_unreadable_times_are_left_out_and_said():
    text = "user,item,rating,time\na,x,5,noon\na,y,3,dusk\nb,x,1,dawn\n"
    ratings = read_ratings(text.encode())
    assert ratings.timestamps is None
    assert any("“time”" in sentence for sentence in ratings.report.sentences())


@pytest.mark.parametrize("head", [("Name", "Film", "Sterne"), ("Name", "Movie", "Rating")])
def test_a_name_is_a_persons_where_no_other_column_can_be(head):
    guess = inspect(lines([head, *TRIPLES]).encode(), name="stars.csv")
    assert (guess.user, guess.item, guess.rating) == head
    assert triples(guess.read()) == triples(inspect(lines([HEAD, *TRIPLES]).encode()).read())


def test_titles_and_genres_beside_ids():
    text = (
        "userId,movieId,title,genres,rating\n1,10,Heat,Action|Crime,5\n1,20,Up,Animation,3\n"
        "2,10,Heat,Action|Crime,4\n"
    )
    ratings = read_ratings(text.encode())
    assert ratings.items == ["10", "20"]
    assert ratings.item_names == ["Heat", "Up"]
    assert ratings.item_info["genres"].tolist() == ["Action|Crime", "Animation"]


def test_duplicates_keep_the_last_and_blanks_are_counted():
    text = "user,item,rating\na,x,5\na,x,2\nb,x,\nb,y,-\n,y,3\nb,y,4\na,,1\n"
    ratings = read_ratings(text.encode())
    assert triples(ratings) == [("a", "x", 2), ("b", "y", 4)]
    assert ratings.report.n_duplicates == 1
    assert ratings.report.n_blank == 4
    assert ratings.report.n_rows == 7


@pytest.mark.parametrize(
    ("values", "unrated"),
    [
        ([0, 3, 7, 10, 0, 5], None),  # zero is the bottom of 0–10
        ([0, 1, 2, 1, 2, 0], None),  # … and of 0–2
        ([7, 0, 0, 0, 0, 5], 0),  # most rows say zero: Book-Crossing's “implicit”
        ([-1, 7, 5, -1, 10, 0], -1),
        ([99, 3.5, -9.2, 0, 2, 5], 99),
        ([-1, 1, 1, -1, 1, -1], None),  # thumbs down is a rating
        ([-2, 0, 2, 1, -1, 0], None),
    ],
)
def test_which_number_means_unrated_in_a_list(values, unrated):
    rows = [(u, i, v) for (u, i, _), v in zip(TRIPLES, values, strict=True)]
    guess = inspect(lines([HEAD, *rows]).encode())
    assert guess.unrated == (() if unrated is None else (unrated,))
    assert guess.read().n_ratings == sum(v != unrated for v in values)


def test_the_guess_about_zero_can_be_changed():
    rows = [(u, i, v) for (u, i, _), v in zip(TRIPLES, [0, 3, 7, 10, 0, 5], strict=True)]
    guess = inspect(lines([HEAD, *rows]).encode())
    assert any("0 was taken as a rating: 2" in remark for remark in guess.remarks)
    changed = guess.change(unrated=0)
    assert changed.read().n_ratings == 4
    assert read_ratings(lines([HEAD, *rows]).encode(), unrated=0).n_ratings == 4
    assert changed.change(unrated=None).read().n_ratings == 6


def test_zero_to_two_is_a_scale():
    rows = [(f"u{u}", f"i{i}", (u + i) % 3) for u in range(8) for i in range(8)]
    assert read_ratings(lines([HEAD, *rows]).encode()).scale == (0, 2, 1)


def play_counts():
    generator = np.random.default_rng(0)
    counts = np.ceil(generator.pareto(0.7, 300) + 1e-9).astype(int)
    counts[7] = 5120
    return [(f"u{n % 30}", f"song {n // 30}", int(c)) for n, c in enumerate(counts)]


@pytest.mark.parametrize("names", [("userID", "artistID", "weight"), ("user", "song", "n"), None])
def test_play_counts_are_recognised_and_kept(names):
    rows = play_counts()
    guess = inspect(lines([names, *rows] if names else rows).encode())
    assert guess.counts and not guess.log
    ratings = guess.read()
    assert triples(ratings) == sorted(rows)
    assert any("counts" in sentence for sentence in ratings.report.sentences())
    logs = guess.change(log=True).read()
    assert np.allclose(logs.values, np.log1p(ratings.values))
    assert logs.scale.high == pytest.approx(np.log1p(ratings.values.max()))


def test_ratings_up_to_100_are_no_counts():
    rows = [(f"u{n % 30}", f"i{n // 30}", (n * 37) % 101) for n in range(300)]
    assert not inspect(lines([HEAD, *rows]).encode()).counts


def test_columns_can_be_chosen():
    text = "a,b,c,d\n" + lines([(n % 4, n % 7, n % 5 + 1, n) for n in range(28)])
    ratings = read_ratings(text.encode(), user="d", item="b", rating="a", layout="long")
    assert ratings.n_users == 28 and ratings.n_items == 7
    with pytest.raises(ReadError, match="no column “z”"):
        read_ratings(text.encode(), layout="long", user="z")
    with pytest.raises(SettingsError, match="colour"):
        read_ratings(text.encode(), colour="red")


def test_a_chosen_column_is_not_used_twice():
    text = lines([("user", "item", "rating", "score"), *((u, i, v, v / 2) for u, i, v in TRIPLES)])
    guess = inspect(text.encode()).change(rating="score")
    assert (guess.user, guess.item, guess.rating) == ("user", "item", "score")
    assert guess.read().values.max() == 2.5
    without = inspect(
        lines([(*HEAD, "time"), *((*t, 10**9 + n) for n, t in enumerate(TRIPLES))]).encode()
    )
    assert without.timestamp == "time"
    assert without.change(timestamp=None).read().timestamps is None


def test_row_names_trailing_delimiters_and_notes():
    r_style = "user,item,rating\n1,anna,x,5\n2,anna,y,3\n3,bob,x,1\n"
    assert triples(read_ratings(r_style.encode())) == [
        ("anna", "x", 5),
        ("anna", "y", 3),
        ("bob", "x", 1),
    ]
    trailing = "user,item,rating\nanna,x,5,\nanna,y,3,\nbob,x,1,\n"
    assert triples(read_ratings(trailing.encode())) == [
        ("anna", "x", 5),
        ("anna", "y", 3),
        ("bob", "x", 1),
    ]
    note = "sep=;\nuser;item;rating\nanna;x;5\nanna;y;3\nbob;x;1\n"
    assert triples(read_ratings(note.encode())) == [
        ("anna", "x", 5),
        ("anna", "y", 3),
        ("bob", "x", 1),
    ]
    index = ",user,item,rating\n0,anna,x,5\n1,anna,y,3\n2,bob,x,1\n"
    assert triples(read_ratings(index.encode())) == [
        ("anna", "x", 5),
        ("anna", "y", 3),
        ("bob", "x", 1),
    ]


def test_a_header_may_span_lines_or_hold_a_stray_quotation_mark():
    spanning = '\n"the\n\nuser",item,rating\nanna,x,5\nanna,y,3\nbob,x,1\n'
    assert triples(read_ratings(spanning.encode()))[0] == ("anna", "x", 5)
    stray = 'user,item,rating,size 5"\n' + "anna,x,5,1\nanna,y,3,1\nbob,x,1,1\n" * 30_000
    assert read_ratings(stray.encode()).n_ratings == 3


def test_sources_of_every_kind(tmp_path):
    data = lines([HEAD, *TRIPLES]).encode()
    path = tmp_path / "films.csv"
    path.write_bytes(data)
    with path.open("rb") as binary, path.open() as text:
        for source in (path, str(path), data, bytearray(data), io.BytesIO(data), binary, text):
            assert triples(read_ratings(source)) == sorted(TRIPLES)
    used = io.BytesIO(data)
    used.read()  # an upload that somebody has looked at already
    assert triples(read_ratings(used)) == sorted(TRIPLES)
    packed = tmp_path / "films.csv.gz"
    packed.write_bytes(gzip.compress(data[:40]) + gzip.compress(data[40:]))
    ratings = read_ratings(packed)
    assert triples(ratings) == sorted(TRIPLES) and ratings.name == "films"
    assert read_ratings(path, name="my films").name == "my films"
    assert rc.read_ratings is read_ratings


def test_preview_shows_the_file_as_it_is():
    guess = inspect(b"user,item,rating\n007,x,5\n008,y,3\n007,y,1\n")
    assert guess.preview.equals(
        pd.DataFrame(
            {"user": ["007", "008", "007"], "item": ["x", "y", "y"], "rating": ["5", "3", "1"]},
            dtype=object,
        )
    )
    assert guess.columns == HEAD


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("user,item,rating\na,x,5\na,y,soup\nb,x,3\nb,y,2\n", "Line 3 .*“rating”: “soup”"),
        ("user,item,rating\na,x,soup\na,y,pie\nb,x,jam\n", "Line 2 .*“rating”: “soup”.*2 others"),
        ("user,item,rating\n\na,\"x\ny\",5\n\na,y,oops\nb,x,3\nb,z,3\n", "Line 6 .*“oops”"),
        ("user,item,rating\na,x,5\na,y,inf\nb,x,3\nb,y,1\n", "Line 3 .*“inf”"),
        ("user,item,rating\na,x,5\na,y,3,4,5\nb,x,3\n", "Line 3 .* has 5 columns .* 3;"),
        ("user,item,rating\n", "no ratings below"),
        ("user,item,rating\na,x,\nb,y,-\n", "holds no rating, only blanks"),
        ("user,item,rating\na,x,4\na,y,5\na,z,3\n", "one user only, “a”"),
        ("user,movie,rating\na,x,4\nb,x,5\nc,x,3\n", "one film only, “x”"),
        ("user,item,rating\na,x,4\nb,x,4\na,y,4\n", "All ratings .* are 4"),
        ("rating\n5\n4\n3\n", "one column only"),
        ("just some prose\nwithout any table in it\nand more of it\n", "one column only"),
        ("user,item\na,x\nb,y\nc,z\n", "no column that looks like the rating"),
        ('user,item,rating\na,"x,5\na,y,3\nb,x,1\n', "quotation mark"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_gets_one_sentence(text, says):
    with pytest.raises(ReadError, match=says) as caught:
        read_ratings(text.encode())
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence
    assert ";" in sentence or "," in sentence  # what is wrong; and the remedy


def test_a_remark_quotes_only_the_beginning_of_a_column_name():
    long = "n" * 10_000
    guess = inspect(f"user,item,rating,{long}\na,x,1,z\nb,x,2,z\na,y,3,z\nb,y,4,z\n".encode())
    ratings = guess.change(timestamp=long).read()
    assert "cannot be read" in ratings.report.remarks[0]
    assert len(ratings.report.remarks[0]) < 200


def test_single_letters_beside_a_rating_are_no_grades():
    table = "u,i,rating\n0,a,4\n0,b,1\n1,a,2\n1,c,3\n2,f,4\n2,b,2\n"
    ratings = read_ratings(table.encode())
    assert ratings.items == ["a", "b", "c", "f"] and ratings.n_ratings == 6
