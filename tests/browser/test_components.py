"""The components as Streamlit calls them, in whatever order its messages come."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from pages.shared.chart.assets import PLOTLY_ROUTE, component_of
from tests.browser.helpers import becomes, go_to, stays

pytestmark = pytest.mark.browser

# As Streamlit does with each update: call it, and keep what it returns, to clean up.
UPDATE = """async ([code, data]) => {
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }))
    const { default: component } = await import(window.fsAddress ??= url)
    window.fsParent ??= document.body.appendChild(document.createElement("div"))
    const parentElement = window.fsParent
    const cleanUp = component({ parentElement, data, setTriggerValue() {} });
    (window.fsCleanUps ??= []).push(cleanUp)
}"""

FIGURE = (
    '{"data": [{"x": [1, 2], "y": [3, 4]}], "layout": {"title": {"text": "a line"}},'
    ' "theme": "light"}'
)


def data(script: str, n: int) -> dict:
    """What the n-th update brings."""
    if script == "timeline.js":
        return {"locked": n % 2 == 0}
    return {
        "name": "line",
        "figure": FIGURE,
        "alt": f"line {n}",
        "height": 300,
        "live": None,
        "marks": None,
        "part": "",
        "plotly": PLOTLY_ROUTE,
    }


def drawn(page: Page) -> list[int]:
    """How many charts and sliders there are, and in how many charts something is drawn."""
    return page.evaluate(
        """[".fs-chart", ".fs-timeline", ".fs-chart.js-plotly-plot:has(.main-svg)"].map(
             (selector) => window.fsParent.querySelectorAll(selector).length)"""
    )


@pytest.mark.parametrize(
    ("script", "alive", "gone"),
    [("chart.js", [1, 0, 1], [1, 0, 0]), ("timeline.js", [0, 1, 0], [0, 1, 0])],
)
def test_a_component_goes_when_it_is_removed_not_when_an_update_is_overtaken(
    script, alive, gone, browser_page
):
    page = browser_page()
    go_to(page, "")
    for n in (1, 2):
        page.evaluate(UPDATE, [component_of(script), data(script, n)])
    becomes(lambda: drawn(page), alive)
    page.evaluate("window.fsCleanUps[0]()")  # the first update was overtaken by the second
    stays(lambda: drawn(page), alive, seconds=0.5)
    page.evaluate(UPDATE, [component_of(script), data(script, 3)])
    stays(lambda: drawn(page), alive, seconds=0.5)
    page.evaluate("window.fsParent.remove()")
    page.evaluate("window.fsCleanUps[2]()")
    becomes(lambda: drawn(page), gone)
