"""The language of a page in a browser: its own, a link's, or a chosen one; JavaScript follows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import arrived, go_to, menu, settled, sidebar
from tests.browser.training import controls

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN = "train?data=party&model=SGD&n_epochs=30&seed=731&epoch=0"


def test_a_page_is_in_the_language_of_the_browser_until_another_is_chosen(browser_page):
    page = browser_page(locale="pt-BR")
    go_to(page, RUN)
    expect(page.locator("html")).to_have_attribute("lang", "pt")
    expect(menu(page).filter(has_text="Treinar")).to_be_visible()
    controls(page).get_by_role("button", name="Rodar").click()
    # The browser words it while the run is under way, the server before and after.
    expect(controls(page)).to_contain_text("época 30 / 30")
    expect(sidebar(page)).to_contain_text(re.compile(r"RMSE de treino \d,\d{4}"))
    settled(page)

    sidebar(page).get_by_role("combobox").click()
    page.get_by_role("option", name="English").click()
    expect(menu(page).filter(has_text="Train")).to_be_visible()
    expect(controls(page)).to_contain_text("epoch 30 / 30")
    expect(sidebar(page)).to_contain_text(re.compile(r"training RMSE \d\.\d{4}"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("[?&]lang=en"))
    page.reload()
    arrived(page)
    expect(menu(page).filter(has_text="Train")).to_be_visible()


def test_whoever_opens_a_link_reads_what_it_says(browser_page):
    page = browser_page()
    go_to(page, f"{RUN}&lang=pt")
    expect(menu(page).filter(has_text="Treinar")).to_be_visible()
    expect(controls(page)).to_contain_text("época 0 / 30")
    go_to(page, RUN)
    expect(menu(page).filter(has_text="Train")).to_be_visible()
