"""Where the Data page's ratings come from: one row of choices, and the panel of the chosen one."""

from __future__ import annotations

import streamlit as st

from pages.shared import bring, generate, splitting, start
from recsys_core.errors import FactorscopeError
from recsys_core.ratings import Ratings

PARTY, GENERATE, UPLOAD, PASTE, MOVIELENS = (
    "Robbie's party",
    "Generate",
    "Upload",
    "Paste",
    "MovieLens",
)

_PANELS = {
    PARTY: start.party,
    GENERATE: generate.panel,
    UPLOAD: bring.upload,
    PASTE: bring.paste,
}


def choose() -> None:
    """Draw the choices; new ratings replace the data in use, a failure leaves them as they are."""
    # A widget's value can only be changed before it is drawn: close the panel that has done its
    # work.
    if st.session_state.pop("source_done", False):
        st.session_state.data_source = None
    source = st.segmented_control(
        "Load other ratings", list(_PANELS), key="data_source", persist_state="session"
    )
    if source is None:
        return
    with st.container(border=source != PARTY, key="source_panel"):
        try:
            ratings = _PANELS[source]()
        except FactorscopeError as error:
            st.error(str(error), icon=":material/error:")
            return
    if ratings is not None:
        use(ratings)


def use(ratings: Ratings) -> None:
    """Work with these ratings from now on."""
    splitting.forget()
    start.with_data(ratings, play=False)
    st.session_state.source_done = True
    st.rerun()
