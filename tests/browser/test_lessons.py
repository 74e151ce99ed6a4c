"""How a lesson stands beside the page, on each kind of screen."""

from __future__ import annotations

import pytest

from tests.browser.helpers import becomes, shot, width_of
from tests.browser.lessons import begin, panel
from tests.browser.test_accessible import AXE, check

pytestmark = pytest.mark.browser

WIDTHS = {"projector": (1920, 1080), "desktop": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize(
    "size",
    ["desktop", *(pytest.param(size, marks=pytest.mark.slow) for size in ("projector", "phone"))],
)
def test_a_lesson_stands_beside_the_page_or_folded_on_top(size, browser_page):
    page = browser_page(*WIDTHS[size], dark=size == "phone")
    page.add_init_script(path=AXE)
    begin(page, 2)
    found: list[str] = []
    check(page, "lesson", found)
    assert not found, "\n".join(found)
    lesson = becomes(lambda: panel(page).bounding_box())
    rest = becomes(lambda: page.locator(".st-key-lesson_page").bounding_box())
    if size == "phone":
        assert lesson["y"] + lesson["height"] <= rest["y"]
        assert lesson["height"] < WIDTHS[size][1] * 0.65
        panel(page).locator("summary").click()
        becomes(lambda: panel(page).bounding_box()["height"], lambda pixels: pixels < 80)
    else:
        assert lesson["x"] + lesson["width"] <= rest["x"]
        assert rest["width"] > 2 * lesson["width"]
    becomes(lambda: width_of(page), lambda pixels: pixels <= WIDTHS[size][0])
    style = "button => getComputedStyle(button).outlineStyle"
    for key, outline in (("step", "solid"), ("reset", "none")):  # what the step is about, or not
        becomes(lambda key=key: page.locator(f".st-key-{key}").evaluate(style), outline)
    shot(page, f"lesson-{size}")
