"""Thirty simulated students, for a teacher without a class: started and stopped by one click."""

from __future__ import annotations

import streamlit as st

from pages.panels.room import teaching
from pages.routes.rooms import SECRET, own_address
from recsys_core.rooms import State, rooms
from recsys_core.text import Text


def start(code: str) -> None:
    """Send them to a room."""
    rooms().simulate(code, own_address(), SECRET)


def stop(code: str) -> None:
    """Have those of a room put their telephones down."""
    rooms().stop_simulated(code)


def button(state: State) -> None:
    """Start or stop them."""
    code = state.room.code
    if rooms().is_simulated(code):
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
