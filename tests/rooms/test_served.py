"""Rooms on a real server: killed while forty write, and a simulated class over HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recsys_core.experiments.store_errors import VARIABLE
from recsys_core.rooms.simulated import HEADER
from tests.browser.conftest import free_port
from tests.rooms.writers import Telephone, Writer

ROOT = Path(__file__).resolve().parents[2]
SECRET = "known to this test and to its server"


class Teacher(Telephone):
    """Whoever does what the page Room does, in the same process."""

    def teach(self, what: str, *given: Any) -> Any:
        status, found = self.ask("POST", "/teach", {"do": what, "with": list(given)})
        assert status == 200, found
        return found


@contextlib.contextmanager
def serving(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server of rooms, once it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.rooms.serve", str(port), SECRET],
        cwd=ROOT,
        env={**os.environ, VARIABLE: f"sqlite:///{folder}/rooms.db"},
    )
    try:
        until(lambda: Telephone(port).ask("GET", "/r/ABCDEF/state")[0] in (404, 429))
        yield process
    finally:
        process.kill()
        process.wait(30)


def until(condition: Any) -> None:
    """Wait for a condition; a server that does not answer yet does not meet it."""
    ends = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            if condition():
                return
        assert time.monotonic() < ends, "it does not come"
        time.sleep(0.02)


@pytest.mark.slow
def test_what_was_acknowledged_is_there_after_kill_9_while_forty_write(tmp_path):
    port = free_port()
    with serving(port, tmp_path) as server:
        teacher = Teacher(port)
        code, _ = teacher.teach("open")
        teacher.teach("go_to", code, "rating")
        writers = [Writer(port, code, number, 24, secret=SECRET) for number in range(40)]
        for writer in writers:
            writer.start()
        until(lambda: all(writer.n >= 10 for writer in writers))
        os.kill(server.pid, signal.SIGKILL)
        for writer in writers:
            writer.ends.set()
            writer.join(30)
    counted = 0
    with serving(port, tmp_path):
        for writer in writers:
            status, state = writer.telephone.ask("GET", f"/r/{code}/state")
            assert status == 200 and state["member"]["number"] == writer.number
            there = {each["item"]: (each["seq"], each["value"]) for each in state["answers"]}
            for item, (seq, value) in writer.acknowledged.items():
                counted += 1
                # The same, or a later one that was kept and could not be acknowledged any more.
                assert there[item] == (seq, value) or there[item][0] > seq
            # And it goes on where it was.
            said = [{"item": 0, "value": 5, "seq": writer.seq + 1}]
            assert writer.telephone.ask("PUT", f"/r/{code}/answers", said)[0] == 200
            state = writer.telephone.ask("GET", f"/r/{code}/state")[1]
            assert state["answers"][0] == {"item": 0, "value": 5.0, "seq": writer.seq + 1}
    assert counted >= 400


@pytest.mark.slow
def test_a_simulated_class_plays_a_whole_room(tmp_path):
    port = free_port()
    with serving(port, tmp_path):
        teacher = Teacher(port)
        code, token = teacher.teach("open")
        assert teacher.ask("POST", f"/r/{code}/teacher", {"token": token})[0] == 200

        def board() -> Any:
            return teacher.ask("GET", f"/r/{code}/board")[1]

        teacher.teach("simulate", code, 0.1)
        until(lambda: board()["n_members"] >= 20)  # far more than ten a minute
        assert board()["n_ratings"] == 0
        teacher.teach("go_to", code, "rating")
        until(lambda: board()["n_members"] == 30 and board()["n_ratings"] > 350)
        until(lambda: board()["map"] is not None)
        teacher.teach("go_to", code, "locked")
        until(lambda: board()["n_guesses"] == 180)
        teacher.teach("go_to", code, "reveal")
        scores = board()["scores"]
        assert (scores["n_pairs"], scores["n_members"]) == (180, 30)
        assert scores["model"] < scores["mean"]  # they have tastes, and it found them
        until(lambda: not teacher.teach("is_simulated", code))


@pytest.mark.slow
def test_a_server_that_is_to_stop_does_not_wait_for_held_requests(tmp_path):
    port = free_port()
    with serving(port, tmp_path) as server:
        code, _ = Teacher(port).teach("open")
        telephone = Telephone(port, **{HEADER: SECRET})
        telephone.ask("POST", f"/r/{code}/join", {"nickname": "Ada"})
        version = telephone.ask("GET", f"/r/{code}/state")[1]["version"]
        answers: list[int] = []

        def hold() -> None:
            answers.append(telephone.ask("GET", f"/r/{code}/state?since={version}")[0])

        held = threading.Thread(target=hold, daemon=True)
        held.start()
        # A second one of the same telephone has the first answered: so that one is held by then.
        other = Telephone(port, **telephone.headers)
        second = threading.Thread(
            target=lambda: other.ask("GET", f"/r/{code}/state?since={version}"), daemon=True
        )
        second.start()
        held.join(30)
        assert answers == [200]
        server.terminate()
        server.wait(15)  # a request is held for 25 seconds
        second.join(30)
