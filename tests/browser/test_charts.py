"""Charts as they come to be in a browser: names that can be read, and pictures to keep."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import becomes, go_to, plot, steady
from tests.browser.training import party

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Texts of a chart that lie over each other or beyond its frame, as pairs or alone.
CLASHES = """(chart, selector) => {
    const frame = chart.getBoundingClientRect()
    const seen = [...chart.querySelectorAll(selector)]
        .filter((node) => node.textContent && getComputedStyle(node).visibility !== "hidden")
        .map((node) => [node.textContent, node.getBoundingClientRect()])
        .filter(([, box]) => box.width)
    const cut = seen.filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1
        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
    const over = seen.flatMap(([one, a], i) => seen.slice(i + 1)
        .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
        .map(([other]) => [one, other]))
    return [...cut.map(([text]) => text), ...over]
}"""

NAMES = ".annotation .annotation-text"
ROWS = ".ytick text, .yaxislayer-above text"


@pytest.mark.parametrize("width", [390, 1440])
def test_no_name_on_a_chart_is_cut_or_lies_over_another(width, browser_page):
    page = browser_page(width, 900)
    party(page)
    go_to(page, "latent")
    becomes(lambda: plot(page, "latent").evaluate(CLASHES, NAMES), [])
    expect(plot(page, "latent").locator(NAMES).first).to_be_visible()
    go_to(page, "train")
    for chart, texts in (("latent", NAMES), ("matrix", NAMES), ("matrix", ROWS)):
        becomes(lambda c=chart, t=texts: plot(page, c).evaluate(CLASHES, t), [])
    becomes(lambda: len(plot(page, "latent").locator(NAMES).all()), lambda n: n >= 9)
    go_to(page, "data")
    becomes(lambda: plot(page, "known").evaluate(CLASHES, ROWS), [])


def test_a_chart_is_kept_as_a_picture_named_after_what_it_shows(browser_page):
    page = browser_page()
    party(page)
    chart = plot(page, "matrix")
    chart.hover(position={"x": 30, "y": 60})
    with page.expect_download() as kept:
        chart.locator(".modebar-btn").last.click()
    assert kept.value.suggested_filename == "factorscope-gaps-filled-robbies-party-sgd-k-3.png"
    picture = kept.value.path().read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    box = steady(lambda: chart.bounding_box())
    assert width == pytest.approx(2 * box["width"], abs=2)
    assert height > 2 * box["height"]  # how to read it stands below


def test_on_a_telephone_the_matrix_shows_that_it_is_scrolled(browser_page):
    page = browser_page(390, 844)
    party(page)
    box = page.locator(".st-key-matrix_scroll")
    expect(box).to_have_class(re.compile("fs-beyond-right"))
    expect(box).not_to_have_class(re.compile("fs-beyond-left"))
    box.evaluate("box => box.scrollTo(10000, 0)")
    expect(box).to_have_class(re.compile("fs-beyond-left"))
    expect(box).not_to_have_class(re.compile("fs-beyond-right"))
