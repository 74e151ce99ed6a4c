"""The curves of a training with a line where what went wrong began."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace, vline
from recsys_core.figures.theme import Mode
from recsys_core.text import Text
from recsys_core.training import Epoch


def figure(epochs: Sequence[Epoch], began: int, color_index: int, mode: Mode) -> Figure:
    """Training dashed and validation solid, in the run's colour; the line stands at ``began``."""
    x = [epoch.number for epoch in epochs]
    colour = theme.run_colour(color_index, mode)
    traces = []
    for name, values, dashed in (
        (Text("training"), _train(epochs), True),
        (Text("validation"), [epoch.validation_rmse for epoch in epochs], False),
    ):
        if any(value is not None for value in values):
            traces.append(
                trace(
                    "scatter", x=x, y=values, mode="lines", name=name,
                    line={"color": colour, "width": 2,
                          "dash": theme.run_dash(color_index, dashed)},
                )
            )  # fmt: skip
    note = {
        "text": Text("it began here: epoch {began}", began=began),
        "x": began, "xref": "x", "y": 1.0,
        "yref": "y domain", "yanchor": "top", "showarrow": False, "xshift": 6,
        "xanchor": "left" if began < x[-1] / 2 else "right",
        "font": {"color": theme.of(mode).ink},
    }  # fmt: skip
    known = np.array([v for t in traces for v in t["y"] if v is not None], np.float64)
    # A curve that left all bounds would press all else flat.
    low, high = float(known.min()), float(np.quantile(known, 0.95))
    room = 0.15 * max(high - low, 1e-6)
    chart = plain.figure(
        traces, Text("Where it began"), height=260, annotations=[note],
        shapes=[vline(began, {"color": theme.of(mode).ink, "width": 1.5, "dash": "dot"})],
        xaxis=axis(Text("epoch"), zeroline=False),
        yaxis=axis("RMSE", zeroline=False, range=[low - room, high + 2 * room]),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _train(epochs: Sequence[Epoch]) -> list[float | None]:
    return [epoch.train_rmse for epoch in epochs]


def table(epochs: Sequence[Epoch]) -> pd.DataFrame:
    """The errors, one row an epoch."""
    return pd.DataFrame(
        {
            Text("epoch"): [epoch.number for epoch in epochs],
            Text("training RMSE"): _train(epochs),
            Text("validation RMSE"): [epoch.validation_rmse for epoch in epochs],
        }
    )
