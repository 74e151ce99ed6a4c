"""Waiting and looking, for browser tests.

A page follows a click some time later, and how much later depends on the machine. So a test never
reads the page once. It says what the click is to bring, and waits for that: by Playwright's
``expect``, which looks again and again, or, where that cannot say it, by ``becomes``. Numbers that
a test goes on with come from ``steady``, and that something does *not* happen is said by ``stays``.
``test_no_races.py`` keeps tests to this.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Download, Error, Locator, Page, WebSocket, expect

from pages.shared.chart.assets import LIVE_ROUTE

SHOTS = Path(__file__).resolve().parents[2] / "test-results"

# Seconds that something may take to come. Long, because a busy machine is no failure, and nobody
# waits for it on a quiet one.
PATIENCE = 90.0

_BETWEEN_LOOKS = 0.05

T = TypeVar("T")


# --- waiting -------------------------------------------------------------------------------------


def becomes(
    read: Callable[[], T],
    wanted: Any = lambda value: value is not None,
    timeout: float = PATIENCE,
) -> T:
    """Read again and again until it is as wanted; returns what was read then.

    ``wanted`` is a value, or a function that says whether a value is wanted; without it, anything
    but None is.
    """
    for value in _looks(read, timeout):
        if isinstance(value, Error):
            continue
        if wanted(value) if callable(wanted) else value == wanted:
            return value
    what = "what was wanted" if callable(wanted) else repr(wanted)
    raise AssertionError(f"After {timeout:g} s it is not {what}; last seen: {value!r}")


def steady(read: Callable[[], T], seconds: float = 0.5, timeout: float = PATIENCE) -> T:
    """Read again and again until it has been the same for some time; returns that."""
    last, since = None, time.monotonic()
    for value in _looks(read, timeout):
        if isinstance(value, Error) or value != last:
            last, since = value, time.monotonic()
        elif time.monotonic() - since >= seconds:
            return value
    raise AssertionError(f"After {timeout:g} s it still changes; last seen: {value!r}")


def stays(read: Callable[[], T], value: T, seconds: float = 1.5) -> None:
    """Assert that it is this value all the time; wait until it is, before."""
    for seen in _looks(read, seconds):
        assert seen == value, f"It was to stay {value!r}; seen: {seen!r}"


def _looks(read: Callable[[], T], seconds: float) -> Iterator[T | Error]:
    """What is read, again and again for so long, at least twice.

    What cannot be read now, because the page is about to replace it, may be there in a moment.
    """
    until = time.monotonic() + seconds
    looks = 0
    while looks < 2 or time.monotonic() < until:
        looks += 1
        try:
            yield read()
        except Error as error:
            yield error
        time.sleep(_BETWEEN_LOOKS)


def settled(page: Page) -> None:
    """Wait until Streamlit rests and every chart has been drawn and has come to rest.

    A click is not seen at once, so wait for what it brings first: else this sees the rest before.
    While a run plays on the Train page, there is none.
    """
    becomes(lambda: page.evaluate(_WHAT_GOES_ON), [])


# For some frames: between two parts of one answer there may be a moment of rest.
_WHAT_GOES_ON = """async () => {
    const look = () => {
        const { testConnectionState, testScriptState } =
            document.querySelector("[data-testid=stApp]")?.dataset ?? {}
        const found = (selector) => [...document.querySelectorAll(selector)]
        return [
            ...(testConnectionState === "CONNECTED" ? [] : [`connection ${testConnectionState}`]),
            ...(testScriptState === "notRunning" ? [] : [`script ${testScriptState}`]),
            ...["stSkeleton", "stAppSkeleton", "stSpinner"].filter(
                (name) => found(`[data-testid=${name}]`).length),
            ...found(".fs-chart[aria-busy], .fs-moving, .js-plotly-plot:not(:has(.main-svg))")
                .map((node) => node.outerHTML.slice(0, 150)),
        ]
    }
    for (let frame = 0; frame < 6; frame++) {
        const going = look()
        if (going.length) return going
        await new Promise(requestAnimationFrame)
    }
    return look()
}"""


# --- the page ------------------------------------------------------------------------------------


def go_to(page: Page, path: str) -> None:
    """Open a page by its address, and wait until all of it is there."""
    page.goto(f"/{path}")
    arrived(page)


def follow(page: Page, title: str) -> None:
    """Go to another page by the menu, and wait until all of it is there."""
    menu(page).filter(has_text=title).click()
    comes_to(page, "" if title == "Home" else title.split()[0].lower())
    if title != "Train":  # which is headed by the run
        expect(page.locator("h1").first).to_have_text("Factorscope" if title == "Home" else title)
    settled(page)


def menu(page: Page) -> Locator:
    """The links to the pages; Streamlit draws each once more, without its tooltip, for phones."""
    return (
        sidebar(page).locator(".st-key-pages").get_by_test_id("stTooltipHoverTarget").locator("a")
    )


def comes_to(page: Page, path: str) -> None:
    """Wait until the address is that of a page, whatever it says behind the “?”."""
    expect(page).to_have_url(re.compile(rf"^[^?]*/{path}(\?|$)"))


def arrived(page: Page) -> None:
    """Wait until all of a page is there that has just been opened or reloaded."""
    expect(page.locator("h1").first).to_be_visible()
    settled(page)


def sidebar(page: Page) -> Locator:
    """The two cards, of the data and of the run, are there."""
    return page.get_by_test_id("stSidebar")


def width_of(page: Page) -> int:
    """How wide the page is, in pixels; wider than the window, it could be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth")


