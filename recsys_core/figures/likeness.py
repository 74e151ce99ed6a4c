"""Who is like whom, as a small matrix; and which ratings speak for a recommendation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.explain import Reasons
from recsys_core.figures import theme
from recsys_core.figures.theme import Mode

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW = 26


def title(noun: str, compared: str) -> str:
    """What a matrix of similarities shows, in a line: “How alike users are, by factors”."""
    return f"How alike {words.many(noun)} are, {compared}"


def similarities(
    table: pd.DataFrame, title: str, mode: Mode, selected: int | None = None
) -> go.Figure:
    """Cosines of everyone with everyone, (n, n), names as the table has them; printed in the cells.

    Depth is likeness, from the least to 1; ``selected`` is a row and column with a dark ring.
    """
    go = theme.graph_objects()
    values, n = table.to_numpy(dtype=np.float64), len(table)
    others = values[~np.eye(n, dtype=bool)]
    names = [str(name) for name in table.index]
    chart = go.Figure(
        go.Heatmap(
            z=np.round(values, 4),
            text=[[f"{value:.2f}" for value in row] for row in values] if n <= 16 else None,
            texttemplate="%{text}" if n <= 16 else None,
            hovertext=[
                [f"{a} and {b}: {values[r, c]:.4f}" for c, b in enumerate(names)]
                for r, a in enumerate(names)
            ],
            hoverinfo="text",
            xgap=1,
            ygap=1,
            colorscale=[[0, theme.of(mode).panel], [1, theme.of(mode).muted]],
            zmin=float(others.min(initial=1.0)),
            zmax=1.0,
            showscale=False,
        )
    )
    if selected is not None:
        for along in ("x", "y"):
            span = {"x0": -0.5, "x1": n - 0.5, "y0": -0.5, "y1": n - 0.5}
            span |= {f"{along}0": selected - 0.5, f"{along}1": selected + 0.5}
            chart.add_shape(type="rect", line={"color": theme.ink(mode), "width": 2}, **span)
    places = list(range(n))
    ticks = {"tickvals": places, "ticktext": names, "ticks": "", "showgrid": False}
    chart.update_xaxes(**ticks, side="bottom", tickangle=0 if n <= 6 else -45, zeroline=False)
    chart.update_yaxes(**ticks, range=[n - 0.5, -0.5], zeroline=False)
    chart.update_layout(title=title, height=max(220, min(40, 640 // n) * n + 110))
    return theme.dress(chart, mode)


def pulls(reasons: Reasons, names: list[str], item: str, mode: Mode, most: int = 8) -> go.Figure:
    """The ratings that speak for (right) and against (left) an item, the strongest first."""
    go = theme.graph_objects()
    table = reasons.table.head(most)
    labels = [
        f"{_short(names[int(row.item)])}, rated {words.given(row.rating)}"
        for row in table.itertuples()
    ]
    values = table["pull"].to_numpy()
    chart = go.Figure(
        go.Bar(
            y=list(range(len(table))),
            x=values,
            orientation="h",
            width=0.62,
            marker={"color": theme.of(mode).accent, "line": {"width": 0}},
            text=[_signed(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    room = 0.5 * max(high - low, 0.1)  # for the numbers, in a narrow column as well
    chart.update_xaxes(
        title="pull, in rating units",
        range=[low - room, high + room],
        zeroline=True,
        zerolinecolor=theme.of(mode).muted,
    )
    chart.update_yaxes(
        tickvals=list(range(len(table))),
        ticktext=labels,
        range=[len(table) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    title = f"Why {_short(item, 40)}?"
    if len(table) < len(reasons.table):
        title += f" The {len(table)} strongest of {len(reasons.table):,} ratings"
    chart.update_layout(title=title, height=_ROW * len(table) + 96)
    return theme.dress(chart, mode)


def because(reasons: Reasons, names: list[str], most: int = 2) -> str:
    """The ratings that speak most for an item: “Fargo 5 · Alien 4”; empty where none does."""
    table = reasons.table
    best = table[table["pull"] > 0].head(most)
    return " · ".join(
        f"{_short(names[int(row.item)], 34)} {words.number(row.rating)}"
        for row in best.itertuples()
    )


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.{2 if abs(value) >= 0.1 else 3}f}"


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"
