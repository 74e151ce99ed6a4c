"""The sidebar's two small cards, on every page: the data, and the run."""

from __future__ import annotations

import streamlit as st


def sidebar() -> None:
    """Draw both cards."""
    st.caption("No data yet.")
