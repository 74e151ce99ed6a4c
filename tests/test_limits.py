"""The table of limits: what the environment may change, its sentences, and tries per while."""

import re
from pathlib import Path

import pytest

from recsys_core import limits
from recsys_core.limits import LIMITS, LimitError, Tries

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "limits.md"


@pytest.fixture
def given(monkeypatch):
    return lambda said: monkeypatch.setenv(limits.VARIABLE, said)


def test_a_limit_is_its_default_or_what_the_environment_says(given):
    given("k=64, runs_per_visitor=1_000")
    assert (limits.of("k"), limits.of("runs_per_visitor")) == (64, 1000)
    assert limits.of("epochs") == LIMITS["epochs"].default and limits.trouble() is None


@pytest.mark.parametrize("said", ["k=0", "k=-1", "k=many", "k", "factors=3", "k=1e3", "k=٣", "=3"])
def test_what_has_no_meaning_is_said_and_changes_nothing(given, said):
    given(f"epochs=7 {said}")
    assert limits.of("k") == LIMITS["k"].default and limits.of("epochs") == 7
    assert said in limits.trouble()


@pytest.mark.parametrize("name", LIMITS)
def test_as_many_as_the_limit_pass_and_one_more_is_told_how_many_in_one_sentence(given, name):
    given(f"{name}=4321")
    limits.check(name, 4321)
    with pytest.raises(LimitError) as refused:
        limits.check(name, 4322)
    assert "4,321" in refused.value.text and refused.value.text.endswith(".")
    # It says what to do, not only what is too much.
    assert re.search(r"[;:.] \S", refused.value.text)


def test_the_document_has_the_same_table():
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == [(each.name, f"{each.default:,}", each.meaning) for each in LIMITS.values()]


def test_tries_are_counted_per_name_and_within_the_last_seconds(given):
    given("joins_per_minute=3")
    now = [100.0]
    tries = Tries("joins_per_minute", 60, clock=lambda: now[0])
    for second in (0, 10, 20):
        now[0] = 100.0 + second
        assert tries.take("a") == 0
    assert tries.take("a") == 40 == tries.wait("a"), "until the first is a minute old"
    assert tries.take("b") == 0, "another address is another count"
    now[0] = 159.9
    assert tries.take("a") > 0
    now[0] = 160.0
    assert tries.take("a") == 0 and tries.wait("a") == 10, "the one at 110 is the oldest now"


def test_addresses_that_are_remembered_are_bounded_and_the_busy_one_is_not_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_REMEMBERED", 10)
    tries = Tries("joins_per_minute", 60, clock=lambda: 0.0)
    for number in range(100):
        tries.note("busy")
        tries.note(str(number))
    assert len(tries._times) == 10 and tries.wait("busy") == 60
