"""Every page in a real browser: by deep link, on a phone and on a projector, light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import settled, shot

pytestmark = pytest.mark.browser

NEED_DATA = ("data", "train", "predictions", "latent", "recommend")
PAGES = ("", *NEED_DATA, "replicas")
LOOKS = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


def generate(page: Page) -> None:
    """From Home to a generated world that is being learnt."""
    page.goto("/")
    page.get_by_role("button", name="Generate and watch").click()
    page.wait_for_url("**/train")
    settled(page)


def card(page: Page) -> str:
    return page.get_by_test_id("stSidebar").inner_text().replace("\u00a0", " ")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("look", LOOKS)
def test_a_deep_link_on_a_fresh_server_opens_its_page(path, look, browser_page):
    page = browser_page(*LOOKS[look])
    page.goto(f"/{path}")
    settled(page)
    # Not the list of raw files that a visit past the router would show.
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(len(PAGES))
    expect(page.locator("h1").first).to_be_visible()
    if path in NEED_DATA:
        expect(page.get_by_role("button", name="Start with Robbie's party")).to_be_visible()
    assert page.url.endswith(f"/{path}"), "nothing about the person is in the address"
    shot(page, f"empty-{path or 'home'}-{look}")


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_shows_a_generated_world(look, browser_page):
    width = LOOKS[look][0]
    page = browser_page(*LOOKS[look])
    generate(page)
    for path in PAGES:
        page.goto(f"/{path}")
        settled(page)
        page.wait_for_timeout(500)
        shot(page, f"world-{path or 'home'}-{look}", full_page=False)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_role("button", name="Start with Robbie's party")).to_have_count(0)
        across = page.evaluate("document.documentElement.scrollWidth")
        assert across <= width, f"/{path} is {across} pixels wide on a screen of {width}"


def test_two_browsers_never_see_each_others_data(browser_page):
    mine, yours = browser_page(), browser_page()
    generate(mine)
    yours.goto(mine.url)  # a shared link shares no data
    settled(yours)
    assert "No data yet" in card(yours)
    yours.get_by_role("button", name="Start with Robbie's party").click()
    expect(yours.get_by_test_id("stSidebar")).to_contain_text("Robbie's party")
    mine.reload()
    settled(mine)
    assert "generated world" in card(mine)
    assert "Robbie" not in card(mine)


def test_a_reload_keeps_the_run(browser_page):
    page = browser_page()
    generate(page)
    expect(page.get_by_test_id("stSidebar")).to_contain_text("done", timeout=60_000)
    before = re.search(r"epoch ([\d,]+)/([\d,]+)", card(page))
    page.reload()
    settled(page)
    expect(page.get_by_test_id("stSidebar")).to_contain_text(f"epoch {before[1]}/{before[2]}")


def test_a_run_goes_on_while_one_visits_other_pages(browser_page):
    page = browser_page()
    page.goto("/")
    page.get_by_role("button", name="Watch it learn").click()
    page.wait_for_url("**/train")
    settled(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Data").click()
    page.wait_for_url("**/data")

    def epoch() -> int:
        return int(re.search(r"epoch ([\d,]+)/", card(page))[1].replace(",", ""))

    first = epoch()
    page.wait_for_timeout(2500)
    assert epoch() > first
    page.get_by_role("button", name="Pause").first.click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("paused")
    paused = epoch()
    page.wait_for_timeout(1500)
    assert epoch() == paused


def test_no_address_is_asked_outside(browser_page):
    """Fonts, icons and scripts all come from the server itself."""
    page = browser_page()
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if "localhost" not in r.url else None)
    generate(page)
    page.goto("/data")
    settled(page)
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
