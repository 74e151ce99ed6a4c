"""A new user's way through the latent space, rating after rating; and the row of numbers there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

TITLE = Text("The way of the new user")

_HEIGHT = 360

# Letters of a name beside a point.
_LONGEST = 18


def figure(
    way: np.ndarray,
    at: int,
    users: np.ndarray,
    near: np.ndarray,
    near_names: Sequence[str],
    mode: Mode,
) -> Figure:
    """The places after 0, 1, 2 … ratings, joined; a ring where ``at`` ratings are counted.

    ``way`` is (n + 1, 2), ``users`` the places of trained users, (m, 2), ``near`` those of the most
    similar ones, (l, 2), with their names.
    """
    muted = theme.of(mode).muted
    counted = [
        Text("after {n:,}\N{NO-BREAK SPACE}rating", "after {n:,}\N{NO-BREAK SPACE}ratings", n=n)
        if n
        else Text("before any rating")
        for n in range(len(way))
    ]
    traces = [
        trace(
            "scatter", x=users[:, 0], y=users[:, 1], mode="markers", showlegend=False,
            marker={"size": 5, "color": theme.USER, "opacity": 0.3}, hoverinfo="skip",
        ),
        trace(
            "scatter", x=near[:, 0], y=near[:, 1], mode="markers+text", name=Text("most similar"),
            text=[f" {escape.plotly(escape.short(name, _LONGEST))}" for name in near_names],
            textposition="middle right", hoverinfo="skip",
            marker={"size": 9, "color": theme.USER},
        ),
        trace(
            "scatter", x=way[: at + 1, 0], y=way[: at + 1, 1], mode="lines+markers",
            name=Text("the way so far"), line={"color": theme.of(mode).accent, "width": 2},
            marker={"size": 6, "color": theme.of(mode).accent},
            hovertext=counted[: at + 1], hoverinfo="text",
        ),
        trace(
            "scatter", x=way[at:, 0], y=way[at:, 1], mode="lines", showlegend=False,
            line={"color": muted, "width": 1, "dash": "dot"}, hoverinfo="skip",
        ),
        trace(
            "scatter", x=way[at : at + 1, 0], y=way[at : at + 1, 1], mode="markers",
            showlegend=False, marker=theme.point_ring(mode),
            hovertext=[counted[at]], hoverinfo="text",
        ),
    ]  # fmt: skip
    x = np.concatenate([way[:, 0], users[:, 0], near[:, 0]])
    low, high = float(x.min()), float(x.max())
    width = max(high - low, 1e-6)  # to the right there is room for names
    chart = plain.figure(
        traces, TITLE.worded(), height=_HEIGHT,
        xaxis=axis(
            Text("first direction"), zeroline=False, range=[low - 0.08 * width, high + 0.3 * width]
        ),
        yaxis=axis(Text("second direction"), zeroline=False),
    )  # fmt: skip
    return theme.dress(chart, mode)


def alt(at: int, n: int, moved: float) -> str:
    """The picture in a sentence."""
    return Text(
        "The place of the new user after {at} of {ratings}; the latest moved it by {moved}",
        at=at, ratings=words.plural("rating", n), moved=words.number(moved),
    )  # fmt: skip


def table(way: np.ndarray, moved: Sequence[float], new: Sequence[int]) -> pd.DataFrame:
    """The same as a table: a row for each number of ratings; ``way`` is (n + 1, 2)."""
    return pd.DataFrame(
        {
            Text("ratings"): range(len(way)), Text("first direction"): way[:, 0],
            Text("second direction"): way[:, 1],
            Text("moved by"): list(moved), Text("new in the list"): list(new),
        }
    )  # fmt: skip


def vector(row: np.ndarray, before: np.ndarray, mode: Mode) -> Figure:
    """The numbers of the row, (k,), as bars; those of one rating before as outlines."""
    k = len(row)
    factors = list(range(1, k + 1))
    accent, muted = theme.of(mode).accent, theme.of(mode).muted
    traces = [
        trace(
            "bar", x=factors, y=row, name=Text("now"),
            marker={"color": accent, "line": {"width": 0}},
            hovertext=[
                Text("factor {name}: {value}", name=f, value=words.factor(v))
                for f, v in zip(factors, row, strict=True)
            ],
            hoverinfo="text",
        ),
        trace(
            "scatter", x=factors, y=before, mode="markers", name=Text("one rating before"),
            marker={"symbol": "line-ew-open", "size": 14, "color": muted, "line": {"width": 3}},
            hoverinfo="skip",
        ),
    ]  # fmt: skip
    most = float(max(np.abs(row).max(initial=0.0), np.abs(before).max(initial=0.0), 1e-3)) * 1.1
    chart = plain.figure(
        traces, Text("Its numbers"), height=200,
        xaxis=axis(Text("factor"), dtick=1 if k <= 20 else None, fixedrange=True),
        yaxis=axis(range=[-most, most], fixedrange=True),
    )  # fmt: skip
    return theme.dress(chart, mode)
