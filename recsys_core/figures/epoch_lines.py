"""Plain lines over epochs: one a column of a table."""

from __future__ import annotations

import pandas as pd

from recsys_core import escape
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace


def figure(table: pd.DataFrame, title: str, mode: theme.Mode, mark_lowest: str = "") -> Figure:
    """The columns of a table over its index; the lowest point of ``mark_lowest`` is named."""
    lines = [
        trace(
            "scatter",
            x=table.index.to_numpy(),
            y=table[column].to_numpy(),
            name=(called := escape.plotly(str(column))),
            mode="lines",
            line={
                "color": theme.run_colour(number, mode),
                "dash": theme.run_dash(number, False),
                "width": 2,
            },
            hovertemplate="%{y:.4~g}<extra>" + called + ", epoch %{x}</extra>",
        )
        for number, column in enumerate(table.columns)
    ]
    lowest, highest = table.min().min(), table.max().max()
    chart = plain.figure(
        lines,
        title,
        xaxis=axis(str(table.index.name)),
        yaxis=axis("error", type="log" if lowest > 0 and highest > 50 * lowest else None),
    )
    if mark_lowest in table:
        epoch, muted = table[mark_lowest].idxmin(), theme.of(mode).muted
        note = {
            "x": epoch, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": "left",
            "showarrow": False, "xshift": 6, "align": "left", "font": {"color": muted},
            "text": f"epoch {epoch}: lowest {mark_lowest},<br>from here on it overfits",
        }  # fmt: skip
        mark = plain.vline(epoch, {"color": muted, "width": 1, "dash": "dot"})
        chart["layout"] |= {"annotations": [note], "shapes": [mark]}
    return theme.dress(chart, mode)
