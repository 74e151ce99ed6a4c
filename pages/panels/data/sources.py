"""Where the Data page's ratings come from: one row of choices, and the panel of the chosen one."""

from __future__ import annotations

import streamlit as st

from pages.panels.data import download, generate, upload
from pages.shared import empty_state, parts
from recsys_core import escape
from recsys_core.errors import FactorscopeError
from recsys_core.text import Text, later, worded

PARTY, GENERATE, UPLOAD, PASTE, MOVIELENS = (
    later("Robbie's party"),
    later("Generate"),
    later("Upload"),
    later("Paste"),
    later("MovieLens"),
)

_PANELS = {
    PARTY: lambda: empty_state.use(empty_state.party()),
    GENERATE: generate.panel,
    UPLOAD: upload.upload,
    PASTE: upload.paste,
    MOVIELENS: download.panel,
}

# Which part of the page each is; the others are generated.
_PART_OF = {UPLOAD: "upload", PASTE: "upload", MOVIELENS: "upload"}


def choose() -> bool:
    """Draw the choices and the panel of the chosen one; whether one is open.

    New ratings are loaded beside those there are; a failure leaves all as it is.
    """
    # A widget's value can only be changed before it is drawn: close the panel that has done its
    # work.
    if st.session_state.pop("source_done", False):
        st.session_state.data_source = None
    offered = [source for source in _PANELS if parts.drawn(_PART_OF.get(source, "generate"))]
    source = st.segmented_control(
        Text("Load other ratings"),
        offered,
        format_func=Text,
        key="data_source",
        persist_state="session",
    )
    if source is None or source not in offered:
        return False
    if parts.locked(_PART_OF.get(source, "generate")):
        st.caption(Text("This is locked here."))
        return False
    with st.container(border=source != PARTY, key="source_panel"):
        try:
            _PANELS[source]()
        except FactorscopeError as error:
            st.error(escape.markdown(worded(error.text)), icon=":material/error:")
    return True
