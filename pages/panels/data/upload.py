"""Bring your own: upload or paste, see how it was understood, change that, use it."""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from pages.panels.data import keeping_choices, split_form, trained_model
from pages.panels.data.reading_controls import LAYOUTS, REPEATS, Controls, called
from pages.shared import empty_state, keeping
from recsys_core import escape, limits, words
from recsys_core.errors import FactorscopeError
from recsys_core.limits import LimitError
from recsys_core.ratings import Ratings
from recsys_core.reading import Draft, child, web
from recsys_core.reading.child import Reading
from recsys_core.text import Number, Text, later, worded

# So long a page waits for a file before it shows how far reading is.
PATIENCE = 2.0

_STAGES = {
    "wait": later("Waiting for other files"),
    "open": later("Opening"),
    "unpack": later("Unpacking"),
    "build": later("Sorting users and items"),
}


_VERSIONS = itertools.count(1)


@dataclass
class Brought:
    """One upload or paste, as understood so far, or why it was not.

    Files are read in processes of their own, which can be stopped and whose end does not matter:
    ``reading`` is the one now, ``then`` what is done with the ratings once they are read.
    ``version`` counts changes, over all files: widgets are made anew when a change made others be
    guessed again, and those of another file show nothing of this one's.
    """

    token: str
    files: list[tuple[str, bytes]]
    draft: Draft | None = None
    error: str = ""
    version: int = 0
    reading: Reading | None = None
    then: Callable[[Ratings], None] | None = None
    began: float = 0.0
    stage: str = ""
    stage_began: float = 0.0

    def look(self, **changes: Any) -> None:
        """Begin to look at the files, as a person has changed what was guessed."""
        self._begin("inspect", {} if self.draft is None else self.draft.changed(**changes))
        self.version = next(_VERSIONS)

    def take(self, then: Callable[[Ratings], None]) -> None:
        """Begin to read all ratings as the draft says."""
        assert self.draft is not None
        self.then = then
        self._begin("read", self.draft.changes)

    def _begin(self, what: child.What, said: dict[str, Any]) -> None:
        if self.reading is not None:
            self.reading.cancel()
        self.error = ""
        self.began = time.monotonic()
        self.reading = child.start(self.files, None, said, what)

    def how_far(self) -> tuple[str, float | None, float | None]:
        """The stage of reading, the share of it that is done, and the seconds it has left.

        None where nobody can tell. What has taken so long for this share takes as long for the
        rest of the stage.
        """
        assert self.reading is not None
        stage, share = self.reading.progress
        now = time.monotonic()
        if stage != self.stage:
            self.stage, self.stage_began = stage, now
        spent = now - self.stage_began
        if not share or spent < PATIENCE:
            return stage, share, None  # the first seconds say little
        return stage, share, spent * (1 - share) / share

    def settled(self) -> Ratings | None:
        """Take up what a reading has found: a draft, a sentence, or the ratings."""
        reading, self.reading = self.reading, None
        assert reading is not None
        try:
            found = reading.result()
        except FactorscopeError as error:
            self.error = error.text
            return None
        if isinstance(found, Ratings):
            return found
        self.draft = found
        return None

    def cancel(self) -> None:
        """Stop reading; a draft there was stays."""
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None
        if self.draft is None:
            self.error = Text("Reading was stopped; remove the file and bring it again.")


