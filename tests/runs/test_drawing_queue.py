"""Who draws a page now, and who waits."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from recsys_core import runs
from recsys_core.runs.drawing_queue import DrawingQueue


def _comes(
    turns: DrawingQueue, name: str, log: list[str], may_end: threading.Event
) -> threading.Thread:
    def draw() -> None:
        turn = turns.begin()
        log.append(name)
        may_end.wait(30)
        turns.end(turn)

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    return thread


def _until(so: Callable[[], bool]) -> None:
    ticks = threading.Event()
    for _ in range(3000):
        if so():
            return
        ticks.wait(0.01)
    raise AssertionError("it never came about")


def test_who_comes_first_is_served_first_and_never_more_than_so_many_at_once():
    turns, log = DrawingQueue(at_once=1, patience=60.0), []
    ends = [threading.Event() for _ in range(4)]
    threads = []
    for i, end in enumerate(ends):
        threads.append(_comes(turns, str(i), log, end))
        _until(lambda i=i: len(turns._waiting) == i and log == ["0"])  # it has its place in line
    for i, end in enumerate(ends):
        assert log == [str(j) for j in range(i + 1)]
        end.set()
        threads[i].join(30)
        _until(lambda i=i: len(log) == min(i + 2, 4))
    assert turns._free == 1 and not turns._waiting


def test_who_has_waited_long_enough_goes_on_and_takes_nobody_s_turn():
    turns, log = DrawingQueue(at_once=1, patience=0.01), []
    slow, quick = threading.Event(), threading.Event()
    first = _comes(turns, "slow", log, slow)
    _until(lambda: log == ["slow"])
    second = _comes(turns, "quick", log, quick)
    _until(lambda: log == ["slow", "quick"])
    quick.set()
    second.join(30)
    assert turns._free == 0 and not turns._waiting, "the first still has its turn"
    slow.set()
    first.join(30)
    assert turns._free == 1


def test_a_page_that_fails_ends_its_turn():
    server = runs.Registry(threaded=False)
    server._queue = DrawingQueue(at_once=1, patience=60.0)
    for _ in range(2):
        with contextlib.suppress(RuntimeError), server.drawing():
            with server.drawing():  # a part of it
                assert server._queue._free == 0
            raise RuntimeError("of a page")
    assert server._queue._free == 1 and server._n_drawing == 0
