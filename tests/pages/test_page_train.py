"""The Train page: playback, settings, forks, the list of runs, the test error."""

import re
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.runtime.scriptrunner import script_runner

import recsys_core as rc
from pages.panels.train import number_field
from pages.shared import view
from recsys_core import models, runs
from recsys_core.replicas import REPLICAS, live
from recsys_core.runs import playback
from tests.app_harness import (
    card_of,
    components,
    current,
    load,
    new_entry,
    open_page,
    tell,
    text_of,
    train,
    until,
    view_of,
)


@pytest.fixture
def party(browser_id):
    return load(browser_id, rc.datasets.music_party())


@pytest.fixture
def world(browser_id):
    return load(browser_id, rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))


@pytest.fixture
def clock(monkeypatch):
    """The clock of playback, which only the test moves."""
    found = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(view, "time", SimpleNamespace(monotonic=lambda: found.now))
    return found


def button(at, label):
    return next(b for b in at.main.button if b.label == label)


def press(at, label):
    button(at, label).click()
    at.run()
    assert not at.exception
    return at


def epoch_in(text):
    """The epoch shown, as the strip or the card says it."""
    return int(re.search(r"epoch ([0-9,]+) / ", text)[1].replace(",", ""))


def field(at, name, workspace):
    """The input of a setting, in the form of the run in view."""
    entry = current(workspace)
    return at.number_input(key=f"{name}_{entry.number}_{type(entry.run.model).__name__}")


def refusal(at):
    """What stands beside the button, in words; None where nothing does."""
    said = [h.value for h in at.main.get("html") if 'role="alert"' in h.value]
    return said[0] if said else None


# --- playback -------------------------------------------------------------------------------------


def test_with_data_and_no_run_the_initial_state_waits_for_play(browser_id, party):
    at = open_page("train", browser_id)
    entry = current(party)
    assert (entry.run.epoch, entry.run.status) == (0, "paused")
    assert at.title[0].value == f"Robbie's party ▸ {entry.name}"
    assert "Nothing is learned yet" in text_of(at)
    assert view_of(at).moment is None
    assert not button(at, "Play").disabled and not button(at, "Step").disabled


def test_playback_keeps_its_pace_however_fast_training_is(browser_id, party, clock):
    entry = new_entry(party, rc.SGD(n_factors=2, n_epochs=40))
    run = entry.run
    at = press(open_page("train", browser_id), "Play")
    until(lambda: run.status == "finished")
    assert view_of(at).playing and f"epoch 0 / {run.n_epochs}" in text_of(at.run())
    assert at.segmented_control(key="speed").value == 5.0
    clock.now += 1.5
    assert "epoch 7 / 40" in text_of(at.run()) and "epoch 7 / 40" in card_of(at)
    at.segmented_control(key="speed").set_value(20.0).run()  # from here on
    clock.now += 0.5
    assert "epoch 17 / 40" in text_of(at.run())
    press(at, "Pause")
    clock.now += 100
    assert "epoch 17 / 40 · looking back" in text_of(at.run())
    assert run.epoch == 40  # what is trained stays
    press(at, "Play")
    clock.now += 1
    assert "epoch 37 / 40" in text_of(at.run())
    clock.now += 1
    assert "epoch 40 / 40 · done" in text_of(at.run())  # and playback is over
    assert (view_of(at).playing, view_of(at).moment) == (False, "best")
    press(at, "Play")  # at its end: once more
    assert view_of(at).playing and "epoch 0 / 40" in text_of(at.run())


def test_at_the_speed_max_what_is_trained_is_shown(browser_id, party, clock):
    entry = new_entry(party, rc.SGD(n_factors=2, n_epochs=100_000))
    at = open_page("train", browser_id)
    at.segmented_control(key="speed").set_value("max").run()
    press(at, "Play")
    until(lambda: entry.run.epoch > 5)
    before = entry.run.epoch
    shown = epoch_in(text_of(at.run()))
    assert before <= shown <= entry.run.epoch
    assert at.segmented_control(key="speed").value == "max"
    press(at, "Pause")
    assert view_of(at).moment >= shown and entry.run.status == "paused"


