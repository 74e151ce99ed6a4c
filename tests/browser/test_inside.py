"""The microscope in a browser: sub-steps by button and key, back again, the next ratings."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import (
    asked,
    becomes,
    go_to,
    listen,
    settled,
    shot,
    stays,
    steady,
    width_of,
)
from tests.browser.test_accessible import AXE, check

pytestmark = pytest.mark.browser

OPEN = "data=party&model=SGD&n_epochs=30&epoch=10&user=1&item=3"


def panel(page: Page) -> Locator:
    """The microscope."""
    return page.locator(".fs-step")


def where(page: Page) -> tuple[int, str]:
    """The place of the rating in its epoch, from 0, and the sub-step."""
    found = panel(page)
    return int(found.get_attribute("data-place") or -1), found.get_attribute("data-sub") or ""


def press(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name, exact=False).first.click()


def test_it_opens_in_place_and_goes_forward_and_back(browser_page):
    page = browser_page()
    go_to(page, f"predictions?{OPEN}")
    page.get_by_role("button", name="Expand").click()
    expect(panel(page)).to_be_visible()
    settled(page)
    expect(page).to_have_url(re.compile("predictions.*inside=step"))
    place, sub = becomes(lambda: where(page), lambda seen: seen[1] == "rating")
    said = panel(page).locator(".fs-step-says")
    first = steady(lambda: said.inner_text())
    for name in ("products", "sum", "error", "gradients", "after"):
        press(page, "Forward")
        becomes(lambda: where(page), (place, name))
    press(page, "Forward")
    becomes(lambda: where(page), (place + 1, "rating"))
    for _ in range(6):
        press(page, "Back")
    becomes(lambda: where(page), (place, sub))
    expect(said).to_have_text(first)
    page.get_by_role("button", name="Close").click()
    expect(panel(page)).to_have_count(0)


@pytest.mark.slow
def test_keys_alone_lead_through_it_and_the_server_is_not_asked(browser_page):
    page = browser_page()
    notes = listen(page)
    go_to(page, f"predictions?{OPEN}&inside=step")
    expect(panel(page)).to_be_visible()
    settled(page)
    panel(page).focus()
    place, _ = becomes(lambda: where(page), lambda seen: seen[1] == "rating")
    before = steady(lambda: len(asked(page, notes, "message")))
    for key, expected in (
        ("ArrowRight", (place, "products")), ("End", (place, "after")),
        ("ArrowRight", (place + 1, "rating")), ("ArrowLeft", (place, "after")),
        ("Home", (place, "rating")), ("ArrowDown", (place + 1, "rating")),
        ("ArrowUp", (place, "rating")),
    ):  # fmt: skip
        page.keyboard.press(key)
        becomes(lambda: where(page), expected)
    stays(lambda: len(asked(page, notes, "message")), before)
    # Each sub-step fills the formula, a number beneath each symbol.
    page.keyboard.press("End")
    terms = panel(page).locator(".fs-term")
    expect(terms.first).to_be_visible()
    numbers = steady(lambda: terms.locator("> span").all_inner_texts())
    assert numbers and all(re.search(r"\d", text) for text in numbers)


@pytest.mark.slow
def test_further_ratings_than_were_sent_are_asked_for(browser_page):
    page = browser_page()
    go_to(page, "predictions?data=low_rank&model=SGD&n_epochs=6&epoch=3&inside=step")
    expect(panel(page)).to_be_visible()
    settled(page)
    panel(page).focus()
    begin, _ = becomes(lambda: where(page), lambda seen: seen[1] == "rating")
    for _ in range(70):
        page.keyboard.press("ArrowDown")
    becomes(lambda: (panel(page).get_attribute("aria-busy"), where(page)),
            ("false", (begin + 70, "rating")))  # fmt: skip
    stays(lambda: where(page), (begin + 70, "rating"))  # the server's answer moves nothing


@pytest.mark.slow
def test_slow_motion_plays_the_sub_steps_and_holds(browser_page):
    page = browser_page()
    go_to(page, f"predictions?{OPEN}&inside=step")
    expect(panel(page)).to_be_visible()
    settled(page)
    press(page, "Slow motion")
    becomes(lambda: where(page)[1], "sum")
    press(page, "Hold")
    held = steady(lambda: where(page))
    stays(lambda: where(page), held, 3.0)


@pytest.mark.slow
def test_each_sign_of_a_formula_says_what_it_stands_for(browser_page):
    page = browser_page()
    go_to(page, "train?data=party&model=SGD&n_epochs=5&epoch=2")
    page.locator(".st-key-formula summary").click()
    meaning, signs = page.locator(".fs-meaning"), page.locator(".fs-formula [data-sign]")
    expect(meaning).to_contain_text("reach it with Tab")
    rates = page.locator('.fs-formula [data-sign="\\\\gamma"]')
    rates.first.hover()
    expect(meaning).to_contain_text("the learning rate")
    expect(page.locator(".fs-lit")).to_have_count(2)  # it stands in both steps
    page.locator("h1").hover()
    expect(meaning).to_contain_text("reach it with Tab")
    signs.first.focus()
    expect(meaning).to_contain_text("its prediction")
    page.keyboard.press("Tab")
    expect(meaning).to_contain_text("the mean of all training ratings")
    page.get_by_role("button", name="The code").click()
    expect(page.get_by_text("def sgd_step(")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "name"),
    [("SGD", "step"), ("ALS", "half"), ("NMF", "update"), ("BayesianPMF", "draw"),
     ("PMF", "probability"), ("NeuralMF", "network"), ("NeuralMF", "adam")],
)  # fmt: skip
@pytest.mark.parametrize("width", [1920, 1440, 390])
def test_every_panel_is_for_everybody_and_fits(browser_page, model, name, width):
    page = browser_page(width, 900)
    page.add_init_script(path=AXE)
    run = f"data=party&model={model}&n_epochs=9&epoch=5"
    go_to(page, f"predictions?{run}&user=1&item=3&inside={name}")
    expect(page.locator(".st-key-inside")).to_be_visible()
    settled(page)
    becomes(lambda: width_of(page) <= width, True)
    found: list[str] = []
    check(page, name, found)
    assert not found
    page.locator(".st-key-inside").scroll_into_view_if_needed()
    shot(page, f"inside-{name}-{width}")
