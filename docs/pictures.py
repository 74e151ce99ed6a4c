"""Take the pictures in ``docs/``: ``python -m docs.pictures``, or some of them by name.

Starts the dashboard on a free port of this machine, opens its pages in headless Chromium, as the
browser tests do, and saves ``docs/<name>.png``, 1440 × 900 pixels, light theme. Needs the packages
of ``requirements-dev.txt``, a Chromium (``python tests/browser/chromium.py --install``), and
``ml-100k.zip`` in ``$FACTORSCOPE_DATA``, or downloaded before on the Data page.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.sessions import serving
from recsys_core.datasets import movielens
from tests.browser import chromium
from tests.browser.helpers import PATIENCE, becomes, go_to, settled
from tests.browser.training import OVER, controls, points

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1440, 900

_PARTY = "data=party&model=SGD&k=3&epoch=best"
_MOVIELENS = "data=movielens&data.release=100k&model=SGD&k=8&epoch=best"


class Picture(NamedTuple):
    """A page of the dashboard; the experiment in view, and what else the link says."""

    page: str
    experiment: str = ""
    rest: str = ""


# By the name of the file.
PICTURES = {
    "home": Picture(""),
    "data": Picture("data", _MOVIELENS),
    "train": Picture("train", _PARTY),
    "train_ml": Picture("train", _MOVIELENS),
    "predictions": Picture("predictions", _MOVIELENS, "&user=12&item=7"),
    "latent": Picture("latent", _MOVIELENS, "&item=49"),
    "recommend": Picture("recommend", _MOVIELENS, "&user=12"),
    "replicas": Picture("learn", _PARTY, "&learn=replicas&replica=2"),
}


def train(page: Page, experiment: str) -> None:
    """Train the experiment of a link to its end, and wait until its curves are drawn."""
    go_to(page, f"train?{experiment}")
    expect(controls(page)).to_contain_text(OVER)
    becomes(lambda: points(page), lambda n: n > 4)
    settled(page)


def take(browser: Browser, url: str, name: str) -> Path:
    """Open the page of a picture in a fresh browser profile, wait until it is drawn, save it."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="light",
        reduced_motion="no-preference",
    )
    context.set_default_timeout(PATIENCE * 1000)
    page, picture = context.new_page(), PICTURES[name]
    if picture.experiment:
        train(page, picture.experiment)
    if picture.page != "train":
        link = f"?{picture.experiment}{picture.rest}" if picture.experiment else ""
        go_to(page, picture.page + link)
    if name == "replicas":
        page.get_by_role("button", name="Run this replica").click()
        expect(page.get_by_text("Why they differ")).to_be_visible()
        settled(page)
    file = DOCS / f"{name}.png"
    page.screenshot(path=file)
    context.close()
    return file


def main() -> None:
    """Take the pictures asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    names = parser.parse_args().names or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        parser.error(f"no pictures are called {', '.join(sorted(unknown))}")
    if movielens.zip_here("100k") is None:
        parser.error("ml-100k.zip is neither in $FACTORSCOPE_DATA nor downloaded before")
    if (found := chromium.find()) is None:
        parser.error("no Chromium found; python tests/browser/chromium.py --install gets one")
    expect.set_options(timeout=PATIENCE * 1000)
    with serving() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for name in names:
            print(take(browser, server.url, name), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
