"""The head of every page: its title, the link to what one looks at, and files to take home."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import parts, presentation, take_home, view
from pages.shared.chart.assets import component_of
from recsys_core import glossary, language
from recsys_core.text import Text

_LINK = st.components.v2.component(
    "factorscope_share", js=component_of("share.js"), isolate_styles=False
)


def title(text: str, *terms: str) -> DeltaGenerator:
    """Draw the head; returns the place for what the page offers to take home, see ``export``.

    ``terms``: titles of the glossary that the page is about, for a tooltip beside its title.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="page_head"):
        st.title(
            text,
            anchor=False,
            width="stretch",
            help=glossary.tooltip(*terms) if terms else None,
        )
        place = st.container(width="content", key="export_place")
        presentation.button()
        if parts.drawn("share"):
            with st.container(width="content", key="share_place"):
                _LINK(
                    key="share",
                    data={"locked": parts.locked("share"), "language": language.now()},
                    width="content",
                    height="content",
                )
    return place


def export(place: DeltaGenerator, draw: Callable[[], None] | None = None) -> None:
    """Offer files behind one button in the head of the page: those of the page, and of the run."""
    if parts.drawn("export"):
        with place:
            _export(draw)


@view.fragment("export", "run", "moment", "status")
def _export(draw: Callable[[], None] | None) -> None:
    popover = st.popover(
        Text("Export"), icon=":material/download:", key="export", disabled=parts.locked("export"),
        on_change="rerun",
    )  # fmt: skip
    if not popover.open:
        return
    with popover:
        if draw is not None:
            draw()
        entry = view.entry()
        if entry is not None:
            st.markdown(Text("**Take home**"))
            take_home.draw(entry)
