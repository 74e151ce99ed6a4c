"""Telephones and a projector without a server: requests into the routes, behind the guard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette

from pages.routes import rooms as routes
from pages.routes.guard import Guard
from recsys_core.rooms import lists, rooms

# The server's address, as they ask for it.
HOST = "10.0.0.99"

FILMS = lists.ready("films")[:4]


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookies(self) -> list[str]:
        return [value for name, value in self.headers if name == "set-cookie"]


@dataclass
class Browser:
    """Keeps its cookies, whatever their path; ``address`` is where it seems to be."""

    address: str = "10.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    app: Guard = field(default_factory=lambda: Guard(Starlette(routes=routes.routes())), repr=False)

    async def ask(self, method: str, path: str, said: Any = None, **headers: str) -> Answer:
        path, _, query = path.partition("?")
        body = (
            said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        )
        sent = {"host": HOST, **self.headers, **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "scheme": "http", "client": (self.address, 1), "server": (HOST, 80),
        }  # fmt: skip
        got: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            got.append(message)

        await self.app(scope, receive, send)
        named = [(name.decode(), value.decode()) for name, value in got[0]["headers"]]
        answer = Answer(got[0]["status"], named, b"".join(m.get("body", b"") for m in got[1:]))
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def join(self, code: str, nickname: str = "Ada") -> Answer:
        return await self.ask("POST", f"/r/{code}/join", {"nickname": nickname})

    async def rate(self, code: str, *given: tuple[int, float | None, int]) -> Answer:
        said = [{"item": item, "value": value, "seq": seq} for item, value, seq in given]
        return await self.ask("PUT", f"/r/{code}/answers", said)


def opened(**chosen: Any) -> tuple[str, str]:
    """A room of four films that is rating; its code and the teacher's token."""
    code, token = rooms().desk.open(FILMS, **chosen).result(30)
    rooms().desk.go_to(code, "rating").result(30)
    return code, token
