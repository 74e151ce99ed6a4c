"""Train: the instrument. Watch a model learn, look back, fork, compare."""

from __future__ import annotations

import streamlit as st

import recsys_core as rc
from pages.shared import instrument, kept, settings, start, state
from recsys_core.words import many

workspace = state.workspace()
if workspace.ratings is None:
    st.title("Train")
    st.markdown("Here a model learns ratings before your eyes.")
    start.offer_party(
        "Here would be three moving pictures: the error falling, the gaps of the matrix filling "
        "in, and users and items finding their places."
    )
    st.stop()

run = workspace.current or workspace.new_run(rc.SGD())

st.title(f"{workspace.ratings.name} ▸ {run.name}")
st.markdown(
    "Epoch by epoch the error falls, the gaps fill in, and users and "
    f"{many(run.ratings.item_noun)} find their places."
)
instrument.strip(workspace)
instrument.panels(workspace)
settings.settings(workspace, run)
instrument.voice(workspace)
kept.runs(workspace)
