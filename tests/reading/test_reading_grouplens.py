"""GroupLens' zips: generated ones always, the real ones where they are at hand."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import ReadError
from recsys_core.reading import grouplens, inspect, read_ratings


def packed(folder="", **files):
    """A zip of files: names with “_dot_” for the dot."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if folder:
            archive.writestr(f"{folder}/", b"")
        for name, content in files.items():
            path = f"{folder}/{name}" if folder else name
            data = content if isinstance(content, bytes) else content.encode()
            archive.writestr(path.replace("_dot_", "."), data)
    return file.getvalue()


FILMS = [
    (1, "Toy Story (1995)", ["Animation", "Comedy"]),
    (20, "Misérables, Les (1995)", ["Drama"]),
    (300, "unknown", []),
    (7, "2001: A Space Odyssey (1968)", ["Sci-Fi"]),  # never rated
]
RATED = [
    (10, 1, 5, 978300760),
    (10, 300, 3, 978302109),
    (2, 20, 4, 978301968),
    (2, 1, 1, 978300275),
]
HALVES = [(user, item, value - 0.5, moment) for user, item, value, moment in RATED]


def rows(table, separator, end="\n"):
    return (
        end.join(
            separator.join(f"{cell:g}" if i == 2 else str(cell) for i, cell in enumerate(row))
            for row in table
        )
        + end
    )


def ml_100k(**more):
    names = ["unknown", "Animation", "Comedy", "Drama", "Sci-Fi"]
    items = "".join(
        f"{number}|{title}|01-Jan-1995||http://x|"
        + "|".join(str(int(g in genres or (g == "unknown" and not genres))) for g in names)
        + "\n"
        for number, title, genres in FILMS
    )
    return packed(
        "ml-100k",
        u_dot_data=rows(RATED, "\t"),
        u_dot_item=items.encode("latin-1"),
        u_dot_genre="".join(f"{name}|{n}\n" for n, name in enumerate(names)) + "\n",
        **more,
    )


def movies_dat(encoding):
    text = "".join(f"{n}::{t}::{'|'.join(g) or '(no genres listed)'}\n" for n, t, g in FILMS)
    return text.encode(encoding)


def ml_1m(**more):
    films = movies_dat("latin-1")
    return packed("ml-1m", ratings_dot_dat=rows(RATED, "::"), movies_dot_dat=films, **more)


def ml_10m():
    return packed(
        "ml-10M100K", ratings_dot_dat=rows(HALVES, "::"), movies_dot_dat=movies_dat("utf-8")
    )


def ml_latest(folder="ml-latest-small"):
    films = "movieId,title,genres\r\n" + "".join(
        f'{n},"{t}",{"|".join(g) or "(no genres listed)"}\r\n' for n, t, g in FILMS
    )
    ratings = "userId,movieId,rating,timestamp\r\n" + rows(HALVES, ",", "\r\n")
    return packed(
        folder, ratings_dot_csv=ratings, movies_dot_csv=films, tags_dot_csv="userId,movieId,tag\r\n"
    )


@pytest.mark.parametrize(
    ("data", "table", "scale"),
    [
        (ml_100k(), RATED, (1, 5, 1)),
        (ml_1m(), RATED, (1, 5, 1)),
        (ml_10m(), HALVES, (0.5, 5, 0.5)),
        (ml_latest(), HALVES, (0.5, 5, 0.5)),
        (ml_latest(folder=""), HALVES, (0.5, 5, 0.5)),
    ],
    ids=["100K", "1M", "10M", "latest", "latest, without a folder"],
)
def test_each_layout(data, table, scale):
    guess = inspect(data, "films.zip")
    assert guess.layout == guess.form == "grouplens"
    ratings = guess.read()
    assert ratings.users == ["2", "10"] and ratings.items == ["1", "20", "300"]
    read = zip(ratings.user_ids, ratings.item_ids, ratings.values, ratings.timestamps, strict=True)
    assert [(ratings.users[u], ratings.items[i], v, t) for u, i, v, t in read] == [
        (str(u), str(i), v, t) for u, i, v, t in table
    ]
    assert ratings.scale == scale
    assert ratings.item_noun == "film" and ratings.name == "films"
    info = ratings.item_info
    assert info["title"].tolist() == ["Toy Story (1995)", "Misérables, Les (1995)", "unknown"]
    assert info["genres"].tolist() == ["Animation|Comedy", "Drama", ""]
    assert info["year"].isna().tolist() == [False, False, True]
    assert info["year"][:2].tolist() == [1995, 1995]
    assert guess.preview["title"].iloc[0] == "Toy Story (1995)"


def test_what_is_known_of_users():
    people = "10|24|M|technician|85711\n2|53|F|other|94043\n99|20|M|none|0\nx|1\n"
    by_number = "10::M::25::17::85711\n2::F::56::0::94043\n3::F::x::1::0\n"
    expected = {"sex": ["F", "M"], "occupation": ["other", "technician"]}
    for data, ages in (
        (ml_100k(u_dot_user=people), [53, 24]),
        (ml_1m(users_dot_dat=by_number), [56, 25]),
    ):
        ratings = read_ratings(data)
        assert ratings.users == ["2", "10"]
        assert ratings.user_info.to_dict("list") == {"age": ages} | expected  # no zip code
        bare = ratings.replace(user_info=None)
        assert bare.fingerprint == ratings.fingerprint and ratings.origin == bare.origin
        backwards = ratings.sorted_by_label()
        assert backwards.users == ["10", "2"]
        assert backwards.user_info["age"].tolist() == ages[::-1]
        assert ratings.take(np.arange(1)).user_info is ratings.user_info
    assert read_ratings(ml_100k()).user_info is None
    assert read_ratings(ml_latest()).user_info is None


