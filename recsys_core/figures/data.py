"""Ratings as they came: how they are spread, who has how many, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.matrix_view import Block, block_of
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import SIDES, Axis, Ratings
from recsys_core.splits import Split

# Up to these sizes every rating is drawn in its colour.
_MOST_USERS, _MOST_ITEMS = 30, 40

# Larger data are drawn as at most so many blocks.
_MOST_ROWS, _MOST_COLUMNS = 100, 160

# A scale of more steps than this, or of none, is drawn in bins.
_MOST_BARS = 25


def spread_table(ratings: Ratings) -> pd.DataFrame:
    """How many ratings there are of each value: columns rating, ratings.

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


def spread(ratings: Ratings, mode: Mode) -> Figure:
    """Bars: how many ratings of each value, in the colour of that value."""
    table = spread_table(ratings)
    share = table["ratings"] / max(len(ratings), 1)
    bars = trace(
        "bar",
        x=table["rating"].to_numpy(),
        y=table["ratings"].to_numpy(),
        customdata=[words.percent(s) for s in share],
        marker={
            "color": table["rating"].to_numpy(),
            "colorscale": theme.sequential(mode),
            "cmin": ratings.scale.low,
            "cmax": ratings.scale.high,
            "line": {"width": 0},
        },
        hovertemplate="rating %{x}: %{y:,} (%{customdata})<extra></extra>",
    )
    mean = ratings.global_mean
    figure = plain.figure(
        [bars],
        "How the ratings are spread",
        bargap=0.12,
        xaxis=axis("rating", tickvals=_ticks(table)),
        yaxis=axis("ratings"),
        shapes=[plain.vline(mean, {"dash": "dot", "width": 1.5, "color": theme.ink(mode)})],
        annotations=[
            {
                "text": f"mean {words.number(mean)}",
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
    return theme.dress(figure, mode)


def _ticks(table: pd.DataFrame) -> list[float] | None:
    return table["rating"].tolist() if len(table) <= 11 else None


def tail_table(ratings: Ratings) -> pd.DataFrame:
    """Ratings a user and an item, most first: columns kind, name, rank, ratings."""
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


def tail(ratings: Ratings, mode: Mode) -> Figure:
    """The long tail: ratings of each user and each item, most first."""
    table = tail_table(ratings)
    large = max(ratings.n_users, ratings.n_items) > 60
    traces = []
    for side in SIDES:
        kind, colour, symbol = ratings.axis(side).noun, theme.COLOUR[side], theme.SYMBOL[side]
        part = table[(table["kind"] == kind) & (table["ratings"] > 0)]
        if large:  # a few hundred points show the curve as well as a hundred thousand
            keep = np.unique(np.geomspace(1, len(part), 300).astype(int)) - 1
            part = part.iloc[keep]
        traces.append(
            trace(
                "scatter",
                x=part["rank"].to_numpy(),
                y=part["ratings"].to_numpy(),
                customdata=part["name"].tolist(),
                name=words.many(kind),
                mode="lines" if large else "lines+markers",
                line={"color": colour, "width": 2},
                marker={"symbol": symbol, "size": 7},
                hovertemplate="%{customdata}: %{y:,} ratings, rank %{x:,}<extra></extra>",
            )
        )
    kind = "log" if max(ratings.n_users, ratings.n_items) > 500 else "linear"
    figure = plain.figure(
        traces,
        f"How many ratings each user and each {ratings.item_noun} has",
        xaxis=axis("rank, most rated first", type=kind),
        yaxis=axis("ratings", type=kind, rangemode="tozero"),
    )
    return theme.dress(figure, mode)


def is_small(ratings: Ratings) -> bool:
    """Whether every rating can be drawn in its colour (see ``cells``)."""
    return ratings.n_users <= _MOST_USERS and ratings.n_items <= _MOST_ITEMS


def cells(split: Split) -> Block:
    """The whole of a small matrix, for ``figures.heatmap``: parts apart, nothing predicted."""
    train = split.train
    users, items = train.user_order, train.item_order
    return block_of(train, None, users, items, validation=split.validation, test=split.test)


def block_shares(ratings: Ratings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of cells rated in blocks of users × items, both most rated first.

    Returns the shares, (n_rows, n_columns), and the ranks at which rows and columns of blocks
    begin, (n_rows + 1,) and (n_columns + 1,).
    """
    rows, row_edges = _ranked_into(ratings.axis("user"), _MOST_ROWS)
    columns, column_edges = _ranked_into(ratings.axis("item"), _MOST_COLUMNS)
    n_rows, n_columns = len(row_edges) - 1, len(column_edges) - 1
    at = rows[ratings.user_ids] * n_columns + columns[ratings.item_ids]
    rated = np.bincount(at, minlength=n_rows * n_columns).reshape(n_rows, n_columns)
    return rated / np.outer(np.diff(row_edges), np.diff(column_edges)), row_edges, column_edges


def known_table(ratings: Ratings) -> pd.DataFrame:
    """The share of cells rated in each block, in percent; blocks are named by their first rank."""
    shares, rows, columns = block_shares(ratings)
    users = [f"users from {rank + 1}" for rank in rows[:-1]]
    noun = words.many(ratings.item_noun)
    items = [f"{noun} from {rank + 1}" for rank in columns[:-1]]
    return pd.DataFrame(np.round(100 * shares, 3), users, items)


def _ranked_into(side: Axis, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The block of each index, most rated first, and the rank at which each block begins."""
    n_blocks = min(most, side.n)
    rank = np.empty(side.n, dtype=np.int64)
    rank[side.most_rated()] = np.arange(side.n)
    edges = np.linspace(0, side.n, n_blocks + 1).astype(np.int64)
    return np.searchsorted(edges, rank, side="right") - 1, edges


def known(ratings: Ratings, mode: Mode) -> Figure:
    """What is known of larger data, users and items most rated first.

    Where there is room each rating is drawn in its colour; beyond, blocks of users and items are as
    deep as the share of their cells that is rated.
    """
    shares, rows, columns = block_shares(ratings)
    noun = ratings.item_noun
    if shares.shape == (ratings.n_users, ratings.n_items):
        drawn, title = _each_rating(ratings, mode), "Every rating"
    else:
        drawn = trace(
            "heatmap",
            z=shares * 100,
            x=columns[:-1] + 1,
            y=rows[:-1] + 1,
            colorscale=[[0, theme.paper(mode)], [1, theme.ink(mode)]],
            zmin=0,
            zmax=max(100 * float(shares.max()), 1e-9),
            colorbar={"title": {"text": "% rated"}, "thickness": 10, "outlinewidth": 0},
            hovertemplate=(
                f"users from rank %{{y:,}}, {words.many(noun)} from rank %{{x:,}}: "
                "%{z:.1f} % rated<extra></extra>"
            ),
        )
        n_users, n_items = int(np.diff(rows).max()), int(np.diff(columns).max())
        block = f"{words.plural('user', n_users)} × {words.plural(noun, n_items)}"
        title = f"What is known, in blocks of {block}"
    figure = plain.figure(
        [drawn],
        title,
        height=420,
        xaxis=axis(f"{words.many(noun)}, most rated first", showgrid=False),
        yaxis=axis("users, most rated first", autorange="reversed", showgrid=False),
    )
    return theme.dress(figure, mode)


def _each_rating(ratings: Ratings, mode: Mode) -> Trace:
    users, items = (ratings.axis(side).most_rated() for side in SIDES)
    drawn = theme.heatmap(
        ratings.block(users, items),
        [str(rank + 1) for rank in range(len(items))],
        [str(rank + 1) for rank in range(len(users))],
        mode,
        ratings.scale,
    )
    drawn.update(
        xgap=0,
        ygap=0,
        customdata=[[ratings.item_names[i] for i in items]] * len(users),
        text=[[ratings.user_names[u]] * len(items) for u in users],
        hovertemplate="%{text}, %{customdata}: %{z:.3~g}<extra></extra>",
    )
    return drawn
