"""A server below a path, seen in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import free_port, serving
from tests.browser.helpers import PATIENCE, becomes, follow, settled
from tests.test_operating import get, numbers

pytestmark = pytest.mark.slow


@pytest.mark.browser
def test_below_a_path_everything_is_below_it(browser: Browser, tmp_path: Path):
    with serving(free_port(), tmp_path / "log.txt", base="/class") as server:
        context = browser.new_context(base_url=server.url)
        context.set_default_timeout(PATIENCE * 1000)
        page, asked, sockets, bad = context.new_page(), [], [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.on("response", lambda answer: bad.append(answer.url) if answer.status >= 400 else None)
        page.goto(f"{server.url}/?data=party")
        expect(page.get_by_text("Robbie's party").first).to_be_visible()
        settled(page)
        follow(page, "Train")
        page.get_by_role("button", name="Play").first.click()
        becomes(lambda: any(url.endswith("/class/factorscope/live") for url in sockets), True)
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        becomes(lambda: numbers(server.url)["epochs_total"] > 0, True)
        page.reload()  # of a page below the path, with its address
        settled(page)
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        root = server.url.removesuffix("/class")
        for url in [*asked, *(url.replace("ws:", "http:") for url in sockets)]:
            assert url.startswith((f"{root}/class/", f"{root}/class?", "blob:", "data:")), url
        assert [url for url in bad if "/_stcore/" not in url] == []
        cookies = {c["name"]: c["path"] for c in context.cookies()}
        assert cookies["factorscope"] == "/class"
        assert get(f"{server.url}/factorscope/health") == "ok"
        context.close()
