"""What is looked at: the address says it, Back returns to it, a link hands it on."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import Server
from tests.browser.helpers import (
    arrived,
    asked,
    becomes,
    click_at,
    comes_to,
    follow,
    go_to,
    listen,
    plot,
    settled,
    sidebar,
    stays,
    steady,
)
from tests.browser.training import (
    OVER,
    controls,
    finished,
    look_back,
    play,
    predictions,
    reaches,
    set_speed,
    shown,
    slider,
    upload,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PARTY = "data=party&model=SGD"

# Generated ratings of the size of MovieLens 100K.
LARGE = (
    "data=low_rank&data.n_users=943&data.n_items=1682&data.density=0.063"
    "&model=SGD&k=3&n_epochs=4&epoch=4"
)

# All that may come after a click on a cell, in bytes. Of it 2,700 announce two runs of fragments,
# and on Predictions 3,500 are the picture of how the number comes about, and 500 the way into it.
_LITTLE = {"train": 6_000, "predictions": 11_000}


# --- what is seen: to be read by becomes, steady and stays ---------------------------------------


def seen(page: Page) -> dict[str, Any]:
    """What a page shows, as far as a person chooses it, and its address."""
    return page.evaluate(
        """() => {
            const one = (selector) => document.querySelector(selector)?.innerText ?? null
            const all = (selector) => [...document.querySelectorAll(selector)].map(n => n.innerText)
            return {
                heading: one("h1"),
                strip: one(".st-key-controls [data-fs=progress]"),
                model: one(".st-key-model_in_view [data-testid=stHtml]"),
                chosen: all("[data-testid=stButtonGroup] [aria-checked=true]"),
                address: location.pathname + location.search,
            }
        }"""
    )


def fitted_of(page: Page) -> dict[str, Any]:
    """What is seen once nothing more comes."""
    settled(page)
    return steady(lambda: seen(page))


def entries(page: Page) -> int:
    """How many addresses the tab's history holds."""
    return page.evaluate("history.length")


def selected(page: Page) -> str:
    """The sentence on Train about the selected cell."""
    return page.get_by_test_id("stHtml").filter(has=page.locator("[data-fs=cell]")).inner_text()


def arithmetic(page: Page) -> str:
    """How the number of the selected cell comes about, on Predictions."""
    return page.locator(".stMarkdown").filter(has_text=re.compile(" = [−0-9]")).inner_text()


def numbers(page: Page) -> list[list[str]]:
    """The numbers of the matrix, on Predictions, as they are printed."""
    return plot(page, "matrix").evaluate("div => div.data[0].text.map(row => [...row])")


def ringed(page: Page) -> list[float]:
    """Column and row of the ring on the matrix."""
    return plot(page, "matrix").evaluate(
        """div => div._fullLayout.shapes.slice(-1).flatMap(
             ({ x0, x1, y0, y1 }) => [(x0 + x1) / 2, (y0 + y1) / 2])"""
    )


# --- history -------------------------------------------------------------------------------------


def choose(page: Page, label: str) -> None:
    """One of a few, side by side."""
    page.get_by_test_id("stButtonGroup").get_by_role("radio", name=label, exact=True).click()
    expect(page.get_by_role("radio", name=label, exact=True)).to_be_checked()


@pytest.mark.slow
def test_six_choices_are_six_steps_of_the_history(browser_page):
    page = browser_page()
    go_to(page, f"train?{PARTY}&epoch=best")
    expect(controls(page)).to_contain_text(OVER)
    views = [fitted_of(page)]
    before = steady(lambda: entries(page))
    for choice in (
        lambda: look_back(page, 30),
        lambda: look_back(page, 60),
        lambda: follow(page, "Predictions"),
        lambda: choose(page, "Error"),
        lambda: follow(page, "Latent space"),
        lambda: choose(page, "Users"),
    ):
        choice()
        views.append(fitted_of(page))
    assert all(a != b for a, b in zip(views, views[1:], strict=False))
    becomes(lambda: entries(page), before + 6)
    for earlier in reversed(views[:-1]):
        page.evaluate("history.back()")
        becomes(lambda earlier=earlier: seen(page), earlier)
    # As fast as one can press it, too, on one page.
    for press_it, end in (("forward", views[2]), ("back", views[0])):
        for _ in range(2):
            page.evaluate(f"history.{press_it}()")
        becomes(lambda end=end: seen(page), end)
        settled(page)
        stays(lambda: seen(page), end, seconds=0.5)
    for later in views[1:]:
        page.evaluate("history.forward()")
        becomes(lambda later=later: seen(page), later)
    becomes(lambda: entries(page), before + 6)


