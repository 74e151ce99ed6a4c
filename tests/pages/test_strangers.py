"""Every route of the app, asked for by a stranger: what they get of somebody's, which is nothing.

All routes are listed from the app itself, Streamlit's own among them: one that is not in the table
here fails. The stranger has a cookie of their own and knows what stands in addresses (a room's
code, a run), but none of the random names that only somebody's own pages are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.shared import visitor
from recsys_core import limits
from recsys_core.experiments.store_errors import VARIABLE
from tests.browser.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]

_CODE = "a code of this server"

# What a stranger is told. 200 is the same for everybody: a page without anybody's data, scripts,
# counts of all together.
ANSWERS = {
    "GET /_stcore/agent/interact": 405, "GET /_stcore/agent/mcp": 405,
    "GET /_stcore/agent/openapi.json": 200,  # says that it is off
    "GET /_stcore/bidi-components/{path:path}": 404,
    "GET /_stcore/health": 200,
    "GET /_stcore/host-config": 200,
    "GET /_stcore/metrics": 200,
    "GET /auth/login": 302, "GET /auth/logout": 302, "GET /oauth2callback": 302,
    "GET /component/{path:path}": 404,
    "GET /factorscope/health": 200,
    "GET /factorscope/js-*/{name}": 404,
    "GET /factorscope/metrics": 200,
    "GET /factorscope/plotly-*": 200,
    "GET /factorscope/take-home/best.{kind}": 404,
    "GET /factorscope/telephone-*/{name:path}": 404,
    "GET /media/{file_id:path}": 404,
    "GET /r": 200,
    "GET /r/{code}": 200,  # to whoever knows the code
    "GET /r/{code}/board": 401,
    "GET /r/{code}/handout": 401,
    "GET /r/{code}/picture/{item}": 404,
    "GET /r/{code}/state": 401,
    "GET /r/{code}/teacher": 200,  # the page that takes the token from the link, whatever the room
    "PUT /_stcore/upload_file/{session_id}/{file_id}": 400,
    "DELETE /_stcore/upload_file/{session_id}/{file_id}": 204,  # of a page that is not there
    "PUT /r/{code}/answers": 401,
    "PUT /r/{code}/guesses": 401,
    "PUT /r/{code}/nickname": 401,
    "POST /r/{code}/teacher": 401,
    "POST /r/{code}/join": 200,  # as a member of their own, to whoever knows the code: asked last
    "POST /_stcore/agent/interact": 403, "POST /_stcore/agent/mcp": 400,  # off
    "Mount ": 200,  # Streamlit's files, and the one page for all addresses
    "WebSocketRoute /_stcore/stream": 101,
    "WebSocketRoute /factorscope/live": 101,
}  # fmt: skip

# What is open without the access code: nothing of these holds anything of anybody.
OPEN = re.compile(r"/_stcore/health|/factorscope/(health|js-|plotly-|telephone-)|/r(/|$)")

_JOIN = "POST /r/{code}/join"
_NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleNamespace]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.pages.serve_somebody", str(port)], cwd=ROOT,
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, VARIABLE: "none", limits.VARIABLE: "upload_megabytes=1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("{"):
                said = json.loads(line)
                break
        else:
            pytest.fail("the server ended")
        yield SimpleNamespace(**said, port=port)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def ask(server: Any, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return SimpleNamespace(status=answer.status, headers=answer.headers, body=data)


@pytest.fixture(scope="module")
def stranger(server) -> dict[str, str]:
    """What a stranger's browser sends along."""
    page = ask(server, "GET", "/", Accept="text/html")
    cookies = [page.headers["Set-Cookie"].partition(";")[0]]
    assert cookies[0].startswith(f"{visitor.COOKIE}=") and cookies[0] != server.cookie
    forged = ask(server, "GET", "/_stcore/health").headers["Set-Cookie"].partition(";")[0]
    cookies += [forged, f"fs_room={'A' * 22}", f"fs_teacher_{server.room}={'A' * 22}"]
    return {"Cookie": "; ".join(cookies), "X-Xsrftoken": forged.partition("=")[2]}


def named(method: str, path: str) -> str:
    """A route's line in the table: what changes with the content of a script is left out."""
    return f"{method} " + re.sub(r"-(?:[0-9a-f]{12}|[\d.]+\.min\.js)(?=/|$)", "-*", path)


def asked_for(server: Any, path: str) -> str:
    """The address of somebody's own of it."""
    query = f"?run={server.run}&epoch=3&n=5" if path.endswith("best.{kind}") else ""
    filled = {
        "{code}": server.room, "{kind}": "csv", "{item}": "0", "{session_id}": _NOBODYS,
        "{file_id}": "0123", "{name}": "x.js", "{name:path}": "x.js", "{path:path}": "x/y.js",
        "{file_id:path}": f"{server.mark}.csv",
    }  # fmt: skip
    for part, value in filled.items():
        path = path.replace(part, value)
    return (path or "/train") + query


