"""The board for the projector: the browser asks for what is new by itself (``js/board.js``)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.panels.room import door, teaching
from pages.shared import session
from pages.shared.base_path import BASE
from pages.shared.chart.assets import component_of
from pages.shared.chart.chart import twin
from recsys_core import language
from recsys_core.figures import theme
from recsys_core.rooms import State
from recsys_core.text import Text

_BOARD = st.components.v2.component(
    "factorscope_board", js=component_of("board.js"), isolate_styles=False
)

_HEIGHT = 640  # pixels, where the page is not presented


def draw(state: State) -> None:
    """Draw it; the page runs again when somebody has come, or the phase is another one."""
    code = state.room.code
    link = door.link(code)
    alt = Text("Board of the room {code}; matrix and map of who rated what", code=code)
    data: dict[str, Any] = {
        "code": code,
        "base": BASE,
        "token": teaching.token(code),
        "link": link,
        "qr": door.qr(link),
        "height": _HEIGHT,
        "alt": alt,
        "language": language.now(),
        "colours": theme.RATING,
        "inks": theme.INKS,
        "user": theme.USER,
        "item": theme.ITEM,
        "mark": theme.of(session.theme()).mark,
    }
    with st.container(key="board_chart", gap=None):
        _BOARD(key="board", data=data, on_news_change=_nothing, height="content")
        if state.room.phase != "lobby":
            twin(lambda: table(state), "board", alt, f"factorscope-room-{code}")


def _nothing() -> None:
    """The page is drawn anew by the change alone."""


def table(state: State, named: bool | None = None) -> pd.DataFrame:
    """The matrix: a row per student, under the nickname once names are shown, else the number."""
    named = state.room.phase == "reveal" if named is None else named
    rows = [[state.ratings.get((each.number, item)) for item in range(len(state.room.things))]
            for each in state.shown]  # fmt: skip
    return pd.DataFrame(
        rows,
        index=pd.Index(
            [each.nickname if named else str(each.number) for each in state.shown],
            name=Text("student"),
        ),
        columns=[thing.name for thing in state.room.things],
        dtype="float32",
    )
