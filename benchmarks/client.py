"""A browser without a screen: speaks to a Streamlit server as its frontend does.

It keeps the cookies of its first visit, presses buttons, fills in fields, changes pages, has the
fragments run again as often as the server asks for (``auto_rerun``), remembers large messages, so
that the server sends them once, and forgets what is no longer drawn. ``Live`` is the other
connection of a page, on which it hears what runs learn. Written against Streamlit 1.67.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.cookies
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, FileURLsRequest
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from recsys_core.live.messages import VERSION, Refused, Tick, ToBrowser, Watch

_XSRF = "_streamlit_xsrf"


class Run:
    """One run of the script, or of some of its fragments: what it sent, and how long it took.

    ``seconds`` are those until it had finished, since the browser ``asked`` for it (None: it did
    not, the server ran it by itself). A run that the script cut short to begin anew is no run of
    its own: the bytes and the wait count for the one that follows.
    """

    def __init__(self, page: str, fragments: frozenset[str], asked: float | None) -> None:
        self.page = page
        self.fragments = fragments
        self.asked = asked
        self.n_bytes = 0
        self.seconds: float | None = None
        self.keys: set[str] = set()  # of the widgets and components it sent


class Widget(NamedTuple):
    """A widget or component on the page; ``key`` is its author's, "None" when it has none."""

    key: str
    element: Any
    fragment: str


class _Node(NamedTuple):
    """What stands in one place of the page: a block, another element, or a widget."""

    run: Run | None
    fragment: str
    is_block: bool
    widget: Widget | None


