"""What is refused before anything answers: names, origins, codes, too many, and who waits."""

import asyncio
import socket
from collections import Counter
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from pages.routes import access, connections, content_policy, guard, telephone
from pages.routes.access import AccessCode
from pages.routes.guard import Guard, is_own_host, is_own_origin
from pages.routes.uploads import Uploads
from pages.shared import session, visitor
from pages.shared.chart.assets import PLOTLY_ROUTE, SCRIPTS_ROUTE
from recsys_core import limits


async def inner(scope, receive, send):
    """Answers whatever comes through."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    await PlainTextResponse("inside")(scope, receive, send)


def asked(app, path="/", method="GET", kind="http", body=b"", client="192.168.1.9", **headers):
    """What an app sends to one request: the first message, and the body."""
    named = {"host": "127.0.0.1:8501", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": kind, "method": method, "path": path, "query_string": b"", "scheme": "http",
        "client": (client, 5), "server": ("127.0.0.1", 8501), "root_path": "",
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in named.items() if v is not None],
    }  # fmt: skip
    if kind == "websocket":
        del scope["method"]
        coming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect"}])
    else:
        coming = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent = []

    async def receive():
        return next(coming)

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return SimpleNamespace(
        kind=sent[0]["type"], status=sent[0].get("status"),
        headers={k.decode(): v.decode() for k, v in sent[0].get("headers", [])},
        body=b"".join(m.get("body", b"") for m in sent).decode(),
    )  # fmt: skip


# --- the server's names ---------------------------------------------------------------------------


@pytest.mark.parametrize("host", [
    "127.0.0.1:8501", "192.168.1.7", "[::1]:8501", "[fe80::1%25eth0]", "localhost:8501",
    "LOCALHOST", "localhost.", socket.gethostname(), None,
])  # fmt: skip
def test_addresses_and_own_names_are_known(host):
    assert is_own_host(host)


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example",
    "evil-localhost", "127.0.0.1@evil.example", "localhost/x", "localhost:x", "", "[::1",
])  # fmt: skip
def test_a_name_that_somebody_lets_point_here_is_refused(host):
    """DNS rebinding: the page is of evil.example, and so is what it asks for."""
    assert not is_own_host(host)
    for kind in ("http", "websocket"):
        answer = asked(Guard(inner), kind=kind, host=host, origin=f"http://{host}")
        assert answer.status == 421 or answer.kind == "websocket.close"


def test_names_are_listed_where_the_server_is_started(monkeypatch):
    monkeypatch.setenv(guard.HOSTS, "Class.example.org, *.school.example")
    assert is_own_host("class.example.org:443") and is_own_host("a.school.example")
    assert not is_own_host("school.example") and not is_own_host("aschool.example")
    monkeypatch.setenv(guard.HOSTS, "*")
    assert is_own_host("anything.example")


def test_the_sentence_names_the_remedy_and_is_plain_text():
    answer = asked(Guard(inner), host="<b>evil</b>")
    assert guard.HOSTS in answer.body
    assert answer.headers["content-type"].startswith("text/plain")


# --- pages of other sites -------------------------------------------------------------------------

HERE = "127.0.0.1:8501"


@pytest.mark.parametrize("origin, own", [
    (None, True), (f"http://{HERE}", True), (f"https://{HERE}", True),
    ("http://127.0.0.1:3000", False), ("http://localhost:8501", False), ("http://127.0.0.1", False),
    ("http://evil.example", False), ("null", False), ("", False), ("file://", False),
    (f"ftp://{HERE}", False), ("http://[", False), (f"http://x@{HERE}", False),
])  # fmt: skip
def test_only_the_same_host_and_port_is_this_server(origin, own):
    assert is_own_origin(origin, HERE) is own
    opened = asked(Guard(inner), "/_stcore/stream", kind="websocket", origin=origin)
    assert (opened.kind == "websocket.accept") is own
    for method in ("POST", "PUT", "DELETE"):
        assert (asked(Guard(inner), method=method, origin=origin).status == 200) is own
    assert asked(Guard(inner), origin=origin).status == 200, "a link from elsewhere only looks"


def test_behind_a_proxy_that_asks_by_another_name_the_listed_one_is_own(monkeypatch):
    monkeypatch.setenv(guard.HOSTS, "class.example.org")
    assert is_own_origin("https://class.example.org", HERE)
    assert not is_own_origin("https://class.example.org.evil.example", HERE)


# --- as many pages as there may be ----------------------------------------------------------------


def test_one_session_too_many_is_told_so_and_the_others_stay(monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "sessions=2")
    app, answers = Guard(inner), {}

    async def opening(name, leave):
        coming = iter([{"type": "websocket.connect"}])

        async def receive():
            for message in coming:
                return message
            await leave.wait()
            return {"type": "websocket.disconnect"}

        async def send(message):
            answers.setdefault(name, message["type"])

        scope = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
        await app(scope, receive, send)

    async def class_():
        leave = [asyncio.Event() for _ in range(4)]
        first = [asyncio.create_task(opening(n, leave[n])) for n in range(2)]
        while len(answers) < 2:
            await asyncio.sleep(0)
        await opening("third", leave[2])
        leave[0].set()
        await first[0]
        fourth = asyncio.create_task(opening("fourth", leave[3]))
        while "fourth" not in answers:
            await asyncio.sleep(0)
        for event in leave:
            event.set()
        await asyncio.gather(*first, fourth)

    asyncio.run(class_())
    assert answers == {
        0: "websocket.accept", 1: "websocket.accept", "third": "websocket.close",
        "fourth": "websocket.accept",
    }  # fmt: skip
    app._n_sessions = 2
    page = asked(app, "/train", accept="text/html")
    assert page.status == 503 and "(2)" in page.body
    for open_ in ("/factorscope/health", "/r/ABCDEF", "/_stcore/health"):
        assert asked(app, open_, accept="text/html").status == 200


# --- the access code ------------------------------------------------------------------------------


@pytest.fixture
def code(monkeypatch):
    monkeypatch.setenv(access.VARIABLE, "open sesame")
    monkeypatch.setattr(guard, "wrong_codes", limits.Tries("wrong_codes_per_hour", 3600))
    return "open sesame"


def typed(code, to="/train?epoch=3", **more):
    body = urlencode({"code": code, "to": to}).encode()
    return asked(AccessCode(inner), access.ENTER, "POST", body=body, **more)


EVERYTHING = [
    "/", "/train", "/_stcore/host-config", "/_stcore/metrics", "/_stcore/upload_file/a/b",
    "/media/0123.csv", "/factorscope/take-home/best.csv", "/static/js/index.js", "/component/x",
    "/room", "/rx", "/factorscope/", "/factorscope/metrics",
]  # fmt: skip


@pytest.mark.parametrize("path", EVERYTHING)
def test_without_the_code_there_is_nothing(code, path):
    assert asked(AccessCode(inner), path).status == 401
    for cookie in ("factorscope_access=", "factorscope_access=" + "A" * 32, "factorscope_access=é"):
        assert asked(AccessCode(inner), path, cookie=cookie).status == 401


@pytest.mark.parametrize("path", ["/_stcore/stream", "/factorscope/live"])
def test_nor_a_websocket(code, path):
    assert asked(AccessCode(inner), path, kind="websocket").kind == "websocket.close"


OPEN = [
    "/factorscope/health", "/_stcore/health", "/r", "/r/ABCDEF/join", PLOTLY_ROUTE,
    f"{SCRIPTS_ROUTE}/view.js", f"{telephone.ROUTE}/routes/telephone/telephone.js",
]  # fmt: skip


@pytest.mark.parametrize("path", OPEN)
def test_health_scripts_and_telephones_are_open(code, path):
    assert asked(AccessCode(inner), path).body == "inside"


def test_the_code_opens_everything_until_it_is_another(code, monkeypatch):
    page = asked(AccessCode(inner), "/train", accept="text/html")
    assert page.status == 401 and "<form" in page.body and "inside" not in page.body
    answer = typed(code)
    assert (answer.status, answer.headers["location"]) == (303, "/train?epoch=3")
    assert "HttpOnly" in answer.headers["set-cookie"]
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert code not in cookie
    for path in EVERYTHING:
        assert asked(AccessCode(inner), path, cookie=cookie).body == "inside"
    live = asked(AccessCode(inner), "/_stcore/stream", kind="websocket", cookie=cookie)
    assert live.kind == "websocket.accept"
    monkeypatch.setenv(access.VARIABLE, "another")
    assert asked(AccessCode(inner), "/", cookie=cookie).status == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "x",
                                "/\nSet-Cookie: a=b"])  # fmt: skip
def test_it_leads_to_no_other_site(code, to):
    assert typed(code, to).headers["location"] == "/"
    assert "evil" not in typed("wrong", to).body


def test_wrong_codes_are_counted_per_address_and_the_right_one_waits_as_well(code, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "wrong_codes_per_hour=3")
    assert [typed("wrong").status for _ in range(5)] == [403, 403, 403, 429, 429]
    assert typed(code).status == 429, "else a code could be tried on while waiting"
    assert typed(code, client="192.168.1.10").status == 303


def test_what_is_typed_is_bounded_and_shown_nowhere(code):
    assert typed("x" * 10_000).status == 413
    assert "<script>" not in typed("<script>", "/<script>").body


# --- names of browsers ----------------------------------------------------------------------------


def test_a_name_of_another_server_or_of_nobody_is_none(monkeypatch):
    name = visitor.new_id()
    given = visitor.cookie_of(name)
    assert visitor.name_in({visitor.COOKIE: given}) == name
    for planted in (name, f"{name}.", f"{name}.{'A' * 32}", f"{visitor.new_id()}{given[32:]}",
                    given[:-1], given + "A", given.replace(".", ".é"), ""):  # fmt: skip
        assert visitor.name_in({visitor.COOKIE: planted}) is None
    monkeypatch.setattr(visitor, "secret", lambda: b"of another server")
    assert visitor.name_in({visitor.COOKIE: given}) is None


def test_the_secret_outlives_a_restart_and_is_private(monkeypatch, tmp_path):
    monkeypatch.setenv("FACTORSCOPE_DB", f"sqlite:///{tmp_path}/runs.db")
    visitor.secret.cache_clear()
    first = visitor.secret()
    visitor.secret.cache_clear()
    assert visitor.secret() == first
    assert (tmp_path / "server-secret").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("FACTORSCOPE_DB", "none")
    visitor.secret.cache_clear()
    assert visitor.secret() not in (first, b"")
    monkeypatch.setenv(visitor.VARIABLE, "shared by two servers")
    visitor.secret.cache_clear()
    assert visitor.secret() not in (first, b"shared by two servers")
    visitor.secret.cache_clear()


def test_a_name_of_before_is_good_where_the_database_knows_it(monkeypatch):
    mine, planted = visitor.new_id(), visitor.new_id()
    keeper = SimpleNamespace(store=SimpleNamespace(knows=lambda name: name == mine))
    monkeypatch.setattr(visitor.past, "keeper", lambda: keeper)
    monkeypatch.setattr(visitor, "_known", set())
    assert visitor.name_in({visitor.COOKIE: mine}) == mine
    assert visitor.name_in({visitor.COOKIE: planted}) is None
    assert not visitor.is_signed({visitor.COOKIE: mine})


# --- connections ----------------------------------------------------------------------------------


async def served(app, play):
    """What ``play`` returns, given the port of a server of this app."""
    connections.wait_for_nobody()
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    listening = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        return await asyncio.wait_for(play(listening.getsockname()[1]), 60)
    finally:
        server.should_exit = True
        await running


def test_who_sends_no_whole_request_is_closed_and_others_are_served(monkeypatch):
    """Forty open connections with half a head, and one that asks as usual, beside a WebSocket."""
    monkeypatch.setattr(connections, "PATIENCE", 0.3)

    async def slow_app(scope, receive, send):
        if scope["type"] == "http":
            await asyncio.sleep(1.0)  # an answer may take longer than a head
            await PlainTextResponse("inside")(scope, receive, send)
        elif scope["type"] == "websocket":
            await inner(scope, receive, send)

    async def play(port):
        beginnings = [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nA: b"]
        half = []
        for n in range(40):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(beginnings[n % 4])
            half.append((reader, writer))
        upgrade = (b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                   b"\r\n")  # fmt: skip
        live, live_writer = await asyncio.open_connection("127.0.0.1", port)
        live_writer.write(upgrade)
        assert b" 101 " in await live.readline()
        usual, asks = await asyncio.open_connection("127.0.0.1", port)
        asks.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = await usual.read()
        closed = await asyncio.gather(*(_closed(reader) for reader, _ in half))
        # The connection that became a WebSocket is open, long after its head.
        is_open = not live.at_eof()
        for _, writer in [*half, (live, live_writer)]:
            writer.close()
        return said, all(closed), is_open

    said, closed, is_open = asyncio.run(served(slow_app, play))
    assert said.endswith(b"inside") and closed and is_open


def test_a_body_that_comes_bit_by_bit_is_refused_and_one_that_comes_on_is_not(monkeypatch):
    """Byte by byte, and not at all, as long as it takes; and as fast as it has to be."""
    monkeypatch.setattr(connections, "PATIENCE", 0.5)
    monkeypatch.setattr(connections, "LEAST", 100)

    async def app(scope, receive, send):
        body, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + len(message["body"]), message["more_body"]
        await PlainTextResponse(f"{body} bytes")(scope, receive, send)

    async def sent(port, n_each, whole=10_000, expect=""):
        """What is answered to a body sent in pieces until there is an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {whole}\r\n"
        writer.write(f"{head}{expect}\r\n".encode())
        if expect:
            await reader.readuntil(b"\r\n\r\n")
        answer, left = asyncio.create_task(reader.read()), whole
        while not answer.done() and left:
            writer.write(b"x" * min(n_each, left))
            left -= min(n_each, left)
            await asyncio.wait([answer], timeout=0.05)
        said = await answer
        writer.close()
        return said

    async def play(port):
        return await asyncio.gather(
            sent(port, 1), sent(port, 0), sent(port, 0, expect="Expect: 100-continue\r\n"),
            sent(port, 400), sent(port, 50, whole=50),
        )  # fmt: skip

    slow, nothing, asked_first, going_on, small = asyncio.run(served(app, play))
    for refused in (slow, nothing, asked_first):
        assert refused.startswith(b"HTTP/1.1 408 ") and refused.endswith(b"send it again.")
    assert going_on.endswith(b"10000 bytes"), "it took longer than what is waited for"
    assert small.endswith(b"50 bytes")


