"""Kept runs on Compare; consent, settings and forgetting on Data; what a page says in trouble."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

import recsys_core as rc
from pages.panels.data import upload as upload_panel
from recsys_core import runs
from recsys_core.experiments import Experiment
from recsys_core.experiments.store import KeptRun, Store, data_key, experiment_hash
from recsys_core.runs import past
from recsys_core.text import Text
from recsys_core.training import Epoch
from tests.app_harness import checked, load, open_page, text_of, until

PARTY = Experiment("party", model=rc.ALS(n_factors=2, n_epochs=3))
EPOCHS = [Epoch(n, 1.5 - n / 10, None, 10.0 - n, 0.1) for n in range(4)]
N = 60
NOW = time.time() - 3600


def kept(owner: str, at: int, **words: Any) -> KeptRun:
    said: dict[str, Any] = {
        "id": f"run{at}", "owner": owner, "course": f"c{at}", "name": f"run {at:03}",
        "experiment": experiment_hash(PARTY), "status": "finished", "created": NOW + at,
        "changed": NOW + at, "listed": False, "number": at, "color_index": at, "belongs_to": "",
        "data": data_key(PARTY.data), "data_name": "Robbie's party", "model": "ALS",
        "n_factors": 2, "n_epochs": 3, "epoch": 3, "best_epoch": None, "train_rmse": 1.0,
        "validation_rmse": None, "seconds": 0.5,
    }  # fmt: skip
    return KeptRun(**said | words)


@pytest.fixture
def store(tmp_path, browser_id) -> Iterator[Store]:
    keeper = past.install(f"sqlite:///{tmp_path / 'kept.db'}", threaded=False)
    found = keeper.store
    every = [kept(browser_id, at, validation_rmse=2 - at / N) for at in range(N)]
    every[7] = kept(browser_id, 7, name="=1+1 <b>[x](y)", status="interrupted", epoch=1)
    every[8] = kept(browser_id, 8, model="SGD", tags=("best",), note="sent to Eva")
    found.keep_runs([(run, PARTY) for run in every])
    found.keep_run(kept("somebody else", 99, id="theirs", name="secret"), PARTY)
    for run in every:
        found.keep_epochs(run.course, EPOCHS[: run.epoch + 1])
    yield found
    past.uninstall()


def kept_page(browser_id: str, query: str = ""):
    return open_page("compare", browser_id, f"compare=kept&{query}")


def table(at) -> pd.DataFrame:
    return at.dataframe[0].value


def tick(at, *rows: int):
    """Choose lines of the table, as a click at their left does."""
    state = WidgetState(id=at.dataframe[0].proto.id)
    state.string_value = f'{{"selection": {{"rows": {list(rows)}, "columns": [], "cells": []}}}}'
    states = at._tree.get_widget_states()
    states.widgets.append(state)
    return checked(at._run(states))


def press(at, key: str):
    at.button(key=key).click()
    return checked(at.run())


def test_runs_stand_in_pages_and_nobody_elses_are_among_them(browser_id, store):
    at = kept_page(browser_id)
    assert list(table(at)["name"])[:2] == ["run 059", "run 058"] and len(table(at)) == 25
    assert "1–25 of 60\u00a0runs" in text_of(at)
    at = press(press(at, "kept_to_chevron_right"), "kept_to_chevron_right")
    assert len(table(at)) == 10 and "51–60 of 60" in text_of(at)
    assert at.button(key="kept_to_chevron_right").disabled
    at = kept_page(browser_id, "kept_by=validation_rmse&kept_order=up")
    assert table(at)["name"].iloc[0] == "run 059"
    assert "secret" not in str(at.main)


def test_one_is_found_by_what_is_said_of_it(browser_id, store):
    at = kept_page(browser_id)
    at.text_input(key="kept_text").set_value("EVA").run()
    assert list(table(checked(at))["name"]) == ["run 008"]
    at.text_input(key="kept_text").set_value("nothing like it").run()
    assert "No kept run fits" in text_of(checked(at))
    at.text_input(key="kept_text").set_value("").run()
    at.selectbox(key="kept_status").set_value("interrupted").run()
    assert list(table(checked(at))["status"]) == ["interrupted"]
    at.selectbox(key="kept_status").set_value(None).run()
    at.selectbox(key="kept_tags").set_value("best").run()
    assert list(table(checked(at))["name"]) == ["run 008"]


def test_deleted_is_gone_until_undone_and_a_pin_stands_first(browser_id, store):
    at = press(tick(kept_page(browser_id), 1, 2), "kept_delete")
    assert "58\u00a0runs" in text_of(at) and list(table(at)["name"])[:2] == ["run 059", "run 056"]
    at = press(at, "kept_undo")
    assert "60\u00a0runs" in text_of(at)
    at = press(tick(at, 24), "kept_pin")
    assert table(at)["name"].iloc[0] == "run 035" and store.run("run35").pinned


def test_name_note_and_tags_are_written(browser_id, store):
    at = tick(kept_page(browser_id), 0)
    at.text_input(key="kept_name_run59").set_value("the best one")
    at.text_area(key="kept_note_run59").set_value("for *Monday*")
    at.text_input(key="kept_tags_run59").set_value("course, best ,, course")
    at = press(at, "kept_save_run59")
    run = store.run("run59")
    assert (run.name, run.note, run.tags) == ("the best one", "for *Monday*", ("course", "best"))


def test_the_file_has_all_that_was_found_and_no_formula(browser_id, store):
    from pages.panels.compare import kept as panel

    file = pd.read_csv(io.BytesIO(panel._csv(browser_id, {})))
    assert len(file) == N and "secret" not in set(file["name"])
    assert any(name.startswith("'=1+1") for name in file["name"])
    assert len(pd.read_csv(io.BytesIO(panel._csv(browser_id, {"text": "eva"})))) == 1


def test_pages_go_on_with_one_sentence_when_the_database_is_gone(browser_id, store):
    load(browser_id, rc.datasets.music_party())
    past.keeper().trouble = Text("kept.db is locked by <another> program; wait.")
    for page in ("home", "data", "compare"):
        at = open_page(page, browser_id)
        said = [h.value for h in at.main.get("html") if "fs-remark" in h.value]
        assert len(said) == 1 and "&lt;another&gt;" in said[0]


def test_where_nothing_is_kept_the_page_says_so(browser_id):
    assert "Nothing is kept" in text_of(kept_page(browser_id))


def test_a_run_comes_back_and_an_interrupted_one_goes_on(browser_id, store):
    at = kept_page(browser_id)
    space = runs.registry().workspace(browser_id)
    assert not space.entries
    at.text_input(key="kept_text").set_value("=1+1").run()
    at = press(tick(at, 0), "kept_go_on")
    (entry,) = space.entries
    until(lambda: entry.run.status == "finished")
    assert (entry.id, entry.run.epoch) == ("run7", 3)
    assert at.session_state["tab"].view.run == entry.number


def upload(browser_id: str):
    at = open_page("data", browser_id)
    at.segmented_control(key="data_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload("mine.csv", b"u,i,r\na,x,1\na,y,5\nb,x,3\n")
    return checked(at.run())


def consents(at) -> list[Any]:
    return [radio for radio in at.radio if radio.key == "consent"]


def test_the_first_upload_asks_once_and_nothing_is_kept_without_consent(browser_id, store,
                                                                        monkeypatch):  # fmt: skip
    monkeypatch.setattr(upload_panel, "PATIENCE", 60.0)
    at = upload(browser_id)
    (asked,) = consents(at)
    assert asked.value == "visit"  # nobody says that this is the person's own computer
    next(b for b in at.button if b.label == "Use these ratings").click()
    checked(at.run())
    keeper = past.keeper()
    keeper.round()
    assert keeper.consent(browser_id) == "visit" and store.size_of(browser_id) == 0
    assert not consents(upload(browser_id))
    keeper.set_consent(browser_id, "keep")
    keeper.round()
    assert store.size_of(browser_id) > 0


def test_everything_is_forgotten_after_one_question(browser_id, store):
    load(browser_id, rc.datasets.music_party())
    at = open_page("data", browser_id)
    at.session_state["what_is_kept"] = True
    at = checked(at.run())
    at = press(at, "forget_all_yes")
    assert store.n_runs(browser_id) == 0 and store.n_runs() == 1
    space = runs.registry().workspace(browser_id)
    assert not space.data and not space.entries
