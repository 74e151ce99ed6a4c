"""Live training in a real browser: it moves, obeys, can be looked back at; nothing is rebuilt."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import settled, shot

pytestmark = pytest.mark.browser


def open_world(page: Page) -> None:
    """The generated world with a run that plays at once, however far it has come by now."""
    page.goto("/")
    page.get_by_role("button", name="Generate").first.click()
    wait_for_epoch(page, 1)
    settled(page)


def at_the_start(page: Page) -> None:
    """The same, back at epoch 0 and paused."""
    open_world(page)
    press(page, "Reset")
    page.wait_for_function("() => document.querySelector('.fs-timeline').dataset.latest === '0'")
    settled(page)


def latest(page: Page) -> int:
    """The latest epoch the browser knows of."""
    return int(page.locator(".fs-timeline").get_attribute("data-latest"))


def shown(page: Page) -> int:
    return int(page.locator(".fs-timeline").get_attribute("data-shown"))


def wait_for_epoch(page: Page, epoch: int) -> None:
    page.wait_for_function(
        "epoch => Number(document.querySelector('.fs-timeline')?.dataset.latest) >= epoch",
        arg=epoch,
    )


def plot(page: Page, key: str):
    return page.locator(f".st-key-{key}_chart .js-plotly-plot")


def press(page: Page, label: str) -> None:
    page.locator(".st-key-controls").get_by_role("button", name=label, exact=True).click()


def slide(slider: Locator, epoch: int) -> None:
    """Drag, without letting go."""
    slider.evaluate(
        """(input, epoch) => {
             input.value = epoch
             input.dispatchEvent(new Event("input", { bubbles: true }))
           }""",
        epoch,
    )


def drag_across(page: Page, chart: Locator) -> None:
    """Zoom into a part of the horizontal axis."""
    box = chart.locator(".nsewdrag").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=5)
    page.mouse.up()


def wait_until_finished(page: Page) -> None:
    expect(page.locator(".st-key-controls")).to_contain_text("done", timeout=60_000)
    page.wait_for_function(
        """() => { const { latest, shown } = document.querySelector(".fs-timeline").dataset
                   return latest === shown }"""
    )


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_three_panels_move_and_are_never_rebuilt(browser_page, width, dark):
    page = browser_page(width=width, dark=dark)
    at_the_start(page)
    plots = [plot(page, key) for key in ("curve", "matrix", "latent")]
    for each in plots:
        each.evaluate("plot => plot.kept = plot.querySelector('.main-svg')")
    press(page, "Play")
    wait_for_epoch(page, 30)
    for each in plots:
        each.scroll_into_view_if_needed()
        assert int(each.get_attribute("data-moved")) > 3, "painted again and again"
    shot(page, f"train-{width}-{'dark' if dark else 'light'}")
    wait_until_finished(page)
    page.wait_for_function("() => !document.querySelector('.fs-moving')")
    settled(page)
    for each in plots:
        assert each.evaluate("plot => plot.kept === plot.querySelector('.main-svg')")
        assert each.get_attribute("role") == "img" and each.get_attribute("aria-label")
    curve = plots[0].evaluate(
        "plot => plot.data.filter(t => t.meta?.series === 'validation').map(t => t.y.length)[0]"
    )
    assert curve == latest(page) + 1
    cells = plots[1].evaluate("plot => plot.data[1].z.flat().filter(v => v !== null).length")
    assert cells == 40 * 30, "every gap is filled"
    places = plots[2].evaluate("plot => Math.max(...plot.data[0].x.map(Math.abs))")
    assert places > 0.2, "users have left the middle"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_play_pause_step_reset(browser_page):
    page = browser_page()
    at_the_start(page)
    page.locator(".st-key-controls").get_by_text("5", exact=True).click()
    press(page, "Play")
    wait_for_epoch(page, 3)
    press(page, "Pause")
    expect(page.locator(".st-key-controls").get_by_role("button", name="Play")).to_be_visible()
    settled(page)
    stopped = latest(page)
    page.wait_for_timeout(1500)
    assert latest(page) == stopped
    press(page, "Step")
    wait_for_epoch(page, stopped + 1)
    page.wait_for_timeout(1000)
    assert latest(page) == stopped + 1
    press(page, "Reset")
    page.wait_for_function("() => document.querySelector('.fs-timeline').dataset.latest === '0'")
    settled(page)
    cells = plot(page, "matrix").evaluate("plot => plot.data[1].z.flat().filter(v => v !== null)")
    assert cells == [], "before training nothing is predicted"


def test_the_slider_looks_back_without_the_server(browser_page):
    page = browser_page()
    open_world(page)
    page.get_by_text("max", exact=True).click()
    wait_until_finished(page)
    settled(page)
    last = latest(page)
    final = plot(page, "matrix").evaluate("plot => plot.data[1].z")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    slider = page.get_by_role("slider", name="Epoch shown in all panels")
    slider.focus()
    slide(slider, 10)
    page.wait_for_function("() => document.querySelector('.fs-timeline').dataset.shown === '10'")
    page.wait_for_function("() => !document.querySelector('.fs-moving')")
    assert sent == []
    back = plot(page, "matrix").evaluate("plot => plot.data[1].z")
    assert back != final
    ring = plot(page, "curve").evaluate(
        "plot => plot.data.find(t => t.name === 'epoch shown').x[0]"
    )
    assert ring == 10
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.fs-timeline').dataset.shown === '11'")
    expect(page.get_by_role("button", name="Fork from epoch 11")).to_be_visible()
    page.get_by_role("button", name="latest", exact=True).click()
    assert shown(page) == last


def test_zoom_survives_training(browser_page):
    page = browser_page()
    at_the_start(page)
    curve = plot(page, "curve")
    axis = "plot => plot._fullLayout.xaxis.range"
    for _ in range(3):  # a busy machine may lose a drag
        drag_across(page, curve)
        page.wait_for_timeout(1000)
        if curve.evaluate(axis)[0] > 10:
            break
    zoomed = curve.evaluate(axis)
    press(page, "Play")
    wait_until_finished(page)
    settled(page)
    assert zoomed[0] > 10 and curve.evaluate(axis) == zoomed


def test_a_cell_is_selected_by_a_click_and_a_reload_keeps_the_run(browser_page):
    page = browser_page()
    open_world(page)
    page.get_by_text("max", exact=True).click()
    wait_until_finished(page)
    settled(page)
    matrix = plot(page, "matrix")
    box = matrix.locator(".nsewdrag").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text(re.compile("predicted [0-9.]+"))).to_be_visible()
    expect(page.get_by_role("link", name="Why? Term by term")).to_be_visible()
    last, title = latest(page), page.locator("h1").inner_text()
    page.reload()
    wait_for_epoch(page, last)
    assert page.locator("h1").inner_text() == title
    settled(page)
    # The past is there again, too: the slider can go back to it.
    slide(page.get_by_role("slider", name="Epoch shown in all panels"), 1)
    page.wait_for_function("() => !document.querySelector('.fs-moving')")
    final = matrix.evaluate("plot => plot.data[1].z.flat()")
    assert None not in final


def test_training_goes_on_while_one_visits_other_pages(browser_page):
    page = browser_page()
    at_the_start(page)
    page.locator(".st-key-controls").get_by_text("5", exact=True).click()
    press(page, "Play")
    page.get_by_role("link", name="Data").first.click()
    expect(page.locator("h1")).to_have_text("Data")
    page.wait_for_timeout(2000)
    before = latest_in_card(page)
    page.get_by_role("link", name="Train").first.click()
    wait_for_epoch(page, before)
    wait_until_finished(page)
    assert latest(page) > before


def latest_in_card(page: Page) -> int:
    text = page.get_by_text(re.compile(r"epoch \d+/")).first.inner_text()
    return int(re.search(r"epoch (\d+)/", text).group(1))