def test_step_trains_one_epoch_and_reset_keeps_what_is_trained(browser_id, party):
    at = open_page("train", browser_id)
    run = current(party).run
    for epoch in (1, 2):
        press(at, "Step")
        until(lambda: not run.busy)
        assert (run.epoch, view_of(at).moment) == (epoch, epoch)
    press(at, "Reset")
    assert (run.epoch, view_of(at).moment) == (2, 0)
    assert f"epoch 0 / {run.n_epochs} · looking back" in text_of(at)
    press(at, "Step")  # which only looks: that epoch is there
    assert (run.epoch, view_of(at).moment, run.status) == (2, 1, "paused")


def test_leaving_train_ends_playback_and_not_training(browser_id, party, clock):
    entry = new_entry(party, rc.SGD(n_factors=2, n_epochs=100_000))
    at = press(open_page("train", browser_id), "Play")
    at.switch_page("home.py").run()
    assert (view_of(at).playing, view_of(at).moment) == (False, "best")
    assert entry.training
    at.switch_page("train.py").run()
    assert not view_of(at).playing and button(at, "Pause")
    press(at, "Pause")
    assert not entry.training


def test_of_the_speeds_offered_the_usual_one_is_over_nearest_to_ten_seconds():
    for n_epochs in range(10, 1001):
        lasts = {speed: n_epochs / speed for speed in runs.SPEEDS if speed != "max"}
        usual = lasts[playback.usual_speed(n_epochs)]
        assert 5 <= usual <= 20
        assert max(usual / 10, 10 / usual) == min(max(s / 10, 10 / s) for s in lasts.values())


@pytest.mark.parametrize("size", ["tiny", "MovieLens 100K"])
def test_a_default_run_is_watched_for_five_to_twenty_seconds(size):
    tiny = size == "tiny"
    data = rc.datasets.music_party() if tiny else rc.datasets.low_rank(943, 1682, density=0.063)
    for name in models.MODELS.algorithms:
        kind = models.MODELS[name]
        if kind.has_epochs:
            n_epochs = kind().resolve(data)["n_epochs"]
            assert 5 <= n_epochs / playback.usual_speed(n_epochs) <= 20, name


def test_the_browser_hears_where_its_runs_are_told_of(browser_id, party):
    run = train(party, rc.SGD(n_factors=2, n_epochs=3))
    told = components(open_page("train", browser_id))["view"]
    assert told["live"]["main"] == run.stream and told["live"]["streams"] == [run.stream]
    assert told["live"]["ticket"] == party.ticket
    assert (told["view"]["status"], told["view"]["moment"]) == ("finished", "best")


# --- settings -------------------------------------------------------------------------------------


def test_a_new_run_takes_the_settings_of_the_form_and_plays(browser_id, party):
    at = open_page("train", browser_id)
    field(at, "n_factors", party).set_value(2)
    field(at, "n_epochs", party).set_value(7)
    press(at, "Start a new run")
    fresh = current(party)
    assert fresh.run.settings["n_factors"] == 2 and fresh.run.n_epochs == 7
    assert fresh.name == "SGD, k = 2"
    assert party.entries == [fresh]  # the one that never trained has made room
    assert view_of(at).playing
    until(lambda: fresh.run.epoch == 7)


@pytest.mark.parametrize("algorithm", ["ALS", "BayesianPMF", "ImplicitALS", "ItemKNN"])
def test_each_algorithm_has_its_own_form(browser_id, party, algorithm):
    at = open_page("train", browser_id)
    at.get_by_key(f"algorithm_{current(party).number}").set_value(algorithm).run()
    assert not at.exception
    labels = {w.label for w in [*at.main.number_input, *at.main.toggle, *at.main.selectbox]}
    for option in getattr(rc, algorithm).options():
        assert f"{option.label} {option.symbol}".strip() in labels
    press(at, "Start a new run")
    assert type(current(party).run.model).__name__ == algorithm


def test_what_the_data_lack_is_off_and_says_why(browser_id, world):
    entry = new_entry(world, rc.BayesianPMF())
    at = open_page("train", browser_id)
    toggles = {w.label: w for w in at.main.toggle}
    said = text_of(at)
    for label, why in (("Day of rating", "have no times"), ("Side information", "of these users")):
        assert toggles[label].disabled and not toggles[label].value
        assert why in said
    assert not toggles["Biases b"].disabled
    assert entry.run.settings["time"] is False


