"""However a file is cut into blocks, mapped or sampled, the ratings are the same."""

import json
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core import reading
from recsys_core.errors import ReadError
from recsys_core.reading import budget, sources, values
from recsys_core.reading.formats import blocks, json_tables, netflix

ids = st.sampled_from(["7", "007", "12", "ana", "é", "x 1", "9" * 20])
rows = st.lists(st.tuples(ids, ids, st.integers(1, 5)), min_size=12, max_size=40)


def as_lines(table, odd):
    """Rows as JSON, one a line; every ``odd``-th user is a number, or has a time beside it."""
    found = []
    for at, (user, item, rating) in enumerate(table):
        record = {"user": user, "item": item, "rating": rating}
        if at % odd == odd - 1:
            record |= {"user": at, "when": 10**9 + at}
        found.append(json.dumps(record, ensure_ascii=False))
    return ("\n".join(found) + "\n").encode()


def as_netflix(table):
    return "".join(
        f"{item}:\n{user},{rating},2005-01-02\n" for user, item, rating in table
    ).encode()


def told(data, name):
    """The ratings by labels, or the sentence on why there are none."""
    try:
        ratings = reading.read_ratings(data if name is None else sources.Content(data, name))
    except ReadError as error:
        return str(error)
    frame = ratings.to_frame()
    return ratings.scale, [tuple(row) for row in frame.itertuples(index=False)]


@pytest.mark.slow
@settings(max_examples=40)
@given(rows, st.integers(2, 9), st.integers(1, 60))
def test_blocks_of_any_size_give_the_same(table, odd, size):
    for data, name in ((as_lines(table, odd), "a.jsonl"), (as_netflix(table), "a.txt")):
        whole = told(data, name)
        with (
            mock.patch.object(blocks, "_PIECE", size),
            mock.patch.object(json_tables, "_ROWS", odd),
            mock.patch.object(json_tables, "_LOOKED_AT", 2),
        ):
            assert told(data, name) == whole


@pytest.mark.parametrize("form", ["json", "netflix"])
def test_a_large_file_is_sampled_and_then_read_as_a_whole(form):
    generator = np.random.default_rng(1)
    table = [
        (f"{u:03}", f"i{i}", int(r))
        for u, i, r in generator.integers(1, 6, (40_000, 3)) * [97, 61, 1]
    ]
    table = [(f"{user}{at % 4001}", item, rating) for at, (user, item, rating) in enumerate(table)]
    data, name = (
        (as_lines(table, 10**9), "a.jsonl") if form == "json" else (as_netflix(table), "a.txt")
    )
    whole = told(data, name)
    with (
        mock.patch.multiple(json_tables, WHOLE=1 << 20),
        mock.patch.multiple(netflix, WHOLE=1 << 19),
    ):
        draft = reading.inspect(sources.Content(data, name))
        assert draft.sampled and draft.size is None and draft.rating == "rating"
        assert told(data, name) == whole
    assert len(whole[1]) > 5000


def test_a_mapped_file_is_read_as_its_bytes(tmp_path):
    text = "user,item,rating\n" + "".join(
        f'ünser {n % 97},"a ""{n % 31}""",{n % 5 + 1}\n' for n in range(3000)
    )
    path = tmp_path / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    copied = reading.read_ratings(path)
    with mock.patch.object(sources, "MAPPED_FROM", 1000):
        assert isinstance(sources.open_source(path).data, sources.Mapped)
        mapped = reading.read_ratings(path)
    assert mapped.fingerprint == copied.fingerprint and mapped.users == copied.users
    data = sources.Mapped.of(path)
    assert data.startswith((b"x", b"user")) and not data.startswith(b"item")
    assert data.count(b"\n") == 3001 and data.count(b"\n", 20, 2000) == text.encode()[
        20:2000
    ].count(b"\n")


@given(
    st.lists(st.sampled_from([0.0, 1, 1.5, 3, -2, np.nan, np.inf]), max_size=60), st.integers(1, 9)
)
def test_numbers_are_counted_by_blocks(numbers, size):
    given_ = np.array(numbers, np.float32)
    with mock.patch.object(values, "_BLOCK", size):
        times = values.times_of(given_)
    distinct, n = np.unique(given_[np.isfinite(given_)], return_counts=True)
    assert times.index.tolist() == distinct.tolist() and times.tolist() == n.tolist()
    if len(times):
        assert values.median(times) == np.median(given_[np.isfinite(given_)])


def test_users_and_items_are_refused_together():
    data = "user,item,rating\n" + "".join(f"u{n},i{n % 70},{n % 5 + 1}\n" for n in range(100))
    with (
        budget.opened(budget.Budget(labels=150)),
        pytest.raises(ReadError, match="150 users and items"),
    ):
        reading.read_ratings(data.encode())
    assert reading.read_ratings(data.encode()).n_users == 100
