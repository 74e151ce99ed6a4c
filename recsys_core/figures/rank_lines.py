"""Models by their rank under each metric, a line each: where lines cross, metrics disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.comparison import METRICS
from recsys_core.asking.disagreement import RANKED
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text, worded

TITLE = Text("Rank by each metric")

# Pixels of a rank, and of what stands above and below all; letters of a name beside a line.
_ROW, _AROUND, _LONGEST = 34, 120, 22


@dataclass(frozen=True)
class Line:
    """A model as a line: its name, and the number of its colour; None draws it grey."""

    name: str
    colour: int | None


def figure(ranks: pd.DataFrame, values: pd.DataFrame, lines: Sequence[Line], mode: Mode) -> Figure:
    """One line a model over the metrics; ``ranks`` and ``values`` are those of ``disagreement``.

    ``lines`` are in the order of their rows. Baselines are grey.
    """
    metrics, muted = list(ranks.columns), theme.of(mode).muted
    places = list(range(len(metrics)))
    traces, notes = [], []
    for row, line in enumerate(lines):
        y = ranks.iloc[row].to_numpy(dtype=np.float64)
        shade = muted if line.colour is None else theme.run_colour(line.colour, mode)
        called = escape.plotly(escape.short(line.name, 60))
        hover = [
            Text(
                "{name}<br>{metric} {value}, rank {place:.0f}",
                name=called,
                metric=worded(METRICS[metric].title),
                value=_value(values.iloc[row][metric]),
                place=place,
            )
            if np.isfinite(place)
            else ""
            for metric, place in zip(metrics, y, strict=True)
        ]
        traces.append(
            trace(
                "scatter", x=places, y=y, mode="lines+markers", name=called, showlegend=False,
                line={"color": shade, "width": 1.5 if line.colour is None else 3,
                      "dash": "dot" if line.colour is None else "solid"},
                marker={"size": 7 if line.colour is None else 11, "color": shade},
                hovertext=hover, hoverinfo="text",
            )
        )  # fmt: skip
        known = np.flatnonzero(np.isfinite(y))
        if len(known):
            notes.append(_note(line.name, len(metrics) - 1, float(y[known[-1]]), shade))
    n = len(lines)
    chart = plain.figure(
        traces,
        TITLE.worded(),
        height=_ROW * n + _AROUND,
        annotations=_apart(notes),
        xaxis=axis(
            None, tickvals=places, ticktext=[_titled(metric) for metric in metrics],
            range=[-0.3, len(metrics) - 0.7], side="top", fixedrange=True, showgrid=True,
        ),
        yaxis=axis(
            Text("rank"), tickvals=list(range(1, n + 1)), range=[n + 0.6, 0.4], fixedrange=True,
        ),
        margin={"t": 84, "r": 150},
    )  # fmt: skip
    return theme.dress(chart, mode)


def _note(name: str, x: float, y: float, colour: str) -> dict:
    return {
        "text": escape.plotly(escape.short(name, _LONGEST)), "x": 1.0, "xref": "paper", "y": y,
        "yref": "y", "xanchor": "left", "xshift": 6, "showarrow": False, "align": "left",
        "font": {"color": colour},
    }  # fmt: skip


def _apart(notes: list[dict]) -> list[dict]:
    """Names that end at one rank, one below the other."""
    taken: set[float] = set()
    for note in sorted(notes, key=lambda each: each["y"]):
        while note["y"] in taken:
            note["y"] += 0.45
        taken.add(note["y"])
    return notes


def _titled(metric: str) -> str:
    """The metric as the axis names it, and which end comes first where neither is better."""
    title = worded(METRICS[metric].title).removesuffix(", %")
    if METRICS[metric].better is None:
        if RANKED[metric]:
            return Text("{metric},<br>most first", metric=title)
        return Text("{metric},<br>least first", metric=title)
    return title


def _value(value: float) -> str:
    return words.number(value) if abs(value) >= 10 else words.measure(value)


def table(values: pd.DataFrame, ranks: pd.DataFrame) -> pd.DataFrame:
    """Value and rank of each model, one row a model."""
    columns: dict[str, object] = {Text("model"): list(values.index)}
    for metric in values:
        title = worded(METRICS[str(metric)].title)
        columns[title] = values[metric].to_numpy()
        ranked = Text("rank by {metric}", metric=title.removesuffix(", %"))
        columns[ranked] = ranks[metric].to_numpy()
    return pd.DataFrame(columns)


def alt(ranks: pd.DataFrame) -> str:
    """The lines in a sentence."""
    said = []
    for metric in ranks:
        first = [str(name) for name in ranks.index[ranks[metric] == 1]]
        if first:
            said.append(
                Text(
                    "by {metric} {names}",
                    metric=worded(METRICS[str(metric)].title), names=words.listed(first),
                )
            )  # fmt: skip
    return Text(
        "Rank by each metric of {n} models; first {said}", n=len(ranks), said=", ".join(said)
    )
