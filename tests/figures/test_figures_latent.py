"""The map: everyone where they belong, in a colour with a meaning, the selected one ringed."""

import numpy as np
import plotly.graph_objects as go
import pytest

from recsys_core.figures import latent, theme
from recsys_core.ratings import Scale
from tests.every_figure import covered

SCALE = Scale(1, 5, 1)


def cloud(side="item", n=6, seed=0, groups=None, first=0):
    rng = np.random.default_rng(seed)
    return latent.Cloud(
        side=side,
        noun="user" if side == "user" else "film",
        ids=np.arange(first, first + n),
        xy=rng.normal(size=(n, 2)),
        names=[f"{side} {i}" for i in range(n)],
        counts=np.arange(n),
        means=np.where(np.arange(n) > 0, 3.0, np.nan),
        groups=groups,
    )


def draw(clouds, mode="light", selected=None, neighbours=None, shade="kind", **options):
    """The map with what lies over it, as the browser shows it."""
    options |= {"title": "Map", "axes": ("a", "b"), "scale": SCALE, "shade": shade}
    map_ = latent.figure(clouds, mode, **options)
    return go.Figure(covered(map_, latent.overlay(clouds, selected, neighbours, shade, mode)))


def points(chart):
    return [trace for trace in chart.data if trace.customdata is not None]


def test_users_are_teal_circles_and_items_orange_diamonds_where_they_lie():
    users, films = cloud("user"), cloud("item", seed=1)
    chart = draw([users, films])
    for trace, drawn, colour, symbol in zip(
        points(chart), (users, films), (theme.USER, theme.ITEM), ("circle", "diamond"), strict=True
    ):
        assert (trace.marker.color, trace.marker.symbol) == (colour, symbol)
        assert trace.meta == drawn.side
        np.testing.assert_allclose(np.column_stack([trace.x, trace.y]), drawn.xy, atol=1e-4)
        np.testing.assert_array_equal(trace.customdata, drawn.ids)
    assert chart.layout.yaxis.scaleanchor == "x"  # distances are true in both directions


def test_of_many_points_only_few_are_named():
    n = 1501
    chart = draw([cloud(n=n)])
    assert points(chart)[0].type == "scatter"  # WebGL would need a policy that allows ``eval``
    # The best known, to find one's way by.
    named = [name.text for name in chart.layout.annotations]
    assert named == [f"item {i}" for i in range(n - 1, n - 11, -1)]


def test_few_points_carry_their_names():
    chart = draw([cloud("user"), cloud("item")])
    named = {name.text: (name.x, name.y) for name in chart.layout.annotations}
    assert set(named) == {f"{side} {i}" for side in ("user", "item") for i in range(6)}


def test_a_click_leads_back_to_the_index_whatever_the_shading():
    films = cloud(groups=np.array([0, 1, 0, -1, 1, 0]), first=40)
    for shade in ("kind", "group", "mean", "count"):
        chart = draw([films], shade=shade, group_names=("a", "b"))
        met = {}
        for trace in points(chart):
            for index, x, y in zip(trace.customdata, trace.x, trace.y, strict=True):
                met[int(index)] = (x, y)
        assert sorted(met) == list(range(40, 46))
        np.testing.assert_allclose([met[i] for i in range(40, 46)], films.xy, atol=1e-4)


def test_groups_have_a_colour_each_and_the_rest_is_grey():
    films = cloud(groups=np.array([0, 1, 0, -1, 1, 0]))
    chart = draw([films], "dark", shade="group", group_names=("Drama", "Comedy"))
    colours = {trace.name: trace.marker.color for trace in points(chart)}
    assert set(colours) == {"Drama", "Comedy", "others"}
    assert colours["others"] == theme.DARK.mark
    assert colours["Drama"] == latent.group_colour(0, "dark") != colours["Comedy"]


def test_mean_ratings_have_the_colours_ratings_have_everywhere():
    trace = points(draw([cloud()], shade="mean"))[0]
    assert [list(c) for c in trace.marker.colorscale] == theme.sequential()
    assert (trace.marker.cmin, trace.marker.cmax) == (1, 5)


def test_the_selected_point_wears_a_dark_ring_and_leads_to_its_neighbours():
    films = cloud()
    chart = draw([cloud("user"), films], selected=("item", 3), neighbours=np.array([1, 5, 99]))
    ring = chart.data[-1]
    assert ring.marker.line.color == theme.ink("light")
    np.testing.assert_allclose([[ring.x[0], ring.y[0]]], films.xy[[3]])
    ways = next(t for t in chart.data if t.mode == "lines")
    np.testing.assert_allclose(np.array(ways.x, float)[[0, 1, 3, 4]], films.xy[[3, 1, 3, 5], 0])
    assert "<b>item 3</b>" in [name.text for name in chart.layout.annotations]


def test_a_selected_point_that_is_not_drawn_is_no_error():
    chart = draw([cloud()], selected=("user", 3))
    assert all(trace.mode != "lines" for trace in chart.data)


def test_the_table_twin_and_the_words():
    users, films = (
        cloud("user", groups=np.zeros(6, int)),
        cloud("item", n=2, groups=np.zeros(2, int)),
    )
    table = latent.table([users, films], ["all"])
    assert len(table) == 8
    assert list(table.columns) == ["kind", "name", "x", "y", "mean rating", "ratings", "group"]
    for method, meaning in (("pca", "the nearer"), ("tsne", "distances between groups say little")):
        said = latent.alt([users, films], method)
        assert latent.title([users, films], method) in said and meaning in said


@pytest.mark.parametrize(
    ("selected", "shade", "opacity"),
    [(None, "kind", 0.9), (("item", 3), "kind", 0.45), (("item", 3), "mean", 0.9)],
)
def test_behind_a_selected_point_the_others_fade_unless_their_colour_says_more(
    selected, shade, opacity
):
    chart = draw([cloud("user"), cloud()], shade=shade, selected=selected)
    assert {trace.marker.opacity for trace in points(chart)} == {opacity}


def test_over_the_map_of_nobody_lies_nothing_and_the_same_names():
    clouds = [cloud("user"), cloud()]
    bare = latent.figure(clouds, "light", title="Map", axes=("a", "b"), scale=SCALE)
    assert draw(clouds) == go.Figure(bare)


def test_of_thousands_of_points_a_page_carries_only_the_beginning_of_long_names():
    names = ["n" * 200] * 2
    ids, xy = np.arange(2), np.zeros((2, 2))
    cloud = latent.Cloud("user", "user", ids, xy, names, np.ones(2, int), np.ones(2))
    figure = latent.figure([cloud], "light", title="", axes=("", ""), scale=Scale(1, 5))
    assert max(map(len, figure["data"][0]["hovertext"])) < 150
