"""What a model has found of generated ratings: true and learned points, and its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.truth import PartError, Recovery, held_out_and_all
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Ratings, Side
from recsys_core.text import Text

# Of more points the lines between them cover each other: the most rated are drawn.
MOST_DRAWN = 200

# Letters of a name that hovering says.
_LONGEST_HOVER = 100

# The pairs an error is measured on, from the top of the picture to its bottom.
PARTS = {
    "training": Text("training pairs"),
    "validation": Text("validation pairs"),
    "all": Text("all pairs"),
}


def places(found: Recovery, side: Side, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where true and learned points lie along the two widest true directions, (n, 2) each.

    With one direction alone both have their rank by the true value for a height: the lines between
    them lie level.
    """
    true, learned = found.true[side][ids], found.found[side][ids]
    if found.n_true == 1:
        heights = np.argsort(np.argsort(true[:, 0])).astype(float)
        return np.column_stack([true[:, 0], heights]), np.column_stack([learned[:, 0], heights])
    return true[:, :2], learned[:, :2]


def title(ratings: Ratings, side: Side, n: int) -> str:
    """What the map shows, in a line: “True and learned: 100 users”."""
    return Text("True and learned: {points}", points=words.plural(ratings.axis(side).noun, n))


def recovered(found: Recovery, ratings: Ratings, side: Side, ids: np.ndarray, mode: Mode) -> Figure:
    """Draw true points as rings and learned ones filled, a thin line from each to each.

    ``ids`` are the users or items drawn, (n,), by index.
    """
    true, learned = places(found, side, ids)
    names = ratings.axis(side).names
    gap = np.full(len(ids), np.nan)
    lines = [np.column_stack([true[:, at], learned[:, at], gap]).ravel() for at in (0, 1)]
    hover = [
        Text(
            "{name}<br>true {true}<br>learned {learned}",
            name=escape.plotly(escape.short(names[i], _LONGEST_HOVER)),
            true=_place(t),
            learned=_place(f),
        )
        for i, t, f in zip(ids, found.true[side][ids], found.found[side][ids], strict=True)
    ]
    size = 9 if len(ids) <= 60 else 7
    common: dict[str, Any] = {"mode": "markers", "hovertext": hover, "hoverinfo": "text"}
    muted, symbol = theme.of(mode).muted, theme.SYMBOL[side]
    traces = [
        trace(
            "scatter", x=np.round(lines[0], 4), y=np.round(lines[1], 4), mode="lines",
            line={"color": muted, "width": 1}, hoverinfo="skip", showlegend=False,
        ),
        trace(
            "scatter", x=np.round(true[:, 0], 4), y=np.round(true[:, 1], 4), name=Text("true"),
            marker={
                "symbol": f"{symbol}-open", "size": size + 1, "color": theme.ink(mode),
                "line": {"width": 1.5},
            },
            **common,
        ),
        trace(
            "scatter", x=np.round(learned[:, 0], 4), y=np.round(learned[:, 1], 4),
            name=Text("learned, aligned"),
            marker={"symbol": symbol, "size": size, "color": theme.COLOUR[side]},
            customdata=ids, meta=side, **common,
        ),
    ]  # fmt: skip
    one = found.n_true == 1
    chart = plain.figure(
        traces,
        title(ratings, side, len(ids)),
        height=420,
        dragmode="pan",
        xaxis=axis(Text("first true direction"), zeroline=True),
        yaxis=axis(Text("in the order of the true values"), showticklabels=False, showgrid=False)
        if one
        else axis(Text("second true direction"), zeroline=True, scaleanchor="x"),
    )
    return theme.dress(chart, mode)


def _place(point: np.ndarray) -> str:
    return ", ".join(words.factor(value) for value in point[:2])


def recovered_alt(found: Recovery, ratings: Ratings, side: Side, n: int) -> str:
    """The map in a sentence, for those who cannot see it."""
    r2 = words.measure(found.r2_of_side[side], 2)
    return Text(
        "{title}; R² {r2}, a line from each true point to the learned one",
        title=title(ratings, side, n), r2=r2,
    )  # fmt: skip


def recovered_table(found: Recovery, ratings: Ratings, side: Side, ids: np.ndarray) -> pd.DataFrame:
    """The points of ``ids``, (n,), as a table: name, and two coordinates of each place."""
    names = ratings.axis(side).names
    columns: dict[str, Any] = {Text("name"): [names[i] for i in ids]}
    headings = (
        (Text("first direction, true"), Text("first direction, learned")),
        (Text("second direction, true"), Text("second direction, learned")),
    )
    for at, (true, learned) in zip(range(found.n_true), headings, strict=False):
        columns[true] = found.true[side][ids, at]
        columns[learned] = found.found[side][ids, at]
    return pd.DataFrame(columns)


