"""A lesson from start to finish, as a student goes through it; and by one who does nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import becomes, comes_to, go_to, settled, shot, width_of
from tests.browser.test_accessible import AXE, check
from tests.browser.training import finished, press, set_speed, step

pytestmark = pytest.mark.browser

WIDTHS = {"projector": (1920, 1080), "desktop": (1440, 900), "phone": (390, 844)}


def panel(page: Page) -> Locator:
    return page.locator(".st-key-lesson")


def begin(page: Page, number: int) -> None:
    go_to(page, "learn")
    page.get_by_role("button", name=f"Begin lesson {number}", exact=True).click()
    comes_to(page, "train")
    at_step(page, 1)


def at_step(page: Page, number: int) -> None:
    expect(panel(page)).to_contain_text(f"step {number} of")
    settled(page)


def on(page: Page, number: int) -> None:
    panel(page).get_by_role("button", name="Next", exact=True).click()
    at_step(page, number)


def passed(page: Page, n: int = 1) -> None:
    expect(panel(page).locator(".fs-met")).to_have_count(n)


def rate(page: Page, learning_rate: str) -> None:
    """Type a learning rate and start a new run with it."""
    field = page.get_by_role("spinbutton", name="Learning rate γ")
    field.fill(learning_rate)
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Start a new run").click()


@pytest.mark.slow
def test_a_student_passes_a_lesson_from_start_to_finish(browser_page):
    page = browser_page()
    begin(page, 2)
    expect(page).to_have_url(re.compile("lesson=one-step&step=1"))
    expect(panel(page)).to_contain_text("the epoch shown is 0; it has to be at least 1.")
    expect(page.locator(".st-key-settings_box")).to_have_count(0)  # hidden in this step
    step(page)
    passed(page)
    panel(page).locator("label").filter(has_text=re.compile("^1$")).click()
    expect(panel(page)).to_contain_text("Right.")
    on(page, 2)
    for _ in range(4):
        step(page)
    passed(page)
    on(page, 3)
    set_speed(page, "max")
    press(page, "Play")
    finished(page)
    passed(page)
    on(page, 4)
    rate(page, "3")
    passed(page)
    on(page, 5)
    rate(page, "0.05")
    set_speed(page, "max")
    finished(page)
    passed(page)
    panel(page).get_by_role("button", name="Finish").click()
    comes_to(page, "learn")
    expect(page.locator(".st-key-lesson_card_one-step")).to_contain_text("✓ passed")
    page.get_by_text("Certificates and results").click()
    page.get_by_role("textbox", name="Your name").fill("Ada")
    page.get_by_role("button", name="Give me a certificate").click()
    line = page.get_by_test_id("stCode")
    certificate = becomes(lambda: line.inner_text(), lambda text: text.strip().startswith("fl1."))
    field = page.get_by_role("textbox", name="Verify a certificate")
    field.fill(certificate.strip())
    field.press("Enter")
    expect(page.get_by_text("Ada passed 5 of")).to_be_visible()


@pytest.mark.slow
def test_who_does_nothing_passes_nothing(browser_page):
    page = browser_page()
    begin(page, 2)
    for number in range(2, 6):
        on(page, number)
    passed(page, 0)
    panel(page).get_by_role("button", name="Finish").click()
    comes_to(page, "learn")
    card = page.locator(".st-key-lesson_card_one-step")
    expect(card).to_contain_text(re.compile("0 of 5.checks passed"))
    expect(card).not_to_contain_text("✓")


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
