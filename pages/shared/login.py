"""A login by name, where whoever runs the server has set one up: Streamlit's own (OpenID Connect).

``docs/access.md`` says how. Without ``[auth]`` in Streamlit's secrets there is none.
"""

from __future__ import annotations

import streamlit as st

from recsys_core.text import Text


def _is_set_up() -> bool:
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def ask() -> None:
    """Draw the way to the login and nothing else, where there is one and nobody is logged in."""
    if not _is_set_up() or st.user.get("is_logged_in"):
        return
    st.title("Factorscope")
    st.markdown(Text("This server asks who you are: log in, and you come back to this page."))
    st.button(
        Text("Log in"), icon=":material/login:", type="primary", key="log_in", on_click=st.login
    )
    st.stop()


def way_out() -> None:
    """Draw the way out, for whoever is logged in."""
    if _is_set_up():
        st.button(Text("Log out"), icon=":material/logout:", key="log_out", on_click=st.logout)
