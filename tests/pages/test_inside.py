"""Inside the update: the panel opens in place, has the run's numbers, and says what it lacks."""

from __future__ import annotations

import math

import numpy as np
import pytest

import recsys_core as rc
from pages.panels.inside import adam
from recsys_core import words
from recsys_core.asking.inside.adam_step import AdamSteps
from recsys_core.asking.inside.explanations import TITLES, none_of, offered
from recsys_core.asking.inside.microscope import Microscope
from recsys_core.experiments import Experiment, link, variants
from recsys_core.figures.adam import SUB_STEPS
from recsys_core.figures.adam import figure as adam_figure
from tests.app_harness import (
    checked,
    components,
    figure_of,
    load,
    open_page,
    text_of,
    train,
    trigger,
    until,
    view_of,
)
from tests.figures.test_figures_plain import unpacked

WORLD = rc.datasets.low_rank(30, 20, n_factors=2, density=0.5)

MODELS = {
    "SGD": rc.SGD(n_factors=3, n_epochs=8, seed=0),
    "SVDpp": rc.SVDpp(n_factors=2, n_epochs=4),
    "logistic": rc.PMF(n_factors=2, link="logistic", n_epochs=4),
    "ALS": rc.ALS(n_factors=2, n_epochs=4),
    "many": rc.ALS(n_factors=9, n_epochs=2),
    "PMF": rc.PMF(n_factors=2, n_epochs=6),
    "ImplicitALS": rc.ImplicitALS(n_factors=2, n_epochs=4),
    "NMF": rc.NMF(n_factors=2, n_epochs=4),
    "BayesianPMF": rc.BayesianPMF(n_factors=2, n_epochs=8),
    "MLP": rc.NeuralMF(n_factors=4, n_epochs=2, variant="MLP"),
    "dot": rc.NeuralMF(n_factors=4, n_epochs=2),
    "constrained": rc.PMF(n_factors=2, n_epochs=2, constrained=True),
    "ItemKNN": rc.ItemKNN(),
}

# By explanation, the keys of what it draws.
DRAWS = {
    "step": {"one_step"}, "half": {"bowl"}, "update": {"multiplied"},
    "draw": {"ellipses", "draws"}, "probability": {"ellipses"}, "network": {"network"},
    "adam": {"adam_user", "adam_item"},
}  # fmt: skip


@pytest.fixture
def world(browser_id):
    return load(browser_id, WORLD)


def opened(browser_id, kind, more, page="predictions"):
    """A page by the link of a run on the world, at its best epoch, and what it says besides."""
    run = link.write([Experiment(WORLD, model=MODELS[kind])])
    return open_page(
        page, browser_id, f"{run}&{more}" if "epoch" in more else f"{run}&epoch=best&{more}"
    )


@pytest.mark.parametrize("kind", MODELS)
def test_each_model_opens_what_it_offers_and_nothing_else(kind, browser_id, world):
    run = train(world, MODELS[kind])
    at = opened(browser_id, kind, "user=1&item=1")
    inside = set().union(*DRAWS.values())
    assert not inside & set(components(at))
    names = offered(run.model)
    if not names:
        assert not _has(at, "expand")
        assert str(none_of(run.model)) in text_of(at)
        return
    at.button(key="expand").click()
    checked(at.run())
    assert view_of(at).option("inside") == names[0]
    for name in names:
        if len(names) > 1:
            at.get_by_key("inside_which").set_value(name)
            checked(at.run())
        assert inside & set(components(at)) == DRAWS[name]
    assert at.button(key="expand").label == "Close"
    at.button(key="expand").click()
    checked(at.run())
    assert not inside & set(components(at))


def _has(at, key):
    return any(getattr(node, "key", None) == key for node in at.main)


def test_the_microscope_has_the_numbers_of_the_selected_cell_in_the_next_epoch(browser_id, world):
    run = train(world, MODELS["SGD"])
    learned = run.split.train
    user, item = int(learned.user_ids[5]), int(learned.item_ids[5])
    at = opened(browser_id, "SGD", f"epoch=3&user={user}&item={item}&inside=step")
    sent = components(at)["one_step"]
    assert (sent["epoch"], sent["n_steps"]) == (4, len(learned))
    here = sent["steps"][sent["begin"] - sent["first"]]
    assert sent["begin"] == sent["cell"]
    assert here["user_name"] == run.ratings.user_names[user]
    assert here["item_name"] == run.ratings.item_names[item]
    assert here["rating"] == learned.block([user], [item])[0, 0]
    scope = Microscope(run.model, learned, run.checkpoints.at_or_before(3).value)
    (found,) = scope.found(sent["cell"], 1)
    assert here["p"] == pytest.approx(found.user_factors, rel=1e-6)
    assert here["target"] == found.target
    assert len(sent["steps"]) >= 64 and not sent["note"]


