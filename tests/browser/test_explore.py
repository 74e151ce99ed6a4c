"""Looking into a model with real clicks: a cell, a point of the map, recommendations."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import (
    PATIENCE,
    becomes,
    click_at,
    click_point,
    find,
    follow,
    go_to,
    plot,
    settled,
    shot,
    sidebar,
    steady,
)
from tests.browser.training import OVER, party

pytestmark = pytest.mark.browser

LOOKS = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


def bars(page: Page, key: str) -> int:
    """How many bars a chart has."""
    return plot(page, key).evaluate("div => div.calcdata[0].length")


def cells(page: Page) -> list[list[float | None]]:
    """The numbers of the matrix, as drawn."""
    return plot(page, "matrix").evaluate(
        "div => Array.from(div.calcdata[0][0].z).map(row => Array.from(row))"
    )


def names(page: Page) -> list[str]:
    """The names written on the map; that of the selected one is bold."""
    return plot(page, "latent").evaluate("div => div._fullLayout.annotations.map(a => a.text)")


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("look", ["desktop", pytest.param("phone", marks=pytest.mark.slow)])
def test_a_clicked_cell_is_a_sum_that_adds_up(look, browser_page):
    page = browser_page(*LOOKS[look])
    party(page)
    # Hermione is row 1, Back in Black column 1: a gap.
    click_at(page, "matrix", 1, 1, label="Hermione")
    expect(page.get_by_text("Hermione × Back in Black")).to_be_visible()
    sentence = page.get_by_text(re.compile(r"^[−\d.]+( [+−] [\d.]+)+ = [−\d.]+"))
    said = steady(lambda: sentence.inner_text())
    left, right = said.split(" = ")
    terms = [number(sign + digits) for sign, digits in re.findall(r"([−]?) ?([\d.]+)", left)]
    total = number(re.match(r"[−\d.]+", right)[0])
    assert sum(terms) == pytest.approx(total, abs=1e-9), said
    assert len(terms) == 4  # mean, both biases, factors
    # The same number, to a decimal, stands in the cell.
    printed = "div => div.data[0].text[1][1]"
    becomes(lambda: number(plot(page, "matrix").evaluate(printed)), pytest.approx(total, abs=0.051))
    # And its bars are drawn: mean, two biases, three factors, the sum.
    becomes(lambda: bars(page, "terms"), 7)
    shot(page, f"cell-{look}")


def a_new_picture(page: Page, before: list) -> list:
    """Wait until the matrix shows other numbers than ever before; all those shown by now."""
    settled(page)
    return [*before, becomes(lambda: cells(page), lambda now: now not in before)]


@pytest.mark.slow
def test_views_of_the_matrix_differ_and_the_epoch_turns_back(browser_page):
    page = browser_page()
    party(page)
    pictures: list = []
    for view in ("Observed", "Predicted", "Gaps filled", "Error"):
        page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
        title = plot(page, "matrix").locator(".gtitle")
        expect(title).to_contain_text({"Error": "Errors"}.get(view, view))
        pictures = a_new_picture(page, pictures)
    page.get_by_role("button", name="Epoch").click()
    slider = page.get_by_role("slider", name="Epoch")
    slider.press("Home")
    expect(page.get_by_text("epoch 0: nothing learnt yet")).to_be_visible()
    pictures = a_new_picture(page, pictures)
    slider.press("ArrowRight")
    expect(page.get_by_text("looking back at epoch 1 of 200")).to_be_visible()
    a_new_picture(page, pictures)


def test_an_item_is_found_in_the_latent_space_and_another_clicked(browser_page):
    page = browser_page()
    party(page)
    go_to(page, "latent")
    find(page, "Find a song", "clair", "Clair de Lune")
    becomes(lambda: names(page), lambda seen: "<b>Clair de Lune</b>" in seen)
    expect(page.get_by_text("Clair de Lune", exact=True).first).to_be_visible()
    settled(page)
    shot(page, "latent-found")
    # Click the user called Spock where the map has him: selected here, and in the matrix.
    click_point(page, "latent", "Spock")
    becomes(lambda: names(page), lambda seen: "<b>Spock</b>" in seen)
    expect(page.get_by_text("10\u00a0training ratings")).to_be_visible()
    follow(page, "Predictions")
    expect(page.get_by_text("Spock × Clair de Lune")).to_be_visible()


@pytest.mark.slow
def test_recommendations_for_a_user_and_for_a_new_guest(browser_page):
    page = browser_page()
    party(page)
    go_to(page, "recommend")
    find(page, "Find a user", "spock", "Spock")
    expect(page.get_by_text("Spock rated 10\u00a0songs")).to_be_visible()
    settled(page)
    unheard = re.compile("Back in Black|The Imperial March")
    expect(plot(page, "contributions").locator(".gtitle")).to_contain_text(unheard)
    shot(page, "recommend-user")

    page.get_by_text("A new guest", exact=True).click()
    expect(page.get_by_text("knows nothing of you")).to_be_visible()
    settled(page)
    rows = page.get_by_role("radiogroup", name="Your rating of")
    rows.nth(0).get_by_text("5", exact=True).click()
    expect(page.get_by_text("1\u00a0song rated.")).to_be_visible()
    settled(page)
    rows.nth(2).get_by_text("1", exact=True).click()
    expect(page.get_by_text("2\u00a0songs rated.")).to_be_visible()
    becomes(lambda: bars(page, "contributions"), 2)  # one reason for each rating
    settled(page)
    shot(page, "recommend-guest")


def ringed(page: Page) -> list[float]:
    """Column and row of the cell of the matrix with a ring around it."""
    return plot(page, "matrix").evaluate(
        """div => div._fullLayout.shapes.flatMap(({ x0, x1, y0, y1, line }) =>
             line.width === 3 ? [(x0 + x1) / 2, (y0 + y1) / 2] : [])"""
    )


@pytest.mark.slow
def test_a_real_data_set_is_explored(browser_page, zip_path):
    """ML-100K: a block found by name, its cell as a sum; a film on the map; a guest's films."""
    page = browser_page()
    go_to(page, "data")
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(zip_path("ml-100k.zip"))
    page.get_by_role("button", name="Use these ratings").click()
    expect(sidebar(page)).to_contain_text("1,682")
    settled(page)
    follow(page, "Predictions")
    page.get_by_role("button", name="Train with the usual settings").click()
    expect(sidebar(page)).to_contain_text(OVER, timeout=3 * PATIENCE * 1000)
    settled(page)
    find(page, "Find a film", "Fargo", "Fargo (1996)")
    expect(page.get_by_text("× Fargo (1996)")).to_be_visible()
    click_at(page, "matrix", 3, 3)
    becomes(lambda: ringed(page), [3, 3])
    shot(page, "explore-block")

    follow(page, "Latent space")
    find(page, "Find a film", "Star Wars", "Star Wars (1977)")
    expect(page.locator("strong", has_text="Star Wars (1977)")).to_be_visible()
    settled(page)
    shot(page, "explore-map")

    follow(page, "Recommend")
    page.get_by_text("A new guest", exact=True).click()
    expect(page.get_by_text("knows nothing of you")).to_be_visible()
    settled(page)
    stars = page.get_by_role("radiogroup", name="Your rating of Star Wars (1977)")
    stars.get_by_text("5", exact=True).click()
    expect(page.get_by_text("1\u00a0film rated.")).to_be_visible()
    expect(plot(page, "contributions").locator(".ytick")).to_contain_text(
        "Star Wars (1977), rated 5"
    )
    settled(page)
    shot(page, "explore-guest")
