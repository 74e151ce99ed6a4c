"""What a panel in the browser works with, sent by itself: it is large, and no slider changes it.

Streamlit sends all that a component is given with every update of it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shared.chart.assets import component_of

_AHEAD = st.components.v2.component(
    "factorscope_ahead", js=component_of("ahead.js"), isolate_styles=False
)


def send_ahead(key: str, data: dict[str, Any]) -> None:
    """Send what a panel finds by its ``data["token"]`` (``js/ahead.js``)."""
    _AHEAD(key=key, data=data)
