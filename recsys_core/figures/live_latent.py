"""The live latent space: users and items moving as they are learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Ratings

# Up to this many points each carries its name.
NAMED = 24


def figure(
    train: Ratings, users: np.ndarray, items: np.ndarray, mode: Mode
) -> tuple[Figure, dict[str, Any]]:
    """Users and items in the plane, ready to be placed; motion is learning.

    ``users`` and ``items`` are indices. Where they lie, how wide the picture is and what its axes
    are called comes from the browser's store.

    Returns the figure, and what the browser's panel needs to place the points.
    """
    n_points = len(users) + len(items)
    named = n_points <= NAMED
    sides: tuple[tuple[str, str, np.ndarray, list[str], str, str], ...] = (
        ("user", "users", users, train.user_names, theme.USER, theme.USER_SYMBOL),
        ("item", words.many(train.item_noun), items, train.item_names, theme.ITEM,
         theme.ITEM_SYMBOL),
    )  # fmt: skip
    traces: list[Trace] = []
    groups: list[dict[str, Any]] = []
    first = 0
    for side, label, ids, names, colour, symbol in sides:
        groups.append(
            {
                "trace": len(traces),
                "side": side,
                "ids": ids.tolist(),
                "points": [first, first + len(ids)],
            }
        )
        first += len(ids)
        traces.append(
            trace(
                "scatter",
                x=[],
                y=[],
                mode="markers+text" if named else "markers",
                text=[names[i] for i in ids],
                textfont={"size": theme.FONT_SIZE, "color": theme.of(mode).muted},
                cliponaxis=False if named else None,
                marker={
                    "color": colour,
                    "symbol": symbol,
                    "size": 10 if named else 6,
                    "opacity": 1 if named else 0.7,
                },
                name=label,
                hovertemplate="%{text}<extra></extra>",
            )
        )
    sampled = len(users) < train.n_users or len(items) < train.n_items
    bare = {"range": [-1, 1], "showticklabels": False, "zeroline": True}
    chart = plain.figure(
        traces,
        "Latent space" + (f": {words.plural('point', n_points)}, a sample" if sampled else ""),
        margin={"t": 62},
        uirevision="latent",
        xaxis=axis("main direction", **bare),
        yaxis=axis("second direction", **bare, scaleanchor="x"),
    )
    return theme.dress(chart, mode), {"panel": "latent", "groups": groups, "ink": theme.ink(mode)}


def table(
    train: Ratings, users: np.ndarray, items: np.ndarray, xy: np.ndarray | None
) -> pd.DataFrame:
    """The points shown: kind, name, and where they lie (``xy``, (n, 2); None: unknown yet)."""
    rows = [("user", train.user_names[u]) for u in users]
    rows += [(train.item_noun, train.item_names[i]) for i in items]
    table = pd.DataFrame(rows, columns=["kind", "name"])
    if xy is None:
        return table
    return table.assign(main=np.round(xy[:, 0], 4), second=np.round(xy[:, 1], 4))