def test_a_cell_that_is_not_learned_from_has_no_step_and_others_are_shown(browser_id, world):
    run = train(world, MODELS["SGD"])
    gaps = np.argwhere(np.isnan(run.split.train.block(range(30), range(20))))
    user, item = gaps[0]
    at = opened(browser_id, "SGD", f"user={user}&item={item}&inside=step")
    sent = components(at)["one_step"]
    assert sent["cell"] is None and sent["begin"] == 0 and sent["first"] == 0
    assert "no training rating" in sent["note"]


def test_the_browser_asks_for_the_ratings_that_follow(browser_id, world):
    train(world, MODELS["SGD"])
    at = opened(browser_id, "SGD", "user=1&item=1&inside=step")
    token = components(at)["one_step"]["token"]
    ask(at, {"first": 90})
    sent = components(at)["one_step"]
    assert sent["token"] == token and sent["first"] <= 90 < sent["first"] + len(sent["steps"])
    for odd in ({"first": "x"}, {"first": -3}, {"first": math.pi}, {}, {"first": 10**9}):
        ask(at, odd)
    sent = components(at)["one_step"]
    assert 0 <= sent["first"] < sent["n_steps"]


def ask(at, what):
    return trigger(at, "one_step", "asked", what)


def test_on_train_it_opens_below_the_selected_cell(browser_id, world):
    train(world, MODELS["SGD"])
    at = open_page("train", browser_id)
    assert not _has(at, "expand"), "no cell is selected"
    at = opened(browser_id, "SGD", "user=1&item=1", "train")
    at.button(key="expand").click()
    checked(at.run())
    assert "one_step" in components(at)


def test_the_other_half_and_the_two_numbers_are_chosen_and_said_by_the_link(browser_id, world):
    train(world, MODELS["ALS"])
    at = opened(browser_id, "ALS", "user=1&item=1&inside=half")
    assert at.get_by_key("inside_half").value == "user"
    user = figure_of(at, "bowl")
    at.get_by_key("inside_half").set_value("item")
    checked(at.run())
    assert view_of(at).option("half") == "item" and figure_of(at, "bowl") != user
    assert [at.get_by_key(f"inside_{axis}").value for axis in "xy"] == [1, 2]
    at.get_by_key("inside_x").set_value(0)
    checked(at.run())
    assert view_of(at).option("bowl") == "1,3"
    assert figure_of(at, "bowl")["layout"]["xaxis"]["title"]["text"] == "bias"


def test_ratings_arrive_one_by_one(browser_id, world):
    run = train(world, MODELS["PMF"])
    at = opened(browser_id, "PMF", "user=1&item=1&inside=probability")
    n = int(run.split.train.user_counts[1])
    slider = at.get_by_key("arrived")
    assert (slider.min, slider.max, slider.value) == (0, n, n)
    slider.set_value(0)
    checked(at.run())
    assert "Before any rating" in text_of(at)
    at.get_by_key("arrived").set_value(1)
    checked(at.run())
    assert "After 1\u00a0rating" in text_of(at) and "λ = σ² / σ" in text_of(at)


def test_the_networks_are_trained_and_compared_behind_the_page(browser_id, world):
    model = rc.NeuralMF(n_factors=4, n_epochs=2, variant="MLP", device="cpu")
    run = train(world, model)
    link_of = link.write([run.experiment])
    at = open_page("predictions", browser_id, f"{link_of}&epoch=best&user=1&item=1&inside=network")
    checked(at.button(key="variants_start").click().run())
    until(lambda: not world.study.busy)
    at = checked(at.run())
    plan = variants.planned(run.experiment)
    study = world.study
    assert set(study.outcomes) == {each for of_one in plan.values() for each in of_one}
    found = variants.rows(plan, study.outcomes, study.fitted, 1, 1)
    own = run.epochs[run.best_epoch].validation_rmse
    assert found[2].errors[0] == pytest.approx(own, rel=1e-6), "the run in view is one of them"
    assert found[2].predictions[0] == pytest.approx(run.fitted.predict([1], [1])[0])
    (table,) = (each for each in at.dataframe if "network" in each.value)
    assert list(table.value["network"]) == [*plan, "Global mean", "User + item bias"]
    errors = [*(row.error for row in found), *found[0].baselines.values()]
    assert table.value["RMSE"].tolist() == pytest.approx(errors, abs=1e-4)
    said = text_of(at)
    assert str(variants.sentence(found)) in said and "test ratings are left alone" in said
    assert ("not rated" if np.isnan(WORLD.block([1], [1])[0, 0]) else "rated") in said
    assert "variants_chart" in components(at) and not _has(at, "variants_start")


