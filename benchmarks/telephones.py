"""Telephones in a room, as many as a class has: each rates something once a second.

They speak HTTP as the telephone's page does: they join, each waits for news on a connection of its
own, and sends each rating by itself. Measured is the time from sending a rating until it is
acknowledged, which is after the commit to the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from recsys_core.experiments.store import Store
from recsys_core.rooms import lists
from recsys_core.rooms.desk import Desk
from recsys_core.rooms.store import RoomStore

# What the server is started with: a class that joins at once is not what is measured.
LIMITS = "joins_per_minute=1000"

_EVERY = 1.0  # seconds between two ratings of one telephone


def open_room(url: str) -> tuple[str, int]:
    """Open a room in a database, in the phase of rating; its code, and how many things it has."""
    desk = Desk(lambda: RoomStore(Store(url)))
    things = lists.ready("songs")
    code, _ = desk.open(things, title="Songs").result()
    desk.go_to(code, "rating").result()
    desk.close()
    return code, len(things)


class _Connection:
    """One connection that is kept: requests one after the other."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, said: object = None, cookie: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        body = b"" if said is None else json.dumps(said).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Cookie: {cookie}\r\n\r\n".encode() + body)
        await writer.drain()
        status = int((await reader.readline()).split()[1])
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, await reader.readexactly(int(headers.get("content-length", 0)))

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with contextlib.suppress(OSError):
                await self._streams[1].wait_closed()
            self._streams = None


@dataclass
class Telephone:
    """One student."""

    url: str
    code: str
    n_things: int
    number: int
    seconds: list[float] = field(default_factory=list)  # of each rating that was acknowledged
    refused: int = 0
    n_news: int = 0
    cookie: str = ""

    async def join(self) -> None:
        """Join the room."""
        connection = _Connection(self.url)
        said = {"nickname": f"student {self.number}"}
        status, headers, body = await connection.ask("POST", f"/r/{self.code}/join", said)
        assert status == 200, (status, body)
        self.cookie = headers["set-cookie"].partition(";")[0]
        await connection.close()

    async def rate(self, until: float, wait: float) -> None:
        """Rate something once a second, until the time is over."""
        chance, connection = random.Random(self.number), _Connection(self.url)
        due = asyncio.get_running_loop().time() + wait
        seq = 0
        while due < until:
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            due += _EVERY
            seq += 1
            said = [{"item": chance.randrange(self.n_things), "value": chance.randint(1, 5),
                     "seq": seq}]  # fmt: skip
            began = time.monotonic()
            path = f"/r/{self.code}/answers"
            status, _, _ = await connection.ask("PUT", path, said, self.cookie)
            if status == 200:
                self.seconds.append(time.monotonic() - began)
            else:
                self.refused += 1
        await connection.close()

    async def listen(self) -> None:
        """Wait for news again and again, as the page does."""
        connection, version = _Connection(self.url), -1
        try:
            while True:
                path = f"/r/{self.code}/state?since={version}"
                status, _, body = await connection.ask("GET", path, cookie=self.cookie)
                if status != 200:
                    await asyncio.sleep(1.0)
                    continue
                version = json.loads(body)["version"]
                self.n_news += 1
        finally:
            await connection.close()


async def together(telephones: list[Telephone], until: float) -> None:
    """Have all of them rate, evenly one after the other, and hear what is new."""
    listening = [asyncio.create_task(each.listen()) for each in telephones]
    n = len(telephones)
    try:
        await asyncio.gather(
            *(each.rate(until, _EVERY * i / n) for i, each in enumerate(telephones))
        )
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
