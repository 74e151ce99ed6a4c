"""How many ratings each user and each item has, most first: the long tail."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import SIDES, Ratings
from recsys_core.text import Text


def table(ratings: Ratings) -> pd.DataFrame:
    """Ratings a user and an item, most first: columns kind, name, rank, ratings."""
    found = _ranked(ratings)
    found["kind"] = [str(words.named(kind)) for kind in found["kind"]]
    columns = [Text("kind"), Text("name"), Text("rank"), Text("ratings")]
    return found.set_axis(columns, axis=1)


def _ranked(ratings: Ratings) -> pd.DataFrame:
    """The same for the picture."""
    parts = []
    for side in SIDES:
        of = ratings.axis(side)
        order = of.most_rated()
        parts.append(
            pd.DataFrame(
                {
                    "kind": of.noun,
                    "name": [of.names[i] for i in order],
                    "rank": np.arange(1, len(order) + 1),
                    "ratings": of.counts[order],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def figure(ratings: Ratings, mode: Mode) -> Figure:
    """The long tail: ratings of each user and each item, most first."""
    ranked = _ranked(ratings)
    large = max(ratings.n_users, ratings.n_items) > 60
    traces = []
    for side in SIDES:
        kind, colour, symbol = ratings.axis(side).noun, theme.COLOUR[side], theme.SYMBOL[side]
        part = ranked[(ranked["kind"] == kind) & (ranked["ratings"] > 0)]
        if large:  # a few hundred points show the curve as well as a hundred thousand
            keep = np.unique(np.geomspace(1, len(part), 300).astype(int)) - 1
            part = part.iloc[keep]
        traces.append(
            trace(
                "scatter",
                x=part["rank"].to_numpy(),
                y=part["ratings"].to_numpy(),
                customdata=[escape.plotly(name) for name in part["name"]],
                name=words.nouns(kind),
                mode="lines" if large else "lines+markers",
                line={"color": colour, "width": 2},
                marker={"symbol": symbol, "size": 7},
                hovertemplate=Text("%{{customdata}}: %{{y:,}} ratings, rank %{{x:,}}")
                + "<extra></extra>",
            )
        )
    kind = "log" if max(ratings.n_users, ratings.n_items) > 500 else "linear"
    chart = plain.figure(
        traces,
        Text("How many ratings each user and each {noun} has", noun=words.named(ratings.item_noun)),
        xaxis=axis(Text("rank, most rated first"), type=kind),
        yaxis=axis(Text("ratings"), type=kind, rangemode="tozero"),
    )
    return theme.dress(chart, mode)
