"""Presentation: big type, charts that fill a projector's screen, and keys; measured in Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import (
    arrived,
    becomes,
    comes_to,
    follow,
    go_to,
    plot,
    settled,
    sidebar,
    stays,
    steady,
)
from tests.browser.test_accessible import AXE, FINDINGS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN = "data=party&model=SGD&k=3&epoch=best"
SIZE = 1920, 1080

# Texts that are seen and smaller than 18 pixels. What is cut to nothing is for screen readers.
SMALL = """() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const hidden = (e) => e && (getComputedStyle(e).clipPath.startsWith("inset(50%") ||
        hidden(e.parentElement))
    while (walker.nextNode()) {
        const text = walker.currentNode, e = text.parentElement
        if (!text.textContent.trim() || ["STYLE", "SCRIPT"].includes(e.tagName)) continue
        if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
        const range = document.createRange()
        range.selectNodeContents(text)
        const { width, height } = range.getBoundingClientRect()
        if (width < 2 || height < 2 || hidden(e)) continue
        const size = parseFloat(getComputedStyle(e).fontSize)
        if (size < 18) found.push(`${size}: ${text.textContent.trim().slice(0, 60)}`)
    }
    return found
}"""

# Width and height of each chart that is seen, beside the size it was drawn in; and the lowest edge.
CHARTS = """() => [...document.querySelectorAll(".fs-chart")].filter(
    (e) => e.clientHeight && e.checkVisibility({ visibilityProperty: true })).map((e) => {
    const { width, height, bottom } = e.getBoundingClientRect()
    const drawn = e.querySelector(".main-svg")?.getBoundingClientRect()
    return { width, height, bottom, drawn: [drawn?.width, drawn?.height] }
})"""


def open_page(page: Page, path: str) -> None:
    page.goto(f"/{path}?{RUN}")
    arrived(page)
    expect(page.locator(".fs-present button")).to_be_visible()  # the script of the keys is there


def presented(page: Page, where: str) -> None:
    """Wait until that place of the presentation is shown, and drawn."""
    expect(page.locator(".fs-bar .fs-at")).to_have_text(where)
    settled(page)


@pytest.mark.parametrize(
    ("path", "n", "charts"), [("train", 3, 3), ("predictions", 2, 2), ("recommend", 6, 3)]
)
def test_type_is_big_and_charts_fill_the_screen(path, n, charts, browser_page):
    page = browser_page(*SIZE)
    open_page(page, path)
    page.keyboard.press("p")
    seen = 0
    for i in range(1, n + 1):
        presented(page, f"{i} / {n}")
        expect(sidebar(page)).not_to_be_in_viewport()
        assert becomes(lambda: page.evaluate(SMALL), []) == []
        for chart in steady(lambda: page.evaluate(CHARTS)):
            seen += 1
            becomes(lambda: page.evaluate(CHARTS)[0]["drawn"], _as_high)
            assert chart["width"] > 0.95 * SIZE[0] and chart["height"] > 0.6 * SIZE[1]
            assert chart["bottom"] <= SIZE[1]
        page.keyboard.press("ArrowRight")
    assert seen == charts
    presented(page, f"{n} / {n}")  # there is no further
    page.keyboard.press("Escape")
    expect(page.locator(".fs-bar")).to_be_hidden()
    settled(page)
    expect(sidebar(page)).to_be_in_viewport()


def _as_high(drawn: list[float]) -> bool:
    return None not in drawn and drawn[0] > 0.95 * SIZE[0] and drawn[1] > 0.6 * SIZE[1]


def test_what_is_left_is_as_it_was(browser_page):
    page = browser_page()
    open_page(page, "train")
    size = """div => [div._fullLayout.width, div._fullLayout.height, div._fullLayout.font.size]"""
    before = steady(lambda: plot(page, "matrix").evaluate(size))
    page.keyboard.press("p")
    presented(page, "1 / 3")
    page.keyboard.press("p")
    expect(page.locator(".fs-bar")).to_be_hidden()
    becomes(lambda: plot(page, "matrix").evaluate(size), before)


def test_p_is_a_letter_where_one_writes_and_can_be_switched_off(browser_page):
    page = browser_page()
    open_page(page, "train")
    factors = page.locator(".st-key-settings_box input").first
    factors.click()
    page.keyboard.press("p")
    page.locator(".fs-timeline input").focus()
    page.keyboard.press("p")
    bar = page.locator(".fs-bar:visible")
    stays(bar.count, 0)
    page.get_by_role("button", name="Present", exact=True).click()
    page.get_by_role("checkbox", name=re.compile("Keys")).uncheck()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("p")
    stays(bar.count, 0)
    page.reload()  # it is remembered
    arrived(page)
    expect(page.locator(".fs-present button")).to_be_visible()
    page.keyboard.press("p")
    stays(bar.count, 0)


def test_views_that_were_chosen_come_after_the_page(browser_page):
    page = browser_page()
    open_page(page, "predictions")
    page.get_by_role("button", name="Present", exact=True).click()
    page.get_by_role("button", name="Add this view").click()
    page.keyboard.press("Escape")
    follow(page, "Latent space")
    page.keyboard.press("a")
    page.get_by_role("button", name="Present", exact=True).click()
    rows = page.locator(".fs-slides li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Predictions")
    page.get_by_role("button", name=re.compile("^Later: Predictions")).click()
    expect(rows.last).to_contain_text("Predictions")
    page.keyboard.press("Escape")
    follow(page, "Train")
    page.keyboard.press("p")
    for where in ("1 / 3", "2 / 3", "3 / 3"):
        presented(page, where)
        page.keyboard.press("ArrowRight")
    comes_to(page, "latent")
    presented(page, "1 / 2")
    expect(page.locator(".fs-title")).to_have_text("Latent space")
    expect(plot(page, "latent")).to_be_in_viewport()
    page.keyboard.press("ArrowRight")
    comes_to(page, "predictions")
    presented(page, "2 / 2")
    expect(plot(page, "matrix")).to_be_in_viewport()
    expect(page.locator(".fs-told").filter(has_text="2 of 2")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    comes_to(page, "latent")
    page.keyboard.press("Escape")
    expect(page.locator(".fs-bar")).to_be_hidden()


def test_a_chart_keeps_its_own_arrow_keys_and_tab_finds_it(browser_page):
    page = browser_page()
    open_page(page, "predictions")
    page.keyboard.press("p")
    presented(page, "1 / 2")
    plot(page, "matrix").focus()
    page.keyboard.press("ArrowRight")
    expect(plot(page, "matrix").locator(".fs-cursor")).to_be_visible()
    presented(page, "1 / 2")
    page.keyboard.press("Escape")  # hides the cursor
    page.keyboard.press("Escape")
    expect(page.locator(".fs-bar")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_while_one_presents(dark, browser_page):
    page = browser_page(*SIZE, dark)
    page.add_init_script(path=AXE)
    for path in ("train", "predictions", "latent", "recommend"):
        open_page(page, path)
        page.keyboard.press("p")
        expect(page.locator(".fs-bar")).to_be_visible()
        settled(page)
        becomes(lambda: page.evaluate(FINDINGS), [])
    go_to(page, f"train?{RUN}")
    page.get_by_role("button", name="Present", exact=True).click()
    becomes(lambda: page.evaluate(FINDINGS), [])