def upload() -> None:
    """The upload panel."""
    files = st.file_uploader(
        Text("Files of ratings"),
        key="upload",
        accept_multiple_files=True,
        help=Text(
            "CSV, Excel, JSON, Parquet, NumPy, MATLAB, SQLite and more, also inside a zip; or a "
            "MovieLens zip as it is. One rating a row, or users × items. Several files are read "
            "together: parts of one table, ratings with a table of films, one export a person. Or "
            "a trained model that was downloaded here, or saved by model.save. Nothing in a file "
            "is ever run."
        ),
    )
    st.caption(
        Text(
            "What you bring is for you alone. Whether it is kept after this visit you choose "
            "before it is used."
        )
        if keeping.store() is not None
        else Text(
            "What you bring stays in the memory of this server, for you alone, and is freed 15 "
            "minutes after you last looked."
        )
    )
    if files and any(trained_model.is_one(file) for file in files):
        for file in files:
            if trained_model.is_one(file):
                trained_model.offer(file)
            else:
                said = escape.markdown(escape.short(file.name, 80))
                st.caption(
                    Text(
                        "{file} waits: bring ratings and trained models one after the other.",
                        file=said,
                    )
                )
    elif files:
        token = "upload " + " ".join(file.file_id for file in files)
        _understand(token, lambda: [(file.name, file.getvalue()) for file in files])


def paste() -> None:
    """The paste panel."""
    with st.form("paste", border=False):
        text = st.text_area(
            Text("A table of ratings, or the web address of one"),
            key="pasted",
            height=160,
            placeholder="user,item,rating\nAnna,Alien,5\nAnna,Heat,3\nBen,Alien,4",
            help=Text(
                "From a spreadsheet, a file or by hand: one rating a row, or users × items. Or "
                "the address of a file on the web, https://…, which this server fetches."
            ),
        )
        pressed = st.form_submit_button(Text("Read"), icon=":material/arrow_forward:")
    text = text or ""
    token = f"paste {hashlib.sha256(text.encode()).hexdigest()}"
    brought: Brought | None = st.session_state.get("brought")
    if pressed or (brought is not None and brought.token == token):
        _understand(token, lambda: _pasted(text))


def _pasted(text: str) -> list[tuple[str, bytes]]:
    """What was pasted, as a file; of an address, the file that is there."""
    if not web.is_address(text) or len(text.split()) > 1:
        return [("pasted ratings.csv", text.encode())]
    with st.spinner(Text("Fetching the file …"), show_time=True):
        found = web.fetched(text, most=limits.of("upload_megabytes") << 20)
    return [(found.name, bytes(found.data))]


def _understand(token: str, files: Callable[[], list[tuple[str, bytes]]]) -> None:
    """Show how files were understood and let it be changed, until the ratings are taken."""
    brought: Brought | None = st.session_state.get("brought")
    if brought is None or brought.token != token:
        if brought is not None:
            brought.cancel()
        brought = st.session_state.brought = Brought(token, files())
        brought.look()
    if brought.reading is not None:
        said = escape.markdown(escape.short(brought.files[0][0], 80))
        with st.spinner(Text("Reading {what} …", what=said), show_time=True):
            if not _done(brought.reading):
                _progress(brought)
                return
        then, ratings = brought.then, brought.settled()
        if ratings is not None and then is not None:
            if brought.draft is not None and brought.draft.form == "grouplens":
                split_form.remember_ready_made(ratings, brought.files[0][1])
            del st.session_state.brought
            try:
                then(ratings)
                return
            except LimitError as error:  # what was read stays: once there is room, once more
                brought.error = error.text
                st.session_state.brought = brought
    if brought.error:
        st.error(escape.markdown(worded(brought.error)), icon=":material/error:")
    draft = brought.draft
    if draft is None:
        return
    if draft.problem:
        st.error(escape.markdown(worded(draft.problem)), icon=":material/error:")
    place = st.container(gap="small")
    controls = Controls(draft, brought.version, brought.look)
    controls.draw()
    with place:
        _show(draft, controls.doubts_left())
    if draft.problem:
        return
    keeping_choices.ask()
    with st.container(horizontal=True):
        st.button(
            Text("Use and watch a model learn"),
            type="primary",
            icon=":material/play_arrow:",
            on_click=_take,
            args=(brought, empty_state.watch),
        )
        st.button(
            Text("Use these ratings"),
            icon=":material/check:",
            on_click=_take,
            args=(brought, empty_state.use),
        )


def _take(brought: Brought, then: Callable[[Ratings], None]) -> None:
    """In a callback: use the ratings, kept or not as was chosen beside."""
    keeping_choices.answer()
    brought.take(then)


