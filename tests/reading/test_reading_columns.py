"""Which column is which: names in many languages, names that mislead, and no names at all."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from recsys_core.reading import read_ratings
from recsys_core.reading.cells import Table
from recsys_core.reading.column_roles import Roles, bare, by_content, by_name, noun, role


def table(names, rows):
    frame = pd.DataFrame(rows, dtype=object)
    return Table(frame, list(names), lambda row: f"line {row + 2}")


def roles(names, rows, decimal="."):
    made = table(names, rows)
    return by_content(made, by_name(made.names), decimal)


def columns(n):
    return [f"column {at}" for at in range(1, n + 1)]


# User, item, rating, time and what the items are called.
HEADERS = {
    "English": ("user", "film", "rating", "timestamp", "film"),
    "English, ids": ("user_id", "bookId", "Review Score", "rated_at", "book"),
    "German": ("Nutzer", "Film", "Bewertung", "Zeitstempel", "film"),
    "German, compounds": ("Benutzername", "Artikelnummer", "Sternebewertung", "Datum", "article"),
    "German, ids": ("Kunden-Nr.", "Produkt-Nr.", "Punktzahl", "Bewertungsdatum", "product"),
    "French": ("utilisateur", "livre", "note", "horodatage", "book"),
    "French, phrases": (
        "id d'utilisateur",
        "id du film",
        "Évaluation",
        "date de la note",
        "film",
    ),
    "Spanish": ("usuario", "película", "puntuación", "fecha", "film"),
    "Spanish, phrases": ("id_usuario", "id_libro", "nota del usuario", "fecha y hora", "book"),
    "Portuguese": ("usuário", "canção", "avaliação", "data", "song"),
    "Portuguese, ids": ("id_utilizador", "id_filme", "Pontuação", "carimbo de data/hora", "film"),
    "Italian": ("utente", "libro", "valutazione", "data", "book"),
    "Italian, votes": ("id utente", "brano", "voto", "orario", "song"),
    "Dutch": ("gebruiker", "boek", "beoordeling", "tijdstip", "book"),
    "Polish": ("użytkownik", "książka", "ocena", "data", "book"),
    "Polish, phrases": ("id użytkownika", "id filmu", "ocena", "data oceny", "film"),
    "Russian": ("пользователь", "фильм", "оценка", "время", "film"),
    "Russian, phrases": ("id пользователя", "id книги", "Рейтинг", "дата оценки", "book"),
    "Turkish": ("Kullanıcı", "Kitap", "Puan", "Tarih", "book"),
    "Swedish": ("användare", "bok", "betyg", "datum", "book"),
    "Chinese": ("用户", "电影", "评分", "时间", "film"),
    "Chinese, ids": ("用户ID", "图书编号", "用户评分", "评分日期", "book"),
    "Chinese, traditional": ("用戶編號", "電影", "評分", "時間", "film"),
    "Japanese": ("ユーザーID", "映画", "評価", "日時", "film"),
    "Korean": ("사용자", "영화", "평점", "날짜", "film"),
}


@pytest.mark.parametrize("language", HEADERS)
def test_names_in_many_languages_and_any_order(language):
    *names, called = HEADERS[language]
    for order in itertools.permutations(names):
        found = by_name(order)
        assert [found.user, found.item, found.rating, found.timestamp] == names, order
    assert noun(names[1]) == called
    assert [role(name.upper()) for name in names] == [role(name) for name in names]


def test_bare_names_keep_letters_of_every_script():
    assert bare("User-ID") == "userid"
    assert bare(" Évaluation_1 ") == "evaluation1"
    assert bare("Kullanıcı") == bare("KULLANICI") == "kullanici"
    assert bare("用户　ＩＤ：") == "用户id"  # full-width letters are letters
    assert bare("дата оценки") == "датаоценки"
    assert bare("item_id:token") == "itemid"


# Headers of public data sets and of exports, and what is wanted of each.
KNOWN = [
    (["user", "item", "predicted_rating", "rating"], dict(rating="rating")),
    (["user", "item", "average_rating", "score"], dict(rating="score")),
    (["user", "item", "mean rating"], dict(rating="mean rating")),  # better than none
    (
        ["Reader", "Book Id", "Title", "Author", "ISBN", "My Rating", "Average Rating",
         "Number of Pages", "Year Published", "Date Read", "Date Added", "My Review", "Read Count"],
        dict(user="Reader", item="Book Id", title="Title", rating="My Rating",
             timestamp="Date Read"),
    ),
    (
        ["Who", "Const", "Your Rating", "Date Rated", "Title", "Title Type", "IMDb Rating", "Year",
         "Genres", "Num Votes", "Release Date"],
        dict(user="Who", item="Const", title="Title", rating="Your Rating", genres="Genres",
             timestamp="Date Rated"),
    ),
    (["Num Votes", "Release Date", "Student", "Film", "Stars", "Date"],
     dict(user="Student", item="Film", rating="Stars", timestamp="Date")),
    (["review_id", "user_id", "business_id", "stars", "useful", "text", "date"],
     dict(user="user_id", item="business_id", rating="stars", timestamp="date")),
    (["reviewerID", "asin", "reviewerName", "helpful", "reviewText", "overall", "summary",
      "unixReviewTime", "reviewTime"],
     dict(user="reviewerID", item="asin", rating="overall", timestamp="unixReviewTime")),
    (["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
      "CustomerID", "Country"],
     dict(user="CustomerID", item="StockCode", rating="Quantity", title="Description",
          timestamp="InvoiceDate")),
    (["user_id", "name", "movie_id", "name (2)", "rating"],
     dict(user="user_id", item="movie_id", title="name (2)")),
    (["movie_id", "name", "user_id", "name (2)", "rating"],
     dict(user="user_id", item="movie_id", title="name")),
    (["movie_name", "user_name", "movie_id", "user_id", "stars"],
     dict(user="user_id", item="movie_id", title="movie_name")),
    (["artist", "track", "plays", "listener"],
     dict(user="listener", item="track", rating="plays")),
    (["UserID", "ProfileID", "Rating"], dict(user="UserID", item="ProfileID")),
    (["rating_id", "rating", "user", "item"], dict(rating="rating")),
    (["product/productId", "review/userId", "review/score", "review/time"],
     dict(user="review/userId", item="product/productId", rating="review/score",
          timestamp="review/time")),
    (["session", "page", "seconds on page"], dict(item="page", rating="seconds on page")),
    (["用户名", "评论时间", "电影名", "评分"],
     dict(user="用户名", item="电影名", rating="评分", timestamp="评论时间")),
    (["Pseudo", "Titre du film", "Note /5", "Date de l'avis"],
     dict(item="Titre du film", rating="Note /5", timestamp="Date de l'avis")),
    (["ts", "username", "master_metadata_track_name", "ms_played"],
     dict(user="username", rating="ms_played", timestamp="ts")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "wanted"), KNOWN, ids=lambda v: "" if isinstance(v, dict) else v[0]
)
def test_exact_names_beat_partial_ones(names, wanted):
    found = by_name(names)
    assert {what: getattr(found, what) for what in wanted} == wanted


@pytest.mark.parametrize(
    "name",
    ["Year", "Year Published", "author", "Erscheinungsjahr", "unit price", "rating count",
     "number of ratings", "user_age", "Title Type", "image_url", "review id", "user count",
     "release_date", "geburtsdatum", "zone", "Страна", "年齢", "Rate these films [Alien]",
     "Q01_Films->Heat", "How many stars? Up", "Rate this film - Ran"],
)  # fmt: skip
def test_what_tells_something_of_users_or_items_has_no_role(name):
    assert role(name) is None


def long_rows(n_users=30, n_items=12, seed=0):
    generator = np.random.default_rng(seed)
    rated = np.argwhere(generator.random((n_users, n_items)) < 0.6)
    rated = generator.permutation(rated)
    return [(str(500 + 7 * u), str(40 + 3 * i), str(generator.integers(1, 6))) for u, i in rated]


def test_without_names_the_pair_that_seldom_repeats_is_user_and_item():
    rows = long_rows()
    times = [str(9 * 10**8 + 977 * n) for n in range(len(rows))]
    for order in itertools.permutations(range(4)):
        mixed = [[(*row, time)[c] for c in order] for row, time in zip(rows, times, strict=True)]
        found = roles(columns(4), mixed)
        at = [order.index(c) + 1 for c in range(4)]
        assert found.timestamp == f"column {at[3]}"
        assert {found.user, found.item} == {f"column {at[0]}", f"column {at[1]}"}, order
        assert found.rating == f"column {at[2]}"


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    "extra",
    [
        lambda n: str(n),  # a running number
        lambda n: "1",  # a constant
        lambda n: "A long opinion that nobody would take for the name of anything, " * 2 + str(n),
        lambda n: ["alpha", "beta"][n % 2],  # a group
    ],
)
def test_columns_that_hold_no_ids_are_passed_over(extra, place):
    rows = [(f"u{u}", f"i{i}", r) for u, i, r in long_rows()]
    mixed = [[*row[:place], extra(n), *row[place:]] for n, row in enumerate(rows)]
    names = columns(4)
    user, item, rating = (name for at, name in enumerate(names) if at != place)
    found = roles(names, mixed)
    assert (found.user, found.item, found.rating) == (user, item, rating)


def test_decimals_are_ratings_and_a_constant_is_no_time():
    rows = [(u, i, f"{(int(r) - 0.1021651202):.10f}", "1") for u, i, r in long_rows()]
    assert roles(columns(4), rows) == Roles("column 1", "column 2", "column 3")


def test_a_name_is_a_title_where_each_item_has_one_and_else_a_persons():
    people = ["Ana", "Bo", "Cleo"]
    films = ["Alien", "Brazil", "Heat", "Ran"]
    rows = [(p, str(f), (3 * a + f) % 5 + 1) for a, p in enumerate(people) for f in range(4)]
    assert roles(["movie_id", "name", "stars"], [(f, p, r) for p, f, r in rows]).user == "name"
    rows = [(str(a), f, films[f], (3 * a + f) % 5 + 1) for a in range(3) for f in range(4)]
    found = roles(["zone", "movie_id", "name", "stars"], rows)
    assert (found.title, found.user) == ("name", None)  # a time zone is nobody


def test_a_named_column_that_cannot_be_it_gives_way_to_another():
    rows = [
        (f"u{u}", "", f"i{i}", f"so fine, {n} times " * 3, r, "soon", f"2020-01-{n % 28 + 1:02d}")
        for n, (u, i, r) in enumerate(long_rows())
    ]
    names = ["reviewer", "user", "item", "opinion", "points", "time", "date"]
    assert roles(names, rows) == Roles("reviewer", "item", "points", "date")


def test_nothing_is_filled_in_a_catalogue():
    rows = [
        (str(n), f"Film {n}", 1950 + n % 60, "Drama", 9 * n % 83, 100 + n * n) for n in range(40)
    ]
    names = ["movie_id", "title", "year", "genres", "popularity", "members"]
    found = roles(names, rows)
    assert (found.item, found.title, found.user) == ("movie_id", "title", None)


def test_an_invoice_is_read_as_what_each_customer_bought_in_all():
    """Lines of invoices as shops export them; a quantity below zero was sent back."""
    lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
    bought = {}
    for n in range(60):
        customer, item, quantity = 12_000 + n % 7, f"8{n % 5}01B", (n * 7) % 11 + 1
        if n % 9 == 4:
            quantity = -2
        lines.append(f"53{n},{item},MUG {n % 5},{quantity},12/{n % 28 + 1}/2010 8:26,2.55,"
                     f"{customer},France")  # fmt: skip
        pair = str(customer), item
        bought[pair] = bought.get(pair, 0) + quantity
    ratings = read_ratings("\n".join(lines).encode())
    found = {(ratings.users[u], ratings.items[i]): float(v) for u, i, v in
             zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)}  # fmt: skip
    assert found == {pair: n for pair, n in bought.items() if n > 0}
    assert ratings.timestamps is not None and ratings.item_names[0].startswith("MUG")
    assert any("the sum was taken" in sentence for sentence in ratings.report.sentences())
