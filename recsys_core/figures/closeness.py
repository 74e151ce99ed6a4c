"""Two vectors in the plane that both lie in: the angle between them, and the distance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.closeness import Pair
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Side
from recsys_core.text import Text

# Points of the arc of the angle, and letters of a name at the tip of an arrow.
_ARC, _LONGEST = 40, 22


def figure(found: Pair, names: tuple[str, str], side: Side, mode: Mode) -> Figure:
    """Draw both from the origin, the first to the right; in their own plane nothing is lost."""
    angle = 0.0 if np.isnan(found.degrees) else np.deg2rad(found.degrees)
    tips = np.array([[found.first, 0.0], found.second * np.array([np.cos(angle), np.sin(angle)])])
    colour = theme.USER if side == "user" else theme.ITEM
    muted, accent = theme.of(mode).muted, theme.of(mode).accent
    called = [escape.plotly(escape.short(name, _LONGEST)) for name in names]
    radius = 0.3 * min(found.first, found.second)
    turn = np.linspace(0.0, angle, _ARC)
    traces = [
        trace(
            "scatter", x=[0.0, tip[0]], y=[0.0, tip[1]], mode="lines+markers",
            line={"color": colour, "width": 3}, showlegend=False,
            marker={"size": [0, 11], "color": colour,
                    "symbol": "circle" if side == "user" else "diamond"},
            hovertext=["", Text("{name}: length {length}", name=name, length=words.number(length))],
            hoverinfo="text",
        )
        for tip, name, length in zip(tips, called, (found.first, found.second), strict=True)
    ]  # fmt: skip
    traces += [
        trace(
            "scatter", x=radius * np.cos(turn), y=radius * np.sin(turn), mode="lines",
            line={"color": accent, "width": 2}, showlegend=False, hoverinfo="skip",
        ),
        trace(
            "scatter", x=tips[:, 0], y=tips[:, 1], mode="lines", showlegend=False,
            line={"color": muted, "width": 1.5, "dash": "dot"},
            hovertext=Text("distance {x}", x=words.number(found.euclid)), hoverinfo="text",
        ),
    ]  # fmt: skip
    ink = theme.of(mode).ink
    notes = [
        _note(f"{found.degrees:.0f}°", np.array([radius, 0.0]), ink, -12),
        _note(called[0], tips[0], ink, -16),
        _note(called[1], tips[1], ink, 16),
    ]
    longest = max(found.first, found.second, 1e-6)
    left, right = min(0.0, float(tips[1, 0])), max(0.0, float(tips[:, 0].max()))
    chart = plain.figure(
        traces, Text("The two, in their own plane"), height=320, annotations=notes,
        xaxis=axis(Text("along the first"), range=[left - 0.3 * longest, right + 0.3 * longest],
                   zeroline=True, zerolinecolor=theme.of(mode).grid, fixedrange=True),
        yaxis=axis(Text("across it"), range=[-0.25 * longest, float(tips[1, 1]) + 0.25 * longest],
                   scaleanchor="x", zeroline=True, zerolinecolor=theme.of(mode).grid,
                   fixedrange=True),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _note(text: str, at: np.ndarray, colour: str, up: int = 0) -> dict:
    return {
        "text": text, "x": float(at[0]), "y": float(at[1]), "xref": "x", "yref": "y",
        "showarrow": False, "yshift": up, "font": {"color": colour},
    }  # fmt: skip


def table(found: Pair) -> pd.DataFrame:
    """The numbers of the pair, one row each."""
    rows = [
        (Text("angle, degrees"), found.degrees), (Text("cosine"), found.cosine),
        (Text("dot product"), found.dot), (Text("Euclidean distance"), found.euclid),
        (Text("length of the first"), found.first), (Text("length of the second"), found.second),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[Text("measure"), Text("value")])


def alt(found: Pair, names: tuple[str, str]) -> str:
    """The picture in a sentence."""
    return Text(
        "{first} and {second} at an angle of {degrees:.0f} degrees; cosine {cosine}, dot product "
        "{dot}, Euclidean distance {euclid}",
        first=names[0],
        second=names[1],
        degrees=found.degrees,
        cosine=words.measure(found.cosine, 2),
        dot=words.number(found.dot),
        euclid=words.number(found.euclid),
    )
