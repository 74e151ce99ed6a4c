"""From nothing to a model that moves, in one click; and the page that has nothing to show yet."""

from __future__ import annotations

import streamlit as st

import recsys_core as rc
from pages.shared import session, view
from recsys_core import escape
from recsys_core.ratings import Ratings
from recsys_core.text import Text, worded


def party() -> Ratings:
    """Robbie's party: 4 guests, 12 songs."""
    return rc.datasets.music_party()


def world() -> Ratings:
    """A small generated world with three hidden factors."""
    return rc.datasets.low_rank(n_users=60, n_items=40, n_factors=3, density=0.35, noise=0.1)


def use(ratings: Ratings) -> None:
    """Load these ratings beside what is loaded, and show them."""
    _load(ratings)
    st.rerun()


def watch(ratings: Ratings) -> None:
    """Load these ratings, start the usual run on them, and go to where it can be watched."""
    _load(ratings)
    view.start(watched=True)
    st.switch_page("train.py")


def _load(ratings: Ratings) -> None:
    view.look_at(session.workspace().load(ratings))
    st.session_state.source_done = True  # the Data page closes the panel they came from


def offer_party(what_would_be_here: str, elsewhere: bool = True) -> None:
    """The empty state: what this page would show, and one click to the music party.

    ``elsewhere`` adds the way to the Data page.
    """
    with st.container(border=True, key="nothing_yet"):
        st.markdown(worded(what_would_be_here))
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                Text("Start with Robbie's party"),
                icon=":material/play_arrow:",
                type="primary",
                key="start_party",
            ):
                _load(party())
                view.start()
                st.rerun()
            if elsewhere:
                st.page_link(
                    "data.py",
                    label=Text("Choose other data"),
                    icon=":material/table_chart:",
                    query_params=view.parameters(),
                )


def point_to(page: str, label: str, icon: str, what_is_missing: str, key: str) -> None:
    """The empty state of a part: what is missing for it, and the page where one gets it."""
    with st.container(border=True, key=key):
        st.markdown(escape.markdown(worded(what_is_missing)))
        st.page_link(page=page, label=worded(label), icon=icon, query_params=view.parameters())
