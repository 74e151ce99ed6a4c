"""Blocks of “key: value” lines, as SNAP keeps reviews: a format of their own."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.errors import ReadError
from recsys_core.reading import inspect, read_ratings
from recsys_core.reading.formats import records as keyed

_REVIEWS = "\n\n".join(
    f"product/productId: B{item:03d}\nproduct/title: Film: the {item}th\nreview/userId: A{user}\n"
    f"review/score: {(user + item) % 5 + 1}.0\nreview/time: {1182729600 + user}\n"
    f"review/text: {'words ' * 10 * item}"
    for user in range(6)
    for item in range(8)
)
_keys = st.from_regex(r"[a-z]{1,6}(/[a-zA-Z]{1,6})?", fullmatch=True)
# What a line can hold: no ends of line, no space at its ends, nothing longer than is kept.
_values = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)


@given(st.lists(st.dictionaries(_keys, _values, min_size=1), min_size=1, max_size=8), st.data())
def test_what_was_written_as_blocks_is_read_again(records, data):
    gap = "\n" * data.draw(st.integers(2, 4))
    text = gap.join("\n".join(f"{k}: {v}" for k, v in record.items()) for record in records)
    frame = keyed.read(text.encode(), "it")._frame
    assert list(frame.columns) == list(dict.fromkeys(key for record in records for key in record))
    for at, record in enumerate(records):
        row = frame.iloc[at].dropna().to_dict()
        assert row == record


@pytest.mark.parametrize("data", [_REVIEWS.encode(), gzip.compress(_REVIEWS.encode("latin-1"))])
def test_reviews_are_read_with_titles_and_without_long_texts(data):
    ratings = read_ratings(data, name="reviews")
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings) == (6, 8, 48)
    assert ratings.item_names[2] == "Film: the 2th"
    rows = ratings.to_frame().set_index(["user", "item"])
    assert rows.loc[("A3", "B004"), "rating"] == (3 + 4) % 5 + 1
    assert "Long texts were left out: “review/text”." in ratings.report.remarks


def test_a_line_that_breaks_a_block_is_named():
    lines = _REVIEWS.splitlines()
    with pytest.raises(ReadError, match="Line 300 of .* is not “name: value”"):
        read_ratings("\n".join([*lines[:299], "no key here", *lines[299:]]).encode())
    with pytest.raises(ReadError, match="Line 9 of .* says “product/productId” again"):
        keyed.read("\n".join(lines[:6] + [" "] + [lines[7]] * 2).encode(), "it")


def test_lines_of_names_without_blocks_are_no_table():
    with pytest.raises(ReadError, match="lines of “name: value”"):
        inspect(b"user: Ana\nitem: Heat\nrating: 3\nuser: Bo\nitem: Ran\nrating: 2\n", "a.txt")
