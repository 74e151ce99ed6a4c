"""A public address of a file as a source: fetched with limits, and never from inside a network.

Whoever runs the dashboard for others lets them name addresses that the server then asks. So an
address of the server's own network (private, loopback, link-local …) is refused: names are
resolved here, each address is checked, and the connection is made to that very address. The same
holds after each redirect. ``FACTORSCOPE_PRIVATE_NETWORKS="10.0.0.0/8"`` allows what is listed.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import SplitResult, parse_qs, quote, unquote, urljoin, urlsplit, urlunsplit

from recsys_core import escape
from recsys_core.errors import ReadError
from recsys_core.reading.limits import MAX_BYTES, MiB
from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text
from recsys_core.version import __version__

SECONDS = 20.0
MOST_REDIRECTS = 3
ALLOWED = "FACTORSCOPE_PRIVATE_NETWORKS"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_address(source: object) -> bool:
    """Whether a source is text that begins with http:// or https://."""
    return isinstance(source, str) and bool(re.match(r"\s*https?://", source, re.IGNORECASE))


def fetched(
    address: str,
    most: int = MAX_BYTES,
    seconds: float = SECONDS,
    allowed: tuple[Network, ...] | None = None,
    told: Callable[[int, int | None], None] | None = None,
) -> Content:
    """Fetch the content of a public address: at most ``most`` bytes, as of an upload.

    All of it, redirects included, may take ``seconds``. ``allowed`` networks may be asked although
    they are not public; None: those listed in the environment. ``told`` is called with the bytes
    so far and of all (None where the server does not say).

    Raises
    ------
    ReadError
        If it is no such address, is not public, cannot be reached in time, is too large, or
        answers with anything but a file.
    """
    ends = time.monotonic() + seconds
    networks = allowed_networks() if allowed is None else allowed
    url = direct(address.strip())
    for _ in range(MOST_REDIRECTS + 1):
        parts = _checked(url)
        answer = _asked(parts, most, ends, seconds, networks, told)
        if isinstance(answer, Content):
            return answer
        url = direct(urljoin(url, answer))
    raise unreadable(
        Text(
            "“{address}” redirects more than {most} times; give the address of the file itself.",
            address=address,
            most=MOST_REDIRECTS,
        )
    )


def direct(address: str) -> str:
    """The address of the file itself, where people copy that of the page which shows it.

    GitHub's and Hugging Face's pages of a file, Google Sheets, and Dropbox.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return address
    path = parts.path.split("/")
    if host == "github.com" and len(path) > 5 and path[3] in ("blob", "raw"):
        raw = "/".join([*path[:3], *path[4:]])
        return urlunsplit(("https", "raw.githubusercontent.com", raw, "", ""))
    if host == "huggingface.co" and "blob" in path:
        at = path.index("blob")
        return urlunsplit(
            (parts.scheme, parts.netloc, "/".join([*path[:at], "resolve", *path[at + 1 :]]), "", "")
        )
    sheet = re.match(r"(/spreadsheets/d/[\w-]+)(/edit|/view|/htmlview|/?$)", parts.path)
    if host == "docs.google.com" and sheet:
        gid = {**parse_qs(parts.fragment), **parse_qs(parts.query)}.get("gid", [""])[0]
        query = "format=csv" + (f"&gid={gid}" if gid.isdecimal() else "")
        return urlunsplit(("https", host, f"{sheet[1]}/export", query, ""))
    if host in ("dropbox.com", "www.dropbox.com"):
        query = re.sub(r"(^|&)dl=0(?=&|$)", r"\1dl=1", parts.query)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    return address


def has_public_address(host: str, port: int, seconds: float = SECONDS) -> bool | None:
    """Whether all addresses of a name may be asked; None where it has none."""
    found, networks = _resolved(host, port, seconds), allowed_networks()
    return all(is_public(each, networks) for each in found) if found else None


def allowed_networks() -> tuple[Network, ...]:
    """The networks listed in the environment, which may be asked although they are not public."""
    listed = os.environ.get(ALLOWED, "").replace(",", " ").split()
    return tuple(ipaddress.ip_network(network, strict=False) for network in listed)


def parts_of(address: str) -> SplitResult:
    """Split an address; of one that has no such parts all are empty."""
    try:
        parts = urlsplit(address)
        _ = parts.hostname, parts.port  # these are read only when asked for, and may be refused
    except ValueError:
        return urlsplit("")
    return parts


def _checked(address: str) -> SplitResult:
    """The parts of an address that may be asked."""
    parts = parts_of(address)
    host = parts.hostname
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise unreadable(
            Text(
                "“{address}” is not an address that can be read; give one that begins with "
                "https:// and ends in the file.",
                address=escape.short(address, 200),
            )
        )
    if parts.username is not None or parts.password is not None:
        raise unreadable(
            Text(
                "The address at {host} holds a password; download the file and bring it instead.",
                host=host,
            )
        )
    return parts


# --- connecting -----------------------------------------------------------------------------------


def is_public(address: Address, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether an address may be asked: a public one, or one of the allowed networks.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is as public as that.
    """
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_public(carried, allowed)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _resolved(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a name. The system's resolver knows no time limit: it runs beside."""
    found: list[list[Address]] = []

    def look_up() -> None:
        try:
            about = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append([ipaddress.ip_address(str(a[4][0]).partition("%")[0]) for a in about])
        except (OSError, ValueError, UnicodeError):
            found.append([])

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    return list(dict.fromkeys(found[0])) if found else []


def _connected(host: str, port: int, ends: float, networks: tuple[Network, ...]) -> socket.socket:
    """A connection to an address of the host that has just been checked, and to no other."""
    addresses = _resolved(host, port, ends - time.monotonic())
    if not addresses:
        raise unreadable(
            Text(
                "There is no server called {host}; check the address.", host=escape.short(host, 80)
            )
        )
    public = [address for address in addresses if is_public(address, networks)]
    if len(public) < len(addresses):
        raise unreadable(
            Text(
                "{host} is not a public address, and only those are read; download the file and "
                "bring it instead.",
                host=escape.short(host, 80),
            )
        )
    last: OSError = TimeoutError()
    for address in public[:4]:
        left = ends - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((str(address), port), timeout=left)
        except OSError as error:
            last = error
    raise last


class _Plain(http.client.HTTPConnection):
    """A connection of http.client over a socket that is already made."""

    def __init__(self, host: str, port: int, made: socket.socket) -> None:
        super().__init__(host, port)
        self.sock = made


def _asked(
    parts: SplitResult,
    most: int,
    ends: float,
    seconds: float,
    networks: tuple[Network, ...],
    told: Callable[[int, int | None], None] | None,
) -> Content | str:
    """The content at an address, or the address it redirects to."""
    host = parts.hostname or ""
    secure = parts.scheme.lower() == "https"
    said = escape.short(host, 80)
    try:
        made = _connected(host, parts.port or (443 if secure else 80), ends, networks)
    except ReadError:
        raise
    except OSError as error:
        raise _unreached(said, error, seconds) from None
    # Each read has a limit of its own; a server that sends a byte now and then keeps to it for
    # ever. The end for all of it is to cut the connection.
    over = threading.Event()

    def cut() -> None:
        over.set()
        try:
            made.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    clock = threading.Timer(max(ends - time.monotonic(), 0.0), cut)
    clock.daemon = True
    clock.start()
    wrapped = made
    try:
        if secure:
            wrapped = ssl.create_default_context().wrap_socket(made, server_hostname=host)
        connection = _Plain(host, parts.port or (443 if secure else 80), wrapped)
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
        )
        connection.request(
            "GET", target,
            headers={"User-Agent": f"factorscope/{__version__}", "Accept": "*/*",
                     "Accept-Encoding": "identity", "Connection": "close",
                     "Host": parts.netloc.encode("idna").decode() if not parts.netloc.isascii()
                     else parts.netloc},
        )  # fmt: skip
        with connection.getresponse() as answer:
            return _answered(answer, parts, said, most, over, told)
    except ReadError:
        raise
    except ssl.SSLCertVerificationError:
        raise unreadable(
            Text(
                "{host} has no valid certificate; download the file and bring it instead.",
                host=said,
            )
        ) from None
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        raise _unreached(said, TimeoutError() if over.is_set() else error, seconds) from None
    finally:
        clock.cancel()
        wrapped.close()
        made.close()


