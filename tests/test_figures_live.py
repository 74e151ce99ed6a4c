"""The figures of the Train page: curves, live matrix, live latent space."""

import numpy as np
import plotly.graph_objects as go
import pytest

import recsys_core as rc
from recsys_core import runs
from recsys_core.figures import curves, live_latent, live_matrix, theme
from tests.test_figures_feed import settle, step


@pytest.fixture
def server():
    return runs.Registry(threaded=False)


@pytest.fixture
def space(server):
    space = server.workspace("a browser")
    ratings = rc.datasets.low_rank(20, 15, density=0.5)
    space.load(ratings).choose("random")
    return space


def new_run(space, model):
    return space.new_run(space.data[-1].experiment(model))


@pytest.fixture
def run(server, space):
    run = new_run(space, rc.SGD(n_factors=2, n_epochs=10))
    run.set_speed(None)
    settle(server, run)
    step(server, run, 4)
    return run


def draw(panel, *what, **options):
    figure, live = panel.figure(*what, **options)
    return go.Figure(figure), live


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def has_its_words(figure):
    assert figure.layout.title.text
    assert figure.layout.template.layout.font.size >= 12


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_curves_are_dashed_in_training_and_solid_in_validation(run, mode):
    figure, live = draw(curves, [run], run, mode)
    has_its_words(figure)
    assert figure.layout.xaxis.title.text == "epoch" and "RMSE" in figure.layout.yaxis.title.text
    train, validation = named(figure, "training"), named(figure, "validation")
    assert (train.line.dash, validation.line.dash) == ("dash", "solid")
    assert train.line.color == validation.line.color == theme.run_colour(0, mode)
    assert list(train.y) == [e.train_rmse for e in run.epochs]
    assert list(validation.y) == [e.validation_rmse for e in run.epochs]
    assert train.meta == {"stream": run.stream, "series": "train"}
    ring = figure.data[live["ring"]]
    assert (ring.x[0], ring.y[0]) == (4, run.epochs[4].validation_rmse)


def test_baselines_are_thin_lines_named_at_the_right_end(run):
    figure, _ = draw(curves, [run], run, "light")
    for baseline in run.baselines:
        line = named(figure, baseline.name)
        assert set(line.y) == {baseline.validation_rmse}
        assert line.text[-1] == baseline.name.lower() and line.line.width == 1
    assert len(list(run.baselines)) == 2


def test_several_runs_keep_their_colours_and_are_named(server, space, run):
    other = new_run(space, rc.ALS(n_factors=2, n_epochs=5))
    settle(server, other)
    step(server, other, 2)
    figure, live = draw(curves, [run, other], other, "light")
    colours = {t.line.color for t in figure.data if t.meta and t.meta["stream"] == other.stream}
    assert colours == {theme.run_colour(1, "light")}
    assert [t.name for t in figure.data if t.showlegend] == [run.name, other.name]
    assert live["stream"] == other.stream


def test_the_objective_is_the_second_view(run):
    figure, live = draw(curves, [run], run, "light", measure="objective", log_y=True)
    assert list(named(figure, "objective").y) == [e.loss for e in run.epochs]
    assert live["series"] == "loss"
    assert figure.layout.yaxis.type == "log"
    assert not [t for t in figure.data if t.name == "Global mean"]  # they have no such objective


def test_the_best_epoch_is_marked_once_training_rests(server, run):
    run.play()
    settle(server, run)
    figure, _ = draw(curves, [run], run, "light")
    star = named(figure, "lowest validation error")
    assert star.x[0] == run.best_epoch
    assert star.y[0] == min(e.validation_rmse for e in run.epochs)


def test_the_table_of_epochs_has_four_decimals(run):
    table = curves.table(run)
    assert list(table.index) == [0, 1, 2, 3, 4]
    assert table["validation RMSE"].iloc[-1] == round(run.epochs[-1].validation_rmse, 4)
    assert "4\u00a0epochs" in curves.alt(run)


def test_before_training_the_matrix_shows_only_what_is_known(server, space):
    run = new_run(space, rc.SGD(n_factors=2))
    settle(server, run)
    figure, live = draw(live_matrix, run, "light")
    has_its_words(figure)
    assert np.isnan(figure.data[live["trace"]].z).all()
    known = figure.data[live["known"]].z
    expected = run.split.train.block(np.arange(20), np.arange(15))
    np.testing.assert_array_equal(known, expected)
    np.testing.assert_array_equal(figure.data[0].z == 1, np.isnan(expected))  # dots in the gaps


def test_the_matrix_predicts_every_cell_and_outlines_what_is_held_out(run):
    figure, live = draw(live_matrix, run, "light", user=3, item=5)
    predicted = run.predictor_at(4).predict_matrix()
    np.testing.assert_array_equal(figure.data[live["trace"]].z, predicted)
    outlined = {(row, column) for row, column, _ in live["held"]}
    held = [run.split.validation, run.split.test]
    assert outlined == {
        (u, i) for part in held for u, i in zip(part.user_ids, part.item_ids, strict=True)
    }
    path = named(figure, "held out")
    assert np.isnan(path.x).sum() == len(outlined)
    assert live["ring"] == [3, 5]
    np.testing.assert_allclose(live_matrix.table(run), predicted, atol=1e-3)


def test_ratings_kept_for_the_test_are_not_told(run):
    _, live = draw(live_matrix, run, "light")
    test = {(u, i) for u, i in zip(run.split.test.user_ids, run.split.test.item_ids, strict=True)}
    said = {(row, column): what for row, column, what in live["held"]}
    assert {said[cell] for cell in test} == {"rating kept for the test"}
    assert all("validation" in what for cell, what in said.items() if cell not in test)


def test_users_and_items_keep_their_marks_and_their_place_in_the_basis(run):
    figure, live = draw(live_latent, run, "light", user=2)
    has_its_words(figure)
    users, items = figure.data[0], figure.data[1]
    assert (users.marker.color, users.marker.symbol) == (theme.USER, "circle")
    assert (items.marker.color, items.marker.symbol) == (theme.ITEM, "diamond")
    xy = run.basis.project(run.predictor_at(4).user_factors)
    np.testing.assert_allclose(np.column_stack([users.x, users.y]), xy, rtol=1e-4, atol=1e-5)
    ring = live["groups"][-1]
    assert ring["points"] == [2, 3]
    np.testing.assert_allclose(figure.data[ring["trace"]].x[0], users.x[2])
    assert list(live_latent.table(run)["kind"]) == ["user"] * 20 + ["item"] * 15


def test_an_epoch_looked_back_at_is_drawn(run):
    figure, live = draw(live_matrix, run, "light", epoch=2)
    expected = run.predictor_at(2).predict_matrix()
    np.testing.assert_array_equal(figure.data[live["trace"]].z, expected)
    figure, live = draw(curves, [run], run, "light", epoch=2)
    assert figure.data[live["ring"]].x[0] == 2


def test_few_points_are_named_and_many_are_not(server, run):
    figure, _ = draw(live_latent, run, "light")
    assert figure.data[0].mode == "markers"
    space = server.workspace("another")
    party = rc.datasets.music_party()
    small = space.new_run(space.load(party).experiment(rc.SGD()))
    settle(server, small)
    figure, _ = draw(live_latent, small, "light")
    assert figure.data[0].mode == "markers+text"
    assert list(figure.data[0].text) == party.user_names


def test_a_model_without_factors_has_no_places(server, space):
    run = new_run(space, rc.GlobalMean())
    settle(server, run)
    figure, _ = draw(live_latent, run, "light")
    assert not np.any(figure.data[0].x)
