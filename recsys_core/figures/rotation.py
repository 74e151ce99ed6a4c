"""Users and items in the plane of two factors, turned: the picture turns, its shape stays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.models import FactorModel
from recsys_core.text import Text

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
            "scatter", x=p[:, first], y=p[:, second], mode="markers", name=Text("users"),
            marker={"size": 7, "color": theme.USER, "symbol": theme.USER_SYMBOL, "opacity": 0.7},
            hovertext=[escape.plotly(train.user_names[u]) for u in users], hoverinfo="text",
        ),
        trace(
            "scatter", x=q[:, first], y=q[:, second], mode="markers+text",
            name=words.nouns(train.item_noun),
            marker={"size": 8, "color": theme.ITEM, "symbol": theme.ITEM_SYMBOL},
            text=[
                f" {escape.plotly(escape.short(names[i], _LONGEST))} " if free else ""
                for i, free in zip(items.tolist(), _free(q[:, [first, second]], reach), strict=True)
            ],
            textposition=["middle left" if x > 0 else "middle right" for x in q[:, first]],
            hovertext=[escape.plotly(names[i]) for i in items], hoverinfo="text",
        ),
    ]  # fmt: skip
    ends = [-1.08 * reach, 1.08 * reach]
    line = {"zeroline": True, "zerolinecolor": theme.of(mode).muted, "fixedrange": True}
    chart = plain.figure(
        traces, Text("Turned, and predicting the same"), height=440,
        xaxis=axis(Text("factor {name}", name=first + 1), range=ends, **line),
        yaxis=axis(Text("factor {name}", name=second + 1), range=ends, scaleanchor="x", **line),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _free(xy: np.ndarray, reach: float) -> list[bool]:
    """Which of the first points, (n, 2), has room for its name right of it: no two overlap."""
    named: list[np.ndarray] = []
    free = []
    for point in xy:
        near = (np.abs(point - other) < (0.8 * reach, 0.09 * reach) for other in named)
        free.append(len(named) < _NAMED and not any(both.all() for both in near))
        if free[-1]:
            named.append(point)
    return free


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
            words.named(turned.train.item_noun): [turned.train.item_names[i] for i in items],
            Text("factor {name}", name=first + 1): q[:, first],
            Text("factor {name}", name=second + 1): q[:, second],
        }
    )