# --- links ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_link_shows_another_visitor_the_same_numbers(browser_page):
    mine, yours = browser_page(), browser_page()
    go_to(mine, f"train?{PARTY}&epoch=30")
    click_at(mine, "matrix", 4, 2)
    said = steady(lambda: selected(mine))
    assert re.search(r"predicted [\d.]+", said), said
    predicted = steady(lambda: predictions(mine))
    yours.goto(steady(lambda: mine.url))
    arrived(yours)
    becomes(lambda: selected(yours), said)
    becomes(lambda: predictions(yours), predicted)
    becomes(lambda: ringed(yours), [4, 2])

    follow(mine, "Predictions")
    choose(mine, "Error")
    settled(mine)
    added, table = steady(lambda: (arithmetic(mine), numbers(mine)))
    yours.goto(steady(lambda: mine.url))
    arrived(yours)
    becomes(lambda: (arithmetic(yours), numbers(yours)), (added, table))
    becomes(lambda: seen(yours), steady(lambda: seen(mine)))


def test_a_broken_link_is_remarked_on_in_one_line(browser_page):
    page = browser_page()
    for broken, said in (
        ("epoch=twelve", "epoch = twelve has no meaning in a link"),
        ("epoch=3&user=99&item=5", "user = 99 is not among the 4 there are"),
        ("<b>bold</b>=1&cells=<i>x</i>", "“<b>bold</b>” is not a key of a link"),
        ("hide=everything&run=7", "hide = everything has no meaning in a link"),
        ("learning_rate=-1&epoch", "“epoch” has no value"),
    ):
        go_to(page, f"predictions?{PARTY}&{broken}")
        remark = page.locator(".fs-remark[role=status]").filter(visible=True)
        expect(remark).to_have_count(1)
        expect(remark).to_contain_text(said)
        expect(remark.locator("*")).to_have_count(0)  # text, no markup
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        expect(page.locator(".st-key-model_in_view")).to_contain_text("SGD")


def test_the_link_is_copied(browser_page):
    page = browser_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go_to(page, f"train?{PARTY}&epoch=30")
    look_back(page, 20)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = steady(lambda: page.evaluate("navigator.clipboard.readText()"))
    assert copied.endswith(f"/train?{PARTY}&epoch=20")
    becomes(lambda: page.url, copied)


def test_without_a_clipboard_the_link_stands_there_selected(browser_page):
    page = browser_page()
    page.add_init_script("delete Navigator.prototype.clipboard; document.execCommand = () => false")
    go_to(page, f"train?{PARTY}&epoch=30")
    field = page.get_by_label("Link to what is shown")
    expect(field).to_be_hidden()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Press Ctrl+C")).to_be_visible()
    expect(field).to_be_focused()
    marked = "input => input.value.slice(input.selectionStart, input.selectionEnd)"
    link = steady(lambda: page.url)
    assert link.endswith(f"?{PARTY}&epoch=30")
    becomes(lambda: field.evaluate(marked), link)
    page.locator("h1").click()
    expect(field).to_be_hidden()
    expect(page.get_by_role("button", name="Copy link")).to_be_visible()


# --- what is sent --------------------------------------------------------------------------------


def hear(page: Page) -> list[bytes]:
    """All that the server sends over WebSockets from when the page is next opened."""
    messages: list[bytes] = []

    def received(frame: bytes | str) -> None:
        messages.append(frame.encode() if isinstance(frame, str) else frame)

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", received)

    page.on("websocket", opened)
    return messages


def heard(page: Page, messages: list[bytes]) -> list[bytes]:
    """What has come so far."""
    page.evaluate("0")  # Playwright hands over what has happened when it is asked something
    return list(messages)


def whole_page(message: bytes) -> bool | None:
    """Whether a message begins a run of the whole page; None where it begins none at all."""
    if message[:1] == b"{":
        return None  # of the live route
    told = ForwardMsg.FromString(message)
    begins = told.WhichOneof("type") == "new_session"
    return not told.metadata.run.fragment_ids if begins else None


def runs_of_pages(page: Page, messages: list[bytes]) -> list[bool]:
    """Of each run of the script so far, whether it was of the whole page."""
    return [run for run in map(whole_page, heard(page, messages)) if run is not None]


@pytest.mark.parametrize("path", ["train", "predictions"])
def test_a_click_on_a_cell_is_answered_in_a_few_bytes(path, browser_page):
    page = browser_page()
    messages = hear(page)
    go_to(page, f"{path}?{LARGE}")
    expect(sidebar(page)).to_contain_text(OVER)
    settled(page)
    becomes(lambda: ringed(page), [] if path == "train" else [0, 0])
    before = steady(lambda: len(heard(page, messages)))
    click_at(page, "matrix", 7, 5)
    becomes(lambda: ringed(page), [7, 5])
    answer = steady(lambda: heard(page, messages)[before:])
    assert 0 < sum(map(len, answer)) < _LITTLE[path]
    page.reload()
    arrived(page)
    becomes(lambda: ringed(page), [7, 5])  # it was the very cell that the server took it for


def test_a_run_starts_and_ends_without_a_run_of_the_whole_page(browser_page):
    page = browser_page()
    messages = hear(page)
    go_to(page, f"train?{PARTY}")
    assert True in steady(lambda: runs_of_pages(page, messages))  # when it was opened
    before = steady(lambda: len(runs_of_pages(page, messages)))
    page.locator("h1").evaluate("node => { node.kept = true }")
    play(page)
    set_speed(page, "max")
    assert finished(page) == 200
    parts = steady(lambda: runs_of_pages(page, messages)[before:])
    assert parts and not any(parts)
    becomes(lambda: page.locator("h1").evaluate("node => node.kept"), True)


