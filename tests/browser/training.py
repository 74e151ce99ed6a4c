"""The Train page for browser tests: its controls, each waiting for what it brings."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from recsys_core.models import MODELS
from tests.browser.helpers import PATIENCE, becomes, comes_to, plot, settled, sidebar, steady

# What is said of a run that is over, at its last epoch or its best.
OVER = re.compile("done|the best on validation|stopped early")


# What a link says of a run that takes some 20 seconds: it is under way for as long as a test looks.
# Equal runs are one for all who look, so each test adds a seed of its own.
LONG = "data=party&model=SGD&n_epochs=100000"

# A file that is nobody else's.
UPLOAD = b"user,item,rating\n" + b"".join(
    b"u%d,i%d,%d\n" % (u, i, 1 + (u * i) % 5) for u in range(20) for i in range(15)
)


def controls(page: Page) -> Locator:
    """Play, Step, Reset, the speeds, and how far it has come."""
    return page.locator(".st-key-controls")


def open_world(page: Page) -> None:
    """The generated world with a run that plays at once, however far it has come by now."""
    watch(page, "Generate and watch")


def watch(page: Page, way: str) -> None:
    """One of the ways in: the button on Home that ends on Train, where a run plays."""
    page.goto("/")
    page.get_by_role("button", name=way).click()
    comes_to(page, "train")
    reaches(page, 1)


def upload(page: Page, name: str = "mine.csv", content: bytes = UPLOAD) -> None:
    """Hand a file in on the Data page."""
    files = [{"name": name, "mimeType": "text/csv", "buffer": content}]
    page.locator("input[type=file]").set_input_files(files)


def train_on_upload(page: Page) -> None:
    """Ratings from a file, and a run on them that plays."""
    page.goto("/")
    page.get_by_role("button", name="Choose a file").click()
    upload(page)
    page.get_by_role("button", name="Use and watch a model learn").click()
    comes_to(page, "train")
    reaches(page, 1)


def at_the_start(page: Page) -> None:
    """The same, back at epoch 0 and paused; it is trained, or nearly."""
    open_world(page)
    reset(page)


def finished_world(page: Page) -> int:
    """The generated world learned to the end; returns the epoch shown then, the best."""
    open_world(page)
    set_speed(page, "max")
    return finished(page)


# --- what is seen: to be read by becomes, steady and stays ---------------------------------------


def trained(page: Page) -> int:
    """The latest epoch the browser knows of; −1 where it knows of none."""
    return int(_timeline(page).get_attribute("data-latest") or -1)


def shown(page: Page) -> int:
    """The epoch that all panels show."""
    return int(_timeline(page).get_attribute("data-shown") or -1)


def stream(page: Page) -> str | None:
    """Names the run in view."""
    return _timeline(page).get_attribute("data-stream")


def _timeline(page: Page) -> Locator:
    return page.locator(".fs-timeline")


def rested(page: Page) -> int | None:
    """The epoch at which the controls say that the run is over; None before."""
    return _epoch(controls(page), f" · ({OVER.pattern})$")


def epoch_in_card(page: Page) -> int | None:
    """The epoch that the run's card tells, which is on every page."""
    return _epoch(sidebar(page))


def _epoch(within: Locator, how: str = "") -> int | None:
    said = re.search(r"epoch ([\d,]+) / [\d,]+" + how, within.inner_text(), re.MULTILINE)
    return said and int(said[1].replace(",", ""))


def predictions(page: Page) -> list[list[float | None]]:
    """What the live matrix predicts, row by row; None in cells without a prediction."""
    return plot(page, "matrix").evaluate("plot => plot.data[1].z.map(row => [...row])")


def predicted(page: Page) -> int:
    """How many cells of the live matrix show a prediction."""
    return sum(value is not None for row in predictions(page) for value in row)


def points(page: Page) -> int:
    """Points of the longest curve of errors."""
    return plot(page, "curve").evaluate(
        "plot => Math.max(...plot.data.filter(t => t.meta?.series).map(t => t.y.length))"
    )


# --- what is done --------------------------------------------------------------------------------


def reaches(page: Page, epoch: int) -> None:
    """Wait until so much is shown."""
    becomes(lambda: shown(page), lambda seen: seen >= epoch)


def play(page: Page) -> None:
    """Press Play, and wait until another epoch is shown."""
    before = steady(lambda: shown(page))
    press(page, "Play")
    becomes(lambda: shown(page), lambda now: now != before)


def pause(page: Page) -> int:
    """Press Pause; returns the epoch at which it has come to rest."""
    press(page, "Pause")
    expect(button(page, "Play")).to_be_visible()
    settled(page)
    return steady(lambda: shown(page))


def step(page: Page) -> None:
    """Press Step, and wait until the next epoch is shown."""
    before = steady(lambda: shown(page))
    press(page, "Step")
    becomes(lambda: shown(page), before + 1)
    settled(page)


def reset(page: Page) -> None:
    """Press Reset, and wait for epoch 0."""
    press(page, "Reset")
    expect(button(page, "Play")).to_be_visible()
    becomes(lambda: shown(page), 0)
    settled(page)


def set_speed(page: Page, speed: str) -> None:
    """Choose how many epochs a second, or “max”."""
    choice = controls(page).get_by_role("radio", name=speed, exact=True)
    choice.click()
    expect(choice).to_be_checked()


def finished(page: Page, timeout: float = 3 * PATIENCE) -> int:
    """Wait until the run is over and rests where it is best; returns that epoch."""
    expect(button(page, "Play")).to_be_visible(timeout=timeout * 1000)
    epoch = becomes(lambda: rested(page), timeout=timeout)
    settled(page)
    return epoch


def choose_model(page: Page, model: str) -> None:
    """Choose an algorithm, and wait until its settings have replaced those before."""
    title, summary = MODELS.described(model)
    choice = page.locator(".st-key-choose_algorithm")
    radio = choice.get_by_role("radio", name=title, exact=True)
    radio.click()
    expect(radio).to_be_checked()
    expect(choice).to_contain_text(summary)
    settled(page)


def start_new(page: Page) -> None:
    """Start a new run with the settings as they stand, and wait until it is the one in view."""
    before = becomes(lambda: stream(page))
    page.get_by_role("button", name="Start a new run").click()
    becomes(lambda: stream(page), lambda now: now not in (None, before))


def slider(page: Page) -> Locator:
    """The epoch slider."""
    return page.get_by_role("slider", name="Epoch shown in all panels")


def look_back(page: Page, *epochs: int) -> None:
    """Drag the slider over epochs to the last of them, and wait until the panels show that.

    No further than it is trained can one look: first that has to have come.
    """
    there = page.locator(".fs-timeline")
    becomes(lambda: int(there.get_attribute("data-latest") or 0) >= max(epochs), True)
    slider(page).evaluate(
        """(input, epochs) => {
             for (const epoch of epochs) {
               input.value = epoch
               input.dispatchEvent(new Event("input", { bubbles: true }))
             }
           }""",
        epochs,
    )
    becomes(lambda: shown(page), epochs[-1])
    settled(page)


def button(page: Page, label: str) -> Locator:
    """A button of the controls."""
    return controls(page).get_by_role("button", name=label, exact=True)


def press(page: Page, label: str) -> None:
    """Press one."""
    button(page, label).click()


def party(page: Page) -> None:
    """Robbie's party, learnt to the end."""
    page.goto("/predictions")
    page.get_by_role("button", name="Start with Robbie's party").click()
    # On a phone the sidebar, and the card in it, is folded away.
    expect(page.get_by_text("epoch 200 of 200")).to_be_visible()
    settled(page)
