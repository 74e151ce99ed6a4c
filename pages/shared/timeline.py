"""The epoch slider: scrubs all live panels in the browser, and takes the page's ticks there."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shared import state
from pages.shared.assets import component_of
from recsys_core.figures.feed import Feed
from recsys_core.runs import Run

_TIMELINE = st.components.v2.component(
    "factorscope_timeline", js=component_of("timeline.js"), isolate_styles=False
)

_KEY = "timeline"


def timeline(runs: list[Run], current: Run) -> None:
    """Draw the slider, and send what is new of the runs shown; call it once a tick."""
    _TIMELINE(
        key=_KEY,
        data={"tick": _feed().tick(runs, current), "n_epochs": current.n_epochs},
        height=30,
        on_epoch_change=_look,
        on_resend_change=_resend,
    )


def _feed() -> Feed:
    if "feed" not in st.session_state:
        st.session_state.feed = Feed()
    return st.session_state.feed


def _value(name: str) -> Any:
    return st.session_state[_KEY].get(name)


def _look() -> None:
    """The slider was let go: from here on, the other pages show that epoch too."""
    chosen = _value("epoch")
    if chosen is not None:
        state.selection().epoch = chosen["epoch"]


def _resend() -> None:
    """The browser misses something of what was sent (it was reloaded, or a message was skipped)."""
    if _value("resend") is not None:
        _feed().forget()
