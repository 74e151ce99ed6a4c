"""A row's prior and posterior over two of its numbers, as ellipses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.inside.normal import Normal
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Side
from recsys_core.text import Text

# How many standard deviations out both ellipses of a distribution are.
TIMES = (1.0, 2.0)

_SYMBOLS = ("star", "x", "circle-open")


def figure(
    prior: Normal,
    posterior: Normal,
    names: tuple[str, ...],
    two: tuple[int, int],
    side: Side,
    mode: Mode,
    points: Mapping[str, np.ndarray] | None = None,
) -> Figure:
    """Two ellipses of each, at one and at two standard deviations; ``points`` are rows by name.

    ``names`` are those of all m unknowns, rows (m,). The picture holds the prior, so that ellipses
    of several pictures of it can be compared.
    """
    colours, own = theme.of(mode), theme.COLOUR[side]
    traces = []
    for what, normal, colour, dash in (
        (Text("prior"), prior, colours.muted, "dash"),
        (Text("posterior"), posterior, own, "solid"),
    ):
        for times in TIMES:
            ring = normal.ellipse(*two, times)
            traces.append(
                trace(
                    "scatter",
                    x=ring[:, 0],
                    y=ring[:, 1],
                    mode="lines",
                    name=what,
                    line={"color": colour, "width": 2.5 if times == 1 else 1.2, "dash": dash},
                    fill="toself" if normal is posterior and times == 1 else None,
                    fillcolor=f"{own}33",
                    showlegend=times == 1,
                    hoverinfo="skip",
                )  # fmt: skip
            )
    at = {Text("posterior mean"): posterior.mean, **(points or {})}
    for (name, row), symbol in zip(at.items(), _SYMBOLS, strict=False):
        traces.append(
            trace(
                "scatter",
                x=[row[two[0]]],
                y=[row[two[1]]],
                mode="markers",
                name=name,
                marker={"color": colours.ink, "size": 12, "symbol": symbol, "line": {"width": 2}},
                hovertext=[f"{name}: {_pair(row[list(two)])}"],
                hoverinfo="text",
            )  # fmt: skip
        )
    held = np.concatenate([prior.ellipse(*two, 2.2), posterior.ellipse(*two, 2.2),
                           *(row[None, list(two)] for row in at.values())])  # fmt: skip
    low, high = held.min(axis=0), held.max(axis=0)
    chart = plain.figure(
        traces,
        Text("Prior and posterior of two of the row's numbers"),
        height=400,
        xaxis=axis(named(names[two[0]]), range=[low[0], high[0]], zeroline=False),
        yaxis=axis(named(names[two[1]]), range=[low[1], high[1]], zeroline=False),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )
    return theme.dress(chart, mode)


def alt(prior: Normal, posterior: Normal, names: tuple[str, ...], two: tuple[int, int]) -> str:
    """The picture in a sentence."""
    was, is_now = prior.deviation(), posterior.deviation()
    first, second = two
    return Text(
        "The posterior ellipse lies in that of the prior; standard deviations: {first} from "
        "{first_was} to {first_is} and {second} from {second_was} to {second_is}",
        first=named(names[first]),
        first_was=words.number(was[first]),
        first_is=words.number(is_now[first]),
        second=named(names[second]),
        second_was=words.number(was[second]),
        second_is=words.number(is_now[second]),
    )


def table(
    prior: Normal, posterior: Normal, names: tuple[str, ...],
    points: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Means and standard deviations of all the row's numbers: one line an unknown.

    ``points`` are further rows by name, (m,) each.
    """
    columns = {
        Text("number"): [named(name) for name in names],
        Text("prior mean"): prior.mean,
        Text("prior deviation"): prior.deviation(),
        Text("posterior mean"): posterior.mean,
        Text("posterior deviation"): posterior.deviation(),
    }
    return pd.DataFrame(columns | dict(points or {}))


def named(name: str) -> str:
    """What an unknown is called: “bias”, “factor 2”."""
    return Text("bias") if name == "b" else Text("factor {name}", name=name)


def _pair(point: np.ndarray) -> str:
    return words.listed([words.factor(value) for value in point])
