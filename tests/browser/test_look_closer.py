"""Look closer, on Recommend and in the latent space: with keys alone, on every screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import becomes, go_to, settled, shot, steady, width_of
from tests.browser.test_accessible import AXE, check, tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN = "data=party&model=ALS&k=3&epoch=best&user=1&item=3"

# By page and what the link calls them.
PANELS = [
    *(("recommend", f"closer={name}") for name in ("exactly", "ask", "cold", "surprise", "edit")),
    *(("latent", f"look={name}") for name in ("turn", "cosine")),
]
SCREENS = [(1920, 1080, False), (1440, 900, True), (390, 844, False)]


def reach(page: Page, target: Locator) -> None:
    """Go by Tab to a control."""
    expect(target).to_be_visible()
    becomes(lambda: tab(page, target), True)


def press_arrow(page: Page, slider: Locator, key: str, option: str) -> None:
    """Go by Tab to a slider and press an arrow key; the address says what it is set to then."""
    reach(page, slider)
    page.keyboard.press(key)
    expect(page).to_have_url(re.compile(option))


@pytest.mark.parametrize(("width", "height", "dark"), SCREENS)
def test_each_is_for_everybody_and_fits(browser_page, width, height, dark):
    page = browser_page(width, height, dark)
    page.add_init_script(path=AXE)
    found: list[str] = []
    for path, query in PANELS:
        go_to(page, f"{path}?{RUN}&{query}")
        expect(page.get_by_role("heading", name="Look closer")).to_be_visible()
        becomes(lambda: width_of(page) <= width, True)
        check(page, query, found)
        page.get_by_role("heading", name="Look closer").scroll_into_view_if_needed()
        shot(page, f"{path}-{query.replace('=', '-')}-{width}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [width for width, _, _ in SCREENS])
def test_keys_alone_open_and_use_them(browser_page, width):
    page = browser_page(width, 900)
    go_to(page, f"recommend?{RUN}")
    tabs = page.get_by_role("tablist").filter(has_text="Why exactly").get_by_role("tab")
    reach(page, tabs.filter(has_text="Why exactly"))
    for name, option in (("Ask me next", "ask"), ("Cold start", "cold"), ("Safe", "surprise")):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"closer={option}"))
        expect(tabs.filter(has_text=name)).to_have_attribute("aria-selected", "true")
        settled(page)

    # Safe or surprising: the dial, and how far from usual.
    slider = page.locator(".st-key-surprise").get_by_role("slider")
    press_arrow(page, slider, "ArrowRight", "surprise=1")
    settled(page)

    # Cold start: the dial counts one rating less.
    go_to(page, f"recommend?{RUN}&closer=cold&counted=5")
    press_arrow(page, page.locator(".fs-edit").get_by_role("slider"), "ArrowLeft", "counted=4")

    # Why exactly: another item to train again without, from the list that opens.
    go_to(page, f"recommend?{RUN}&closer=exactly")
    again = page.locator("[class*=st-key-again_item]").get_by_role("combobox")
    reach(page, again)
    before = steady(lambda: again.input_value())
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    becomes(lambda: again.input_value(), lambda now: now != before)
    settled(page)

    # Latent space: the factors are turned; two others are compared.
    go_to(page, f"latent?{RUN}&look=turn")
    slider = page.locator(".st-key-turn").get_by_role("slider")
    press_arrow(page, slider, "ArrowRight", "turn=5")
    go_to(page, f"latent?{RUN}&look=cosine")
    sides = page.locator(".st-key-close_of").get_by_role("radio")
    reach(page, sides.first)
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("close_of=user"))