def test_without_validation_the_networks_are_not_compared(browser_id):
    space = load(browser_id, rc.datasets.music_party())
    run = train(space, MODELS["MLP"])
    at = open_page("predictions", browser_id, f"{link.write([run.experiment])}&inside=network")
    assert "nothing to compare by" in text_of(at) and not _has(at, "variants_start")


def test_a_step_of_adam_has_the_numbers_of_the_batch_of_the_selected_cell(browser_id, world):
    run = train(world, MODELS["MLP"])
    learned = run.split.train
    user, item = int(learned.user_ids[5]), int(learned.item_ids[5])
    of_link = f"epoch=1&user={user}&item={item}&inside=adam"
    state = run.checkpoints.at_or_before(1).value
    step = AdamSteps(run.model, learned, state, run.split.validation).of(user, item)
    for sub in SUB_STEPS:
        at = opened(browser_id, "MLP", f"{of_link}&adam={sub}")
        for side in ("user", "item"):
            expected = adam_figure(step, side, sub, "any", "light")
            drawn = unpacked(figure_of(at, f"adam_{side}"))["data"]
            assert len(drawn) == len(expected["data"])
            for own, its in zip(drawn, expected["data"], strict=True):
                assert own["y"] == pytest.approx(its["y"].tolist(), rel=1e-6)
        said = text_of(at)
        assert f"batch {step.batch + 1} of {step.n_batches} in epoch 2 (step {step.step})" in said
    assert f"to {words.error(step.predicted_after)}" in said
    # The sub-step is chosen by a control that the link says.
    at.get_by_key("inside_adam").set_value("mean")
    checked(at.run())
    assert view_of(at).option("adam") == "mean" and "0.9 ×" in text_of(at)


def test_a_long_epoch_is_retraced_behind_the_page(browser_id, world, monkeypatch):
    run = train(world, MODELS["dot"])
    monkeypatch.setattr(adam, "_AT_ONCE", -1.0)
    learned = run.split.train
    user, item = int(learned.user_ids[5]), int(learned.item_ids[5])
    at = opened(browser_id, "dot", f"epoch=1&user={user}&item={item}&inside=adam")
    assert not DRAWS["adam"] & set(components(at))
    checked(at.button(key="adam_start").click().run())
    until(lambda: not world.jobs.busy)
    at = checked(at.run())
    assert DRAWS["adam"] <= set(components(at)) and "is in batch" in text_of(at)


@pytest.mark.parametrize("trained", [True, False])
def test_what_a_step_of_adam_says_of_a_cell_that_is_not_trained_on(browser_id, world, trained):
    run = train(world, MODELS["dot"])
    gaps = np.isnan(run.split.train.block(range(30), range(20)))
    user, item = np.argwhere(~gaps if trained else gaps)[0]
    at = opened(browser_id, "dot", f"user={user}&item={item}&inside=adam&adam=after")
    assert ("no batch holds it" in text_of(at)) == (not trained)
    assert ("the rating is" in text_of(at)) == trained


@pytest.mark.slow
def test_names_are_text(browser_id):
    names = ["<b>x</b>", "**bold**", "[a](b)", "{u}"]
    ratings = rc.Ratings.from_matrix(np.random.default_rng(0).integers(1, 6, (4, 4)).astype(float))
    ratings = rc.Ratings(
        ratings.user_ids, ratings.item_ids, ratings.values, names, names, ratings.scale
    )
    space = load(browser_id, ratings)
    for kind in ("SGD", "ALS", "PMF", "NMF", "BayesianPMF", "MLP"):
        run = train(space, MODELS[kind])
        for name in offered(run.model):
            at = open_page("predictions", browser_id, f"user=0&item=1&inside={name}")
            said = "\n".join(str(part.value) for part in [*at.main.markdown, *at.main.caption])
            assert "<b>x" not in said.replace("\\<b\\>", "") and "**bold**" not in said
    assert set(TITLES) == set(DRAWS)
