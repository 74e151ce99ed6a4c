"""Work behind the page: the button that starts it, how far it is, Stop, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from pages.shared import parts, session
from recsys_core import escape
from recsys_core.runs import Run
from recsys_core.runs.jobs import Job
from recsys_core.text import Text, worded

# Seconds between two looks at how far it is.
_EVERY = 0.5


def result(
    run: Run, key: tuple[Hashable, ...], make: Callable[[], Job], label: str, name: str, part: str
) -> Any:
    """What a job about a run came to; None, and its button or its progress, while it is not done.

    ``make`` begins the job, ``label`` is the button's text, ``name`` the start of the widgets' keys
    and ``part`` the part of the page they belong to.
    """
    jobs = session.workspace().jobs
    found = jobs.result(run, key)
    if found is not None:
        return found
    if jobs.share(run, key) is not None:
        _watched(run, key, name)
        return None
    st.button(
        escape.markdown(worded(label)),
        icon=":material/play_arrow:",
        key=f"{name}_start",
        disabled=parts.locked(part),
        on_click=parts.unlocked(part, _ask),
        args=(run, key, make),
    )
    if why := jobs.failure(run, key):
        st.warning(escape.markdown(worded(why)), icon=":material/error:")
    return None


def _ask(run: Run, key: tuple[Hashable, ...], make: Callable[[], Job]) -> None:
    session.workspace().jobs.ask(run, key, make)


def _stop(run: Run, key: tuple[Hashable, ...]) -> None:
    session.workspace().jobs.stop(run, key)


@st.fragment(run_every=_EVERY)
def _watched(run: Run, key: tuple[Hashable, ...], name: str) -> None:
    """Say how far it is; once it is done, the page is drawn anew with what it came to."""
    share = session.workspace().jobs.share(run, key)
    if share is None:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key=f"{name}_progress"):
        st.progress(share, Text("At work: {share:.0%} done", share=share), width="stretch")
        st.button(
            Text("Stop"),
            icon=":material/stop:",
            key=f"{name}_stop",
            on_click=_stop,
            args=(run, key),
            help=Text("It can be started again."),
        )
