"""Where this server's pages begin: at “/”, or below a path that a proxy passes on.

Streamlit puts its own routes below ``server.baseUrlPath``; ours are put there by ``below``.
"""

from __future__ import annotations

import streamlit as st

_named = str(st.get_option("server.baseUrlPath") or "").strip("/")

# "" or "/class": what stands before every path of this server.
BASE = f"/{_named}" if _named else ""


def below(path: str) -> str:
    """Return a path of ours as browsers ask for it: “/r/ABCDEF” is “/class/r/ABCDEF”."""
    return BASE + path
