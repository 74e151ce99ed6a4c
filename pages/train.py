"""Train: the instrument. Watch a model learn, look back, fork, compare."""

from __future__ import annotations

import streamlit as st

from pages.shared import instrument, kept, settings, start, state
from recsys_core.words import many

if state.ratings() is None:
    st.title("Train")
    st.markdown("Here a model learns ratings before your eyes.")
    start.offer_party(
        "Here would be three moving pictures: the error falling, the gaps of the matrix filling "
        "in, and users and items finding their places."
    )
    st.stop()

workspace, run = state.workspace(), state.run() or state.new_run()

st.title(f"{run.ratings.name} ▸ {run.name}")
nouns = many(run.ratings.item_noun)
st.markdown(
    f"Epoch by epoch the error falls, the gaps fill in, and users and {nouns} find their places."
    if run.model.has_epochs
    else "No epochs here: all there is to learn is found in one pass, and then the gaps fill in."
)
instrument.strip(workspace)
instrument.panels(workspace)
settings.settings(run)
instrument.voice(workspace)
kept.runs(workspace)
