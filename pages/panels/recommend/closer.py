"""Closer looks at one list: why exactly, and what would change it. Only the open one is made."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.panels.recommend import ask_next, cold_start, edit_row, exactly, surprise
from pages.shared import choices, parts, view
from pages.shared.model_in_view import ModelInView
from recsys_core.models import Guest
from recsys_core.text import Text

_Panel = Callable[[ModelInView, int | Guest, str], None]

# By what the link calls them: what each is called, and what draws it.
_PANELS: dict[str, tuple[Text, _Panel]] = {
    "exactly": (Text("Why exactly"), exactly.draw),
    "ask": (Text("Ask me next"), ask_next.draw),
    "cold": (Text("Cold start"), cold_start.draw),
    "surprise": (Text("Safe or surprising"), surprise.draw),
    "edit": (Text("Edit the factors"), edit_row.draw),
}


def section(model: ModelInView, one: int | Guest, name: str) -> None:
    """Draw the tabs, and the open one."""
    st.header(Text("Look closer"), anchor=False)
    if model.untrained:
        st.caption(
            Text("Still training: this will be here when it is done.")
            if not model.run.model.has_epochs
            else Text("Not trained yet: at epoch 0 there is nothing to explain.")
        )
        return
    names: dict[str, str] = {which: title.worded() for which, (title, _) in _PANELS.items()}
    opened = names.get(view.option("closer"), next(iter(names.values())))
    st.session_state.closer = opened
    tabs = st.tabs(
        list(names.values()),
        on_change=parts.unlocked("closer", lambda: _open(names)),
        key="closer",
    )
    for tab, (_, draw) in zip(tabs, _PANELS.values(), strict=True):
        if tab.open:
            with tab:
                draw(model, one, name)


def _open(names: dict[str, str]) -> None:
    named = {text: which for which, text in names.items()}
    choices.choose("closer", named[st.session_state.closer])
