"""Many people training at once: does each see the curve move, and what does it cost the server?

    python -m benchmarks.sessions --sessions 10 --seconds 20
    python -m benchmarks.sessions --sessions 10 --algorithm NeuralMF --data ../data/ml-100k.zip

Starts the real server, opens that many websocket sessions as browsers would (``client.py``), has
all of them train at the same moment, and presses Play again whenever a run is over. A curve moves
when a message brings epochs that the browser had not seen; gaps are counted while its run goes on.
Server and sessions share this machine: other work makes the figures worse, so take the best of
several. The server's own figures are read from /proc, on Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.client import Client, Run

_ROOT = Path(__file__).resolve().parents[1]
_HEAVY = ("torch", "sklearn", "scipy", "numba", "plotly", "pandas", "pyarrow")


# --- the server -----------------------------------------------------------------------------------


@dataclass
class Server:
    """The app as ``make run`` starts it."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def _proc(self, name: str) -> str:
        path = Path(f"/proc/{self.process.pid}/{name}")
        return path.read_text() if path.exists() else ""

    def mib(self) -> float:
        """Resident memory."""
        lines = [line for line in self._proc("status").splitlines() if line.startswith("VmRSS")]
        return int(lines[0].split()[1]) / 1024 if lines else float("nan")

    def cpu(self) -> float:
        """Seconds of computing so far."""
        fields = self._proc("stat").rpartition(")")[2].split()
        if not fields:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def loaded(self) -> list[str]:
        """Heavy libraries of which something compiled is in memory."""
        maps = self._proc("maps")
        return [name for name in _HEAVY if f"/site-packages/{name}/" in maps]


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        command += ["--server.port", str(port), "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1"]
        process = subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=subprocess.STDOUT)
        server = Server(f"http://127.0.0.1:{port}", process, Path(log.name))
        try:
            _wait_for(server)
            yield server
            said = server.log.read_text(errors="replace")
            if "Traceback" in said:
                print(f"The server logged errors:\n{said[-3000:]}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(server: Server) -> None:
    for _ in range(600):
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{server.url}/factorscope/health", timeout=1).close()
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"The server does not answer:\n{server.log.read_text()}")


# --- one person -----------------------------------------------------------------------------------


@dataclass
class Watcher:
    """One person on the Train page, and what of the curve has arrived when."""

    url: str
    began: float = 0.0  # when Play was pressed; 0 while nothing trains
    last: float = 0.0  # when the curve last moved
    shown: tuple[str, int] = ("", 0)  # the run, and the last epoch of its curve
    tick: dict[str, Any] | None = None
    first: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    measuring: bool = False
    n_before: int = 0  # runs of the script before Play
    watched: float = 0.0  # seconds
    button: str = ""

    def __post_init__(self) -> None:
        self.client = Client(self.url, self._arrived)
        self.over = asyncio.Event()

    def _arrived(self, key: str, element: Any) -> None:
        if key == "timeline":
            self.tick = json.loads(element.json)["tick"]
        elif key != "curve":
            return
        if self.tick is None or not self.client.find("curve"):
            return  # there is no chart yet that could move
        stream, finished = self.tick["stream"], self.tick["finished"]
        curve = self.tick["curves"][stream]
        epoch = curve["from"] + len(curve["loss"]) - 1
        if epoch > (self.shown[1] if stream == self.shown[0] else 0):
            self._moved()
        self.shown = (stream, epoch)
        if finished and epoch > 0 and self.began:
            self.began = 0.0
            self.over.set()

    def _moved(self) -> None:
        now = time.monotonic()
        if self.began and self.measuring:
            if self.last < self.began:
                self.first.append(now - self.began)
            else:
                self.gaps.append(now - self.last)
        self.last = now

    def playing(self) -> None:
        """From now on the curve should move."""
        self.over.clear()
        self.began = time.monotonic()

    async def prepare(self, data: str, algorithm: str) -> None:
        """Open the app and go as far as the button that starts the run to be watched."""
        await self.client.open()
        self.button = "go_party"
        if data != "party":
            self.button = "Use and watch a model learn"
            await self.client.press("go_own")
            await self.client.upload("upload", Path(data))
        await self.client.seen(self.button, 120)
        if algorithm == "SGD":
            return
        await self.client.press(self.button)
        await self._play_says("Pause")
        await self.client.press("play")
        await self._play_says("Play")
        await self.client.choose("algorithm_", algorithm)
        self.button = "Start a new run"
        await self.client.until(lambda: self._form().endswith(algorithm), 120, "its settings")

    def _form(self) -> str:
        submit = self.client.find(self.button)
        return submit.element.form_id if submit else ""

    async def go(self, wait: float) -> None:
        """One click from a model that moves, after some seconds."""
        await asyncio.sleep(wait)
        self.measuring, self.n_before = True, len(self.client.runs)
        self.watched = time.monotonic()
        self._playing()
        await self.client.press(self.button)

    def _playing(self) -> None:
        self.over.clear()
        self.began = time.monotonic()

    async def _play_says(self, label: str) -> None:
        def says() -> bool:
            play = self.client.find("play")
            return play is not None and play.element.label == label

        await self.client.until(says, 60, label)

    async def go_on(self, until: float) -> None:
        """Press Play whenever a run is over, until the time is over."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout_at(until):
                while True:
                    await self.over.wait()
                    await self._play_says("Play")
                    self._playing()
                    await self.client.press("play")
        if self.began:  # what was still being waited for
            waited = time.monotonic() - max(self.last, self.began)
            (self.gaps if self.last > self.began else self.first).append(waited)
        self.measuring, self.watched = False, time.monotonic() - self.watched

    def ticks(self) -> list[Run]:
        """The fragments' runs since Play that brought what is new of the curve."""
        runs = self.client.runs[self.n_before :]
        return [run for run in runs if run.fragments and "timeline" in run.keys]


