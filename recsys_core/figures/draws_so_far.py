"""What each kept Gibbs draw predicts for one cell, and the mean of them so far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text


def figure(drawn: np.ndarray, mode: Mode) -> Figure:
    """Points of the draws' predictions, (n_draws,), and the line of their running mean."""
    numbers, colours = np.arange(1, len(drawn) + 1), theme.of(mode)
    chart = plain.figure(
        [
            trace(
                "scatter", x=numbers, y=drawn, mode="markers", name=Text("one draw"),
                marker={"color": colours.muted, "size": 5},
                hovertemplate=Text("draw %{{x}}: %{{y:.2f}}") + "<extra></extra>",
            ),
            trace(
                "scatter", x=numbers, y=means(drawn), mode="lines", name=Text("mean so far"),
                line={"color": colours.accent, "width": 2.5},
                hovertemplate=Text("mean of %{{x}}: %{{y:.2f}}") + "<extra></extra>",
            ),
        ],
        Text("The selected cell by every kept draw"),
        height=400,
        xaxis=axis(Text("kept draw")),
        yaxis=axis(Text("predicted rating")),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    return theme.dress(chart, mode)


def means(drawn: np.ndarray) -> np.ndarray:
    """Compute the mean of the first 1, 2, … n draws; (n_draws,)."""
    return np.cumsum(drawn) / np.arange(1, len(drawn) + 1)


def alt(drawn: np.ndarray) -> str:
    """The picture in a sentence; of the draws' predictions, (n_draws,)."""
    return Text(
        "{n:,}\N{NO-BREAK SPACE}draw predict between {low} and {high}; their mean is {mean}",
        "{n:,}\N{NO-BREAK SPACE}draws predict between {low} and {high}; their mean is {mean}",
        n=len(drawn),
        low=words.number(float(drawn.min())),
        high=words.number(float(drawn.max())),
        mean=words.number(float(drawn.mean())),
    )


def table(drawn: np.ndarray) -> pd.DataFrame:
    """The same, (n_draws,), as a table: one row a draw."""
    return pd.DataFrame(
        {
            Text("draw"): np.arange(1, len(drawn) + 1),
            Text("predicted"): drawn,
            Text("mean so far"): means(drawn),
        }
    )
