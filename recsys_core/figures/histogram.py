"""How many ratings there are of each value, as bars."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# A scale of more steps than this, or of none, is drawn in bins.
_MOST_BARS = 25


def table(ratings: Ratings) -> pd.DataFrame:
    """How many ratings there are of each value: columns rating, ratings."""
    return _counted(ratings).set_axis([Text("rating"), Text("ratings")], axis=1)


def _counted(ratings: Ratings) -> pd.DataFrame:
    """The same for the picture.

    A continuous scale is cut into 20 bins, named by their middle.
    """
    scale = ratings.scale
    if scale.step is not None and scale.width / scale.step < _MOST_BARS:
        centres = np.arange(round(scale.width / scale.step) + 1) * scale.step + scale.low
        width = scale.step
    else:
        width = scale.width / 20 or 1.0
        centres = scale.low + width * (np.arange(20) + 0.5)
    edges = np.append(centres - width / 2, centres[-1] + width / 2)
    counts, _ = np.histogram(ratings.values, bins=edges)
    return pd.DataFrame({"rating": np.round(centres, 6), "ratings": counts})


def figure(ratings: Ratings, mode: Mode) -> Figure:
    """Bars: how many ratings of each value, in the colour of that value."""
    counted = _counted(ratings)
    share = counted["ratings"] / max(len(ratings), 1)
    bars = trace(
        "bar",
        x=counted["rating"].to_numpy(),
        y=counted["ratings"].to_numpy(),
        customdata=[words.percent(s) for s in share],
        hovertext=[escape.plotly(ratings.scale.said(x)) for x in counted["rating"]],
        marker={
            "color": counted["rating"].to_numpy(),
            "colorscale": theme.sequential(mode),
            "cmin": ratings.scale.low,
            "cmax": ratings.scale.high,
            "line": {"width": 0},
        },
        hovertemplate=Text("rating %{{hovertext}}: %{{y:,}} (%{{customdata}})") + "<extra></extra>",
    )
    mean = ratings.global_mean
    chart = plain.figure(
        [bars],
        Text("How the ratings are spread"),
        bargap=0.12,
        xaxis=axis(Text("rating"), tickvals=_ticks(counted)),
        yaxis=axis(Text("ratings")),
        shapes=[plain.vline(mean, {"dash": "dot", "width": 1.5, "color": theme.ink(mode)})],
        annotations=[
            {
                "text": Text("mean {x}", x=words.number(mean)),
                "x": mean,
                "xref": "x",
                "y": 1,
                "yref": "y domain",
                "xanchor": "center",
                "yanchor": "bottom",
                "showarrow": False,
            }
        ],
    )
    return theme.dress(chart, mode)


def _ticks(counted: pd.DataFrame) -> list[float] | None:
    return counted["rating"].tolist() if len(counted) <= 11 else None
