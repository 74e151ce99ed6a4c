"""Layouts that take a while (t-SNE, UMAP): worked out behind the page, which first shows PCA."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from pages.shared import model_in_view, view
from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking import projection
from recsys_core.kernels.threads import work_behind_others
from recsys_core.ratings import Side
from recsys_core.runs import Run
from recsys_core.text import Text

_METHODS = {"tsne": "t-SNE", "umap": "UMAP"}

# UMAP says nothing while it works: seconds a point on one core, and for compiling itself the first
# time in a server.
_UMAP_SECONDS, _UMAP_COMPILING = 0.004, 15.0


@dataclass(eq=False)
class _Layout:
    """One layout being worked out: since when, how far it is, and whether it is still wanted.

    ``share`` is None where only the time says how far it may be: it is ``expected`` to take so many
    seconds.
    """

    method: str
    vectors: np.ndarray
    since: float = field(default_factory=time.monotonic)
    share: float | None = None
    expected: float = 0.0
    stopped: bool = False
    job: Future[np.ndarray | None] = field(init=False)

    def __post_init__(self) -> None:
        if self.method == "umap":
            compiling = 0.0 if "umap" in sys.modules else _UMAP_COMPILING
            self.expected = 2 + _UMAP_SECONDS * len(self.vectors) + compiling
        self.job = _worker().submit(self._work)

    def _work(self) -> np.ndarray | None:
        if self.stopped:
            return None
        if self.method == "umap":
            return projection.umap(self.vectors)
        steps: Generator[float, None, np.ndarray] = projection.tsne_steps(self.vectors)
        while not self.stopped:
            try:
                self.share = next(steps)
            except StopIteration as end:
                return end.value
        return None

    def done(self) -> float:
        """How far it is, 0 to 1."""
        if self.share is not None:
            return self.share
        if not self.expected:
            return 0.0
        waited = time.monotonic() - self.since
        return min(1 - 0.5 ** (waited / self.expected), 0.99)  # approached, never passed


@st.cache_resource
def _worker() -> ThreadPoolExecutor:
    """One at a time for the whole server: a class that asks together must not drown it."""
    return ThreadPoolExecutor(1, thread_name_prefix="layout", initializer=work_behind_others)


def arranged(
    model: ModelInView, method: str, sides: tuple[Side, ...], vectors: np.ndarray
) -> np.ndarray | None:
    """A layout of the vectors of these sides, (n, k) → (n, 2), by “tsne” or “umap”.

    None, and word of the wait, until it is there.
    """
    key = ("layout", model.key, method, sides)
    layout = model_in_view.once(model.run, key, lambda: _Layout(method, vectors))
    if layout.job.done() and not layout.stopped:
        return layout.job.result()
    _waiting(layout, model.run, key)
    return None


@st.fragment(run_every=0.7)
def _waiting(layout: _Layout, run: Run, key: tuple[Any, ...]) -> None:
    if layout.job.done():
        st.rerun()
    waited = words.duration(time.monotonic() - layout.since)
    values = {
        "method": _METHODS[layout.method], "n": len(layout.vectors), "waited": waited
    }  # fmt: skip
    if layout.expected:
        doing = Text(
            "{method} is arranging {n:,} points: {waited}, usually about {usual}. Until then you "
            "see PCA.",
            usual=words.duration(layout.expected), **values,
        )  # fmt: skip
    else:
        doing = Text(
            "{method} is arranging {n:,} points: {waited}. Until then you see PCA.", **values
        )
    with st.container(horizontal=True, vertical_alignment="center", key="layout_waiting"):
        st.progress(layout.done(), doing)
        if st.button(Text("Stop"), icon=":material/stop:", key="layout_stop", on_click=_give_up,
                     args=(layout, run, key), help=Text("It can be started again.")):  # fmt: skip
            st.rerun()


def _give_up(layout: _Layout, run: Run, key: tuple[Any, ...]) -> None:
    layout.stopped = True
    model_in_view.forget(run, key)
    view.choose(("map", "pca"))