def listen(page: Page) -> list[tuple[str, str]]:
    """Note all that a page asks of the server from when it is next opened; see ``asked``."""
    notes: list[tuple[str, str]] = []

    def opened(socket: WebSocket) -> None:
        kind = "live" if socket.url.endswith(LIVE_ROUTE) else "message"

        def message(frame: bytes | str) -> None:
            text = frame if isinstance(frame, str) else frame.decode("latin-1")
            notes.append((kind, text))

        socket.on("framesent", message)

    page.on("request", lambda request: notes.append(("request", request.url)))
    page.on("websocket", opened)
    return notes


def asked(page: Page, notes: list[tuple[str, str]], kind: str) -> list[str]:
    """What was sent so far: the addresses requested ("request"), the messages to Streamlit
    ("message"), or those to the live route ("live").
    """
    page.evaluate("0")  # Playwright hands over what has happened when it is asked something
    return [what for of, what in notes if of == kind]


def shot(page: Page, name: str, full_page: bool = False) -> Path:
    """Save a picture of the page as test-results/<name>.png."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=full_page)
    return path


def find(page: Page, label: str, typed: str, name: str) -> None:
    """Find a user or an item by name, and choose it."""
    page.get_by_label(label).fill(typed)
    page.get_by_role("option", name=name, exact=True).click()


def press_row(page: Page, key: str, row: int) -> None:
    """Choose a row of a table, from 0, by the box at its start."""
    settled(page)
    table = page.locator(f".st-key-{key}").get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = steady(lambda: table.bounding_box())
    # Its rows are painted, each 35 pixels high; above the first are the headings.
    page.mouse.click(box["x"] + 15, box["y"] + 35 * (row + 1.5))


# --- charts --------------------------------------------------------------------------------------


def plot(page: Page, key: str) -> Locator:
    """The chart of that key."""
    return page.locator(f".st-key-{key}_chart .js-plotly-plot")


def click_at(page: Page, key: str, x: float, y: float, label: str = "") -> None:
    """Click a chart where its axes say (x, y), and wait until it has been drawn anew.

    There, the label that comes up under the mouse holds ``label``.
    """
    _click(page, key, (x, y), label)


def click_point(page: Page, key: str, name: str) -> None:
    """Click the point of that name on a map, and wait until it has been drawn anew."""
    _click(page, key, name, name)


def _click(page: Page, key: str, where: tuple[float, float] | str, label: str) -> None:
    settled(page)
    chart = plot(page, key)
    chart.scroll_into_view_if_needed()

    def under_the_mouse() -> tuple[list[float], str | None, bool]:
        """Point there, as a person does until the label is there: a chart that is drawn anew
        under a resting mouse, or whose points have moved on, shows none.
        """
        x, y = chart.evaluate(_POINT, where) if isinstance(where, str) else where
        place = _place(chart, x, y)
        page.mouse.move(place[0] + 3, place[1])
        page.mouse.move(*place)
        page.wait_for_timeout(150)  # Plotly answers no more than so often
        drawn = chart.get_attribute("data-drawn")
        shown = chart.locator(".hoverlayer .hovertext").filter(has_text=label).count() > 0
        return place, drawn, shown

    place, drawn, _ = becomes(under_the_mouse, lambda seen: seen[2])
    page.mouse.click(*place)
    expect(chart).not_to_have_attribute("data-drawn", drawn or "")  # what is chosen is marked
    settled(page)


# The name of the selected one is bold.
_POINT = """(div, name) => {
    const called = (note) => note.text.replace(/<\\/?b>/g, "") === name
    const { x, y } = div._fullLayout.annotations.find(called)
    return [x, y]
}"""


def _place(chart: Locator, x: float, y: float) -> list[float]:
    """Where in the window a chart's axes say (x, y)."""
    return chart.evaluate(
        """(div, [x, y]) => {
            const { xaxis, yaxis } = div._fullLayout, box = div.getBoundingClientRect()
            return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)]
        }""",
        [x, y],
    )


def drag_across(page: Page, key: str) -> None:
    """Zoom into a part of a chart's horizontal axis, from a fifth to three fifths."""
    settled(page)
    area = plot(page, key).locator(".nsewdrag")
    box = steady(lambda: area.bounding_box())
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=5)
    page.mouse.up()


def downloaded(page: Page, press: Callable[[], None]) -> Download:
    """What pressing something downloads; no more than five a second.

    Chromium drops, silently, what a page downloads beyond ten files within a second.
    """
    page.wait_for_timeout(200)
    with page.expect_download(timeout=PATIENCE * 1000) as coming:
        press()
    return coming.value
