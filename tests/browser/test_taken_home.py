"""What was taken home, opened in a browser without network: the hand-out needs no server."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.helpers import becomes, go_to, steady

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_READY = """() => !document.querySelector("[aria-busy], .fs-moving")
    && document.querySelectorAll(".main-svg").length > 2"""


def test_the_zip_is_one_click_and_the_hand_out_in_it_is_scrubbed_offline(
    browser_page, browser: Browser, tmp_path: Path
):
    page = browser_page()
    go_to(page, "train?data=party&model=SGD&k=3&n_epochs=30&seed=1&split=random&epoch=best")
    page.locator(".st-key-export button").first.click()
    with page.expect_download() as download:
        page.locator(".st-key-take_all button").first.click()
    kept = tmp_path / "kept.zip"
    download.value.save_as(kept)
    with zipfile.ZipFile(kept) as packed:
        packed.extractall(tmp_path)
    assert {"README.txt", "reproduce.py", "report.html"} <= {p.name for p in tmp_path.iterdir()}

    offline = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    errors: list[str] = []
    asked: list[str] = []
    offline.on("weberror", lambda error: errors.append(str(error.error)))
    offline.on("console", lambda message: errors.append(message.text)
               if message.type == "error" else None)  # fmt: skip
    offline.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    home = offline.new_page()
    home.goto((tmp_path / "handout.html").as_uri())
    becomes(lambda: home.evaluate(_READY), True)
    slider = home.get_by_role("slider")
    best = int(steady(lambda: slider.input_value()))
    expect(home.locator(".best")).to_have_attribute("title", re.compile(f"Epoch {best}:"))
    curve = home.locator("#curve .fs-chart")
    slider.focus()
    home.keyboard.press("Home")
    for chart in ("curve", "matrix", "map"):
        expect(home.locator(f"#{chart} .fs-chart")).to_have_attribute("data-epoch", "0")
    expect(home.locator("[data-fs=errors]")).to_contain_text("epoch 0 / 30")
    home.keyboard.press("ArrowRight")
    expect(curve).to_have_attribute("data-epoch", "1")
    home.get_by_role("button", name="best").click()
    expect(home.locator("#matrix .fs-chart")).to_have_attribute("data-epoch", str(best))
    home.get_by_role("button", name="Play").click()
    expect(home.get_by_role("button", name="Pause")).to_be_visible()
    expect(home.get_by_role("button", name="Play")).to_be_visible()  # it has come to its end
    assert not errors and {*asked} <= {"file", "data", "blob"}
    offline.close()


def test_everybodys_lists_are_a_file_of_ones_own_browser(browser_page, browser: Browser, server):
    page = browser_page()
    go_to(page, "predictions?data=party&model=ALS&k=2&epoch=best")
    page.locator(".st-key-export button").first.click()
    link = page.locator(".st-key-take_best_csv a").first
    expect(link).to_have_attribute("href", re.compile("best.csv"))
    address = server.url + becomes(lambda: link.get_attribute("href"))
    own = page.context.request.get(address)
    assert own.status == 200 and own.text().startswith("user,rank,song,name,predicted\n")
    assert "attachment" in own.headers["content-disposition"]
    somebody = browser.new_context()
    assert somebody.request.get(address).status == 404
    somebody.close()
