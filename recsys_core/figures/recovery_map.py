"""How much of the true factors a model finds, over density and noise of generated data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.experiments.recovery_map import Cell, Plan
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

TITLE = Text("R² of the true factors found")

# Pixels of a row, and of what stands above and below all.
_ROW, _AROUND = 46, 110

Cells = Mapping[tuple[int, int], Cell]


def figure(plan: Plan, found: Cells, mode: Mode) -> Figure:
    """One cell a density and noise: the more is found, the deeper; the present data outlined.

    Cells that are not measured yet are left empty.
    """
    shape = len(plan.noises), len(plan.densities)
    r2 = np.full(shape, np.nan)
    for at, cell in found.items():
        r2[at] = cell.r2
    places = [[(row, column) for column in range(shape[1])] for row in range(shape[0])]
    cells = trace(
        "heatmap",
        z=np.round(r2, 4),
        text=[
            [words.measure(found[at].r2, 2) if at in found else "" for at in row] for row in places
        ],
        texttemplate="%{text}",
        textfont={"size": 13},
        hovertext=[[_hover(plan, found, at) for at in row] for row in places],
        hoverinfo="text",
        hoverongaps=False,
        xgap=1,
        ygap=1,
        colorscale=theme.sequential(mode),
        zmin=0,
        zmax=1,
        showscale=False,
    )
    row, column = plan.present
    ring = {
        "type": "rect", "xref": "x", "yref": "y",
        "x0": column - 0.47, "x1": column + 0.47, "y0": row - 0.47, "y1": row + 0.47,
    }  # fmt: skip
    # The ring stands on paper: in the light theme it is nearly as dark as the deepest cells.
    lines = [{"color": theme.paper(mode), "width": 7}, theme.cell_ring(mode)]
    ticks = {"ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True}
    chart = plain.figure(
        [cells],
        TITLE.worded(),
        height=_ROW * shape[0] + _AROUND,
        shapes=[ring | {"line": line} for line in lines],
        xaxis=axis(
            Text("filled"), tickvals=list(range(shape[1])), range=[-0.5, shape[1] - 0.5],
            ticktext=[words.percent(density) for density in plan.densities], **ticks,
        ),
        yaxis=axis(
            Text("noise (rating units)"), tickvals=list(range(shape[0])),
            range=[-0.5, shape[0] - 0.5],
            ticktext=[words.given(noise) for noise in plan.noises], **ticks,
        ),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _hover(plan: Plan, found: Cells, at: tuple[int, int]) -> str:
    row, column = at
    density = plan.densities[column]
    said = Text(
        "{share} filled, {ratings} ratings per user<br>noise {noise}",
        share=words.percent(density),
        ratings=words.number(density * plan.n_items),
        noise=words.given(plan.noises[row]),
    )
    if at not in found:
        return Text("{said}<br>not measured yet", said=said)
    cell = found[at]
    return Text(
        "{said}<br>R² {r2}, {seeds}: {low} to {high}<br>by chance {chance}",
        said=said,
        r2=words.measure(cell.r2, 2),
        seeds=words.plural("seed", cell.n),
        low=words.measure(cell.lowest, 2),
        high=words.measure(cell.highest, 2),
        chance=words.measure(cell.by_chance, 2),
    )


def table(plan: Plan, found: Cells) -> pd.DataFrame:
    """The cells as a table, one row each: noise, density, R² over seeds, and what chance finds."""
    return pd.DataFrame(
        [
            {
                Text("noise"): plan.noises[row],
                Text("filled"): plan.densities[column],
                Text("ratings per user"): plan.densities[column] * plan.n_items,
                "R²": cell.r2,
                Text("lowest"): cell.lowest,
                Text("highest"): cell.highest,
                Text("by chance"): cell.by_chance,
                Text("seeds"): cell.n,
            }
            for (row, column), cell in sorted(found.items())
        ]
    )


def alt(plan: Plan, found: Cells) -> str:
    """The map in a sentence, for those who cannot see it."""
    if not found:
        return Text("R² of the true factors found, over noise and density; nothing is measured yet")
    values = [cell.r2 for cell in found.values()]
    said = Text(
        "R² of the true factors found, over {noises} noises and {densities} densities; from {low} "
        "to {high}",
        noises=len(plan.noises),
        densities=len(plan.densities),
        low=words.measure(min(values), 2),
        high=words.measure(max(values), 2),
    )
    if plan.present in found:
        r2 = words.measure(found[plan.present].r2, 2)
        return Text("{said}; of the data in view {r2}, outlined", said=said, r2=r2)
    return said
