"""The whole app, with a visitor who has everything: ``python -m tests.pages.serve_somebody PORT``.

Says in one line of JSON what there is of them, and all routes of the app; then it answers. What is
there of them now, tests read at ``STATE``; with ``?access_code=`` the server has one from then on.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import os
import sys
from typing import Any

import pandas as pd
import uvicorn
import websockets
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import get_instance

import app
import recsys_core as rc
from pages.routes import access, connections
from pages.routes.rooms import MEMBER, TEACHER
from pages.shared import visitor
from recsys_core import rooms, runs
from recsys_core.rooms import Answer, lists

STATE = "/factorscope/test-state"

# Stands in all that the visitor has.
MARK = "Somebodys0wn"


def _state(name: str, code: str) -> dict[str, Any]:
    space = runs.registry().workspace(name)
    room = rooms.rooms().desk.known(code)
    assert room is not None
    files = get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return {
        "data": [each.ratings.fingerprint for each in space.data],
        "runs": [(each.name, each.run.epoch) for each in space.entries],
        "room": hashlib.sha256(repr((room.members, room.answers, room.room)).encode()).hexdigest(),
        "uploads": {page: sorted(each) for page, each in files.items() if each},
    }


async def _session(port: int, cookies: str, token: str) -> tuple[str, Any]:
    """Open a page: its session's id, and the connection, which has to stay open."""
    socket = await websockets.connect(
        f"ws://127.0.0.1:{port}/_stcore/stream", max_size=None,
        subprotocols=["streamlit", token],  # type: ignore[list-item]
        additional_headers={"Cookie": cookies},
    )  # fmt: skip
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    await socket.send(asked.SerializeToString())
    while True:
        said = ForwardMsg.FromString(await socket.recv())
        if said.WhichOneof("type") == "new_session":
            return said.new_session.initialize.session_id, socket


def _asked(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    answer.read()
    return answer


async def _somebody(port: int) -> dict[str, Any]:
    """Make all of it."""
    name = visitor.new_id()
    cookie = f"{visitor.COOKIE}={visitor.cookie_of(name)}"
    space = runs.registry().workspace(name)
    rows = [(f"{MARK} {user}", f"{MARK} song {item}", (user + item) % 5 + 1)
            for user in range(6) for item in range(5) if (user + item) % 3]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["user", "item", "rating"])
    ratings = rc.Ratings.from_frame(frame, name=f"{MARK} class")
    entry = space.new_entry(space.load(ratings).experiment(rc.SGD(n_factors=2, n_epochs=3)))
    entry.train()
    while entry.run.busy:
        await asyncio.sleep(0.02)
    desk = rooms.rooms().desk
    code, token = await asyncio.wrap_future(
        desk.open(lists.ready("films")[:4], title=f"{MARK} room", opener=name)
    )
    await asyncio.wrap_future(desk.go_to(code, "rating"))
    member, member_token = await asyncio.wrap_future(desk.join(code, MARK))
    await asyncio.wrap_future(desk.answer(code, member.number, [Answer(member.number, 0, 4.0, 1)]))
    first = await asyncio.to_thread(_asked, port, "GET", "/_stcore/health")
    forged = first.headers["Set-Cookie"].partition(";")[0]
    xsrf = forged.partition("=")[2]
    page, socket = await _session(port, f"{cookie}; {forged}", xsrf)
    file = f"--b\r\nContent-Disposition: form-data; name=f; filename={MARK}.csv\r\n\r\n{MARK}\r\n"
    put = await asyncio.to_thread(
        _asked, port, "PUT", f"/_stcore/upload_file/{page}/0123", f"{file}--b--\r\n".encode(),
        Cookie=f"{cookie}; {forged}", X_Xsrftoken=xsrf,
        Content_Type="multipart/form-data; boundary=b",
    )  # fmt: skip
    assert put.status == 204
    _keep.append(socket)
    return {
        "cookie": cookie, "run": entry.run.stream, "ticket": space.ticket, "page": page,
        "room": code, "mark": MARK, "owner": name, "link": entry.run.experiment.to_query(),
        "secrets": [MARK, name, space.ticket, token, member_token, page],
        "teacher": f"{TEACHER}{code}={token}", "member": f"{MEMBER}={member_token}",
    }  # fmt: skip


_keep: list[Any] = []


def _routes() -> list[tuple[str, str]]:
    """All that the app answers: method, or “WEBSOCKET” or “MOUNT”, and path."""
    inner = app.app._starlette_app
    assert inner is not None
    found = []
    for each in inner.routes:
        kinds = getattr(each, "methods", None)
        kinds = kinds or (
            {"GET": 1, "HEAD": 1} if isinstance(each, Route) else [type(each).__name__]
        )
        found += [(kind, each.path) for kind in kinds if each.path != STATE]  # type: ignore[attr-defined]
    return sorted(found)


async def serve(port: int) -> None:
    """Serve until the process ends."""
    found: dict[str, Any] = {}

    async def state(request: Request) -> JSONResponse:
        now = _state(found["owner"], found["room"])
        if code := request.query_params.get("access_code"):  # from now on
            os.environ[access.VARIABLE] = code
        return JSONResponse(now)

    app.app._user_routes.append(Route(STATE, state))
    connections.wait_for_nobody()
    server = uvicorn.Server(uvicorn.Config(app.app, "127.0.0.1", port, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    found |= await _somebody(port)
    print(json.dumps({**found, "routes": _routes()}), flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
