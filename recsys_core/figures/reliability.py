"""Calibration of predictions: what is predicted, and what people gave on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.rank_lines import Line
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Scale
from recsys_core.text import Text, later

TITLE = Text("What is predicted, and what was given")


def figure(
    tables: Sequence[pd.DataFrame], lines: Sequence[Line], scale: Scale, mode: Mode
) -> Figure:
    """Draw one line a model: mean rating over mean prediction by bin, with 95 % intervals.

    ``tables`` are those of ``asking.reliability``. The size of a point grows with its ratings; on
    the grey diagonal both are equal.
    """
    ends = [scale.low, scale.high]
    muted = theme.of(mode).muted
    traces = [
        trace(
            "scatter", x=ends, y=ends, mode="lines", name=Text("as predicted"), hoverinfo="skip",
            line={"color": muted, "width": 1, "dash": "dash"},
        )
    ]  # fmt: skip
    most = max(int(table["n"].max()) for table in tables)
    for line, table in zip(lines, tables, strict=True):
        shade = muted if line.colour is None else theme.run_colour(line.colour, mode)
        called = escape.plotly(escape.short(line.name, 40))
        half = (table["actual_high"] - table["actual"]).to_numpy()
        traces.append(
            trace(
                "scatter", x=table["predicted"].to_numpy(), y=table["actual"].to_numpy(),
                mode="lines+markers", name=called,
                line={"color": shade, "width": 1.5},
                marker={"color": shade, "sizemode": "area",
                        "size": table["n"].to_numpy(), "sizeref": 2 * most / 18**2, "sizemin": 4},
                error_y={"type": "data", "array": np.nan_to_num(half), "color": shade,
                         "thickness": 1.5, "width": 4},
                hovertext=[_hover(row, called) for _, row in table.iterrows()],
                hoverinfo="text",
            )
        )  # fmt: skip
    low, high = ends
    room = 0.03 * (high - low)
    chart = plain.figure(
        traces,
        TITLE.worded(),
        height=380,
        xaxis=axis(Text("mean prediction"), range=[low - room, high + room]),
        yaxis=axis(Text("mean rating given"), range=[low - room, high + room]),
        margin={"t": 84},
    )
    return theme.dress(chart, mode)


def _hover(row: pd.Series, name: str) -> str:
    lines = [
        Text(
            "predicted {predicted:.2f}, given {given:.2f} on average",
            predicted=row["predicted"], given=row["actual"],
        )
    ]  # fmt: skip
    if np.isfinite(row["actual_low"]):
        lines.append(
            Text(
                "{n:,} ratings, interval {low:.2f} to {high:.2f}",
                n=int(row["n"]), low=row["actual_low"], high=row["actual_high"],
            )
        )  # fmt: skip
    else:
        lines.append(Text("{n:,} ratings", n=int(row["n"])))
    return "<br>".join([name, *lines])


def table(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """All bins of all models, one row a bin."""
    parts: list[Any] = []
    for name, each in zip(names, tables, strict=True):
        parts.append(each[list(_COLUMNS)].assign(model=name))
    together = pd.concat(parts, ignore_index=True)[["model", *_COLUMNS]]
    said = {column: Text(heading) for column, heading in _COLUMNS.items()}
    return together.rename(columns=said | {"model": Text("model")})


_COLUMNS = {
    "low": later("predicted from"),
    "high": later("to"),
    "n": later("ratings"),
    "predicted": later("mean prediction"),
    "actual": later("mean rating"),
    "actual_low": later("interval from"),
    "actual_high": later("interval to"),
}


def alt(names: Sequence[str], tables: Sequence[pd.DataFrame]) -> str:
    """The lines in a sentence."""
    ends = [
        Text(
            "{name} from {low} where {predicted_low} is predicted to {high} where "
            "{predicted_high} is",
            name=name,
            low=words.number(float(each["actual"].iloc[0])),
            predicted_low=words.number(float(each["predicted"].iloc[0])),
            high=words.number(float(each["actual"].iloc[-1])),
            predicted_high=words.number(float(each["predicted"].iloc[-1])),
        )
        for name, each in zip(names, tables, strict=True)
    ]
    return Text(
        "What is predicted, and what was given, by bins of predictions; {ends}",
        ends="; ".join(ends),
    )
