"""Charts that need some width to be read: on a phone they keep it, and are scrolled sideways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def at_least(width: int, key: str) -> Iterator[None]:
    """Room for the chart of that key, at least so many pixels wide."""
    st.html(
        f"<style>.st-key-{key}_scroll {{overflow-x: auto}}"  # its edges fade: js/edges.js
        f".st-key-{key}_chart {{min-width: {width}px}}</style>"
    )
    with st.container(key=f"{key}_scroll"):
        yield