# --- frames, tabs, hidden and locked parts -------------------------------------------------------


@pytest.fixture(scope="module")
def outside(server: Server) -> Iterator[str]:
    """Address of another site, whose pages show in a frame what the app has at the same path."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = f'<iframe name="app" width="1300" height="800" src="{server.url}{self.path}">'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None: ...

    site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    site.server_close()


def framed(page: Page) -> Frame:
    """The app in the frame, when all of it is there."""
    frame = becomes(lambda: page.frame("app"))
    arrived(frame)
    return frame


def test_in_a_frame_on_another_site_a_run_survives_a_reload(browser_page, outside):
    page = browser_page()
    page.goto(f"{outside}/")
    app = framed(page)
    app.get_by_role("button", name="Watch it learn").click()
    expect(sidebar(app)).to_contain_text(re.compile("epoch [1-9]"))
    page.reload()
    app = framed(page)
    expect(app.get_by_role("link", name=re.compile("Go on with"))).to_be_visible()
    expect(sidebar(app)).to_contain_text("Robbie's party")


def test_in_a_frame_on_another_site_a_file_is_taken(browser_page, outside):
    page = browser_page()
    page.goto(f"{outside}/")
    app = framed(page)
    app.get_by_role("button", name="Choose a file").click()
    upload(app)
    app.get_by_role("button", name="Use these ratings").click()
    expect(sidebar(app)).to_contain_text("mine")
    page.goto(f"{outside}/data")
    app = framed(page)
    expect(sidebar(app)).to_contain_text("mine")
    expect(sidebar(app)).to_contain_text("300\u00a0ratings")


@pytest.mark.slow
def test_two_tabs_look_at_different_things_in_one_workspace(browser_page):
    one = browser_page()
    go_to(one, f"train?{PARTY}&epoch=40")
    two = one.context.new_page()
    go_to(two, f"train?{PARTY}&epoch=25&user=3&item=0")
    becomes(lambda: shown(two), 25)
    there = fitted_of(two)
    one.bring_to_front()
    here = fitted_of(one)
    assert here["strip"].startswith("epoch 40") and there["strip"].startswith("epoch 25")
    cell = steady(lambda: selected(two))
    one.bring_to_front()  # a tab behind another draws once a second
    click_at(one, "matrix", 2, 1)
    look_back(one, 10)
    stays(lambda: (seen(two), selected(two), ringed(two)), (there, cell, [0, 3]))
    two.bring_to_front()
    look_back(two, 24)
    becomes(lambda: (shown(one), ringed(one)), (10, [2, 1]))

    one.bring_to_front()
    factors = one.get_by_role("spinbutton", name="Factors")
    factors.fill("2")
    factors.press("Enter")
    settled(one)
    one.get_by_role("button", name="Start a new run").click()
    expect(one.locator("h1")).to_contain_text("k = 2")
    reaches(one, 1)
    fresh = two.get_by_role("button", name="SGD, k = 2", exact=True)
    expect(fresh).to_have_count(0)
    two.bring_to_front()
    two.reload()
    arrived(two)
    expect(fresh).to_be_visible()
    expect(two.locator("h1")).to_contain_text("k = 3")
    becomes(lambda: (shown(two), ringed(two)), (24, [0, 3]))


def test_what_a_link_hides_stays_hidden_on_the_way(browser_page):
    page = browser_page()
    hidden = page.locator(".st-key-start_new").or_(page.get_by_role("heading", name="Runs"))
    go_to(page, f"train?{PARTY}&epoch=5")
    expect(hidden).to_have_count(2)
    go_to(page, f"train?{PARTY}&epoch=5&hide=settings,runs")
    for way in (lambda: None, lambda: follow(page, "Data"), lambda: follow(page, "Train")):
        way()
        expect(hidden).to_have_count(0)
        expect(page).to_have_url(re.compile("hide=settings(,|%2C)runs"))
    expect(page.get_by_text("Table of epochs")).to_be_visible()  # which would come after them
    page.go_back()
    comes_to(page, "data")
    page.go_back()
    comes_to(page, "train")
    settled(page)
    expect(page.get_by_text("Table of epochs")).to_be_visible()
    expect(hidden).to_have_count(0)


def test_a_locked_slider_has_no_effect(browser_page):
    page = browser_page()
    notes = listen(page)
    go_to(page, f"train?{PARTY}&epoch=30&lock=timeline")
    expect(slider(page)).to_be_disabled()
    becomes(lambda: shown(page), 30)
    # Nor has a message that it never sends.
    slider(page).evaluate(
        "input => { input.value = 7; input.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    becomes(lambda: asked(page, notes, "message"), lambda sent: '"moment":7' in "".join(sent))
    becomes(lambda: shown(page), 30)
    stays(lambda: shown(page), 30)
    expect(page).to_have_url(re.compile("epoch=30"))
    follow(page, "Predictions")
    page.get_by_role("button", name="Epoch").click()
    expect(page.get_by_role("slider", name="Epoch")).to_be_disabled()
