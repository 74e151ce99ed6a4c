"""Every page in a real browser: by deep link, on a phone and on a projector, light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import (
    arrived,
    asked,
    becomes,
    comes_to,
    follow,
    go_to,
    listen,
    menu,
    shot,
    sidebar,
    stays,
    steady,
    width_of,
)
from tests.browser.training import (
    LONG,
    OVER,
    controls,
    epoch_in_card,
    finished_world,
    open_world,
    play,
    reaches,
    rested,
    shown,
    train_on_upload,
)

pytestmark = pytest.mark.browser

NEED_DATA = ("data", "train", "predictions", "latent", "recommend", "compare")
PAGES = ("", *NEED_DATA, "learn", "room")
LOOKS = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


@pytest.mark.slow
@pytest.mark.parametrize("path", [*PAGES, "replicas"])  # the last is an old address
@pytest.mark.parametrize("look", LOOKS)
def test_a_deep_link_on_a_fresh_server_opens_its_page(path, look, browser_page):
    page = browser_page(*LOOKS[look])
    go_to(page, path)
    # Not the list of raw files that a visit past the router would show.
    expect(menu(page)).to_have_count(len(PAGES))
    expect(page.locator("h1").first).to_be_visible()
    if path in NEED_DATA:
        expect(page.get_by_role("button", name="Start with Robbie's party")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/{path}$"))  # nothing about the person is in the address
    shot(page, f"empty-{path or 'home'}-{look}")


def fits(page: Page, width: int) -> None:
    becomes(lambda: width_of(page), lambda pixels: pixels <= width)


@pytest.mark.parametrize("look", ["desktop", pytest.param("phone", marks=pytest.mark.slow)])
def test_every_page_shows_a_generated_world(look, browser_page):
    width = LOOKS[look][0]
    page = browser_page(*LOOKS[look])
    open_world(page)
    for path in sorted(PAGES, key="train".__eq__):  # Train is last: it rests when the run is done
        go_to(page, path)
        shot(page, f"world-{path or 'home'}-{look}", full_page=False)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_role("button", name="Start with Robbie's party")).to_have_count(0)
        fits(page, width)


@pytest.mark.slow
def test_two_browsers_never_see_each_others_data(browser_page):
    mine, yours = browser_page(), browser_page()
    train_on_upload(mine)
    expect(sidebar(mine)).to_contain_text(OVER)
    expect(mine).to_have_url(re.compile("epoch=best"))
    link = steady(lambda: mine.url)
    yours.goto(link)  # a shared link shares no uploads, only says that they are not there
    arrived(yours)
    expect(sidebar(yours)).to_contain_text("No data yet")
    expect(yours.locator(".fs-remark")).to_contain_text(re.compile("upload", re.IGNORECASE))
    yours.get_by_role("button", name="Start with Robbie's party").click()
    expect(sidebar(yours)).to_contain_text("Robbie's party")
    mine.reload()
    arrived(mine)
    expect(sidebar(mine)).to_contain_text("mine")
    expect(sidebar(mine)).to_contain_text(OVER)
    expect(sidebar(mine)).not_to_contain_text("Robbie")


@pytest.mark.slow
def test_a_button_that_leads_to_another_page_is_one_step_of_the_history(browser_page):
    page = browser_page()
    go_to(page, "?data=party&model=SGD&epoch=best")
    page.get_by_role("button", name="Generate and watch").click()
    comes_to(page, "train")
    expect(sidebar(page)).to_contain_text("generated world")
    expect(page).to_have_url(re.compile("data=low_rank"))
    page.go_back()
    expect(page.locator("h1").first).to_have_text("Factorscope")
    expect(sidebar(page)).to_contain_text("Robbie's party")
    expect(page).to_have_url(re.compile("data=party"))


@pytest.mark.slow
def test_when_the_last_run_is_removed_page_and_card_are_of_the_next(browser_page):
    page = browser_page()
    finished_world(page)
    page.locator("[class*=st-key-remove_] button:visible").click()
    expect(controls(page).locator("[data-fs=progress]")).not_to_contain_text(OVER)
    card = sidebar(page).locator(".st-key-card_run")
    expect(card.locator("[data-fs=progress]")).to_contain_text(re.compile("epoch 0 /"))
    expect(card).not_to_contain_text("none yet")


@pytest.mark.slow
def test_a_reload_keeps_the_run(browser_page):
    page = browser_page()
    finished_world(page)
    expect(sidebar(page)).to_contain_text(OVER)
    said = steady(lambda: re.search(r"epoch .*", sidebar(page).inner_text())[0])
    page.reload()
    arrived(page)
    expect(sidebar(page)).to_contain_text(said)


@pytest.mark.slow
def test_a_run_goes_on_while_one_visits_other_pages(browser_page):
    page = browser_page()
    go_to(page, f"train?{LONG}&seed=11&epoch=0")
    play(page)
    follow(page, "Data")
    first = becomes(lambda: epoch_in_card(page))
    second = becomes(lambda: epoch_in_card(page), lambda now: now > first)
    menu(page).filter(has_text="Train").click()  # where there is no rest while it moves
    reaches(page, second)
    follow(page, "Data")
    page.get_by_role("button", name="Pause").first.click()
    expect(page.get_by_role("button", name="Play").first).to_be_visible()
    expect(sidebar(page)).to_contain_text(re.compile("paused|looking back"))
    paused = steady(lambda: epoch_in_card(page))
    stays(lambda: epoch_in_card(page), paused)
    page.reload()
    arrived(page)
    stays(lambda: epoch_in_card(page), paused)


@pytest.mark.slow
def test_a_run_that_one_leaves_is_found_where_it_is_best(browser_page):
    page = browser_page()
    open_world(page)
    follow(page, "Data")
    expect(sidebar(page)).to_contain_text(OVER)
    best = becomes(lambda: epoch_in_card(page))
    follow(page, "Train")
    becomes(lambda: (rested(page), shown(page)), (best, best))


@pytest.mark.slow
def test_no_address_is_asked_outside(browser_page):
    """Fonts, icons and scripts all come from the server itself."""
    page = browser_page()
    notes = listen(page)
    finished_world(page)
    go_to(page, "data")
    ours = ("data:", "blob:", "http://localhost:")
    addresses = steady(lambda: asked(page, notes, "request"))
    assert any(address.startswith("http://localhost:") for address in addresses)
    assert [address for address in addresses if not address.startswith(ours)] == []
