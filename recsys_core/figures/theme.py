"""The one home of colours and their meanings, in both themes, and of how a figure is dressed.

What a colour means never changes: see the constants.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recsys_core.figures.plain import Figure
from recsys_core.ratings import Side

Mode = Literal["light", "dark"]

# A user and an item, everywhere.
USER, USER_SYMBOL = "#1B8A7A", "circle"
ITEM, ITEM_SYMBOL = "#D9682B", "diamond"
COLOUR: dict[Side, str] = {"user": USER, "item": ITEM}
SYMBOL: dict[Side, str] = {"user": USER_SYMBOL, "item": ITEM_SYMBOL}

# Selection, buttons, links.
ACCENT = "#4353C4"

# A rating, observed or predicted: low pale, high deep indigo, the same in both themes. CIELAB
# lightness falls evenly from 93 to 24, so that it reads in grey and stays clear of both papers.
RATING = (
    "#D5F0F7", "#A6DAF2", "#7DC3EE", "#5CAAE9", "#478FE0", "#3D75D3", "#3B5AC0", "#3940A8",
    "#34288B",
)  # fmt: skip

# Predicted − observed: blue, white at zero, red; lightness is symmetric.
ERROR = (
    "#005FAE", "#3B7DC3", "#6A9BD3", "#97BAE1", "#C5D8EE", "#F6F6F6", "#EFCFCA", "#E1A9A1",
    "#D18479", "#BF5E53", "#A73830",
)  # fmt: skip

# Several runs, in order of creation: Okabe and Ito's colours, blue first, without their yellow,
# which cannot be seen on white; the last is the ink. Then they come again, with other dashes.
_RUNS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_RUNS_DARK = ("#56B4E9", "#E69F00", "#2BB58C", "#CC79A7", "#0072B2", "#D55E00")
_N_RUN_COLOURS = len(_RUNS) + 1

# Of a run's training curve and of the other: Plotly's names.
_DASHES = (("dash", "solid"), ("dot", "dashdot"), ("longdash", "longdashdot"))
_MARKS = "●○◍"


@dataclass(frozen=True)
class Theme:
    """The neutral colours of one theme; as in ``.streamlit/config.toml``, which a test compares."""

    paper: str  # the page, and an unrated cell
    panel: str
    ink: str  # text; the ring around what is selected
    muted: str  # axis text, baselines
    grid: str
    mark: str  # the faint dot of an unrated cell
    accent: str


LIGHT = Theme("#FDFDFB", "#F2F2EE", "#20232E", "#5D6270", "#E6E6E0", "#C4C4BC", ACCENT)
DARK = Theme("#15171E", "#20232C", "#E8E9ED", "#A4A8B4", "#2C303B", "#4A4F5D", "#5C6BDA")

FONT = '"Source Sans", "Source Sans Pro", sans-serif'
FONT_SIZE = 12


def of(mode: Mode) -> Theme:
    """The neutral colours of a theme."""
    return DARK if mode == "dark" else LIGHT


def paper(mode: Mode) -> str:
    """The colour of the page, and of a cell nobody rated."""
    return of(mode).paper


def ink(mode: Mode) -> str:
    """The colour of text."""
    return of(mode).ink


def cell_ring(mode: Mode) -> dict[str, Any]:
    """The line of the ring around the selected cell, as Plotly takes a line; width in pixels."""
    return {"color": ink(mode), "width": 3}


def point_ring(mode: Mode) -> dict[str, Any]:
    """The ring around the selected point, as Plotly takes a marker; sizes in pixels."""
    return {"symbol": "circle-open", "size": 18, "color": ink(mode), "line": {"width": 2.5}}


def run_colour(index: int, mode: Mode) -> str:
    """The colour of the run created as number ``index`` (from 0), the same on every page."""
    colours = (*(_RUNS_DARK if mode == "dark" else _RUNS), ink(mode))
    return colours[index % len(colours)]


def run_dash(index: int, training: bool) -> str:
    """How the curve of run number ``index`` is dashed; at first training dashed, else solid."""
    dashed, solid = _DASHES[index // _N_RUN_COLOURS % len(_DASHES)]
    return dashed if training else solid


def run_mark(index: int) -> str:
    """The mark of a run in a list: a disc; a ring where another run has the colour already."""
    return _MARKS[index // _N_RUN_COLOURS % len(_MARKS)]


def _scale_of(colours: tuple[str, ...]) -> list[list]:
    return [[i / (len(colours) - 1), c] for i, c in enumerate(colours)]


def sequential(mode: Mode = "light") -> list[list]:
    """The rating scale, as Plotly takes a colour scale; the same in both themes."""
    return _scale_of(RATING)


def diverging(mode: Mode = "light") -> list[list]:
    """The error scale, white at the middle; use with limits symmetric around 0."""
    return _scale_of(ERROR)


def colour_at(share: float, mode: Mode = "light") -> str:
    """The colour of the rating scale at a share of its length, 0 (lowest) to 1 (highest)."""
    at = float(np.clip(share, 0, 1)) * (len(RATING) - 1)
    left = min(int(at), len(RATING) - 2)
    a, b = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in RATING[left : left + 2])
    mixed = np.rint(a + (at - left) * (b - a)).astype(int)
    return "#" + "".join(f"{channel:02X}" for channel in mixed)


# The colour of text on the rating scale: up to a share of it, and beyond.
INKS = (LIGHT.ink, "#FFFFFF", 0.55)


def ink_on(share: float) -> str:
    """Black or white, whichever is read more easily on ``colour_at(share)``."""
    pale, deep, edge = INKS
    return deep if share > edge else pale


@functools.cache
def template(mode: Mode) -> dict[str, Any]:
    """The explicit Plotly template of a theme: nothing is left to a default of the page's.

    All figures of a theme share it, so it must not be changed.
    """
    colours = of(mode)
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zerolinecolor": colours.grid,
        "tickcolor": colours.grid,
        "tickfont": {"size": FONT_SIZE, "color": colours.muted},
        "title": {"font": {"size": FONT_SIZE, "color": colours.muted}, "standoff": 6},
        "automargin": True,
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": FONT_SIZE, "color": colours.ink},
            "title": {
                "font": {"size": 14, "color": colours.ink, "weight": 600},
                "x": 0,
                "xref": "container",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 8, "l": 2},
            },
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [run_colour(i, mode) for i in range(_N_RUN_COLOURS)],
            "colorscale": {"sequential": sequential(mode), "diverging": diverging(mode)},
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 38, "b": 8},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.0,
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",
                "font": {"size": FONT_SIZE},
            },
            "hoverlabel": {
                "bgcolor": colours.panel,
                "bordercolor": colours.grid,
                "font": {"size": 13, "color": colours.ink, "family": FONT},
                "align": "left",
            },
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": colours.mark,
                "activecolor": colours.muted,
                "orientation": "h",
            },
            "dragmode": "zoom",
            "hovermode": "closest",
        }
    }


def dress(figure: Figure, mode: Mode) -> Figure:
    """Give a figure its theme; returns the same figure, ready for ``pages.shared.chart.chart``.

    The legend goes above the plot when there is one; what the figure set itself stays.
    """
    figure["theme"] = mode
    layout = figure["layout"]
    layout["template"] = template(mode)
    shown = [t for t in figure["data"] if t.get("name") and t.get("showlegend") is not False]
    if len(shown) > 1:
        layout["margin"] = {"t": 60} | layout.get("margin", {})
    layout.setdefault("uirevision", "keep")  # zoom and hidden curves outlive updates
    return figure
