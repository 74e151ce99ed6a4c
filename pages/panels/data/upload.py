"""Bring your own: upload or paste, see how it was understood, change that, use it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from pages.panels.data import split_form
from pages.shared import empty_state
from recsys_core import escape, reading, words
from recsys_core.errors import FactorscopeError
from recsys_core.ratings import Scale
from recsys_core.reading import Guess

_NONE = "none"

_DELIMITERS = {
    ",": "comma",
    ";": "semicolon",
    "tab": "tab",
    "|": "bar |",
    "::": "double colon ::",
    "space": "space",
}
_ENCODINGS = ("utf-8", "latin-1", "utf-16")


@dataclass
class Brought:
    """One upload or paste, as understood so far, or why it was not.

    ``version`` counts changes: widgets are made anew when a change made others be guessed again.
    """

    token: str
    data: bytes
    guess: Guess | None = None
    error: str = ""
    version: int = 0

    def look(self, how: Callable[[], Guess]) -> None:
        """Take up a guess; where there is none, keep the one before and the sentence."""
        self.version += 1
        self.error = ""
        try:
            self.guess = how()
        except FactorscopeError as error:
            self.error = str(error)


def upload() -> None:
    """The upload panel."""
    file = st.file_uploader(
        "A file of ratings",
        key="upload",
        help="CSV, TSV, Excel, Parquet or .npz, also inside a zip; or a MovieLens zip as it is. "
        "One rating a row, or users × items. Nothing in a file is ever run.",
    )
    st.caption(
        "What you bring stays in the memory of this server, for you alone, and is freed 15 minutes "
        "after you last looked."
    )
    if file is not None:
        _understand(f"upload {file.file_id}", file.getvalue(), file.name)


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
        _understand(token, data, "pasted ratings.csv")


def _understand(token: str, data: bytes, name: str) -> None:
    """Show how a file was understood and let it be changed, until the ratings are taken."""
    brought: Brought | None = st.session_state.get("brought")
    if brought is None or brought.token != token:
        brought = st.session_state.brought = Brought(token, data)
        with st.spinner(f"Reading {escape.markdown(escape.short(name, 80))} …", show_time=True):
            brought.look(lambda: reading.inspect(data, name))
    if brought.error:
        st.error(escape.markdown(brought.error), icon=":material/error:")
    guess = brought.guess
    if guess is None:
        return
    _show(guess)
    _Form(brought).draw()
    if guess.problem:
        st.error(escape.markdown(guess.problem), icon=":material/error:")
        return
    with st.container(horizontal=True):
        watch = st.button(
            "Use and watch a model learn", type="primary", icon=":material/play_arrow:"
        )
        use = st.button("Use these ratings", icon=":material/check:")
    if watch or use:
        with st.spinner("Reading all ratings …", show_time=True):
            ratings = guess.read()
            if guess.form == "grouplens":
                split_form.remember_ready_made(ratings, brought.data)
        del st.session_state.brought
        (empty_state.watch if watch else empty_state.use)(ratings)


def _show(guess: Guess) -> None:
    """In a sentence, how it was understood; and its first rows."""
    st.markdown(f"Understood as **{escape.markdown(_sentence(guess))}**.")
    for remark in guess.remarks:
        st.caption(escape.markdown(remark))
    height: Literal["auto"] | int = "auto" if len(guess.preview) <= 6 else 212
    st.dataframe(guess.preview, height=height, hide_index=True, key="preview")


def _sentence(guess: Guess) -> str:
    if guess.form == "grouplens":
        return "a MovieLens zip, with titles and genres"
    parts = ["one rating a row" if guess.layout == "long" else "users × items"]
    if guess.form == "text":
        parts.append(f"{_DELIMITERS.get(guess.delimiter or '', guess.delimiter)}-separated")
    if guess.header is not None:
        parts.append("with column names" if guess.header else "without column names")
    if guess.scale is not None:
        parts.append(f"ratings {guess.scale}")
    return ", ".join(parts)


class _Form:
    """The widgets that change a guess: those that apply, each showing what was guessed."""

    def __init__(self, brought: Brought) -> None:
        assert brought.guess is not None
        self.brought, self.guess = brought, brought.guess

    def draw(self) -> None:
        guess = self.guess
        if guess.form == "grouplens":
            return
        if guess.members:
            self._choice("member", "File in the zip", guess.members)
        if guess.sheets:
            self._choice("sheet", "Sheet", guess.sheets)
        with st.grid(4, min_column_width=150, gap="small"):
            layouts = {"long": "one rating a row", "wide": "users × items"}
            self._choice("layout", "Layout", layouts, layouts.get)
            if guess.layout == "long":
                for what in ("user", "item", "rating"):
                    self._choice(what, f"{what.capitalize()} column", guess.columns)
            else:
                self._toggle("labels", "First column names the rows")
                self._toggle("items_in_rows", "Rows are items, columns users")
            self._unrated()
        with st.expander("More", icon=":material/tune:"):
            with st.grid(4, min_column_width=150, gap="small"):
                self._rarely()

    def _rarely(self) -> None:
        guess = self.guess
        if guess.form == "text":
            self._choice("delimiter", "Separator", _DELIMITERS, _DELIMITERS.get)
            self._choice("encoding", "Encoding", _ENCODINGS)
            self._choice("decimal", "Decimal mark", (".", ","))
        if guess.layout == "long":
            for what in ("timestamp", "title", "genres"):
                self._choice(what, f"{what.capitalize()} column", (None, *guess.columns))
        if guess.header is not None:
            self._toggle("header", "First row holds names")
        if guess.counts:
            self._toggle(
                "log",
                "Learn log(1 + count)",
                "Play counts differ a thousandfold; their logarithm keeps a few from outweighing "
                "all others.",
            )
        if guess.scale is not None:
            self._scale(guess.scale)

    def _unrated(self) -> None:
        now = next((mark for mark in self.guess.unrated if not isinstance(mark, str)), None)
        options = [_NONE, "0", "-1", "99"]
        current = _NONE if now is None else f"{now:g}"
        if current not in options:
            options.append(current)
        self._widget(
            "unrated",
            st.selectbox,
            lambda value: None if value == _NONE else words.parsed(value),
            label="Means unrated",
            options=options,
            index=options.index(current),
            accept_new_options=True,
            help="The number that stands for “not rated”. Blank cells always do.",
        )

    def _scale(self, scale: Scale) -> None:
        # All three ends at once: each widget changes its own part of what was guessed.
        low, high, step = scale[:3]
        self._widget(
            "scale",
            st.number_input,
            lambda value: Scale(float(value), high, step),
            part="low",
            label="Lowest possible rating",
            value=float(low),
        )
        self._widget(
            "scale",
            st.number_input,
            lambda value: Scale(low, float(value), step),
            part="high",
            label="Highest possible rating",
            value=float(high),
        )

    def _choice(self, name: str, label: str, options: Any, names: Any = None) -> None:
        options = list(options)
        said = [_NONE if o is None else str(names(o) if names else o) for o in options]
        said = words.distinct([escape.short(escape.one_line(text), 80) for text in said])
        current = getattr(self.guess, name)
        self._widget(
            name,
            st.selectbox,
            lambda value: value,
            label=label,
            options=options,
            index=options.index(current) if current in options else None,
            format_func=dict(zip(options, said, strict=True)).__getitem__,
        )

    def _toggle(self, name: str, label: str, help: str | None = None) -> None:
        value = bool(getattr(self.guess, name))
        self._widget(name, st.toggle, bool, label=label, value=value, help=help)

    def _widget(
        self,
        name: str,
        draw: Callable[..., Any],
        convert: Callable[[Any], Any],
        part: str = "",
        **details: Any,
    ) -> None:
        key = f"brought_{self.brought.version}_{name}{part}"
        guess, brought = self.guess, self.brought

        def changed() -> None:
            value = st.session_state[key]
            brought.look(lambda: guess.change(**{name: convert(value)}))

        draw(key=key, on_change=changed, **details)
