"""Pages without a browser: open one, load data, train, all in this process."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from recsys_core import runs
from recsys_core.experiments.view import View
from recsys_core.runs import Entry, Run, Workspace

FRAME = Path(__file__).resolve().parents[1] / "pages" / "frame.py"

# In front of the ids of what Streamlit keeps for itself; a component's triggers are among it.
_INTERNAL = "$$STREAMLIT_INTERNAL_KEY"


def open_page(page: str, browser_id: str, query: str = "") -> AppTest:
    """A page in a new tab of this browser (there are no cookies here; the session names it).

    ``query`` is that of the address.
    """
    at = AppTest.from_file(str(FRAME), default_timeout=60)
    at.session_state["browser_id"] = browser_id
    at.query_params = dict(parse_qsl(query, keep_blank_values=True))
    if page != "home":
        at.switch_page(f"{page}.py")
    return checked(at.run())


def checked(at: AppTest) -> AppTest:
    """The page, which met no error."""
    assert not at.exception, at.exception[0].message
    return at


def load(browser_id: str, ratings: rc.Ratings) -> Workspace:
    workspace = runs.registry().workspace(browser_id)
    workspace.load(ratings)
    return workspace


def current(workspace: Workspace) -> Entry | None:
    """The run in view of whoever looked last; None where only data are."""
    found = workspace.latest
    return found if isinstance(found, Entry) else None


def new_entry(workspace: Workspace, model: rc.Model) -> Entry:
    """A run of a model on what was loaded last, which waits to be wanted."""
    entry = workspace.new_entry(workspace.data[-1].experiment(model))
    workspace.look_at(entry)
    return entry


def train(workspace: Workspace, model: rc.Model) -> Run:
    """The same, trained."""
    entry = new_entry(workspace, model)
    entry.train()
    run = entry.run
    until(lambda: not run.busy)
    assert run.status == "finished", run.message
    return run


def until(so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for what the worker brings about: it is asked for after each of its turns."""
    turned = threading.Event()
    leave = runs.registry().listen(turned.set)
    deadline = time.monotonic() + seconds
    try:
        while not so():
            assert turned.wait(deadline - time.monotonic()), "it never came about"
            turned.clear()
    finally:
        leave()


def forget_everybody() -> None:
    """What one test trained on public data is not there already for the next."""
    registry = runs.registry()
    with registry.lock:
        for space in registry._workspaces.values():
            for entry in space.entries:
                entry.hold()
        registry._workspaces.clear()
        registry._runs.clear()


# --- what one sees --------------------------------------------------------------------------------


def text_of(at: AppTest) -> str:
    """All that is said in the page itself, as one text."""
    parts = [*at.main.markdown, *at.main.caption, *at.main.info, *at.main.get("html")]
    return "\n".join(str(part.value) for part in parts)


def card_of(at: AppTest) -> str:
    """What the cards in the sidebar say."""
    return " ".join(h.value for h in at.sidebar.get("html")).replace("\u00a0", " ")


def components(at: AppTest) -> dict[str, dict[str, Any]]:
    """What components are given, by key."""
    found = at.get("bidi_component")
    return {c.proto.id.split("-", 2)[2]: json.loads(c.proto.json or "{}") for c in found}


def figure_of(at: AppTest, key: str) -> dict[str, Any]:
    """What a chart is given to draw: its figure, as in JSON."""
    return json.loads(components(at)[key]["figure"])


def address(at: AppTest) -> str:
    """What the browser would write behind the “?” of the address."""
    return components(at)["view"]["query"]


def view_of(at: AppTest) -> View:
    """What this tab looks at."""
    return at.session_state["tab"].view


def tell(at: AppTest, **change: Any) -> AppTest:
    """A click on a chart, a drag of the slider: the browser tells what it changed."""
    return trigger(at, "view", "change", change)


def trigger(at: AppTest, key: str, event: str, value: Any) -> AppTest:
    """A component, by key, tells the page that something happened."""
    ids = [c.proto.id for c in at.get("bidi_component") if c.proto.id.endswith(f"-{key}")]
    told = WidgetState(id=f"{_INTERNAL}_{ids[0]}__events")
    told.json_trigger_value = json.dumps([{"event": event, "value": value}])
    states = at._tree.get_widget_states()
    states.widgets.append(told)
    return checked(at._run(states))


def drawn(at: AppTest) -> list[tuple[Any, ...]]:
    """All that the page and the sidebar show, in order: texts, tables, charts, widgets as set."""
    found: list[tuple[Any, ...]] = []
    for node in (*at.main, *at.sidebar):
        if node.type == "bidi_component":
            if not node.proto.id.endswith("-view"):  # which names the session
                found.append((node.proto.component_name, node.proto.json))
            continue
        said = [getattr(node, name, None) for name in ("label", "options", "disabled", "value")]
        said = [one.to_csv() if isinstance(one, pd.DataFrame) else one for one in said]
        query = getattr(getattr(node, "proto", None), "query_string", None)
        if any(one is not None for one in [*said, query]):
            found.append((node.type, getattr(node, "key", None), *said, query))
    return found
