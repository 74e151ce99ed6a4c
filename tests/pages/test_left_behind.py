"""What people leave behind: nothing, once they are gone."""

from __future__ import annotations

import gc
import sys
import weakref
from types import SimpleNamespace

import pytest
from streamlit.runtime.caching.ttl_cache import TTLCache
from streamlit.runtime.state.session_state import SessionState

import recsys_core as rc
from pages.shared import session
from recsys_core import runs
from recsys_core.live.feed import Feed
from recsys_core.runs import comparing, memory
from tests.app_harness import load, open_page, train, until

registry_module = sys.modules["recsys_core.runs.registry"]


def everything_of(space: runs.Workspace) -> dict[str, weakref.ref]:
    """All that is large in a workspace, held by nobody here."""
    found: dict[str, weakref.ref] = {"workspace": weakref.ref(space)}
    for data in space.data:
        found |= {"ratings": weakref.ref(data.ratings), "split": weakref.ref(data.split)}
    for entry in space.entries:
        run = entry.run
        run.basis  # noqa: B018
        for moment in run.frames:
            found[f"model {entry.number} {moment.epoch}"] = weakref.ref(moment.value)
        found[f"run {entry.number}"] = weakref.ref(run)
        found[f"train {entry.number}"] = weakref.ref(run.split.train)
    return found


@pytest.mark.slow
def test_of_a_workspace_that_was_looked_at_on_every_page_nothing_stays(browser_id, monkeypatch):
    rows = "".join(f"u{n % 17},i{n * 7 % 11},{1 + n % 5}\n" for n in range(150))
    space = load(browser_id, rc.read_ratings(f"user,item,rating\n{rows}".encode()))
    space.data[0].choose({"name": "random", "validation": 0.2})
    for model in (rc.SGD(n_factors=2, n_epochs=4), rc.ALS(n_factors=2, n_epochs=3)):
        train(space, model)
    for page in ("home", "data", "train", "predictions", "latent", "recommend", "compare", "learn"):
        open_page(page, browser_id)
    run = space.entries[0].run
    measured = [comparing.of_run(run, comparing.subject(run), "validation").result()]
    for kind in comparing.BASELINES:
        measured.append(comparing.of_baseline(kind, run.split, "validation").result())
    comparing.differences(run.split, measured, measured[0], "rmse").result()
    Feed({run.stream: run}, run.stream, {run.stream: 0}, [], {}).tick()
    gone = everything_of(space)
    assert len(gone) > 10
    del space, run, measured

    registry = runs.registry()
    before = registry.n_freed
    monkeypatch.setattr(registry_module, "FREED_AFTER", 0.0)
    registry.wake()
    until(lambda: registry.n_freed > before)
    monkeypatch.undo()
    gc.collect()
    gc.collect()  # finalizers of the first may have let go of more
    assert [name for name, each in gone.items() if each() is not None] == []


def test_sessions_whose_time_to_come_back_is_over_end_on_an_idle_server(monkeypatch):
    now, ended = 0.0, []
    storage = SimpleNamespace(_cache=TTLCache(maxsize=9, ttl=60, timer=lambda: now))
    manager = SimpleNamespace(_session_storage=storage, list_active_sessions=list)
    monkeypatch.setattr(session, "exists", lambda: True)
    monkeypatch.setattr(session, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    states, held = [], []
    for name in ("first", "second"):
        left = SimpleNamespace(
            shutdown=lambda name=name: ended.append(name),
            _session_state=SessionState(),
            _fragment_storage={"fragment": "of " + name},
        )
        left._session_state["tab"] = "of " + name
        left._session_state._new_widget_state.widget_metadata["play"] = "calls what is of " + name
        states.append(left._session_state)
        held += [left._fragment_storage, left._session_state._new_widget_state.widget_metadata]
        storage._cache[name] = SimpleNamespace(session=left)
        now += 30
    assert session.end_those_that_left() == 1
    assert ended == ["first"]  # the other may come back for half a minute
    now += 30
    session.end_those_that_left()
    assert ended == ["first", "second"]
    # Streamlit's own loop holds on to the last one.
    assert held == [{}] * 4 and not any("tab" in state for state in states)


def test_what_is_given_back_is_the_systems():
    if memory.resident() is None or memory._glibc() is None:
        pytest.skip("only Linux with glibc tells and gives back")
    # Many small objects: a large one is a mapping of its own, which ends with it.
    before = memory.resident()
    kept = [bytearray(1000) for _ in range(200_000)]
    pin = [bytearray(1000) for _ in range(100)]  # behind them, so that the heap cannot shrink
    full = memory.resident()
    del kept
    memory.give_back()
    assert full - before > 150e6
    assert memory.resident() - before < (full - before) / 4
    assert len(pin) == 100
