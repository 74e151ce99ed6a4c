"""Users and items in the plane of two factors, turned: the picture turns, its shape stays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.models import FactorModel

# Points drawn a side at most, those with the most ratings; and items with a name beside them.
MOST, _NAMED = 500, 12

# Letters of a name beside a point.
_LONGEST = 18


def figure(turned: FactorModel, reach: float, first: int, second: int, mode: Mode) -> Figure:
    """Draw both sides; the axes reach ``reach`` both ways, so that the turning is seen."""
    train = turned.train
    users = train.axis("user").most_rated(MOST)
    items = train.axis("item").most_rated(MOST)
    names = train.item_names
    p, q = turned.user_factors[users], turned.item_factors[items]
    traces = [
        trace(
            "scatter", x=p[:, first], y=p[:, second], mode="markers", name="users",
            marker={"size": 7, "color": theme.USER, "symbol": theme.USER_SYMBOL, "opacity": 0.7},
            hovertext=[escape.plotly(train.user_names[u]) for u in users], hoverinfo="text",
        ),
        trace(
            "scatter", x=q[:, first], y=q[:, second], mode="markers+text", name="items",
            marker={"size": 8, "color": theme.ITEM, "symbol": theme.ITEM_SYMBOL},
            text=[
                f" {escape.plotly(escape.short(names[i], _LONGEST))}" if at < _NAMED else ""
                for at, i in enumerate(items.tolist())
            ],
            textposition="middle right",
            hovertext=[escape.plotly(names[i]) for i in items], hoverinfo="text",
        ),
    ]  # fmt: skip
    ends = [-1.08 * reach, 1.08 * reach]
    line = {"zeroline": True, "zerolinecolor": theme.of(mode).muted, "fixedrange": True}
    chart = plain.figure(
        traces, "Turned, and predicting the same", height=440,
        xaxis=axis(f"factor {first + 1}", range=ends, **line),
        yaxis=axis(f"factor {second + 1}", range=ends, scaleanchor="x", **line),
    )  # fmt: skip
    return theme.dress(chart, mode)


def reach(fitted: FactorModel, first: int, second: int) -> float:
    """How far the farthest point drawn lies from the origin, in that plane."""
    train = fitted.train
    far = [
        np.hypot(rows[ids, first], rows[ids, second]).max(initial=0.0)
        for rows, ids in (
            (fitted.user_factors, train.axis("user").most_rated(MOST)),
            (fitted.item_factors, train.axis("item").most_rated(MOST)),
        )
    ]
    return float(max(*far, 1e-6))


def table(turned: FactorModel, first: int, second: int) -> pd.DataFrame:
    """The items' numbers in both factors, the most rated first."""
    items = turned.train.axis("item").most_rated(MOST)
    q = turned.item_factors[items]
    return pd.DataFrame(
        {
            turned.train.item_noun: [turned.train.item_names[i] for i in items],
            f"factor {first + 1}": q[:, first],
            f"factor {second + 1}": q[:, second],
        }
    )
