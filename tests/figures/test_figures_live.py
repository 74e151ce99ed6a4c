"""The figures of the Train page, ready to be filled: curves, live matrix, live latent space.

What fills them comes over the live route; see ``test_live_feed.py``.
"""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

import recsys_core as rc
from recsys_core.figures import curves, heatmap, latent, plain, theme
from recsys_core.live.feed import Feed
from recsys_core.training import Epoch
from tests.every_figure import BASELINES, curve, matrix, trained
from tests.node import Tab, needs_node
from tests.small_matrix import small_block, small_split


@pytest.fixture(scope="module")
def run():
    return trained("world")


def a_curve(train=(1.2, 0.9, 0.8, 0.7), validation=(1.3, 1.0, 0.9, 0.95), best=2, **options):
    """A curve of given errors; None where there are none."""
    n = len(train or validation)
    epochs = [
        Epoch(i, train[i] if train else None, validation[i] if validation else None, 9.0 - i, 0.1)
        for i in range(n)
    ]
    return curves.Curve(**{"name": "SGD", "epochs": epochs, "n_epochs": 10, "best": best,
                           "stream": "a"} | options)  # fmt: skip


def draw(made):
    figure, live = made
    json.dumps(live)  # it travels
    return go.Figure(figure), live


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def has_its_words(figure):
    assert figure.layout.title.text
    assert figure.layout.template.layout.font.size >= 12


# --- curves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("alive", [True, False])
def test_curves_are_dashed_in_training_and_solid_in_validation(mode, alive):
    one = a_curve(colour=1)
    figure = (
        go.Figure(curves.live([one], one, BASELINES, mode)[0])
        if alive
        else go.Figure(curves.drawn([one], mode))
    )
    has_its_words(figure)
    assert figure.layout.xaxis.title.text == "epoch" and "RMSE" in figure.layout.yaxis.title.text
    train, validation = named(figure, "training"), named(figure, "validation")
    assert (train.line.dash, validation.line.dash) == ("dash", "solid")
    assert train.line.color == validation.line.color == theme.run_colour(1, mode)
    assert list(train.y or ()) == ([] if alive else [e.train_rmse for e in one.epochs])
    assert list(validation.y or ()) == ([] if alive else [e.validation_rmse for e in one.epochs])
    assert list(train.x or ()) == ([] if alive else [0, 1, 2, 3])


def test_the_browser_is_told_which_trace_shows_what():
    one = a_curve()
    other = a_curve(name="ALS", stream="b", validation=None, best=None, n_epochs=20)
    figure, live = draw(curves.live([one, other], one, BASELINES, "light"))
    filled = {(stream, series): figure.data[trace] for trace, stream, series, _ in live["curves"]}
    assert set(filled) == {("a", "train"), ("a", "validation"), ("b", "train")}
    for (stream, series), trace in filled.items():
        assert trace.line.dash == ("dash" if series == "train" else "solid")
        assert trace.name == ("SGD" if stream == "a" else "ALS")
    assert figure.data[live["ring"]].name == "epoch shown"
    assert figure.data[live["best"]].name == "lowest validation error"
    assert live["series"] == "validation" and live["last"] == 20, "as far as any of them goes"
    assert [name for _, name in live["baselines"]] == list(BASELINES)
    assert not any(trace.y for trace in figure.data), "numbers are the browser's"
    _, alone = draw(curves.live([other], other, BASELINES, "light"))
    assert alone["series"] == "train" and alone["best"] is None


def test_the_picture_of_curves_does_not_depend_on_how_far_they_have_come():
    def sent(n):
        one = a_curve((1.2, 0.9, 0.8)[:n], (1.3, 1.0, 0.9)[:n], best=n - 1)
        figure, live = curves.live([one], one, BASELINES, "light")
        return plain.to_json(figure), live

    assert sent(1) == sent(3), "it is sent once; what is new comes over the live route"


def test_baselines_are_thin_lines_named_at_the_right_end():
    figure, live = draw(curves.live([a_curve()], a_curve(), BASELINES, "light"))
    for trace, name in live["baselines"]:
        line = figure.data[trace]
        assert line.name == name and line.text[-1] == name.lower() and line.line.width == 1
    assert len(live["baselines"]) == 2


@pytest.mark.parametrize("alive", [True, False])
def test_several_runs_keep_their_colours_and_are_named(alive):
    one, other = a_curve(), a_curve(name="ALS", stream="b", colour=1)
    figure = (
        go.Figure(curves.live([one, other], other, BASELINES, "light")[0])
        if alive
        else go.Figure(curves.drawn([one, other], "light"))
    )
    colours = {t.line.color for t in figure.data if t.legendgroup == "b"}
    assert colours == {theme.run_colour(1, "light")}
    assert [t.name for t in figure.data if t.showlegend] == ["SGD", "ALS"]