def test_who_does_not_take_an_answer_is_closed_and_who_takes_it_slowly_is_not(monkeypatch):
    """Else each holds some megabytes of it in the server's memory."""
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    monkeypatch.setattr(connections, "_is_welcome", lambda transport: True)
    large, ended = b"x" * 20_000_000, []

    async def app(scope, receive, send):
        await PlainTextResponse(large)(scope, receive, send)

    lost = connections._look_at_leaving

    def look(protocol, before):
        lost(protocol, before)
        ended.append(protocol.transport.is_closing())

    monkeypatch.setattr(connections, "_look_at_leaving", look)

    async def taken(port, wait):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        n = 0
        try:
            await reader.readuntil(b"\r\n\r\n")
            await wait()
            while n < len(large) and (piece := await reader.read(200_000)):
                n += len(piece)
                await asyncio.sleep(0.002)
        except ConnectionResetError:
            pass
        writer.close()
        return n

    async def until_closed():
        while True not in ended:
            await asyncio.sleep(0.01)

    async def at_once():
        pass

    async def play(port):
        held = await taken(port, until_closed)
        return held, await taken(port, at_once)

    held, whole = asyncio.run(served(app, play))
    assert held < len(large) == whole


async def _closed(reader):
    try:
        await reader.read()
    except ConnectionResetError:
        pass
    return True


