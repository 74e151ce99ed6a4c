"""The matrix's picture shows each number where and as it should."""

import dataclasses

import numpy as np
import plotly.graph_objects as go
import pytest

import recsys_core as rc
from recsys_core.asking import matrix_view
from recsys_core.figures import heatmap, theme
from tests.small_matrix import small_block, small_split


@pytest.fixture
def split():
    return small_split()


@pytest.fixture
def part(split):
    return small_block(split)


def draw(part, view, mode):
    return go.Figure(heatmap.figure(part, view, mode))


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("view", ["observed", "predicted", "filled"])
def test_ratings_keep_one_scale_in_every_view(part, view, mode):
    chart = draw(part, view, mode)
    heat = chart.data[0]
    np.testing.assert_allclose(np.array(heat.z, float), part.values(view), atol=1e-3)
    assert (heat.zmin, heat.zmax) == (1, 5)
    assert [list(c) for c in heat.colorscale] == theme.sequential(mode)
    assert chart.layout.template.layout.font.family == theme.FONT


def test_errors_are_white_at_zero_and_symmetric(part):
    heat = draw(part, "error", "light").data[0]
    assert heat.zmin == -heat.zmax
    assert [list(c) for c in heat.colorscale] == theme.diverging()


def test_unrated_cells_carry_a_dot_and_no_colour(part):
    chart = draw(part, "observed", "light")
    dots = next(trace for trace in chart.data[1:] if trace.mode == "markers")
    assert set(zip(dots.y, dots.x, strict=True)) == {(0, 1), (1, 0)}
    assert np.isnan(np.array(chart.data[0].z, float)[0, 1])


def outlines(trace):
    """Centres of the closed rectangles of a line trace."""
    x, y = (np.array(v, float).reshape(-1, 6)[:, :5] for v in (trace.x, trace.y))
    return {
        (round(b.mean(axis=None) + 0), round(a.mean() + 0))
        for a, b in zip(x[:, :4], y[:, :4], strict=True)
    }


def test_held_out_cells_are_outlined(part):
    chart = draw(part, "observed", "light")
    lines = [trace for trace in chart.data[1:] if trace.mode == "lines"]
    assert outlines(lines[-1]) == {(0, 2), (1, 1)}


def test_values_are_printed_in_small_blocks_only(part):
    assert draw(part, "filled", "light").data[0].text[0] == ["<b>5</b>", "3.5", "3.5"]
    assert draw(part, "error", "light").data[0].text[0] == ["−1.5", "", "+0.5"]
    large = rc.Ratings.from_matrix(np.full((40, 40), 3.0))
    whole = matrix_view.block_of(large, None, np.arange(40), np.arange(40))
    assert draw(whole, "observed", "light").data[0].text is None


def test_hovering_says_what_is_known_of_a_cell(part):
    said = draw(part, "predicted", "light").data[0].hovertext
    assert said[0][0] == "Ann · x<br>rated 5 · predicted 3.50 · error −1.50"
    assert said[0][1].endswith("unrated · predicted 3.50")
    assert said[0][2].endswith("held out, rated 3 · predicted 3.50 · error +0.50")
    assert said[1][1].endswith("held out for the test, rated 2 · predicted 2.50")


def test_clusters_are_parted_by_lines(split):
    grouped = matrix_view.block_of(
        split.train, None, np.array([0, 1]), np.array([0, 1, 2]),
        user_groups=np.array([0, 1]), item_groups=np.array([0, 0, 1]),
    )  # fmt: skip
    chart = draw(grouped, "observed", "light")
    lines = [trace for trace in chart.data[1:] if trace.mode == "lines"]
    assert [(list(t.x), list(t.y)) for t in lines] == [
        ([-0.5, 2.5], [0.5, 0.5]),
        ([1.5, 1.5], [-0.5, 1.5]),
    ]


def test_words_about_the_picture(part, split):
    assert (
        heatmap.title(part, "error") == "Errors, predicted − observed · 2\u00a0users × 3\u00a0songs"
    )
    assert "values from 2.50 to 3.50, mean 3, in 100\u00a0%" in heatmap.alt(part, "predicted")
    assert "Predicted ratings" in (said := heatmap.live_alt(part))
    assert "2\u00a0users × 3\u00a0songs" in said
    assert "preferences" in heatmap.live_alt(dataclasses.replace(part, has_ratings=False))
    assert "held out" in heatmap.legend(part, "observed")
    alone = matrix_view.block_of(split.train, None, np.array([0]), np.array([1]))
    assert "no cell has a value" in heatmap.alt(alone, "observed")
    assert "held out" not in heatmap.legend(alone, "observed")


def test_dots_are_explained_where_they_are_drawn():
    # Two thirds of the cells are gaps: 67 dots have room, 3,267 have not.
    for n, drawn in ((10, True), (70, False)):
        split = rc.splits.whole(rc.datasets.low_rank(n_users=n, n_items=n, density=1 / 3))
        model = rc.UserItemBias().fit(split.train).snapshot()
        part = matrix_view.block_of(split.train, model, np.arange(n), np.arange(n))
        for view in ("observed", "error"):
            marks = [
                t for t in heatmap.figure(part, view, "light")["data"] if t["type"] != "heatmap"
            ]
            assert bool(marks) == drawn
            assert ("dot" in heatmap.legend(part, view)) == drawn
            assert ("Blank" in heatmap.legend(part, view)) != drawn
    assert "dot" not in heatmap.legend(part, "filled")


def test_names_thin_out_where_there_is_no_room(split):
    large = rc.Ratings.from_matrix(np.full((100, 200), 3.0))
    whole = matrix_view.block_of(large, None, np.arange(100), np.arange(200))
    chart = draw(whole, "observed", "light")
    assert len(chart.layout.xaxis.tickvals) < 110
    for axis, names in (
        (chart.layout.xaxis, large.item_names),
        (chart.layout.yaxis, large.user_names),
    ):
        assert list(axis.ticktext) == [names[at] for at in axis.tickvals]
