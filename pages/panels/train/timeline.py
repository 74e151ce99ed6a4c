"""The epoch slider: scrubs, in the browser, all that shows the run in view."""

from __future__ import annotations

import streamlit as st

from pages.shared.chart.assets import component_of

_TIMELINE = st.components.v2.component(
    "factorscope_timeline", js=component_of("timeline.js"), isolate_styles=False
)


def timeline(locked: bool) -> None:
    """Draw the slider; what it chooses comes back through the view."""
    _TIMELINE(key="timeline", data={"locked": locked}, height=30)
