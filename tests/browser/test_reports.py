"""Reports as files: without a network, printed, judged by axe; and downloaded from a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import recsys_core as rc
from recsys_core.takehome import findings, manager, report
from tests.browser.helpers import becomes, follow, settled
from tests.browser.test_accessible import AXE, FINDINGS
from tests.browser.training import finished, open_world, play
from tests.takehome.test_report import RUNS, hostile, record_of

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

KINDS = {"report": report.write, "manager": manager.write}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Reports of both kinds, by kind and run."""
    folder = tmp_path_factory.mktemp("reports")
    records = {name: record_of(*RUNS[name]) for name in ("factors", "preferences", "intervals")}
    records["hostile"] = record_of(rc.ItemKNN(), ratings=hostile())
    made = {}
    for name, record in records.items():
        found = findings.find(record)
        for kind, write in KINDS.items():
            made[kind, name] = folder / f"{name}-{kind}.html"
            made[kind, name].write_bytes(write(found))
    return made


@pytest.fixture
def offline(browser: Browser) -> Iterator[Page]:
    """A page without a network, in which every request but for the file itself is a failure."""
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    page.on("pageerror", lambda error: asked.append(str(error)))
    yield page
    context.close()
    assert [one for one in asked if not one.startswith("file://")] == []
    assert len(set(asked)) == len(asked) == 1


def n_pages(page: Page, paper: str) -> int:
    return page.pdf(format=paper).count(b"/Type /Page\n")


@pytest.mark.parametrize("name", ["factors", "preferences", "intervals", "hostile"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_report_needs_no_network_and_prints(kind, name, files, offline):
    offline.goto(files[kind, name].as_uri())
    expect(offline.get_by_role("heading", level=1)).to_be_visible()
    for paper in ("A4", "Letter"):
        pages = n_pages(offline, paper)
        assert pages == 1 if kind == "manager" else 2 <= pages <= 12
    for media in ("screen", "print"):
        offline.emulate_media(media=media)  # type: ignore[arg-type]
        becomes(lambda: offline.evaluate(WIDER) <= 0, True)
    offline.emulate_media(media="screen")
    offline.set_viewport_size({"width": 390, "height": 844})
    becomes(lambda: offline.evaluate(WIDER) <= 0, True)
    offline.evaluate(Path(AXE).read_text(encoding="utf-8"))
    becomes(lambda: offline.evaluate(FINDINGS), [])


@pytest.mark.slow
def test_both_are_downloaded_from_compare(browser_page, tmp_path):
    page = browser_page()
    open_world(page)
    play(page)
    finished(page)
    follow(page, "Compare")
    settled(page)
    for label, says in (
        ("Report", "Where the numbers are from"),
        ("One page for a manager", "Can this recommender be used?"),
    ):
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        assert download.value.suggested_filename.endswith(".html")
        path = tmp_path / "made.html"
        download.value.save_as(path)
        assert says in path.read_text(encoding="utf-8")
