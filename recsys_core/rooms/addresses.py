"""Addresses by which others in the same network reach this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

# Nothing is sent there: to connect a UDP socket only asks the system which way it would take.
_ELSEWHERE = (("192.0.2.1", 9), ("10.255.255.255", 9))


def addresses() -> list[str]:
    """IPv4 addresses of this machine, those of its usual way out first; never its own loopback."""
    return usable([*_ways_out(), *_of_host_name()])


def _ways_out() -> list[str]:
    found = []
    for there in _ELSEWHERE:
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        ):
            probe.connect(there)
            found.append(str(probe.getsockname()[0]))
    return found


def _of_host_name() -> list[str]:
    with contextlib.suppress(OSError, UnicodeError):
        return [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None)]
    return []


def usable(found: list[str]) -> list[str]:
    """Of some addresses those that another machine can use, each once."""
    kept = []
    for text in found:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(text)
            unusable = address.is_loopback or address.is_unspecified or address.is_link_local
            if address.version == 4 and not unusable:
                kept.append(text)
    return list(dict.fromkeys(kept))


def is_own_alone(host: str) -> bool:
    """Whether a host name or address means, on every machine, that machine itself."""
    name = host.strip("[]").lower()
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(name)
        return address.is_loopback or address.is_unspecified
    return False
