"""The main job on real ratings: a zip uploaded, all four algorithms watched to their ends.

What one then sees of a trained model is in ``test_explore.py``, on the same data.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from recsys_core.models import MODELS
from tests.browser.helpers import becomes, comes_to, plot, settled, shot, sidebar, stays, steady
from tests.browser.training import (
    OVER,
    choose_model,
    controls,
    finished,
    look_back,
    pause,
    play,
    points,
    predicted,
    reaches,
    reset,
    set_speed,
    shown,
    start_new,
    step,
    trained,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Longer than the others have: neural MF takes a minute on a quiet machine.
LONG = 600.0


def start_anew(page: Page, algorithm: str) -> None:
    """Choose an algorithm, start a run with its usual settings, and wait until it learns."""
    choose_model(page, algorithm)
    start_new(page)
    expect(page.locator("h1")).to_contain_text(f"{MODELS.described(algorithm)[0]}, k =")
    reaches(page, 1)


def share_filled(page: Page) -> float:
    """Of the rows of the live matrix, how many cells each shows on average."""
    return predicted(page) / plot(page, "matrix").evaluate("plot => plot.data[1].z.length")


def rmse_below_bias(page: Page) -> float | None:
    """By how much the run's card says that its RMSE is below that of biases alone."""
    said = re.search(
        r"validation\sRMSE\s*([\d.]+)\s*·\s*bias\sonly\s*([\d.]+)", sidebar(page).inner_text()
    )
    return said and float(said[2]) - float(said[1])


def test_movielens_is_uploaded_and_learned_by_all_four_algorithms(browser_page, zip_path):
    page = browser_page(width=1440, height=900)
    page.goto("/")
    page.get_by_role("button", name="Choose a file").click()
    comes_to(page, "data")
    page.locator("input[type=file]").set_input_files(zip_path("ml-100k.zip"))
    page.get_by_role("button", name="Use and watch a model learn").click()
    comes_to(page, "train")
    reaches(page, 1)
    expect(sidebar(page)).to_contain_text("943 users × 1,682 films")

    # It moves; pausing holds it, a step adds one epoch. From the start again, and slowly: it has
    # two dozen epochs, and on a slow machine they are done before one can press Pause.
    set_speed(page, "1")
    reset(page)
    play(page)
    stopped = pause(page)
    step(page)
    stays(lambda: shown(page), stopped + 1)
    becomes(lambda: predicted(page), lambda cells: cells > 0)
    play(page)
    set_speed(page, "max")
    best = finished(page)
    assert best > 5
    last = steady(lambda: trained(page))
    assert last + 1 > 10
    becomes(lambda: points(page), last + 1)
    shot(page, "main-job-sgd")

    # The past can be looked back at.
    look_back(page, 2)
    page.get_by_role("button", name="best", exact=True).click()
    becomes(lambda: shown(page), best)

    for algorithm in ("ALS", "PMF", "NeuralMF"):
        start_anew(page, algorithm)
        set_speed(page, "max")
        finished(page, LONG)
        becomes(lambda: points(page), lambda n: n > 4)
        becomes(lambda: share_filled(page), lambda cells: cells > 10)  # the matrix has filled
        shot(page, f"main-job-{algorithm.lower()}")

    # Each is well below the baseline that its card names.
    becomes(lambda: rmse_below_bias(page), lambda below: below is not None and below > 0.01)
    expect(controls(page)).to_contain_text(OVER)
    page.get_by_role("button", name="Show test error").click()
    expect(page.get_by_text("Global mean").last).to_be_visible()
    settled(page)
    shot(page, "main-job-tested", full_page=True)
