"""What each kept Gibbs draw predicts for one cell, and the mean of them so far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode


def figure(drawn: np.ndarray, mode: Mode) -> Figure:
    """Points of the draws' predictions, (n_draws,), and the line of their running mean."""
    numbers, colours = np.arange(1, len(drawn) + 1), theme.of(mode)
    chart = plain.figure(
        [
            trace(
                "scatter", x=numbers, y=drawn, mode="markers", name="one draw",
                marker={"color": colours.muted, "size": 5},
                hovertemplate="draw %{x}: %{y:.2f}<extra></extra>",
            ),
            trace(
                "scatter", x=numbers, y=means(drawn), mode="lines", name="mean so far",
                line={"color": colours.accent, "width": 2.5},
                hovertemplate="mean of %{x}: %{y:.2f}<extra></extra>",
            ),
        ],
        "The selected cell by every kept draw",
        height=400,
        xaxis=axis("kept draw"),
        yaxis=axis("predicted rating"),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    return theme.dress(chart, mode)


def means(drawn: np.ndarray) -> np.ndarray:
    """Compute the mean of the first 1, 2, … n draws; (n_draws,)."""
    return np.cumsum(drawn) / np.arange(1, len(drawn) + 1)


def alt(drawn: np.ndarray) -> str:
    """The picture in a sentence; of the draws' predictions, (n_draws,)."""
    return (
        f"{words.plural('draw', len(drawn))} predict between {words.number(float(drawn.min()))} "
        f"and {words.number(float(drawn.max()))}; their mean is {words.number(float(drawn.mean()))}"
    )


def table(drawn: np.ndarray) -> pd.DataFrame:
    """The same, (n_draws,), as a table: one row a draw."""
    return pd.DataFrame(
        {"draw": np.arange(1, len(drawn) + 1), "predicted": drawn, "mean so far": means(drawn)}
    )
