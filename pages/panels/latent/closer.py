"""Closer looks at the latent space: turn the factors, and why similarity is a cosine."""

from __future__ import annotations

import streamlit as st

from pages.panels.latent import turning, why_cosine
from pages.shared import choices, parts, view
from pages.shared.model_in_view import ModelInView
from recsys_core.text import Text

# By what the link calls them: what each is called, what draws it, and the part it belongs to.
_PANELS = {
    "turn": (Text("Turn the factors"), turning.draw, "map"),
    "cosine": (Text("Why cosine"), why_cosine.draw, "similar"),
}


def section(model: ModelInView) -> None:
    """Draw the tabs that are not hidden, and the open one."""
    panels = {which: panel for which, panel in _PANELS.items() if parts.drawn(panel[2])}
    if not panels:
        return
    st.header(Text("Look closer"), anchor=False)
    names: dict[str, str] = {which: title.worded() for which, (title, _, _) in panels.items()}
    st.session_state.look = names.get(view.option("look"), next(iter(names.values())))
    tabs = st.tabs(list(names.values()), on_change=lambda: _open(names), key="look")
    for tab, (_, draw, _) in zip(tabs, panels.values(), strict=True):
        if tab.open:
            with tab:
                draw(model)


def _open(names: dict[str, str]) -> None:
    named = {text: which for which, text in names.items()}
    choices.choose("look", named[st.session_state.look])
