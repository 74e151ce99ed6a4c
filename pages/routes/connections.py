"""No connection waits for ever, and no address has them all.

uvicorn waits without end for the first request of a connection, for the rest of one that began, and
for whoever does not take an answer. So a connection without a whole head of a request is closed
after ``PATIENCE`` seconds; one whose body arrives, or whose answer is taken, by less than ``LEAST``
bytes in that time is, too; and one address may have no more than so many (``limits``). Addresses
that connections come through (a proxy on this computer) are not counted.
"""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
import os
from collections.abc import Callable
from typing import Any

from recsys_core import limits
from recsys_core.text import Text

# Seconds for the head of a request; a telephone with a bad connection needs one or two.
PATIENCE = 20.0

# Bytes of a body, or of an answer, that have to move in each so many seconds. A telephone's whole
# bodies have less, and come at once.
LEAST = 10_000

_PROTOCOLS = (
    ("uvicorn.protocols.http.h11_impl", "H11Protocol"),
    ("uvicorn.protocols.http.httptools_impl", "HttpToolsProtocol"),  # where that is installed
)

_installed: set[str] = set()
_when_ending: list[Callable[[], None]] = []
_open: dict[str, list[Any]] = {}  # by address, the transports; closed ones among them for a while


def wait_for_nobody() -> None:
    """Have uvicorn's protocols keep to it; once, however often it is asked."""
    for module, name in _PROTOCOLS:
        if name in _installed:
            continue
        try:
            protocol = getattr(importlib.import_module(module), name)
        except ImportError:
            continue
        _installed.add(name)
        _watch(protocol)


def when_the_server_ends(answer: Callable[[], None]) -> None:
    """Have a function called that answers held requests: uvicorn waits for the last of them."""
    _when_ending.append(answer)


def _watch(protocol: Any) -> None:
    made, received, lost = (
        protocol.connection_made, protocol.data_received, protocol.connection_lost
    )  # fmt: skip
    paused, resumed = protocol.pause_writing, protocol.resume_writing
    ended = protocol.shutdown

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.in_timer = self.out_timer = None
        self.waits_for, self.n_arrived = "", 0
        if not _is_welcome(transport):
            why = limits.refusal("connections_per_address")
            _turn_away(transport, "503 Service Unavailable", why)
            return
        _watch_arriving(self)

    def data_received(self: Any, data: bytes) -> None:
        if self.transport.is_closing():
            return
        received(self, data)
        self.n_arrived += len(data)
        _watch_arriving(self)

    def connection_lost(self: Any, exc: Exception | None) -> None:
        _stop(self, "in_timer")
        _stop(self, "out_timer")
        lost(self, exc)

    def pause_writing(self: Any) -> None:
        paused(self)
        _watch_leaving(self)

    def resume_writing(self: Any) -> None:
        _stop(self, "out_timer")
        resumed(self)

    def shutdown(self: Any) -> None:
        ended(self)
        for answer in _when_ending:
            answer()

    protocol.shutdown = shutdown
    protocol.connection_made = connection_made
    protocol.data_received = data_received
    protocol.connection_lost = connection_lost
    protocol.pause_writing = pause_writing
    protocol.resume_writing = resume_writing


def _turn_away(transport: Any, status: str, why: Text) -> None:
    """Answer with one sentence, past the protocol, and close."""
    said = str(why).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(said)}\r\n"
    head += "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    transport.write(head.encode() + said)
    transport.close()


# --- what arrives ---------------------------------------------------------------------------------


def _waits_for(self: Any) -> str:
    """What is to come from the other side: a “head”, a “body”, or “” while it is answered."""
    if self.transport.is_closing() or self.transport.get_protocol() is not self:
        return ""  # a WebSocket has another protocol
    cycle = self.cycle
    if cycle is None or cycle.response_complete:
        return "head"
    return "body" if cycle.more_body else ""


def _watch_arriving(self: Any) -> None:
    """Begin to wait where something else is waited for than before."""
    now = _waits_for(self)
    if now == self.waits_for and self.in_timer is not None:
        return
    _stop(self, "in_timer")
    self.waits_for, self.n_arrived = now, 0
    if now:
        self.in_timer = asyncio.get_running_loop().call_later(PATIENCE, _look_at_arriving, self)


def _look_at_arriving(self: Any) -> None:
    self.in_timer = None
    now = _waits_for(self)
    if now == "head" == self.waits_for:
        self.transport.abort()
    elif now == "body" and self.n_arrived < LEAST and not _keeps_them_waiting(self):
        if self.cycle.response_started:
            self.transport.abort()
        else:
            why = Text("This took too long to arrive; send it again.")
            _turn_away(self.transport, "408 Request Timeout", why)
    else:
        self.waits_for = ""
        _watch_arriving(self)


def _keeps_them_waiting(self: Any) -> bool:
    """Whether it is this side that takes no more just now, or has not said yet to go on."""
    return bool(self.flow.read_paused or self.cycle.waiting_for_100_continue)


# --- what leaves ----------------------------------------------------------------------------------

# A download may be held for a moment.
_PATIENCES = 3


def _watch_leaving(self: Any) -> None:
    """Begin to wait for an answer to be taken, from the bytes of it that wait now."""
    _stop(self, "out_timer")
    left = self.transport.get_write_buffer_size()
    loop = asyncio.get_running_loop()
    self.out_timer = loop.call_later(_PATIENCES * PATIENCE, _look_at_leaving, self, left)


def _look_at_leaving(self: Any, before: int) -> None:
    self.out_timer = None
    if before - self.transport.get_write_buffer_size() < LEAST:
        self.transport.abort()
    else:
        _watch_leaving(self)


def _stop(self: Any, timer: str) -> None:
    if getattr(self, timer) is not None:
        getattr(self, timer).cancel()
        setattr(self, timer, None)


def _is_welcome(transport: Any) -> bool:
    """Count a connection; whether its address may have it."""
    peer = transport.get_extra_info("peername")
    if not isinstance(peer, tuple) or _comes_through(str(peer[0])):
        return True
    who = limits.network_of(str(peer[0]))
    for address in [who, *list(_open)[:10]]:  # and, bit by bit, forget those that have none
        left = [each for each in _open.pop(address, []) if not _is_over(each)]
        if left:
            _open[address] = left
    mine = _open.setdefault(who, [])
    if len(mine) >= limits.of("connections_per_address"):
        return False
    mine.append(transport)
    return True


def _is_over(transport: Any) -> bool:
    """Whether a connection is closed; one that still has to give away what it holds is not."""
    if not transport.is_closing():
        return False
    return transport.get_protocol() is None or not transport.get_write_buffer_size()


def _comes_through(address: str) -> bool:
    """Whether it is a proxy's: one on this computer, or one that uvicorn is told to trust."""
    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "").replace(",", " ").split()
    if "*" in trusted or address in trusted:
        return True
    try:
        return ipaddress.ip_address(limits.network_of(address)).is_loopback
    except ValueError:
        return False
