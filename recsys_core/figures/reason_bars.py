"""Which of a user's own ratings speak for a recommendation and which against it, as bars."""

from __future__ import annotations

from recsys_core import escape, words
from recsys_core.asking.attribution import Reasons
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode

# Pixels from one bar to the next.
_ROW = 26


def figure(
    reasons: Reasons,
    names: list[str],
    item: str,
    mode: Mode,
    most: int = 8,
    of_ratings: bool = True,
) -> Figure:
    """The ratings that speak for (right) and against (left) an item, the strongest first.

    ``of_ratings`` says whether ratings are predicted, or preferences.
    """
    table = reasons.table.head(most)
    labels = [
        escape.plotly(f"{escape.short(names[int(row.item)], 26)}, rated {words.given(row.rating)}")
        for row in table.itertuples()
    ]
    values = table["pull"].to_numpy()
    bars = trace(
        "bar",
        y=list(range(len(table))),
        x=values,
        orientation="h",
        width=0.62,
        marker={"color": theme.of(mode).accent, "line": {"width": 0}},
        text=[_signed(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    room = 0.5 * max(high - low, 0.1)  # for the numbers, in a narrow column as well
    title = f"Why {escape.plotly(escape.short(item, 40))}?"
    if len(table) < len(reasons.table):
        title += f" The {len(table)} strongest of {len(reasons.table):,} ratings"
    chart = plain.figure(
        [bars],
        title,
        height=_ROW * len(table) + 96,
        xaxis=axis(
            "pull, in rating units" if of_ratings else "pull on the preference",
            range=[low - room, high + room],
            zeroline=True,
            zerolinecolor=theme.of(mode).muted,
        ),
        yaxis=axis(
            tickvals=list(range(len(table))),
            ticktext=labels,
            range=[len(table) - 0.4, -0.6],
            showgrid=False,
            zeroline=False,
            ticks="",
        ),
    )
    return theme.dress(chart, mode)


def because(reasons: Reasons, names: list[str], most: int = 2) -> str:
    """The ratings that speak most for an item: “Fargo 5 · Alien 4”; empty where none does."""
    table = reasons.table
    best = table[table["pull"] > 0].head(most)
    return " · ".join(
        f"{escape.short(names[int(row.item)], 34)} {words.number(row.rating)}"
        for row in best.itertuples()
    )


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.{2 if abs(value) >= 0.1 else 3}f}"