class Transport:
    closing, held = False, 0

    def __init__(self, address):
        self.address = address

    def get_extra_info(self, name):
        return (self.address, 5)

    def is_closing(self):
        return self.closing

    def get_protocol(self):
        return self

    def get_write_buffer_size(self):
        return self.held


def test_an_address_has_so_many_connections_and_a_proxy_here_all(monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "connections_per_address=3")
    monkeypatch.setattr(connections, "_open", {})
    mine = [Transport("192.168.1.7") for _ in range(3)]
    assert all(map(connections._is_welcome, mine))
    assert not connections._is_welcome(Transport("192.168.1.7"))
    assert not connections._is_welcome(Transport("::ffff:192.168.1.7")), "the same address"
    assert connections._is_welcome(Transport("192.168.1.8"))
    mine[0].closing, mine[0].held = True, 5_000_000
    assert not connections._is_welcome(Transport("192.168.1.7")), "its answer is still in memory"
    mine[0].held = 0
    assert connections._is_welcome(Transport("192.168.1.7"))
    assert not connections._is_welcome(Transport("192.168.1.7"))
    assert all(connections._is_welcome(Transport("127.0.0.1")) for _ in range(9))
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.2")
    assert all(connections._is_welcome(Transport("10.0.0.2")) for _ in range(9))


