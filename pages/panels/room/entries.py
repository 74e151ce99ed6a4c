"""Who is in the room: nicknames, for the teacher alone; each can be renamed, hidden, removed."""

from __future__ import annotations

import streamlit as st

from pages.panels.room import teaching
from recsys_core import escape
from recsys_core.rooms import Member, State, rooms
from recsys_core.text import Text


def draw(state: State) -> None:
    """Draw the list, folded away: a projector may be showing this page."""
    # The same title whoever comes: with another one it would be another, closed one.
    title = Text("Entries: nicknames are listed here, not on the board")
    with st.expander(title, key="room_entries", on_change="rerun") as box:
        if not box.open:
            return
        if not state.present:
            st.caption(Text("Nobody is here yet."))
        for member in state.present:
            _line(state, member)


def _line(state: State, member: Member) -> None:
    code, number = state.room.code, member.number
    n = sum(answer.value is not None for answer in state.answers_of(number))
    name = escape.markdown(member.nickname)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"room_entry_{number}"
    ):
        said = f"{number}. **{name}** · " + Text("{n} rating", "{n} ratings", n=n)
        if member.hidden:
            said += " · " + Text("hidden: neither drawn nor learned from")
        st.markdown(said, width="stretch")
        with st.popover(
            Text("Rename {name}", name=name), icon=":material/edit:", key=f"rename_{number}",
            help=Text("Rename"),
        ):  # fmt: skip
            st.text_input(
                Text("Nickname"), value=member.nickname, max_chars=24, key=f"room_name_{number}",
                on_change=teaching.does(_rename), args=(code, number),
            )  # fmt: skip
        st.button(
            Text("Show {name}", name=name) if member.hidden else Text("Hide {name}", name=name),
            icon=":material/visibility:" if member.hidden else ":material/visibility_off:",
            key=f"room_hide_{number}",
            help=Text("Show again") if member.hidden else Text("Hide"),
            on_click=teaching.does(_hide),
            args=(code, number, not member.hidden),
        )
        st.button(
            Text("Remove {name}", name=name),
            icon=":material/delete:",
            key=f"remove_{number}",
            help=Text("Remove, with all ratings of this entry"),
            on_click=teaching.does(_remove),
            args=(code, number),
        )


def _rename(code: str, number: int) -> None:
    teaching.done(rooms().desk.rename(code, number, st.session_state[f"room_name_{number}"]))


def _hide(code: str, number: int, hidden: bool) -> None:
    teaching.done(rooms().desk.hide(code, number, hidden))


def _remove(code: str, number: int) -> None:
    teaching.done(rooms().desk.remove(code, number))
