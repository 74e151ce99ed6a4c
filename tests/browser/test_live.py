"""Live training in a real browser: it moves, obeys, can be looked back at; nothing is rebuilt."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import (
    arrived,
    asked,
    becomes,
    click_at,
    drag_across,
    follow,
    listen,
    plot,
    shot,
    stays,
    steady,
    width_of,
)
from tests.browser.training import (
    at_the_start,
    epoch_in_card,
    finished,
    finished_world,
    latest,
    look_back,
    pause,
    play,
    points,
    predicted,
    predictions,
    reaches,
    reset,
    set_speed,
    shown,
    slider,
    step,
)

pytestmark = pytest.mark.browser


def moved(chart: Locator) -> int:
    """How often a chart has been painted while it moved."""
    return int(chart.get_attribute("data-moved") or 0)


def moves(chart: Locator, before: int) -> None:
    chart.scroll_into_view_if_needed()
    becomes(lambda: moved(chart), lambda now: now > before + 3)  # painted again and again


def is_the_same(chart: Locator) -> None:
    """It is the very drawing that was marked, and says in words what it is."""
    becomes(lambda: chart.evaluate("plot => plot.kept === plot.querySelector('.main-svg')"), True)
    expect(chart).to_have_attribute("role", "img")
    expect(chart).to_have_attribute("aria-label", re.compile("."))


def farthest(page: Page) -> float:
    """How far right or left a user lies in the latent space."""
    return plot(page, "latent").evaluate("plot => Math.max(...plot.data[0].x.map(Math.abs))")


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_three_panels_move_and_are_never_rebuilt(browser_page, width, dark):
    page = browser_page(width=width, dark=dark)
    at_the_start(page)
    plots = [plot(page, key) for key in ("curve", "matrix", "latent")]
    for each in plots:
        each.evaluate("plot => { plot.kept = plot.querySelector('.main-svg') }")
    before = steady(lambda: [moved(each) for each in plots])
    play(page)
    reaches(page, 30)
    for each, so_far in zip(plots, before, strict=True):
        moves(each, so_far)
    shot(page, f"train-{width}-{'dark' if dark else 'light'}")
    last = finished(page)
    for each in plots:
        is_the_same(each)
    becomes(lambda: points(page), last + 1)
    becomes(lambda: predicted(page), 40 * 30)  # every gap is filled
    becomes(lambda: farthest(page), lambda x: x > 0.2)  # users have left the middle
    becomes(lambda: width_of(page), lambda pixels: pixels <= width)


def test_play_pause_step_reset(browser_page):
    page = browser_page()
    at_the_start(page)
    set_speed(page, "1")  # slow enough to be paused on any machine
    play(page)
    reaches(page, 3)
    stopped = pause(page)
    stays(lambda: latest(page), stopped, seconds=2.5)
    step(page)
    stays(lambda: latest(page), stopped + 1, seconds=2.5)
    reset(page)
    becomes(lambda: predicted(page), 0)  # before training nothing is predicted


def test_the_slider_looks_back_without_the_server(browser_page):
    page = browser_page()
    notes = listen(page)
    last = finished_world(page)
    final = steady(lambda: predictions(page))
    kinds = ("request", "message")
    before = steady(lambda: [asked(page, notes, kind) for kind in kinds])
    look_back(page, 10)
    stays(lambda: shown(page), 10)
    stays(lambda: [asked(page, notes, kind) for kind in kinds], before, seconds=0.5)
    becomes(lambda: predictions(page), lambda back: back != final)
    ring = "plot => plot.data.find(t => t.name === 'epoch shown').x[0]"
    becomes(lambda: plot(page, "curve").evaluate(ring), 10)
    slider(page).press("ArrowRight")
    becomes(lambda: shown(page), 11)
    expect(page.get_by_role("button", name="Fork from epoch 11")).to_be_visible()
    page.get_by_role("button", name="latest", exact=True).click()
    becomes(lambda: shown(page), last)
    expect(page.get_by_role("button", name="Fork from the latest epoch")).to_be_visible()


def test_zoom_survives_training(browser_page):
    page = browser_page()
    at_the_start(page)
    curve = plot(page, "curve")
    drag_across(page, "curve")
    axis = "plot => plot._fullLayout.xaxis.range"
    becomes(lambda: curve.evaluate(axis), lambda ends: ends[0] > 10)
    zoomed = steady(lambda: curve.evaluate(axis))
    play(page)
    finished(page)
    stays(lambda: curve.evaluate(axis), zoomed, seconds=0.5)


def test_a_cell_is_selected_by_a_click_and_a_reload_keeps_the_run(browser_page):
    page = browser_page()
    last = finished_world(page)
    click_at(page, "matrix", 15, 20)
    said = page.get_by_test_id("stMarkdown").filter(has_text=re.compile("predicted [0-9.]+"))
    expect(said).to_be_visible()
    expect(page.get_by_role("link", name="Why? Term by term")).to_be_visible()
    title = steady(lambda: page.locator("h1").inner_text())
    page.reload()
    expect(page.locator("h1")).to_have_text(title)
    arrived(page)
    becomes(lambda: latest(page), last)
    # The past is there again, too: the slider can go back to it.
    look_back(page, 1)
    becomes(lambda: predicted(page), 40 * 30)


def test_training_goes_on_while_one_visits_other_pages(browser_page):
    page = browser_page()
    at_the_start(page)
    set_speed(page, "1")
    play(page)
    follow(page, "Data")
    before = becomes(lambda: epoch_in_card(page))
    becomes(lambda: epoch_in_card(page), lambda now: now > before)
    before = becomes(lambda: epoch_in_card(page))
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Train").click()
    reaches(page, before)
    set_speed(page, "max")
    assert finished(page) > before
