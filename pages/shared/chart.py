"""The chart component: a Plotly figure that is updated in place, never torn down.

Hover and zoom survive reruns, clicks come back, and a live chart follows a run between the page's
ticks (``live.py``). ``st.plotly_chart`` does none of this while a fragment runs every second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared.assets import PLOTLY_ROUTE, component_of
from recsys_core.figures.plain import Figure, to_json

_CHART = st.components.v2.component(
    "factorscope_chart", js=component_of("chart.js"), isolate_styles=False
)

_PRELOAD = st.components.v2.component(
    "factorscope_preload", js=component_of("preload.js"), isolate_styles=False
)

_USUAL_HEIGHT = 360


@dataclass(frozen=True)
class Click:
    """Where a chart was clicked: a cell of a heatmap (row, column), or a point of a curve.

    ``curve`` and ``name`` are the trace's number and name, ``x`` and ``y`` what the axes say.
    """

    curve: int
    name: str | None
    point: int | None
    row: int | None
    column: int | None
    x: Any
    y: Any


def chart(
    figure: Figure,
    *,
    key: str,
    alt: str,
    height: int | None = None,
    table: pd.DataFrame | Callable[[], pd.DataFrame] | None = None,
    live: dict[str, Any] | None = None,
    on_click: Callable[[Click], None] | None = None,
) -> Click | None:
    """Draw a figure that ``figures.theme.dress`` has dressed.

    ``key`` names the chart: the same key keeps hover and zoom. ``alt`` is the picture in a
    sentence, ``height`` in pixels (None: the figure's). ``table`` holds the same numbers, or makes
    them when they are asked for. ``live`` (from a figure of ``recsys_core``) makes it follow a run.

    Returns where it was clicked, in the run of the page that follows the click, else None;
    ``on_click`` is called with it before that.
    """
    height = height or figure["layout"].get("height") or _USUAL_HEIGHT

    def clicked() -> None:
        click = _click(st.session_state[key])
        if on_click is not None and click is not None:
            on_click(click)

    with st.container(key=f"{key}_chart", gap=None):
        state = _CHART(
            key=key,
            data={
                "figure": to_json(figure),
                "alt": alt,
                "height": height,
                "live": live,
                "plotly": PLOTLY_ROUTE,
            },
            height=height,
            on_click_change=clicked,
        )
        if table is not None:
            _twin(table, key, alt)
    return _click(state)


def preload() -> None:
    """Have the browser fetch Plotly before the first chart needs it."""
    _PRELOAD(key="preload", data={"plotly": PLOTLY_ROUTE}, height=1)


def _click(state: Any) -> Click | None:
    found = state.get("click")
    return None if found is None else Click(**found)


def _twin(table: pd.DataFrame | Callable[[], pd.DataFrame], key: str, alt: str) -> None:
    """The table twin: behind a small button at the chart's upper right corner."""
    # Lifted over the chart: position the container by the key's class, see js/style.js.
    with st.container(key=f"{key}_twin", width="content"):
        popover = st.popover(
            "", icon=":material/table_rows:", key=f"{key}_table", help="The same as a table",
            on_change="rerun",
        )  # fmt: skip
        if popover.open:
            shown = table() if callable(table) else table
            with popover:
                st.caption(alt)
                st.dataframe(shown, key=f"{key}_rows", height=min(38 + 35 * len(shown), 400))
                st.download_button(
                    "CSV",
                    shown.to_csv().encode(),
                    f"{key}.csv",
                    "text/csv",
                    icon=":material/download:",
                    key=f"{key}_csv",
                    on_click="ignore",
                )
