"""The live route: a WebSocket over which a page hears what its runs learn, as they learn it.

A page says which runs it shows and what it has of them (``recsys_core/live/messages.py``); from
then on it gets one message a tick with all that is new.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect

from recsys_core import runs
from recsys_core.errors import LiveError
from recsys_core.live.feed import Feed
from recsys_core.live.messages import Refused, Sentence, Tick, Want, Watch, decode, encode
from recsys_core.runs import Registry
from recsys_core.text import Text

log = logging.getLogger("factorscope")

# Seconds between messages: pictures glide from one to the next.
_TICK = 0.3

# A page that is open is not forgotten: its workspace is asked for this often, in seconds.
_ALIVE = 120.0

_GONE = Text("These runs are not kept any more; reload the page.")

# Packing frames holds the interpreter: more at once would only wait for each other.
_packers = CapacityLimiter(2)


async def live(socket: WebSocket) -> None:
    """Serve one page until it leaves. Pages of other sites were refused (``guard``)."""
    await socket.accept()
    page = _Page(socket, runs.registry())
    leave = page.registry.listen(page.notify)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(page.hear, tasks.cancel_scope)
            tasks.start_soon(page.tell)
    except* WebSocketDisconnect:
        pass
    except* Exception:
        log.exception("The live route met an error.")
    finally:
        leave()


class _Page:
    """One connection: what its page watches."""

    def __init__(self, socket: WebSocket, registry: Registry) -> None:
        self.socket, self.registry = socket, registry
        self.ticket = ""
        self.feed: Feed | None = None
        self.exactly: int | None = None
        self.news, self.asked = asyncio.Event(), asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def notify(self) -> None:
        """Called by the worker's thread: there may be something new."""
        with contextlib.suppress(RuntimeError):  # the server is going down
            self.loop.call_soon_threadsafe(self.news.set)

    async def hear(self, scope: anyio.CancelScope) -> None:
        """Take in what the page says, until it leaves."""
        try:
            while True:
                try:
                    message = decode(await self.text())
                except LiveError as error:
                    await self.refuse(error.text)
                    continue
                if isinstance(message, Watch):
                    await self.watch(message)
                elif isinstance(message, Want):
                    self.exactly = message.epoch
                self.news.set()
                self.asked.set()
        except WebSocketDisconnect:
            scope.cancel()

    async def text(self) -> str:
        """What the page sent; nothing that has a meaning where that is no text."""
        received = await self.socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received["code"])
        return received.get("text") or ""

    async def watch(self, wanted: Watch) -> None:
        """From now on tell what is new of these runs, as far as they are in its list."""
        self.ticket = wanted.ticket
        space = self.registry.of_ticket(wanted.ticket)
        if space is None:
            self.feed = None
            await self.refuse(_GONE)
            return
        own = {entry.run.stream: entry.run for entry in space.entries}
        shown = {stream: own[stream] for stream in wanted.runs if stream in own}
        names = {entry.run.stream: entry.name for entry in space.entries}
        racing = {stream: names[stream] for stream in wanted.race if stream in shown}
        self.feed = Feed(shown, wanted.main, wanted.runs, wanted.frames, racing)

    async def refuse(self, why: Text) -> None:
        """Say why nothing will come."""
        await self.socket.send_text(encode(Refused(Sentence.of(why))))

    async def tell(self) -> None:
        """Send what is new, never faster than the page takes it."""
        while True:
            with anyio.move_on_after(_ALIVE):
                await self.news.wait()
            self.news.clear()
            self.asked.clear()
            if self.feed is None:
                continue
            for tick in await to_thread.run_sync(self.ticks, self.feed, limiter=_packers):
                await self.socket.send_text(encode(tick))
            with anyio.move_on_after(_TICK):  # but a question is answered at once
                await self.asked.wait()

    def ticks(self, feed: Feed) -> list[Tick]:
        """The messages due now."""
        self.registry.of_ticket(self.ticket)
        found = [feed.tick()]
        if self.exactly is not None:
            found.append(feed.exactly(self.exactly))
            self.exactly = None
        return [tick for tick in found if tick is not None]
