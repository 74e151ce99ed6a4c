"""Differences of models from one of them, with their intervals: in errors, and in lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.comparison import METRICS, Difference, decimals_of
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text, later, worded

# The axis of a metric, by which end of it is better.
_AXES = {
    None: later("{metric} minus that of {reference}"),
    "lower": later("{metric} minus that of {reference}; left is better"),
    "higher": later("{metric} minus that of {reference}; right is better"),
}

# Parts of ratings that were measured on.
PARTS = later("validation"), later("test")

# Pixels of a row, and of what stands above and below all.
_ROW, _AROUND = 34, 150


@dataclass(frozen=True, eq=False)
class Compared:
    """One model in the picture: its name, its colour (None: a baseline's), and by metric how it
    differs from the reference (None where that cannot be said).
    """

    name: str
    colour: int | None
    differences: Mapping[str, Difference | None]


def differences(
    models: Sequence[Compared], reference: str, part: str, metrics: Sequence[str], mode: Mode
) -> Figure:
    """One panel a metric: how far each model lies from the reference, which is at 0.

    A filled mark is a difference beyond chance, an open one may be chance. ``part`` is what was
    measured on.
    """
    traces: list[Trace] = []
    layout: dict[str, object] = {}
    n = len(metrics)
    names = [escape.plotly(escape.short(model.name, 40)) for model in models]
    for at, metric in enumerate(metrics):
        suffix = "" if at == 0 else str(at + 1)
        for sure in (True, False):
            traces.append(_marks(models, metric, sure, suffix, names, mode))
        layout[f"xaxis{suffix}"] = axis(
            Text(
                _AXES[METRICS[metric].better],
                metric=worded(METRICS[metric].title),
                reference=escape.plotly(reference),
            ),
            domain=[at / n + 0.02 * bool(at), (at + 1) / n - 0.02 * (at < n - 1)],
            zeroline=True,
            zerolinecolor=theme.of(mode).muted,
            nticks=6,
            anchor=f"y{suffix}",
        )
        layout[f"yaxis{suffix}"] = axis(
            None,
            type="category",
            categoryorder="array",
            categoryarray=list(reversed(range(len(models)))),
            tickvals=list(range(len(models))),
            ticktext=names,
            showticklabels=at == 0,
            matches="y" if at else None,
            anchor=f"x{suffix}",
            range=[-0.6, len(models) - 0.4],
        )
    for name, entry in ((Text("beyond chance"), True), (Text("may be chance"), False)):
        traces.append(_legend(name, entry, mode))
    chart = plain.figure(
        traces,
        Text(
            "How far from {reference}, on {part} ratings",
            reference=escape.plotly(reference),
            part=Text(part),
        ),
        height=_AROUND + _ROW * len(models),
        margin={"t": 66},
        **layout,
    )
    return theme.dress(chart, mode)


def _marks(
    models: Sequence[Compared], metric: str, sure: bool, suffix: str, names: list[str], mode: Mode
) -> Trace:
    """The models whose difference is beyond chance, or those whose may be chance."""
    found = [
        (row, model.colour, each)
        for row, model in enumerate(models)
        if (each := model.differences.get(metric)) is not None and each.may_be_chance != sure
    ]
    colours = [_colour(colour, mode) for _, colour, _ in found]
    values = [each.value for _, _, each in found]
    return trace(
        "scatter",
        x=values,
        y=[row for row, _, _ in found],
        xaxis=f"x{suffix}",
        yaxis=f"y{suffix}",
        mode="markers",
        marker={
            "symbol": "circle" if sure else "circle-open",
            "size": 11,
            "color": colours,
            "line": {"width": 2, "color": colours},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [each.high - each.value for _, _, each in found],
            "arrayminus": [each.value - each.low for _, _, each in found],
            "color": theme.of(mode).muted,
            "thickness": 1.5,
            "width": 5,
        },
        text=[f"{names[row]}: {_written(each)}" for row, _, each in found],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        name=Text("beyond chance") if sure else Text("may be chance"),
    )


def _colour(colour: int | None, mode: Mode) -> str:
    return theme.of(mode).muted if colour is None else theme.run_colour(colour, mode)


def _legend(name: str, filled: bool, mode: Mode) -> Trace:
    return trace(
        "scatter",
        x=[None],
        y=[None],
        mode="markers",
        marker={
            "symbol": "circle" if filled else "circle-open",
            "size": 11,
            "color": theme.ink(mode),
            "line": {"width": 2},
        },
        name=name,
        hoverinfo="skip",
    )


def _written(each: Difference) -> str:
    places = decimals_of(each.low, each.high)
    value, low, high = (words.minus(f"{x:+.{places}f}") for x in (each.value, each.low, each.high))
    return Text("{value} ({low} to {high})", value=value, low=low, high=high)


def table(models: Sequence[Compared], metrics: Sequence[str]) -> pd.DataFrame:
    """Tabulate the differences: a row each model, value and both ends of the interval a metric."""
    shown: dict[str, list[object]] = {Text("run"): [model.name for model in models]}
    for metric in metrics:
        found = [model.differences.get(metric) for model in models]
        title = worded(METRICS[metric].title)
        shown[Text("{metric}, difference", metric=title)] = [
            None if d is None else d.value for d in found
        ]
        shown[Text("{metric}, from", metric=title)] = [None if d is None else d.low for d in found]
        shown[Text("{metric}, to", metric=title)] = [None if d is None else d.high for d in found]
    return pd.DataFrame(shown).set_index(Text("run")).astype(float)


def alt(models: Sequence[Compared], reference: str, metrics: Sequence[str]) -> str:
    """What the picture shows, in a sentence."""
    return Text(
        "Differences of {n:,}\N{NO-BREAK SPACE}model from {reference} in {metrics}, with intervals",
        "Differences of {n:,}\N{NO-BREAK SPACE}models from {reference} in {metrics}, with "
        "intervals",
        n=len(models),
        reference=reference,
        metrics=words.listed([worded(METRICS[metric].title) for metric in metrics]),
    )
