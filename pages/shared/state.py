"""What the pages share: the browser's workspace, what is selected, and the theme."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.shared import visitor
from recsys_core import runs
from recsys_core.ratings import Ratings


def workspace() -> runs.Workspace:
    """The data and runs of this browser: a reload finds them again, another browser never does."""
    return runs.registry().workspace(_browser_id())


def _browser_id() -> str:
    cookie = st.context.cookies.get(visitor.COOKIE)
    if visitor.is_id(cookie):
        return cookie
    # Cookies refused, or no browser at all (tests): the session is all there is to hold on to.
    if "browser_id" not in st.session_state:
        st.session_state.browser_id = visitor.new_id()
    return st.session_state.browser_id


@dataclass
class Selection:
    """The user, item and epoch selected in one view, and so in all; None: none yet."""

    user: int | None = None
    item: int | None = None
    epoch: int | None = None


@dataclass
class _SelectionIn:
    ratings: weakref.ref[Ratings]
    selection: Selection


def selection() -> Selection:
    """What is selected; change its attributes to select. New data start with nothing selected."""
    ratings = workspace().ratings
    if ratings is None:
        return Selection()
    held: _SelectionIn | None = st.session_state.get("selection")
    if held is None or held.ratings() is not ratings:
        held = _SelectionIn(weakref.ref(ratings), Selection())
        st.session_state.selection = held
    return held.selection


def theme() -> Literal["light", "dark"]:
    """The theme the browser shows; figures are drawn in it."""
    return "dark" if st.context.theme.type == "dark" else "light"
