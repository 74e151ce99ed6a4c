"""Start Factorscope: ``python -m streamlit run app.py``.

Around the pages (``pages/frame.py``) this adds what a script cannot: the route that serves Plotly's
JavaScript once a browser, the cookie that names a browser, the Content-Security-Policy, a health
check, and the warm-up of compiled kernels.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from pages.routes import batches, connections, for_good, metrics, structured_log, take_home, tidying
from pages.routes import rooms as room_routes
from pages.routes.access import AccessCode
from pages.routes.content_policy import ContentPolicy
from pages.routes.guard import Guard
from pages.routes.live import live
from pages.routes.promptly import answer_promptly
from pages.routes.uploads import Uploads
from pages.shared import visitor
from pages.shared.base_path import BASE, below
from pages.shared.chart.assets import LIVE_ROUTE, PLOTLY_FILE, PLOTLY_ROUTE, SCRIPTS, SCRIPTS_ROUTE
from recsys_core import escape, limits, rooms
from recsys_core.errors import FactorscopeError
from recsys_core.runs import memory, past, registry

memory.use_few_arenas()
structured_log.begin()

log = logging.getLogger("factorscope")

answer_promptly()
batches.hand_over_in_batches()
connections.wait_for_nobody()


async def plotly_js(request: Request) -> Response:
    """Plotly from the installed package; the version is in the address, so it never goes stale."""
    return await for_good.answer(request, PLOTLY_FILE.read_bytes)


async def script(request: Request) -> Response:
    """One of the components' own scripts; their address changes with their content."""
    source = SCRIPTS.get(request.path_params["name"])
    if source is None:
        return PlainTextResponse("There is no such script.", status_code=404)
    return await for_good.answer(request, source.encode)


async def health(_request: Request) -> Response:
    """Answers as soon as the server does."""
    return PlainTextResponse("ok")


class NameTheBrowser:
    """Gives a browser without a cookie of ours a new one, with the page it asked for.

    Telephones in a room have no workspace, and get none.

    In a frame on another site only partitioned cookies are sent (they need Secure; localhost counts
    as secure), known to that site's frame alone. Whether a page is framed is told with its first
    request only: a second cookie remembers it, for Streamlit's own cookie, without which there are
    no uploads.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through; on the way out, a page takes the cookies along."""
        if scope["type"] != "http" or room_routes.is_telephone(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        asked_framed = request.headers.get("sec-fetch-dest") == "iframe"
        framed = visitor.is_framed(request)
        rules = visitor.rules(request)
        path, fresh = f"Path={BASE or '/'}", []
        name = visitor.name_in(request.cookies)
        of_before = name is not None and not visitor.is_signed(request.cookies)
        if name is None or of_before:
            cookie = visitor.cookie_of(name or visitor.new_id())
            fresh.append(f"{visitor.COOKIE}={cookie}; {path}; HttpOnly; {rules}")
        if asked_framed:
            fresh.append(f"{visitor.FRAMED}=1; {path}; HttpOnly; {rules}")

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                if framed:
                    headers = [(key, _for_a_frame(key, value)) for key, value in headers]
                # Who comes back after an update is named anew at once: the next may be a WebSocket.
                is_page = any(
                    k == b"content-type" and v.startswith(b"text/html") for k, v in headers
                )
                if is_page or of_before:
                    headers += [(b"set-cookie", cookie.encode()) for cookie in fresh]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_cookies)


def _for_a_frame(key: bytes, value: bytes) -> bytes:
    """A header; Streamlit's cookie against forged requests with the rules of a frame."""
    if key != b"set-cookie" or not value.startswith(b"_streamlit_xsrf="):
        return value
    kept = [
        part
        for part in value.split(b"; ")
        if part.lower().split(b"=")[0] not in (b"samesite", b"secure")
    ]
    return b"; ".join([*kept, visitor.FRAMED_RULES.encode()])


# Seconds after the start that belong to the first page, which warming up would slow by half.
_FIRST_PAGE = 2.0


def _warm_up() -> None:
    """Compile (or load from the cache) the kernels before the first person presses Play."""
    try:
        from recsys_core import kernels

        kernels.warm_up()
    except Exception:  # without it the first epoch is only slower
        log.exception("The kernels could not be warmed up.")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Say where; keep runs; warm up once the first page has had time to be drawn."""
    config.set_option("server.maxUploadSize", limits.of("upload_megabytes"))
    if wrong := limits.trouble():
        print(f"  {wrong}\n", flush=True)
    port, path = st.get_option("server.port"), st.get_option("server.baseUrlPath")
    print(f"\n  Factorscope is at http://localhost:{port}/{path.strip('/')}\n", flush=True)
    warm_up = threading.Timer(_FIRST_PAGE, _warm_up)
    warm_up.daemon = True
    warm_up.start()
    registry().find_shared = rooms.shared_ratings
    memory.pass_over_what_stays()  # before the first visitor, whose objects are to be collected
    keeper = past.install()
    if keeper is not None and keeper.trouble:
        print(f"  {keeper.trouble}\n", flush=True)
    log.info("Factorscope has started.")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tidying.tidy_up)
        yield
        tasks.cancel_scope.cancel()
    rooms.close()
    past.uninstall()
    log.info("Factorscope has stopped.")


def on_script_error(error: Exception) -> bool:
    """One calm sentence for the person; Streamlit has put the traceback into the log."""
    ours = (
        "This page met an error of ours and stopped. Your data and runs are kept: reload the page, "
        "or go on with another one."
    )
    text = escape.markdown(str(error)) if isinstance(error, FactorscopeError) else ours
    st.error(text, icon=":material/error:")
    return True


app = st.App(
    "pages/frame.py",
    routes=[
        Route(PLOTLY_ROUTE, plotly_js),
        Route(SCRIPTS_ROUTE + "/{name}", script),
        Route(below("/factorscope/health"), health),
        Route(metrics.ROUTE, metrics.told),
        Route(take_home.ROUTE + "/best.{kind}", take_home.best),
        WebSocketRoute(LIVE_ROUTE, live),
        *room_routes.routes(),
    ],
    middleware=[
        Middleware(Guard),
        Middleware(ContentPolicy),
        Middleware(NameTheBrowser),
        Middleware(AccessCode),
        Middleware(Uploads),
    ],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
