"""A trained model brought back: what its file holds, and the button that opens it."""

from __future__ import annotations

import functools

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.panels.data import keeping_choices
from pages.shared import session, view
from recsys_core import escape
from recsys_core.errors import FactorscopeError
from recsys_core.models.saving import SavedModel
from recsys_core.runs import brought
from recsys_core.text import Text, worded

# What was read in this session, by the file's id: reading takes a moment.
_KEPT = "trained_models"


def is_one(file: UploadedFile) -> bool:
    """Whether a file is a trained model, by its contents."""
    found: dict[str, bool] = st.session_state.setdefault("are_models", {})
    if file.file_id not in found:
        found[file.file_id] = brought.is_model(file.getvalue())
    return found[file.file_id]


def offer(file: UploadedFile) -> None:
    """Say what the file holds, and offer to open it; or why it cannot be read."""
    read: dict[str, SavedModel | Text] = st.session_state.setdefault(_KEPT, {})
    if file.file_id not in read:
        with st.spinner(Text("Reading the model …"), show_time=True):
            try:
                read[file.file_id] = brought.read(file.getvalue(), escape.short(file.name, 80))
            except FactorscopeError as error:
                read[file.file_id] = error.text
    saved = read[file.file_id]
    if isinstance(saved, Text):
        st.error(escape.markdown(saved.worded()), icon=":material/error:")
        return
    first, *rest = brought.sentences(session.workspace(), saved)
    st.markdown(escape.markdown(worded(first)))
    with st.container(gap=None):
        for sentence in rest:
            st.caption(escape.markdown(worded(sentence)))
    keeping_choices.ask()
    st.button(
        Text("Open this model"),
        type="primary",
        icon=":material/open_in_new:",
        key=f"open_model_{file.file_id}",
        on_click=functools.partial(_open, saved),
    )


def _open(saved: SavedModel) -> None:
    """In a callback: a run of it, in view."""
    keeping_choices.answer()
    st.session_state.pop(_KEPT, None)
    view.look_at(brought.enter(session.workspace(), saved))
    st.session_state.source_done = True
