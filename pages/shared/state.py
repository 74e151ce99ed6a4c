"""What the pages share: the browser's workspace, what is in view and selected, and the theme."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.shared import visitor
from recsys_core import runs
from recsys_core.models import Model
from recsys_core.ratings import Ratings
from recsys_core.recipes import Recipe
from recsys_core.runs import DataSet, Run
from recsys_core.splits import Split


def workspace() -> runs.Workspace:
    """The data and runs of this browser: a reload finds them again, another browser never does."""
    return runs.registry().workspace(_browser_id())


def _browser_id() -> str:
    cookie = st.context.cookies.get(visitor.COOKIE)
    if visitor.is_id(cookie):
        return cookie
    # Cookies refused, or no browser at all (tests): the session is all there is to hold on to.
    if "browser_id" not in st.session_state:
        st.session_state.browser_id = visitor.new_id()
    return st.session_state.browser_id


# --- which data and run are in view: of this tab alone --------------------------------------------


def look_at(seen: DataSet | Run) -> None:
    """Bring a run, or data without a run, into view in this tab."""
    st.session_state.in_view = seen.id if isinstance(seen, Run) else seen.source
    workspace().look_at(seen)


def _in_view() -> DataSet | Run | None:
    """What this tab looks at; a new tab begins with what was looked at last."""
    space, name = workspace(), st.session_state.get("in_view")
    if isinstance(name, str):
        found: DataSet | Run | None = next((run for run in space.runs if run.id == name), None)
    else:
        found = space.data_of(name) if isinstance(name, Recipe) else None
    if found is None and (found := space.latest) is not None:
        look_at(found)
    return found


def run() -> Run | None:
    """The run in view; None where only data are."""
    found = _in_view()
    return found if isinstance(found, Run) else None


def data() -> DataSet | None:
    """The loaded data in view: those of the run where they are loaded, else the last looked at."""
    found, space = _in_view(), workspace()
    if isinstance(found, DataSet):
        return found
    own = None if found is None else space.data_of(found.experiment.data)
    return own or max(space.data, key=lambda each: each.seen, default=None)


def ratings() -> Ratings | None:
    """The ratings in view: those of the run, else of the data; None where there are none."""
    found = _in_view()
    return None if found is None else found.ratings


def split() -> Split | None:
    """The split in view, likewise."""
    found = _in_view()
    return None if found is None else found.split


def new_run(model: Model | None = None) -> Run:
    """A run of a model (None: the usual one) on the data in view; it comes into view itself."""
    found = data()
    assert found is not None, "there are no data yet"
    return show(workspace().new_run(found.experiment(model)))


def show(run: Run) -> Run:
    """Bring a run into view at its latest epoch."""
    look_at(run)
    selection().epoch = None
    return run


# --- what is selected -----------------------------------------------------------------------------


@dataclass
class Selection:
    """The user, item and epoch selected in one view, and so in all; None: none yet."""

    user: int | None = None
    item: int | None = None
    epoch: int | None = None


@dataclass
class _SelectionIn:
    ratings: weakref.ref[Ratings]
    selection: Selection


def selection() -> Selection:
    """What is selected; change its attributes to select. New data start with nothing selected."""
    here = ratings()
    if here is None:
        return Selection()
    held: _SelectionIn | None = st.session_state.get("selection")
    if held is None or held.ratings() is not here:
        held = _SelectionIn(weakref.ref(here), Selection())
        st.session_state.selection = held
    return held.selection


def theme() -> Literal["light", "dark"]:
    """The theme the browser shows; figures are drawn in it."""
    return "dark" if st.context.theme.type == "dark" else "light"
