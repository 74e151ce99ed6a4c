"""The Data page with real hands: a cell is edited, a file dropped in, a bad one refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import asked, becomes, comes_to, listen, settled, shot, sidebar, steady
from tests.browser.training import upload

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def cell(grid: Locator, column: int, row: int) -> Locator:
    """A cell of a grid, as it is told to those who do not see the canvas."""
    return grid.get_by_test_id(f"glide-cell-{column}-{row}")


def is_chosen(grid: Locator, column: int, row: int) -> None:
    expect(cell(grid, column, row)).to_have_attribute("aria-selected", "true")


def click_first_cell(page: Page, grid: Locator) -> None:
    box = steady(lambda: grid.bounding_box())
    page.mouse.move(box["x"] + 300, box["y"] + 100)  # the grid wants to see the mouse come
    page.mouse.click(box["x"] + 130, box["y"] + 47)
    is_chosen(grid, 1, 0)


def type_into(page: Page, grid: Locator, digit: str) -> None:
    """Type into the chosen cell, the fifth of the first row."""
    page.keyboard.press(digit)
    editor = page.locator("#portal input")
    expect(editor).to_have_value(digit)
    page.keyboard.press("Enter")
    expect(editor).to_have_count(0)
    expect(cell(grid, 4, 0)).to_have_text(digit)


def test_a_rating_is_changed_and_trained_on(browser_page):
    page = browser_page()
    notes = listen(page)
    page.goto("/data")
    page.get_by_role("button", name="Start with Robbie's party").click()
    expect(sidebar(page)).to_contain_text("39\u00a0ratings")
    grid = page.get_by_test_id("stDataFrame").last
    grid.scroll_into_view_if_needed()
    settled(page)
    # Darth Vader has not heard the fourth song: from his first cell three to the right.
    click_first_cell(page, grid)
    for column in (2, 3, 4):
        page.keyboard.press("ArrowRight")
        is_chosen(grid, column, 0)
    expect(cell(grid, 4, 0)).to_have_text("")
    # A number beyond the scale is told, and kept to be mended.
    type_into(page, grid, "7")
    train = page.get_by_role("button", name="Train on this table")
    expect(page.get_by_role("alert")).to_contain_text("is not on the scale of these ratings, 0–5")
    expect(train).to_be_disabled()
    expect(cell(grid, 4, 0)).to_have_text("7")
    click_first_cell(page, grid)
    for column in (2, 3, 4):
        page.keyboard.press("ArrowRight")
        is_chosen(grid, column, 0)
    type_into(page, grid, "3")
    expect(page.get_by_role("alert")).to_have_count(0)
    # A click that came before the grid has told the server would train without the change.
    becomes(lambda: asked(page, notes, "message"), lambda sent: "edited_rows" in "".join(sent))
    settled(page)
    shot(page, "data-edited")
    expect(train).to_be_enabled()
    train.click()
    comes_to(page, "train")
    expect(sidebar(page)).to_contain_text("Robbie's party, edited")
    expect(sidebar(page)).to_contain_text("40\u00a0ratings")


def test_a_bad_file_is_refused_and_a_good_one_taken(browser_page):
    page = browser_page(390, 844, dark=True)
    page.goto("/")
    page.get_by_role("button", name="Choose a file").click()
    comes_to(page, "data")
    upload(page, "ratings.csv", b"\x80\x04K\x01.")
    refusal = page.get_by_test_id("stAlert")
    expect(refusal).to_contain_text("pickle")
    page.get_by_role("button", name="Remove ratings.csv").click()
    expect(refusal).to_have_count(0)
    upload(page)
    expect(page.get_by_text("Understood as")).to_be_visible()
    expect(page.get_by_role("button", name="Use these ratings")).to_be_visible()
    settled(page)
    shot(page, "data-understood-phone")
    page.get_by_role("button", name="Use and watch a model learn").click()
    comes_to(page, "train")
    expect(page.locator("h1").first).to_contain_text("mine")


def test_what_a_word_means_is_changed_on_a_telephone(browser_page):
    page = browser_page(390, 844)
    page.goto("/data")
    page.get_by_role("radio", name="Upload", exact=True).click()
    rows = ["Agree,Neutral,Disagree", "Disagree,Agree,I don't know", "Neutral,Agree,Agree"]
    lines = [f"{name},{row}" for name, row in zip(("Ana", "Bo", "Cleo"), rows, strict=True)]
    upload(page, "survey.csv", "\n".join(["Name,Alien,Heat,Up", *lines]).encode())
    expect(page.get_by_text("8\u00a0ratings of 3\u00a0items by 3\u00a0users")).to_be_visible()
    mark = page.get_by_test_id("stMultiSelect").get_by_text("I don't know")
    expect(mark).to_be_visible()
    assert steady(lambda: mark.bounding_box())["width"] > 40, "its text is not squeezed away"
    grid = page.locator("[class*=answers]").get_by_test_id("stDataFrame")
    grid.scroll_into_view_if_needed()
    settled(page)
    box = steady(lambda: grid.bounding_box())
    page.mouse.move(box["x"] + 30, box["y"] + 100)  # the grid wants to see the mouse come
    page.mouse.click(box["x"] + 30, box["y"] + 52)
    is_chosen(grid, 0, 0)
    page.keyboard.press("ArrowRight")
    is_chosen(grid, 1, 0)
    page.keyboard.press("0")
    expect(page.locator("#portal input")).to_have_value("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ratings 0 (Disagree)")).to_be_visible()
