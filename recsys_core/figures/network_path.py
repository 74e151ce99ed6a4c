"""The path of one prediction through a network: embeddings, layers, sum."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.inside.network_path import NetworkPath
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# Lines between two layers: those that carry most.
_MOST_LINES = 36


def figure(path: NetworkPath, mode: Mode) -> Figure:
    """Columns of numbers from the embeddings to the prediction; lines carry what is passed on.

    A line is the wider the more it carries, solid where it raises the next number and dotted where
    it lowers it; a hollow unit is switched off by its relu.
    """
    columns = _columns(path)
    colours = theme.of(mode)
    places = [_places(len(column["values"])) for column in columns]
    traces: list[Trace] = []
    for at, carried in _lines(path, columns):
        traces += _drawn(carried, at, places, mode)
    for at, column in enumerate(columns):
        values, kinds = column["values"], column["kinds"]
        for kind in dict.fromkeys(kinds):
            mine = [n for n, each in enumerate(kinds) if each == kind]
            on = [column["on"][n] for n in mine]
            colour = theme.COLOUR.get(kind, colours.accent)
            symbol = theme.SYMBOL.get(kind, "square")
            traces.append(
                trace(
                    "scatter",
                    x=[at] * len(mine),
                    y=[places[at][n] for n in mine],
                    mode="markers",
                    marker={
                        "color": colour,
                        "size": [_size(values[n], values) for n in mine],
                        "symbol": [symbol if each else f"{symbol}-open" for each in on],
                        "line": {"width": 1.5, "color": colour},
                    },
                    hovertext=[
                        f"{column['name']} {n + 1}: {words.number(values[n])}" for n in mine
                    ],
                    hoverinfo="text",
                    showlegend=False,
                )  # fmt: skip
            )
    chart = plain.figure(
        traces,
        Text("The path of one prediction"),
        height=430,
        showlegend=False,
        xaxis=axis(
            tickvals=list(range(len(columns))), ticktext=[column["title"] for column in columns],
            range=[-0.3, len(columns) - 0.7], showgrid=False, zeroline=False,
        ),
        yaxis=axis(visible=False, range=[-0.08, 1.08]),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _columns(path: NetworkPath) -> list[dict]:
    """What stands in each column: the numbers, what each is, and whether it passes anything on."""
    sides = [*path.user_embedding, *path.item_embedding]
    kinds = ["user"] * len(path.user_embedding) + ["item"] * len(path.item_embedding)
    columns = [_column(Text("embeddings"), Text("embedding"), sides, kinds)]
    if len(path.inner):
        columns.append(_column(Text("first layer"), Text("unit"), path.inner, on=path.inner > 0))
        columns.append(_column(Text("second layer"), Text("unit"), path.outer, on=path.outer > 0))
    else:
        columns.append(_column(Text("products"), Text("product"), path.products))
    columns.append(_column(Text("prediction"), Text("sum"), [path.score]))
    return columns


def _column(title: str, name: str, values, kinds=None, on=None) -> dict:  # type: ignore[no-untyped-def]
    values = [float(value) for value in values]
    return {
        "title": title, "name": name, "values": values,
        "kinds": kinds or ["unit"] * len(values),
        "on": [True] * len(values) if on is None else [bool(each) for each in on],
    }  # fmt: skip


def _lines(path: NetworkPath, columns: list[dict]) -> list[tuple[int, np.ndarray]]:
    """By the column they begin at, what lines carry: (n of the next, n of this one)."""
    k = len(path.user_embedding)
    if not len(path.inner):
        both = np.zeros((len(path.products), 2 * k))
        for f, product in enumerate(path.products):
            both[f, f] = both[f, k + f] = product
        return [(0, both), (1, path.products[None])]
    n = len(path.sides) // 2
    first = np.zeros((len(path.inner), 2 * k))
    first[:, k - n : k] = path.to_inner[:, :n]
    first[:, 2 * k - n :] = path.to_inner[:, n:]
    return [(0, first), (1, path.to_outer), (2, path.to_score[None])]


def _drawn(carried: np.ndarray, at: int, places: list[np.ndarray], mode: Mode) -> list[Trace]:
    """The lines that carry most, in four widths, raising and lowering apart."""
    size = np.abs(carried)
    most = float(size.max(initial=0.0))
    if not most:
        return []
    least = np.sort(size, axis=None)[::-1][:_MOST_LINES][-1]
    found = []
    for raises in (True, False):
        for width in (1, 2, 3, 4):
            share = size / most * 4
            some = (size >= least) & (size > 0) & (np.ceil(share) == width)
            some &= (carried > 0) == raises
            x: list[float | None] = []
            y: list[float | None] = []
            for to, begin in np.argwhere(some):
                x += [at, at + 1, None]
                y += [float(places[at][begin]), float(places[at + 1][to]), None]
            if x:
                line = {"width": width, "color": theme.of(mode).muted,
                        "dash": "solid" if raises else "dot"}  # fmt: skip
                found.append(trace("scatter", x=x, y=y, mode="lines", line=line, opacity=0.6,
                                   hoverinfo="skip", showlegend=False))  # fmt: skip
    return found


def _places(n: int) -> np.ndarray:
    """Heights of the numbers of a column, from the top, 1 … 0."""
    return np.array([0.5]) if n == 1 else np.linspace(1, 0, n)


def _size(value: float, values: list[float]) -> float:
    most = max(abs(each) for each in values) or 1.0
    return 6 + 12 * abs(value) / most


def alt(path: NetworkPath) -> str:
    """The picture in a sentence."""
    if not len(path.inner):
        return Text(
            "{n:,}\N{NO-BREAK SPACE}product add up to the prediction",
            "{n:,}\N{NO-BREAK SPACE}products add up to the prediction",
            n=len(path.products),
        )
    on = int((path.inner > 0).sum()), int((path.outer > 0).sum())
    return Text(
        "Of {inner} units of the first layer {inner_on} pass something on, of {outer} of the "
        "second {outer_on}; lines show what carries most",
        inner=len(path.inner), inner_on=on[0], outer=len(path.outer), outer_on=on[1],
    )  # fmt: skip


def table(path: NetworkPath) -> pd.DataFrame:
    """The same as a table: layer, number, its value, and what it passes on."""
    rows = [(Text("user embedding"), f + 1, v, v) for f, v in enumerate(path.user_embedding)]
    rows += [(Text("item embedding"), f + 1, v, v) for f, v in enumerate(path.item_embedding)]
    rows += [(Text("product"), f + 1, v, v) for f, v in enumerate(path.products)]
    for layer, values in (
        (Text("first layer"), path.inner),
        (Text("second layer"), path.outer),
    ):
        rows += [(layer, n + 1, v, max(v, 0.0)) for n, v in enumerate(values)]
    rows.append((Text("sum"), 1, path.score, path.score))
    return pd.DataFrame(
        rows, columns=[Text("layer"), Text("number"), Text("value"), Text("passed on")]
    )
