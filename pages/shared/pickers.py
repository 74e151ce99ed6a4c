"""Finding a user or an item by name, however many there are."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from recsys_core import words
from recsys_core.ratings import Ratings, Side
from recsys_core.text import Text

# A list to choose from travels to the browser whole; more names than this are searched instead.
_MOST_LISTED = 10_000
_MOST_FOUND = 50


def pick(
    side: Side,
    ratings: Ratings,
    key: str,
    on_pick: Callable[[int], None],
    *,
    chosen: int | None = None,
    label: str | None = None,
    disabled: bool = False,
) -> None:
    """Find a user or an item by name; ``on_pick`` is called with its index before the page runs.

    ``chosen`` is who is shown as chosen; where it is None the field is empty again after each find.
    """
    called, noun = ratings.axis(side).distinct_names, ratings.axis(side).noun
    if side == "user":
        find, name_of = Text("Find a user"), Text("Type the name of a user …")
        nobody, capital = Text("No user is called that."), str(Text("User"))
    else:
        find = Text("Find {a_noun}", a_noun=words.a(noun))
        name_of = Text("Type the name of {a_noun} …", a_noun=words.a(noun))
        nobody = Text("No {noun} is called that.", noun=noun)
        capital = words.named(noun).capitalize()
    label = label or find
    if len(called) <= _MOST_LISTED:
        options: list[int] = list(range(len(called)))
    else:
        asked = st.text_input(
            label, type="search", live="300ms", placeholder=Text("Type to search …"),
            key=f"{key}_text", disabled=disabled,
        )  # fmt: skip
        text = (asked or "").strip()
        options, label = [], capital
        if text:
            options = matches(called, text)
            label = Text("{n:,}\u00a0match", "{n:,}\u00a0matches", n=len(options))
        if len(options) == _MOST_FOUND:
            label = Text("The first {most} matches", most=_MOST_FOUND)
        if chosen is not None and chosen not in options:
            options.insert(0, chosen)
        if not options:
            if text:
                st.caption(nobody)
            return

    finds = f"{key}_finds"

    def picked() -> None:
        found = st.session_state[widget]
        if found is not None:
            st.session_state[finds] = st.session_state.get(finds, 0) + 1
            on_pick(found)

    # Another choice, also one made elsewhere, makes another widget.
    widget = f"{key}_{st.session_state.get(finds) if chosen is None else chosen}"
    st.selectbox(
        label,
        options,
        index=None if chosen not in options else options.index(chosen),
        format_func=called.__getitem__,
        placeholder=name_of,
        key=widget,
        on_change=picked,
        disabled=disabled,
    )


def matches(called: list[str], text: str, most: int = _MOST_FOUND) -> list[int]:
    """Indices of names that hold a text, those that begin with it first; letter case is ignored."""
    text = text.strip().casefold()
    found = [
        (not name.casefold().startswith(text), at)
        for at, name in enumerate(called)
        if text in name.casefold()
    ]
    return [at for _, at in sorted(found)[:most]]
