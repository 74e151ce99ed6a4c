"""A new user's way through the latent space, rating after rating; and the row of numbers there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode

TITLE = "The way of the new user"

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
        f"after {words.plural('rating', n)}" if n else "before any rating" for n in range(len(way))
    ]
    traces = [
        trace(
            "scatter", x=users[:, 0], y=users[:, 1], mode="markers", showlegend=False,
            marker={"size": 5, "color": theme.USER, "opacity": 0.3}, hoverinfo="skip",
        ),
        trace(
            "scatter", x=near[:, 0], y=near[:, 1], mode="markers+text", name="most similar",
            text=[f" {escape.plotly(escape.short(name, _LONGEST))}" for name in near_names],
            textposition="middle right", hoverinfo="skip",
            marker={"size": 9, "color": theme.USER},
        ),
        trace(
            "scatter", x=way[: at + 1, 0], y=way[: at + 1, 1], mode="lines+markers",
            name="the way so far", line={"color": theme.of(mode).accent, "width": 2},
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
        traces, TITLE, height=_HEIGHT,
        xaxis=axis(
            "first direction", zeroline=False, range=[low - 0.08 * width, high + 0.3 * width]
        ),
        yaxis=axis("second direction", zeroline=False),
    )  # fmt: skip
    return theme.dress(chart, mode)


def alt(at: int, n: int, moved: float) -> str:
    """The picture in a sentence."""
    return (
        f"The place of the new user after {at} of {words.plural('rating', n)}; the latest moved it "
        f"by {words.number(moved)}"
    )


def table(way: np.ndarray, moved: Sequence[float], new: Sequence[int]) -> pd.DataFrame:
    """The same as a table: a row for each number of ratings; ``way`` is (n + 1, 2)."""
    return pd.DataFrame(
        {
            "ratings": range(len(way)), "first direction": way[:, 0], "second direction": way[:, 1],
            "moved by": list(moved), "new in the list": list(new),
        }
    )  # fmt: skip


def vector(row: np.ndarray, before: np.ndarray, mode: Mode) -> Figure:
    """The numbers of the row, (k,), as bars; those of one rating before as outlines."""
    k = len(row)
    factors = list(range(1, k + 1))
    accent, muted = theme.of(mode).accent, theme.of(mode).muted
    traces = [
        trace(
            "bar", x=factors, y=row, name="now", marker={"color": accent, "line": {"width": 0}},
            hovertext=[f"factor {f}: {words.factor(v)}" for f, v in zip(factors, row, strict=True)],
            hoverinfo="text",
        ),
        trace(
            "scatter", x=factors, y=before, mode="markers", name="one rating before",
            marker={"symbol": "line-ew-open", "size": 14, "color": muted, "line": {"width": 3}},
            hoverinfo="skip",
        ),
    ]  # fmt: skip
    most = float(max(np.abs(row).max(initial=0.0), np.abs(before).max(initial=0.0), 1e-3)) * 1.1
    chart = plain.figure(
        traces, "Its numbers", height=200,
        xaxis=axis("factor", dtick=1 if k <= 20 else None, fixedrange=True),
        yaxis=axis(range=[-most, most], fixedrange=True),
    )  # fmt: skip
    return theme.dress(chart, mode)
