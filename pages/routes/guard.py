"""What is refused before anything answers: foreign names of this server, foreign pages, too many.

A page elsewhere may have the browser ask this server under a name of its own, which it lets point
here (DNS rebinding), or open a WebSocket. So a request has to name the server by an address, or by
a name that is known to be its own; and what changes something, or opens a WebSocket, has to come
from a page of this very server: same host, same port.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import socket
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.shared.base_path import BASE
from recsys_core import escape, language, limits
from recsys_core.text import Text

# Names of this server beside its addresses, parted by blanks: “class.example.org *.example.com”.
HOSTS = "FACTORSCOPE_HOSTS"

# Wrong codes by address: those of rooms, and of the server, are one count.
wrong_codes = limits.Tries("wrong_codes_per_hour", 3600.0)

# Streamlit's WebSocket: one per open page.
_SESSIONS = "/_stcore/stream"

_CHANGES_NOTHING = {"GET", "HEAD", "OPTIONS"}


def is_own_host(host: str | None) -> bool:
    """Whether a Host header names this server; an address always does: it cannot be rebound."""
    if host is None:  # HTTP/1.0, a health check: no browser
        return True
    name = _host_in(f"//{host}")
    if name is None:
        return False
    return _is_address(name) or any(_fits(name, known) for known in _names())


def is_own_origin(origin: str | None, host: str | None) -> bool:
    """Whether a request comes from a page of this server: the same host and port.

    Behind a proxy that asks by another name, the page's is one that ``$FACTORSCOPE_HOSTS`` lists.
    Without an Origin it is no page: browsers send it, and scripts cannot leave it out.
    """
    if origin is None:
        return True
    try:
        asked = urlsplit(origin)
    except ValueError:
        return False
    if asked.scheme not in ("http", "https") or not asked.netloc:
        return False
    if host is not None and asked.netloc.lower() == host.lower():
        return True
    name = _host_in(origin)
    return name is not None and any(_fits(name, listed) for listed in _listed())


def _host_in(url: str) -> str | None:
    try:
        asked = urlsplit(url)
        _ = asked.port  # raises where it is none
    except ValueError:
        return None
    if asked.username is not None or asked.path or asked.query or asked.fragment:
        return None
    return None if asked.hostname is None else asked.hostname.lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _fits(name: str, known: str) -> bool:
    if known.startswith("*."):
        return name.endswith(known[1:])
    return known in ("*", name)


def _listed() -> list[str]:
    return os.environ.get(HOSTS, "").replace(",", " ").lower().split()


@functools.cache
def _own_names() -> tuple[str, ...]:
    mine = socket.gethostname().lower()
    said = (st.get_option("server.address"), st.get_option("browser.serverAddress"))
    return ("localhost", mine, f"{mine.partition('.')[0]}.local", *(s.lower() for s in said if s))


def _names() -> list[str]:
    return [*_own_names(), *_listed()]


def path_of(scope: Scope) -> str:
    """The path that is asked for, without the base path that the server was given."""
    path = str(scope.get("path", ""))
    return path[len(BASE) :] if BASE and path.startswith(BASE + "/") else path


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, why: Text | str) -> None:
    """Answer with one plain sentence; a WebSocket is closed before it is opened."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    answer: Response = PlainTextResponse(str(why), status, {"Cache-Control": "no-store"})
    await answer(scope, receive, send)


class Guard:
    """Lets through what names this server, comes from its own pages, and is not too much."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._n_sessions = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass through."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host"), headers.get("origin")
        with language.speaking(language.of_request(headers.get("accept-language", ""))):
            if not is_own_host(host):
                why = Text(
                    "This server does not know the name {name}: open it by its address, or have "
                    "the name listed in {variable} where the server is started.",
                    name=escape.brief(host, 80), variable=HOSTS,
                )  # fmt: skip
                await refuse(scope, receive, send, 421, why)
                return
            opens = scope["type"] == "websocket"
            if (opens or scope["method"] not in _CHANGES_NOTHING) and not is_own_origin(
                origin, host
            ):
                why = Text("A page of another site asked for this; open the page of this server.")
                await refuse(scope, receive, send, 403, why)
                return
            path = path_of(scope)
            full = self._n_sessions >= limits.of("sessions")
            if full and (opens and path == _SESSIONS or _is_page(scope, headers, path)):
                await refuse(scope, receive, send, 503, limits.refusal("sessions"))
                return
        if not (opens and path == _SESSIONS):
            await self.app(scope, receive, send)
            return
        self._n_sessions += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._n_sessions -= 1


def _is_page(scope: Scope, headers: Headers, path: str) -> bool:
    """Whether a page of Streamlit's is asked for, which would open a session."""
    return (
        scope["type"] == "http"
        and "text/html" in headers.get("accept", "")
        and not path.startswith(("/r/", "/factorscope/", "/_stcore/"))
        and path != "/r"
    )