def errors(parts: Sequence[PartError], mode: Mode) -> Figure:
    """Draw the error against the truth (rings) and against ratings (filled), and the noise floor.

    The floor is the RMSE of the validation ratings against the noise-free ones; without validation
    that of the training ratings.
    """
    colours = theme.of(mode)
    rows = [PARTS[part.part].worded() for part in parts]
    series: list[tuple[str, list[float | None], dict[str, Any]]] = [
        (Text("against ratings"), [part.ratings for part in parts],
         {"symbol": "square", "size": 10, "color": theme.run_colour(0, mode)}),
        (Text("against the noise-free ratings"), [part.truth for part in parts],
         {"symbol": "square-open", "size": 10, "color": colours.ink, "line": {"width": 2}}),
    ]  # fmt: skip
    traces = []
    for name, values, marker in series:
        known = [(value, row) for value, row in zip(values, rows, strict=True) if value is not None]
        traces.append(
            trace(
                "scatter",
                x=[value for value, _ in known],
                y=[row for _, row in known],
                mode="markers",
                name=name,
                marker=marker,
                hovertext=[f"{row}, {name}: RMSE {words.error(value)}" for value, row in known],
                hoverinfo="text",
            )
        )
    noise = floor(parts)
    if noise is not None:
        traces.append(
            trace(
                "scatter",
                x=[noise] * len(rows),
                y=rows,
                mode="lines",
                name=Text("noise {x}", x=words.error(noise)),
                line={"color": colours.muted, "width": 1.5, "dash": "dash"},
                hoverinfo="name",
            )
        )
    chart = plain.figure(
        traces,
        Text("Error against the truth"),
        height=290,
        # Below: on a telephone its three names stand in as many lines.
        legend={"y": -0.32, "yanchor": "top"},
        margin={"t": 38},
        xaxis=axis("RMSE", rangemode="tozero"),
        yaxis=axis(
            None,
            categoryorder="array",
            categoryarray=rows[::-1],
            fixedrange=True,
            ticklabelstandoff=6,
        ),
    )
    return theme.dress(chart, mode)


def floor(parts: Sequence[PartError]) -> float | None:
    """The noise of the validation ratings, else of the training ratings: RMSE against the truth."""
    known = [part.noise for part in parts if part.noise is not None]
    return known[-1] if known else None


def errors_table(parts: Sequence[PartError]) -> pd.DataFrame:
    """The errors as a table, one row per set of pairs, in rating units."""
    return pd.DataFrame(
        {
            Text("on"): [PARTS[part.part].worded() for part in parts],
            Text("pairs"): [part.n for part in parts],
            Text("RMSE against ratings"): [_or_nan(part.ratings) for part in parts],
            Text("RMSE against the truth"): [part.truth for part in parts],
            Text("noise of the ratings"): [_or_nan(part.noise) for part in parts],
        }
    )


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def errors_alt(parts: Sequence[PartError]) -> str:
    """The errors in a sentence."""
    said = [
        Text(
            "on {pairs} {truth} against the truth",
            pairs=PARTS[part.part], truth=words.error(part.truth),
        )
        if part.ratings is None
        else Text(
            "on {pairs} {truth} against the truth and {ratings} against ratings",
            pairs=PARTS[part.part], truth=words.error(part.truth),
            ratings=words.error(part.ratings),
        )
        for part in parts
    ]  # fmt: skip
    noise = floor(parts)
    if noise is None:
        return Text("Error against the truth; RMSE {said}", said=", ".join(said))
    return Text(
        "Error against the truth; RMSE {said}; noise {noise}",
        said=", ".join(said), noise=words.error(noise),
    )  # fmt: skip


_HELD_OUT = Text("Held-out pairs beside all pairs")


def held_out(named: Mapping[str, Sequence[PartError]], colour: int, mode: Mode) -> Figure:
    """Draw each model's error on held-out pairs (outlined) and on all pairs, a line between.

    ``named`` are errors by model, first the one in view, a run with the colour of that number.
    Both errors are against the noise-free ratings.
    """
    found = held_out_and_all(named)
    muted, shade = theme.of(mode).muted, theme.run_colour(colour, mode)
    rows = [escape.plotly(escape.short(name, 40)) for name in found]
    colours = [shade if name == next(iter(named)) else muted for name in found]
    lines: list[float | None] = []
    for pair in found.values():
        lines += [*(part.truth for part in pair), None]
    between = trace(
        "scatter", x=lines, y=[each for row in rows for each in (row, row, None)], mode="lines",
        line={"color": muted, "width": 1.5}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    traces = [between]
    for at, name, symbol in (
        (0, Text("held-out pairs"), "square-open"),
        (1, Text("all pairs"), "square"),
    ):
        values = [pair[at].truth for pair in found.values()]
        traces.append(
            trace(
                "scatter", x=values, y=rows, mode="markers", name=name,
                marker={"symbol": symbol, "size": 12, "color": colours,
                        "line": {"width": 2, "color": colours}},
                hovertext=[
                    f"{row}, {name}: RMSE {words.error(value)}"
                    for row, value in zip(rows, values, strict=True)
                ],
                hoverinfo="text",
            )
        )  # fmt: skip
    chart = plain.figure(
        traces,
        _HELD_OUT.worded(),
        height=46 * max(len(rows), 1) + 150,
        xaxis=axis(Text("RMSE against the noise-free ratings"), rangemode="tozero", nticks=6),
        yaxis=axis(
            None, categoryorder="array", categoryarray=rows[::-1], fixedrange=True,
            ticklabelstandoff=6, range=[-0.6, len(rows) - 0.4],
        ),
        margin={"t": 84},
    )  # fmt: skip
    return theme.dress(chart, mode)


def held_out_table(named: Mapping[str, Sequence[PartError]]) -> pd.DataFrame:
    """The same as a table, one row a model, in rating units; and what other pages show."""
    return pd.DataFrame(
        [
            {
                Text("model"): name,
                Text("RMSE on held-out pairs"): held.truth,
                Text("RMSE on all pairs"): everything.truth,
                Text("held-out RMSE against ratings"): _or_nan(held.ratings),
            }
            for name, (held, everything) in held_out_and_all(named).items()
        ]
    )


def held_out_alt(named: Mapping[str, Sequence[PartError]]) -> str:
    """The same in a sentence."""
    said = [
        Text(
            "{name} {held_out} and {everything}",
            name=name,
            held_out=words.error(held.truth),
            everything=words.error(everything.truth),
        )
        for name, (held, everything) in held_out_and_all(named).items()
    ]
    return Text(
        "Held-out pairs beside all pairs; RMSE against the noise-free ratings: {said}",
        said=", ".join(said),
    )
