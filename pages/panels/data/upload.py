"""Bring your own: upload or paste, see how it was understood, change that, use it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from pages.panels.data import split_form
from pages.panels.data.reading_controls import DELIMITERS, Controls
from pages.shared import empty_state
from recsys_core import escape, reading
from recsys_core.errors import FactorscopeError
from recsys_core.reading import Draft
from recsys_core.reading.folders import of_named


@dataclass
class Brought:
    """One upload or paste, as understood so far, or why it was not.

    ``version`` counts changes: widgets are made anew when a change made others be guessed again.
    """

    token: str
    data: bytes
    draft: Draft | None = None
    error: str = ""
    version: int = 0

    def look(self, how: Callable[[], Draft]) -> None:
        """Take up a draft; where there is none, keep the one before and the sentence."""
        self.version += 1
        self.error = ""
        try:
            self.draft = how()
        except FactorscopeError as error:
            self.error = str(error)

    def change(self, **changes: Any) -> None:
        """Take up the draft as a person changed it."""
        draft = self.draft
        assert draft is not None
        self.look(lambda: draft.change(**changes))


def upload() -> None:
    """The upload panel."""
    files = st.file_uploader(
        "Files of ratings",
        key="upload",
        accept_multiple_files=True,
        help="CSV, Excel, JSON, Parquet, NumPy, MATLAB, SQLite and more, also inside a zip; or a "
        "MovieLens zip as it is. One rating a row, or users × items. Several files are read "
        "together: parts of one table, ratings with a table of films, one export a person. "
        "Nothing in a file is ever run.",
    )
    st.caption(
        "What you bring stays in the memory of this server, for you alone, and is freed 15 minutes "
        "after you last looked."
    )
    if files:
        token = "upload " + " ".join(file.file_id for file in files)
        _understand(token, lambda: [(file.name, file.getvalue()) for file in files])


def paste() -> None:
    """The paste panel."""
    with st.form("paste", border=False):
        text = st.text_area(
            "A table of ratings",
            key="pasted",
            height=160,
            placeholder="user,item,rating\nAnna,Alien,5\nAnna,Heat,3\nBen,Alien,4",
            help="From a spreadsheet, a file or by hand: one rating a row, or users × items.",
        )
        pressed = st.form_submit_button("Read", icon=":material/arrow_forward:")
    data = (text or "").encode()
    token = f"paste {hashlib.sha256(data).hexdigest()}"
    brought: Brought | None = st.session_state.get("brought")
    if pressed or (brought is not None and brought.token == token):
        _understand(token, lambda: [("pasted ratings.csv", data)])


def _understand(token: str, files: Callable[[], list[tuple[str, bytes]]]) -> None:
    """Show how files were understood and let it be changed, until the ratings are taken."""
    brought: Brought | None = st.session_state.get("brought")
    if brought is None or brought.token != token:
        named = files()
        brought = st.session_state.brought = Brought(token, named[0][1])
        said = escape.markdown(escape.short(named[0][0], 80))
        with st.spinner(f"Reading {said} …", show_time=True):
            brought.look(lambda: reading.inspect(of_named(named)))
    if brought.error:
        st.error(escape.markdown(brought.error), icon=":material/error:")
    draft = brought.draft
    if draft is None:
        return
    place = st.container(gap="small")
    controls = Controls(draft, brought.version, brought.change)
    controls.draw()
    with place:
        _show(draft, controls.doubts_left())
    if draft.problem:
        st.error(escape.markdown(draft.problem), icon=":material/error:")
        return
    with st.container(horizontal=True):
        watch = st.button(
            "Use and watch a model learn", type="primary", icon=":material/play_arrow:"
        )
        use = st.button("Use these ratings", icon=":material/check:")
    if watch or use:
        with st.spinner("Reading all ratings …", show_time=True):
            ratings = draft.read()
            if draft.form == "grouplens":
                split_form.remember_ready_made(ratings, brought.data)
        del st.session_state.brought
        (empty_state.watch if watch else empty_state.use)(ratings)


def _show(draft: Draft, doubts: list[str]) -> None:
    """In a sentence, how it was understood; what is doubted; and the first rows."""
    if draft.layout:
        st.markdown(f"Understood as **{escape.markdown(_sentence(draft))}**.")
    for doubt in doubts:
        st.warning(escape.markdown(doubt), icon=":material/help:")
    for remark in draft.remarks:
        st.caption(escape.markdown(remark))
    if draft.rows:
        height: Literal["auto"] | int = "auto" if len(draft.rows) <= 6 else 212
        st.dataframe(draft.preview, height=height, hide_index=True, key="preview")


def _sentence(draft: Draft) -> str:
    if draft.form == "grouplens":
        return "a MovieLens zip, with titles and genres"
    parts = ["one rating a row" if draft.layout == "long" else "users × items"]
    if draft.implicit:
        parts = ["pairs of user and item"]
    if draft.form == "text":
        parts.append(f"{DELIMITERS.get(draft.delimiter or '', draft.delimiter)}-separated")
    if draft.header is not None:
        parts.append("with column names" if draft.header else "without column names")
    if draft.scale is not None:
        parts.append(f"ratings {draft.scale}")
    return ", ".join(parts)
