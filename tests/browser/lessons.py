"""Lessons for browser tests: going through one, beside the real page."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import comes_to, go_to, settled


def panel(page: Page) -> Locator:
    """The open lesson."""
    return page.locator(".st-key-lesson")


def begin(page: Page, number: int, path: str = "train") -> None:
    """Begin a lesson on Learn, and wait for its first step on the page that it opens."""
    go_to(page, "learn")
    page.get_by_role("button", name=f"Begin lesson {number}", exact=True).click()
    comes_to(page, path)
    at_step(page, 1)


def at_step(page: Page, number: int) -> None:
    """Wait until a step is there, and the page beside it."""
    expect(panel(page)).to_contain_text(f"step {number} of")
    settled(page)


def on(page: Page, number: int) -> None:
    """Go on to a step."""
    panel(page).get_by_role("button", name="Next", exact=True).click()
    at_step(page, number)


def passed(page: Page, n: int = 1) -> None:
    """Wait until so many checks of the step are met."""
    expect(panel(page).locator(".fs-met")).to_have_count(n)


def answer(page: Page, text: str | re.Pattern[str]) -> None:
    """Answer the question of the step, rightly."""
    panel(page).locator("label").filter(has_text=text).click()
    expect(panel(page)).to_contain_text("Right.")


def open_by_step(page: Page, label: str, path: str) -> None:
    """Press the button of the step that opens another page."""
    panel(page).get_by_role("button", name=label, exact=True).click()
    comes_to(page, path)
    settled(page)


def finish(page: Page) -> None:
    """Leave the last step, for Learn."""
    panel(page).get_by_role("button", name="Finish").click()
    comes_to(page, "learn")


def card(page: Page, lesson: str) -> Locator:
    """What Learn says of a lesson, by its id."""
    return page.locator(f".st-key-lesson_card_{lesson}")