def test_no_regularisation_is_a_setting_like_any_other(browser_id, world):
    at = open_page("train", browser_id)
    field(at, "reg", world).set_value(0.0)
    press(at, "Start a new run")
    assert refusal(at) is None
    run = current(world).run
    assert run.settings["reg"] == 0
    until(lambda: run.status == "finished")
    assert run.epochs[-1].train_rmse < run.epochs[0].train_rmse


@pytest.mark.parametrize("name", ["reg", "learning_rate", "n_factors"])
def test_a_number_without_meaning_is_refused_beside_the_button(browser_id, world, name):
    train(world, rc.SGD(n_factors=2, n_epochs=3))
    at = open_page("train", browser_id)
    before = view_of(at), list(world.entries)
    field(at, name, world).set_value(-3)
    press(at, "Start a new run")
    said = refusal(at)
    assert "-3" in said and said.removesuffix("</span>").endswith("or more.")
    assert (view_of(at), world.entries) == before
    assert field(at, name, world).value == -3  # for it to be mended where it stands
    assert refusal(at.run()) is None  # said once


def test_a_click_on_plus_or_minus_goes_by_magnitude_and_typed_numbers_stay(browser_id, world):
    new_entry(world, rc.SGD(n_factors=2, reg=0.1))
    at = open_page("train", browser_id)
    for expected in (0.05, 0.02, 0.01):
        field(at, "reg", world).decrement().run()
        assert field(at, "reg", world).value == expected
    for expected in (0.02, 0.05, 0.1, 0.2):
        field(at, "reg", world).increment().run()
        assert field(at, "reg", world).value == expected
    for typed in (0.1, 0.15, 0.1, 0.0, 0.1, 0.05, 0.1, 0.2, 0.1, 1.1):
        field(at, "reg", world).set_value(typed).run()
        assert field(at, "reg", world).value == typed
    field(at, "reg", world).set_value(0.0).run()
    field(at, "reg", world).increment().run()
    assert field(at, "reg", world).value == 0.001
    press(at, "Start a new run")
    assert current(world).run.settings["reg"] == 0.001


_LADDER = [float(f"{m}e{e}") for e in range(-6, 12) for m in (1, 2, 5)]


def test_above_and_below_are_the_steps_of_one_ladder():
    for lower, upper in zip(_LADDER, _LADDER[1:], strict=False):
        assert number_field.above(lower) == upper and number_field.below(upper) == lower
    assert number_field.below(_LADDER[0]) == 0 and number_field.below(0) == 0
    assert 0 < number_field.above(0) < 0.01


def test_above_and_below_of_any_number_are_its_neighbours_on_the_ladder():
    for exponent in range(-59, 90):
        for share in (1.0, 1.3, 1.9999, 2.0001, 3.3, 7.7):
            value = share * 10 ** (exponent / 10)
            assert number_field.above(value) == next(n for n in _LADDER if n > value * (1 + 1e-9))
            below = [n for n in _LADDER if n < value * (1 - 1e-9)]
            assert number_field.below(value) == below[-1]


