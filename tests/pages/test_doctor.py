"""Train: what went wrong is said, settings are tried, and a run with the best is started."""

import pytest

import recsys_core as rc
from recsys_core import runs
from tests.app_harness import (
    checked,
    components,
    current,
    figure_of,
    load,
    new_entry,
    open_page,
    text_of,
    train,
    until,
)

WORLD = rc.datasets.low_rank(80, 50, 2, density=0.3, noise=0.6, seed=3)


def tried_of(at):
    (found,) = [d.value for d in at.dataframe if "setting" in d.value.columns]
    return found


def test_overfitting_is_found_and_a_setting_that_mends_it_is_tried_and_started(browser_id):
    space = load(browser_id, WORLD)
    model = rc.SGD(n_factors=10, learning_rate=0.05, reg=0.0, n_epochs=150, patience=None)
    run = train(space, model)
    at = open_page("train", browser_id)
    best = run.best_epoch
    assert f"It overfits: since epoch {best}" in text_of(at)
    line = figure_of(at, "doctor_curve")["layout"]["shapes"][0]
    assert line["x0"] == best
    tried = tried_of(at)
    assert tried["best"].tolist() == ["not tried yet"] * 4
    at.button(key="doctor_start").click().run()
    study = space.study
    until(lambda: not study.busy)
    checked(at.run())
    tried = tried_of(at).set_index("setting")["validation RMSE"]
    assert "That mends it" in text_of(at)
    assert f"**{tried.idxmin()}**" in text_of(at)
    n_before = len(space.entries)
    starts = [b for b in at.button if b.label == "Start a run with it"]
    starts[0].click().run()
    checked(at)
    assert len(space.entries) == n_before + 1
    assert f"{current(space).run.settings['reg']:g}" in tried.idxmin()


def test_a_run_that_diverged_says_where_it_began(browser_id):
    space = load(browser_id, WORLD)
    entry = new_entry(space, rc.SGD(n_factors=5, learning_rate=3.0, n_epochs=20))
    entry.train()
    until(lambda: entry.run.status == "failed")
    at = open_page("train", browser_id)
    assert "It diverged" in text_of(at)
    tried = tried_of(at)
    assert tried["setting"].iloc[0] == "γ = 1.5 instead of 3"


def test_where_nothing_is_wrong_that_is_said_without_a_cure(browser_id):
    train(load(browser_id, WORLD), rc.ALS(n_factors=2, reg=20.0, n_epochs=10))
    at = open_page("train", browser_id)
    assert "Neither: the training error fell" in text_of(at)
    assert "doctor_curve" not in components(at)


@pytest.mark.parametrize("model", [rc.ItemKNN(), rc.UserItemBias()], ids=repr)
def test_models_without_epochs_have_nothing_to_go_wrong(browser_id, model):
    train(load(browser_id, WORLD), model)
    at = open_page("train", browser_id)
    assert "Did it diverge" not in text_of(at)
    assert runs.registry().workspace(browser_id).entries