def _unreached(said: str, error: Exception, seconds: float) -> ReadError:
    if isinstance(error, TimeoutError):
        return unreadable(
            Text(
                "{host} did not send the file within {seconds:g} seconds; download it and bring "
                "it instead.",
                host=said,
                seconds=seconds,
            )
        )
    return unreadable(
        Text("{host} cannot be reached; check the address, or try again later.", host=said)
    )


def _answered(
    answer: http.client.HTTPResponse,
    parts: SplitResult,
    said: str,
    most: int,
    over: threading.Event,
    told: Callable[[int, int | None], None] | None,
) -> Content | str:
    if answer.status in _REDIRECTS and (target := answer.getheader("Location")):
        return target
    if answer.status in (401, 403):
        raise unreadable(
            Text(
                "{host} gives this file only to those who sign in; download it and bring it "
                "instead.",
                host=said,
            )
        )
    if answer.status in (404, 410):
        raise unreadable(Text("{host} has no such file; check the address.", host=said))
    if answer.status != 200:
        raise unreadable(
            Text(
                "{host} answered with error {status}; try again later, or bring the file itself.",
                host=said,
                status=answer.status,
            )
        )
    length = answer.getheader("Content-Length")
    n_bytes = int(length) if length and length.isdecimal() else None
    too_large = Text(
        "The file at {host} has more than {most:,.0f} MB; bring a part of it.",
        host=said,
        most=most / MiB,
    )
    if n_bytes is not None and n_bytes > most:
        raise unreadable(too_large)
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read(MiB // 4):
        size += len(piece)
        if size > most:
            raise unreadable(too_large)
        pieces.append(piece)
        if told is not None:
            told(size, n_bytes)
    if over.is_set() or (n_bytes is not None and size < n_bytes):
        raise TimeoutError if over.is_set() else http.client.IncompleteRead(b"")
    data = b"".join(pieces)
    if answer.getheader("Content-Encoding", "").lower() in ("gzip", "deflate"):
        unpacker = zlib.decompressobj(wbits=47)
        data = unpacker.decompress(data, most + 1)
        if len(data) > most:
            raise unreadable(too_large)
    if not data.strip():
        raise unreadable(Text("The file at {host} is empty; check the address.", host=said))
    return Content(data, _name(answer.headers, parts))


def _name(headers: Message, parts: SplitResult) -> str:
    """What the file is called: as the server says, else as the address ends."""
    given = headers.get_filename() or unquote(PurePosixPath(parts.path).name)
    name = PurePosixPath(given.replace("\\", "/")).name
    return escape.brief(name, 200) or parts.hostname or ""
