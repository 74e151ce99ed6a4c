"""The Compare page's sweep, without a browser."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

import recsys_core as rc
from recsys_core.experiments.sweep import Trial
from tests.app_harness import (
    _INTERNAL,
    checked,
    current,
    figure_of,
    forget_everybody,
    load,
    new_entry,
    open_page,
    text_of,
    until,
    view_of,
)

BROWSER = "5" * 32
QUERY = "compare=sweep"


@pytest.fixture
def space():
    forget_everybody()
    found = load(BROWSER, rc.datasets.low_rank(n_users=60, n_items=40))
    found.data[-1].choose("random")
    new_entry(found, rc.SGD(n_epochs=6))
    return found


def button(at, key):
    return next(each for each in at.button if each.key == key)


def pick(at, row: int, column: int):
    """A click on the surface."""
    ids = [c.proto.id for c in at.get("bidi_component") if c.proto.id.endswith("-sweep_surface")]
    told = WidgetState(id=f"{_INTERNAL}_{ids[0]}__events")
    said = {"curve": 0, "row": row, "column": column, "point": None}
    told.json_trigger_value = json.dumps([{"event": "picked", "value": said}])
    states = at._tree.get_widget_states()
    states.widgets.append(told)
    return checked(at._run(states))


def test_a_sweep_from_the_form_to_a_run(space):
    at = open_page("compare", BROWSER, QUERY)
    assert button(at, "sweep_start").label.startswith("Start"), "the grid says how many trials"
    assert re.search(r"\d+", button(at, "sweep_start").label)
    for field in at.number_input:
        if field.key.endswith("_steps"):
            field.set_value(2)
    at = checked(at.run())
    assert button(at, "sweep_start").label.replace("\u00a0", " ") == "Start 8 trials"
    button(at, "sweep_start").click()
    at = checked(at.run())
    run = space.sweeps[0]
    until(lambda: run.status == "finished")
    at = checked(at.run())
    shown = figure_of(at, "sweep_surface")
    cells = shown["data"][0]
    assert len(cells["z"] if isinstance(cells["z"], list) else [1]) and shown["layout"]["shapes"]
    assert "Lowest validation RMSE" in text_of(at)
    assert any(c.proto.id.endswith("-sweep_importances") for c in at.get("bidi_component"))
    before = len(space.entries)
    at = pick(at, 1, 0)
    entry = current(space)
    assert entry is not None and len(space.entries) == before + 1
    until(lambda: not entry.run.busy)
    wanted = {"reg": run.sweep.over[0].grid()[1], "n_factors": run.sweep.over[1].grid()[0]}
    assert {name: entry.run.settings[name] for name in wanted} == wanted
    assert view_of(at).run == entry.number
    trial = next(t for t in run.trials if dict(t.settings) == wanted and t.seed == 0)
    record = entry.run.record()
    assert record is not None and record.scores["validation_rmse"] == trial.best
    button(at, "sweep_remove").click()
    checked(at.run())
    assert space.sweeps == []


def test_it_stops_and_goes_on(space):
    at = open_page("compare", BROWSER, QUERY)
    button(at, "sweep_start").click()
    at = checked(at.run())
    run = space.sweeps[0]
    run.stop()
    at = checked(at.run())
    if run.status == "stopped":
        button(at, "sweep_continue").click()
        at = checked(at.run())
        assert run.status in ("running", "finished")
    until(lambda: run.status == "finished")
    assert len(run.trials) == run.sweep.n_trials
    assert all(isinstance(t, Trial) for t in run.trials)


def test_without_validation_the_page_says_so(space):
    space.data[-1].choose("whole")
    new_entry(space, rc.SGD(n_epochs=2))
    at = open_page("compare", BROWSER, QUERY)
    assert "judged on validation" in text_of(at)
    assert not [each for each in at.button if each.key == "sweep_start"]


def test_with_nothing_loaded_it_offers_the_party():
    at = open_page("compare", "6" * 32, QUERY)
    assert button(at, "start_party")
