"""Many people training at once: does each see the curve move, and what does it cost the server?

    python -m benchmarks.sessions --sessions 30 --seconds 20
    python -m benchmarks.sessions --sessions 30 --same --json
    python -m benchmarks.sessions --algorithm NeuralMF --data ../shared/data/ml-100k.zip
    python -m benchmarks.sessions --sessions 30 --seconds 600 --telephones 40 --bare

Starts the real server, opens that many sessions as browsers would (``client.py``), each with its
live connection, and has all of them press Play at the same moment: “Start a new run” on Train,
each with its own seed, so that thirty runs are thirty trainings; with ``--same`` all have one seed,
and so one run that all watch. They train on Robbie's party, or with ``--same``, where it would be
over at once, on generated ratings of the size of MovieLens 100k. When a run is over, the next one
is started with the next seed.
Meanwhile each session goes to another page every four seconds, back to Train every other time, the
sessions evenly one after the other; the live connection stays open and the run goes on.

What is measured, in seconds:

first move : from pressing Play to the first message of the live route with which an epoch after
    the initial state of this very run is known, and a frame of such an epoch. It holds the redraw
    of the page, since Play brings a new run into view, and the page's new wish to the live route.
gap : between two messages that bring new epochs of the run in view, while it trains. (Before there
    was a live route it was between two updates of the curve by polling; both say how long a curve
    stands still.) A wait that is not over at the end counts as far as it went.
page : from asking for another page until the script has finished.

With ``--telephones 40`` a class rates in a room beside them (``telephones.py``); how long it takes
until a rating is acknowledged, that is, committed to the database. With ``--beside FILE`` one more
session, which is not measured, trains on a large file all the time. With ``--bare`` the same number
of sessions then go to and fro between two pages of a Streamlit app that has next to nothing on them
(``bare_page.py``): what of it all is Streamlit's own.

A tick is a message of the live route. Server and sessions share this machine: other work makes the
figures worse, so take the best of several. The server's own figures are read from /proc, on Linux
only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks import telephones
from benchmarks.client import Client, Live, Run
from benchmarks.telephones import Telephone
from recsys_core.live.messages import Tick
from recsys_core.models import MODELS

_ROOT = Path(__file__).resolve().parents[1]

# Generated ratings of the size of MovieLens 100k, as a link says them.
LARGE = (
    "data=low_rank&data.n_users=943&data.n_items=1682&data.n_factors=8&data.density=0.063"
    "&data.noise=0.5"
)

# The pages that a session goes to in turn.
_PAGES = ("predictions", "train", "latent", "train", "recommend", "train", "data", "train")
_PAGE_EVERY = 4.0

# So long the app without content is looked at: a minute tells as much as ten.
_BARE_SECONDS = 60.0

# A room's code, and how many things are rated in it.
Room = tuple[str, int]

# Algorithms with a curve to watch.
_WATCHABLE = tuple(name for name in MODELS.algorithms if name != "ItemKNN")

# No early stopping: more epochs than any run has.
_PATIENT = 10_000_000

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


def computed_by_all() -> float:
    """Seconds of computing so far of everything on this machine."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return float("nan")
    user, nice, system, _idle, _waiting, *interrupts = map(int, stat.read_text().split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


# Started so, the server forgets what people leave, and sessions that were closed, sooner.
_FORGETFUL = """
import sys
import pages.routes, pages.routes.tidying as tidying, recsys_core.runs
sys.modules["recsys_core.runs.registry"].FREED_AFTER = tidying.EVERY = float(sys.argv.pop(1))
from streamlit.web.cli import main
main(prog_name="streamlit")
"""


@contextlib.contextmanager
def serving(
    script: str = "app.py",
    freed_after: float | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """Serve an app on a port of its own; nothing is kept unless ``environment`` says where.

    What people leave it forgets after ``freed_after`` seconds.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        command = [sys.executable, "-m", "streamlit"]
        if freed_after is not None:
            command = [sys.executable, "-c", _FORGETFUL, str(freed_after)]
        command += ["run", script]
        command += ["--server.port", str(port), "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1"]
        if freed_after is not None:
            command += ["--server.disconnectedSessionTTL", str(int(freed_after))]
        variables = {
            **os.environ, "FACTORSCOPE_DB": "none", "MALLOC_ARENA_MAX": "2", **environment,
        }  # fmt: skip
        process = subprocess.Popen(
            command, cwd=_ROOT, stdout=log, stderr=subprocess.STDOUT, env=variables
        )
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
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1).close()
            return
        if server.process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"The server does not answer:\n{server.log.read_text()}")


# --- one person -----------------------------------------------------------------------------------


@dataclass
class Watcher:
    """One person, and what of the curve has arrived when.

    ``seed_of`` gives the seed of the run of each round, the first of which is 0.
    """

    url: str
    seed_of: Callable[[int], int] = lambda turn: turn
    clock: Callable[[], float] = time.monotonic
    began: float = 0.0  # when Play was pressed; 0 while nothing is waited for
    last: float = 0.0  # when the curve last moved
    before: str | None = None  # the run in view when Play was pressed
    shown: int = 0  # the last epoch of the curve
    first: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)  # bytes
    pages: list[Run] = field(default_factory=list)
    n_before: int = 0  # runs of the script before Play
    watched: float = 0.0  # seconds
    page: str = "train"
    turn: int = 0
    measuring: bool = False
    lost: bool = False

    def __post_init__(self) -> None:
        self.client = Client(self.url, self._arrived)
        self.live = Live(self.client, self._told)
        self.over = asyncio.Event()

    @property
    def dropped(self) -> bool:
        """Whether a connection was lost, or an answer never came."""
        return self.lost or self.client.dropped or self.live.dropped

    def _arrived(self, key: str, element: Any) -> None:
        if key == "view":
            self.live.watch(json.loads(element.json)["live"])

    def _told(self, tick: Tick, n_bytes: int) -> None:
        if self.measuring:
            self.ticks.append(n_bytes)
        main = self.live.main
        news = tick.runs.get(main or "")
        if news is None or main is None or main == self.before:
            return
        known = self.live.known[main]
        drawn = max(known.frames, default=0) > 0
        if self.began and known.epoch > self.shown and (drawn or self.shown):
            self.shown = known.epoch
            self._moved()
        if self.began and self.shown and news.status in ("finished", "failed"):
            self.began = 0.0
            self.over.set()

    def _moved(self) -> None:
        now = self.clock()
        if self.measuring:
            if self.last < self.began:
                self.first.append(now - self.began)
            else:
                self.gaps.append(now - self.last)
        self.last = now

    def playing(self) -> None:
        """From now on the curve of another run than the one in view should move."""
        self.over.clear()
        self.before, self.shown = self.live.main, 0
        self.began = self.clock()

    async def prepare(self, data: str, algorithm: str, epochs: int) -> None:
        """Open the app and go as far as the button that starts the run to be watched."""
        if Path(data).exists():
            await self.client.open("data")
            await self.client.choose("data_source", "Upload")
            await self.client.upload("upload", Path(data))
            await self.client.press("Use these ratings")
            await self.client.seen("data_forget", 120)
            await self.client.visit("train", 120)
        else:
            await self.client.open("train", data if "=" in data else f"data={data}")
            await self.client.seen("start_new", 120)
        await choose_algorithm(self.client, algorithm)
        await self._enter("n_epochs", epochs)
        await self._enter("patience", _PATIENT)
        await self._enter("seed", self.seed_of(0))

    async def _enter(self, name: str, number: int) -> None:
        await self.client.quiet()
        if self.client.find(f"{name}_") is not None:
            await self.client.enter(f"{name}_", number)
            await self.client.quiet()

    async def go(self, wait: float) -> None:
        """Press Play, after some seconds."""
        await asyncio.sleep(wait)
        self.measuring, self.n_before = True, len(self.client.runs)
        self.watched = self.clock()
        self.playing()
        await self.client.press("start_new")

    async def go_on(self, until: float, wait: float) -> None:
        """Go from page to page, and start the next run when one is over, until the time is over."""
        due = asyncio.get_running_loop().time() + wait
        try:
            while (now := asyncio.get_running_loop().time()) < until:
                try:
                    async with asyncio.timeout(min(due, until) - now):
                        await self.over.wait()
                except TimeoutError:
                    if due < until:
                        due += _PAGE_EVERY
                        await self._next_page()
                else:
                    await self._again()
        except (ConnectionError, TimeoutError):
            self.lost = True
        if self.began:  # what was still being waited for
            waited = self.clock() - max(self.last, self.began)
            (self.gaps if self.last > self.began else self.first).append(waited)
        self.measuring, self.watched = False, self.clock() - self.watched

    async def _next_page(self) -> None:
        self.page = _PAGES[len(self.pages) % len(_PAGES)]
        self.pages.append(await self.client.visit(self.page))

    async def _again(self) -> None:
        if self.page != "train":
            self.page = "train"
            await self.client.visit("train")
        self.turn += 1
        await self._enter("seed", self.seed_of(self.turn))
        self.playing()
        await self.client.press("start_new")

    async def close(self) -> None:
        """Leave."""
        await self.live.close()
        await self.client.close()


async def choose_algorithm(client: Client, algorithm: str) -> None:
    """On Train: choose an algorithm, and wait for its settings."""
    await client.quiet()
    pills = await client.seen("algorithm_")
    number = pills.key.removeprefix("algorithm_")
    title = pills.element.options[MODELS.algorithms.index(algorithm)].content
    await client.choose(pills.key, title)
    fields = f"_{number}_{algorithm}"
    await client.until(
        lambda: any(widget.key.endswith(fields) for widget in client.widgets), 120, "its settings"
    )
    await client.quiet()


# --- all of them ----------------------------------------------------------------------------------


@dataclass
class Asked:
    """What is to be measured; the fields are the command's options."""

    sessions: int = 10
    seconds: float = 20.0
    within: float = 0.0
    algorithm: str = "SGD"
    data: str = ""
    epochs: int = 2000
    same: bool = False
    telephones: int = 0
    beside: str = ""
    bare: bool = False

    def __post_init__(self) -> None:
        self.data = self.data or (LARGE if self.same else "party")

    def seed_of(self, session: int) -> Callable[[int], int]:
        """The seeds of the runs of a session, by round."""
        # From 1: with 0 a run may be the one that is there before Play.
        return lambda turn: 1 + (turn if self.same else turn * self.sessions + session)


async def measure(server: Server, asked: Asked, room: Room) -> dict[str, float | int | None]:
    """Print what is found; return the figures of ``--json``."""
    print(
        f"{asked.sessions} sessions, {asked.algorithm} on {Path(asked.data).name}, "
        f"{asked.epochs:,} epochs{' of one run for all' if asked.same else ''}, "
        f"{asked.seconds:g} s after Play; load average {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    lone = Watcher(server.url)
    await lone.client.open()
    await lone.client.seen("go_party")
    await asyncio.sleep(5)  # the kernels warm up meanwhile
    idle, loaded = server.mib(), server.loaded()
    await lone.close()

    n = asked.sessions
    watchers = [Watcher(server.url, asked.seed_of(i)) for i in range(n)]
    for watcher in watchers:
        await watcher.prepare(asked.data, asked.algorithm, asked.epochs)
    phones = [Telephone(server.url, *room, number) for number in range(asked.telephones)]
    await asyncio.gather(*(phone.join() for phone in phones))
    other = await _beside(server, asked)
    before, computed, own = server.mib(), server.cpu(), time.process_time()
    everything = computed_by_all()
    began = time.monotonic()
    until = asyncio.get_running_loop().time() + asked.seconds
    ratings = asyncio.create_task(telephones.together(phones, until))
    await together(watchers, asked)
    await ratings
    took = time.monotonic() - began
    computed, own = server.cpu() - computed, time.process_time() - own
    others = computed_by_all() - everything - computed - own
    after = server.mib()

    print(table(watchers))
    print(by_page(watchers))
    print(by_telephone(phones))
    print(f"server: {idle:.0f} MiB with one idle session (loaded: {', '.join(loaded)}),")
    print(f"  {before:.0f} MiB before Play, {after:.0f} MiB after;")
    print(
        f"  {computed / took:.2f} of {os.cpu_count()} cores, the sessions {own / took:.2f}, "
        f"others {max(others, 0.0) / took:.2f}"
    )
    if other is not None:
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
    for watcher in watchers:
        await watcher.close()
    return figures(watchers, after) | figures_of(phones)


async def _beside(server: Server, asked: Asked) -> asyncio.Task[None] | None:
    """One more session that trains on a file, run after run, until it is cancelled."""
    if not asked.beside:
        return None
    watcher = Watcher(server.url, lambda turn: turn + 1)
    await watcher.prepare(asked.beside, "SGD", asked.epochs)

    async def train() -> None:
        try:
            await watcher.go(0.0)
            while True:
                await watcher.over.wait()
                await watcher._again()
        finally:
            await watcher.close()

    return asyncio.create_task(train())


async def measure_bare(server: Server, asked: Asked) -> dict[str, float | int | None]:
    """The same sessions, going to and fro between two pages of an app with nothing on them."""
    clients = [Client(server.url, lambda key, element: None) for _ in range(asked.sessions)]
    for client in clients:
        await client.open()
        await client.quiet()
    until = asyncio.get_running_loop().time() + min(asked.seconds, _BARE_SECONDS)
    runs: list[Run] = []

    async def go(client: Client, wait: float) -> None:
        due = asyncio.get_running_loop().time() + wait
        for page in itertools.cycle(("two", "")):
            if due >= until:
                return
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            due += _PAGE_EVERY
            runs.append(await client.visit(page))

    waits = [_PAGE_EVERY * (i + 1) / len(clients) for i in range(len(clients))]
    await asyncio.gather(*(go(c, wait) for c, wait in zip(clients, waits, strict=True)))
    mib = server.mib()
    for client in clients:
        await client.close()
    seconds = [run.seconds for run in runs if run.seconds is not None]
    p50, p95 = _rounded(seconds, 50), _rounded(seconds, 95)
    print(f"a bare Streamlit page: {p50} s, 95 % within {p95} s; server {mib:.0f} MiB")
    return {"bare_page_p50_s": p50, "bare_page_p95_s": p95, "bare_rss_mib": round(mib, 1)}


async def together(watchers: list[Watcher], asked: Asked) -> None:
    """Have all that are prepared press Play, and watch until the time is over."""
    until = asyncio.get_running_loop().time() + asked.seconds
    n = len(watchers)
    await asyncio.gather(*(w.go(asked.within * i / n) for i, w in enumerate(watchers)))
    waits = [_PAGE_EVERY * (i + 1) / n for i in range(n)]
    await asyncio.gather(*(w.go_on(until, wait) for w, wait in zip(watchers, waits, strict=True)))


def figures(watchers: list[Watcher], mib: float) -> dict[str, float | int | None]:
    """The figures of ``--json``; None where nothing was measured."""
    first = [wait for w in watchers for wait in w.first]
    gaps = [gap for w in watchers for gap in w.gaps]
    pages = _page_seconds(watchers)
    return {
        "first_move_worst_s": _rounded(first, 100),
        "gap_p50_s": _rounded(gaps, 50),
        "gap_worst_s": _rounded(gaps, 100),
        "page_p50_s": _rounded(pages, 50),
        "page_p95_s": _rounded(pages, 95),
        "dropped": sum(w.dropped for w in watchers),
        "rss_mib": None if np.isnan(mib) else round(mib, 1),
    }


def figures_of(phones: list[Telephone]) -> dict[str, float | int | None]:
    """What ``--json`` says of the telephones."""
    seconds = [each for phone in phones for each in phone.seconds]
    return {
        "ratings": len(seconds),
        "rating_p50_s": _rounded(seconds, 50),
        "rating_p95_s": _rounded(seconds, 95),
        "ratings_refused": sum(phone.refused for phone in phones),
    }


def by_telephone(phones: list[Telephone]) -> str:
    """How long it took until a rating was acknowledged."""
    if not phones:
        return "no telephones"
    seconds = [1000 * each for phone in phones for each in phone.seconds]
    p50, p95, p99, worst = (float(np.percentile(seconds, q)) for q in (50, 95, 99, 100))
    return (
        f"{len(phones)} telephones: {len(seconds):,} ratings acknowledged in {p50:.0f} ms at the "
        f"median, {p95:.0f} ms at 95 %, {p99:.0f} ms at 99 %, worst {worst:.0f} ms; "
        f"{sum(phone.refused for phone in phones)} refused; "
        f"{sum(phone.n_news for phone in phones):,} times something new was told"
    )


def _page_seconds(watchers: list[Watcher]) -> list[float]:
    return [run.seconds for w in watchers for run in w.pages if run.seconds is not None]


def _rounded(values: list[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 3) if values else None


def table(watchers: list[Watcher]) -> str:
    """One line a session, and one for all."""
    head = ("session", "moves", "first", "gap", "worst", "ticks", "kB", "most",
            "pages", "p50", "p95", "kB", "kB/s", "dropped")  # fmt: skip
    lines = [_line(str(i + 1), [watcher]) for i, watcher in enumerate(watchers)]
    lines.append(_line("all", watchers))
    return "\n".join("".join(f"{cell:>9}" for cell in line) for line in [head, *lines])


def by_page(watchers: list[Watcher]) -> str:
    """How long each page took: the median, and the longest."""
    seconds: dict[str, list[float]] = {}
    for watcher in watchers:
        for i, run in enumerate(watcher.pages):
            if run.seconds is not None:
                seconds.setdefault(_PAGES[i % len(_PAGES)], []).append(run.seconds)
    told = (
        f"{page} {statistics.median(took):.2f} s (worst {max(took):.2f} s)"
        for page, took in seconds.items()
    )
    return f"pages: {', '.join(told) or 'none'}"


def _line(name: str, watchers: list[Watcher]) -> tuple[str, ...]:
    gaps = [gap for w in watchers for gap in w.gaps]
    first = [wait for w in watchers for wait in w.first]
    ticks = [n_bytes / 1000 for w in watchers for n_bytes in w.ticks]
    pages = _page_seconds(watchers)
    sizes = [run.n_bytes / 1000 for w in watchers for run in w.pages]
    script = sum(run.n_bytes for w in watchers for run in w.client.runs[w.n_before :]) / 1000
    seconds = sum(w.watched for w in watchers)

    def shown(values: list[float], share: float, pattern: str = "{:.2f} s") -> str:
        return pattern.format(np.percentile(values, share)) if values else "–"

    def mean(values: list[float]) -> str:
        return f"{statistics.mean(values):.1f}" if values else "–"

    return (
        name,
        str(len(gaps) + len(first)),
        shown(first, 100), shown(gaps, 50), shown(gaps, 100),
        str(len(ticks)), mean(ticks), shown(ticks, 100, "{:.1f}"),
        str(len(pages)), shown(pages, 50), shown(pages, 95), mean(sizes),
        f"{(script + sum(ticks)) / seconds:.1f}" if seconds else "–",
        str(sum(w.dropped for w in watchers)),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sessions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Asked()
    parser.add_argument("--sessions", type=int, default=usual.sessions)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="how long to watch")
    parser.add_argument(
        "--within", type=float, default=usual.within, help="all press Play in this time"
    )
    parser.add_argument("--algorithm", choices=_WATCHABLE, default=usual.algorithm)
    parser.add_argument(
        "--data", default="", help="party, a link's text that names data, or a file"
    )
    parser.add_argument("--epochs", type=int, default=usual.epochs, help="of each run")
    parser.add_argument("--same", action="store_true", help="all train one run")
    parser.add_argument(
        "--telephones", type=int, default=0, help="so many rate in a room, once a second"
    )
    parser.add_argument("--beside", default="", help="a file that one more session trains on")
    parser.add_argument("--bare", action="store_true", help="then a Streamlit app without content")
    parser.add_argument(
        "--json", action="store_true", help="the last line is the main figures as JSON"
    )
    given = vars(parser.parse_args())
    as_json = given.pop("json")
    asked = Asked(**given)
    with tempfile.TemporaryDirectory() as folder:
        url, room = f"sqlite:///{folder}/room.db", ("", 0)
        environment: dict[str, str] = {}
        if asked.telephones:
            room = telephones.open_room(url)
            # All join within seconds, and from one address.
            environment |= {"FACTORSCOPE_DB": url, "FACTORSCOPE_LIMITS": telephones.LIMITS}
        with serving(environment=environment) as server:
            found = asyncio.run(measure(server, asked, room))
    if asked.bare:
        with serving("benchmarks/bare_page.py") as server:
            found |= asyncio.run(measure_bare(server, asked))
    if as_json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