def _done(reading: Reading) -> bool:
    """Whether a file has been read, once the page has waited a moment."""
    ends = time.monotonic() + PATIENCE
    while not reading.done and time.monotonic() < ends:
        time.sleep(0.02)
    return reading.done


@st.fragment(run_every=0.4)
def _progress(brought: Brought) -> None:
    """How far reading is, and a button that stops it."""
    if brought.reading is None or brought.reading.done:
        st.rerun()
    stage, share, left = brought.how_far()
    # Of a stage that cannot say how far it is, the seconds show that it goes on.
    if share is None:
        how_far = Number(f"{time.monotonic() - brought.began:.0f} s")
    else:
        how_far = Number(f"{share:.0%}")
    doing = Text(_STAGES[stage]) if stage in _STAGES else Text("Reading")
    if left is None:
        said = Text("{doing} … {how_far}", doing=doing, how_far=how_far)
    else:
        said = Text(
            "{doing} … {how_far}, about {time} left",
            doing=doing,
            how_far=how_far,
            time=words.duration(math.ceil(left)),
        )
    st.progress(share or 0.0, text=said)
    st.button(Text("Stop"), icon=":material/close:", on_click=brought.cancel)


def _show(draft: Draft, doubts: list[str]) -> None:
    """In a sentence, how it was understood; what is doubted; and the first rows."""
    if draft.layout:
        what = escape.markdown(_sentence(draft))
        st.markdown(
            Text("Read so far as **{what}**.", what=what)
            if draft.problem
            else Text("Understood as **{what}**.", what=what)
        )
    for doubt in doubts:
        st.warning(escape.markdown(worded(doubt)), icon=":material/help:")
    with st.container(gap=None):
        for sentence in _known(draft):
            st.caption(escape.markdown(worded(sentence)))
    if draft.rows:
        height: Literal["auto"] | int = "auto" if len(draft.rows) <= 6 else 212
        st.dataframe(draft.preview, height=height, hide_index=True, placeholder="", key="preview")


def _known(draft: Draft) -> list[str]:
    """What a person should know of how the file was read, a sentence each."""
    known: list[str] = []
    if draft.first_line is not None and draft.first_line > 1:
        known.append(
            Text(
                "The table begins on line {line}; what is above was left out.",
                line=draft.first_line,
            )
        )
    known += draft.remarks
    if draft.repeats is not None:
        known.append(
            Text(
                "Some users rate an item more than once: {what_counts}.",
                what_counts=Text(REPEATS[draft.repeats]),
            )
        )
    known += draft.joins
    if draft.sampled:
        known.append(
            Text("The file is large: its beginning, its end and some of its middle were looked at.")
        )
    return known


def _header(n: int) -> Text:
    if not n:
        return Text("without column names")
    return Text("with column names", "with {n} lines of column names", n=n)


def _sentence(draft: Draft) -> str:
    if draft.form == "grouplens":
        return Text("a MovieLens zip, with titles and genres")
    parts: list[str] = [Text(LAYOUTS["long" if draft.layout == "long" else "wide"])]
    if draft.implicit:
        parts = [Text("pairs of user and item")]
    if draft.size is not None:
        n_users, n_items, n_ratings = draft.size
        what = (
            Text("{n:,}\u00a0pair", "{n:,}\u00a0pairs", n=n_ratings)
            if draft.implicit
            else words.plural("rating", n_ratings)
        )
        users, items = words.plural("user", n_users), words.plural("item", n_items)
        parts.append(
            Text("{ratings} of {items} by {users}", ratings=what, items=items, users=users)
        )
    if draft.form == "text":
        parts.append(Text("{delimiter}-separated", delimiter=called(draft.delimiter or "")))
    if draft.header is not None:
        parts.append(_header(draft.header))
    if draft.scale is not None:
        parts.append(Text("ratings {scale}", scale=str(draft.scale)))
    return ", ".join(parts)
