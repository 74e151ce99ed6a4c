"""A server as those who run it for others know it: numbers, log, stop, and below a path."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest

from benchmarks.client import Client, Live
from recsys_core.experiments.store import Store
from tests.browser.conftest import free_port, serving
from tests.browser.helpers import PATIENCE, becomes

pytestmark = pytest.mark.slow

HOSTILE = "Zoë O'Hostile <b>&amp;"


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


def numbers(url: str) -> dict[str, float]:
    """The metrics, read as Prometheus does."""
    found = {}
    for line in get(f"{url}/factorscope/metrics").splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) factorscope_\w+ .+|factorscope_\w+ [\d.e+]+", line), (
            line
        )
        if not line.startswith("#"):
            name, value = line.split(" ")
            found[name.removeprefix("factorscope_")] = float(value)
    return found


class Visitor:
    """A browser that has a run trained on a file with a hostile label, and watches it."""

    def __init__(self, url: str) -> None:
        self.client = Client(url, self.arrived)
        self.live = Live(self.client, lambda tick, n_bytes: None)

    def arrived(self, key: str, element: object) -> None:
        if key == "view":
            self.live.watch(json.loads(element.json)["live"])

    async def train(self, file: Path) -> None:
        await self.client.open("data")
        await self.client.choose("data_source", "Upload")
        await self.client.upload("upload", file)
        await self.client.press("Use these ratings")
        await self.client.seen("data_forget", PATIENCE)
        await self.client.visit("train", PATIENCE)
        await self.client.quiet()
        await self.client.enter(self.client.find("n_epochs_").key, 1_000_000)
        await self.client.quiet()
        await self.client.enter(self.client.find("patience_").key, 1_000_000)
        await self.client.quiet()
        await self.client.press("start_new")

    async def moves(self, epoch: int) -> int:
        """The newest epoch that was told, once it is at least this one."""
        async with asyncio.timeout(PATIENCE):
            while (at := self.live.known[self.live.main or ""].epoch) < epoch:
                await asyncio.sleep(0.05)
        return at


def test_numbers_log_and_stop_of_a_server_at_work(tmp_path: Path):
    rows = "".join(f"{HOSTILE} {n % 17},Secret song {n * 7 % 11},{1 + n % 5}\n" for n in range(150))
    file = tmp_path / "Hostile class.csv"
    file.write_text(f"user,item,rating\n{rows}", encoding="utf-8")
    log, database = tmp_path / "log.txt", f"sqlite:///{tmp_path}/runs.db"
    shown = 0

    async def at_work() -> None:
        nonlocal shown
        visitor = Visitor(server.url)
        await visitor.train(file)
        await visitor.moves(5)
        counted = await asyncio.to_thread(numbers, server.url)
        assert counted["sessions"] == counted["workspaces"] == counted["runs_training"] == 1
        assert counted["epochs_total"] >= 5 and counted["database_trouble"] == 0
        assert counted["memory_bytes"] > 50e6
        shown = await visitor.moves(visitor.live.known[visitor.live.main].epoch + 1)
        await asyncio.to_thread(get, f"{server.url}/train?user=Hostile")
        os.kill(server.pid, signal.SIGTERM)
        await asyncio.wait_for(visitor.client._listening, PATIENCE)  # its socket is closed
        await visitor.live.close()
        await visitor.client.close()

    with serving(free_port(), log, database, FACTORSCOPE_LOG="json") as server:
        asyncio.run(at_work())
        becomes(lambda: "has stopped" in log.read_text(), True)
    [kept] = Store(database).runs()
    assert kept.epoch >= shown and len(Store(database).epochs(kept.course)) == kept.epoch + 1
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    said = [json.loads(line)["message"] for line in lines if "message" in line]
    assert "Factorscope has started." in said and "Factorscope has stopped." in said
    for private in ("Hostile", "Zo", "Secret", "127.0.0.1", "factorscope=", kept.owner):
        assert private not in "".join(lines)
