"""Room: a class rates on telephones, and its ratings become a data set before its eyes."""

from __future__ import annotations

import streamlit as st

from pages.panels.room import board, door, ending, entries, opening, phases, results, teaching
from pages.shared import header, view
from pages.shared.base_path import below
from recsys_core import escape
from recsys_core.rooms.codes import is_code
from recsys_core.text import Text

header.title(Text("Room"), "RMSE")
view.page_shows("options")
head = st.container(key="room_head")
with head:
    st.markdown(
        Text(
            "In a room a class rates the same things on its telephones: the matrix fills on the "
            "projector, and a model learns from it as it does."
        )
    )
if said := teaching.said():
    st.error(escape.markdown(said), icon=":material/error:")
code = view.option("room")
state = teaching.mine(code)
if state is None:
    if is_code(code):
        st.info(
            Text(
                "This browser is not the teacher's of the room {code}: open the teacher's link in "
                "it, or join the room.",
                code=code,
            )
        )
        st.link_button(
            Text("Join the room {code}", code=code), below(f"/r/{code}"),
            icon=":material/smartphone:", key="room_join",
        )  # fmt: skip
    opening.draw()
else:
    with head:
        opening.teachers_link(state)
        phases.draw(state)
    board.draw(state)
    if state.room.phase in ("lobby", "rating"):
        door.choose()
    results.draw(state)
    entries.draw(state)
    ending.draw(state)
