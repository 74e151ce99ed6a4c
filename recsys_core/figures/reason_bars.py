"""Which of a user's own ratings speak for a recommendation and which against it, as bars."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.attribution import Reasons
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.figures.waterfall import adding_up
from recsys_core.ratings import Scale
from recsys_core.text import Number, Text

# Pixels from one bar to the next.
_ROW = 26

# So many ratings have a bar of their own.
MOST = 8

REST = Text("training beyond these ratings")

# What that is, for a tooltip.
WHAT_REST_IS = Text(
    "In training, this user's numbers were found together with everyone else's. From these ratings "
    "alone, with all else fixed, they would be a little different; this is what that changes."
)


class Totals(NamedTuple):
    """What adds up to a prediction, as text: “3.50”, “+0.42”, “+0.06” and “3.98”.

    Attributes
    ----------
    start : what is expected before the ratings count. pulled : what all ratings add.
    rest : what training adds beyond; empty where that is shown as 0.
    prediction : the sum.
    """

    start: str
    pulled: str
    rest: str
    prediction: str


def summands(reasons: Reasons, names: list[str], most: int | None = None) -> pd.DataFrame:
    """Tabulate all that adds up to the prediction, in the order of the bars.

    Columns: summand, kind ("start", "rating", "others", "rest"), rating (NaN but for a rating),
    value, and shown: the value rounded to ``digits`` decimals in such a way that those
    shown add up to the prediction shown. The ``most`` strongest ratings have a row each, the others
    one. ``rest`` is left out where it is shown as 0.
    """
    table = reasons.table.head(most)
    rows: list[tuple[str, str, float, float]] = [
        (Text("before these ratings"), "start", np.nan, reasons.start)
    ]
    rows += [(names[int(row.item)], "rating", row.rating, row.pull) for row in table.itertuples()]
    n_others = max(reasons.n_ratings, len(reasons.table)) - len(table)
    if n_others:
        others = reasons.pulled - float(table["pull"].sum())
        several = Text(
            "{n:,}\N{NO-BREAK SPACE}other rating",
            "{n:,}\N{NO-BREAK SPACE}other ratings",
            n=n_others,
        )
        rows.append((several, "others", np.nan, others))
    rows.append((REST.worded(), "rest", np.nan, reasons.rest))
    found = pd.DataFrame(rows, columns=["summand", "kind", "rating", "value"])
    found["shown"] = adding_up(found["value"].to_numpy(), digits(reasons))
    unseen = (found["kind"] == "rest") & (found["shown"] == 0)
    return found[~unseen].reset_index(drop=True)


def table(reasons: Reasons, names: list[str]) -> pd.DataFrame:
    """The same as a table that is shown: summand, rating, value."""
    found = summands(reasons, names)[["summand", "rating", "value"]]
    found.columns = pd.Index([Text("summand"), Text("rating"), Text("value")])
    return found


def digits(reasons: Reasons) -> int:
    """Decimals that a prediction and what it is the sum of are shown with.

    Two; three where the prediction, or the pull of every rating, is so small that two say little.
    """
    strongest = float(reasons.table["pull"].abs().max()) if len(reasons.table) else 1.0
    return 3 if strongest < 0.05 or max(abs(reasons.start), abs(reasons.prediction)) < 1 else 2


def totals(reasons: Reasons, names: list[str], most: int = MOST) -> Totals:
    """Write what adds up to the prediction, in the numbers of the bars."""
    n, table = digits(reasons), summands(reasons, names, most)
    kinds, shown = table["kind"].to_numpy(), table["shown"].to_numpy()
    start, rest = float(shown[kinds == "start"].sum()), float(shown[kinds == "rest"].sum())
    pulled = float(shown.sum()) - start - rest
    end = start + pulled + rest
    return Totals(
        _plain(start, n), _signed(pulled, n), _signed(rest, n) if "rest" in kinds else "",
        _plain(end, n),
    )  # fmt: skip


def figure(
    reasons: Reasons,
    names: list[str],
    item: str,
    mode: Mode,
    most: int = MOST,
    of_ratings: bool = True,
    scale: Scale | None = None,
) -> Figure:
    """The ratings that speak for (right) and against (left) an item, the strongest first.

    Below them all other ratings together, and what training adds beyond these ratings: with what is
    expected before they count, the bars add up to the prediction. ``of_ratings`` says whether
    ratings are predicted, or preferences. ``scale`` has the words of ratings, if they have any.
    """
    table = summands(reasons, names, most)
    table = table[table["kind"] != "start"].reset_index(drop=True)
    n = digits(reasons)
    letters = 24 if n == 2 else 20  # longer numbers need room, too
    said = words.given if scale is None else scale.said
    labels = [
        escape.plotly(
            Text(
                "{name}, rated {rating}",
                name=escape.short(row.summand, letters),
                rating=said(row.rating),
            )
        )
        if row.kind == "rating"
        else row.summand
        for row in table.itertuples()
    ]
    values = table["value"].to_numpy()
    accent, muted = theme.of(mode).accent, theme.of(mode).muted
    bars = trace(
        "bar",
        y=list(range(len(table))),
        x=values,
        orientation="h",
        width=0.62,
        marker={
            "color": [muted if kind == "rest" else accent for kind in table["kind"]],
            "line": {"width": 0},
        },
        text=[_signed(value, n) for value in table["shown"]],
        textposition="outside",
        cliponaxis=False,
        hovertext=[
            _wrapped(WHAT_REST_IS.worded()) if kind == "rest" else f"{label}: {_signed(value, n)}"
            for kind, label, value in zip(table["kind"], labels, table["shown"], strict=True)
        ],
        hoverinfo="text",
    )
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    room = 0.7 * max(high - low, 0.1)  # for the numbers, in a narrow column as well
    # Short enough for the narrow column of Predictions, and a telephone.
    title = Text("Why {item}?", item=escape.plotly(escape.short(item, 34)))
    chart = plain.figure(
        [bars],
        title,
        height=_ROW * len(table) + 96,
        xaxis=axis(
            Text("pull, in rating units") if of_ratings else Text("pull on the preference"),
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
    """The ratings that raise a prediction most: “Fargo 5 · Alien 4”; empty where none does.

    Where one lowers it more than any raises it, that is said: “Fargo 5 (against it: Cube 1)”.
    """
    # Asked for each row of a list: a table for each would take longer than all the rest.
    items, ratings, pulls = (reasons.table[name].to_numpy() for name in ("item", "rating", "pull"))

    def named(row: int) -> str:
        return f"{escape.short(names[int(items[row])], 34)} {words.number(ratings[row])}"

    text = " · ".join(named(row) for row in np.flatnonzero(pulls > 0)[:most])
    if len(pulls) and pulls[0] < 0:
        against = Text("(against it: {what})", what=named(0))
        return f"{text} {against}" if text else against
    return text


def _plain(value: float, digits: int) -> str:
    """So many decimals, with a proper minus."""
    text = f"{abs(value):.{digits}f}"
    return Number(f"−{text}" if value < 0 and text.strip("0.") else text)


def _signed(value: float, digits: int) -> str:
    text = _plain(value, digits)
    return text if text.startswith("−") else f"+{text}"


def _wrapped(text: str) -> str:
    """In lines of some 50 letters, as a tooltip has no width of its own."""
    return "<br>".join(textwrap.wrap(text, 50))