def test_ready_made_parts():
    data = ml_100k(
        u1_dot_base=rows(RATED[:3], "\t"), u1_dot_test=rows(RATED[3:], "\t"),
        ub_dot_base=rows(RATED[1:], "\t"), ub_dot_test=rows(RATED[:1], "\t"),
    )  # fmt: skip
    assert grouplens.parts(data) == ["u1", "ub"]
    train, test = grouplens.predefined(data, "u1")
    assert train.tolist() == [True, True, True, False] and (test == ~train).all()
    ratings = read_ratings(data)
    train, test = grouplens.predefined(data, "ub", ratings)
    assert test.tolist() == [True, False, False, False]
    split = rc.splits.by_mask(ratings, test, validation=0)
    assert split.test.values.tolist() == [5]
    with pytest.raises(ReadError, match="no part “u2”"):
        grouplens.predefined(data, "u2")
    with pytest.raises(ReadError, match="lack"):
        grouplens.predefined(data, "ub", ratings.take(np.arange(2)))
    assert grouplens.parts(ml_1m()) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (packed("ml-10M", movies_dot_dat=movies_dat("utf-8")), "movies.dat but not ratings.dat"),
        (packed("ml-100k", u_dot_item=b"1|x|\n"), "u.item but not u.data"),
        (packed("ml-1m", ratings_dot_dat="1::2::3::4\n1::x::3::4\n"), "Line 2 of ratings.dat"),
        (packed("ml-1m", ratings_dot_dat="1::2::3::4\n1::2\n"), "Line 2 of ratings.dat"),
        (packed("ml-100k", u_dot_data=""), "no ratings"),
    ],
)  # fmt: skip
def test_incomplete_zips_get_one_sentence(data, says):
    with pytest.raises(ReadError, match=says):
        read_ratings(data)


def test_films_without_a_list_of_titles():
    ratings = read_ratings(packed("ml-1m", ratings_dot_dat=rows(RATED, "::")))
    assert ratings.item_info is None and ratings.item_names == ["1", "20", "300"]


def test_ratings_and_movies_of_somebody_else_are_read_as_an_ordinary_zip():
    data = packed(
        ratings_dot_csv="who,movie,stars\na,x,5\na,y,3\nb,x,1\n",
        movies_dot_csv="movie,title\nx,X\n",
    )
    guess = inspect(data)
    assert guess.form == "text" and guess.member == "ratings.csv"
    assert guess.read().n_ratings == 3


# --- the real ones --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "scale", "titles"),
    [
        (
            "ml-100k",
            (943, 1682, 100_000),
            (1, 5, 1),
            {"1": "Toy Story (1995)", "242": "Kolya (1996)"},
        ),
        (
            "ml-latest-small",
            (610, 9724, 100_836),
            (0.5, 5, 0.5),
            {"1": "Toy Story (1995)", "11": "American President, The (1995)"},
        ),
        (
            "ml-1m",
            (6040, 3706, 1_000_209),
            (1, 5, 1),
            {"1": "Toy Story (1995)", "73": "Misérables, Les (1995)"},
        ),
    ],
)
def test_real_zips(zip_path, name, size, scale, titles):
    ratings = read_ratings(zip_path(name))
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings) == size
    assert ratings.scale == scale and ratings.name == name
    assert ratings.report.sentences() == []
    for label, title in titles.items():
        assert ratings.item_names[ratings.item_index(label)] == title
    assert ratings.item_info["title"].notna().all()
    assert (ratings.item_info["genres"] != "").mean() > 0.99
    assert ratings.timestamps.min() > 8e8


@pytest.mark.parametrize(
    ("part", "n_test"), [("u1", 20_000), ("u5", 20_000), ("ua", 9430), ("ub", 9430)]
)
def test_real_parts(zip_path, part, n_test):
    train, test = grouplens.predefined(zip_path("ml-100k"), part)
    assert test.sum() == n_test and (train ^ test).all()


def test_a_single_file_of_the_real_zips(zip_path):
    for name, member, size in (
        ("ml-100k", "ml-100k/u.data", (943, 1682, 100_000)),
        ("ml-latest-small", "ml-latest-small/ratings.csv", (610, 9724, 100_836)),
        ("ml-1m", "ml-1m/ratings.dat", (6040, 3706, 1_000_209)),
    ):
        data = zipfile.ZipFile(zip_path(name)).read(member)
        alone, whole = read_ratings(data, name=member), read_ratings(zip_path(name))
        assert (alone.n_users, alone.n_items, alone.n_ratings) == size
        assert alone.scale == whole.scale
        assert alone.users == whole.users and alone.items == whole.items
        assert np.array_equal(alone.values, whole.values)
        assert np.array_equal(alone.timestamps, whole.timestamps)


def test_the_real_10m_zip_without_ratings(zip_path):
    with pytest.raises(ReadError, match="movies.dat but not ratings.dat"):
        read_ratings(zip_path("ml-10M100K"))


def test_real_film_titles_of_10m_with_made_ratings(zip_path):
    films = zipfile.ZipFile(zip_path("ml-10M100K")).read("ml-10M100K/movies.dat")
    numbers = [int(line.split(b"::")[0]) for line in films.splitlines() if line]
    made = [
        (user, numbers[n], (user * n) % 9 / 2 + 0.5, 10**9)
        for user in range(1, 9)
        for n in range(0, 9000, 300)
    ]
    ratings = read_ratings(
        packed("ml-10M100K", ratings_dot_dat=rows(made, "::"), movies_dot_dat=films)
    )
    assert ratings.scale == (0.5, 5, 0.5) and ratings.n_ratings == len(made)
    assert ratings.item_names[0] == "Toy Story (1995)"
    assert ratings.item_info["title"].notna().all()
