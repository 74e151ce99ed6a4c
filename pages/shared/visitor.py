"""The cookie that names a browser, so that a reload finds its runs again.

It is random, unreadable to scripts, and never part of the URL: a shared link shares no data.
"""

from __future__ import annotations

import re
import secrets
from typing import TypeGuard

COOKIE = "factorscope"

# Says that the page was asked for in a frame on another site.
FRAMED = "factorscope_framed"


def new_id() -> str:
    """A fresh name that nobody can guess: 192 random bits."""
    return secrets.token_urlsafe(24)


def is_id(text: object) -> TypeGuard[str]:
    """Whether a text has the form of our names; anything else is never used as one."""
    return isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]{32}", text) is not None
