"""Layouts that take a while (t-SNE, UMAP): worked out behind the page, which first shows PCA."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import streamlit as st

from pages.shared import model_in_view, view
from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking import projection
from recsys_core.ratings import Side

# Name, function and seconds a point on one core.
_METHODS: dict[str, tuple[str, Callable[..., np.ndarray], float]] = {
    "tsne": ("t-SNE", projection.tsne, 0.008),
    "umap": ("UMAP", projection.umap, 0.004),
}

# UMAP compiles itself the first time in a server.
_SECONDS_COMPILING = 15.0


@st.cache_resource
def _worker() -> ThreadPoolExecutor:
    """One at a time for the whole server: a class that asks together must not drown it."""
    return ThreadPoolExecutor(1, thread_name_prefix="layout")


def _job(method: str, vectors: np.ndarray) -> tuple[Future[np.ndarray], float, float]:
    """The work, when it began, and the seconds it will about take."""
    _, arrange, a_point = _METHODS[method]
    expected = 2 + a_point * len(vectors)
    if method == "umap" and "umap" not in sys.modules:
        expected += _SECONDS_COMPILING
    return _worker().submit(arrange, vectors), time.monotonic(), expected


def arranged(
    model: ModelInView, method: str, sides: tuple[Side, ...], vectors: np.ndarray
) -> np.ndarray | None:
    """A layout of the vectors of these sides, (n, k) → (n, 2), by “tsne” or “umap”.

    None, and word of the wait, until it is there.
    """
    key = ("layout", model.key, method, sides)
    job, since, expected = model_in_view.once(model.run, key, lambda: _job(method, vectors))
    if job.done():
        return job.result()
    _waiting(job, since, expected, f"{_METHODS[method][0]} is arranging {len(vectors):,} points")
    return None


@st.fragment(run_every=0.7)
def _waiting(job: Future[np.ndarray], since: float, expected: float, doing: str) -> None:
    if job.done():
        st.rerun()
    waited = time.monotonic() - since
    done = 1 - 0.5 ** (waited / expected)  # approached, never passed
    with st.container(horizontal=True, vertical_alignment="center", key="layout_waiting"):
        st.progress(
            min(done, 0.99),
            f"{doing}: {words.duration(waited)}, usually about "
            f"{words.duration(expected)}. Until then you see PCA.",
        )
        if st.button("Stop waiting", key="layout_stop", on_click=_give_up):
            st.rerun()


def _give_up() -> None:
    view.choose(("map", "pca"))
