"""One epoch on screen, wherever one looks; and what is chosen is what is seen, and stays so."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from recsys_core import words
from recsys_core.experiments import Record, link, run
from recsys_core.live.frames import shown as shown_part
from tests.browser.helpers import (
    arrived,
    becomes,
    follow,
    go_to,
    plot,
    settled,
    sidebar,
    stays,
    steady,
)
from tests.browser.training import (
    LONG,
    button,
    finished,
    look_back,
    play,
    predictions,
    press,
    rested,
    set_speed,
    stream,
    trained,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The generated world of the Home page, and such as its model overfits: with some noise its best
# epoch is in the middle; without any regularisation it is the beginning.
WORLD = "data=low_rank&data.n_users=60&data.n_items=40&data.density=0.35&model=SGD"
OVERFITS = f"{WORLD}&data.noise=1&k=10&reg=0.001&patience=20"
NEVER_BETTER = f"{WORLD}&data.noise=1&k=10&reg=0&patience=5"

PARTY = "data=party&model=SGD"

# Who is selected, by index.
USER, ITEM = 7, 11

# What each place says of the epoch, all at one moment.
PLACES = ("strip", "slider", "beside", "card", "line", "curve", "matrix", "map")
_READ = """() => {
    const find = (selector) => document.querySelector(selector)
    const said = (selector) => {
        const found = find(selector)?.textContent.match(/epoch ([\\d,]+)/)
        return found ? Number(found[1].replaceAll(",", "")) : null
    }
    const painted = (key) => {
        const { epoch } = find(`.st-key-${key}_chart .fs-chart`)?.dataset ?? {}
        return epoch ? Number(epoch) : null
    }
    return {
        strip: said(".st-key-controls [data-fs=progress]"),
        slider: find(".fs-timeline input").valueAsNumber,
        beside: said(".fs-timeline output"),
        card: said(".st-key-card_run [data-fs=progress]"),
        line: said(`.fs-errors [data-stream="${find(".fs-timeline").dataset.stream}"]`),
        curve: painted("curve"),
        matrix: painted("matrix"),
        map: painted("latent"),
    }
}"""


def places(page: Page) -> dict[str, int | None]:
    """Which epoch each place on the Train page says it is, all read at one moment."""
    return page.evaluate(_READ)


def all_say(page: Page, epoch: int) -> None:
    """Wait until each place says this epoch; then it stays, and the ring is there as well."""
    everywhere: dict[str, int | None] = dict.fromkeys(PLACES, epoch)
    becomes(lambda: places(page), everywhere)
    ring = "plot => plot.data.find(t => t.name === 'epoch shown').x[0]"
    becomes(lambda: plot(page, "curve").evaluate(ring), epoch)
    settled(page)
    stays(lambda: places(page), everywhere, seconds=0.5)


def end(page: Page) -> Locator:
    """The slider's button, which goes to the best or the latest epoch."""
    return page.locator(".fs-timeline button")


@pytest.mark.parametrize(
    ("query", "word", "last"),
    [(f"{OVERFITS}&epoch=best", "Best", 27), (f"{LONG}&epoch=60", "Latest", 60)],
)
def test_an_epoch_chosen_on_one_page_is_that_of_all_others(query, word, last, browser_page):
    """A run that is over goes back to its best epoch, one that waits to its latest."""
    page = browser_page()
    go_to(page, f"train?{query}")
    all_say(page, last)
    expect(end(page)).to_be_hidden()  # one is there already
    look_back(page, 40)
    all_say(page, 40)
    expect(end(page)).to_have_text(word.lower())
    follow(page, "Predictions")
    expect(page.get_by_text("looking back at epoch 40 of")).to_be_visible()
    expect(sidebar(page)).to_contain_text("epoch 40 /")
    page.get_by_role("button", name=word, exact=True).click()
    expect(page.get_by_text(f"epoch {last} of")).to_be_visible()
    expect(sidebar(page)).to_contain_text(f"epoch {last} /")
    settled(page)
    follow(page, "Train")
    all_say(page, last)
    expect(end(page)).to_be_hidden()
    expect(page.get_by_role("button", name=f"Fork from epoch {last}")).to_be_visible()


