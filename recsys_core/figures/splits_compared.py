"""The error of one model under several splits, beside that of baselines under the same splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.experiments.split_study import Row
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text, worded

TITLE = Text("Validation RMSE under each split")

# Pixels of a row, and of what stands above and below all.
_ROW, _AROUND = 42, 140


def figure(rows: Sequence[Row], name: str, colour: int, mode: Mode) -> Figure:
    """One row a split: the model filled, baselines as rings; folds as far as they differ.

    ``name`` and ``colour`` (its number) are those of the run in view. Rows without RMSE are left
    out.
    """
    known = [row for row in rows if row.means["rmse"] is not None]
    titles = [str(worded(row.title)) for row in known]
    muted, ink = theme.of(mode).muted, theme.ink(mode)
    rings: dict[str, dict[str, Any]] = {}
    baselines = dict.fromkeys(title for row in known for title in row.baselines)
    for symbol, title in zip(("square-open", "circle-open", "cross-open"), baselines, strict=False):
        rings[title] = {"symbol": symbol, "size": 15, "color": muted, "line": {"width": 2}}
    traces = []
    for title, marker in rings.items():
        pairs = [
            (row.baselines[title], str(worded(row.title)))
            for row in known
            if title in row.baselines
        ]
        traces.append(
            trace(
                "scatter", x=[x for x, _ in pairs], y=[y for _, y in pairs], mode="markers",
                name=worded(title), marker=marker,
                hovertext=[f"{y}, {worded(title)}: RMSE {words.error(x)}" for x, y in pairs],
                hoverinfo="text",
            )
        )  # fmt: skip
    errors = [row.means["rmse"] for row in known]
    deviations = [row.deviations["rmse"] or 0.0 for row in known]
    called = escape.plotly(escape.short(name, 40))
    hover = [_hover(row, called) for row in known]
    traces.append(
        trace(
            "scatter", x=errors, y=titles, mode="markers", name=called,
            marker={"symbol": "circle", "size": 12, "color": theme.run_colour(colour, mode)},
            error_x={"type": "data", "array": deviations, "color": ink, "thickness": 1.5,
                     "visible": any(deviations)},
            hovertext=hover, hoverinfo="text",
        )
    )  # fmt: skip
    chart = plain.figure(
        traces,
        TITLE.worded(),
        height=_ROW * max(len(known), 1) + _AROUND,
        xaxis=axis(Text("RMSE (rating units)"), nticks=6),
        yaxis=axis(
            None, categoryorder="array", categoryarray=titles[::-1], fixedrange=True,
            ticklabelstandoff=6, range=[-0.6, len(titles) - 0.4],
        ),
        margin={"t": 84},
    )  # fmt: skip
    return theme.dress(chart, mode)


def _hover(row: Row, name: str) -> str:
    rmse, deviation = row.means["rmse"], row.deviations["rmse"]
    assert rmse is not None
    said = f"{worded(row.title)}, {name}: RMSE {words.error(rmse)}"
    if deviation is None:
        return said
    spread = Text("standard deviation over {n} folds {x}", n=row.n, x=words.error(deviation))
    return f"{said}<br>{spread}"


def table(rows: Sequence[Row], places: int) -> pd.DataFrame:
    """The same as a table, and the measures of lists of ``places``; one row a split.

    Columns that no row has are left out.
    """
    baselines = dict.fromkeys(title for row in rows for title in row.baselines)
    columns: dict[str, list[Any]] = {
        Text("split"): [_named(row) for row in rows],
        "RMSE": [_or_nan(row.means["rmse"]) for row in rows],
        "± RMSE": [words.measure(row.deviations["rmse"]) for row in rows],
        **{f"RMSE, {worded(title).lower()}": [row.baselines.get(title, np.nan) for row in rows]
           for title in baselines},
        "MAE": [_or_nan(row.means["mae"]) for row in rows],
        f"NDCG@{places}": [_or_nan(row.means["ndcg"]) for row in rows],
        Text("recall@{places}", places=places): [_or_nan(row.means["recall"]) for row in rows],
        Text("trained on"): [row.n_train for row in rows],
        Text("held out"): [row.n_held_out for row in rows],
        Text("of these unseen"): [row.n_unseen for row in rows],
    }  # fmt: skip
    if all(row.deviations["rmse"] is None for row in rows):
        del columns["± RMSE"]
    return pd.DataFrame(columns).dropna(axis="columns", how="all")


def _named(row: Row) -> str:
    if row.n >= row.n_planned:
        return worded(row.title)
    return Text(
        "{title} ({n} of {planned})", title=worded(row.title), n=row.n, planned=row.n_planned
    )


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def alt(rows: Sequence[Row], name: str) -> str:
    """The picture in a sentence."""
    said = [
        f"{worded(row.title)} {words.error(rmse)}"
        for row in rows
        if (rmse := row.means["rmse"]) is not None
    ]
    return Text(
        "Validation RMSE under each split of {name}; {said}", name=name, said=", ".join(said)
    )
