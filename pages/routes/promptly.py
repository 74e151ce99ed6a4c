"""HTTP answers without delay: TCP_NODELAY on every accepted connection.

Streamlit makes its listening socket with protocol 0, and asyncio sets TCP_NODELAY only where the
protocol is said to be TCP. Every answer after the first on a connection then waits some 40 ms for
the browser's acknowledgement of its header.
"""

from __future__ import annotations

import socket
from asyncio import base_events


def _set_nodelay(sock: socket.socket) -> None:
    if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def answer_promptly() -> None:
    """Have asyncio set TCP_NODELAY whatever the protocol number (uvloop does so by itself)."""
    base_events._set_nodelay = _set_nodelay  # type: ignore[attr-defined]
