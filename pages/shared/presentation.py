"""Presentation: the page in big type, one part at a time, and then the views that were chosen.

All of it is the browser's (``chart/js/present.js``, ``slides.js``): a step asks nothing of the
server, and the views chosen, which are links, are kept by the browser. Nothing of the page is drawn
anew for it; charts are drawn larger (``enlarge.js``).
"""

from __future__ import annotations

import streamlit as st

from pages.shared.chart.assets import component_of
from recsys_core import language

_PRESENT = st.components.v2.component(
    "factorscope_present", js=component_of("present.js"), isolate_styles=False
)


def button() -> None:
    """Draw the button that starts it, and opens the list of views chosen."""
    with st.container(width="content", key="present_place"):
        _PRESENT(
            key="present", data={"language": language.now()}, width="content", height="content"
        )
