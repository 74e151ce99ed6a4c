"""The networks of neural MF beside each other: each seed's error, their mean, and baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from recsys_core import words
from recsys_core.experiments.variants import Row
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text, worded

TITLE = Text("Validation RMSE of each network")

# Pixels of a row, and of what stands above and below all.
_ROW, _AROUND = 40, 130


def figure(rows: Sequence[Row], colour: int, mode: Mode) -> Figure:
    """One row a variant: a ring a seed, filled their mean; baselines in rows of their own.

    ``colour`` is the number of the run in view.
    """
    muted, own = theme.of(mode).muted, theme.run_colour(colour, mode)
    baselines = dict(rows[0].baselines) if rows else {}
    baselines = {worded(name): rmse for name, rmse in baselines.items()}
    names = [*(worded(row.variant) for row in rows), *baselines]
    seeds = [(error, worded(row.variant)) for row in rows for error in row.errors]
    traces = [
        trace(
            "scatter", x=[error for error, _ in seeds], y=[name for _, name in seeds],
            mode="markers", name=Text("one seed"),
            marker={"symbol": "circle-open", "size": 9, "color": own, "line": {"width": 1.5}},
            hovertext=[
                Text("{name}, one seed: RMSE {rmse}", name=name, rmse=words.error(error))
                for error, name in seeds
            ],
            hoverinfo="text",
        ),
        trace(
            "scatter", x=[row.error for row in rows], y=names[: len(rows)],
            mode="markers", name=Text("mean"),
            marker={"symbol": "line-ns", "size": 20, "color": own,
                    "line": {"width": 3, "color": own}},
            hovertext=[
                Text(
                    "{name}: mean RMSE {rmse}",
                    name=worded(row.variant), rmse=words.error(row.error),
                )
                for row in rows
            ],
            hoverinfo="text",
        ),
        trace(
            "scatter", x=list(baselines.values()), y=list(baselines), mode="markers",
            name=Text("baseline"),
            marker={"symbol": "square-open", "size": 12, "color": muted, "line": {"width": 2}},
            hovertext=[f"{name}: RMSE {words.error(rmse)}" for name, rmse in baselines.items()],
            hoverinfo="text",
        ),
    ]  # fmt: skip
    chart = plain.figure(
        traces,
        TITLE.worded(),
        height=_ROW * max(len(names), 1) + _AROUND,
        xaxis=axis(Text("RMSE (rating units)"), nticks=6),
        yaxis=axis(
            None, type="category", categoryorder="array", categoryarray=names[::-1],
            fixedrange=True, ticklabelstandoff=6, range=[-0.6, len(names) - 0.4],
        ),
        margin={"t": 84},
    )  # fmt: skip
    return theme.dress(chart, mode)


def alt(rows: Sequence[Row]) -> str:
    """The picture in a sentence."""
    said = [f"{worded(row.variant)} {words.error(row.error)}" for row in rows]
    if rows:
        said += [f"{worded(name)} {words.error(rmse)}" for name, rmse in rows[0].baselines.items()]
    return Text("Validation RMSE of each network, mean over seeds: {said}", said=", ".join(said))


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """The same as a table, with what each predicts for the cell: variants, then baselines.

    "± RMSE" is the standard deviation over the seeds.
    """
    columns: list[dict[str, Any]] = [
        {
            Text("network"): worded(row.variant),
            "RMSE": row.error,
            "± RMSE": words.measure(row.deviation),
            Text("seeds"): str(len(row.errors)),
            Text("predicts"): _said(row.prediction),
            Text("lowest to highest"): _range(row.predictions),
        }
        for row in rows
    ]
    if rows:
        columns += [
            {Text("network"): worded(name), "RMSE": rmse, "± RMSE": "–", Text("seeds"): "–",
             Text("predicts"): "–", Text("lowest to highest"): "–"}
            for name, rmse in rows[0].baselines.items()
        ]  # fmt: skip
    return pd.DataFrame(columns)


def _said(prediction: float | None) -> str:
    return "–" if prediction is None else words.number(prediction)


def _range(predictions: Sequence[float]) -> str:
    return words.span(min(predictions), max(predictions)) if predictions else "–"
