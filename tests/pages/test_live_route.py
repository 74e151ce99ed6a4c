"""The live route: who is told what of which runs, driven message by message without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

import recsys_core as rc
from pages.routes import live
from pages.shared import visitor
from pages.shared.chart.assets import LIVE_ROUTE
from recsys_core import runs
from recsys_core.live.messages import VERSION, Refused, Tick
from recsys_core.live.status_lines import short
from recsys_core.runs import Entry, Run, Workspace
from tests.app_harness import forget_everybody, load, new_entry, train, until

_APP = Starlette(routes=[WebSocketRoute(LIVE_ROUTE, live.live)])
_MESSAGE = msgspec.json.Decoder(Tick | Refused)


class Page:
    """What a browser does at the other end, as the server's ASGI messages."""

    def __init__(self) -> None:
        self.scope = {"type": "websocket", "path": LIVE_ROUTE, "headers": [(b"host", b"here")],
                      "query_string": b"", "subprotocols": []}  # fmt: skip
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.got: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.known: dict[str, dict[str, Any]] = {}  # what the tab has, by stream

    async def __aenter__(self) -> Page:
        await self.sent.put({"type": "websocket.connect"})
        self.served = asyncio.create_task(_APP(self.scope, self.sent.get, self.got.put))
        assert (await self.got.get())["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sent.put({"type": "websocket.disconnect", "code": 1001})
        await self.served

    async def say(self, **message: Any) -> None:
        await self.text(json.dumps({"v": VERSION, **message}))

    async def text(self, text: str) -> None:
        await self.sent.put({"type": "websocket.receive", "text": text})

    async def watch(self, ticket: str, *watched: Run, frames: tuple[int, ...] = ()) -> None:
        known = {r.stream: len(self.known.get(r.stream, {}).get("loss", ())) for r in watched}
        main = watched[0].stream if watched else None
        await self.say(kind="watch", ticket=ticket, main=main, runs=known, frames=list(frames))

    async def hear(self) -> Tick | Refused:
        """The next message, taken in as the tab does."""
        message = await self.got.get()
        assert message["type"] == "websocket.send", message
        found = _MESSAGE.decode(message["text"])
        assert found.v == VERSION
        if isinstance(found, Tick):
            for stream, news in found.runs.items():
                here = self.known.setdefault(
                    stream, {"loss": [], "train": [], "validation": [], "frames": [], "said": []}
                )
                for series in ("loss", "train", "validation"):
                    new = getattr(news, series)
                    if new is not None:
                        assert news.from_ <= len(here[series])  # without a gap
                        here[series][news.from_ :] = new
                here["frames"] += [frame.epoch for frame in news.frames or ()]
                here["said"] += [said.epoch for said in news.said or ()]
                here |= {"status": news.status, "best": news.best}
                for once in ("baselines", "map", "before", "after"):
                    if getattr(news, once) is not None:
                        here[once] = getattr(news, once)
        return found

    async def hear_until(self, so: Callable[[], bool]) -> None:
        while not so():
            assert isinstance(await self.hear(), Tick)

    async def refused(self) -> str:
        """Why nothing comes; ticks before it are taken in."""
        while isinstance(found := await self.hear(), Tick):
            pass
        return found.why.id.format(**found.why.values)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Without the pause between messages, which is for eyes."""
    monkeypatch.setattr(live, "_TICK", 0.001)


@pytest.fixture
def world(browser_id) -> Workspace:
    return load(browser_id, rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))


def played(scene: Callable[[], Awaitable[None]]) -> None:
    """Run it; whatever is waited for in vain fails."""

    async def within_a_minute() -> None:
        async with asyncio.timeout(60):
            await scene()

    asyncio.run(within_a_minute())


def all_of(page: Page, run: Run) -> bool:
    return (
        page.known.get(run.stream, {}).get("status") == "finished"
        and "after" in page.known[run.stream]
    )


def test_a_page_hears_of_its_runs_while_they_train_until_they_are_finished(world):
    first = new_entry(world, rc.SGD(n_factors=2, n_epochs=60))
    second = new_entry(world, rc.ALS(n_factors=2, n_epochs=9))

    async def scene() -> None:
        async with Page() as page:
            await page.watch(world.ticket, first.run, second.run)
            await page.hear_until(lambda: len(page.known) == 2)
            assert page.known[first.run.stream]["status"] == "paused"
            first.train()
            second.train()
            await page.hear_until(lambda: all(all_of(page, e.run) for e in (first, second)))
            await page.hear_until(lambda: "map" in page.known[first.run.stream])
            for entry in (first, second):
                known, run = page.known[entry.run.stream], entry.run
                assert known["loss"] == [short(e.loss) for e in run.epochs]
                assert known["train"] == [short(e.train_rmse) for e in run.epochs]
                assert known["validation"] == [short(e.validation_rmse) for e in run.epochs]
                assert known["best"] == run.best_epoch and len(known["baselines"]) == 2
                assert known["said"] == sorted(set(known["said"]))  # each sentence once
            main, beside = (page.known[entry.run.stream] for entry in (first, second))
            assert {0, 60, first.run.best_epoch} <= set(main["frames"]) and main["map"]
            assert beside["frames"] == [] and "map" not in beside
            # All is said now: to nothing new there is no message.
            await page.text("x")
            assert isinstance(await page.hear(), Refused)

    played(scene)


def test_what_a_page_has_already_is_not_sent_again(world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=30))

    async def scene() -> None:
        async with Page() as page:
            await page.watch(world.ticket, run)
            await page.hear_until(lambda: all_of(page, run))
            before = {**page.known[run.stream]}
        page.sent, page.got = asyncio.Queue(), asyncio.Queue()
        async with page:  # the connection was lost, and is there again
            await page.watch(world.ticket, run, frames=tuple(before["frames"]))
            found = await page.hear()
            assert isinstance(found, Tick)
            news = found.runs[run.stream]
            assert (news.from_, news.loss, news.frames) == (31, [], None)
            assert page.known[run.stream]["loss"] == before["loss"]

    played(scene)


def test_one_exact_frame_is_sent_when_it_is_wanted(world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=30))

    async def scene() -> None:
        async with Page() as page:
            await page.watch(world.ticket, run, frames=(30,))  # it has the last, and no other
            await page.hear_until(lambda: all_of(page, run))
            assert 17 not in page.known[run.stream]["frames"]
            await page.say(kind="want", epoch=17)
            await page.hear_until(lambda: 17 in page.known[run.stream]["frames"])
            await page.say(kind="want", epoch=17)  # of very many, a tab lets some go
            found = await page.hear()
            assert [frame.epoch for frame in found.runs[run.stream].frames] == [17]

    played(scene)


@pytest.mark.parametrize("ticket", ["", "x", "é" * 40])
def test_without_a_right_ticket_there_is_a_sentence_and_no_news(world, ticket):
    run = train(world, rc.SGD(n_factors=2, n_epochs=3))

    async def scene() -> None:
        async with Page() as page:
            await page.watch(ticket, run)
            assert await page.refused() == "These runs are not kept any more; reload the page."
            assert page.known == {}
            await page.watch(world.ticket, run)  # the connection lives on
            await page.hear_until(lambda: all_of(page, run))
            await page.watch(ticket, run)  # and what was watched is over
            assert "reload" in await page.refused()

    played(scene)


def test_a_workspace_that_was_freed_is_told_so(world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=3))
    forget_everybody()

    async def scene() -> None:
        async with Page() as page:
            await page.watch(world.ticket, run)
            assert "reload" in await page.refused()

    played(scene)


def test_runs_of_others_are_not_told_of(world):
    mine = train(world, rc.SGD(n_factors=2, n_epochs=3))
    other = load(visitor.new_id(), rc.datasets.music_party())
    theirs: Entry = new_entry(other, rc.SGD(n_factors=2, n_epochs=3))

    async def scene() -> None:
        async with Page() as page:
            await page.watch(world.ticket, theirs.run, mine)
            await page.hear_until(lambda: all_of(page, mine))
            theirs.train()
            await asyncio.to_thread(until, lambda: theirs.run.status == "finished")
            await page.say(kind="want", epoch=0)
            await page.text("x")
            await page.refused()
            assert set(page.known) == {mine.stream}

    played(scene)


def test_an_equal_experiment_is_one_run_for_both_and_a_page_keeps_its_own_ticket(world):
    other = load(visitor.new_id(), rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))
    mine, theirs = (new_entry(space, rc.SGD(n_factors=2, n_epochs=9)) for space in (world, other))
    assert mine.run is theirs.run and world.ticket != other.ticket

    async def scene() -> None:
        async with Page() as one, Page() as two:
            await one.watch(world.ticket, mine.run)
            await two.watch(other.ticket, theirs.run)
            theirs.train()
            for page in (one, two):
                await page.hear_until(lambda page=page: all_of(page, mine.run))

    played(scene)


_GOOD = {"kind": "watch", "ticket": "x", "main": None, "runs": {}, "frames": []}
_MALFORMED = [
    "",
    "{",
    "null",
    "[]",
    "12",
    '"watch"',
    "{}",
    "\ud83d",
    json.dumps(_GOOD),
    json.dumps({**_GOOD, "v": str(VERSION)}),
    json.dumps({**_GOOD, "v": VERSION, "kind": "tick"}),
    json.dumps({**_GOOD, "v": VERSION, "runs": {"x": 1e300}}),
    json.dumps({**_GOOD, "v": VERSION, "frames": 1}),
    json.dumps({**_GOOD, "v": VERSION, "ticket": "x" * 65}),
    json.dumps({**_GOOD, "v": VERSION})[:-1],
    json.dumps({"kind": "want", "epoch": -5, "v": VERSION}),
    json.dumps({"kind": "want", "v": VERSION}),
    json.dumps({**_GOOD, "v": VERSION, "frames": list(range(100_000))}),
]


def test_to_what_has_no_meaning_there_is_a_sentence_and_the_connection_lives_on(world):
    run = train(world, rc.SGD(n_factors=2, n_epochs=3))

    async def scene() -> None:
        async with Page() as page:
            for text in _MALFORMED:
                await page.text(text)
                assert (await page.refused()).startswith("This message has no meaning: "), text
            await page.sent.put({"type": "websocket.receive", "bytes": b"\x00\xff"})
            assert "no meaning" in await page.refused()
            await page.watch(world.ticket, run)
            await page.hear_until(lambda: all_of(page, run))

    played(scene)


@pytest.mark.parametrize("version", [0, VERSION - 1, 99])
def test_a_page_from_before_an_update_is_told_to_reload(world, version):
    async def scene() -> None:
        async with Page() as page:
            await page.say(**{**_GOOD, "ticket": world.ticket, "v": version})
            assert await page.refused() == "Factorscope was updated; reload the page."

    played(scene)


def test_who_leaves_is_told_nothing_more_and_harms_nobody(world, monkeypatch):
    entry = new_entry(world, rc.SGD(n_factors=2, n_epochs=40))
    registry, listening = runs.registry(), []
    listen = registry.listen

    def counted(listener):
        leave = listen(listener)
        listening.append(listener)

        def left():
            leave()
            listening.remove(listener)

        return left

    monkeypatch.setattr(registry, "listen", counted)

    async def scene() -> None:
        async with Page() as gone, Page() as stays:
            for page in (gone, stays):
                await page.watch(world.ticket, entry.run)
                await page.hear()
            assert len(listening) == 2
            entry.train()
            await gone.sent.put({"type": "websocket.disconnect", "code": 1001})
            await gone.served
            assert len(listening) == 1
            await stays.hear_until(lambda: all_of(stays, entry.run))

    played(scene)
    assert listening == []


def test_a_page_that_is_open_keeps_its_workspace(world, monkeypatch):
    entry = new_entry(world, rc.SGD(n_factors=2, n_epochs=5))

    async def scene() -> None:
        async with Page() as page:
            await page.watch(world.ticket, entry.run)
            await page.hear()
            world.touched -= 10_000
            entry.train()
            await page.hear_until(lambda: all_of(page, entry.run))

    monkeypatch.setattr(runs.registry(), "_free_the_forgotten", lambda: None)
    played(scene)
    assert runs.registry().clock() - world.touched < 60
