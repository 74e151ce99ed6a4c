import dataclasses
import time
import uuid

import pytest
import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.runtime.scriptrunner import script_runner

import recsys_core as rc
from recsys_core import runs
from tests.app_harness import current, load, new_run, open_page, train


@pytest.fixture
def party(browser_id):
    return load(browser_id, rc.datasets.music_party())


@pytest.fixture
def world(browser_id):
    return load(browser_id, rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))


def button(at, label):
    return next(b for b in at.main.button if b.label == label)


def settled(workspace):
    for _ in range(3000):
        if not workspace.busy:
            return
        time.sleep(0.01)
    raise AssertionError("the runs never came to rest")


def test_with_data_and_no_run_the_initial_state_waits_for_play(browser_id, party):
    at = open_page("train", browser_id)
    run = current(party)
    assert (run.epoch, run.status) == (0, "paused")
    assert at.title[0].value == f"Robbie's party ▸ {run.name}"
    assert [h.value for h in at.main.get("html") if "Nothing is learned yet" in str(h.value)]
    assert button(at, "Reset").disabled and not button(at, "Step").disabled


def test_two_tabs_look_at_different_runs_of_one_workspace(browser_id, party):
    first = open_page("train", browser_id)
    run = current(party)
    other = new_run(party, rc.ALS(n_factors=2))
    second = open_page("train", browser_id)  # a new tab: what was looked at last
    assert second.title[0].value.endswith(other.name)
    assert first.run().title[0].value.endswith(run.name)
    assert second.run().title[0].value.endswith(other.name)


def test_play_pause_step_and_reset(browser_id, party):
    at = open_page("train", browser_id)
    button(at, "Play").click()
    at.run()
    run = current(party)
    assert run.status in ("playing", "finished")
    if run.status == "playing":
        button(at, "Pause").click()
        at.run()
    settled(party)
    stopped = run.epoch
    button(at, "Step").click()
    at.run()
    settled(party)
    assert run.epoch == stopped + 1
    at.run()
    button(at, "Reset").click()
    at.run()
    assert run.epoch == 0 and run.status == "paused"


def test_a_new_run_takes_the_settings_of_the_form_and_plays(browser_id, party):
    at = open_page("train", browser_id)
    run = current(party)
    at.number_input(key=f"n_factors_{run.id}_SGD").set_value(2)
    at.number_input(key=f"n_epochs_{run.id}_SGD").set_value(7)
    button(at, "Start a new run").click()
    at.run()
    assert not at.exception
    fresh = current(party)
    assert fresh.settings["n_factors"] == 2 and fresh.n_epochs == 7
    assert fresh.name == "SGD, k = 2"
    assert party.runs == [fresh]  # the one that never trained has made room
    settled(party)
    assert fresh.epoch == 7


@pytest.mark.parametrize("algorithm", ["ALS", "BayesianPMF", "ImplicitALS", "ItemKNN"])
def test_each_algorithm_has_its_own_form(browser_id, party, algorithm):
    at = open_page("train", browser_id)
    run = current(party)
    at.get_by_key(f"algorithm_{run.id}").set_value(algorithm).run()
    assert not at.exception
    labels = {w.label for w in [*at.main.number_input, *at.main.toggle, *at.main.selectbox]}
    for option in getattr(rc, algorithm).options():
        assert f"{option.label} {option.symbol}".strip() in labels
    button(at, "Start a new run").click()
    at.run()
    assert type(current(party).model).__name__ == algorithm


def test_the_page_names_the_algorithms_as_they_name_themselves():
    from pages.shared.settings import title_of
    from recsys_core import models

    for name in models.ALGORITHMS:
        kind = getattr(models, name)
        assert title_of(name) == (kind.title, kind.summary)


def test_a_fork_goes_on_with_changed_settings(browser_id, world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=6, patience=None))
    at = open_page("train", browser_id)
    at.number_input(key=f"learning_rate_{run.id}_SGD").set_value(0.002)
    button(at, "Fork from the latest epoch").click()
    at.run()
    assert not at.exception
    fork = current(world)
    assert fork is not run and fork.settings["learning_rate"] == 0.002
    assert [e.loss for e in fork.epochs[:7]] == [e.loss for e in run.epochs]


def test_a_setting_that_cannot_be_is_one_sentence(browser_id, world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=3))
    at = open_page("train", browser_id)
    at.number_input(key=f"n_factors_{run.id}_SGD").set_value(5)
    button(at, "Fork from the latest epoch").click()
    at.run()
    assert "A fork cannot change n_factors" in at.error[0].value
    assert world.runs == [run]


def test_a_diverged_run_says_what_to_do(browser_id, world):
    run = new_run(world, rc.SGD(learning_rate=1.0, reg=1e-4, n_epochs=200))
    run.set_speed(None)
    run.play()
    settled(world)
    at = open_page("train", browser_id)
    assert run.status == "failed"
    assert "smaller learning rate" in at.error[0].value


def test_test_error_is_shown_on_demand_with_the_baselines(browser_id, world):
    run = train(world, rc.ALS(n_factors=2, n_epochs=5))
    at = open_page("train", browser_id)
    assert not [d for d in at.dataframe if "RMSE" in d.value]
    button(at, "Show test error").click()
    at.run()
    table = next(d.value for d in at.dataframe if "MAE" in d.value)
    assert list(table["on test ratings"]) == [run.name, "Global mean", "User + item bias"]
    assert [f"{score.rmse:.4f}" for score in run.test_scores()] == list(table["RMSE"])


def test_runs_are_kept_by_name_and_can_be_looked_at_and_removed(browser_id, world):
    one = train(world, rc.SGD(n_factors=2, n_epochs=3))
    two = train(world, rc.ALS(n_factors=2, n_epochs=3))
    at = open_page("train", browser_id)
    at.button(key=f"select_{one.id}").click().run()
    assert current(world) is one and at.title[0].value.endswith(one.name)
    at.text_input(key=f"name_{one.id}").set_value("the slow one").run()
    assert one.name == "the slow one"
    at.button(key=f"remove_{two.id}").click().run()
    assert world.runs == [one]


def test_the_selected_cell_is_told_and_leads_to_its_terms(browser_id, party):
    train(party, rc.SGD(n_epochs=5))
    at = open_page("train", browser_id)
    assert not [m for m in at.markdown if "predicted" in m.value]
    from pages.shared import state

    held = at.session_state["selection"] if "selection" in at.session_state else None
    assert isinstance(held.selection, state.Selection)
    held.selection.user, held.selection.item = 1, 0
    at.run()
    text = next(m.value for m in at.markdown if "predicted" in m.value)
    assert "Hermione" in text and "rated" in text
    assert at.get("page_link")


def test_the_page_is_drawn_in_the_page_whatever_ran_before(browser_id, monkeypatch):
    """After a sidebar fragment, Streamlit may go on with the sidebar as the current container."""
    run_script = script_runner.exec_func_with_error_handling

    def after_a_sidebar_fragment(func, ctx):
        context_dg_stack.set((*get_default_dg_stack_value(), st.sidebar))
        return run_script(func, ctx)

    monkeypatch.setattr(script_runner, "exec_func_with_error_handling", after_a_sidebar_fragment)
    at = open_page("train", browser_id)
    assert at.main.title and not at.sidebar.title


def test_a_reload_finds_the_run_again(browser_id, party):
    run = train(party, dataclasses.replace(rc.SGD(), n_epochs=4))
    for _ in range(2):  # each a new session of the same browser
        at = open_page("train", browser_id)
        assert at.title[0].value.endswith(run.name)
    assert current(runs.registry().workspace(browser_id)) is run
