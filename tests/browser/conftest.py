"""The real server and a real browser, for tests of what only they can show."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from recsys_core.experiments.store import NOTHING
from recsys_core.experiments.store_errors import VARIABLE
from tests.browser import chromium
from tests.browser.helpers import PATIENCE, becomes

expect.set_options(timeout=PATIENCE * 1000)

ROOT = Path(__file__).resolve().parents[2]

_CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Streamlit looks for its base path below the page of a deep link, and finds it one step up.
_STREAMLITS_OWN_404 = re.compile(r"/_stcore/(health|host-config)$")


@dataclass
class Server:
    """A running server: its address, its process id, and what it has logged."""

    url: str
    pid: int
    log: Path

    def tracebacks(self) -> int:
        """How many tracebacks it has logged so far."""
        return self.log.read_text(errors="replace").count("Traceback (most recent call last)")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as ``make run`` starts it, on a free port."""
    folder = tmp_path_factory.mktemp("server")
    with serving(free_port(), folder / "log.txt", f"sqlite:///{folder}/runs.db") as running:
        yield running


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    port: int, log: Path, database: str = NOTHING, base: str = "", **environment: str
) -> Iterator[Server]:
    """A server of the app on this port, as long as the block runs; it keeps nothing unless told.

    ``base`` is the path below which it answers, "/class".
    """
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    options += ["--server.baseUrlPath", base] if base else []
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", VARIABLE: database, **environment},
        )
    running = Server(f"http://localhost:{port}{base}", process.pid, log)
    try:
        _wait_until_it_answers(running, process)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes]) -> None:
    def answer() -> str:
        assert process.poll() is None, f"The server stopped:\n{server.log.read_text()}"
        try:
            with urllib.request.urlopen(f"{server.url}/factorscope/health", timeout=1) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, OSError) as error:
            return f"{error}; it says:\n{server.log.read_text()}"

    becomes(answer, "ok")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium for all tests; each test gets its own fresh profiles."""
    path = chromium.find()
    if path is None:
        pytest.skip("no Chromium found; python tests/browser/chromium.py --install gets one")
    with _STARTED:
        playwright = _STARTED.enter_context(sync_playwright())
        running = playwright.chromium.launch(executable_path=path, args=list(_CHROMIUM_ARGS))
        _STARTED.callback(running.close)
        yield running


# Playwright, as long as it runs.
_STARTED = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """End Playwright after the last of its tests: no other event loop can run beside its own."""
    yield
    if nextitem is None or nextitem.get_closest_marker("browser") is None:
        _STARTED.close()


@dataclass
class _Opened:
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        url = message.location.get("url", "")
        if "404" in message.text and _STREAMLITS_OWN_404.search(url):
            return
        self.errors.append(f"{message.text} ({url})")


@pytest.fixture
def browser_page(browser: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """``browser_page(width=1440, height=900, dark=False)``: a page of a browser never seen before.

    The test fails if the browser's console shows an error or the server logs a traceback.
    """
    opened = _Opened()
    tracebacks = server.tracebacks()

    def open_page(
        width: int = 1440, height: int = 900, dark: bool = False, locale: str = "en-US"
    ) -> Page:
        context = browser.new_context(
            base_url=server.url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="no-preference",
            locale=locale,
        )
        context.set_default_timeout(PATIENCE * 1000)
        opened.contexts.append(context)
        # Of every tab and frame, also those that a test opens itself.
        context.on("console", opened.on_console)
        context.on("weberror", lambda error: opened.errors.append(str(error.error)))
        return context.new_page()

    yield open_page
    for context in opened.contexts:
        context.close()
    assert not opened.errors, "The browser's console shows errors:\n" + "\n".join(opened.errors)
    assert server.tracebacks() == tracebacks, f"The server failed:\n{server.log.read_text()}"
