"""The live matrix: each cell a prediction, with the known rating inside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.models import FittedModel
from recsys_core.ratings import Ratings, Scale
from recsys_core.splits import Split

# Width and height of the panel's cells together, roughly, in pixels.
_PLOT = (300.0, 220.0)

# Up to this many rows or columns have their names.
_NAMED_LINES = 16


def figure(
    split: Split,
    rows: np.ndarray,
    columns: np.ndarray,
    scale: Scale,
    mode: Mode,
    *,
    has_ratings: bool = True,
) -> tuple[Figure, dict[str, Any]]:
    """A block of the matrix, ready to be filled: each known rating inside its cell.

    ``rows`` are users and ``columns`` items, as indices; ``scale`` spans the predictions. What is
    predicted comes from the browser's store: where a cell and the square inside it have one colour,
    the model has learned that rating. Gaps have no square: before training they are paper with a
    dot. Ratings held out are outlined.

    Returns the figure, and what the browser's panel needs to fill it.
    """
    train = split.train
    known = train.block(rows, columns)
    if not has_ratings:
        known = np.where(np.isnan(known), known, np.float32(1))  # chosen: as preferred as can be
    n_rows, n_columns = known.shape
    cells = {"colorscale": theme.sequential(mode), "zmin": scale.low, "zmax": scale.high}
    dot, paper = theme.of(mode).mark, theme.paper(mode)
    framed = n_columns <= _NAMED_LINES
    # Four layers; the component shrinks the cells of all but the second. A frame keeps what is
    # known apart from its prediction even when both agree.
    layers = [
        trace(
            "heatmap",
            z=np.isnan(known).astype(np.uint8),
            colorscale=[[0, dot], [1, dot]],
            showscale=False,
            hoverinfo="skip",
        ),
        trace(
            "heatmap",
            z=np.full(known.shape, np.nan, np.float32),
            **cells,
            xgap=1,
            ygap=1,
            hoverongaps=True,
            hovertemplate="%{hovertext}<extra></extra>",
            showscale=False,
        ),
        trace(
            "heatmap",
            z=(~np.isnan(known) & framed).astype(np.uint8),
            colorscale=[[0, paper], [1, paper]],
            showscale=False,
            hoverinfo="skip",
        ),
        trace("heatmap", z=known, **cells, hoverinfo="skip", colorbar=_colour_bar(has_ratings)),
    ]
    held = _held_out(split, rows, columns)
    noun = words.many(train.item_noun)
    whole = n_rows == train.n_users and n_columns == train.n_items
    of = "" if whole else f": the {n_rows} × {n_columns} most rated"
    margin = {"b": 34, "t": 58}
    names = _line_names([train.item_names[i] for i in columns], noun)
    if "ticktext" in names:  # slanted above the columns, below the title
        longest = 6.4 * max(map(len, names["ticktext"]))
        margin |= {"t": 42 + int(0.87 * longest), "r": 8 + int(0.5 * longest)}
        names |= {"tickangle": -60, "ticklabeloverflow": "allow"}
    bare: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": ""}
    chart = plain.figure(
        [*layers, *_outlines(held, mode)],
        f"The matrix, as predicted{of}",
        plot_bgcolor=paper,
        margin=margin,
        uirevision="matrix",
        xaxis=axis(**names, **bare, range=[-0.5, n_columns - 0.5], side="top", automargin=False),
        yaxis=axis(
            **_line_names([train.user_names[u] for u in rows], "users"),
            **bare,
            range=[n_rows - 0.5, -0.5],
        ),
    )
    live = {
        "panel": "matrix",
        "trace": 1,
        "shrunk": {0: _dot(n_rows, n_columns), 2: (0.29, 0.29), 3: (0.24, 0.24)},
        "known": 3,
        "users": rows.tolist(),
        "items": columns.tolist(),
        "rows": [train.user_names[u] for u in rows],
        "columns": [train.item_names[i] for i in columns],
        "low": scale.low,
        "high": scale.high,
        "framed": framed,
        "held": held,
        "colours": {"ink": theme.ink(mode), "paper": paper, "mark": dot},
    }
    return theme.dress(chart, mode), live


def _colour_bar(has_ratings: bool) -> dict[str, Any]:
    what = "rating " if has_ratings else "preference "
    return {
        "orientation": "h",
        "thickness": 8,
        "len": 0.6,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "ypad": 4,
        "outlinewidth": 0,
        "title": {"text": what, "side": "top", "font": {"size": theme.FONT_SIZE}},
    }


def _dot(n_rows: int, n_columns: int) -> tuple[float, float]:
    """Half the width and height of a dot of about three pixels, in cells."""
    return min(1.6 * n_columns / _PLOT[0], 0.2), min(1.6 * n_rows / _PLOT[1], 0.2)


def _line_names(names: list[str], what: str) -> dict[str, Any]:
    """Names of rows or columns where there is room for them, else what they are."""
    if len(names) > _NAMED_LINES:
        return {"showticklabels": False, "title": f"{what}, most rated first"}
    short = [name if len(name) <= 16 else name[:15] + "…" for name in names]
    return {"tickvals": list(range(len(names))), "ticktext": short}


def _held_out(split: Split, rows: np.ndarray, columns: np.ndarray) -> list[list[Any]]:
    """Row, column and what to say of each cell held out; test ratings are not told."""
    said: list[list[Any]] = []
    for held, what in ((split.validation, "kept for validation"), (split.test, "")):
        if held is None:
            continue
        block = held.block(rows, columns)
        for row, column in np.argwhere(~np.isnan(block)).tolist():
            rated = f"rated {words.given(float(block[row, column]))}, {what}"
            said.append([row, column, rated if what else "rating kept for the test"])
    return said


def _outlines(held: list[list[Any]], mode: Mode) -> list[Trace]:
    if not held:
        return []
    cells = np.array([[row, column] for row, column, _ in held])
    # One line with breaks: a path draws faster than a marker a cell, and fits the cells exactly.
    around = np.array([[-0.4, -0.4], [-0.4, 0.4], [0.4, 0.4], [0.4, -0.4], [-0.4, -0.4]])
    corners = np.full((len(cells), 6, 2), np.nan)
    corners[:, :5] = cells[:, None] + around
    y, x = corners.reshape(-1, 2).T
    outlines = trace(
        "scatter",
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        mode="lines",
        line={"color": theme.ink(mode), "width": 1},
        opacity=0.75,
        hoverinfo="skip",
        showlegend=False,
        name="held out",
    )
    return [outlines]


def table(
    train: Ratings, rows: np.ndarray, columns: np.ndarray, fitted: FittedModel
) -> pd.DataFrame:
    """The predictions shown, one row a user, one column an item."""
    predicted = fitted.predict_matrix(rows, columns)
    # Two items may share a title: a table needs different columns.
    names = [train.item_names[i] for i in columns]
    distinct_names = [
        n if names.count(n) == 1 else f"{n} ({i})" for n, i in zip(names, columns, strict=True)
    ]
    index = pd.Index([train.user_names[u] for u in rows], name="user")
    return pd.DataFrame(np.round(predicted.astype(np.float64), 3), index, distinct_names)