def test_several_clicks_at_once_are_as_many_steps(monkeypatch):
    state = {}
    monkeypatch.setattr(st, "session_state", state)
    drawn = {}
    monkeypatch.setattr(st, "number_input", lambda label, **given: drawn.update(given))
    after_clicks = {  # −3, −2 and −1; 1, 2 and 3
        0.0: (0, 0, 0, 0.001, 0.002, 0.005),
        1e-6: (0, 0, 0, 2e-6, 5e-6, 1e-5),
        3e-4: (5e-5, 1e-4, 2e-4, 5e-4, 0.001, 0.002),
        0.015: (0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
        0.08: (0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
        0.1: (0.01, 0.02, 0.05, 0.2, 0.5, 1),
        0.15: (0.02, 0.05, 0.1, 0.2, 0.5, 1),
        1.0: (0.1, 0.2, 0.5, 2, 5, 10),
        20.0: (2, 5, 10, 50, 100, 200),
        12345.0: (2000, 5000, 10_000, 20_000, 50_000, 100_000),
    }
    for value, expected in after_clicks.items():
        for clicks, after in zip((-3, -2, -1, 1, 2, 3), expected, strict=True):
            state.clear()
            number_field.field("λ", value, "λ")
            state["λ"] = value + clicks * drawn["step"]
            drawn["on_change"](*drawn["args"])
            assert state["λ"] == after, (value, clicks)


# --- forks ----------------------------------------------------------------------------------------


def test_a_fork_goes_on_from_the_epoch_shown_with_changed_settings(browser_id, world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=6, patience=None))
    at = tell(open_page("train", browser_id), sequence=1, moment=4)
    field(at, "learning_rate", world).set_value(0.002)
    press(at, "Fork from epoch 4")
    entry = current(world)
    fork = entry.run
    assert fork is not run and fork.settings["learning_rate"] == 0.002
    assert [e.loss for e in fork.epochs[:5]] == [e.loss for e in run.epochs[:5]]
    assert view_of(at).playing and view_of(at).moment == 4
    until(lambda: fork.status == "finished")
    assert fork.epochs[5].loss != run.epochs[5].loss
    drawn = {of: begins for _, of, _, begins in components(at)["curve"]["live"]["curves"]}
    assert drawn == {run.stream: 0, fork.stream: 4}, "its curve begins where it left the other"
    assert entry.name.endswith("γ = 0.002, from epoch 4")


def test_the_button_says_from_which_epoch_it_forks(browser_id, party, clock):
    entry = new_entry(party, rc.SGD(n_factors=2, n_epochs=500_000, patience=500_000))
    at = press(open_page("train", browser_id), "Play")
    until(lambda: entry.run.epoch > 60)
    clock.now += 0.5
    press(at.run(), "Fork from the epoch shown")  # half a second of the fastest pace
    assert current(party).name.endswith("from epoch 25")
    entry.train()
    at.button(key=f"select_{entry.number}").click().run()
    assert button(at, "Fork from the latest epoch")  # where it is best so far
    tell(at, sequence=1, moment=3)
    press(at, "Fork from epoch 3")
    assert current(party).name.endswith("from epoch 3")


def test_a_fork_of_what_is_not_trained_is_refused(browser_id, world):
    at = press(open_page("train", browser_id), "Fork from epoch 0")
    assert "press Play first" in refusal(at)
    assert len(world.entries) == 1


def test_a_setting_that_cannot_be_is_one_sentence(browser_id, world):
    train(world, rc.SGD(n_factors=2, n_epochs=3))
    before = list(world.entries)
    at = open_page("train", browser_id, "epoch=2")
    at = tell(at, sequence=1, moment=2)
    field(at, "n_factors", world).set_value(5)
    press(at, "Fork from epoch 2")
    assert "A fork cannot change n_factors" in refusal(at)
    assert world.entries == before


# --- what is said ---------------------------------------------------------------------------------


def test_a_diverged_run_says_what_to_do(browser_id, world):
    entry = new_entry(world, rc.SGD(learning_rate=1.0, reg=1e-4, n_epochs=200))
    entry.train()
    until(lambda: not entry.run.busy)
    at = open_page("train", browser_id)
    assert entry.run.status == "failed"
    assert "smaller learning rate" in text_of(at)
    assert "failed" in card_of(at)
    assert button(at, "Play").disabled and at.button(key="card_play").disabled


def test_test_error_is_shown_on_demand_with_the_baselines(browser_id, world):
    run = train(world, rc.ALS(n_factors=2, n_epochs=5))
    at = open_page("train", browser_id)
    assert not [d for d in at.dataframe if "RMSE" in d.value]
    run.test_scores()  # somebody else who shares this run has asked
    at.run()
    assert not [d for d in at.dataframe if "RMSE" in d.value]
    press(at, "Show test error")
    table = next(d.value for d in at.dataframe if "MAE" in d.value)
    assert list(table["on test ratings"]) == [
        run.model.title, "Global mean", "User + item bias", "Most popular",
    ]  # fmt: skip
    errors = [score.rmse for score in run.test_scores()]
    assert [f"{rmse:.4f}" for rmse in errors[:3]] + ["–"] == list(table["RMSE"])


def test_the_selected_cell_is_told_and_leads_to_its_terms(browser_id, party):
    run = train(party, rc.SGD(n_epochs=5))
    at = open_page("train", browser_id)
    assert "predicted" not in text_of(at)
    tell(at, sequence=1, user=1, item=0)
    said = next(h.value for h in at.main.get("html") if "predicted" in h.value)
    assert "Hermione" in said and "rated" in said
    value = float(run.fitted_at(run.epoch_at("best")).predict([1], [0])[0])
    assert f">{rc.words.number(value)}</span>" in said
    assert at.get("page_link")


# --- the list of runs -----------------------------------------------------------------------------


def test_runs_are_kept_by_name_and_can_be_looked_at_and_removed(browser_id, world):
    train(world, rc.SGD(n_factors=2, n_epochs=3))
    train(world, rc.ALS(n_factors=2, n_epochs=3))
    one, two = world.entries
    at = open_page("train", browser_id)
    at.button(key=f"select_{one.number}").click().run()
    assert current(world) is one and at.title[0].value.endswith(one.name)
    at.text_input(key=f"name_{one.number}").set_value("the slow one").run()
    assert one.name == "the slow one" and at.title[0].value.endswith("the slow one")
    at.button(key=f"remove_{two.number}").click().run()
    assert world.entries == [one]
    at.button(key=f"remove_{one.number}").click().run()
    assert one not in world.entries and "Nothing is learned yet" in text_of(at)


def test_own_runs_come_first_and_those_of_a_replica_are_folded(browser_id, world):
    first = train(world, rc.SGD(n_factors=2, n_epochs=3))
    replica = REPLICAS[2]
    cases = live.start(world, replica, replica.data())
    own = new_entry(world, rc.ALS(n_factors=2, n_epochs=3))
    at = open_page("train", browser_id)
    (folded,) = [e for e in at.expander if e.label.startswith(live.group_of(replica))]
    assert folded.label == f"{live.group_of(replica)}: {len(cases)}\u00a0runs"
    assert not folded.proto.expanded
    assert [e.label for e in at.expander if "\u00a0run" in e.label] == [folded.label]
    assert not folded.button  # what is folded is not drawn
    at.session_state[f"group_{live.group_of(replica)}"] = True  # as a click leaves it
    at.run()
    (folded,) = [e for e in at.expander if e.label.startswith(live.group_of(replica))]
    inside = [b.key for b in folded.button if b.key.startswith("select_")]
    assert inside == [f"select_{entry.number}" for entry in cases]
    listed = [b.key for b in at.main.button if b.key and b.key.startswith("select_")]
    assert listed == [f"select_{world.entries[0].number}", f"select_{own.number}", *inside]
    assert world.entries[0].run is first


def test_of_very_many_runs_the_latest_are_listed_and_the_one_in_view(browser_id, world):
    entries = [new_entry(world, rc.ALS(n_factors=1, n_epochs=3, seed=seed)) for seed in range(50)]
    at = open_page("train", browser_id)

    def listed() -> list[int]:
        keys = [b.key for b in at.main.button if b.key and b.key.startswith("select_")]
        return [int(key.removeprefix("select_")) for key in keys]

    numbers = [entry.number for entry in entries]
    assert listed() == numbers[-20:]
    at.button(key="runs_earlier_own").click().run()
    assert listed() == numbers[-40:]
    at.button(key="runs_earlier_own").click().run()
    assert listed() == numbers
    at.button(key=f"select_{numbers[0]}").click().run()
    at.session_state["runs_listed_own"] = 20
    at.run()
    assert listed() == [numbers[0], *numbers[-20:]]


def test_curves_are_switched_off_and_on(browser_id, world):
    for k in (1, 2, 3):
        train(world, rc.ALS(n_factors=k, n_epochs=3))
    one, two, three = world.entries
    at = open_page("train", browser_id)
    at.toggle(key=f"visible_{one.number}").set_value(False).run()
    assert view_of(at).shown == (two.number, three.number)
    drawn = {stream for _, stream, *_ in components(at)["curve"]["live"]["curves"]}
    assert drawn == {two.run.stream, three.run.stream}
    assert at.toggle(key=f"visible_{three.number}").disabled  # the one in view is always drawn
    at.toggle(key=f"visible_{one.number}").set_value(True).run()
    assert view_of(at).shown == ()


# --- the page -------------------------------------------------------------------------------------


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
    run = train(party, rc.SGD(n_epochs=4))
    for _ in range(2):  # each a new session of the same browser
        at = open_page("train", browser_id)
        assert at.title[0].value.endswith(current(party).name)
    assert current(runs.registry().workspace(browser_id)).run is run
