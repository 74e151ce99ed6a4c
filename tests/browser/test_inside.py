"""The microscope in a browser: sub-steps by button and key, back again, the next ratings."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import asked, becomes, go_to, listen, settled, shot, stays, width_of
from tests.browser.test_accessible import check

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


def test_it_opens_in_place_and_goes_forward_and_back(page):
    go_to(page, f"predictions?{OPEN}")
    page.get_by_role("button", name="Expand").click()
    expect(panel(page)).to_be_visible()
    settled(page)
    expect(page).to_have_url(re.compile("predictions.*inside=step"))
    place, sub = becomes(lambda: where(page), lambda seen: seen[1] == "rating")
    said = panel(page).locator(".fs-step-says")
    first = said.inner_text()
    walked = []
    for _ in range(6):
        press(page, "Forward")
        walked.append(where(page))
    names = ("products", "sum", "error", "gradients", "after")
    assert walked == [*((place, name) for name in names), (place + 1, "rating")]
    for _ in range(6):
        press(page, "Back")
    becomes(lambda: where(page), (place, sub))
    expect(said).to_have_text(first)
    page.get_by_role("button", name="Close").click()
    expect(panel(page)).to_have_count(0)


def test_keys_alone_lead_through_it_and_the_server_is_not_asked(page):
    notes = listen(page)
    go_to(page, f"predictions?{OPEN}&inside=step")
    expect(panel(page)).to_be_visible()
    settled(page)
    panel(page).focus()
    place, _ = becomes(lambda: where(page), lambda seen: seen[1] == "rating")
    before = len(asked(page, notes, "message"))
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
    assert all(re.search(r"\d", text) for text in terms.locator("> span").all_inner_texts())


def test_further_ratings_than_were_sent_are_asked_for(page):
    go_to(page, f"predictions?{OPEN}&inside=step")
    expect(panel(page)).to_be_visible()
    settled(page)
    panel(page).focus()
    begin = where(page)[0]
    for n in range(1, 70):
        page.keyboard.press("ArrowDown")
        if begin + n >= 118:
            break
    becomes(lambda: panel(page).get_attribute("aria-busy"), "false")
    reached = where(page)
    settled(page)
    assert where(page) == reached, "an answer of the server moves nothing"


def test_slow_motion_plays_the_sub_steps_and_holds(page):
    go_to(page, f"predictions?{OPEN}&inside=step")
    expect(panel(page)).to_be_visible()
    settled(page)
    press(page, "Slow motion")
    becomes(lambda: where(page)[1], "sum")
    press(page, "Hold")
    held = where(page)
    stays(lambda: where(page), held, 3.0)


@pytest.mark.parametrize(
    ("model", "name"),
    [("SGD", "step"), ("ALS", "half"), ("NMF", "update"), ("BayesianPMF", "draw"),
     ("PMF", "probability")],
)  # fmt: skip
@pytest.mark.parametrize("width", [1440, 390])
def test_every_panel_is_for_everybody_and_fits(page, model, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    go_to(
        page, f"predictions?data=party&model={model}&n_epochs=9&epoch=5&user=1&item=3&inside={name}"
    )
    expect(page.locator(".st-key-inside")).to_be_visible()
    settled(page)
    assert width_of(page) <= width
    found: list[str] = []
    check(page, name, found)
    assert not found
    page.locator(".st-key-inside").scroll_into_view_if_needed()
    shot(page, f"inside-{name}-{width}")
