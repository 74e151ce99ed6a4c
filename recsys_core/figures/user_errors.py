"""How errors are spread over users, for one model or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.disagreement import bins_of
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.rank_lines import Line
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

TITLE = Text("How errors are spread over users")


def figure(errors: Sequence[np.ndarray], lines: Sequence[Line], mode: Mode) -> Figure:
    """Draw a histogram of the users' RMSE for each model, (m,) each, as steps; their medians.

    What lies above the last bin is counted in it.
    """
    edges = bins_of(errors)
    middles, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    traces, marks = [], []
    for line, found in zip(lines, errors, strict=True):
        shade = _shade(line, mode)
        called = escape.plotly(escape.short(line.name, 40))
        counts, _ = np.histogram(np.minimum(found, edges[-1]), bins=edges)
        median = float(np.median(found))
        traces.append(
            trace(
                "scatter", x=middles, y=counts, mode="lines", fill="tozeroy",
                fillcolor=_faded(shade), line={"shape": "hvh", "color": shade, "width": 2},
                name=Text("{name}, median {x}", name=called, x=words.error(median)),
                customdata=[
                    Text("{low:.2f} to {high:.2f}", low=float(a), high=float(b))
                    for a, b in zip(edges, edges[1:], strict=False)
                ],
                hovertemplate=Text("%{{y:,}} users with RMSE %{{customdata}}")
                + f"<extra>{called}</extra>",
            )
        )  # fmt: skip
        marks.append(plain.vline(median, {"color": shade, "width": 1.5, "dash": "dot"}))
    chart = plain.figure(
        traces,
        TITLE.worded(),
        height=300,
        xaxis=axis(Text("RMSE of a user (rating units)"), range=[0, float(edges[-1] + width / 2)]),
        yaxis=axis(Text("users"), rangemode="tozero"),
        shapes=marks,
        margin={"t": 84},
    )
    return theme.dress(chart, mode)


def _shade(line: Line, mode: Mode) -> str:
    return theme.of(mode).muted if line.colour is None else theme.run_colour(line.colour, mode)


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def table(errors: Sequence[np.ndarray], names: Sequence[str]) -> pd.DataFrame:
    """Users in each bin of their errors, (m,) each; columns from, to and one a model."""
    edges = bins_of(errors)
    columns: dict[str, Any] = {Text("RMSE from"): edges[:-1], Text("RMSE to"): edges[1:]}
    for name, found in zip(names, errors, strict=True):
        columns[name] = np.histogram(np.minimum(found, edges[-1]), bins=edges)[0]
    return pd.DataFrame(columns)


def alt(errors: Sequence[np.ndarray], names: Sequence[str]) -> str:
    """The histogram of errors, (m,) each, in a sentence."""
    said = [
        Text(
            "median RMSE of {name} {median}, a tenth of the users above {high}",
            name=name,
            median=words.error(float(np.median(found))),
            high=words.error(float(np.quantile(found, 0.9))),
        )
        for name, found in zip(names, errors, strict=True)
    ]
    return f"{TITLE.worded()}; {'; '.join(said)}"
