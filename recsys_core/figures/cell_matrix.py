"""A small matrix with a number in each cell, coloured by its sign and size; some cells ringed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# Letters of a row's and of a column's name; hovering says the whole.
_LONGEST_ROW, _LONGEST_COLUMN = 14, 18


def figure(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    mode: Mode,
    ringed: np.ndarray,
    ring: str,
) -> Figure:
    """Differences, (n_rows, n_columns), blue below 0 and red above; NaN leaves a cell empty.

    ``ringed``, bool, of the same shape; ``ring`` says in words what a ring means.
    """
    most = float(np.nanmax(np.abs(values)))

    def said(row: int, column: int) -> str:
        value = values[row, column]
        number = Text("unheard") if np.isnan(value) else words.minus(f"{value:+.2f}")
        mark = f"<br>{ring}" if ringed[row, column] else ""
        names = escape.plotly(str(rows[row])), escape.plotly(str(columns[column]))
        return f"{names[0]}, {names[1]}: {number}{mark}"

    def printed(value: float) -> str:
        return "" if np.isnan(value) else words.minus(f"{round(value, 1) or 0.0:+.1f}")

    cells = trace(
        "heatmap",
        z=np.round(values, 4),
        text=[[printed(value) for value in row] for row in values],
        texttemplate="%{text}",
        hovertext=[[said(r, c) for c in range(len(columns))] for r in range(len(rows))],
        hoverinfo="text",
        xgap=1,
        ygap=1,
        colorscale=theme.diverging(mode),
        zmin=-most,
        zmax=most,
        showscale=False,
    )
    around = {
        "type": "rect", "xref": "x", "yref": "y", "line": {"color": theme.ink(mode), "width": 2}
    }  # fmt: skip
    rings = [
        around | {"x0": c - 0.46, "x1": c + 0.46, "y0": r - 0.46, "y1": r + 0.46}
        for r, c in np.argwhere(ringed).tolist()
    ]

    def ticks(names: Sequence[str], most: int) -> dict:
        texts = [escape.plotly(escape.short(str(name), most)) for name in names]
        return {"tickvals": list(range(len(names))), "ticktext": texts, "ticks": "",
                "showgrid": False, "zeroline": False}  # fmt: skip

    chart = plain.figure(
        [cells],
        title,
        height=44 * len(rows) + 180,
        xaxis=axis(**ticks(columns, _LONGEST_COLUMN), side="bottom", tickangle=-45),
        yaxis=axis(**ticks(rows, _LONGEST_ROW), range=[len(rows) - 0.5, -0.5]),
        shapes=rings,
    )
    return theme.dress(chart, mode)
