"""A browser without a screen: speaks to a Streamlit server as its frontend does.

It keeps the cookies of its first visit, presses buttons, follows page switches, has the fragments
run again as often as the server asks for (``auto_rerun``), and remembers large messages, so that
the server sends them once. Written against Streamlit 1.67.
"""

from __future__ import annotations

import asyncio
import http.cookies
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, FileURLsRequest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

_XSRF = "_streamlit_xsrf"


class Run:
    """One run of the script, or of some of its fragments: what it sent, and how long it took."""

    def __init__(self, fragments: frozenset[str], asked: float | None) -> None:
        self.fragments = fragments
        self.asked = asked  # when the browser wanted it; None: the server did
        self.n_bytes = 0
        self.seconds: float | None = None
        self.keys: set[str] = set()  # of the widgets and components it sent


class Widget(NamedTuple):
    """A widget or component on the page; ``key`` is its author's, "None" when it has none."""

    key: str
    element: Any
    fragment: str


class Client:
    """One browser, with one tab.

    ``on_element(key, element)`` is called for each widget or component that arrives; ``runs`` are
    the runs of the script that have ended; ``dropped`` says whether the connection was lost.
    """

    def __init__(self, url: str, on_element: Callable[[str, Any], None]) -> None:
        self.url = url
        self.on_element = on_element
        self.runs: list[Run] = []
        self.dropped = False
        self._cookies: dict[str, str] = {}
        self._page, self._session = "", ""
        self._widgets: dict[str, Widget] = {}  # by identity
        self._states: dict[str, WidgetState] = {}
        self._cached: dict[str, bytes] = {}
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._asked: dict[str, float] = {}  # "" is the whole script
        self._run: Run | None = None
        self._files: asyncio.Future[list[FileURLs]] | None = None
        self._changed = asyncio.Event()
        self._closing = False

    async def open(self) -> None:
        """Load the page and start the session."""
        for path in ("/", "/_stcore/health", "/_stcore/host-config"):
            await asyncio.to_thread(self._get, path)
        self._socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", self._cookies.get(_XSRF, "PLACEHOLDER_AUTH_TOKEN")],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookie(), "Origin": self.url},
            max_size=None,
            compression=None,
        )
        self._listening = asyncio.create_task(self._listen())
        await self._rerun()

    async def close(self) -> None:
        """Leave."""
        self._closing = True
        self._stop_timers()
        await self._socket.close()
        await self._listening

    def find(self, name: str) -> Widget | None:
        """What has this key or, failing that, this label; a key may be cut after “_”."""
        widgets = self._widgets.values()
        return next(
            (w for w in widgets if w.key == name or (name[-1] == "_" and w.key.startswith(name))),
            next((w for w in widgets if getattr(w.element, "label", "") == name), None),
        )

    async def seen(self, name: str, seconds: float = 60) -> Widget:
        """The same, as soon as it is there."""
        return await self.until(lambda: self.find(name), seconds, name)

    async def until(self, found: Callable[[], Any], seconds: float = 60, what: str = "") -> Any:
        """What ``found`` returns as soon as that is true; it is asked after each message."""
        async with asyncio.timeout(seconds):
            while not (result := found()):
                if self.dropped:
                    raise ConnectionError(f"The connection was lost while waiting for {what}.")
                self._changed.clear()
                await self._changed.wait()
            return result

    async def press(self, name: str) -> None:
        """Press a button."""
        button = await self.seen(name)
        state = WidgetState(id=button.element.id, trigger_value=True)
        await self._rerun(button.fragment, once=state)

    async def choose(self, name: str, value: str) -> None:
        """Choose one segment of a segmented control."""
        control = await self.seen(name)
        state = self._states[name] = WidgetState(id=control.element.id)
        state.string_array_value.data.append(value)
        await self._rerun(control.fragment)

    async def upload(self, name: str, path: Path) -> None:
        """Give a file to an uploader."""
        uploader = await self.seen(name)
        self._files = asyncio.get_running_loop().create_future()
        request = FileURLsRequest(
            request_id=uuid.uuid4().hex, file_names=[path.name], session_id=self._session
        )
        await self._send(BackMsg(file_urls_request=request))
        (urls,) = await self._files
        await asyncio.to_thread(self._put, urls.upload_url, path)
        state = self._states[name] = WidgetState(id=uploader.element.id)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=path.name, size=path.stat().st_size, file_urls=urls
        )
        await self._rerun(uploader.fragment)

    # --- HTTP -----------------------------------------------------------------------------------

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _get(self, path: str) -> None:
        request = urllib.request.Request(
            self.url + path, headers={"Cookie": self._cookie(), "Accept": "text/html"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            response.read()
            for header in response.headers.get_all("Set-Cookie", []):
                found = http.cookies.SimpleCookie(header)
                self._cookies |= {name: morsel.value for name, morsel in found.items()}

    def _put(self, url: str, path: Path) -> None:
        mark = uuid.uuid4().hex
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + path.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        headers = {
            "Cookie": self._cookie(),
            "X-Xsrftoken": self._cookies.get(_XSRF, ""),
            "Content-Type": f"multipart/form-data; boundary={mark}",
        }
        request = urllib.request.Request(self.url + url, body, headers, method="PUT")
        urllib.request.urlopen(request, timeout=60).close()

    # --- what it says ---------------------------------------------------------------------------

    async def _send(self, message: BackMsg) -> None:
        try:
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed:
            self.dropped = not self._closing

    async def _rerun(
        self, fragment: str = "", *, once: WidgetState | None = None, timer: bool = False
    ) -> None:
        """Have the script run again, or a fragment of it; ``once`` is a button's press."""
        self._asked.setdefault(fragment, time.monotonic())
        message = BackMsg()
        client = message.rerun_script
        client.page_script_hash, client.fragment_id, client.is_auto_rerun = (
            self._page, fragment, timer,
        )  # fmt: skip
        client.widget_states.widgets.extend([*self._states.values(), *([once] if once else [])])
        client.cached_message_hashes.extend(self._cached)
        client.context_info.url, client.context_info.color_scheme = self.url, "light"
        client.context_info.timezone = "UTC"
        await self._send(message)

    async def _tick(self, fragment: str, interval: float) -> None:
        """As the browser's setInterval: whether or not the last request has been answered."""
        due = time.monotonic()
        while True:
            due += interval
            await asyncio.sleep(due - time.monotonic())
            await self._rerun(fragment, timer=True)

    def _stop_timers(self) -> None:
        for _, task in self._timers.values():
            task.cancel()
        self._timers.clear()

    # --- what it hears --------------------------------------------------------------------------

    async def _listen(self) -> None:
        try:
            async for raw in self._socket:
                assert isinstance(raw, bytes)
                self._hear(ForwardMsg.FromString(raw), raw)
                self._changed.set()
        except websockets.ConnectionClosed:
            pass
        self.dropped = not self._closing
        self._stop_timers()
        self._changed.set()

    def _hear(self, message: ForwardMsg, raw: bytes) -> None:
        if self._run is not None:
            self._run.n_bytes += len(raw)
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            known = ForwardMsg.FromString(self._cached[message.ref_hash])
            self._draw(known.delta)
        elif kind == "delta":
            if message.metadata.cacheable:
                self._cached[message.hash] = raw
            self._draw(message.delta)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "script_finished":
            self._end()
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            wanted = message.auto_rerun
            self._set_timer(wanted.fragment_id, wanted.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                if fragment in self._timers:
                    self._timers.pop(fragment)[1].cancel()
        elif kind == "file_urls_response" and self._files is not None:
            self._files.set_result(list(message.file_urls_response.file_urls))

    def _begin(self, message: ForwardMsg) -> None:
        fragments = frozenset(message.metadata.run.fragment_ids)
        if not fragments:
            self._stop_timers()
            page = message.new_session.page_script_hash
            if page != self._page:  # of the same page, all stays until it is replaced
                self._widgets.clear()
            self._page = page
            self._session = message.new_session.initialize.session_id or self._session
        answered = fragments or {""}
        times = [self._asked.pop(f) for f in answered if f in self._asked]
        self._run = Run(fragments, min(times, default=None))

    def _end(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        if run.asked is not None:
            run.seconds = time.monotonic() - run.asked
        self.runs.append(run)
        if len(self._cached) > 60:  # the browser forgets by age
            self._cached = dict(list(self._cached.items())[-30:])

    def _draw(self, delta: Delta) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        widget = getattr(element, element.WhichOneof("type") or "", None)
        identity = getattr(widget, "id", "")
        if not identity:
            return
        key = identity.split("-", 2)[-1]  # of “$$ID-hash-key”
        self._widgets[identity] = Widget(key, widget, delta.fragment_id)
        if self._run is not None:
            self._run.keys.add(key)
        self.on_element(key, widget)

    def _set_timer(self, fragment: str, interval: float) -> None:
        if fragment in self._timers:
            if self._timers[fragment][0] == interval:
                return
            self._timers.pop(fragment)[1].cancel()
        self._timers[fragment] = (
            interval,
            asyncio.create_task(self._tick(fragment, interval)),
        )
