"""The Data page's MovieLens download: terms first, progress, and a way to stop."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from pages.panels.data import split_form
from pages.shared import empty_state
from recsys_core import words
from recsys_core.datasets.movielens import CATALOGUE, Release, cached, fetch, load
from recsys_core.errors import FactorscopeError
from recsys_core.ratings import Ratings
from recsys_core.text import Text


def panel(releases: Sequence[str] = (), watching: bool = True) -> None:
    """Choose a release, read its terms, fetch it, use it.

    ``releases`` are those to choose from, the first of them at first; none: all. ``watching``
    offers to train on it at once as well.
    """
    offered, first = list(releases or CATALOGUE), releases[0] if releases else "100k"
    name = st.segmented_control(
        Text("Release"),
        offered,
        default=first,
        required=True,
        format_func=lambda key: CATALOGUE[key].title.removeprefix("MovieLens "),
        label_visibility="collapsed",
        key="_".join(["movielens_release", *releases]),
    )
    name = name or first
    release = CATALOGUE[name]
    st.markdown(
        Text(
            "**{release}**: {ratings} of {films} by {users}, with titles and genres.",
            release=release.title,
            ratings=words.plural("rating", release.n_ratings),
            films=words.plural("film", release.n_items),
            users=words.plural("user", release.n_users),
        )
    )
    st.caption(release.terms)
    here = cached(name) is not None
    if here:
        plain, watched = Text("Use"), Text("Use and watch a model learn")
    else:
        size = _mb(release.size)
        plain = Text("Agree, download {size}", size=size)
        watched = Text("Agree, download {size} and watch a model learn", size=size)
    with st.container(horizontal=True):
        watch = watching and st.button(watched, type="primary", icon=_PLAY)
        use = st.button(plain, icon=":material/check:" if here else ":material/download:")
    if not (watch or use):
        return
    if not here:
        _fetch(name, release)
    with st.spinner(Text("Reading {what} …", what=release.title), show_time=True):
        ratings = _read(name)
    (empty_state.watch if watch else empty_state.use)(ratings)


_PLAY = ":material/play_arrow:"


def _fetch(name: str, release: Release) -> None:
    """Download with progress. Cancelling, or leaving the page, ends this script run and with it
    the download: what has come is thrown away.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text=Text("Connecting …"))
        st.button(Text("Cancel"), icon=":material/close:", key="fetch_cancel")
    began = time.monotonic()
    try:
        for done, total in fetch(name):
            total = total or release.size
            share = min(done / total, 1.0)
            text = Text("{done} of {total}", done=_mb(done), total=_mb(total))
            if share > 0:
                left = (time.monotonic() - began) * (1 / share - 1)
                text = Text(
                    "{done} of {total} · {time} left",
                    done=_mb(done),
                    total=_mb(total),
                    time=words.duration(left),
                )
            bar.progress(share, text=text)
    except FactorscopeError:
        place.empty()
        raise


def _read(name: str) -> Ratings:
    ratings = load(name)
    path = cached(name)
    if path is not None:
        split_form.remember_ready_made(ratings, path.read_bytes())
    return ratings


def _mb(size: int) -> str:
    return f"{words.number(size / 1e6)}\u00a0MB"
