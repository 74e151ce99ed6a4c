"""The Latent space page: who is shown, by which map, neighbours, trust, the ends of factors."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from pages.shared import visitor
from recsys_core import escape
from recsys_core.asking import projection, truth
from recsys_core.experiments import recovery_map, selection_study
from recsys_core.figures import latent, theme
from tests.app_harness import checked, components, figure_of, load, open_page, train, until
from tests.figures.test_figures_plain import unpacked


def party(browser_id, model=None, **changes):
    workspace = load(browser_id, rc.datasets.music_party().replace(**changes))
    return train(workspace, model or rc.SGD(n_factors=3, n_epochs=6))


def texts(at):
    return [element.value for element in (*at.main.markdown, *at.main.caption)]


def on_the_map(at):
    """Where everybody is, (n, 2), and in which colour, (n,), by side and in the order of indices.

    The colour is a name, or the number that is shown as one.
    """
    found = {}
    for trace in figure_of(at, "latent")["data"]:
        colours = np.broadcast_to(trace["marker"]["color"], len(trace["x"])).tolist()
        points = zip(trace["customdata"], trace["x"], trace["y"], colours, strict=True)
        found.setdefault(trace["meta"], []).extend(points)
    sides = {side: list(zip(*sorted(points), strict=True)) for side, points in found.items()}
    for side, (ids, *_) in sides.items():
        assert list(ids) == list(range(len(ids))), side
    return {side: (np.column_stack([x, y]), list(c)) for side, (_, x, y, c) in sides.items()}


def test_every_map_in_every_colour(browser_id):
    run = party(browser_id)
    factors = {"user": run.fitted.user_factors, "item": run.fitted.item_factors}
    counts, means = {}, {}
    for side, ids in (("user", run.ratings.user_ids), ("item", run.ratings.item_ids)):
        given = [run.ratings.values[ids == one] for one in range(ids.max() + 1)]
        counts[side], means[side] = [len(v) for v in given], [v.mean() for v in given]
    # The directions of widest spread are those of all, whoever is drawn.
    everybody = np.vstack([factors["user"], factors["item"]]).astype(float)
    centre = everybody.mean(axis=0)
    widest = np.linalg.svd(everybody - centre)[2][:2].T
    kinds, clusters = {"user": theme.USER, "item": theme.ITEM}, {}

    at = open_page("latent", browser_id)
    for who, method, colour in itertools.product(
        ["both", "user", "item"],
        ["pca", "factors"],
        ["kind", "cluster", "mean", "count", "false", "torn"],
    ):
        shown = f"{who} by {method}, coloured by {colour}"
        at.segmented_control(key="latent_who").set_value(who)
        at.segmented_control(key="latent_method").set_value(method)
        checked(at.selectbox(key="latent_colour").set_value(colour).run())
        assert any("Trustworthiness" in text for text in texts(at)), shown
        drawn = on_the_map(at)
        assert set(drawn) == ({"user", "item"} if who == "both" else {who}), shown
        met = np.vstack([xy for xy, _ in drawn.values()])
        rows = np.vstack([factors[side] for side in drawn])
        expected = rows[:, :2] if method == "factors" else (rows - centre) @ widest
        if method == "pca":  # either end of an axis may be the right one
            expected = expected * np.sign((expected * met).sum(axis=0))
        assert met == pytest.approx(expected, abs=1e-4), shown
        if colour in ("false", "torn"):
            errors = getattr(projection.map_errors(rows, expected), colour)
            assert sum((c for _, c in drawn.values()), []) == pytest.approx(errors, abs=1e-3)
            continue
        for side, (_, colours) in drawn.items():
            if colour == "cluster":
                clusters.setdefault(side, colours)
            expected = {
                "kind": [kinds[side]] * len(colours),
                "cluster": clusters.get(side),  # as on the first map
                "mean": pytest.approx(means[side], abs=1e-3),
                "count": pytest.approx(np.log10(counts[side]), abs=1e-3),
            }[colour]
            assert colours == expected, shown
    assert set(sum(clusters.values(), [])) == {latent.group_colour(n, "light") for n in range(3)}


def test_finding_an_item_lists_its_neighbours_in_the_space_itself(browser_id):
    run = party(browser_id)
    at = open_page("latent", browser_id)
    at.selectbox(key="latent_find_item_None").set_value(4).run()
    assert not at.exception
    near = at.main.dataframe[0].value
    expected = run.fitted.similar_items(4, 10)
    names = run.ratings.item_names
    assert list(near.iloc[:, 0]) == [names[i] for i in expected["item"]]
    assert list(near["similarity"]) == pytest.approx(list(expected["similarity"]), abs=0.006)
    # What the map makes of that: who is near on the map alone, and who is alike and lies elsewhere.
    basis = projection.Basis.fit(run.fitted)
    xy = basis.project(run.fitted.item_factors)
    on_map = np.argsort(((xy - xy[4]) ** 2).sum(axis=1), kind="stable")[1:7].tolist()
    alike = [i for i, s in zip(expected["item"], expected["similarity"], strict=True) if s > 0][:6]
    false, torn = ([i for i in a if i not in b] for a, b in ((on_map, alike), (alike, on_map)))
    assert false and torn
    (said,) = [text for text in texts(at) if "The map errs here" in text]
    crosses, _, alone = said.partition("Most alike, and not")
    for ids, text in ((false, crosses), (torn, alone)):
        assert [i for i in range(12) if escape.markdown(names[i]) in text] == sorted(ids)
    # Selected here is selected everywhere.
    at.switch_page("predictions.py").run()
    assert any(names[4] in text for text in texts(at))


def test_a_user_found_after_an_item_is_the_one_looked_at(browser_id):
    run = party(browser_id)
    at = open_page("latent", browser_id)
    at.selectbox(key="latent_find_item_None").set_value(4).run()
    at.selectbox(key="latent_find_user_None").set_value(3).run()
    assert "**Spock**" in texts(at)
    assert len(at.main.dataframe[0].value) == run.fitted.n_users - 1


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_layouts_are_worked_out_behind_the_page(method, browser_id):
    party(browser_id)
    at = open_page("latent", browser_id)
    at.segmented_control(key="latent_method").set_value(method).run()
    deadline = time.monotonic() + 600  # UMAP compiles itself
    while "layout_stop" in {button.key for button in checked(at.run()).button}:
        assert time.monotonic() < deadline, "the layout never arrived"
        time.sleep(0.1)
    assert any("Trustworthiness" in text for text in texts(at))


def test_genres_are_offered_where_they_are_known(browser_id):
    info = pd.DataFrame({"title": list("abcdefghijkl"), "genres": ["Rock|Pop", "Opera"] * 6})
    party(browser_id, item_info=info)
    at = open_page("latent", browser_id)
    assert "genre" in at.selectbox(key="latent_colour").options
    at.selectbox(key="latent_colour").set_value("genre").run()
    assert not at.exception
    assert set(at.multiselect(key="latent_genres").value) == {"Rock", "Pop", "Opera"}
    other = visitor.new_id()
    party(other, rc.SGD(n_factors=2, n_epochs=6))  # which nobody trained on those
    assert "genre" not in open_page("latent", other).selectbox(key="latent_colour").options


def test_the_ends_of_each_factor_are_there(browser_id):
    party(browser_id)
    at = open_page("latent", browser_id)
    (table,) = [each.value for each in at.main.dataframe if "spread" in each.value]
    assert sorted(table["factor"]) == [1, 2, 3]
    assert table["low end"].str.len().min() > 3


@pytest.mark.parametrize("k", [1, 2])
def test_of_few_factors_the_last_is_drawn_where_there_is_no_second(k, browser_id):
    run = party(browser_id, rc.ALS(n_factors=k, n_epochs=3))
    at = open_page("latent", browser_id)
    checked(at.segmented_control(key="latent_method").set_value("factors").run())
    for side, rows in (("user", run.fitted.user_factors), ("item", run.fitted.item_factors)):
        assert on_the_map(at)[side][0] == pytest.approx(rows[:, [0, k - 1]], abs=1e-4)


def test_a_model_without_factors_says_so(browser_id):
    party(browser_id, rc.GlobalMean())
    at = open_page("latent", browser_id)
    assert "no latent space" in at.info[0].value
    assert not at.main.dataframe


def test_what_was_found_of_the_truth_follows_run_epoch_and_side(browser_id):
    # Rows of up to 32 numbers travel as they are.
    workspace = load(browser_id, rc.datasets.low_rank(30, 20, 2, density=0.7, noise=0.3, seed=2))
    run = train(workspace, rc.ALS(n_factors=2, n_epochs=6))
    at = open_page("latent", browser_id, "epoch=6")
    true, split = run.ratings.truth, run.split
    found = truth.recovery(run.fitted_at(6), true)
    assert any(f"R² {found.r2:.2f}" in text for text in texts(at))
    _, drawn_true, learned = figure_of(at, "truth")["data"]
    np.testing.assert_allclose(drawn_true["x"], found.true["item"][:, 0], atol=1e-4)
    np.testing.assert_allclose(learned["y"], found.found["item"][:, 1], atol=1e-4)
    parts = truth.errors(run.fitted_at(6), true, split.train, split.validation)
    told = next(text for text in texts(at) if text.startswith("On all pairs the RMSE"))
    for part in parts[1:]:
        assert f"{part.truth:.4f}" in told
    assert f"noise of the ratings is {parts[1].noise:.4f}" in told

    at.segmented_control(key="truth_of").set_value("user")
    checked(at.run())
    assert len(figure_of(at, "truth")["data"][1]["x"]) == 30
    at.slider(key="epoch").set_value(0)
    checked(at.run())
    untrained = truth.recovery(run.fitted_at(0), true)
    assert untrained.r2 < found.r2 and any(f"R² {untrained.r2:.2f}" in t for t in texts(at))


def test_one_button_shows_where_recovery_begins(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(30, 20, 2, density=0.7, noise=0.3, seed=2))
    run = train(workspace, rc.ALS(n_factors=2, n_epochs=3))
    at = open_page("latent", browser_id)
    assert "recovery_map" not in components(at)
    plan = recovery_map.planned(run.experiment)
    start = at.button(key="recovery_start")
    assert start.label == f"Train {len(plan.experiments)} times on other data"
    checked(start.click().run())
    until(lambda: not workspace.study.busy)
    at = checked(at.run())
    found = recovery_map.cells(plan, workspace.study.outcomes)
    assert len(found) == len(plan.of_cell) and not workspace.study.failed
    cells = unpacked(figure_of(at, "recovery_map"))["data"][0]
    for (row, column), cell in found.items():
        assert cells["z"][row][column] == pytest.approx(cell.r2, abs=1e-4)
    own = truth.recovery(run.fitted_at(run.best_epoch), run.ratings.truth)
    first = workspace.study.outcomes[plan.of_cell[plan.present][0]]
    assert first.truth.r2 == pytest.approx(own.r2, abs=1e-6), "the run in view is one of them"
    for sentence in recovery_map.sentences(plan, found):
        assert str(sentence) in "\n".join(texts(at)).replace("\\", "")
    assert not [each for each in at.button if each.key == "recovery_start"]


def test_under_selection_the_true_error_stands_beside_the_held_out_one(browser_id):
    ratings = rc.datasets.low_rank(60, 40, 2, density=0.3, noise=0.3, seed=2, selection=0.8)
    workspace = load(browser_id, ratings)
    run = train(workspace, rc.ALS(n_factors=2, n_epochs=4))
    at = open_page("latent", browser_id, "epoch=4")
    split, name = run.split, workspace.entries[0].name
    models = {name: run.fitted_at(4)}
    for kind in (rc.GlobalMean, rc.UserItemBias):
        models[kind.title] = kind().fit(split.train, split.validation).snapshot()
    named = {
        title: truth.errors(fitted, ratings.truth, split.train, split.validation)
        for title, fitted in models.items()
    }
    _, held, everything = figure_of(at, "held_out")["data"]
    pairs = truth.held_out_and_all(named)
    assert list(pairs) == list(models)
    assert held["x"] == pytest.approx([one.truth for one, _ in pairs.values()], rel=1e-4)
    assert everything["x"] == pytest.approx([other.truth for _, other in pairs.values()], rel=1e-4)
    assert everything["x"][0] > held["x"][0]
    told = "\n".join(texts(at)).replace("\\", "")
    for sentence in truth.trust(named):
        assert str(sentence) in told
    checked(at.button(key="selection_start").click().run())
    until(lambda: not workspace.study.busy)
    at = checked(at.run())
    plan = selection_study.planned(run.experiment)
    rows = selection_study.rows(plan, workspace.study.outcomes)
    assert len(rows) == 5 and "selection" in components(at)
    assert str(selection_study.sentence(plan, rows)) in "\n".join(texts(at)).replace("\\", "")


def test_missing_at_random_held_out_pairs_are_said_to_be_a_fair_sample(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(60, 40, 2, density=0.3, seed=2))
    train(workspace, rc.GlobalMean())
    at = open_page("latent", browser_id)
    assert "held_out" not in components(at)
    assert "fair sample" in "\n".join(texts(at)) and at.button(key="selection_start")
    workspace.data[-1].choose("whole")
    train(workspace, rc.GlobalMean())
    at = open_page("latent", browser_id)
    assert "fair sample" not in "\n".join(texts(at))


def test_no_map_of_recovery_without_factors_that_can_be_compared(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(30, 20, 2, density=0.7, seed=2))
    train(workspace, rc.ItemKNN())
    at = open_page("latent", browser_id)
    assert not [each for each in at.button if each.key == "recovery_start"]


def test_ratings_that_nobody_generated_have_no_truth(browser_id):
    party(browser_id)
    at = open_page("latent", browser_id)
    assert "Compared with the truth" not in [header.value for header in at.header]
