"""Whatever ratings one has: written in any dialect and read again, they are the same."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recsys_core import escape
from recsys_core.asking import exports
from recsys_core.reading import inspect, read_ratings
from recsys_core.reading.column_roles import role

pytestmark = pytest.mark.slow

# Labels as people write them: any letters, inner spaces, quotes, delimiters, leading zeros. An item
# called R heads a column of a wide table, and would be read as the column of ratings.
characters = st.characters(codec="utf-8", categories=["L", "N"], include_characters=" ',;|._&\"-")
labels = st.text(characters, min_size=1, max_size=12).map(str.strip)
labels = labels.filter(
    lambda text: (
        text.lower() not in ("", "nan", "null")
        and escape.from_csv(text) == text
        and role(text) is None
    )
)
numbered = st.integers(0, 10**6).map(lambda n: f"{n:07d}")
values = st.sampled_from([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5])


@st.composite
def tables(draw):
    """Triples with at least two users, two items and two different ratings."""
    kind = draw(st.sampled_from([labels, numbered]))
    users = draw(st.lists(kind, min_size=2, max_size=6, unique=True))
    items = draw(st.lists(kind, min_size=2, max_size=6, unique=True))
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from(users), st.sampled_from(items)),
            min_size=4,
            max_size=25,
            unique=True,
        )
    )
    table = [(user, item, draw(values)) for user, item in pairs]
    assume(all(len({row[c] for row in table}) > 1 for c in range(3)))
    return table


def written(rows, delimiter, quoting, end):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return file.getvalue()


def triples(ratings):
    return sorted(
        (ratings.users[u], ratings.items[i], float(v))
        for u, i, v in zip(ratings.user_ids, ratings.item_ids, ratings.values, strict=True)
    )


@settings(max_examples=80)
@given(
    table=tables(),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    order=st.permutations([0, 1, 2]),
    comma=st.booleans(),
)
def test_long_tables(table, delimiter, quoting, end, encoding, order, comma):
    rows = [("userId", "movieId", "rating"), *table]
    if comma:
        rows = [rows[0], *((u, i, str(float(v)).replace(".", ",")) for u, i, v in table)]
    text = written([[row[c] for c in order] for row in rows], delimiter, quoting, end)
    guess = inspect(text.encode(encoding), delimiter=delimiter)
    assert triples(guess.read()) == sorted(table)


@settings(max_examples=60)
@given(
    table=tables(),
    delimiter=st.sampled_from([",", ";", "\t"]),
    blank=st.sampled_from(["", "NaN", "-", "0", "99"]),
)
def test_wide_tables(table, delimiter, blank):
    frame = pd.DataFrame(table, columns=["user", "item", "rating"])
    matrix = frame.pivot(index="user", columns="item", values="rating")
    if blank in (
        "0",
        "99",
    ):  # without a gap there is no mark to find; 0, 1, 2 is a scale of its own
        assume(matrix.isna().to_numpy().any() and frame["rating"].max() > 2)
    cells = [
        [user, *(blank if np.isnan(v) else v for v in row)]
        for user, row in zip(matrix.index, matrix.to_numpy(), strict=True)
    ]
    text = written([["user", *matrix.columns], *cells], delimiter, csv.QUOTE_NONNUMERIC, "\n")
    guess = inspect(text.encode(), layout="wide", delimiter=delimiter)
    assert guess.labels and guess.header
    assert triples(guess.read()) == sorted(table)


@settings(max_examples=40)
@given(
    n_users=st.integers(4, 30),
    n_items=st.integers(4, 30),
    seed=st.integers(0, 2**31),
    delimiter=st.sampled_from([",", ";", "\t", " ", "::", "|"]),
    header=st.booleans(),
    timestamps=st.booleans(),
)
def test_lists_of_numbers_need_no_help(n_users, n_items, seed, delimiter, header, timestamps):
    """Ids, ratings and moments as GroupLens writes them, guessed without any choice."""
    generator = np.random.default_rng(seed)
    users = generator.choice(10_000, n_users, replace=False) + 1
    items = generator.choice(10_000, n_items, replace=False) + 1
    rated = np.argwhere(generator.random((n_users, n_items)) < 0.7)
    assume(len(rated) > 20)
    rows = [(users[u], items[i], int(generator.integers(1, 6))) for u, i in rated]
    assume(all(len({row[c] for row in rows}) > 1 for c in range(3)))
    lines = [list(map(str, row)) for row in rows]
    names = ["userId", "movieId", "rating"]
    if timestamps:
        lines = [[*line, str(generator.integers(9 * 10**8, 16 * 10**8))] for line in lines]
        names.append("timestamp")
    if header:
        lines.insert(0, names)
    ratings = inspect("\n".join(delimiter.join(line) for line in lines).encode()).read()
    assert triples(ratings) == sorted((str(u), str(i), float(v)) for u, i, v in rows)
    assert (ratings.timestamps is not None) == timestamps


@settings(max_examples=200)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(str.encode),
        st.text('0123456789,;.\n\t -"ab', max_size=200).map(str.encode),
    )
)
def test_arbitrary_bytes_give_ratings_or_one_sentence(data):
    from recsys_core.errors import ReadError

    try:
        assert inspect(data).read().n_ratings
    except ReadError as error:
        assert str(error).endswith(".") and "\n" not in str(error)


@settings(max_examples=60)
@given(table=tables(), marks=st.text("=+-@';\n\t\x00\x01\x1b\x1f", max_size=3), wide=st.booleans())
def test_what_was_read_is_read_again_from_our_own_file(table, marks, wide):
    frame = pd.DataFrame(table, columns=["user", "item", "rating"])
    frame["item"] = marks + frame["item"]
    if wide:
        assume(
            frame["item"].nunique() > 3
        )  # three columns or four may be a list of ratings as well
        frame = frame.pivot(index="user", columns="item", values="rating").reset_index()
    file = io.BytesIO()
    frame.to_parquet(file)
    ratings = read_ratings(file.getvalue())
    again = read_ratings(exports.to_csv(ratings.to_frame(), index=False), delimiter=",")
    assert triples(again) == triples(ratings)
