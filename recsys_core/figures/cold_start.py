"""A new user's way through the latent space, rating after rating; and the row of numbers there.

Each is a chart that stays, and what lies over it after so many ratings: that can be sent ahead for
any number of them, and follows while one counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.point_labels import positions
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

TITLE = Text("The way of the new user")

_HEIGHT = 360

# Pixels of the plot, roughly: where names go is chosen before anybody knows how large it is.
_PLOT = 440.0, 240.0

# Letters of a name beside a point.
_LONGEST = 18


def figure(way: np.ndarray, users: np.ndarray, mode: Mode) -> Figure:
    """The places after 0, 1, 2 … ratings, joined, among users; ``over`` says where one is.

    ``way`` is (n + 1, 2), ``users`` the places of trained users, (m, 2), all that ``over`` names
    among them: so the axes stay as they are whatever is counted.
    """
    counted = [_counted(n) for n in range(len(way))]
    traces = [
        trace(
            "scatter", x=users[:, 0], y=users[:, 1], mode="markers", showlegend=False,
            marker={"size": 5, "color": theme.USER, "opacity": 0.3}, hoverinfo="skip",
        ),
        trace(
            "scatter", x=way[:, 0], y=way[:, 1], mode="lines", showlegend=False,
            line={"color": theme.of(mode).muted, "width": 1, "dash": "dot"},
            hovertext=counted, hoverinfo="text",
        ),
    ]  # fmt: skip
    (left, bottom), (right, top) = _frame(way, users)
    chart = plain.figure(
        traces, TITLE.worded(), height=_HEIGHT, margin={"t": 60},  # for the legend of what is over
        xaxis=axis(Text("first direction"), zeroline=False, range=[left, right]),
        yaxis=axis(Text("second direction"), zeroline=False, range=[bottom, top]),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _frame(way: np.ndarray, users: np.ndarray) -> list[list[float]]:
    """Where the axes begin, and where they end; to the right there is room for names."""
    points = np.concatenate([way, users])
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, 1e-6)
    return [(low - 0.08 * size).tolist(), (high + np.array([0.2, 0.08]) * size).tolist()]


def over(
    way: np.ndarray,
    at: int,
    users: np.ndarray,
    near: np.ndarray,
    near_names: Sequence[str],
    mode: Mode,
) -> Figure:
    """What lies over it where ``at`` ratings are counted: the way so far, a ring at its end.

    ``near`` are the places of the most similar users, (l, 2), with their names.
    """
    accent = theme.of(mode).accent
    names = [escape.short(name, _LONGEST) for name in near_names]
    frame = np.array(_frame(way, users))
    to_pixels = np.array(_PLOT) / (frame[1] - frame[0])
    marks = np.concatenate([near, way[: at + 1], frame])
    beside = positions(near * to_pixels, names, marks * to_pixels, _PLOT)
    traces = [
        trace(
            "scatter", x=near[:, 0], y=near[:, 1], mode="markers+text", name=Text("most similar"),
            text=[escape.plotly(name) for name in names],
            textposition=beside, hoverinfo="skip",
            marker={"size": 9, "color": theme.USER},
        ),
        trace(
            "scatter", x=way[: at + 1, 0], y=way[: at + 1, 1], mode="lines+markers",
            name=Text("the way so far"), line={"color": accent, "width": 2},
            marker={"size": 6, "color": accent}, hoverinfo="skip",
        ),
        trace(
            "scatter", x=way[at : at + 1, 0], y=way[at : at + 1, 1], mode="markers",
            showlegend=False, marker=theme.point_ring(mode),
            hovertext=[_counted(at)], hoverinfo="text",
        ),
    ]  # fmt: skip
    return plain.figure(traces)


def _counted(n: int) -> Text:
    if not n:
        return Text("before any rating")
    return Text("after {n:,}\N{NO-BREAK SPACE}rating", "after {n:,}\N{NO-BREAK SPACE}ratings", n=n)


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


def vector(rows: np.ndarray, mode: Mode) -> Figure:
    """Room for the numbers after 0, 1, 2 … ratings, (n + 1, k), which ``vector_over`` draws."""
    k = rows.shape[1]
    most = float(max(np.abs(rows).max(initial=0.0), 1e-3)) * 1.1
    chart = plain.figure(
        [], Text("Its numbers"), height=200, margin={"t": 60},
        xaxis=axis(
            Text("factor"), dtick=1 if k <= 20 else None, range=[0.5, k + 0.5], fixedrange=True
        ),
        yaxis=axis(range=[-most, most], fixedrange=True),
    )  # fmt: skip
    return theme.dress(chart, mode)


def vector_over(row: np.ndarray, before: np.ndarray, mode: Mode) -> Figure:
    """The numbers of the row, (k,), as bars; those of one rating before as lines."""
    factors = list(range(1, len(row) + 1))
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
    return plain.figure(traces)
