"""Waiting and looking, for browser tests."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SHOTS = Path(__file__).resolve().parents[2] / "test-results"


def settled(page: Page, timeout: float = 20) -> None:
    """Wait until Streamlit rests and every chart that is in view has been drawn."""
    page.wait_for_selector(
        "[data-testid=stApp][data-test-connection-state=CONNECTED]"
        "[data-test-script-state=notRunning]",
        timeout=timeout * 1000,
    )
    page.wait_for_function(
        """() => !document.querySelector("[data-testid=stSkeleton], [data-testid=stSpinner]")
             && [...document.querySelectorAll(".js-plotly-plot")]
                  .every((chart) => chart.querySelector(".main-svg"))""",
        timeout=timeout * 1000,
    )


def shot(page: Page, name: str, full_page: bool = False) -> Path:
    """Save a picture of the page as test-results/<name>.png."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=full_page)
    return path
