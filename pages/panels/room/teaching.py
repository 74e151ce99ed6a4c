"""Of which rooms this browser is the teacher's, which one is in view, and what is done in it.

The teacher's token is in a cookie that no script reads; until the board has had the server set it,
the tab that opened the room holds it (``pages/routes/rooms.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import streamlit as st

from pages.routes.rooms import TEACHER
from pages.shared import view
from recsys_core.errors import FactorscopeError
from recsys_core.rooms import State, rooms
from recsys_core.rooms.codes import is_code, is_token_of
from recsys_core.text import Text, worded

Found = TypeVar("Found")

# Seconds after which a page does not wait for the database any longer.
_PATIENCE = 15.0

_SAID = "room_said"  # what the last press of a button could not do


def _opened() -> dict[str, str]:
    """Tokens of the rooms that this tab has opened, by code."""
    return st.session_state.setdefault("room_tokens", {})


def token(code: str) -> str:
    """The token of a room that this tab has opened; "" of another."""
    return _opened().get(code, "")


def done(future: Future[Found]) -> Found:
    """What the desk answers, once it is committed."""
    return future.result(_PATIENCE)


def mine(code: str) -> State | None:
    """The room of this code, if this browser is its teacher's; None else."""
    if not is_code(code):
        return None
    held = token(code) or str(st.context.cookies.get(TEACHER + code) or "")
    state = done(rooms().desk.state(code)) if held else None
    return state if state is not None and is_token_of(held, state.teacher) else None


def all_mine() -> list[State]:
    """The rooms of which this browser is the teacher's, the latest first."""
    known = [name.removeprefix(TEACHER) for name in st.context.cookies if name.startswith(TEACHER)]
    found = (mine(code) for code in dict.fromkeys([*_opened(), *known]))
    return sorted(filter(None, found), key=lambda state: -state.room.created)


def keep(code: str, secret: str) -> None:
    """In a callback: this tab has opened a room, and shows it from now on."""
    _opened()[code] = secret
    st.session_state.room_link_shown = code
    look_at(code)


def look_at(code: str) -> None:
    """In a callback: bring a room into view, "" none."""
    view.choose(("room", code))


# --- doing ----------------------------------------------------------------------------------------


def does(act: Callable[..., None]) -> Callable[..., None]:
    """A callback whose refusal is one sentence on the page, drawn next."""

    def call(*arguments: Any, **named: Any) -> None:
        try:
            act(*arguments, **named)
        except FactorscopeError as error:
            st.session_state[_SAID] = error.text
        except TimeoutError:
            st.session_state[_SAID] = Text("The server is busy; try again.")

    return call


def said() -> str:
    """Why the last press of a button did nothing; "" where it did."""
    return worded(st.session_state.pop(_SAID, ""))