@pytest.mark.parametrize("alive", [True, False])
def test_a_fork_begins_where_it_left_the_other_and_the_place_is_named(alive):
    one, fork = a_curve(), a_curve(name="λ = 1", stream="b", colour=1, begins=2)
    if alive:
        made, live = curves.live([one, fork], fork, BASELINES, "light")
        assert {(of, begins) for _, of, _, begins in live["curves"]} == {("a", 0), ("b", 2)}
    else:
        made = curves.drawn([one, fork], "light")
    figure = go.Figure(made)
    if not alive:
        of_fork = [t for t in figure.data if t.legendgroup == "b"]
        assert {tuple(t.x) for t in of_fork} == {(2, 3)}
        assert {tuple(t.y) for t in of_fork} == {(0.8, 0.7), (0.9, 0.95)}
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1, line.label.text) == (2, 2, " fork at 2")
    assert line.line.color == theme.run_colour(1, "light")


def test_normalized_errors_are_divided_in_the_browser_and_the_axis_says_so():
    one = a_curve()
    figure, live = draw(curves.live([one], one, BASELINES, "light", size=1.1))
    assert live["size"] == 1.1
    assert figure.layout.yaxis.title.text == "RMSE / s, no unit"
    assert draw(curves.live([one], one, BASELINES, "light"))[1]["size"] == 1
    objective = curves.live([one], one, BASELINES, "light", measure="objective", size=1.1)
    assert draw(objective)[1]["size"] == 1


def test_the_objective_is_the_second_view():
    one = a_curve()
    shown = go.Figure(curves.drawn([one], "light", measure="objective", log_y=True))
    assert list(named(shown, "objective").y) == [e.loss for e in one.epochs]
    figure, live = draw(
        curves.live([one], one, BASELINES, "light", measure="objective", log_y=True)
    )
    assert live["series"] == "loss" and [series for _, _, series, _ in live["curves"]] == ["loss"]
    assert shown.layout.yaxis.type == figure.layout.yaxis.type == "log"
    assert live["baselines"] == [] and live["best"] is None  # they have no such objective


def test_what_predicts_no_ratings_shows_its_objective():
    one = a_curve(epochs=[Epoch(0, None, None, 9.0, 0.1)], best=None)
    figure, live = draw(curves.live([one], one, BASELINES, "light"))
    assert live["series"] == "loss" and live["baselines"] == []
    assert figure.layout.yaxis.title.text == "objective"


def test_the_best_epoch_is_marked_once_training_rests(run):
    one = curve(run)
    star = named(go.Figure(curves.drawn([one], "light")), "lowest validation error")
    assert star.x[0] == run.best_epoch
    assert star.y[0] == min(e.validation_rmse for e in run.epochs)
    untrained = a_curve((1.2,), (1.3,), best=0)
    figure = go.Figure(curves.drawn([untrained], "light"))
    assert not [t for t in figure.data if t.name == "lowest validation error"]


def test_the_table_of_epochs_has_four_decimals(run):
    table = curves.table(curve(run), run.split.train)
    size, last = run.split.train.values.std(dtype=float), run.epochs[-1]
    assert table["training RMSE / s"].iloc[-1] == pytest.approx(last.train_rmse / size, abs=1e-4)
    per_second = len(run.split.train) / last.seconds
    assert table["ratings per second"].iloc[-1] == pytest.approx(per_second, abs=1)
    assert np.isnan(table["ratings per second"].iloc[0]), "epoch 0 visits none"
    assert curves.ratings_per_second(run.epochs, len(run.split.train)) > 0
    table = curves.table(curve(run))
    assert list(table.index) == [e.number for e in run.epochs] == list(range(7))
    assert table["validation RMSE"].iloc[-1] == round(run.epochs[-1].validation_rmse, 4)


def test_the_curves_in_a_sentence_name_what_is_drawn(run):
    one, other = curve(run), curve(run, "ALS")
    assert curves.alt([one, other]) == (
        "RMSE of SGD and ALS over 6\u00a0epochs; training and validation"
    )
    assert curves.alt([one], "objective") == "The training objective of SGD over 6\u00a0epochs"


# --- the matrix -----------------------------------------------------------------------------------


def test_before_training_the_matrix_shows_only_what_is_known(run):
    figure, live = draw(matrix(run, "light"))
    has_its_words(figure)
    assert np.isnan(figure.data[live["trace"]].z).all()
    known = figure.data[live["known"]].z
    expected = run.split.train.block(np.array(live["users"]), np.array(live["items"]))
    np.testing.assert_array_equal(known, expected)
    np.testing.assert_array_equal(figure.data[0].z == 1, np.isnan(expected))  # dots in the gaps
    assert (live["low"], live["high"]) == run.fitted.extent[:2]
    names = run.ratings.item_names
    assert live["columns"] == [names[item] for item in live["items"]]


def test_what_is_held_out_is_outlined(run):
    figure, live = draw(matrix(run, "light"))
    outlined = {(live["users"][row], live["items"][column]) for row, column, _ in live["held"]}
    held = {
        (u, i)
        for part in (run.split.validation, run.split.test)
        for u, i in zip(part.user_ids, part.item_ids, strict=True)
        if u in live["users"] and i in live["items"]
    }
    assert outlined == held and held
    assert np.isnan(named(figure, "held out").x).sum() == len(outlined)


