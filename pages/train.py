"""Train: the instrument. Watch a model learn, look back, fork, compare."""

from __future__ import annotations

import streamlit as st

from pages.panels.train import doctor, live_panels, run_list, settings
from pages.shared import empty_state, header, parts, view
from recsys_core import escape
from recsys_core.text import Text
from recsys_core.words import nouns

if view.ratings() is None:
    header.title(Text("Train"))
    st.markdown(Text("Here a model learns ratings before your eyes."))
    empty_state.offer_party(
        Text(
            "Here would be three moving pictures: the error falling, the gaps of the matrix "
            "filling in, and users and items finding their places."
        )
    )
    st.stop()

entry = view.entry() or view.new_entry()
run = entry.run

place = header.title(
    escape.markdown(f"{run.ratings.name} ▸ {entry.name}"),
    "Epoch", "Objective (loss)", "RMSE", "Best epoch", "Overfitting",
)  # fmt: skip
st.markdown(
    Text(
        "Epoch by epoch (each goes once through all ratings) the error falls, the gaps fill in, "
        "and users and {items} find their places.",
        items=nouns(run.ratings.item_noun),
    )
    if run.model.has_epochs
    else Text(
        "No epochs here: all there is to learn is found in one pass, and then the gaps fill in."
    )
)
live_panels.strip(run)
if run.brought and run.model.has_epochs:
    at = run.snapshot_near(view.epoch())[0]
    st.caption(
        Text(
            "Its model came from a file: matrix and map are of epoch {at:,}, the one in it.", at=at
        )
    )
live_panels.panels(entry)
if parts.drawn("settings"):
    settings.settings()
if parts.drawn("commentary"):
    live_panels.teacher_sentence()
live_panels.inside()
if parts.drawn("doctor"):
    doctor.doctor()
if parts.drawn("runs"):
    run_list.runs()
run_list.results()
header.export(place)
