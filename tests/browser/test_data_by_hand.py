"""The Data page with real hands: a cell is edited, a file dropped in, a bad one refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import settled, shot

pytestmark = pytest.mark.browser


def test_a_rating_is_changed_and_trained_on(browser_page):
    page = browser_page()
    page.goto("/data")
    page.get_by_role("button", name="Start with Robbie's party").click()
    grid = page.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    settled(page)
    # Darth Vader has not heard the fourth song: from his first cell three to the right.
    box = grid.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 100)  # the grid wants to see the mouse come
    page.mouse.move(box["x"] + 130, box["y"] + 47)
    page.wait_for_timeout(300)
    page.mouse.click(box["x"] + 130, box["y"] + 47)
    page.wait_for_timeout(300)
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "3", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
    shot(page, "data-edited")
    page.get_by_role("button", name="Train on this table").click()
    page.wait_for_url("**/train")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_contain_text("Robbie's party, edited")
    expect(sidebar).to_contain_text("40\u00a0ratings")


def test_a_bad_file_is_refused_and_a_good_one_taken(browser_page):
    page = browser_page(390, 844, dark=True)
    page.goto("/")
    page.get_by_role("button", name="Choose a file").click()
    page.wait_for_url("**/data")
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(
        [{"name": "ratings.csv", "mimeType": "text/csv", "buffer": b"\x80\x04K\x01."}]
    )
    expect(page.get_by_test_id("stAlert")).to_contain_text("pickle")
    page.get_by_role("button", name="Remove ratings.csv").click()
    good = b"user,item,rating\n" + b"".join(
        b"u%d,i%d,%d\n" % (u, i, 1 + (u * i) % 5) for u in range(20) for i in range(15)
    )
    chooser.set_input_files([{"name": "mine.csv", "mimeType": "text/csv", "buffer": good}])
    expect(page.get_by_text("Understood as")).to_be_visible()
    expect(page.get_by_role("button", name="Use these ratings")).to_be_visible()
    settled(page)
    shot(page, "data-understood-phone")
    page.get_by_role("button", name="Use and watch a model learn").click()
    page.wait_for_url("**/train")
    settled(page)
    expect(page.locator("h1").first).to_contain_text("mine")