_Path = tuple[int, ...]


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
        self._pages: dict[str, str] = {}  # name in the address → what names it in messages
        self._nodes: dict[_Path, _Node] = {}
        self._states: dict[str, WidgetState] = {}  # by identity
        self._cached: dict[str, bytes] = {}
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._asked: dict[str, float] = {}  # "" is the whole script
        self._run: Run | None = None
        self._cut: Run | None = None
        self._files: asyncio.Future[list[FileURLs]] | None = None
        self._changed = asyncio.Event()
        self._closing = False

    async def open(self, page: str = "", query: str = "") -> None:
        """Load a page, by its name in the address, and start the session."""
        for path in ("/", "/_stcore/health", "/_stcore/host-config"):
            await asyncio.to_thread(self._get, path)
        self._socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", self._cookies.get(_XSRF, "PLACEHOLDER_AUTH_TOKEN")],  # type: ignore[list-item]
            additional_headers=self.headers(),
            max_size=None,
            compression=None,
        )
        self._listening = asyncio.create_task(self._listen())
        await self._rerun(name=page, query=query)

    def headers(self) -> dict[str, str]:
        """What tells the server which browser, and which site's page, connects."""
        return {"Cookie": self._cookie(), "Origin": self.url}

    async def close(self) -> None:
        """Leave."""
        self._closing = True
        self._stop_timers()
        await self._socket.close()
        await self._listening

    @property
    def widgets(self) -> list[Widget]:
        """The widgets and components on the page."""
        return [node.widget for node in self._nodes.values() if node.widget is not None]

    def find(self, name: str) -> Widget | None:
        """What has this key or, failing that, this label; a key may be cut after “_”."""
        widgets = self.widgets
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

    async def choose(self, name: str, text: str) -> None:
        """Choose one option of pills or a segmented control, by the text that is seen."""
        control = await self.seen(name)
        offered = [option.content for option in control.element.options]
        if text not in offered:
            raise LookupError(f"{name} offers {', '.join(offered)}, and no {text}.")
        state = self._state_of(control)
        state.string_array_value.data.append(text)
        await self._rerun(control.fragment)

    async def enter(self, name: str, number: float) -> None:
        """Type a number into a field."""
        control = await self.seen(name)
        self._state_of(control).double_value = number
        await self._rerun(control.fragment)

    async def visit(self, page: str, seconds: float = 60) -> Run:
        """Go to a page, by its name in the address; the run of the script that drew it."""
        await self.quiet(seconds)
        n_before, wanted = len(self.runs), self._pages[page]

        def drawn() -> Run | None:
            whole = (run for run in self.runs[n_before:] if not run.fragments)
            return next((run for run in whole if run.page == wanted), None)

        self._stop_timers()  # or the server would be called back to the page that is left
        await self._rerun(page=wanted)
        return await self.until(drawn, seconds, page)

    async def quiet(self, seconds: float = 60) -> None:
        """Wait until all that was asked for has been answered."""

        def rests() -> bool:
            return self._run is None and self._cut is None and not self._asked

        await self.until(rests, seconds, "the end of a run")

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
        state = self._state_of(uploader)
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

    def _state_of(self, widget: Widget) -> WidgetState:
        """An empty state of a widget, which is sent from now on."""
        identity = widget.element.id
        state = self._states[identity] = WidgetState(id=identity)
        return state

    async def _rerun(
        self,
        fragment: str = "",
        *,
        once: WidgetState | None = None,
        timer: bool = False,
        page: str | None = None,
        name: str = "",
        query: str = "",
    ) -> None:
        """Have the script run again, or a fragment of it.

        ``once`` is a button's press; ``page`` another page, whose widgets are not known yet; a
        ``name`` is what the address says before any page is known.
        """
        self._asked.setdefault(fragment, time.monotonic())
        message = BackMsg()
        client = message.rerun_script
        client.page_script_hash = self._page if page is None else page
        client.page_name, client.query_string = name, query
        client.fragment_id, client.is_auto_rerun = fragment, timer
        states = [] if page is not None else [*self._states.values(), *([once] if once else [])]
        client.widget_states.widgets.extend(states)
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
        finally:
            self.dropped = not self._closing
            self._stop_timers()
            self._changed.set()

    def _hear(self, message: ForwardMsg, raw: bytes) -> None:
        if self._run is not None:
            self._run.n_bytes += len(raw)
        kind = message.WhichOneof("type")
        path = tuple(message.metadata.delta_path)
        if kind == "ref_hash":
            known = ForwardMsg.FromString(self._cached[message.ref_hash])
            self._draw(known.delta, path)
        elif kind == "delta":
            if message.metadata.cacheable:
                self._cached[message.hash] = raw
            self._draw(message.delta, path)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "script_finished":
            self._end(message.script_finished)
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
            pages = message.navigation.app_pages
            self._pages = {page.url_pathname: page.page_script_hash for page in pages}
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
        times = list(self._asked.values())
        if fragments:
            times = [self._asked.pop(f) for f in fragments if f in self._asked]
        else:  # answers everything
            self._asked.clear()
            self._stop_timers()
            page = message.new_session.page_script_hash
            if page != self._page:  # of the same page, all stays until it is replaced
                self._nodes.clear()
            self._page = page
            self._session = message.new_session.initialize.session_id or self._session
        self._run = Run(self._page, fragments, min(times, default=None))
        if self._cut is not None:
            self._run.n_bytes = self._cut.n_bytes
            if self._cut.asked is not None:
                self._run.asked = min([self._cut.asked, *times])
            self._cut = None

    def _end(self, how: int) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        if how == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._cut = run
            return
        if run.asked is not None:
            run.seconds = time.monotonic() - run.asked
        self.runs.append(run)
        if how != ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._forget(run)
        if len(self._cached) > 60:  # the browser forgets by age
            self._cached = dict(list(self._cached.items())[-30:])

    def _forget(self, run: Run) -> None:
        """Remove what this run could have drawn, and did not."""
        stale = {
            path
            for path, node in self._nodes.items()
            if node.run is not run and (not run.fragments or node.fragment in run.fragments)
        }
        for path in list(self._nodes):
            if any(path[: n + 1] in stale for n in range(len(path))):
                del self._nodes[path]
        drawn = {widget.element.id for widget in self.widgets}
        self._states = {key: state for key, state in self._states.items() if key in drawn}

    def _draw(self, delta: Delta, path: _Path) -> None:
        kind = delta.WhichOneof("type")
        before = self._nodes.get(path)
        if kind == "add_block":
            self._nodes[path] = _Node(self._run, delta.fragment_id, True, None)
        if kind != "new_element":
            return
        if before is not None and before.is_block:
            for inside in [p for p in self._nodes if p[: len(path)] == path]:
                del self._nodes[inside]
        element = delta.new_element
        drawn = getattr(element, element.WhichOneof("type") or "", None)
        identity = getattr(drawn, "id", "")
        key = identity.split("-", 2)[-1]  # of “$$ID-hash-key”
        widget = Widget(key, drawn, delta.fragment_id) if identity else None
        self._nodes[path] = _Node(self._run, delta.fragment_id, False, widget)
        if widget is None:
            return
        if self._run is not None:
            self._run.keys.add(key)
        self.on_element(key, drawn)

    def _set_timer(self, fragment: str, interval: float) -> None:
        if fragment in self._timers:
            if self._timers[fragment][0] == interval:
                return
            self._timers.pop(fragment)[1].cancel()
        self._timers[fragment] = (
            interval,
            asyncio.create_task(self._tick(fragment, interval)),
        )


