"""Layouts that take a while (t-SNE): worked out behind the page, which meanwhile shows PCA."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import streamlit as st

from recsys_core import projection, words


@st.cache_resource
def _worker() -> ThreadPoolExecutor:
    """One at a time for the whole server: a class that asks together must not drown it."""
    return ThreadPoolExecutor(1, thread_name_prefix="layout")


@st.cache_resource(max_entries=12, show_spinner=False)
def _job(key: str, _vectors: np.ndarray) -> tuple[Future[np.ndarray], float]:
    return _worker().submit(projection.tsne, _vectors), time.monotonic()


def tsne(key: str, vectors: np.ndarray) -> np.ndarray | None:
    """The t-SNE of vectors, (n, k) → (n, 2); None, and word of the wait, until it is there."""
    job, since = _job(key, vectors)
    if job.done():
        return job.result()
    _waiting(job, since, len(vectors))
    return None


@st.fragment(run_every=0.7)
def _waiting(job: Future[np.ndarray], since: float, n_points: int) -> None:
    if job.done():
        st.rerun()
    waited = time.monotonic() - since
    # About 8 ms a point on one core; approached, never passed.
    expected = 2 + 0.008 * n_points
    done = 1 - 0.5 ** (waited / expected)
    with st.container(horizontal=True, vertical_alignment="center", key="layout_waiting"):
        st.progress(
            min(done, 0.99),
            f"t-SNE is arranging {n_points:,} points: {words.duration(waited)}, usually about "
            f"{words.duration(expected)}. Until then you see PCA.",
        )
        if st.button("Stop waiting", key="layout_stop", on_click=_give_up):
            st.rerun()


def _give_up() -> None:
    st.session_state.latent_method = "pca"
