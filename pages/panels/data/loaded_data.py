"""The data loaded in this workspace: one switches between them, shares them, takes them home."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import session, view
from recsys_core import escape, runs, words
from recsys_core.asking import exports
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.runs import DataSet
from recsys_core.text import Text

# A file of more rows is not made by a click: some 100 MB.
_MOST_ROWS = 3_000_000


def switch() -> None:
    """One button for each data set, where there are several; a click brings it into view."""
    everything, here = session.workspace().data, view.data()
    if len(everything) < 2 or here is None:
        return
    names = words.distinct([data.ratings.name for data in everything])
    st.session_state.loaded = everything.index(here)
    st.segmented_control(
        Text("Loaded"),
        range(len(everything)),
        required=True,
        format_func=lambda at: escape.markdown(names[at]),
        key="loaded",
        on_change=_switch,
    )


def _switch() -> None:
    everything = session.workspace().data
    chosen = st.session_state.loaded
    if chosen is not None and chosen < len(everything):
        _look_at(everything[chosen])


def _look_at(data: DataSet) -> None:
    """The latest run of one's own on these data, or the data alone."""
    entries = session.workspace().entries
    own = [e for e in entries if e.run.experiment.data == data.source and not e.group]
    view.look_at(own[-1] if own else data)


def can_be_saved(data: DataSet) -> bool:
    """Whether these ratings are few enough for a file made by a click."""
    return max(data.ratings.n_ratings, _cells_of_csv(data.ratings)) <= _MOST_ROWS


def save(data: DataSet) -> None:
    """The ratings as a file."""
    st.download_button(
        Text("These ratings as CSV"),
        lambda: _as_csv(data.ratings),
        "ratings.csv",
        "text/csv",
        icon=":material/download:",
        key="data_csv",
        on_click="ignore",
        help=Text("As they were understood: a receipt on them replays with this file."),
    )


def actions(data: DataSet) -> None:
    """Share, forget."""
    with st.popover(Text("More"), icon=":material/more_horiz:", key="data_more"):
        _share(data)
        st.button(
            Text("Forget these ratings"),
            icon=":material/delete:",
            key="data_forget",
            on_click=session.workspace().unload,
            args=(data,),
            help=Text("And all runs on them."),
        )


def _cells_of_csv(ratings: Ratings) -> int:
    return 0 if _all_rated(ratings) else ratings.n_users * ratings.n_items


def _all_rated(ratings: Ratings) -> bool:
    return bool((ratings.user_counts > 0).all() and (ratings.item_counts > 0).all())


def _as_csv(ratings: Ratings) -> bytes:
    """One rating a row; where a user or an item has none, users × items, so that it is there."""
    if _all_rated(ratings):
        return exports.to_csv(ratings.to_frame(), index=False)
    cells = ratings.block(np.arange(ratings.n_users), np.arange(ratings.n_items))
    table = pd.DataFrame(cells, pd.Index(ratings.users, name="user"), ratings.items)
    return exports.to_csv(table)


def _share(data: DataSet) -> None:
    """Off at first; says who will see what; undone by the same switch."""
    if data.source.name != UPLOAD:
        return  # built-in data and releases are there for everybody, shared ones for who has them
    registry, owner = runs.registry(), session.workspace().owner

    def changed() -> None:
        if st.session_state.data_share:
            registry.share(owner, data.ratings)
        else:
            registry.unshare(owner, data.ratings)

    shared = registry.shared_as(owner, data.ratings)
    st.toggle(
        Text("Share on this server"),
        shared is not None,
        key="data_share",
        on_change=changed,
    )
    st.caption(
        Text("Off: nobody but you sees these ratings.")
        if shared is None
        else Text(
            "Everybody with this code sees all ratings and labels, and can train on them but not "
            "change them. It ends when you switch it off, or leave for a quarter of an hour and "
            "nobody works with them."
        )
    )
    if shared is not None:
        st.code(f"data=shared&data.id={shared['id']}", language=None)
