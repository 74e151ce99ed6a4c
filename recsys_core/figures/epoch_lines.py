"""Plain lines over epochs: one a column of a table."""

from __future__ import annotations

import pandas as pd

from recsys_core import escape
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.text import Text, worded

# Pixels of a panel, and of what stands above and below all.
_PANEL, _AROUND = 150, 110


def figure(
    table: pd.DataFrame,
    title: str,
    mode: theme.Mode,
    mark_lowest: str = "",
    between: tuple[float, float] | None = None,
) -> Figure:
    """The columns of a table over its index; the lowest point of ``mark_lowest`` is named.

    ``between`` are the ends of the axis of errors; else it shows all of them, on a logarithmic
    axis where the largest is fifty times the smallest.
    """
    lines = [
        _line(table, number, mode, escape.plotly(str(column)))
        for number, column in enumerate(table.columns)
    ]
    lowest, highest = table.min().min(), table.max().max()
    logarithmic = between is None and lowest > 0 and highest > 50 * lowest
    chart = plain.figure(
        lines,
        title,
        xaxis=axis(str(table.index.name)),
        yaxis=axis(
            Text("error"),
            type="log" if logarithmic else None,
            range=None if between is None else list(between),
        ),
    )
    if mark_lowest in table:
        epoch, muted = table[mark_lowest].idxmin(), theme.of(mode).muted
        note = {
            "x": epoch, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": "left",
            "showarrow": False, "xshift": 6, "align": "left", "font": {"color": muted},
            "text": Text(
                "epoch {epoch}: lowest {error},<br>from here on it overfits",
                epoch=epoch, error=worded(mark_lowest),
            ),
        }  # fmt: skip
        mark = plain.vline(epoch, {"color": muted, "width": 1, "dash": "dot"})
        chart["layout"] |= {"annotations": [note], "shapes": [mark]}
    return theme.dress(chart, mode)


def panels(table: pd.DataFrame, title: str, mode: theme.Mode) -> Figure:
    """Each column over the index in a panel of its own, one below the other, with its own axis.

    For lines of which one would lay the others flat.
    """
    n, lines, layout, notes = len(table.columns), [], {}, []
    for number, column in enumerate(table.columns):
        suffix = "" if number == 0 else str(number + 1)
        called = escape.plotly(str(column))
        lines.append(_line(table, number, mode, called) | {"yaxis": f"y{suffix}"})
        top = 1 - number / n
        smallest, largest = table[column].min(), table[column].max()
        logarithmic = smallest > 0 and largest > 50 * smallest
        layout[f"yaxis{suffix}"] = axis(
            None,
            domain=[top - 0.78 / n, top - 0.1 / n],
            type="log" if logarithmic else None,
            dtick=1 if logarithmic else None,  # a power of ten
            nticks=4,
        )
        notes.append({
            "text": called, "x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper",
            "yanchor": "middle", "showarrow": False, "font": {"color": theme.of(mode).muted},
        })  # fmt: skip
    chart = plain.figure(
        lines,
        title,
        height=_PANEL * n + _AROUND,
        showlegend=False,
        annotations=notes,
        xaxis=axis(str(table.index.name), anchor="y" if n == 1 else f"y{n}"),
        **layout,
    )
    return theme.dress(chart, mode)


def _line(table: pd.DataFrame, number: int, mode: theme.Mode, called: str) -> Trace:
    return trace(
        "scatter",
        x=table.index.to_numpy(),
        y=table.iloc[:, number].to_numpy(),
        name=called,
        mode="lines",
        line={
            "color": theme.run_colour(number, mode),
            "dash": theme.run_dash(number, False),
            "width": 2,
        },
        hovertemplate="%{y:.4~g}<extra>" + Text("{what}, epoch %{{x}}", what=called) + "</extra>",
    )
