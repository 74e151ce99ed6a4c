"""Thirty simulated students, for a teacher without a class: started and stopped by one click."""

from __future__ import annotations

import streamlit as st

from pages.panels.room import teaching
from pages.routes.rooms import SECRET, own_address
from recsys_core.rooms import State
from recsys_core.rooms.simulated import SimulatedClass
from recsys_core.text import Text

# Those of this server, by the code of their room.
_classes: dict[str, SimulatedClass] = {}


def start(code: str) -> None:
    """Send them to a room."""
    stop(code)
    for other, each in list(_classes.items()):
        if not each.going:
            del _classes[other]
    _classes[code] = SimulatedClass(own_address(), code, SECRET)
    _classes[code].start()


def stop(code: str) -> None:
    """Have those of a room put their telephones down."""
    found = _classes.pop(code, None)
    if found is not None:
        found.stop()


def button(state: State) -> None:
    """Start or stop them."""
    code = state.room.code
    found = _classes.get(code)
    if found is not None and found.going:
        st.button(
            Text("Stop the simulated students"),
            icon=":material/stop:",
            key="room_students_stop",
            on_click=teaching.does(stop),
            args=(code,),
        )
    elif state.room.phase in ("lobby", "rating"):
        st.button(
            Text("Add thirty simulated students"),
            icon=":material/smart_toy:",
            key="room_students",
            on_click=teaching.does(start),
            args=(code,),
        )