def test_ratings_kept_for_the_test_are_not_told(run):
    _, live = draw(matrix(run, "light"))
    test = {(u, i) for u, i in zip(run.split.test.user_ids, run.split.test.item_ids, strict=True)}
    said = {(live["users"][r], live["items"][c]): what for r, c, what in live["held"]}
    hidden = {what for cell, what in said.items() if cell in test}
    assert hidden == {"rating kept for the test"}
    assert all("validation" in what for cell, what in said.items() if cell not in test)


def rectangles(trace):
    """Left, top, width and height of each closed rectangle of a line, to two decimals."""
    x, y = (np.array(v, float).reshape(-1, 6)[:, :5] for v in (trace["x"], trace["y"]))
    sides = np.stack([x.min(1), y.min(1), np.ptp(x, 1), np.ptp(y, 1)], 1)
    return sorted(map(tuple, np.round(sides, 2).tolist()))


def painted(figure, live, run, **selected):
    """What the browser paints at the last epoch, with somebody selected."""
    tab = Tab()
    try:
        tab.see(1, main=run.stream, status="finished", moment=run.epoch, **selected)
        tab.take(Feed({run.stream: run}, run.stream).tick())
        return tab.paint(figure, live)
    finally:
        tab.close()


@needs_node
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_while_it_moves_the_matrix_has_the_outlines_and_the_ring_that_it_has_at_rest(mode):
    party = trained("party")
    figure, live = matrix(party, mode)
    user, item = live["users"][1], live["items"][2]
    calls = painted(figure, live, party, user=user, item=item)
    boxes = [(*np.round(at, 2), s["strokeStyle"], s["lineWidth"])
             for name, at, s in calls if name == "strokeRect"]  # fmt: skip
    outlines = figure["data"][-1]
    line = outlines["line"]["color"], outlines["line"]["width"]
    assert sorted(boxes[:-1]) == [(*box, *line) for box in rectangles(outlines)]
    ring = theme.cell_ring(mode)
    assert boxes[-1] == (1.5, 0.5, 1, 1, ring["color"], ring["width"])
    at_rest = heatmap.figure(small_block(small_split()), "observed", mode)["data"]
    (drawn,) = (trace for trace in at_rest if trace.get("name") == "held out")
    assert drawn["line"] == outlines["line"]
    assert {box[2:] for box in rectangles(drawn)} == {box[2:4] for box in boxes[:-1]}


@needs_node
def test_while_it_moves_the_selected_point_has_the_ring_of_the_theme():
    party = trained("party")
    figure, live = space(party)
    calls = painted(figure, live, party, user=live["groups"][0]["ids"][3])
    ring = theme.point_ring("light")
    (at,) = (i for i, (name, *_) in enumerate(calls) if name == "stroke")
    name, (_, _, radius, *_), _ = calls[at - 1]
    assert (name, 2 * radius) == ("arc", ring["size"])
    assert calls[at][2]["strokeStyle"] == ring["color"]
    assert calls[at][2]["lineWidth"] == ring["line"]["width"]


@needs_node
def test_while_it_moves_names_are_written_as_they_are():
    party = trained("party")
    names = ["R&B", "<b>x</b>", "A$b$ %{x}", *party.ratings.user_names[3:]]
    called = party.split.train.replace(users=names)
    ids = np.arange(called.n_users), np.arange(called.n_items)
    calls = painted(*latent.live(called, *ids, "light"), party)
    written = [values[0] for name, values, _ in calls if name == "fillText"]
    assert set(names[:3]) <= set(written) <= {*names, *called.item_names}


# --- the latent space -----------------------------------------------------------------------------


def space(run, mode="light"):
    train = run.split.train
    return latent.live(train, np.arange(train.n_users), np.arange(train.n_items), mode)


def test_users_and_items_keep_their_marks_and_their_places_come_later(run):
    figure, live = draw(space(run))
    has_its_words(figure)
    users, items = figure.data
    assert (users.marker.color, users.marker.symbol) == (theme.USER, "circle")
    assert (items.marker.color, items.marker.symbol) == (theme.ITEM, "diamond")
    assert not users.x and not items.x
    assert [group["points"] for group in live["groups"]] == [[0, 80], [80, 130]]
    for group, ids in zip(live["groups"], (range(80), range(50)), strict=True):
        assert group["ids"] == list(ids)
    assert figure.layout.yaxis.scaleanchor == "x"


def test_few_points_are_named_and_many_are_not(run):
    assert space(run)[1]["names"] is None
    party = trained("party")
    _, live = space(party)
    assert live["names"] == [party.ratings.user_names, party.ratings.item_names]
    assert go.layout.Annotation(live["name"] | {"x": 0, "y": 0, "text": "a name"}).name == "point"


def test_the_table_of_places_waits_for_them():
    train = rc.datasets.music_party()
    ids = np.arange(2), np.arange(3)
    unplaced = latent.live_table(train, *ids, None)
    assert list(unplaced["kind"]) == ["user"] * 2 + ["song"] * 3
    assert list(unplaced.columns) == ["kind", "name"]
    placed = latent.live_table(train, *ids, np.arange(10).reshape(5, 2) / 3)
    assert placed["main"].tolist() == [0, 0.6667, 1.3333, 2, 2.6667]
