"""One multiplicative update of NMF: numerator and denominator of each factor, as bars."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.inside.nmf_update import NMFUpdate
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# Factors whose bars have their ratio written above.
_MOST_WRITTEN = 16


def figure(update: NMFUpdate, mode: Mode) -> Figure:
    """Both sums of each factor side by side, their ratio above: over 1 it grows, under it falls."""
    row, colours = update.row, theme.of(mode)
    factors = [str(f + 1) for f in range(len(row.ratio))]
    top = np.maximum(row.numerator, row.denominator)
    written = len(factors) <= _MOST_WRITTEN
    chart = plain.figure(
        [
            trace(
                "bar", x=factors, y=row.numerator, name=Text("numerator: what the ratings ask for"),
                marker={"color": theme.COLOUR[update.side]},
                hovertemplate=Text("factor %{{x}}: numerator %{{y:.3f}}") + "<extra></extra>",
            ),
            trace(
                "bar", x=factors, y=row.denominator,
                name=Text("denominator: what there is, and penalty"),
                marker={"color": colours.muted},
                hovertemplate=Text("factor %{{x}}: denominator %{{y:.3f}}") + "<extra></extra>",
            ),
            *(
                [trace(
                    "scatter", x=factors, y=top, mode="text", showlegend=False,
                    text=[f"× {words.number(ratio)}" for ratio in row.ratio],
                    textposition="top center", hoverinfo="skip", cliponaxis=False,
                )] if written else []
            ),
        ],
        Text("Each factor is multiplied by numerator / denominator"),
        height=380,
        barmode="group",
        xaxis=axis(Text("factor"), type="category"),
        yaxis=axis(Text("sum over the row's ratings"), rangemode="tozero"),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    return theme.dress(chart, mode)


def alt(update: NMFUpdate) -> str:
    """The picture in a sentence."""
    grow = int((update.row.ratio > 1).sum())
    n = len(update.row.ratio)
    return Text(
        "Numerator and denominator of {factors}; {grow} of them grow",
        factors=words.plural("factor", n), grow=grow,
    )  # fmt: skip


def table(update: NMFUpdate) -> pd.DataFrame:
    """The same as a table: one row a factor."""
    row = update.row
    return pd.DataFrame(
        {
            Text("factor"): np.arange(1, len(row.ratio) + 1),
            Text("before"): update.before,
            Text("numerator"): row.numerator,
            Text("denominator"): row.denominator,
            Text("ratio"): row.ratio,
            Text("after"): row.factors,
        }
    )
