"""A server that stops, and starts again: what a page says meanwhile."""

from __future__ import annotations

import re
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pages.shared.chart.assets import SCRIPTS
from tests.browser.conftest import Server, free_port, serving
from tests.browser.helpers import PATIENCE, becomes, follow, settled, steady
from tests.browser.network import network
from tests.browser.training import pause, play, trained

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNREACHABLE = re.search(r'unreachable = .*\s*worded\("(.+)"\)', SCRIPTS["connection.js"])[1]

# Trains for longer than a test looks.
LONG_RUN = "data=party&model=SGD&n_epochs=1000000"


def test_a_lost_server_is_told_in_our_words_and_the_page_goes_on(browser: Browser, tmp_path: Path):
    port = free_port()
    with ExitStack() as first:
        server = first.enter_context(serving(port, tmp_path / "first.txt"))
        context = browser.new_context(base_url=server.url)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        told: list[str] = []  # what Streamlit would have shown it writes into the console, too
        page.on("console", lambda message: told.append(message.text))
        page.goto("/?data=party")
        expect(page.get_by_text("Robbie's party").first).to_be_visible()
        settled(page)
        expect(page.locator(".fs-notice")).to_be_hidden()
    expect(page.locator(".fs-notice")).to_have_text(UNREACHABLE)
    # After some attempts Streamlit opens its dialog.
    becomes(lambda: page.evaluate("0") or told, lambda seen: any("Is Streamlit" in s for s in seen))
    expect(page.get_by_text("Streamlit")).to_have_count(0)
    expect(page.get_by_test_id("stConnectionStatus")).to_be_hidden()
    page.evaluate("window.lost = true")
    with serving(port, tmp_path / "second.txt"):
        # The new server knows nothing of the page, which opens itself again by its address.
        becomes(lambda: page.evaluate("window.lost"), None)
        expect(page.locator(".fs-notice")).to_be_hidden()
        settled(page)
        expect(page.get_by_test_id("stSidebar").get_by_text("4 users × 12 songs")).to_be_visible()
        follow(page, "Data")  # it answers again
        expect(page.get_by_test_id("stMetric").filter(has_text="39")).to_be_visible()
        context.close()


def test_training_goes_on_while_the_network_is_cut_and_the_page_catches_up(
    browser: Browser, tmp_path: Path
):
    port = free_port()
    with serving(port, tmp_path / "log.txt") as server, network(port) as between:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.goto(f"http://localhost:{between.port}/train?{LONG_RUN}")
        play(page)
        becomes(lambda: trained(page), lambda n: n > 20)
        page.evaluate("window.same = true")
        between.cut()
        expect(page.locator(".fs-notice")).to_have_text(UNREACHABLE)
        n_when_cut = steady(lambda: trained(page))  # it shows what there was
        n_meanwhile = becomes(lambda: epochs_of(server), lambda n: n > n_when_cut + 100)
        between.mend()
        becomes(lambda: trained(page), lambda n: n > n_meanwhile)
        expect(page.locator(".fs-notice")).to_be_hidden()
        becomes(lambda: page.evaluate("window.same"), True)  # it was not loaded anew
        pause(page)  # and it obeys
        context.close()


def epochs_of(server: Server) -> int:
    """How many epochs the server has trained, as it tells whoever watches it."""
    with urllib.request.urlopen(f"{server.url}/factorscope/metrics", timeout=PATIENCE) as answer:
        found = re.search(r"^factorscope_epochs_total (\d+)", answer.read().decode(), re.MULTILINE)
    return int(found[1])
