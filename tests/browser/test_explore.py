"""Looking into a model with real clicks: a cell, a point of the map, recommendations."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import settled, shot

pytestmark = pytest.mark.browser

LOOKS = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


def party(page: Page) -> None:
    """Robbie's party, learnt to the end."""
    page.goto("/predictions")
    page.get_by_role("button", name="Start with Robbie's party").click()
    # On a phone the sidebar, and the card in it, is folded away.
    expect(page.get_by_text("epoch 200 of 200")).to_be_visible(timeout=60_000)
    settled(page)


def go_to(page: Page, path: str) -> None:
    page.goto(f"/{path}")
    settled(page)


def drawn(page: Page, key: str) -> Locator:
    chart = page.locator(f".st-key-{key}_chart .js-plotly-plot")
    expect(chart.locator(".main-svg").first).to_be_visible()
    return chart


def click_at(page: Page, key: str, x: float, y: float) -> None:
    """Click a chart where its axes say (x, y)."""
    chart = drawn(page, key)
    chart.scroll_into_view_if_needed()
    at = chart.evaluate(
        """(div, [x, y]) => {
            const { xaxis, yaxis } = div._fullLayout, box = div.getBoundingClientRect()
            return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)]
        }""",
        [x, y],
    )
    before = chart.get_attribute("data-drawn")
    page.mouse.move(*at)
    expect(chart.locator(".hoverlayer .hovertext").first).to_be_visible()
    page.mouse.click(*at)
    expect(chart).not_to_have_attribute("data-drawn", before or "")  # the ring has moved
    settled(page)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize("look", LOOKS)
def test_a_clicked_cell_is_a_sum_that_adds_up(look, browser_page):
    page = browser_page(*LOOKS[look])
    party(page)
    # Hermione is row 1, Back in Black column 1: a gap.
    click_at(page, "matrix", 1, 1)
    expect(page.get_by_text("Hermione × Back in Black")).to_be_visible()
    said = page.get_by_text(re.compile(r"^[−\d.]+( [+−] [\d.]+)+ = [−\d.]+")).inner_text()
    left, right = said.split(" = ")
    terms = [number(sign + digits) for sign, digits in re.findall(r"([−]?) ?([\d.]+)", left)]
    total = number(re.match(r"[−\d.]+", right)[0])
    assert sum(terms) == pytest.approx(total, abs=1e-9), said
    assert len(terms) == 4  # mean, both biases, factors
    # The same number, to a decimal, stands in the cell.
    printed = drawn(page, "matrix").evaluate("div => div.data[0].text[1][1]")
    assert number(printed) == pytest.approx(total, abs=0.051)
    # And its bars are drawn: mean, two biases, three factors, the sum.
    bars = drawn(page, "terms").evaluate("div => div.calcdata[0].length")
    assert bars == 7
    shot(page, f"cell-{look}")


def test_views_of_the_matrix_differ_and_the_epoch_turns_back(browser_page):
    page = browser_page()
    party(page)
    cells = "div => Array.from(div.calcdata[0][0].z).map(row => Array.from(row)).join()"
    met = set()
    for view in ("Observed", "Predicted", "Gaps filled", "Error"):
        page.get_by_test_id("stButtonGroup").get_by_text(view, exact=True).click()
        expect(drawn(page, "matrix").locator(".gtitle")).to_contain_text(
            {"Error": "Errors"}.get(view, view)
        )
        settled(page)
        met.add(drawn(page, "matrix").evaluate(cells))
    assert len(met) == 4
    page.get_by_role("button", name="Epoch").click()
    slider = page.get_by_role("slider", name="Epoch")
    slider.focus()
    slider.press("Home")
    expect(page.get_by_text("looking back at epoch 0 of 200")).to_be_visible()
    settled(page)
    met.add(drawn(page, "matrix").evaluate(cells))
    assert len(met) == 5


