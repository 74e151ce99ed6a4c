"""Which cells of the matrix are rated: each of them, or the share in each block of larger data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.matrix_view import Block, block_of
from recsys_core.figures import heatmap, plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import SIDES, Axis, Ratings
from recsys_core.splits import Split
from recsys_core.text import Text

# Up to these sizes every rating is drawn in its colour.
_MOST_USERS, _MOST_ITEMS = 30, 40

# Larger data are drawn as at most so many blocks.
_MOST_ROWS, _MOST_COLUMNS = 100, 160

# Letters of a name that hovering says.
_LONGEST_LABEL = 60


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


def table(ratings: Ratings) -> pd.DataFrame:
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


def figure(ratings: Ratings, mode: Mode) -> Figure:
    """What is known of larger data, users and items most rated first.

    Where there is room each rating is drawn in its colour; beyond, blocks of users and items are as
    deep as the share of their cells that is rated.
    """
    shares, rows, columns = block_shares(ratings)
    noun = ratings.item_noun
    if shares.shape == (ratings.n_users, ratings.n_items):
        drawn, title = _each_rating(ratings, mode), Text("Every rating")
    else:
        drawn = trace(
            "heatmap",
            z=shares * 100,
            x=columns[:-1] + 1,
            y=rows[:-1] + 1,
            colorscale=[[0, theme.paper(mode)], [1, theme.ink(mode)]],
            zmin=0,
            zmax=max(100 * float(shares.max()), 1e-9),
            colorbar={"title": {"text": Text("% rated")}, "thickness": 10, "outlinewidth": 0},
            hovertemplate=Text(
                "users from rank %{{y:,}}, {nouns} from rank %{{x:,}}: %{{z:.1f}} % rated",
                nouns=words.nouns(noun),
            )
            + "<extra></extra>",
        )
        n_users, n_items = int(np.diff(rows).max()), int(np.diff(columns).max())
        title = Text(
            "What is known, in blocks of {users} × {items}",
            users=words.plural("user", n_users), items=words.plural(noun, n_items),
        )  # fmt: skip
    chart = plain.figure(
        [drawn],
        title,
        height=420,
        xaxis=axis(heatmap.most_rated_first(noun), showgrid=False),
        yaxis=axis(heatmap.most_rated_first("user"), autorange="reversed", showgrid=False),
    )
    return theme.dress(chart, mode)


def alt(ratings: Ratings) -> str:
    """The picture in a sentence, for those who cannot see it."""
    nouns = words.nouns(ratings.item_noun)
    each = block_shares(ratings)[0].shape == (ratings.n_users, ratings.n_items)
    share = words.percent(ratings.density)
    if each:
        return Text(
            "Every rating; users by {nouns}, both most rated first; {share} of all cells are rated",
            nouns=nouns, share=share,
        )  # fmt: skip
    return Text(
        "Share of cells rated, in blocks of the matrix; users by {nouns}, both most rated first; "
        "{share} of all cells are rated",
        nouns=nouns, share=share,
    )  # fmt: skip


def _each_rating(ratings: Ratings, mode: Mode) -> Trace:
    users, items = (ratings.axis(side).most_rated() for side in SIDES)
    said = {  # of every cell, so that a page would carry long names many times
        side: [
            escape.plotly(escape.short(name, _LONGEST_LABEL)) for name in ratings.axis(side).names
        ]
        for side in SIDES
    }
    return trace(
        "heatmap",
        z=ratings.block(users, items),
        x=[str(rank + 1) for rank in range(len(items))],
        y=[str(rank + 1) for rank in range(len(users))],
        colorscale=theme.sequential(mode),
        zmin=ratings.scale.low,
        zmax=ratings.scale.high,
        xgap=0,
        ygap=0,
        hoverongaps=False,
        showscale=True,
        colorbar={"title": {"text": Text("rating")}, "thickness": 10, "outlinewidth": 0},
        customdata=[[said["item"][i] for i in items]] * len(users),
        text=[[said["user"][u]] * len(items) for u in users],
        zhoverformat=".3~g",  # so Plotly writes a minus; a format in the template, a hyphen
        hovertemplate="%{text}, %{customdata}: %{z}<extra></extra>",
    )