def learnt(query: str, **details: Any) -> Record:
    """What comes of a link's run, by the core alone."""
    return run(link.read_strictly(query), **details)


def drawn_as(page: Page, record: Record) -> None:
    """Wait until the live matrix shows what this model predicts."""
    model, part = record.model, shown_part(record.experiment.make_split().train)
    assert model is not None
    low, high = model.extent[:2]
    want = model.predict_matrix(part.rows, part.columns)
    step = (high - low) / 65534  # of the numbers that travel

    def far() -> list[float | None]:
        cells = zip((z for row in predictions(page) for z in row), want.flat, strict=True)
        return [seen for seen, true in cells if seen is None or abs(seen - true) > step]

    becomes(far, [])


def cell_of(record: Record) -> str:
    """What is said of the selected cell."""
    assert record.model is not None
    return words.number(float(record.model.predict([USER], [ITEM])[0]))


@pytest.mark.parametrize("query", [OVERFITS, NEVER_BETTER])
def test_after_early_stopping_all_is_of_the_best_epoch(query, browser_page):
    record = learnt(query)
    best, last = record.best_epoch, len(record.epochs) - 1
    assert (best == 0) == (query == NEVER_BETTER)
    page = browser_page()
    go_to(page, f"train?{query}&epoch=0&speed=max&user={USER}&item={ITEM}")
    play(page) if best else press(page, "Play")
    becomes(lambda: trained(page), last)
    assert finished(page) == best
    all_say(page, best)
    drawn_as(page, record)

    # The numbers, not only the epochs: each of them is another one at the last epoch.
    at, end = record.epochs[best], record.epochs[last]
    assert at.validation_rmse is not None and end.validation_rmse is not None
    rmse = words.error(at.validation_rmse)
    assert rmse != words.error(end.validation_rmse)
    sentence = page.locator("[data-fs=sentence]")
    expect(sentence).to_contain_text(f"so epoch {best} is kept")
    expect(sentence).to_contain_text(f"off by {rmse} (RMSE)")
    card = sidebar(page).locator("[data-fs=quality]")
    expect(card).to_contain_text(f"validation RMSE {rmse} ")
    line = page.locator(".fs-errors:visible")
    errors = f"training RMSE {at.train_rmse:.4f}, validation RMSE {at.validation_rmse:.4f}"
    expect(line).to_have_text(re.compile(f"epoch {best} / .*, {errors}"))
    cell = cell_of(record)
    assert cell != cell_of(learnt(query, at=last))
    said = page.locator("[data-fs=cell]")
    expect(said).to_have_text(cell)
    # And there again after a reload, which nothing was carried over.
    page.reload()
    arrived(page)
    all_say(page, best)
    expect(said).to_have_text(cell)


def test_while_it_plays_all_places_say_the_same_epoch(browser_page):
    page = browser_page()
    # Two thousand epochs, so that it plays on however slow the looks are.
    go_to(page, f"train?{WORLD}&n_epochs=2000&patience=2000&speed=20&epoch=0")
    play(page)
    seen: list[dict[str, int | None]] = []

    def look() -> int:
        seen.append(places(page))
        return len(seen)

    becomes(look, 50)
    expect(button(page, "Pause")).to_be_visible()  # all the while it played
    assert [each for each in seen if len(set(each.values())) > 1] == []
    assert len({each["strip"] for each in seen}) > 25


def test_a_run_that_is_over_is_over_everywhere(browser_page):
    """Whatever is pressed as it ends: here the speed, by which it is at its end at once."""
    page = browser_page()
    go_to(page, f"train?{PARTY}&reg=0.21&epoch=0&speed=20")
    play(page)
    set_speed(page, "max")
    all_say(page, 200)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(sidebar(page).get_by_role("button", name="Play")).to_be_visible()
    expect(page.get_by_role("button", name="Fork from epoch 200")).to_be_visible()


