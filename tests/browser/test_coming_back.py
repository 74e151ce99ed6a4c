"""Coming back: what was trained is there after the browser is closed and the server killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import free_port, serving
from tests.browser.helpers import becomes, settled, sidebar, steady
from tests.browser.training import trained

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = 60_000  # ms: the first page of a server that has just started


def test_after_kill_9_all_that_was_trained_is_there(browser: Browser, tmp_path: Path):
    port, database = free_port(), f"sqlite:///{tmp_path / 'runs.db'}"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with serving(port, tmp_path / "first.txt", database) as server:
        page = context.new_page()
        page.goto(f"{server.url}/train?data=low_rank&model=ALS&k=2&n_epochs=5&epoch=best")
        expect(sidebar(page)).to_contain_text("epoch 5 / 5", timeout=LONG)
        settled(page)
        quality = steady(page.locator('[data-fs="quality"]').first.inner_text)
        page.goto(
            f"{server.url}/train?data=low_rank&split=whole&model=SGD&k=3&n_epochs=1000000&epoch=latest"
        )
        expect(page.locator("h1")).to_contain_text("SGD", timeout=LONG)
        becomes(lambda: trained(page), lambda n: n > 20)
        page.close()  # the browser keeps its cookie, and nothing else
        page = context.new_page()
        page.goto(f"{server.url}/compare?compare=kept")
        expect(page.locator(".st-key-kept_actions")).to_be_visible(timeout=LONG)
        os.kill(server.pid, signal.SIGKILL)
    page.close()  # it would load itself again as soon as a server answers
    (cookie,) = (c for c in context.cookies() if c["name"] == "factorscope")
    name, dot, mac = cookie["value"].partition(".")
    context.add_cookies([{**cookie, "value": name}])  # as versions before gave it, unsigned
    with serving(port, tmp_path / "second.txt", database) as server:
        page = context.new_page()
        page.goto(f"{server.url}/train")
        expect(page.get_by_text("ALS, k = 2").first).to_be_visible(timeout=LONG)
        assert name + dot + mac in [c["value"] for c in context.cookies()], "signed again"
        expect(page.get_by_text("SGD, k = 3").first).to_be_visible()
        page.get_by_role("button", name="ALS, k = 2", exact=True).click()
        expect(sidebar(page)).to_contain_text("epoch 5 / 5", timeout=LONG)
        expect(page.locator('[data-fs="quality"]').first).to_have_text(quality)
        page.goto(f"{server.url}/compare?compare=kept")
        expect(page.get_by_text("1–2 of 2")).to_be_visible(timeout=LONG)
        page.goto(f"{server.url}/train?data=low_rank&split=whole&model=SGD&k=3&n_epochs=1000000")
        becomes(lambda: trained(page), lambda n: n > 20)  # as far as it had come
        page.get_by_role("button", name="Play", exact=True).click()
        before = steady(lambda: trained(page))
        becomes(lambda: trained(page), lambda n: n > before)  # and it goes on
    context.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no folder like /proc")
def test_a_home_that_cannot_be_written_to_is_one_sentence_and_all_else_works(
    browser: Browser, tmp_path: Path
):
    # In /proc nobody, not even root, makes a folder.
    home = {"HOME": "/proc/home", "XDG_DATA_HOME": "", "NUMBA_CACHE_DIR": "/proc/home/numba"}
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with serving(free_port(), tmp_path / "log.txt", "", **home) as server:
        page = context.new_page()
        page.goto(f"{server.url}/train?data=party&model=SGD&n_epochs=20&epoch=latest")
        expect(sidebar(page)).to_contain_text("epoch 20 / 20", timeout=LONG)
        expect(page.get_by_text("Not kept just now")).to_be_visible(timeout=LONG)
        page.goto(f"{server.url}/room")
        page.get_by_role("button", name="Open the room").click()
        expect(page.get_by_test_id("stMain")).to_contain_text("cannot", timeout=LONG)
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        said = server.log.read_text()
    context.close()
    assert "Traceback" not in said, said
    assert said.count("cannot be kept") + said.count("Not kept") >= 1, said
