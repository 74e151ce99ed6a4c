"""An access code for the whole server, where ``$FACTORSCOPE_ACCESS_CODE`` names one.

Whoever has typed it gets a signed cookie; another code is another cookie. Without it there are no
pages, WebSockets, media or files. Open stay the health checks, the scripts (which hold nothing of
anybody), and a room's telephone pages under ``/r``, which have the room's own code.
"""

from __future__ import annotations

import hmac
import os
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.routes import guard, telephone
from pages.routes.guard import path_of, refuse
from pages.shared import visitor
from pages.shared.base_path import BASE, below
from pages.shared.chart.assets import PLOTLY_ROUTE, SCRIPTS_ROUTE
from recsys_core import escape, language, limits
from recsys_core.text import Text

VARIABLE = "FACTORSCOPE_ACCESS_CODE"
COOKIE = "factorscope_access"
ENTER = "/factorscope/enter"

# Paths below the server's own (``path_of``).
_OPEN = ("/factorscope/health", "/_stcore/health", "/r", PLOTLY_ROUTE.removeprefix(BASE))
_OPEN_BELOW = ("/r/", telephone.ROUTE + "/", SCRIPTS_ROUTE.removeprefix(BASE) + "/")

_MOST_BYTES = 4096


class AccessCode:
    """Asks for the code, where there is one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through who has it; ask, check or refuse the others."""
        code = os.environ.get(VARIABLE, "").strip()
        if not code or scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = path_of(scope)
        if scope["type"] == "http" and path == ENTER:
            with language.speaking(_language(scope)):
                await (await _entered(Request(scope, receive), code))(scope, receive, send)
        elif path in _OPEN or path.startswith(_OPEN_BELOW) or _has(scope, code):
            await self.app(scope, receive, send)
        else:
            with language.speaking(_language(scope)):
                await _ask(scope, receive, send)


def _has(scope: Scope, code: str) -> bool:
    """Whether the request brings the cookie of this code."""
    # A WebSocket's scope has the same headers.
    cookies = Request({**scope, "type": "http"}).cookies
    return _same(cookies.get(COOKIE, ""), visitor.signature("access", code))


def _same(one: str, other: str) -> bool:
    """Compare in a time that says nothing of where they differ."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


async def _ask(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):
        query = scope.get("query_string", b"").decode("latin-1")
        to = scope.get("path", "/") + (f"?{query}" if query else "")
        await _page(to)(scope, receive, send)
        return
    await refuse(scope, receive, send, 401, Text("Type the access code on the page first."))


async def _entered(request: Request, code: str) -> Response:
    """Check a code that was typed: the cookie and the page that was asked for, or once more."""
    if request.method != "POST":
        return _page("/")
    who = limits.network_of(request.client.host if request.client else None)
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _MOST_BYTES:
                return _page("/", Text("That is too long for a code."), 413)
    except ClientDisconnect:
        return Response(status_code=499)
    said = parse_qs(body.decode("utf-8", "replace"))
    to, typed = said.get("to", ["/"])[0], said.get("code", [""])[0].strip()
    if guard.wrong_codes.wait(who):
        return _page(to, limits.refusal("wrong_codes_per_hour"), 429)
    if not _same(typed, code):
        guard.wrong_codes.note(who)
        return _page(to, Text("This is not the code; ask whoever gave you the address."), 403)
    answer = RedirectResponse(_here(to), 303)
    cookie = f"{COOKIE}={visitor.signature('access', code)}; Path=/; HttpOnly; "
    answer.headers.append("set-cookie", cookie + visitor.rules(request))
    return answer


def _here(to: str) -> str:
    """An address of this server's own, whatever a form says."""
    plain = to.isprintable() and "\\" not in to
    return to if plain and to.startswith("/") and not to.startswith("//") else "/"


def _page(to: str, why: str = "", status: int = 401) -> Response:
    code = language.now()
    said = f'<p role="alert">{escape.html(why)}</p>' if why else ""
    return HTMLResponse(
        f"""<!doctype html>
<html lang="{code}"><head><meta charset="utf-8"><title>Factorscope</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 22rem;
    padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; }}
label, input, button {{ display: block; font: inherit; width: 100%; box-sizing: border-box; }}
input, button {{ padding: .6rem; margin: .4rem 0 .8rem; border-radius: 6px;
    border: 1px solid #8889; }}
button {{ background: #4353C4; color: #fff; border: 0; cursor: pointer; }}
[role=alert] {{ border: 1px solid #B7791F; border-radius: 6px; padding: .5em .8em; }}
</style></head><body><main>
<h1>Factorscope</h1>{said}
<form method="post" action="{escape.html(below(ENTER))}">
<input type="hidden" name="to" value="{escape.html(_here(to))}">
<label for="code">{escape.html(Text("Access code of this server"))}</label>
<input id="code" name="code" type="password" autocomplete="current-password" required autofocus>
<button>{escape.html(Text("Enter"))}</button>
</form></main></body></html>
""",
        status,
        {"Cache-Control": "no-store"},
    )


def _language(scope: Scope) -> str:
    return language.of_request(Headers(scope=scope).get("accept-language", ""))
