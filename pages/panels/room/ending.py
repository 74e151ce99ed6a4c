"""What else a teacher does with a room: freeze it, take it home, delete it, or go to another."""

from __future__ import annotations

import streamlit as st

from pages.panels.room import board, students, teaching
from pages.shared.base_path import below
from recsys_core import language
from recsys_core.asking import exports
from recsys_core.rooms import State, rooms
from recsys_core.text import Text


def draw(state: State) -> None:
    """Draw the buttons."""
    code = state.room.code
    with st.container(horizontal=True, gap="small", key="room_more"):
        students.button(state)
        st.button(
            Text("Freeze a snapshot"),
            icon=":material/ac_unit:",
            key="room_freeze",
            on_click=teaching.does(_freeze),
            args=(code,),
            help=Text(
                "Keeps the ratings as they are now, without names, under a link; rating goes on."
            ),
        )
        st.download_button(
            Text("Ratings as CSV"),
            _csv(state),
            f"factorscope-room-{code}.csv",
            "text/csv",
            icon=":material/download:",
            key="room_csv",
            on_click="ignore",
            help=Text("One row for each student, with the nickname; one column for each thing."),
        )
        st.button(
            Text("Other rooms"), icon=":material/arrow_back:", key="room_leave",
            on_click=teaching.look_at, args=("",),
        )  # fmt: skip
        with st.popover(Text("Delete the room"), icon=":material/delete:", key="room_delete"):
            st.markdown(
                Text(
                    "This deletes all ratings, nicknames and frozen snapshots of the room {code}. "
                    "It cannot be undone.",
                    code=code,
                )
            )
            st.button(
                Text("Delete it for good"),
                key="room_delete_now",
                type="primary",
                on_click=teaching.does(_delete),
                args=(code,),
            )
    frozen = st.session_state.get("room_frozen")
    if frozen and frozen[0] == code:
        st.markdown(Text("Frozen: [open these ratings on Data]({link}).", link=_data(frozen[1])))


def _data(id: str) -> str:
    return below(f"/data?data=shared&data.id={id}")


def _csv(state: State) -> bytes:
    with language.speaking("en"):  # a file has the headings that programs know
        return exports.to_csv(board.table(state, named=True))


def _freeze(code: str) -> None:
    st.session_state.room_frozen = (code, teaching.done(rooms().desk.freeze(code)))


def _delete(code: str) -> None:
    students.stop(code)
    teaching.done(rooms().desk.delete(code))
    teaching.look_at("")
