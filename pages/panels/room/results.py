"""What came of a room: who predicted the class, and the experiment on its frozen ratings."""

from __future__ import annotations

from concurrent.futures import TimeoutError as NotYet

import pandas as pd
import streamlit as st

from pages.shared.base_path import below
from pages.shared.tables import aligned
from recsys_core import glossary
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.record import Record
from recsys_core.rooms import State, rooms
from recsys_core.rooms.results import Results, Scores
from recsys_core.text import Text

# Seconds that a page waits for a model that takes far less than one.
_PATIENCE = 10.0


def draw(state: State) -> None:
    """Draw it, once the ratings are locked."""
    if state.room.frozen is None:
        return
    try:
        results = rooms().results(state.room).result(_PATIENCE)
    except NotYet:
        st.caption(Text("The model is still learning: look again in a moment."))
        return
    if state.room.phase == "reveal":
        _predict_the_class(results.scores_of_all(state))
    else:
        st.caption(
            Text(
                "{n} guess so far. Who guessed best is shown with the names.",
                "{n} guesses so far. Who guessed best is shown with the names.",
                n=len(state.guesses),
            )
        )
    _onwards(results)


def _predict_the_class(scores: Scores) -> None:
    st.header(
        Text("Predict the class: who guessed best?"), anchor=False, help=glossary.tooltip("RMSE")
    )
    if not scores.n_pairs:
        st.caption(Text("Nobody guessed, so there is nothing to compare with the model."))
        return
    st.markdown(
        Text(
            "All are measured on the same {n} guess, of {n_cells} hidden ratings, by {n_members} "
            "students; smaller is better.",
            "All are measured on the same {n} guesses, of {n_cells} hidden ratings, by {n_members} "
            "students; smaller is better.",
            n=scores.n_pairs,
            n_cells=scores.n_cells,
            n_members=scores.n_members,
        )
    )
    found = {
        Text("The model: ALS, two factors"): scores.model,
        Text("The average of each thing"): scores.mean,
        Text("The average, and how strict each student is"): scores.baseline,
        Text("The students' own guesses"): scores.guesses,
    }
    table = pd.DataFrame(
        sorted(found.items(), key=lambda each: each[1] or 0.0),
        columns=[Text("Who guessed"), "RMSE"],
    )
    st.dataframe(aligned(table), key="room_scores", hide_index=True, width=460)


def _onwards(results: Results) -> None:
    st.header(Text("The same ratings on all pages"), anchor=False)
    st.markdown(
        Text(
            "They are frozen, without names: an ordinary experiment, for everybody who has the "
            "link. Its hand-out is under *Export* there."
        )
    )
    experiment, record = results.record.experiment, results.record
    with st.container(horizontal=True, key="room_onwards"):
        for page, label, icon in (
            ("train", Text("Watch it learn"), ":material/play_circle:"),
            ("predictions", Text("All predictions"), ":material/grid_on:"),
            ("latent", Text("The map"), ":material/scatter_plot:"),
        ):
            st.link_button(label, _address(page, experiment), icon=icon, key=f"room_to_{page}")
        _receipt(record)


def _address(page: str, experiment: Experiment) -> str:
    epoch = "" if page == "train" else "&epoch=best"
    return below(f"/{page}?{experiment.to_query()}{epoch}")


def _receipt(record: Record) -> None:
    with st.popover(
        Text("Receipt"), icon=":material/receipt_long:", key="room_receipt", on_change="rerun",
        help=Text("What was run, to be kept, checked or sent"),
    ) as popover:  # fmt: skip
        if popover.open:
            st.code(record.receipt, language=None, wrap_lines=True)
