"""The loss of one row over two of its numbers: a bowl, with its lowest point with and without λ."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.inside.row_update import RowUpdate
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.posterior_ellipses import named
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# Points along each axis.
_GRID = 49

# The lowest point without λ is drawn where it lies at most so many times as far away as the rest.
_FAR = 4.0


def figure(update: RowUpdate, first: int, second: int, mode: Mode) -> Figure:
    """Rings of equal loss over the unknowns ``first`` and ``second``, the others held at w*.

    The path leads from the row before to where the update ends.
    """
    two = [first, second]
    theirs = theme.COLOUR[update.side]
    lowest = update.solution[two]
    before = update.before[two]
    without = update.on_slice(first, second)
    path = np.vstack([before[None], update.path[:, two]])
    reach = _reach(update, first, second)
    lines = [np.linspace(centre - reach, centre + reach, _GRID) for centre in lowest]
    x, y = np.meshgrid(*lines)
    rows = np.repeat(update.solution[None, None], _GRID, axis=0).repeat(_GRID, axis=1)
    rows[..., first], rows[..., second] = x, y
    height = np.sqrt(np.maximum(update.loss(rows) - update.loss(update.solution), 0.0))
    colours = theme.of(mode)
    traces = [
        trace(
            "contour", x=lines[0], y=lines[1], z=height, showscale=False, hoverinfo="skip",
            ncontours=14, contours={"coloring": "fill", "showlines": True},
            line={"color": colours.muted, "width": 0.7},
            colorscale=[[0, colours.paper], [1, colours.mark]], showlegend=False,
        ),
        trace(
            "scatter", x=path[:, 0], y=path[:, 1], mode="lines+markers", name=Text("the update"),
            line={"color": theirs, "width": 2},
            marker={"color": theirs, "size": [10, *[7] * (len(path) - 1)],
                    "symbol": theme.SYMBOL[update.side]},
            hovertext=[
                _at(Text("before"), before), *(_at(Text("after"), each) for each in path[1:])
            ],
            hoverinfo="text",
        ),
        trace(
            "scatter", x=[lowest[0]], y=[lowest[1]], mode="markers", name=Text("lowest with λ"),
            marker={"color": colours.ink, "size": 14, "symbol": "star"},
            hovertext=[_at(Text("lowest with λ"), lowest)], hoverinfo="text",
        ),
    ]  # fmt: skip
    if is_near(update, first, second):
        traces.append(
            trace(
                "scatter",
                x=[without[0]],
                y=[without[1]],
                mode="markers",
                name=Text("lowest without λ"),
                marker={
                    "color": colours.ink,
                    "size": 12,
                    "symbol": "circle-open",
                    "line": {"width": 2.5},
                },
                hovertext=[_at(Text("lowest without λ"), without)],
                hoverinfo="text",
            )  # fmt: skip
        )
    ends = [[float(line[0]), float(line[-1])] for line in lines]
    chart = plain.figure(
        traces,
        Text("The loss over two of the row's numbers"),
        height=380,
        xaxis=axis(_named(update, first), range=ends[0], zeroline=False),
        yaxis=axis(_named(update, second), range=ends[1], zeroline=False),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )
    return theme.dress(chart, mode)


def is_near(update: RowUpdate, first: int, second: int) -> bool:
    """Whether the lowest point without λ lies in the picture."""
    away = np.abs(update.on_slice(first, second) - update.solution[[first, second]]).max()
    return bool(away < _reach(update, first, second))


def _reach(update: RowUpdate, first: int, second: int) -> float:
    """How far the picture reaches from the lowest point, along each axis."""
    two = [first, second]
    lowest = update.solution[two]
    path = np.vstack([update.before[two][None], update.path[:, two]])
    near = max(float(np.abs(path - lowest).max()), 0.3 * float(np.abs(lowest).max()), 1e-3)
    away = float(np.abs(update.on_slice(first, second) - lowest).max())
    return 1.25 * max(near, away if away < _FAR * near else 0.0)


def alt(update: RowUpdate, first: int, second: int) -> str:
    """The picture in a sentence."""
    lowest = update.solution[[first, second]]
    without = update.on_slice(first, second)
    return Text(
        "Rings of equal loss over {first} and {second}; the lowest point with λ at {lowest}, "
        "without λ at {without}",
        first=_named(update, first),
        second=_named(update, second),
        lowest=_pair(lowest),
        without=_pair(without),
    )


def table(update: RowUpdate) -> pd.DataFrame:
    """The row's numbers before, after, at the lowest point, and without λ: one line an unknown."""
    return pd.DataFrame(
        {
            Text("number"): [_named(update, at) for at in range(len(update.names))],
            Text("before"): update.before,
            Text("after"): update.path[-1],
            Text("lowest with λ"): update.solution,
            Text("lowest without λ"): update.without,
        }
    )


def _named(update: RowUpdate, at: int) -> str:
    return named(update.names[at])


def _pair(point: np.ndarray) -> str:
    return words.listed([words.factor(value) for value in point])


def _at(what: str, point: np.ndarray) -> str:
    return f"{what}: {_pair(point)}" if math.isfinite(point.sum()) else what
