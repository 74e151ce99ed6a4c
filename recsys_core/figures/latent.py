"""The latent space as a map: users and items where their factors put them.

``figure`` draws a map at rest, with ``overlay`` over it; ``live`` one of a run, whose points move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking import latent_map
from recsys_core.asking.latent_map import Places
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.point_labels import LONGEST_LABEL, positions
from recsys_core.figures.theme import Mode
from recsys_core.ratings import SIDES, Ratings, Scale, Side, most_first
from recsys_core.text import Number, Text, later

Shade = Literal["kind", "group", "mean", "count", "false", "torn"]
Method = Literal["pca", "factors", "tsne", "umap"]

# How a map was made, as its title says it.
_SEEN: dict[Method, str] = {
    "pca": later("{what}, by PCA"),
    "factors": later("{what}, along two factors"),
    "tsne": later("{what}, by t-SNE"),
    "umap": later("{what}, by UMAP"),
}

# What the depth of a colour says, where a map is shaded by what it errs in.
_ERRORS: dict[Shade, Text] = {
    "false": Text("false neighbours"),
    "torn": Text("torn neighbours"),
}

# What nearness on a map means.
_BENT = later(
    "Map of {title}; points near each other are alike, while distances between groups say little"
)
_NEAR: dict[Method, str] = {
    "pca": later(
        "Map of {title}; the nearer two points are, the more alike, as far as two directions can "
        "show it"
    ),
    "factors": later(
        "Map of {title}; each point lies where its values of these two factors put it"
    ),
    "tsne": _BENT,
    "umap": _BENT,
}

# Up to this many points, each carries its name.
_MOST_NAMED = 60

# On a map of many, so many of the best known items are named while nobody is selected.
_LANDMARKS = 10

# Pixels across a point, by how many there are.
_SIZES = ((_MOST_NAMED, 13), (500, 9), (1500, 7), (4000, 5), (float("inf"), 4))

# From this many points on lines say where they lie densest.
_DENSE = 3000

# Letters of a name that hovering says: of thousands of points, a page carries them all.
_LONGEST_HOVER = 100

# How opaque points are behind a selected one.
_FADED = 0.45

# The live map, which is smaller: up to this many points each carries its name; pixels across a
# point that has one, and across one that has none.
MOST_NAMED_LIVE = 24
_LIVE_NAMED_SIZE, _LIVE_SIZE = 10, 6

# What annotations that name a point are called: the browser, which knows how large the map is, puts
# them where they cover nothing, and leaves out those there is no room for (``js/fit.js``).
_POINT = "point"

# Clusters and genres: Paul Tol's muted colours, his light ones on dark paper; colour-blind safe.
_GROUPS = (
    "#332288", "#CC6677", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933",
)  # fmt: skip
_GROUPS_DARK = (
    "#77AADD", "#EE8866", "#EEDD88", "#44BB99", "#FFAABB", "#99DDFF", "#BBCC33", "#AAAA00",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cloud:
    """Users, or items, on the map.

    Attributes
    ----------
    side : "user" or "item"; noun : what one of them is called.
    ids : indices, (n,). xy : where they lie, (n, 2). names : what to call them.
    counts : ratings each, (n,). means : their mean rating, NaN where none, (n,).
    groups : number of each one's cluster or genre, −1 for none of those shown; or None.
    errors : how far the map errs around each, 0 to 1, (n,); None where that is not shown.
    """

    side: Side
    noun: str
    ids: np.ndarray
    xy: np.ndarray
    names: list[str]
    counts: np.ndarray
    means: np.ndarray
    groups: np.ndarray | None = None
    errors: np.ndarray | None = None

    def place(self, index: int) -> int | None:
        """Position of a user or item in this cloud; None where it is not drawn."""
        found = np.flatnonzero(self.ids == index)
        return int(found[0]) if len(found) else None


def cloud(
    train: Ratings,
    places: Places,
    side: Side,
    groups: np.ndarray | None = None,
    errors: np.ndarray | None = None,
) -> Cloud:
    """One side of a map, with what the training ratings say of each user or item.

    ``groups`` are of all users (or items), drawn or not, (n_users,) or (n_items,); ``errors`` are
    of those drawn, (n,).
    """
    ids, of = places.ids[side], train.axis(side)
    return Cloud(
        side=side,
        noun=of.noun,
        ids=ids,
        xy=places.xy[side],
        names=[of.names[i] for i in ids],
        counts=of.counts[ids],
        means=of.means[ids],
        groups=None if groups is None else groups[ids],
        errors=errors,
    )


def title(clouds: Sequence[Cloud], method: Method) -> str:
    """What a map shows, in a line: “4 users and 12 songs, by PCA”."""
    what = words.listed([words.plural(cloud.noun, len(cloud.ids)) for cloud in clouds])
    return Text(_SEEN[method], what=what)


def figure(
    clouds: Sequence[Cloud],
    mode: Mode,
    *,
    title: str,
    axes: tuple[str, str],
    scale: Scale,
    shade: Shade = "kind",
    group_names: Sequence[str] = (),
) -> Figure:
    """The map of nobody selected; ``overlay`` has what lies over it where somebody is.

    Each point's index is its ``customdata``, and ``meta`` of its trace is its side.
    """
    n_points = sum(len(cloud.ids) for cloud in clouds)
    traces: list[Trace] = []
    for cloud in clouds:
        _add_points(traces, cloud, n_points, shade, group_names, scale, mode)
    named = {points["name"] for points in traces}
    if is_dense(clouds):
        traces += [_density(cloud, mode) for cloud in clouds]
    chart = plain.figure(
        traces,
        title,
        height=560,
        dragmode="pan",
        showlegend=len(named) > 1,
        xaxis=axis(axes[0], showticklabels=False, zeroline=True),
        # One unit is as long along both axes: distances are what a map is read for.
        yaxis=axis(axes[1], showticklabels=False, zeroline=True, scaleanchor="x"),
        annotations=_names(clouds, None, None, mode) or None,
    )
    if shade == "group":  # many names, or long ones: below, where there is room for some lines
        below = {"y": -0.07, "yanchor": "top", "itemsizing": "constant"}
        chart["layout"] |= {"legend": below, "margin": {"t": 38}}
    return theme.dress(chart, mode)


def is_dense(clouds: Sequence[Cloud]) -> bool:
    """Whether there are so many points that lines say where most of them lie."""
    return sum(len(cloud.ids) for cloud in clouds) >= _DENSE


def lines_said(clouds: Sequence[Cloud]) -> str:
    """What the lines of a dense map say; empty where there are none."""
    if not is_dense(clouds):
        return ""
    ways = {"user": later("{nouns} (solid)"), "item": later("{nouns} (dotted)")}
    said = words.listed([Text(ways[cloud.side], nouns=words.nouns(cloud.noun)) for cloud in clouds])
    return Text(
        "Lines enclose the densest quarter, half and three quarters of the {said}.", said=said
    )


def _density(cloud: Cloud, mode: Mode) -> Trace:
    """Lines around the densest quarter, half and three quarters of the points."""
    across, upward, inside = latent_map.densest(cloud.xy)
    return trace(
        "contour",
        x=np.round(across, 4),
        y=np.round(upward, 4),
        z=np.round(inside, 3),
        contours={"coloring": "none", "start": 0.25, "end": 0.75, "size": 0.25},
        line={
            "color": theme.ink(mode),
            "width": 1.5,
            "dash": "solid" if cloud.side == "user" else "dot",
            "smoothing": 1,
        },
        showscale=False,
        showlegend=False,
        hoverinfo="skip",
    )


def overlay(
    clouds: Sequence[Cloud],
    selected: tuple[Side, int] | None,
    neighbours: np.ndarray | None,
    shade: Shade,
    mode: Mode,
    false: np.ndarray | None = None,
) -> Figure:
    """Draw what lies over the map where somebody is selected: ring, lines and names.

    ``selected`` has a dark ring, and thin lines lead to its ``neighbours`` (indices on the same
    side, (n,)): long lines show that the map distorts distances. Crosses are ``false`` neighbours,
    near on the map alone (likewise, (m,)).

    A picture of its own, so that another choice need not send the map again: its traces come after
    the map's, its annotations in place of them; ``opacity`` is the map's, None where it stays.
    """
    return {
        "data": [
            *_selected(clouds, selected, neighbours, shade, mode),
            *_crosses(clouds, selected, false, mode),
        ],
        "layout": {"annotations": _names(clouds, selected, neighbours, mode)},
        "opacity": _FADED if selected is not None and shade == "kind" else None,
    }


def table(clouds: Sequence[Cloud], group_names: Sequence[str] = ()) -> pd.DataFrame:
    """Where everyone lies: kind, name, x, y, mean rating, ratings (and group)."""
    parts = []
    for cloud in clouds:
        part = pd.DataFrame(
            {
                Text("kind"): str(words.named(cloud.noun)),
                Text("name"): cloud.names,
                "x": cloud.xy[:, 0],
                "y": cloud.xy[:, 1],
                Text("mean rating"): cloud.means,
                Text("ratings"): cloud.counts,
            }
        )
        if cloud.errors is not None:
            part[Text("map error")] = np.round(cloud.errors, 3)
        if cloud.groups is not None:
            part[Text("group")] = [group_names[g] if g >= 0 else "" for g in cloud.groups]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def alt(clouds: Sequence[Cloud], method: Method) -> str:
    """The map in a sentence, for those who cannot see it."""
    return Text(_NEAR[method], title=title(clouds, method))


def group_colour(group: int, mode: Mode) -> str:
    """The colour of a cluster or genre by its number."""
    colours = _GROUPS_DARK if mode == "dark" else _GROUPS
    return colours[group % len(colours)]


def _add_points(
    traces: list[Trace],
    cloud: Cloud,
    n_points: int,
    shade: Shade,
    group_names: Sequence[str],
    scale: Scale,
    mode: Mode,
) -> None:
    symbol = theme.SYMBOL[cloud.side]
    size = next(size for most, size in _SIZES if n_points <= most)
    common = {
        "symbol": symbol,
        "size": size + (cloud.side == "item"),
        "opacity": 0.9 if n_points <= 500 else 0.7 if n_points <= 4000 else 0.5,
        "line": {"width": 0.5 if n_points <= 2000 else 0, "color": theme.paper(mode)},
    }
    if shade == "group" and cloud.groups is not None:
        for group in np.unique(cloud.groups):
            name = Text("others") if group < 0 else group_names[group]
            of_group = theme.of(mode).mark if group < 0 else group_colour(int(group), mode)
            marker = common | {"color": of_group}
            if group < 0:
                marker["opacity"] = 0.35
            _add_trace(traces, cloud, cloud.groups == group, name, marker)
        return
    if shade == "mean":
        marker = common | _shaded(cloud.means, theme.sequential(mode), scale.low, scale.high)
        marker["colorbar"] = _colour_bar(Text("mean rating"))
    elif shade == "count":
        # On a logarithmic scale: a few have thousands, most have a handful.
        depth = np.log10(np.maximum(cloud.counts, 1))
        top = max(float(depth.max(initial=0.0)), 1.0)
        ramp = [[0, theme.of(mode).mark], [1, theme.ink(mode)]]
        ticks = np.arange(int(top) + 1)
        marker = common | _shaded(depth, ramp, 0, top)
        marker["colorbar"] = _colour_bar(Text("ratings")) | {
            "tickvals": ticks,
            "ticktext": [Number(f"{10**t:,}") for t in ticks],
        }
    elif shade in _ERRORS and cloud.errors is not None:
        ramp = [[0, theme.of(mode).mark], [1, theme.ink(mode)]]
        marker = common | _shaded(cloud.errors, ramp, 0, 1)
        marker["colorbar"] = _colour_bar(_ERRORS[shade].worded()) | {
            "tickvals": [0, 1],
            "ticktext": [Text("0: none"), Text("1: all")],
        }
    else:
        marker = common | {"color": theme.COLOUR[cloud.side]}
    if traces:  # one colour bar serves both clouds
        marker.pop("colorbar", None)
        marker["showscale"] = False
    everyone = np.ones(len(cloud.ids), bool)
    _add_trace(traces, cloud, everyone, words.nouns(cloud.noun), marker)


def _shaded(values: np.ndarray, colours: list, low: float, high: float) -> dict[str, Any]:
    return {
        "color": np.round(values, 3),
        "colorscale": colours,
        "cmin": low,
        "cmax": high,
        "showscale": True,
    }


def _colour_bar(text: str) -> dict[str, Any]:
    return {
        "title": {"text": text},
        "thickness": 10,
        "outlinewidth": 0,
        "lenmode": "pixels",
        "len": 180,
        "y": 1,
        "yanchor": "top",
    }


def _add_trace(
    traces: list[Trace], cloud: Cloud, which: np.ndarray, name: str, marker: dict
) -> None:
    at = np.flatnonzero(which)
    if isinstance(marker["color"], np.ndarray):
        marker = marker | {"color": marker["color"][at]}
    traces.append(
        trace(
            "scatter",
            x=np.round(cloud.xy[at, 0], 4),
            y=np.round(cloud.xy[at, 1], 4),
            customdata=cloud.ids[at],
            meta=cloud.side,
            mode="markers",
            name=(called := escape.plotly(escape.short(name, LONGEST_LABEL))),
            legendgroup=called,
            showlegend=called not in {points["name"] for points in traces},
            marker=marker,
            hovertext=[
                f"{escape.plotly(escape.short(cloud.names[i], _LONGEST_HOVER))}"
                f"<br>{_rated(int(cloud.counts[i]), float(cloud.means[i]))}"
                for i in at
            ],
            hoverinfo="text",
        )
    )


def _rated(count: int, mean: float) -> Text:
    """How often a point is rated, and how high on average."""
    if np.isnan(mean):
        return words.plural("rating", count)
    return Text(
        "{n:,}\N{NO-BREAK SPACE}rating, mean {mean}",
        "{n:,}\N{NO-BREAK SPACE}ratings, mean {mean}",
        n=count, mean=words.number(mean),
    )  # fmt: skip


def _chosen(
    clouds: Sequence[Cloud], selected: tuple[Side, int] | None, neighbours: np.ndarray | None
) -> tuple[Cloud, list[int]] | None:
    """The cloud of the selected point, and the places of it (first) and its neighbours there."""
    for cloud in clouds:
        if selected is None or cloud.side != selected[0]:
            continue
        places = [
            cloud.place(int(i)) for i in (selected[1], *(() if neighbours is None else neighbours))
        ]
        if places[0] is not None:
            return cloud, [place for place in places if place is not None]
    return None


def _selected(
    clouds: Sequence[Cloud],
    selected: tuple[Side, int] | None,
    neighbours: np.ndarray | None,
    shade: Shade,
    mode: Mode,
) -> list[Trace]:
    """The ring of the selected point, those of its neighbours, and lines that lead to them."""
    found = _chosen(clouds, selected, neighbours)
    if found is None:
        return []
    cloud, places = found
    xy = cloud.xy[places]
    symbol = theme.SYMBOL[cloud.side]
    ink = theme.ink(mode)
    traces = []
    if len(xy) > 1:
        ways = [(xy[0], to, (None, None)) for to in xy[1:]]
        traces.append(
            trace(
                "scatter",
                x=[point[0] for way in ways for point in way],
                y=[point[1] for way in ways for point in way],
                mode="lines",
                line={"color": theme.of(mode).muted, "width": 1},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    colour = theme.COLOUR[cloud.side]
    if shade != "kind":
        colour = "rgba(0,0,0,0)"  # the colour of the point below says something
    for points, size, width in ((xy[1:], 11, 1.5), (xy[:1], 16, 3)):
        if not len(points):
            continue
        traces.append(
            trace(
                "scatter",
                x=points[:, 0],
                y=points[:, 1],
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": size,
                    "color": colour,
                    "line": {"color": ink, "width": width},
                },
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return traces


def _crosses(
    clouds: Sequence[Cloud],
    selected: tuple[Side, int] | None,
    false: np.ndarray | None,
    mode: Mode,
) -> list[Trace]:
    """A cross on each false neighbour of the selected point."""
    found = _chosen(clouds, selected, false)
    if found is None or len(found[1]) < 2:
        return []
    xy = found[0].xy[found[1][1:]]
    marker = {"symbol": "x-thin-open", "size": 12, "color": theme.ink(mode),
              "line": {"color": theme.ink(mode), "width": 2}}  # fmt: skip
    return [trace("scatter", x=xy[:, 0], y=xy[:, 1], mode="markers", marker=marker,
                  hoverinfo="skip", showlegend=False)]  # fmt: skip


def _names(
    clouds: Sequence[Cloud],
    selected: tuple[Side, int] | None,
    neighbours: np.ndarray | None,
    mode: Mode,
) -> list[dict[str, Any]]:
    """Names of all points where they are few; else of the selected one and its neighbours.

    With nobody selected, the items with the most ratings are named, to find one's way by.
    """
    found = _chosen(clouds, selected, neighbours)
    named: list[tuple[Cloud, int]] = []
    if found is not None:
        named = [(found[0], place) for place in found[1]]
    if sum(len(cloud.ids) for cloud in clouds) <= _MOST_NAMED:
        first = {(cloud.side, place) for cloud, place in named}
        named += [
            (cloud, place)
            for cloud in clouds
            for place in range(len(cloud.ids))
            if (cloud.side, place) not in first
        ]
    elif not named:
        named = [
            (cloud, int(place))
            for cloud in clouds
            if cloud.side == "item"
            for place in most_first(cloud.counts, _LANDMARKS)
        ]
    if not named:
        return []
    xy = np.array([cloud.xy[place] for cloud, place in named])
    everyone = np.concatenate([cloud.xy for cloud in clouds])
    names = [escape.short(cloud.names[place], LONGEST_LABEL) for cloud, place in named]
    said = [escape.plotly(name) for name in names]
    bold = [
        f"<b>{name}</b>" if found is not None and at == 0 else name for at, name in enumerate(said)
    ]
    placed = zip(xy.tolist(), bold, positions(xy, names, everyone), strict=True)
    return [_name(x, y, text, where, mode) for (x, y), text, where in placed]


def _name(x: float, y: float, text: str, where: str, mode: Mode) -> dict[str, Any]:
    up, along = where.split()
    return {
        "name": _POINT,
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "xanchor": {"left": "right", "right": "left", "center": "center"}[along],
        "yanchor": {"top": "bottom", "bottom": "top", "middle": "middle"}[up],
        "xshift": {"left": -8, "right": 8, "center": 0}[along],
        "yshift": {"top": 6, "bottom": -6, "middle": 0}[up],
        "bgcolor": theme.paper(mode),
        "opacity": 0.85,
        "borderpad": 0,
        "font": {"size": theme.FONT_SIZE, "color": theme.ink(mode)},
    }


# --- live -----------------------------------------------------------------------------------------


def live(
    train: Ratings, users: np.ndarray, items: np.ndarray, mode: Mode
) -> tuple[Figure, dict[str, Any]]:
    """Draw the map that moves during training, its points not yet placed.

    ``users`` and ``items`` are indices, (n,) and (m,). Where they lie, how wide the picture is and
    what its axes are called comes from the browser's store.

    Returns the figure, and what the browser's panel needs to place the points.
    """
    n_points = len(users) + len(items)
    named = n_points <= MOST_NAMED_LIVE
    traces: list[Trace] = []
    groups: list[dict[str, Any]] = []
    first = 0
    for side, ids in zip(SIDES, (users, items), strict=True):
        of = train.axis(side)
        groups.append(
            {
                "trace": len(traces),
                "side": side,
                "ids": ids.tolist(),
                "points": [first, first + len(ids)],
            }
        )
        first += len(ids)
        traces.append(
            trace(
                "scatter",
                x=[],
                y=[],
                mode="markers",
                text=[escape.plotly(escape.short(of.names[i], LONGEST_LABEL)) for i in ids],
                hovertext=[escape.plotly(of.names[i]) for i in ids],
                marker={
                    "color": theme.COLOUR[side],
                    "symbol": theme.SYMBOL[side],
                    "size": _LIVE_NAMED_SIZE if named else _LIVE_SIZE,
                    "opacity": 1 if named else 0.7,
                },
                name=words.nouns(of.noun),
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )
    sampled = len(users) < train.n_users or len(items) < train.n_items
    bare = {"range": [-1, 1], "showticklabels": False, "zeroline": True}
    chart = plain.figure(
        traces,
        Text(
            "Latent space: {n:,}\N{NO-BREAK SPACE}point, a sample",
            "Latent space: {n:,}\N{NO-BREAK SPACE}points, a sample",
            n=n_points,
        )
        if sampled
        else Text("Latent space"),
        margin={"t": 62},
        uirevision="latent",
        xaxis=axis(Text("main direction"), **bare),
        yaxis=axis(Text("second direction"), **bare, scaleanchor="x"),
    )
    written = {"size": theme.FONT_SIZE, "color": theme.of(mode).muted}
    following = {
        "panel": "latent",
        "groups": groups,
        "ring": theme.point_ring(mode),
        "names": [points["text"] for points in traces] if named else None,
        "name": {"name": _POINT, "showarrow": False, "borderpad": 0, "font": written},
    }
    return theme.dress(chart, mode), following


def live_table(
    train: Ratings, users: np.ndarray, items: np.ndarray, xy: np.ndarray | None
) -> pd.DataFrame:
    """The points shown: kind, name, and where they lie (``xy``, (n, 2); None: unknown yet)."""
    kinds = str(Text("user")), str(words.named(train.item_noun))
    rows = [(kinds[0], train.user_names[u]) for u in users]
    rows += [(kinds[1], train.item_names[i]) for i in items]
    table = pd.DataFrame(rows, columns=[Text("kind"), Text("name")])
    if xy is None:
        return table
    return table.assign(
        **{Text("main"): np.round(xy[:, 0], 4), Text("second"): np.round(xy[:, 1], 4)}
    )