def test_closed_connections_are_forgotten(monkeypatch):
    monkeypatch.setattr(connections, "_open", {})
    for n in range(300):
        gone = Transport(f"10.0.{n // 250}.{n % 250}")
        assert connections._is_welcome(gone)
        gone.closing = True
    assert len(connections._open) < 30


def test_the_setting_lists_who_may_show_the_pages_in_a_frame(monkeypatch):
    content_policy.policy.cache_clear()
    assert "frame-ancestors *" in content_policy.policy()
    content_policy.policy.cache_clear()
    # A directive of its own cannot be put behind it.
    monkeypatch.setenv(content_policy.FRAMES, "'self' https://learn.example.org; script-src *")
    said = content_policy.policy().split("; ")
    assert said[-1] == "frame-ancestors 'self' https://learn.example.org  script-src *"
    assert [each for each in said if each.startswith("script-src")] == [said[1]]
    content_policy.policy.cache_clear()


# --- files brought --------------------------------------------------------------------------------


def test_all_pages_together_hold_so_much_of_files_those_on_their_way_included(monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "uploads_megabytes=5 upload_megabytes=4")
    held = Counter({"one": 3 << 20})
    monkeypatch.setattr(session, "files_held", lambda: held)
    meanwhile, answers = [], []

    async def keeps(scope, receive, send):
        while meanwhile:
            await bring(*meanwhile.pop())
        await PlainTextResponse("kept")(scope, receive, send)

    app = Uploads(keeps)

    async def bring(page, size):
        async def send(message):
            if message["type"] == "http.response.start":
                answers.append(message["status"])

        path = f"/_stcore/upload_file/{page}/x"
        sent = [] if size is None else [(b"content-length", str(size).encode())]
        await app({"type": "http", "method": "PUT", "path": path, "headers": sent}, None, send)

    async def brings(page, size, *others):
        answers.clear()
        meanwhile[:] = others
        await bring(page, size)
        return list(answers)

    async def play():
        assert await brings("two", 2 << 20) == [200]
        assert await brings("two", (2 << 20) + 1) == [413]
        # Each begins while those before are on their way, and ends before them.
        assert await brings("two", 1 << 20, ("three", 1 << 20)) == [200, 200]
        assert await brings("two", 1 << 20, ("three", 1 << 20), ("three", 1)) == [413, 200, 200]
        assert await brings("two", 2 << 20, ("three", 1)) == [413, 200]
        assert await brings("two", 2 << 20) == [200], "what has come is on its way no more"
        held["one"] = 0
        assert await brings("two", 5 << 20, ("two", 1)) == [413, 200]
        for size in (None, "", "-1", "1e3", "٣", "9" * 400):
            assert await brings("two", size) == [411], size

    asyncio.run(play())
