"""Take home: the files that are made from the run in view, each with a sentence on what it is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared import parts, view
from recsys_core import words
from recsys_core.runs import Entry, Run
from recsys_core.takehome import reports


@view.fragment("take_home", "run", "status")
def section() -> None:
    """The files of the run in view, below a page."""
    entry = view.entry()
    if entry is None or not parts.drawn("export"):
        return
    st.header("Take home", anchor=False)
    draw(entry)


def draw(entry: Entry) -> None:
    """A button for each file; what it holds is made when it is pressed."""
    run = entry.run
    if run.epoch == 0 and run.n_epochs and not run.wants_training:
        st.caption("This run has not learned anything yet: train it first.")
    elif run.record_is_ready:
        _reports(run)
    elif run.status == "failed":
        st.caption("This run failed, so there is nothing of it to take home.")
    else:
        st.caption("This run is still at work: its files come when it pauses or ends.")


def _reports(run: Run) -> None:
    """A report for whoever checks the numbers, and a page for whoever decides."""
    stem = words.slug(f"{run.ratings.name} {run.model.title}")[:60] or "run"
    # A class from which the test error is kept does not get it by a file either.
    tested = parts.drawn("test") and not parts.locked("test")
    on_test = " on the test part" if tested and run.split.test is not None else ""
    _button(
        "Report",
        lambda: reports.technical(run, tested),
        f"{stem}-report.html",
        "take_report",
        f"How good the run is{on_test}, beside the baselines, for whom, with settings, formula and "
        "receipt: one file that needs no network and prints well.",
    )
    _button(
        "One page for a manager",
        lambda: reports.manager(run, tested),
        f"{stem}-one-page.html",
        "take_manager",
        "What it does, how good it is in plain words, for whom it works and for whom not, and what "
        "to do next: one printed page.",
    )


def _button(label: str, make: Callable[[], bytes], file_name: str, key: str, about: str) -> None:
    """One file: its button, and a sentence on what it is."""
    st.download_button(
        label,
        make,
        file_name,
        "text/html",
        icon=":material/description:",
        key=key,
        on_click="ignore",
        disabled=parts.locked("export"),
    )
    st.caption(about)
