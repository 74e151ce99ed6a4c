"""The chart component: a Plotly figure that is updated in place, never torn down.

Hover and zoom survive reruns, a click selects, and a live chart follows a run at sixty pictures a
second. ``st.plotly_chart`` does none of this.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.chart.assets import PLOTLY_ROUTE, component_of
from pages.shared.chart.file_names import saved_as
from pages.shared.tables import aligned
from recsys_core import escape, language
from recsys_core.asking import exports
from recsys_core.figures.plain import Figure, to_json
from recsys_core.text import Text

_CHART = st.components.v2.component(
    "factorscope_chart", js=component_of("chart.js"), isolate_styles=False
)

_OVER = st.components.v2.component(
    "factorscope_over", js=component_of("overlay.js"), isolate_styles=False
)

_PRELOAD = st.components.v2.component(
    "factorscope_preload", js=component_of("preload.js"), isolate_styles=False
)

_USUAL_HEIGHT = 360


def chart(
    figure: Figure,
    *,
    key: str,
    alt: str,
    height: int | None = None,
    table: pd.DataFrame | Callable[[], pd.DataFrame] | None = None,
    live: dict[str, Any] | None = None,
    marks: dict[str, Any] | None = None,
    part: str = "",
    what: str = "",
    note: str = "",
    on_pick: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Draw a figure that ``figures.theme.dress`` has dressed.

    ``key`` names the chart: the same key keeps hover and zoom. ``alt`` is the picture in a
    sentence, ``height`` in pixels (None: the figure's). ``table`` holds the same numbers, or makes
    them when they are asked for. ``live`` (from a figure of ``recsys_core``) makes it follow a run.
    ``marks`` says who is where (``cells``, ``points``): the selected ones are ringed, and a click
    selects, unless the ``part`` that the chart belongs to is locked. Files of it are named after
    ``what`` it shows (the key where that is not said), the data and the run in view; ``note`` says
    how to read it, below a picture that is kept. ``on_pick`` is called back with what was clicked:
    ``curve``, and ``row`` and ``column`` of a matrix or else ``point``.
    """
    file = saved_as(what or key)
    height = height or figure["layout"].get("height") or _USUAL_HEIGHT
    told: dict[str, Any] = {}
    if on_pick is not None:
        told["on_picked_change"] = lambda: _picked(key, on_pick)
    with st.container(key=f"{key}_chart", gap=None):
        _CHART(
            key=key,
            data={
                "name": key,
                "figure": to_json(figure),
                "alt": alt,
                "height": height,
                "live": live,
                "marks": marks,
                "part": part,
                "note": note,
                "file": file,
                "plotly": PLOTLY_ROUTE,
                **({"pick": True} if on_pick is not None else {}),
            },
            height=height,
            **told,
        )
        if table is not None:
            twin(table, key, alt, file)


def _picked(key: str, on_pick: Callable[[dict[str, Any]], None]) -> None:
    """In a callback: hand on what was clicked, as far as it is a place in a chart."""
    told = st.session_state[key].get("picked") if key in st.session_state else None
    if isinstance(told, dict):
        names = ("curve", "point", "row", "column")
        on_pick({name: at if type(at := told.get(name)) is int else None for name in names})


def cells(
    rows: np.ndarray, columns: np.ndarray, ring: dict[str, Any], *, begin: bool = False
) -> dict[str, Any]:
    """Marks of a heatmap: whose its rows and columns are, as indices of users and items.

    ``ring`` is ``theme.cell_ring`` of the mode. ``begin``: where nobody is selected, the first cell
    is.
    """
    return {"rows": rows.tolist(), "columns": columns.tolist(), "ring": ring, "begin": begin}


def points(
    of_traces: list[tuple[int, str, list[int]]], ring: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Marks of a map: (trace, "user" or "item", indices of its points).

    ``ring`` is ``theme.point_ring`` of the mode; None: what lies over the map has the ring.
    """
    named = [{"trace": trace, "side": side, "ids": ids} for trace, side, ids in of_traces]
    return {"points": named, "ring": ring}


def lay_over(key: str, over: Figure) -> None:
    """Lay a picture over the chart of that key, in place of what lay there.

    Its traces come after the chart's, its annotations in place of them; ``opacity`` is the chart's.
    """
    _OVER(key=f"{key}_over", data={"of": key, "figure": to_json(over)}, height=1)


def preload() -> None:
    """Have the browser know the page's language, and fetch Plotly before a chart needs it."""
    _PRELOAD(key="preload", data={"plotly": PLOTLY_ROUTE, "language": language.now()}, height=1)


def twin(table: pd.DataFrame | Callable[[], pd.DataFrame], key: str, alt: str, file: str) -> None:
    """The table twin: behind a small button at the upper right corner of what it is the twin of.

    That is in a container whose key is ``key`` and “_chart”. ``file`` is a name without ending.
    """
    # Lifted over the chart: position the container by the key's class, see js/style.js.
    with st.container(key=f"{key}_twin", width="content"):
        popover = st.popover(
            # heard, not seen: accessible.py
            escape.markdown(Text("As a table: {what}", what=alt.split(";")[0])),
            icon=":material/table_rows:",
            key=f"{key}_table",
            help=Text("The same as a table"),
            on_change="rerun",
        )
        if popover.open:
            shown = table() if callable(table) else table
            in_file = shown
            if callable(table) and language.now() != "en":
                with language.speaking("en"):  # a file has the headings that programs know
                    in_file = table()
            with popover:
                st.caption(escape.markdown(alt))
                height = min(38 + 35 * len(shown), 400)
                st.dataframe(aligned(shown), key=f"{key}_rows", height=height, alt=alt)
                st.download_button(
                    "CSV",
                    exports.to_csv(in_file),
                    f"{file}.csv",
                    "text/csv",
                    icon=":material/download:",
                    key=f"{key}_csv",
                    on_click="ignore",
                )
