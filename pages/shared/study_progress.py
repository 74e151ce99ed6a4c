"""Experiments measured behind the page: the button that starts them, how far they are, and Stop."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared import parts, session
from recsys_core import escape
from recsys_core.experiments import Experiment
from recsys_core.runs.studies import Progress
from recsys_core.text import Text, worded

# Seconds between two looks at how far they are.
_EVERY = 1.0


def controls(
    key: str, experiments: Sequence[Experiment], start: str, again: str, part: str = ""
) -> None:
    """Draw the button that starts these experiments, or how far they are with the one to stop.

    ``start`` is the button's text where none is done yet, ``again`` where some are. ``key`` names
    the widgets, ``part`` the part of the page that may be locked.
    """
    study = session.workspace().study
    progress = study.progress(experiments)
    if progress.busy:
        _watched(key, tuple(experiments), progress.n_done)
    elif progress.n_done < progress.n:
        st.button(
            escape.markdown(worded(again if progress.n_done else start)),
            icon=":material/play_arrow:",
            type="primary",
            key=f"{key}_start",
            disabled=bool(part) and parts.locked(part),
            on_click=parts.unlocked(part, _ask) if part else _ask,
            args=(experiments,),
        )
    for why in dict.fromkeys(study.failed[each] for each in experiments if each in study.failed):
        st.warning(escape.markdown(worded(why)), icon=":material/error:")


def _ask(experiments: Sequence[Experiment]) -> None:
    session.workspace().study.ask(experiments)


def _stop(experiments: Sequence[Experiment]) -> None:
    session.workspace().study.stop(experiments)


@st.fragment(run_every=_EVERY)
def _watched(key: str, experiments: tuple[Experiment, ...], n_drawn: int) -> None:
    """Say how far they are; once another one is done, the page is drawn anew with it.

    Nothing but this container is written to, and nothing after the page was left: the next page
    takes the fragment away, and what is still on its way finds none.
    """
    progress = session.workspace().study.progress(experiments)
    if progress.n_done != n_drawn or not progress.busy:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_progress"):
        st.progress(progress.share, said(progress), width="stretch")
        st.button(
            Text("Stop"),
            icon=":material/stop:",
            key=f"{key}_stop",
            on_click=_stop,
            args=(experiments,),
            help=Text("What is done stays; the one under way is dropped."),
        )


def said(progress: Progress) -> str:
    """How far, in words: “3 of 9 done; the next at epoch 12 of 30”."""
    if progress.n_epochs:
        return Text(
            "{done} of {asked} done; the next at epoch {epoch:,} of {n_epochs:,}",
            done=progress.n_done,
            asked=progress.n,
            epoch=progress.epoch,
            n_epochs=progress.n_epochs,
        )
    return Text("{done} of {asked} done; waiting", done=progress.n_done, asked=progress.n)