def test_an_item_is_found_in_the_latent_space_and_another_clicked(browser_page):
    page = browser_page()
    party(page)
    go_to(page, "latent")
    page.get_by_label("Find a song").fill("clair")
    page.get_by_role("option", name="Clair de Lune").click()
    expect(page.get_by_text("Clair de Lune", exact=True).first).to_be_visible()
    settled(page)
    chart = drawn(page, "latent")
    names = "div => div._fullLayout.annotations.map(a => a.text)"
    assert "<b>Clair de Lune</b>" in chart.evaluate(names)
    shot(page, "latent-found")
    # Click the user called Spock where the map has him: selected here, and in the matrix.
    x, y = chart.evaluate(
        """div => { const at = div._fullLayout.annotations.find(a => a.text === "Spock")
                    return [at.x, at.y] }"""
    )
    click_at(page, "latent", x, y)
    assert "<b>Spock</b>" in drawn(page, "latent").evaluate(names)
    expect(page.get_by_text("10\u00a0training ratings")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Predictions").click()
    expect(page.get_by_text("Spock × Clair de Lune")).to_be_visible()


def test_recommendations_for_a_user_and_for_a_new_guest(browser_page):
    page = browser_page()
    party(page)
    go_to(page, "recommend")
    page.get_by_label("Find a user").fill("spock")
    page.get_by_role("option", name="Spock").click()
    expect(page.get_by_text("Spock rated 10\u00a0songs")).to_be_visible()
    settled(page)
    unheard = {"Back in Black", "The Imperial March"}
    why = drawn(page, "pulls").locator(".gtitle").text_content()
    assert any(song in why for song in unheard), why
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
    settled(page)
    bars = drawn(page, "pulls").evaluate("div => div.calcdata[0].length")
    assert bars == 2  # one reason for each rating
    shot(page, "recommend-guest")


def test_a_real_data_set_is_explored(browser_page, zip_path):
    """ML-100K: a block found by name, its cell as a sum; a film on the map; a guest's films."""
    page = browser_page()
    page.goto("/data")
    settled(page)
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(zip_path("ml-100k.zip"))
    page.get_by_role("button", name="Use these ratings").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("1,682", timeout=30_000)
    settled(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Predictions").click()
    page.get_by_role("button", name="Train with the usual settings").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("done", timeout=120_000)
    settled(page)
    page.get_by_label("Find a film").fill("Fargo")
    page.get_by_role("option", name="Fargo (1996)").click()
    expect(page.get_by_text("× Fargo (1996)")).to_be_visible()
    settled(page)
    click_at(page, "matrix", 3, 3)
    names = drawn(page, "matrix").evaluate(
        "div => [div._fullLayout.yaxis.ticktext, div._fullLayout.xaxis.ticktext].map("
        "names => names.find(name => name.startsWith('<b>')))"
    )
    assert all(names), "the clicked cell's user and film are set in bold"
    shot(page, "explore-block")

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Latent space").click()
    expect(page.get_by_role("heading", name="Latent space")).to_be_visible()
    page.get_by_label("Find a film").fill("Star Wars")
    page.get_by_role("option", name="Star Wars (1977)").click()
    expect(page.locator("strong", has_text="Star Wars (1977)")).to_be_visible()
    shot(page, "explore-map")

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Recommend").click()
    expect(page.get_by_role("heading", name="Recommend", exact=True)).to_be_visible()
    page.get_by_text("A new guest", exact=True).click()
    expect(page.get_by_text("knows nothing of you")).to_be_visible()
    settled(page)
    stars = page.get_by_role("radiogroup", name="Your rating of Star Wars (1977)")
    stars.get_by_text("5", exact=True).click()
    expect(page.get_by_text("1\u00a0film rated.")).to_be_visible()
    expect(drawn(page, "pulls").locator(".ytick")).to_contain_text("Star Wars (1977), rated 5")
    shot(page, "explore-guest")
