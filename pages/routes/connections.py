"""No connection waits for ever, and no address has them all.

uvicorn waits without end for the first request of a connection, and for the rest of one that began.
So a connection without a whole request (its head) is closed after ``PATIENCE`` seconds, and one
address may have no more than so many (``limits``). Addresses that connections come through (a proxy
on this computer) are not counted.
"""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
import os
from collections.abc import Callable
from typing import Any

from recsys_core import limits

# Seconds for the head of a request; a telephone with a bad connection needs one or two.
PATIENCE = 20.0

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
    ended = protocol.shutdown

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.head_timer = None
        if not _is_welcome(transport):
            why = str(limits.refusal("connections_per_address")).encode()
            head = f"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {len(why)}\r\n"
            head += "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
            transport.write(head.encode() + why)
            transport.close()
            return
        _begin_waiting(self)

    def data_received(self: Any, data: bytes) -> None:
        if self.transport.is_closing():
            return
        received(self, data)
        if _waits_for_a_head(self):
            _begin_waiting(self)
        else:
            _end_waiting(self)

    def connection_lost(self: Any, exc: Exception | None) -> None:
        _end_waiting(self)
        lost(self, exc)

    def shutdown(self: Any) -> None:
        ended(self)
        for answer in _when_ending:
            answer()

    protocol.shutdown = shutdown
    protocol.connection_made = connection_made
    protocol.data_received = data_received
    protocol.connection_lost = connection_lost


def _waits_for_a_head(self: Any) -> bool:
    """Whether no request is being answered, and none became a WebSocket."""
    if self.transport.is_closing() or self.transport.get_protocol() is not self:
        return False
    return self.cycle is None or self.cycle.response_complete


def _begin_waiting(self: Any) -> None:
    if self.head_timer is None:
        loop = asyncio.get_running_loop()
        self.head_timer = loop.call_later(PATIENCE, _close_if_it_waits, self)


def _end_waiting(self: Any) -> None:
    if self.head_timer is not None:
        self.head_timer.cancel()
        self.head_timer = None


def _close_if_it_waits(self: Any) -> None:
    self.head_timer = None
    if _waits_for_a_head(self):
        self.transport.abort()


def _is_welcome(transport: Any) -> bool:
    """Count a connection; whether its address may have it."""
    peer = transport.get_extra_info("peername")
    if not isinstance(peer, tuple) or _comes_through(str(peer[0])):
        return True
    who = limits.network_of(str(peer[0]))
    for address in [who, *list(_open)[:10]]:  # and, bit by bit, forget those that have none
        left = [each for each in _open.pop(address, []) if not each.is_closing()]
        if left:
            _open[address] = left
    mine = _open.setdefault(who, [])
    if len(mine) >= limits.of("connections_per_address"):
        return False
    mine.append(transport)
    return True


def _comes_through(address: str) -> bool:
    """Whether it is a proxy's: one on this computer, or one that uvicorn is told to trust."""
    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "").replace(",", " ").split()
    if "*" in trusted or address in trusted:
        return True
    try:
        return ipaddress.ip_address(limits.network_of(address)).is_loopback
    except ValueError:
        return False
