"""Pages without a browser: open one, load data, train, all in this process."""

from __future__ import annotations

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

import recsys_core as rc
from recsys_core import runs

FRAME = Path(__file__).resolve().parents[1] / "pages" / "frame.py"


def open_page(page: str, browser_id: str) -> AppTest:
    """A page as this browser sees it (there are no cookies here; the session names it)."""
    at = AppTest.from_file(str(FRAME), default_timeout=60)
    at.session_state["browser_id"] = browser_id
    at.run()
    if page != "home":
        at.switch_page(f"{page}.py").run()
    assert not at.exception, at.exception[0].message
    return at


def load(browser_id: str, ratings: rc.Ratings) -> runs.Workspace:
    workspace = runs.registry().workspace(browser_id)
    workspace.load(ratings)
    return workspace


def current(workspace: runs.Workspace) -> runs.Run | None:
    """The run in view of whoever looked last; None where only data are."""
    found = workspace.latest
    return found if isinstance(found, runs.Run) else None


def new_run(workspace: runs.Workspace, model: rc.Model) -> runs.Run:
    """A run of a model on what was loaded last."""
    run = workspace.new_run(workspace.data[-1].experiment(model))
    workspace.look_at(run)
    return run


def train(workspace: runs.Workspace, model: rc.Model) -> runs.Run:
    run = new_run(workspace, model)
    run.set_speed(None)
    run.play()
    deadline = time.monotonic() + 60
    while run.busy and time.monotonic() < deadline:
        time.sleep(0.01)
    assert run.status == "finished", run.message
    return run
