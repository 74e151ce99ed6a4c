"""Live training in a real browser: it moves, obeys, can be looked back at; nothing is rebuilt."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import (
    arrived,
    asked,
    becomes,
    click_at,
    comes_to,
    drag_across,
    follow,
    go_to,
    listen,
    plot,
    settled,
    shot,
    stays,
    steady,
    width_of,
)
from tests.browser.training import (
    LONG,
    at_the_start,
    epoch_in_card,
    finished,
    finished_world,
    look_back,
    open_world,
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
    trained,
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
    expect(chart).to_have_attribute("role", re.compile("figure|application"))
    expect(chart).to_have_attribute("aria-label", re.compile("."))


def farthest(page: Page) -> float:
    """How far right or left a user lies in the latent space."""
    return plot(page, "latent").evaluate("plot => Math.max(...plot.data[0].x.map(Math.abs))")


@pytest.mark.parametrize(
    ("width", "dark"), [(1440, False), pytest.param(390, True, marks=pytest.mark.slow)]
)
def test_three_panels_move_and_are_never_rebuilt(browser_page, width, dark):
    page = browser_page(width=width, dark=dark)
    at_the_start(page)
    plots = [plot(page, key) for key in ("curve", "matrix", "latent")]
    for each in plots:
        each.evaluate("plot => { plot.kept = plot.querySelector('.main-svg') }")
    before = steady(lambda: [moved(each) for each in plots])
    set_speed(page, "1")  # slow enough that all three are scrolled to, on a telephone
    play(page)
    for each, so_far in zip(plots, before, strict=True):
        moves(each, so_far)
    shot(page, f"train-{width}-{'dark' if dark else 'light'}")
    set_speed(page, "max")
    finished(page)
    for each in plots:
        is_the_same(each)
    last = steady(lambda: trained(page))
    becomes(lambda: points(page), last + 1)
    becomes(lambda: predicted(page), 40 * 30)  # every gap is filled
    becomes(lambda: farthest(page), lambda x: x > 0.2)  # users have left the middle
    becomes(lambda: width_of(page), lambda pixels: pixels <= width)


@pytest.mark.slow
def test_play_pause_step_reset(browser_page):
    page = browser_page()
    at_the_start(page)
    set_speed(page, "1")  # slow enough to be paused on any machine
    play(page)
    reaches(page, 3)
    stopped = pause(page)
    assert stopped < 100  # it was played at that speed, however fast it is trained
    stays(lambda: shown(page), stopped, seconds=2.5)
    step(page)
    stays(lambda: shown(page), stopped + 1, seconds=2.5)
    known = steady(lambda: trained(page))
    reset(page)
    becomes(lambda: shown(page), 0)
    becomes(lambda: trained(page), lambda now: now >= known)  # what is trained stays
    look_back(page, stopped)
    becomes(lambda: predicted(page), 40 * 30)


@pytest.mark.slow
def test_a_step_of_a_run_that_nobody_trained_trains_one_epoch(browser_page):
    page = browser_page()
    go_to(page, f"train?{LONG}&seed=12")
    for epoch in (1, 2):
        step(page)
        stays(lambda epoch=epoch: (shown(page), trained(page)), (epoch, epoch), seconds=1)


@pytest.mark.slow
def test_play_at_the_end_shows_it_from_the_start_once_more(browser_page):
    page = browser_page()
    best = finished_world(page)
    last = steady(lambda: trained(page))
    set_speed(page, "20")
    play(page)
    becomes(lambda: shown(page), lambda seen: 0 < seen < best)
    assert finished(page) == best
    becomes(lambda: trained(page), last)


@pytest.mark.slow
def test_the_slider_looks_back_without_the_server(browser_page):
    page = browser_page()
    notes = listen(page)
    best = finished_world(page)
    final = steady(lambda: predictions(page))
    requests, messages = (
        steady(lambda kind=kind: asked(page, notes, kind)) for kind in ("request", "message")
    )
    look_back(page, 150, 100, 50, 10)
    stays(lambda: shown(page), 10)
    becomes(lambda: predictions(page), lambda back: back != final)
    # The server is told where the hand came to rest, and of nothing on the way.
    told = steady(lambda: asked(page, notes, "message")[len(messages) :])
    assert [re.findall('"moment": ?([0-9]+)', message) for message in told] == [["10"]]
    stays(lambda: asked(page, notes, "request"), requests, seconds=0.5)
    ring = "plot => plot.data.find(t => t.name === 'epoch shown').x[0]"
    becomes(lambda: plot(page, "curve").evaluate(ring), 10)
    slider(page).press("ArrowRight")
    becomes(lambda: shown(page), 11)
    expect(page.get_by_role("button", name="Fork from epoch 11")).to_be_visible()
    page.get_by_role("button", name="best", exact=True).click()
    becomes(lambda: shown(page), best)
    expect(page.get_by_role("button", name=f"Fork from epoch {best}")).to_be_visible()


@pytest.mark.slow
def test_a_model_without_epochs_is_drawn_when_it_has_learnt(browser_page):
    """It is done while the page is being drawn, or a moment later."""
    page = browser_page()
    open_world(page)
    filled = "plot => plot.calcdata[1][0].z.flat().filter((z) => z !== null).length"
    for n_runs in (2, 3, 4):
        kinds = page.locator(".st-key-choose_algorithm")
        kinds.get_by_role("radio", name="Item kNN", exact=True).click()
        field = page.get_by_role("spinbutton", name="Neighbours K")
        field.fill(str(10 * n_runs))
        field.press("Enter")
        settled(page)
        page.get_by_role("button", name="Start a new run").click()
        expect(page.locator("[data-fs=errors]")).to_have_count(n_runs)
        expect(page.get_by_test_id("stMetric")).to_have_count(2)
        becomes(lambda: plot(page, "matrix").evaluate(filled), 40 * 30)


# Both in one moment, as a busy browser hands over what was pressed one after the other.
PRESS_TWO = """(selectors) => {
    for (const selector of selectors) document.querySelector(selector).click()
}"""


@pytest.mark.slow
def test_of_two_buttons_pressed_in_one_moment_both_count(browser_page):
    page = browser_page()
    best = finished_world(page)
    look_back(page, 10)
    page.evaluate(PRESS_TWO, [".fs-timeline button", ".st-key-test button"])
    becomes(lambda: shown(page), best)
    expect(page.get_by_text("RMSE asks how well ratings are guessed")).to_be_visible()


@pytest.mark.slow
def test_what_is_chosen_while_one_leaves_does_not_bring_the_old_page_back(browser_page):
    page = browser_page()
    best = finished_world(page)
    for title, path in (("Data", "data"), ("Predictions", "predictions")):
        look_back(page, 10)
        page.evaluate(PRESS_TWO, [f".st-key-pages a[href^={path}]", ".fs-timeline button"])
        comes_to(page, path)
        expect(page.locator("h1").first).to_have_text(title)
        becomes(lambda: epoch_in_card(page), best)  # and it is heard, there
        settled(page)
        stays(lambda: page.locator("h1").first.inner_text(), title)
        follow(page, "Train")


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_cell_is_selected_by_a_click_and_a_reload_keeps_the_run(browser_page):
    page = browser_page()
    finished_world(page)
    last = steady(lambda: trained(page))
    click_at(page, "matrix", 15, 20)
    said = page.get_by_test_id("stHtml").filter(has_text=re.compile("predicted [0-9.]+"))
    expect(said).to_be_visible()
    expect(page.get_by_role("link", name="Why? Term by term")).to_be_visible()
    title = steady(lambda: page.locator("h1").inner_text())
    page.reload()
    expect(page.locator("h1")).to_have_text(title)
    arrived(page)
    becomes(lambda: trained(page), last)
    # The past is there again, too: the slider can go back to it.
    look_back(page, 1)
    becomes(lambda: predicted(page), 40 * 30)
