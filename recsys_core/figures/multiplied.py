"""One multiplicative update of NMF: numerator and denominator of each factor, as bars."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.inside.nmf_update import NMFUpdate
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode

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
                "bar", x=factors, y=row.numerator, name="numerator: what the ratings ask for",
                marker={"color": theme.COLOUR[update.side]},
                hovertemplate="factor %{x}: numerator %{y:.3f}<extra></extra>",
            ),
            trace(
                "bar", x=factors, y=row.denominator, name="denominator: what there is, and penalty",
                marker={"color": colours.muted},
                hovertemplate="factor %{x}: denominator %{y:.3f}<extra></extra>",
            ),
            *(
                [trace(
                    "scatter", x=factors, y=top, mode="text", showlegend=False,
                    text=[f"× {words.number(ratio)}" for ratio in row.ratio],
                    textposition="top center", hoverinfo="skip", cliponaxis=False,
                )] if written else []
            ),
        ],
        "Each factor is multiplied by numerator / denominator",
        height=380,
        barmode="group",
        xaxis=axis("factor", type="category"),
        yaxis=axis("sum over the row's ratings", rangemode="tozero"),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    return theme.dress(chart, mode)


def alt(update: NMFUpdate) -> str:
    """The picture in a sentence."""
    grow = int((update.row.ratio > 1).sum())
    n = len(update.row.ratio)
    return f"Numerator and denominator of {words.plural('factor', n)}; {grow} of them grow"


def table(update: NMFUpdate) -> pd.DataFrame:
    """The same as a table: one row a factor."""
    row = update.row
    return pd.DataFrame(
        {
            "factor": np.arange(1, len(row.ratio) + 1),
            "before": update.before,
            "numerator": row.numerator,
            "denominator": row.denominator,
            "ratio": row.ratio,
            "after": row.factors,
        }
    )
