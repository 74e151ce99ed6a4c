"""The main job on real ratings: a zip uploaded, all four algorithms watched to their ends.

What one then sees of a trained model is in ``test_explore.py``, on the same data.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import settled, shot
from tests.browser.test_live import latest, plot, press, slide, wait_for_epoch, wait_until_finished

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def filled(page) -> int:
    """Cells of the live matrix that show a prediction."""
    return plot(page, "matrix").evaluate(
        "plot => plot.data[1].z.flat().filter(value => value !== null).length"
    )


def points(page) -> int:
    """Points of the current run's training curve."""
    return plot(page, "curve").evaluate(
        "plot => Math.max(...plot.data.filter(t => t.meta?.series).map(t => t.y.length))"
    )


def test_movielens_is_uploaded_and_learned_by_all_four_algorithms(browser_page, zip_path):
    page = browser_page(width=1440, height=900)
    page.goto("/")
    page.get_by_role("button", name="Choose a file").click()
    page.wait_for_url("**/data")
    page.locator("input[type=file]").set_input_files(zip_path("ml-100k.zip"))
    page.get_by_role("button", name="Use and watch a model learn").click()
    page.wait_for_url("**/train")
    wait_for_epoch(page, 1)
    expect(page.get_by_test_id("stSidebar")).to_contain_text("943 users × 1,682 films")

    # It moves; pausing holds it, a step adds one epoch.
    wait_for_epoch(page, 3)
    press(page, "Pause")
    expect(page.locator(".st-key-controls").get_by_role("button", name="Play")).to_be_visible()
    settled(page)
    stopped = latest(page)
    press(page, "Step")
    wait_for_epoch(page, stopped + 1)
    assert filled(page) > 0
    press(page, "Play")
    page.locator(".st-key-controls").get_by_text("max", exact=True).click()
    wait_until_finished(page)
    settled(page)
    assert points(page) == latest(page) + 1 > 10
    shot(page, "main-job-sgd")

    # The past can be looked back at.
    slide(page.get_by_role("slider", name="Epoch shown in all panels"), 2)
    page.wait_for_function("() => document.querySelector('.fs-timeline').dataset.shown === '2'")
    page.get_by_role("button", name="latest", exact=True).click()

    for title in ("ALS", "PMF", "Neural MF"):
        algorithms = page.get_by_test_id("stButtonGroup").filter(has_text="Neural MF")
        algorithms.get_by_text(title, exact=True).click()
        expect(algorithms.get_by_role("radio", name=title, exact=True)).to_be_checked()
        settled(page, timeout=60)
        page.get_by_role("button", name="Start a new run").click()
        expect(page.locator("h1")).to_contain_text(f"{title}, k =", timeout=30_000)
        wait_for_epoch(page, 1)
        page.locator(".st-key-controls").get_by_text("max", exact=True).click()
        expect(page.locator(".st-key-controls")).to_contain_text("done", timeout=180_000)
        settled(page)
        assert points(page) > 4
        cells = plot(page, "matrix").evaluate("plot => plot.data[1].z.length")
        assert filled(page) > 10 * cells, "the matrix has filled"
        shot(page, f"main-job-{title.lower().replace(' ', '-')}")

    # Each is well below the baseline that its card names.
    card = page.get_by_test_id("stSidebar").inner_text()
    rmse, bias = re.search(
        r"validation\sRMSE\s*([\d.]+)\s*·\s*bias\sonly\s*([\d.]+)", card
    ).groups()
    assert float(rmse) < float(bias) - 0.01
    test_button = page.get_by_role("button", name="Show test error")
    test_button.scroll_into_view_if_needed()
    test_button.click()
    settled(page)
    expect(page.get_by_text("Global mean").last).to_be_visible()
    shot(page, "main-job-tested", full_page=True)
