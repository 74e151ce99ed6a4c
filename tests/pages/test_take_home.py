"""Take home: what a page offers of the run in view, and when."""

from __future__ import annotations

import pytest

import recsys_core as rc
from recsys_core.takehome import reports
from tests.app_harness import load, new_entry, open_page, text_of, train

WORLD = rc.datasets.low_rank(40, 30, n_factors=2, density=0.5)
KEYS = {"take_report", "take_manager"}


def offered(at) -> set[str]:
    return {str(button.key) for button in at.get("download_button")} & KEYS


def opened(page, browser_id, query=""):
    """The page; with its export open, as a click on it leaves it."""
    at = open_page(page, browser_id, query)
    at.session_state["export"] = True
    return at.run()


@pytest.mark.parametrize("page", ["compare", "predictions", "train"])
def test_reports_are_offered_once_the_run_rests(page, browser_id):
    workspace = load(browser_id, WORLD)
    assert offered(opened(page, browser_id)) == set()
    train(workspace, rc.SGD(n_factors=2, n_epochs=5))
    assert offered(opened(page, browser_id)) == KEYS
    assert offered(opened(page, browser_id, "hide=export")) == set()


def test_of_what_learned_nothing_there_is_no_report(browser_id):
    workspace = load(browser_id, WORLD)
    new_entry(workspace, rc.SGD(n_factors=2, n_epochs=5))
    at = open_page("compare", browser_id)
    assert offered(at) == set() and "has not learned anything yet" in text_of(at)


def test_a_report_of_a_run_has_the_test_error_its_page_shows_unless_it_is_kept_back(browser_id):
    run = train(load(browser_id, WORLD), rc.SGD(n_factors=2, n_epochs=5))
    kept = reports.technical(run, tested=False).decode()
    assert run.tested is None and "validation part" in kept
    shown = reports.technical(run).decode()
    assert run.tested is not None
    assert f"{run.tested[0].rmse:.4f}" in shown


def test_why_a_report_cannot_be_made_is_what_the_file_says(browser_id):
    workspace = load(browser_id, WORLD)
    entry = new_entry(workspace, rc.SGD(n_factors=2, n_epochs=100_000))
    entry.train()
    assert "still at work" in reports.manager(entry.run).decode()
    entry.hold()
