"""MovieLens from the Data page, against a local server: terms, progress, and no network."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import recsys_core as rc
from pages.panels.data import download
from recsys_core import runs
from tests.app_harness import load, open_page


@pytest.fixture
def workspace(browser_id) -> runs.Workspace:
    return runs.registry().workspace(browser_id)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Point the page at a local folder served over HTTP, and at an empty cache."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("FACTORSCOPE_CACHE", str(tmp_path / "cache"))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(download, "fetch", functools.partial(download.fetch, base_url=url))
    yield folder
    server.shutdown()
    server.server_close()


def panel(browser_id: str):
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("MovieLens").run()
    assert not at.exception, at.exception[0].message
    return at


def press(at, label: str):
    next(b for b in at.button if b.label.replace("\u00a0", " ") == label).click().run()
    assert not at.exception, at.exception[0].message
    return at


def test_the_terms_are_shown_before_anything_is_fetched(browser_id, mirror):
    at = panel(browser_id)
    terms = next(c.value for c in at.caption if "GroupLens" in c.value)
    assert "not be passed on" in terms or "not to be passed on" in terms
    assert not (Path(mirror).parent / "cache").exists()


def test_a_release_is_fetched_used_and_offers_its_own_splits(
    browser_id, workspace, mirror, zip_path, monkeypatch
):
    data = zip_path("ml-100k").read_bytes()
    (mirror / "ml-100k.zip").write_bytes(data)
    release = replace(download.CATALOGUE["100k"], md5=hashlib.md5(data).hexdigest())
    monkeypatch.setitem(download.CATALOGUE, "100k", release)
    at = press(panel(browser_id), "Agree, download 4.92 MB")
    assert workspace.latest.ratings is not None, [e.value for e in at.error]
    assert workspace.latest.ratings.n_ratings == 100_000
    assert workspace.latest.ratings.name == "MovieLens 100K"
    assert "Ready-made" in at.segmented_control(key="split_kind").options
    # The second time it is there already.
    at.segmented_control(key="data_source").set_value("MovieLens").run()
    assert [b for b in at.button if b.label == "Use"]


def test_without_a_connection_one_sentence_says_how_to_go_on(browser_id, workspace, mirror):
    load(browser_id, rc.datasets.music_party())
    at = press(panel(browser_id), "Agree, download 4.92 MB")  # the mirror is empty: 404
    (shown,) = at.error
    assert "upload it" in shown.value
    assert workspace.latest.ratings.name == "Robbie's party"