def body_of(method: str, path: str) -> bytes | None:
    said = {
        "answers": [{"item": 0, "value": 1, "seq": 9}], "guesses": [{"cell": 0, "value": 1}],
        "teacher": {"token": "A" * 22}, "join": {"nickname": "Eve"},
        "nickname": {"nickname": "Eve"}, "interact": {}, "mcp": {},
    }  # fmt: skip
    if method == "PUT" and "upload" in path:
        return b"--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\nx\r\n--b--\r\n"
    return None if method == "GET" else json.dumps(said.get(path.rpartition("/")[2], "")).encode()


def told(server: Any, stranger: dict[str, str], method: str, path: str) -> Any:
    kind = "multipart/form-data; boundary=b" if "upload" in path else "application/json"
    sent = asked_for(server, path), body_of(method, path)
    return ask(server, method, *sent, **stranger, **{"Content-Type": kind})


def is_free_of(said: bytes, secrets: list[str]) -> bool:
    return not any(each.encode() in said for each in secrets)


def test_every_route_is_in_the_table(server):
    changing_nothing = {"HEAD", "OPTIONS"}  # the same as GET without a body, and no answer
    off = {f"{m} /_stcore/agent/{x}" for m in ("GET", "PUT", "PATCH", "DELETE", "POST")
           for x in ("interact", "mcp", "openapi.json")}  # fmt: skip
    found = {named(*each) for each in server.routes if each[0] not in changing_nothing}
    assert found - off == set(ANSWERS) - off
    for line in off:
        method, _, path = line.partition(" ")
        assert ask(server, method, path, None if method == "GET" else b"{}").status != 500


def test_a_stranger_is_told_nothing_of_somebody_and_changes_nothing(server, stranger):
    before = ask(server, "GET", "/factorscope/test-state").body
    secret = server.secrets
    for line, status in ANSWERS.items():
        method, _, path = line.partition(" ")
        if method == "WebSocketRoute" or line == _JOIN:
            continue
        method = "GET" if method == "Mount" else method
        real = next((p for m, p in server.routes if named(m, p) == line), path)
        answer = told(server, stranger, method, real)
        assert answer.status == status, (line, answer.status, answer.body[:200])
        assert is_free_of(answer.body + str(answer.headers).encode(), secret), line
        for other in ("HEAD", "OPTIONS", "TRACE", "PATCH", "PROPFIND"):
            odd = ask(server, other, asked_for(server, real), **stranger)
            assert odd.status < 500 and is_free_of(odd.body + str(odd.headers).encode(), secret)
    assert ask(server, "GET", "/factorscope/test-state").body == before
    # Whose it is gets it: the table's refusals are not for want of the thing.
    mine = ask(server, "GET", asked_for(server, "/factorscope/take-home/best.{kind}"),
               Cookie=server.cookie)  # fmt: skip
    assert mine.status == 200 and server.mark.encode() in mine.body
    board = ask(server, "GET", f"/r/{server.room}/board", Cookie=server.teacher)
    assert board.status == 200 and server.mark.encode() in board.body
    state = ask(server, "GET", f"/r/{server.room}/state", Cookie=server.member)
    assert json.loads(state.body)["member"]["nickname"] == server.mark
    # To join is to be somebody else.
    joined = json.loads(told(server, stranger, "POST", "/r/{code}/join").body)
    assert joined == {"member": 2, "nickname": "Eve"}


def test_no_page_around_ours_steers_it(server):
    """Streamlit lets pages of its makers' hosting do so, where anybody can have one."""
    said = json.loads(ask(server, "GET", "/_stcore/host-config").body)
    assert said["allowedOrigins"] == [] and not said["enableCustomParentMessages"]


async def _live(server: Any, cookies: str) -> list[str]:
    """What is said to somebody's run and to tickets that are not theirs."""
    heard = []
    async with websockets.connect(
        f"ws://127.0.0.1:{server.port}/factorscope/live", additional_headers={"Cookie": cookies}
    ) as socket:
        for ticket in ("", "x", server.owner, server.run):
            watch = {"kind": "watch", "v": 2, "ticket": ticket, "main": server.run,
                     "runs": {server.run: -1}, "frames": []}  # fmt: skip
            await socket.send(json.dumps(watch))
            heard.append(str(await socket.recv()))
    return heard


def test_a_live_stream_is_of_whoever_has_its_ticket(server, stranger):
    for said in asyncio.run(_live(server, stranger["Cookie"])):
        assert json.loads(said)["kind"] == "refused"


