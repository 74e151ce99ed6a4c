"""The error on held-out pairs and on all pairs, over how strongly ratings are selected."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from recsys_core import escape, words
from recsys_core.experiments.selection_study import Plan, Row
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

TITLE = Text("Held-out error and error on all pairs, over selection")


def figure(plan: Plan, rows: Sequence[Row], colour: int, mode: Mode) -> Figure:
    """Two lines a model: on held-out pairs outlined marks, on all pairs filled ones.

    The first model has the colour of run number ``colour``; of the baselines, the last and best one
    alone is drawn, in grey. A thin line stands at the selection of the data in view.
    """
    muted = theme.of(mode).muted
    titles = list(rows[0].held_out) if rows else []
    names = dict.fromkeys(titles[:1] + titles[-1:])
    x = [row.strength for row in rows]
    traces = []
    for at, name in enumerate(names):
        called = escape.plotly(escape.short(name, 40))
        shade = muted if at else theme.run_colour(colour, mode)
        for what, filled in (
            (Text("held out"), False),
            (Text("all pairs"), True),
        ):
            y = [(row.everything if filled else row.held_out)[name] for row in rows]
            traces.append(
                trace(
                    "scatter", x=x, y=y, mode="lines+markers", name=f"{called}, {what}",
                    line={"color": shade, "width": 1.5 if at else 2.5},
                    marker={"symbol": "square" if filled else "square-open", "size": 10,
                            "color": shade, "line": {"width": 2, "color": shade}},
                    hovertext=[
                        Text(
                            "{name}, {what}<br>selection {strength}: RMSE {rmse}, {seeds}",
                            name=called,
                            what=what,
                            strength=words.given(row.strength),
                            rmse=words.error(value),
                            seeds=words.plural("seed", row.n),
                        )
                        for row, value in zip(rows, y, strict=True)
                    ],
                    hoverinfo="text",
                )
            )  # fmt: skip
    chart = plain.figure(
        traces,
        TITLE.worded(),
        height=440,
        legend={"y": -0.2, "yanchor": "top"},
        margin={"t": 38},
        shapes=[plain.vline(plan.present, {"color": theme.of(mode).mark, "width": 1})],
        xaxis=axis(Text("selection: 0 at random"), range=[-0.05, 1.05], nticks=6),
        yaxis=axis(Text("RMSE against the noise-free ratings"), rangemode="tozero", nticks=6),
    )
    return theme.dress(chart, mode)


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """The same as a table, one row a selection and model."""
    return pd.DataFrame(
        [
            {
                Text("selection"): row.strength,
                Text("model"): name,
                Text("RMSE on held-out pairs"): row.held_out[name],
                Text("RMSE on all pairs"): row.everything[name],
                Text("seeds"): row.n,
            }
            for row in rows
            for name in row.held_out
        ]
    )


def alt(rows: Sequence[Row]) -> str:
    """The picture in a sentence: both errors of the first model."""
    said = [
        Text(
            "{strength}: {held_out} and {everything}",
            strength=words.given(row.strength),
            held_out=words.error(held),
            everything=words.error(next(iter(row.everything.values()))),
        )
        for row in rows
        for held in list(row.held_out.values())[:1]
    ]
    return f"{TITLE.worded()}; {', '.join(said)}"