# --- all of them ----------------------------------------------------------------------------------


async def measure(
    server: Server, n: int, seconds: float, within: float, algorithm: str, data: str
) -> None:
    print(f"{n} sessions, {algorithm} on {Path(data).name}, {seconds:g} s after Play", end="; ")
    print(f"load average {os.getloadavg()[0]:.1f}", flush=True)
    lone = Watcher(server.url)
    await lone.client.open()
    await lone.client.seen("go_party")
    await asyncio.sleep(5)  # the kernels warm up meanwhile
    idle, loaded = server.mib(), server.loaded()
    await lone.client.close()

    watchers = [Watcher(server.url) for _ in range(n)]
    for watcher in watchers:
        await watcher.prepare(data, algorithm)
    before, computed = server.mib(), server.cpu()
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(w.go(within * i / n) for i, w in enumerate(watchers)))
    await asyncio.gather(*(watcher.go_on(began + seconds) for watcher in watchers))
    took = asyncio.get_running_loop().time() - began
    computed, after = server.cpu() - computed, server.mib()

    print(_table(watchers))
    print(f"server: {idle:.0f} MiB with one idle session (loaded: {', '.join(loaded)}),")
    print(f"  {before:.0f} MiB before Play, {after:.0f} MiB after;")
    print(f"  {computed / took:.2f} of {os.cpu_count()} cores")
    for watcher in watchers:
        await watcher.client.close()


def _table(watchers: list[Watcher]) -> str:
    """One line a session, and one for all."""
    head = ("session", "moves", "gap", "worst", "first", "ticks", "answer", "worst", "kB",
            "most", "kB/s", "dropped")  # fmt: skip
    lines = [_line(str(i + 1), [watcher]) for i, watcher in enumerate(watchers)]
    lines.append(_line("all", watchers))
    return "\n".join("".join(f"{cell:>9}" for cell in line) for line in [head, *lines])


def _line(name: str, watchers: list[Watcher]) -> tuple[str, ...]:
    gaps = [gap for w in watchers for gap in w.gaps]
    first = [wait for w in watchers for wait in w.first]
    ticks = [run for w in watchers for run in w.ticks()]
    answers = [run.seconds for run in ticks if run.seconds is not None]
    sizes = [run.n_bytes / 1000 for run in ticks]
    everything = sum(run.n_bytes for w in watchers for run in w.client.runs[w.n_before :])
    seconds = sum(w.watched for w in watchers)
    return (
        name,
        str(len(gaps) + len(first)),
        f"{_median(gaps):.2f} s", f"{max(gaps, default=0):.2f} s",
        f"{max(first, default=0):.2f} s",
        str(len(ticks)),
        f"{_median(answers):.2f} s", f"{max(answers, default=0):.2f} s",
        f"{_median(sizes):.1f}", f"{max(sizes, default=0):.1f}",
        f"{everything / 1000 / seconds:.1f}",
        str(sum(w.client.dropped for w in watchers)),
    )  # fmt: skip


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20, help="how long to watch")
    parser.add_argument("--within", type=float, default=0, help="all press Play in this time")
    parser.add_argument("--algorithm", choices=("SGD", "ALS", "PMF", "NeuralMF"), default="SGD")
    parser.add_argument("--data", default="party", help="party, or a file to upload")
    asked = parser.parse_args()
    with serving() as server:
        asyncio.run(
            measure(
                server, asked.sessions, asked.seconds, asked.within, asked.algorithm, asked.data
            )
        )


if __name__ == "__main__":
    main()