@contextlib.asynccontextmanager
async def _opened(server: Any, sent: dict[str, str], session: str = "") -> AsyncIterator[Any]:
    """A page's connection; ``session`` is one that it claims to be."""
    protocols: Any = ["streamlit", sent["X-Xsrftoken"], *([session] if session else [])]
    async with websockets.connect(
        f"ws://127.0.0.1:{server.port}/_stcore/stream", max_size=None, subprotocols=protocols,
        additional_headers={"Cookie": sent["Cookie"]},
    ) as socket:  # fmt: skip
        yield socket


async def _drawn(socket: Any, query: str = "", **values: str) -> bytes:
    """All that a page says until it is drawn; ``values`` are those of widgets, by their ids."""
    asked, heard = BackMsg(), b""
    asked.rerun_script.query_string = query
    for widget, value in values.items():
        state = asked.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = widget, value
    await socket.send(asked.SerializeToString())
    while True:
        said = await asyncio.wait_for(socket.recv(), 60)
        assert isinstance(said, bytes)
        heard += said
        if ForwardMsg.FromString(said).WhichOneof("type") == "script_finished":
            return heard


async def _page(server: Any, sent: dict[str, str], query: str, session: str = "") -> bytes:
    """All that a page says until it is drawn."""
    async with _opened(server, sent, session) as socket:
        return await _drawn(socket, query)


@pytest.mark.parametrize("session", ["", _NOBODYS, "owner", "run"])
def test_a_page_shows_nothing_of_somebody_whatever_the_link_names(server, stranger, session):
    """A link names data and a run; and a page may claim to be a session that it is not."""
    session = getattr(server, session, session)
    for query in ("", server.link, f"room={server.room}"):
        heard = asyncio.run(_page(server, stranger, query, session))
        assert is_free_of(heard, server.secrets), query
    mine = {**stranger, "Cookie": f"{server.cookie}; {stranger['Cookie'].partition('; ')[2]}"}
    assert server.mark.encode() in asyncio.run(_page(server, mine, server.link))


async def _said_to_be(server: Any, sent: dict[str, str], widget: str, value: str) -> bytes:
    """All that a page says once a widget of it is said to have a value that it does not offer."""
    async with _opened(server, sent) as socket:
        found = re.search(rf"\$\$ID-\w+-{widget}".encode(), await _drawn(socket))
        assert found is not None
        await _drawn(socket, **{found[0].decode(): value})
        return await _drawn(socket)


@pytest.mark.parametrize("value", ["../../tests", "/etc", "x", "x" * 5000])
def test_a_language_that_is_not_offered_names_no_folder(server, stranger, value):
    drawn = asyncio.run(_said_to_be(server, stranger, "language_en", value))
    assert b"error of ours" not in drawn and "Língua".encode() in drawn


def test_a_page_holds_no_more_than_two_of_the_largest_files(server, stranger):
    """Streamlit bounds each, and keeps as many as are sent."""
    kind = {**stranger, "Content-Type": "multipart/form-data; boundary=b"}
    head = b"--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"
    body = head + bytes(1_000_000) + b"\r\n--b--\r\n"

    def sent(name: str, method: str = "PUT", said: bytes | None = body, **headers: str) -> Any:
        path = f"/_stcore/upload_file/{server.page}/{name}"
        return ask(server, method, path, said, **kind, **headers)

    assert [sent(name).status for name in ("first", "second")] == [204, 204]
    third = sent("third", Accept_Language="pt-BR")
    assert third.status == 413 and third.body
    assert sent("first", "DELETE", None).status == 204
    assert sent("third").status == 204
    # In pieces, without saying how many.
    length = {"Transfer-Encoding": "chunked"}
    assert sent("more", said=b"0\r\n\r\n", **length).status == 411
    for name in ("second", "third"):
        sent(name, "DELETE", None)


def test_without_the_access_code_there_is_no_route_but_the_open_ones(server, stranger):
    """Last: the server has one from here on."""
    ask(server, "GET", f"/factorscope/test-state?access_code={_CODE.replace(' ', '+')}")
    for method, path in server.routes:
        if method == "WebSocketRoute":
            with pytest.raises(websockets.InvalidStatus, match="403"):
                asyncio.run(_page(server, stranger, "") if "stream" in path
                            else _live(server, stranger["Cookie"]))  # fmt: skip
            continue
        method = "GET" if method == "Mount" else method
        answer = told(server, stranger, method, path)
        refused = answer.status == 401 and (method == "HEAD" or b"access code" in answer.body)
        if not (method == "HEAD" and OPEN.match(path)):  # where a member's token is asked for, too
            assert refused != bool(OPEN.match(path)), (method, path, answer.status)
        assert is_free_of(answer.body, server.secrets)
    page = ask(server, "GET", "/train", Accept="text/html", **stranger)
    assert page.status == 401 and b"<form" in page.body and b"streamlit" not in page.body.lower()