# --- the live route -------------------------------------------------------------------------------

# Frames of one run that a page keeps (``store.js``).
_MOST_FRAMES = 400


@dataclass
class Known:
    """What a page has heard of one run: so many epochs, the first included, and these frames."""

    epochs: int = 0
    frames: list[int] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """The last epoch."""
        return self.epochs - 1


class Live:
    """A page's connection to the live route, as ``live.js`` and ``store.js`` have it.

    ``on_tick(tick, n_bytes)`` is called for each message that tells of runs, once ``known`` has
    it. ``dropped`` says whether the connection was lost, or the server refused.
    """

    def __init__(self, client: Client, on_tick: Callable[[Tick, int], None]) -> None:
        self.client = client
        self.on_tick = on_tick
        self.known: defaultdict[str, Known] = defaultdict(Known)
        self.dropped = False
        self._decoder = msgspec.json.Decoder(ToBrowser)
        self._wanted: dict[str, Any] | None = None
        self._told = asyncio.Event()  # there is something to say
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def main(self) -> str | None:
        """The run in view."""
        return None if self._wanted is None else self._wanted["main"]

    def watch(self, wanted: dict[str, Any]) -> None:
        """From now on hear of these runs: what the page's component is told under “live”."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._told.set()
        if self._task is None:
            self._task = asyncio.create_task(self._connect(wanted["address"]))

    async def close(self) -> None:
        """Leave."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _connect(self, address: str) -> None:
        try:
            async with websockets.connect(
                self.client.url.replace("http", "ws", 1) + address,
                additional_headers=self.client.headers(),
                max_size=None,
                compression=None,
            ) as socket:
                async with asyncio.TaskGroup() as tasks:
                    saying = tasks.create_task(self._say(socket))
                    async for raw in socket:
                        self._hear(raw)
                    saying.cancel()
        except* (OSError, websockets.WebSocketException):
            pass
        finally:
            self.dropped |= not self._closing

    async def _say(self, socket: websockets.ClientConnection) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            assert self._wanted is not None
            main = self._wanted["main"]
            runs = {stream: self.known[stream].epochs for stream in self._wanted["streams"]}
            frames = self.known[main].frames if main else []
            message = Watch(self._wanted["ticket"], main, runs, frames, VERSION)
            await socket.send(msgspec.json.encode(message).decode())

    def _hear(self, raw: str | bytes) -> None:
        message = self._decoder.decode(raw)
        if isinstance(message, Refused):
            self.dropped = True
            return
        for stream, news in message.runs.items():
            known = self.known[stream]
            known.epochs = news.from_ + len(news.loss)
            frames = {*known.frames, *(frame.epoch for frame in news.frames or ())}
            known.frames = sorted(frames)
            if len(frames) > _MOST_FRAMES:
                known.frames = sorted({*known.frames[::2], known.frames[-1]})
        self.on_tick(message, len(raw))
