"""Who is like whom, as a small matrix: similarities of users or of items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# Letters of a name beside a row; hovering says the whole.
_LONGEST_LABEL = 24

# Values are printed in the cells up to so many rows and columns.
_MOST_PRINTED = 16


def title(noun: str, compared: str) -> str:
    """What a matrix of similarities shows, in a line: “How alike users are, by factors”."""
    return Text(
        "How alike {nouns} are, {compared}",
        nouns=words.nouns(noun), compared=compared,
    )  # fmt: skip


def figure(table: pd.DataFrame, title: str, mode: Mode, selected: int | None = None) -> Figure:
    """Cosines of everyone with everyone, (n, n), names as the table has them; printed in the cells.

    Depth is likeness, from the least to 1; ``selected`` is a row and column with a dark ring.
    """
    values, n = table.to_numpy(dtype=np.float64), len(table)
    others = values[~np.eye(n, dtype=bool)]
    names = [escape.plotly(str(name)) for name in table.index]
    labels = [escape.plotly(escape.short(str(name), _LONGEST_LABEL)) for name in table.index]
    small = n <= _MOST_PRINTED
    cells = trace(
        "heatmap",
        z=np.round(values, 4),
        text=[[words.measure(value, 2) for value in row] for row in values] if small else None,
        texttemplate="%{text}" if small else None,
        hovertext=[
            [
                Text("{a} and {b}: {x}", a=a, b=b, x=words.measure(values[r, c]))
                for c, b in enumerate(names)
            ]
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
    places = list(range(n))
    ticks: dict[str, Any] = {
        "tickvals": places, "ticktext": labels, "ticks": "", "showgrid": False
    }  # fmt: skip
    chart = plain.figure(
        [cells],
        title,
        height=max(220, min(40, 640 // n) * n + 110),
        xaxis=axis(**ticks, side="bottom", tickangle=0 if n <= 6 else -45, zeroline=False),
        yaxis=axis(**ticks, range=[n - 0.5, -0.5], zeroline=False),
        shapes=None if selected is None else _rings(selected, n, mode),
    )
    return theme.dress(chart, mode)


def _rings(selected: int, n: int, mode: Mode) -> list[dict[str, Any]]:
    """A dark ring around a column, and around the row that belongs to it."""
    around = {"type": "rect", "line": {"color": theme.ink(mode), "width": 2}}
    whole = {"x0": -0.5, "x1": n - 0.5, "y0": -0.5, "y1": n - 0.5}
    return [
        around | whole | {f"{along}0": selected - 0.5, f"{along}1": selected + 0.5}
        for along in ("x", "y")
    ]
