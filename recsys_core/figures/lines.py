"""Plain lines over epochs: one a column of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from recsys_core.figures import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go


def figure(table: pd.DataFrame, title: str, mode: theme.Mode, mark_lowest: str = "") -> go.Figure:
    """The columns of a table over its index; the lowest point of ``mark_lowest`` is named."""
    go = theme.graph_objects()
    lines = go.Figure()
    for number, column in enumerate(table.columns):
        lines.add_scatter(
            x=table.index,
            y=table[column],
            name=column,
            mode="lines",
            line={"color": theme.run_colour(number, mode), "width": 2},
            hovertemplate="%{y:.4~g}<extra>" + column + ", epoch %{x}</extra>",
        )
    if mark_lowest in table:
        epoch = table[mark_lowest].idxmin()
        lines.add_vline(x=epoch, line={"color": theme.of(mode).muted, "width": 1, "dash": "dot"})
        lines.add_annotation(
            x=epoch, y=1, yref="paper", yanchor="top", xanchor="left", showarrow=False, xshift=6,
            text=f"epoch {epoch}: lowest {mark_lowest},<br>from here on it overfits",
            align="left", font={"color": theme.of(mode).muted},
        )  # fmt: skip
    lowest, highest = table.min().min(), table.max().max()
    if lowest > 0 and highest > 50 * lowest:
        lines.update_yaxes(type="log")
    lines.update_layout(
        title_text=title, xaxis_title_text=str(table.index.name), yaxis_title_text="error"
    )
    return theme.dress(lines, mode)
