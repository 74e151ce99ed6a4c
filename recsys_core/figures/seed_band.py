"""Many seeds of one model: the band of their error curves, and how alike their neighbours are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from recsys_core import escape, words
from recsys_core.experiments.seed_band import Shared
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# Pixels of a row of neighbours, and of what stands above and below all; letters of a name there.
_ROW, _AROUND, _LONGEST = 26, 130, 26

# Errors of this share of the epochs, the first ones, may lie above the picture.
_BEGINNING = 0.1

# How much of the run's colour the band has.
_BAND = 0.22


def figure(
    band: pd.DataFrame, own: Sequence[float], what: str, name: str, colour: int, mode: Mode
) -> Figure:
    """Draw from the lowest to the highest of all seeds as a band, their mean, and the run in view.

    ``band`` is ``seed_band.band``, ``own`` the numbers of the run in view from epoch 0 on, called
    ``name`` and with the colour of that number; ``what`` is measured ("validation RMSE").
    """
    shade, epochs = theme.run_colour(colour, mode), band["epoch"].to_numpy()
    called = escape.plotly(escape.short(name, 40))
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0, "color": shade}}
    counts = band["seeds"].to_numpy()
    traces = [
        trace(
            "scatter", x=epochs, y=band["lowest"].to_numpy(), showlegend=False,
            hovertemplate=Text("lowest, epoch %{{x}}: %{{y:.4f}}") + "<extra></extra>", **edge,
        ),
        trace(
            "scatter", x=epochs, y=band["highest"].to_numpy(), name=Text("lowest to highest"),
            fill="tonexty", fillcolor=_faded(shade),
            hovertemplate=Text("highest, epoch %{{x}}: %{{y:.4f}}") + "<extra></extra>", **edge,
        ),
        trace(
            "scatter", x=epochs, y=band["mean"].to_numpy(), mode="lines", name=Text("mean"),
            line={"width": 1.5, "color": theme.ink(mode), "dash": "dot"}, customdata=counts,
            hovertemplate=Text("mean of %{{customdata}} seeds, epoch %{{x}}: %{{y:.4f}}")
            + "<extra></extra>",
        ),
        trace(
            "scatter", x=list(range(len(own))), y=list(own), mode="lines", name=called,
            line={"width": 2.5, "color": shade},
            hovertemplate=Text("{what}, epoch %{{x}}", what=_named(what))
            + f": %{{y:.4f}}<extra>{called}</extra>",
        ),
    ]  # fmt: skip
    title = Text("{what} over epochs, {seeds}", what=_begun(what), seeds=title_of(band))
    chart = plain.figure(
        traces,
        title,
        height=340,
        xaxis=axis(Text("epoch")),
        yaxis=axis(
            _named(what) if what == "objective" else Text("RMSE (rating units)"),
            nticks=6,
            range=_ends(band),
        ),
        margin={"t": 84},
    )
    return theme.dress(chart, mode)


def _named(what: str) -> str:
    """What is measured, as a picture names it."""
    return Text(what)


def _begun(what: str) -> str:
    """What is measured, at the beginning of a sentence."""
    return _named(what)[:1].upper() + _named(what)[1:]


def _ends(band: pd.DataFrame) -> list[float] | None:
    """Ends of the axis of errors: the first epochs may lie above it, else the band is a line."""
    later = band[band["epoch"] >= max(1, round(_BEGINNING * len(band)))]
    if len(later) < 2:
        return None
    low, high = float(later["lowest"].min()), float(later["highest"].max())
    room = 0.06 * (high - low)
    return [low - room, high + room]


def title_of(band: pd.DataFrame) -> str:
    """How many seeds there are, in words."""
    return words.plural("seed", int(band["seeds"].max()) if len(band) else 0)


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_BAND})"


def alt(band: pd.DataFrame, what: str, name: str) -> str:
    """The band in a sentence."""
    if not len(band):
        return Text("{what} of {name} over epochs; no seeds yet", what=_begun(what), name=name)
    last = band.iloc[-1]
    return Text(
        "{what} of {name} over epochs, {seeds}; at epoch {epoch} from {low} to {high}, mean {mean}",
        what=_begun(what),
        name=name,
        seeds=title_of(band),
        epoch=int(last["epoch"]),
        low=words.error(last["lowest"]),
        high=words.error(last["highest"]),
        mean=words.error(last["mean"]),
    )


def neighbours(found: Sequence[Shared], names: Sequence[str], mode: Mode) -> Figure:
    """One row an item: the Jaccard index of its nearest neighbours between two seeds.

    The mean over all pairs of seeds, and from the lowest to the highest. ``names`` are those of
    these items, in the same order.
    """
    rows = list(range(len(found)))
    shade, muted = theme.COLOUR["item"], theme.of(mode).muted
    lines: dict[str, list[float | None]] = {"x": [], "y": []}
    for row, each in zip(rows, found, strict=True):
        lines["x"] += [each.lowest, each.highest, None]
        lines["y"] += [row, row, None]
    hover = [
        Text(
            "{name}<br>{common:.1f} of {listed} shared by two seeds, {always} by all<br>Jaccard "
            "index {mean} ({low} to {high})",
            name=escape.plotly(escape.short(name, 100)),
            common=float(each.common),
            listed=each.listed,
            always=each.always,
            mean=words.measure(each.mean, 2),
            low=words.measure(each.lowest, 2),
            high=words.measure(each.highest, 2),
        )
        for each, name in zip(found, names, strict=True)
    ]
    traces = [
        trace(
            "scatter", **lines, mode="lines", name=Text("all pairs of seeds"),
            line={"color": muted, "width": 2}, hoverinfo="skip",
        ),
        trace(
            "scatter", x=[each.mean for each in found], y=rows, mode="markers", name=Text("mean"),
            marker={"symbol": theme.ITEM_SYMBOL, "size": 10, "color": shade},
            hovertext=hover, hoverinfo="text",
        ),
    ]  # fmt: skip
    chart = plain.figure(
        traces,
        Text("Nearest neighbours that seeds share"),
        height=_ROW * len(found) + _AROUND,
        xaxis=axis(Text("Jaccard index of two lists of neighbours"), range=[-0.02, 1.02]),
        yaxis=axis(
            None,
            tickvals=rows,
            ticktext=[escape.plotly(escape.short(name, _LONGEST)) for name in names],
            range=[len(found) - 0.4, -0.6],
            fixedrange=True,
            ticklabelstandoff=6,
        ),
        margin={"t": 84},
    )
    return theme.dress(chart, mode)


def neighbours_table(found: Sequence[Shared], names: Sequence[str], noun: str) -> pd.DataFrame:
    """The same as a table, one row an item."""
    return pd.DataFrame(
        {
            words.named(noun): list(names),
            Text("mean Jaccard"): [each.mean for each in found],
            Text("lowest"): [each.lowest for each in found],
            Text("highest"): [each.highest for each in found],
            Text("shared by two seeds"): [each.common for each in found],
            Text("in all lists"): [each.always for each in found],
        }
    )


def neighbours_alt(found: Sequence[Shared], noun: str) -> str:
    """The neighbours in a sentence; ``noun`` is what items are called, in the plural."""
    means = [each.mean for each in found]
    return Text(
        "How many of the nearest {nouns} seeds share, for {n} {nouns}; mean Jaccard index from "
        "{low} to {high}",
        nouns=words.named(noun),
        n=len(found),
        low=words.measure(min(means), 2),
        high=words.measure(max(means), 2),
    )
