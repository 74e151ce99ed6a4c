"""Without a room in view: what a room is, opening one, and those that are there."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from pages.panels.room import door, students, teaching
from pages.shared import session
from pages.shared.base_path import below
from recsys_core import escape, words
from recsys_core.errors import RoomError
from recsys_core.ratings import Scale
from recsys_core.rooms import State, Thing, lists, rooms
from recsys_core.text import Text, later, worded

_OWN = "own"

_LISTS = {
    "songs": later("Songs"), "films": later("Films"), "foods": later("Foods"),
    _OWN: later("My own list"),
}  # fmt: skip

_IN_WORDS = (
    later("Not at all"), later("Rather not"), later("All right"), later("I like it"),
    later("I love it"),
)  # fmt: skip

# By name: how they are called, and their numbers.
_SCALES = {
    "five": (later("1 to 5"), (1, 5, 1)),
    "words": (later("1 to 5, in words"), (1, 5, 1)),
    "ten": (later("1 to 10"), (1, 10, 1)),
    "two": (later("Thumb down or up"), (0, 1, 1)),
}


def draw() -> None:
    """Draw all of it."""
    with st.container(border=True, key="room_try"):
        st.markdown(
            Text(
                "**No class at hand?** Thirty simulated students join, rate, and are late, as real "
                "ones do."
            )
        )
        st.button(
            Text("Try it with thirty simulated students"),
            icon=":material/smart_toy:",
            type="primary",
            key="room_simulate",
            on_click=teaching.does(_try),
        )
    known = teaching.all_mine()
    if known:
        st.header(Text("Your rooms"), anchor=False)
        for state in known:
            _known(state)
    st.header(Text("Open a room"), anchor=False)
    _form()
    st.header(Text("Join a room"), anchor=False)
    st.markdown(Text("Rating needs no account: type the code that stands on the projector."))
    st.link_button(
        Text("Type a code"), below("/r"), icon=":material/smartphone:", key="room_type_code"
    )


def _known(state: State) -> None:
    room = state.room
    label = Text(
        "{code}: {title}, {students}",
        code=room.code,
        title=escape.markdown(room.title or Text("without a title")),
        students=Text("{n} student", "{n} students", n=len(state.present)),
    )
    st.button(
        label, icon=":material/groups:", key=f"room_go_{room.code}",
        on_click=teaching.look_at, args=(room.code,),
    )  # fmt: skip


def _try() -> None:
    code, token = teaching.done(
        rooms().desk.open(
            lists.ready("songs"),
            title=Text("Thirty simulated students"),
            opener=session.workspace().owner,
        )
    )
    teaching.keep(code, token)
    st.session_state.pop("room_link_shown", None)  # nobody needs it of a room to try
    teaching.done(rooms().desk.go_to(code, "rating"))
    students.start(code)


def _form() -> None:
    with st.container(border=True, key="room_form"):
        chosen = st.segmented_control(
            Text("What is rated"),
            list(_LISTS),
            default="songs",
            required=True,
            format_func=lambda name: Text(_LISTS[name]),
            key="room_list",
        )
        if chosen == _OWN:
            st.text_area(
                Text("One thing a line, {fewest} to {most}", fewest=lists.FEWEST, most=lists.MOST),
                key="room_things",
                height=160,
                placeholder=Text("The bus ride to school"),
            )
        else:
            names = ", ".join(thing.name for thing in lists.ready(chosen or "songs"))
            st.caption(escape.markdown(names))
        st.file_uploader(
            Text("Pictures, if you like: each file named as its thing"),
            ["png", "jpg", "jpeg", "webp"],
            accept_multiple_files=True,
            key="room_pictures",
        )
        with st.container(horizontal=True):
            st.text_input(Text("Title"), key="room_title", max_chars=80, width=320)
            st.selectbox(
                Text("How it is rated"),
                list(_SCALES),
                format_func=lambda name: Text(_SCALES[name][0]),
                key="room_scale",
                width=240,
            )
        st.button(
            Text("Open the room"),
            icon=":material/meeting_room:",
            key="room_open",
            on_click=teaching.does(_open),
        )


def _open() -> None:
    chosen = st.session_state.room_list
    if chosen == _OWN:
        things = lists.things_of(st.session_state.get("room_things") or "")
    else:
        things = lists.ready(chosen)
    code, token = teaching.done(
        rooms().desk.open(
            things,
            title=st.session_state.room_title,
            scale=_scale(st.session_state.room_scale),
            pictures=_pictures(things),
            opener=session.workspace().owner,
        )
    )
    teaching.keep(code, token)


def _scale(name: str) -> Scale:
    low, high, step = _SCALES[name][1]
    called = {
        "words": enumerate(map(Text, _IN_WORDS), start=1),
        "two": ((0, Text("Thumb down")), (1, Text("Thumb up"))),
    }.get(name)
    said = None if called is None else [(float(n), str(worded(word))) for n, word in called]
    return Scale(low, high, step, said)


def _pictures(things: tuple[Thing, ...]) -> dict[int, bytes]:
    """The pictures, by the place of their thing in the list.

    Raises
    ------
    RoomError
        If a file is named as none of the things.
    """
    places = {words.slug(thing.name): at for at, thing in enumerate(things)}
    found = {}
    for file in st.session_state.get("room_pictures") or []:
        name = PurePath(file.name).stem
        if words.slug(name) not in places:
            raise RoomError(
                Text("No thing of the list is called “{name}”, as this picture is.", name=name)
            )
        found[places[words.slug(name)]] = file.getvalue()
    return found


def teachers_link(state: State) -> None:
    """Show it once, in the tab that opened the room."""
    code = state.room.code
    if st.session_state.get("room_link_shown") != code:
        return
    with st.container(border=True, key="room_teacher"):
        st.markdown(
            Text(
                "**The teacher's link**, shown this once. This browser knows you already; whoever "
                "opens the link is the teacher, too: keep it for another machine, and do not "
                "project it."
            )
        )
        st.code(door.teachers_link(code, teaching.token(code)), language=None, wrap_lines=True)
        st.button(
            Text("I have it: do not show it again"),
            icon=":material/check:",
            key="room_link_done",
            on_click=_link_done,
        )


def _link_done() -> None:
    st.session_state.pop("room_link_shown", None)
