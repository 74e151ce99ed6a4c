"""Numbers and nouns, worded for people."""

import math

import numpy as np
import pytest

from recsys_core import language, words
from recsys_core.errors import SettingsError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.91234, "0.912"),
        (12345.6, "12,346"),
        (2.0, "2"),
        (2.5, "2.50"),
        (-0.05, "−0.0500"),
        (0, "0"),
        (99.96, "100"),
        (0.00000123, "1.23e−06"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_a_number_has_three_significant_digits(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.06305, "6.3 %"), (1, "100 %"), (0.00002, "0.002 %"), (0, "0 %"), (0.75, "75 %")],
)
def test_a_share_becomes_a_percentage_that_is_never_zero_by_rounding(share, text):
    assert words.percent(share).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("rating", "text"), [(4.5, "4.5"), (3.0, "3"), (-9.84, "−9.84"), (1200, "1,200"), (0, "0")]
)
def test_a_given_rating_has_no_more_digits_than_it_needs(rating, text):
    assert words.given(np.float32(rating)) == text


@pytest.mark.parametrize(
    ("noun", "count", "text"),
    [("song", 1, "1 song"), ("song", 12, "12 songs"), ("category", 2, "2 categories")],
)
def test_nouns_follow_their_count(noun, count, text):
    assert words.plural(noun, count).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Robbie's party", "robbies-party"), ("SGD, k = 3", "sgd-k-3"), ("Öl / Ärger?", "öl-ärger")],
)
def test_a_file_is_named_after_what_is_in_it(text, slug):
    assert words.slug(text) == slug


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.31, "0.3 s"), (12.4, "12 s"), (185, "3 min"), (7300, "2 h")]
)
def test_a_duration_is_coarse(seconds, text):
    assert words.duration(seconds).replace("\u00a0", " ") == text


def test_a_list_reads_as_one():
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b"]) == "a and b"
    assert words.listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(("text", "value"), [("0", 0), (" -1.5 ", -1.5), ("2,5", 2.5)])
def test_a_typed_number_is_read(text, value):
    assert words.parsed(text) == value


@pytest.mark.parametrize("text", ["", "none", "1,000.5", "nan", "inf"])
def test_anything_else_is_refused_in_a_sentence(text):
    with pytest.raises(SettingsError, match="not a number"):
        words.parsed(text)


def test_a_noun_has_its_article():
    assert [words.a(noun) for noun in ("film", "item", "user", "Artist", "unit")] == [
        "a film", "an item", "a user", "an Artist", "a unit",
    ]  # fmt: skip


def test_of_equal_names_the_later_are_numbered_as_no_other_is():
    assert words.distinct(["a", "b", "a", "a"]) == ["a", "b", "a (2)", "a (3)"]
    assert words.distinct(["a", "a", "a (2)", "a (2)"]) == ["a", "a (3)", "a (2)", "a (2) (2)"]
    many = ["a"] * 20_000 + [f"a ({at})" for at in range(20_000)]
    assert len(set(words.distinct(many))) == 40_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.912, "0.9120"), (1.32004, "1.3200"), (12.34567, "12.346"), (1234.56, "1,234.6"),
        (123456.7, "123,457"), (0.0, "0.0000"), (9.99999, "10.000"), (0.000412, "0.000412"),
        (-0.25, "−0.2500"), (math.nan, "–"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_errors_have_four_decimals(value, text):
    assert words.error(value) == text


def test_factors_have_three_decimals_and_measures_four():
    assert [words.factor(v) for v in (-1.25, 0.3184, -0.0002, math.nan)] == [
        "−1.250", "0.318", "0.000", "–",
    ]  # fmt: skip
    assert [words.measure(0.30714), words.measure(-0.5, 2), words.measure(None)] == [
        "0.3071", "−0.50", "–",
    ]  # fmt: skip


def test_a_noun_that_people_brought_may_hold_braces():
    assert words.plural("bo{x}k {", 2) == "2\u00a0bo{x}k {s"
    assert words.named("bo{x}k {") == "bo{x}k {"


def test_a_day_is_written_as_its_reader_writes_days():
    assert words.moment("2026-11-27T20:15:03+00:00") == "2026-11-27, 20:15 UTC"
    with language.speaking("pt"):
        assert words.day("2026-11-27") == "27/11/2026"
