"""Which two of a row's numbers a picture shows: chosen on the page, said by the link."""

from __future__ import annotations

import streamlit as st

from pages.shared import choices, parts, view
from recsys_core.figures.posterior_ellipses import named
from recsys_core.text import Text


def chosen(names: tuple[str, ...]) -> tuple[int, int] | None:
    """The two chosen among the unknowns of these names; else the first two factors.

    None where there are not two.
    """
    m, bias = len(names), names.count("b")
    if m < 2:
        return None
    if view.option("bowl"):
        first, second = (int(text) - 1 for text in view.option("bowl").split(","))
        if first < m and second < m and first != second:
            return first, second
    return (bias, bias + 1) if m - bias > 1 else (0, 1)


def choose(names: tuple[str, ...], two: tuple[int, int]) -> None:
    """Offer another one for each axis."""
    offered = [named(name) for name in names]
    with st.container(horizontal=True, gap="small"):
        for key, label, at in (
            ("inside_x", Text("Across"), two[0]), ("inside_y", Text("Up"), two[1]),
        ):  # fmt: skip
            st.session_state[key] = at
            st.selectbox(
                label, range(len(names)), format_func=offered.__getitem__, key=key, width=140,
                on_change=parts.unlocked("inside", _chosen), disabled=parts.locked("inside"),
            )  # fmt: skip


def _chosen() -> None:
    first, second = st.session_state.inside_x, st.session_state.inside_y
    if first != second:
        choices.choose("bowl", f"{first + 1},{second + 1}")