@contextmanager
def busy_cores() -> Iterator[None]:
    """Two processes beside the browser and the server that do nothing, and much of it."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


# Notes each picture in which it says “done” while a panel still shows another epoch.
_WATCH = f"""() => {{
    window.early = []
    const look = () => {{
        const seen = ({_READ})()
        const text = document.querySelector(".st-key-controls")?.textContent ?? ""
        if (text.includes("done") && new Set(Object.values(seen)).size > 1) early.push(seen)
        requestAnimationFrame(look)
    }}
    look()
}}"""


@pytest.mark.slow
def test_under_load_no_run_is_done_over_a_picture_of_an_earlier_epoch(browser_page):
    page = browser_page()
    with busy_cores():
        for seed in range(14):
            query = f"{PARTY}&seed={seed + 100}"
            go_to(page, f"train?{query}&epoch=0&speed=max")
            all_say(page, 0)
            page.evaluate(_WATCH)
            press(page, "Play")
            becomes(lambda: rested(page), 200)
            all_say(page, 200)
            drawn_as(page, learnt(query))
            becomes(lambda: page.evaluate("early"), [])


def drawing(page: Page) -> dict[str, str]:
    """All there is of the picture of what is known: what was handed over, and what is seen of it.

    As text: gaps are numbers that equal nothing. Names that Plotly makes up are left out, and the
    size, which it forgets when the window has changed.
    """
    return plot(page, "known").evaluate(
        """div => {
            const seen = [...div.querySelectorAll("text, .colorbar, .legend, .shapelayer path")]
            const named = (part) => (part.getAttribute("class") ?? "").replace(/cb[0-9a-f]{6}/, "")
            const drawn = seen.map((part) => [named(part), part.textContent]).sort()
            const { data, layout: { width, height, ...layout } } = div
            return Object.fromEntries(
                Object.entries({ ...layout, data, drawn }).map(([k, v]) => [k, JSON.stringify(v)]))
        }"""
    )


def test_new_data_leave_nothing_of_the_old_ones_in_a_picture(browser_page):
    page, fresh = browser_page(), browser_page()
    go_to(page, "data")
    page.get_by_text("Generate", exact=True).click()
    page.get_by_text("Checkerboard", exact=True).click()
    expect(page.get_by_label("True rank")).to_have_count(0)  # the form before is gone
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(sidebar(page)).to_contain_text("20 users")
    settled(page)
    before = steady(lambda: drawing(page))
    for each in (page, fresh):
        if each is fresh:
            go_to(fresh, "data")
        each.get_by_text("Robbie's party", exact=True).click()
        expect(sidebar(each)).to_contain_text("4 users")
        settled(each)
    alone = steady(lambda: drawing(fresh))
    assert {"data", "drawn", "xaxis"} <= {what for what in alone if alone[what] != before.get(what)}
    becomes(lambda: dict(set(drawing(page).items()) ^ set(alone.items())), {})


def test_the_speed_max_is_shown_as_chosen(browser_page):
    page = browser_page()
    go_to(page, f"train?{PARTY}&epoch=0")
    radios = page.locator(".st-key-controls").get_by_role("radio")
    chosen = page.locator(".st-key-controls").get_by_role("radio", checked=True)
    expect(chosen).to_have_text("20")  # the usual one: over after ten seconds
    set_speed(page, "max")
    expect(chosen).to_have_text("max")
    expect(radios.filter(has_text="max")).to_have_attribute("aria-checked", "true")
    expect(page).to_have_url(re.compile("speed=max"))
    page.reload()
    arrived(page)
    expect(chosen).to_have_text("max")
    press(page, "Play")
    assert finished(page) == 200
    expect(chosen).to_have_text("max")


def test_a_guests_ratings_survive_a_reload(browser_page):
    page = browser_page()
    go_to(page, f"recommend?{PARTY}&epoch=best&who=guest")
    rows = page.get_by_role("radiogroup", name="Your rating of")
    for row, stars, n in ((0, "5", "1\u00a0song"), (2, "1", "2\u00a0songs")):
        rows.nth(row).get_by_text(stars, exact=True).click()
        expect(page.get_by_text(f"{n} rated.")).to_be_visible()
        settled(page)
    given = steady(lambda: _given(page))
    assert sorted(given.values()) == ["1", "5"]
    page.reload()
    arrived(page)
    expect(page.get_by_text("2\u00a0songs rated.")).to_be_visible()
    becomes(lambda: _given(page), given)


def _given(page: Page) -> dict[str, str]:
    """What was rated: the song, and its stars."""
    rows = page.get_by_role("radiogroup", name="Your rating of")
    return rows.evaluate_all(
        """rows => Object.fromEntries(rows.flatMap((row) =>
            [...row.querySelectorAll("[aria-checked=true]")]
                .map((star) => [row.getAttribute("aria-label"), star.textContent])))"""
    )


def test_the_baselines_are_there_before_anything_is_trained(browser_page):
    page = browser_page()
    go_to(page, f"train?{WORLD}&data.seed=5&epoch=0")
    becomes(lambda: trained(page), 0)
    chart = plot(page, "curve")
    for name in ("global mean", "user + item bias"):
        expect(chart.locator(".textpoint").filter(has_text=name)).to_be_visible()
    for name, model in (("Global mean", "GlobalMean"), ("User + item bias", "UserItemBias")):
        record = learnt(f"{WORLD.replace('SGD', model)}&data.seed=5")
        rmse = record.epochs[record.epoch].validation_rmse
        level = [pytest.approx(rmse, rel=1e-5)] * 2
        ends = f"plot => plot.data.find(trace => trace.name === '{name}').y"
        becomes(functools.partial(chart.evaluate, ends), level)
    stays(lambda: trained(page), 0, seconds=0.5)


def number_field(page: Page, label: str) -> Locator:
    """A number field of the settings."""
    return page.get_by_role("spinbutton", name=label)


@pytest.mark.slow
def test_a_setting_is_stepped_through_typed_and_refused(browser_page):
    page = browser_page()
    go_to(page, f"train?{PARTY}&epoch=0")
    reg = number_field(page, "Regularisation λ")
    box = page.get_by_test_id("stNumberInput").filter(has=reg)
    down, up = (box.get_by_test_id(f"stNumberInputStep{way}") for way in ("Down", "Up"))
    expect(reg).to_have_value("0.1")
    for press_it, value in ((down, "0.05"), (down, "0.02"), (up, "0.05"), (up, "0.1")):
        press_it.click()
        expect(reg).to_have_value(value)
        settled(page)
        expect(reg).to_have_value(value)
    for typed in ("0.15", "0.05"):  # the second is where a click would have gone, too
        reg.fill(typed)
        reg.press("Enter")
        settled(page)
        stays(lambda: reg.input_value(), typed, seconds=0.5)

    seen = steady(lambda: all_of_the_run(page))
    reg.fill("-1")
    page.get_by_role("button", name="Start a new run").click()
    refused = page.locator(".st-key-settings_box [role=alert]")
    expect(refused).to_have_text("Regularisation is -1; it has to be 0 or more.")
    settled(page)
    stays(lambda: all_of_the_run(page), seen, seconds=0.5)

    reg.fill("0")
    page.get_by_role("button", name="Start a new run").click()
    becomes(lambda: stream(page), lambda now: now != seen["stream"])
    expect(refused).to_have_count(0)
    set_speed(page, "max")
    assert finished(page) == 200
    expect(page).to_have_url(re.compile(r"[?&.]reg=0(\.0)?(&|$)"))
    expect(reg).to_have_value("0")
    drawn_as(page, learnt(f"{PARTY}&reg=0"))


def all_of_the_run(page: Page) -> dict[str, Any]:
    """What a refused setting has to leave as it is."""
    return {
        "stream": stream(page),
        "title": page.locator("h1").inner_text(),
        "runs": page.locator(".fs-errors").all_inner_texts(),
        "address": page.url,
        **places(page),
    }
