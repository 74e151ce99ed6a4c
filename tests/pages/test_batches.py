"""What a script says reaches the event loop whole and in order, in few turns of the loop."""

from __future__ import annotations

import asyncio
import logging
import threading

from streamlit.runtime import runtime

from pages.routes import batches


class Session:
    """As much of Streamlit's session as hands over events."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.taken, self.n_calls = loop, [], 0

    def _call_soon_on_event_loop(self, callback):
        self.n_calls += 1
        self.loop.call_soon_threadsafe(callback)

    def _handle_scriptrunner_event_on_event_loop(self, sender, event=None):
        if event == "bad":
            raise ValueError(sender)
        self.taken.append((sender, event))


def test_events_of_several_threads_arrive_each_once_and_in_their_order():
    async def all_of_them() -> Session:
        session = Session(asyncio.get_running_loop())

        def speak(name: str) -> None:
            for i in range(2000):
                batches._leave(session, name, event=i)

        threads = [threading.Thread(target=speak, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        while len(session.taken) < 4000:  # taken while others are left
            await asyncio.sleep(0)
        return session

    session = asyncio.run(asyncio.wait_for(all_of_them(), 60))
    for name in "ab":
        assert [event for sender, event in session.taken if sender == name] == list(range(2000))
    assert len(session.taken) == 4000


def test_what_is_left_while_the_loop_is_busy_takes_one_turn_and_a_bad_event_spoils_no_other(caplog):
    async def left() -> Session:
        session = Session(asyncio.get_running_loop())
        for event in ("first", "bad", "last"):
            batches._leave(session, None, event=event)
        await asyncio.sleep(0)
        assert session.n_calls == 1
        batches._leave(session, None, event="later")
        await asyncio.sleep(0)
        return session

    with caplog.at_level(logging.ERROR):
        session = asyncio.run(left())
    assert [event for _, event in session.taken] == ["first", "last", "later"]
    assert session.n_calls == 2 and "could not be handled" in caplog.text


def test_sending_messages_on_gives_no_turns_but_waits_for_time(monkeypatch):
    monkeypatch.setattr(runtime, "asyncio", runtime.asyncio)
    monkeypatch.setattr(batches.AppSession, "_on_scriptrunner_event", None)
    batches.hand_over_in_batches()

    async def turns() -> list[str]:
        said: list[str] = []
        asyncio.get_running_loop().call_soon(said.append, "another")
        await runtime.asyncio.sleep(0)
        said.append("this one")
        await runtime.asyncio.sleep(0.001)
        return said

    assert asyncio.run(turns()) == ["this one", "another"]
    assert runtime.asyncio.wait is asyncio.wait
