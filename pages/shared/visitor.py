"""The cookie that names a browser, so that a reload finds its runs again.

It is random, unreadable to scripts, and never part of the URL: a shared link shares no data. It is
signed: a name that this server did not give is nobody's.

    factorscope = name.mac        mac = HMAC-SHA256(secret, "browser " + name), 24 bytes of it
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Mapping
from typing import TypeGuard

from starlette.requests import Request

from recsys_core import private
from recsys_core.errors import StoreError
from recsys_core.experiments.store import folder_in_use, url_in_use
from recsys_core.runs import past

COOKIE = "factorscope"

# Says that the page was asked for in a frame on another site.
FRAMED = "factorscope_framed"

# In a frame on another site only partitioned cookies are sent; they need Secure.
FRAMED_RULES = "SameSite=None; Secure; Partitioned"

# Servers that share a database give each other's names, too, if this is the same for all of them.
VARIABLE = "FACTORSCOPE_SECRET"
_FILE = "server-secret"

log = logging.getLogger("factorscope")


def new_id() -> str:
    """A fresh name that nobody can guess: 192 random bits."""
    return secrets.token_urlsafe(24)


def is_id(text: object) -> TypeGuard[str]:
    """Whether a text has the form of our names; anything else is never used as one."""
    return isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]{32}", text) is not None


@functools.cache
def secret() -> bytes:
    """What this server signs with: the environment's, else a private file beside the database.

    Where nothing is kept, or the file cannot be, it is this process's: a restart gives new names.
    """
    if given := os.environ.get(VARIABLE, "").strip():
        return hashlib.sha256(given.encode()).digest()
    if url_in_use() is not None:
        try:
            return private.secret_in(folder_in_use() / _FILE)
        except (OSError, ValueError) as error:
            log.warning("Browsers get new names when the server restarts: %s", error)
    return secrets.token_bytes(32)


def signature(what: str, text: str) -> str:
    """Sign a text, for one use of it: 32 characters."""
    mac = hmac.new(secret(), f"{what} {text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:24]).decode()


def cookie_of(name: str) -> str:
    """The cookie's value for a name."""
    return f"{name}.{signature('browser', name)}"


def name_in(cookies: Mapping[str, str]) -> str | None:
    """The name that a browser has from this server; None where it has none.

    Names were not signed once: such a one is good if the database has something of it, and it is
    replaced by a signed cookie with the next answer (``is_signed``).
    """
    said = cookies.get(COOKIE)
    if not isinstance(said, str):
        return None
    name, _, mac = said.partition(".")
    if not is_id(name):
        return None
    if mac:
        good = hmac.compare_digest(mac.encode(errors="replace"), cookie_of(name)[33:].encode())
        return name if good else None
    return name if name in _known or _is_known(name) else None


def is_framed(request: Request) -> bool:
    """Whether the page that asks is in a frame on another site."""
    return request.headers.get("sec-fetch-dest") == "iframe" or FRAMED in request.cookies


def rules(request: Request) -> str:
    """Where a cookie of ours is sent along: with our own pages only."""
    if is_framed(request):
        return FRAMED_RULES
    return "SameSite=Lax" + ("; Secure" if request.scope.get("scheme") == "https" else "")


# Names of before that the database knows: a page asks a hundred times.
_known: set[str] = set()


def is_signed(cookies: Mapping[str, str]) -> bool:
    """Whether the browser's name is signed already."""
    return "." in cookies.get(COOKIE, "")


def _is_known(name: str) -> bool:
    keeper = past.keeper()
    if keeper is None or keeper.store is None:
        return False
    try:
        if not keeper.store.knows(name):
            return False
    except StoreError:
        return False
    _known.add(name)
    return True
