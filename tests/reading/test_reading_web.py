"""A public address as a source: a server on this machine stands for the web."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recsys_core.errors import ReadError
from recsys_core.reading import web

CSV = b"user,item,rating\na,x,5\na,y,3\nb,x,1\n"
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
NOBODY: tuple[()] = ()


class Handler(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path)
        path, _, query = self.path.partition("?")
        if path == "/ratings.csv":
            self.answer(CSV)
        elif path == "/named":
            self.answer(CSV, {"Content-Disposition": 'attachment; filename="../../my%20r.csv"'})
        elif path == "/gzip":
            self.answer(gzip.compress(CSV), {"Content-Encoding": "gzip"})
        elif path == "/bomb":
            self.answer(gzip.compress(bytes(5_000_000)), {"Content-Encoding": "gzip"})
        elif path == "/to":
            self.send_response(302)
            self.send_header("Location", query)
            self.end_headers()
        elif path == "/hops":
            self.send_response(302)
            left = int(query) - 1
            self.send_header("Location", f"/hops?{left}" if left else "/ratings.csv")
            self.end_headers()
        elif path == "/large":
            self.answer(b"", {"Content-Length": str(10**9)})
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(100_000))
            except OSError:
                pass
        elif path == "/slow":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x")
                    time.sleep(0.05)
            except OSError:
                pass
        elif path == "/short":
            self.answer(CSV, {"Content-Length": str(len(CSV) + 100)})
        else:
            self.send_error(int(path.strip("/") or 404))

    def answer(self, data, headers=None):
        self.send_response(200)
        headers = {"Content-Length": str(len(data)), **(headers or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *about):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_file_with_its_name(site):
    content = web.fetched(f"{site}/ratings.csv?x=1", allowed=HERE)
    assert (content.data, content.name) == (CSV, "ratings.csv")
    assert web.fetched(f" {site}/named ", allowed=HERE).name == "my%20r.csv"
    assert web.fetched(f"{site}/gzip", allowed=HERE).data == CSV
    seen = []
    web.fetched(f"{site}/ratings.csv", allowed=HERE, told=lambda *about: seen.append(about))
    assert seen[-1] == (len(CSV), len(CSV))


def test_three_redirects_are_followed_and_a_fourth_is_not(site):
    assert web.fetched(f"{site}/hops?3", allowed=HERE).data == CSV
    with pytest.raises(ReadError, match="redirects more than 3 times"):
        web.fetched(f"{site}/hops?4", allowed=HERE)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/404", "has no such file"),
        ("/403", "only to those who sign in"),
        ("/500", "answered with error 500"),
        ("/large", "more than 1 MB; bring a part"),
        ("/endless", "more than 1 MB; bring a part"),
        ("/bomb", "more than 1 MB; bring a part"),
        ("/short", "cannot be reached"),
        ("/slow", "did not send the file within 0.5 seconds"),
    ],
)
def test_what_is_no_file_is_one_sentence(site, path, says):
    with pytest.raises(ReadError, match=says):
        web.fetched(site + path, most=1 << 20, seconds=0.5, allowed=HERE)


# --- addresses that are never asked ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1",
        "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:0:1::1",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_not_public(address):
    assert not web.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses(address):
    assert web.is_public(ipaddress.ip_address(address))


def refused(url, allowed=NOBODY, says="is not a public address"):
    with pytest.raises(ReadError, match=says):
        web.fetched(url, seconds=5, allowed=allowed)


def test_the_own_machine_is_refused_however_it_is_written(site):
    port = site.rpartition(":")[2]
    before = len(Handler.asked)
    for host in ("127.0.0.1", "localhost", "2130706433", "127.1", "0x7f.1", "0", "[::1]",
                 "[::ffff:127.0.0.1]"):  # fmt: skip
        refused(f"http://{host}:{port}/ratings.csv", says="is not a public address|no server")
    assert len(Handler.asked) == before


def test_a_redirect_into_the_network_is_refused(site, monkeypatch):
    other = (ipaddress.ip_network("127.0.0.1/32"),)
    port = site.rpartition(":")[2]
    refused(f"{site}/to?http://127.0.0.2:{port}/ratings.csv", other)
    refused(f"{site}/to?file:///etc/passwd", other, "not an address that can be read")
    refused(f"{site}/to?http://169.254.169.254/latest", other)


def test_the_checked_address_is_the_one_connected_to(site, monkeypatch):
    """A name that resolves to a public address first and to the own machine next gains nothing."""
    port = int(site.rpartition(":")[2])
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1"]
    looked_up, connected = [], []

    def resolve(host, port, **about):
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    def connect(address, timeout):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    refused(f"http://changing.example:{port}/x", says="cannot be reached")
    assert looked_up == ["changing.example"] and connected == [("93.184.216.34", port)]
    refused(f"http://changing.example:{port}/x")


def test_a_name_with_one_inner_address_among_public_ones_is_refused(monkeypatch):
    both = [(0, 0, 0, "", ("93.184.216.34", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: both)
    refused("http://both.example/x")


def test_networks_may_be_allowed_in_the_environment(site, monkeypatch):
    with pytest.raises(ReadError, match="not a public address"):
        web.fetched(f"{site}/ratings.csv")
    monkeypatch.setenv(web.ALLOWED, "10.0.0.0/8, 127.0.0.1")
    assert web.fetched(f"{site}/ratings.csv").data == CSV


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.org/x.csv", "not an address that can be read"),
        ("https:///x.csv", "not an address that can be read"),
        ("http://[::1/x", "not an address that can be read"),
        ("http://example.org:99999/x", "not an address that can be read"),
        ("http://me:secret@example.org/x.csv", "holds a password"),
        ("http://127.0.0.1:1/x.csv", "cannot be reached"),
    ],
)
def test_addresses_that_are_none(url, says):
    refused(url, HERE, says)


def test_the_page_of_a_file_becomes_the_file():
    for page, file in {
        "https://github.com/o/r/blob/main/a b/x.csv?raw=true":
            "https://raw.githubusercontent.com/o/r/main/a b/x.csv",
        "https://docs.google.com/spreadsheets/d/1a-B_c/edit?usp=sharing#gid=42":
            "https://docs.google.com/spreadsheets/d/1a-B_c/export?format=csv&gid=42",
        "https://docs.google.com/spreadsheets/d/1a/edit":
            "https://docs.google.com/spreadsheets/d/1a/export?format=csv",
        "https://www.dropbox.com/s/abc/x.csv?rlkey=1&dl=0":
            "https://www.dropbox.com/s/abc/x.csv?rlkey=1&dl=1",
        "https://huggingface.co/datasets/o/r/blob/main/x.csv":
            "https://huggingface.co/datasets/o/r/resolve/main/x.csv",
        "https://example.org/blob/x.csv?dl=0": "https://example.org/blob/x.csv?dl=0",
    }.items():  # fmt: skip
        assert web.direct(page) == file
