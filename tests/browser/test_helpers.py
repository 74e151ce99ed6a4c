"""The polls that browser tests wait with: they see what comes late, and say what never comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.browser.helpers import becomes, stays, steady


def one_by_one(values: Iterable[Any]) -> Callable[[], Any]:
    """A reading that finds another of these values each time; an error it raises."""
    waiting = iter(values)

    def read() -> Any:
        value = next(waiting)
        if isinstance(value, Error):
            raise value
        return value

    return read


def test_what_comes_late_is_waited_for():
    assert becomes(one_by_one([1, 2, Error("the page is being replaced"), 3, 4]), 3) == 3
    assert becomes(one_by_one([1, 2, 3, 4]), lambda value: value > 2) == 3
    assert becomes(one_by_one([None, None, 0])) == 0


def test_what_never_comes_fails_with_what_was_seen_last():
    with pytest.raises(AssertionError, match="not 8; last seen: 7"):
        becomes(lambda: 7, 8, timeout=0.2)
    with pytest.raises(AssertionError, match="last seen: 7"):
        becomes(lambda: 7, lambda value: value > 7, timeout=0.2)


def test_even_a_slow_look_is_repeated():
    """A look may take longer than there is time: the value may have come with the second."""
    assert becomes(one_by_one([1, 2]), 2, timeout=0) == 2


def test_what_still_changes_is_not_steady():
    assert steady(one_by_one([1, 2, 3, *[4] * 20]), seconds=0.2) == 4
    with pytest.raises(AssertionError, match="still changes"):
        steady(one_by_one(range(1000)), seconds=0.2, timeout=0.4)


def test_what_was_to_stay_must_not_change_even_for_a_moment():
    stays(lambda: 4, 4, seconds=0.2)
    with pytest.raises(AssertionError, match="stay 4; seen: 5"):
        stays(one_by_one([4, 4, 5, *[4] * 100]), 4, seconds=0.5)
