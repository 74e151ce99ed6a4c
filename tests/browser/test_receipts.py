"""Receipts copied from the pages, replayed in a terminal: to the same bits."""

from __future__ import annotations

import subprocess
import sys

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT
from tests.browser.helpers import becomes, follow, go_to, settled
from tests.browser.training import (
    LONG,
    finished,
    look_back,
    open_world,
    pause,
    play,
    reaches,
    set_speed,
)

pytestmark = pytest.mark.browser


def replay(receipt: str) -> str:
    """What the command says of a receipt."""
    done = subprocess.run(
        [sys.executable, "-m", "recsys_core", "replay", receipt],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr


def receipts(within: Page | Locator) -> list[str]:
    """All receipts in view."""
    return [text for text in within.locator("code").all_inner_texts() if text.startswith("fs1.")]


def of_button(page: Page, button: Locator) -> str:
    """The receipt behind a button; it is closed again."""
    button.click()
    found = becomes(lambda: receipts(page), lambda seen: len(seen) == 1)
    page.keyboard.press("Escape")
    expect(page.locator("code").filter(has_text="fs1.")).to_have_count(0)
    return found[0]


def in_list(page: Page, number: int) -> Locator:
    """The button of a run in the list, the first one 0."""
    return page.locator("[class*=st-key-receipt_] button:visible").nth(number)


@pytest.mark.slow
def test_receipts_of_runs_forks_and_earlier_epochs_replay(browser_page):
    page = browser_page()
    go_to(page, f"train?{LONG}&seed=13")
    play(page)
    reaches(page, 12)
    pause(page)
    assert replay(of_button(page, in_list(page, 0))) == "same bits"  # of a run cut short
    open_world(page)
    finished(page)
    look_back(page, 5)
    page.get_by_role("spinbutton", name="Regularisation λ").fill("0.3")
    # At once: what the slider was left at counts before the button pressed after it.
    page.get_by_role("button", name="Fork from").click()
    expect(page.locator("h1")).to_contain_text("from epoch 5")
    expect(page.get_by_role("spinbutton", name="Factors k")).to_have_value("5")
    set_speed(page, "max")
    finished(page)
    assert replay(of_button(page, in_list(page, 2))) == "same bits"
    follow(page, "Predictions")
    assert replay(of_button(page, in_list(page, 0))) == "same bits"


@pytest.mark.slow
def test_receipts_of_a_replica_replay(browser_page):
    page = browser_page()
    go_to(page, "replicas")
    page.get_by_label("Article").click()
    page.get_by_role("option", name="0 ·").click()
    settled(page)
    page.get_by_role("button", name="Run this replica").click()
    expect(page.get_by_text("Why they differ")).to_be_visible()
    settled(page)
    box = page.get_by_test_id("stExpander").filter(has_text="Receipts")
    box.locator("summary").click()
    found = becomes(lambda: receipts(box), lambda seen: len(seen) >= 1)
    assert {replay(receipt) for receipt in found} == {"same bits"}
