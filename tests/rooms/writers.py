"""Telephones without a browser: a connection that keeps its cookie, a thread that rates by it."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any

from recsys_core.rooms.simulated import HEADER


class Telephone:
    """A connection that keeps its cookie; what cannot be sent raises OSError."""

    def __init__(self, port: int, **headers: str) -> None:
        self.port, self.headers = port, headers
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, said: Any = None) -> tuple[int, Any]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            body = None if said is None else json.dumps(said)
            self.connection.request(method, path, body, self.headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.connection = None
            raise OSError(str(error)) from None
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.headers["Cookie"] = cookie.partition(";")[0]
        return answer.status, json.loads(data or b"null")

    def join(self, code: str, nickname: str) -> int:
        """Come into a room; the number there."""
        status, said = self.ask("POST", f"/r/{code}/join", {"nickname": nickname})
        assert status == 200, said
        return int(said["member"])


class Writer(threading.Thread):
    """A telephone that rates on and on, and notes what was acknowledged.

    What is not acknowledged it sends again, the same, as telephones do, until it is, or until the
    server is gone and ``ends`` is set.

    Attributes
    ----------
    acknowledged : seq and value of the last acknowledged answer, by item. n : how many there were.
    """

    def __init__(
        self, port: int, code: str, number: int, n_things: int, pace: float = 0.0, secret: str = ""
    ) -> None:
        """Join. ``pace``: seconds between two ratings. ``secret``: what no rate limit counts."""
        super().__init__(daemon=True)
        self.telephone = Telephone(port, **({HEADER: secret} if secret else {}))
        self.code, self.n_things, self.pace = code, n_things, pace
        self.ends = threading.Event()
        self.number = self.telephone.join(code, f"writer {number}")
        self.acknowledged: dict[int, tuple[int, float]] = {}
        self.n, self.seq = 0, 0

    def value_of(self, seq: int) -> float:
        """What it rates by this answer: another value than by the one of the item before."""
        return float(1 + (seq + seq // self.n_things + self.number) % 5)

    def run(self) -> None:
        while not self.ends.wait(self.pace):
            self.seq += 1
            each = {
                "item": self.seq % self.n_things, "value": self.value_of(self.seq), "seq": self.seq,
            }  # fmt: skip
            answer = self._sent(each)
            if answer is None:
                return
            for taken in answer["acknowledged"]:
                self.acknowledged[taken["item"]] = taken["seq"], each["value"]
                self.n += 1

    def _sent(self, each: dict[str, Any]) -> Any:
        """Send an answer until it is taken; None where it is to end and cannot be."""
        while True:
            try:
                status, answer = self.telephone.ask("PUT", f"/r/{self.code}/answers", [each])
            except OSError:  # the server is gone
                status, answer = 503, None
            if status == 200:
                return answer
            assert status == 503, answer  # gone, or busy
            if self.ends.wait(0.1) and answer is None:
                return None
