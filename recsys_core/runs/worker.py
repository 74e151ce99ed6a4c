"""The one thread that trains: it takes turns while there is something to do, else it sleeps."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from recsys_core.kernels.threads import work_behind_others
from recsys_core.runs.drawing_queue import DrawingQueue

log = logging.getLogger("factorscope")

_AFTER_FAILURE = 0.5  # seconds until the next turn
_GIVES_WAY = 0.01  # the longest wait before an epoch while pages are drawn, in seconds


class Worker(ABC):
    """A thread that calls ``turn`` again and again; a subclass defines what a turn does.

    Attributes
    ----------
    clock : seconds; replaced in tests, which then call ``turn`` themselves (``threaded=False``).
    lock : held while what others read is changed.
    n_epochs : epochs trained in runs, since the start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, threaded: bool = True) -> None:
        self.clock = clock
        self.lock = threading.Condition(threading.RLock())
        self.n_epochs = 0
        self._threaded = threaded
        self._worker: threading.Thread | None = None
        self._woken = False
        self._pages = threading.Condition()
        self._n_drawing = 0
        self._queue = DrawingQueue()
        self._drawer = threading.local()
        self._listeners: set[Callable[[], None]] = set()

    @abstractmethod
    def turn(self) -> float | None:
        """One round; returns when the next is needed (on the clock), or None: never."""

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, by the worker, after each of its turns; returns how to end it."""
        with self.lock:
            self._listeners.add(listener)

        def leave() -> None:
            with self.lock:
                self._listeners.discard(listener)

        return leave

    def wake(self) -> None:
        """Wake the worker, which may have something to do."""
        with self.lock:
            self._woken = True
            if self._threaded and (self._worker is None or not self._worker.is_alive()):
                self._worker = threading.Thread(target=self._work, name="trainer", daemon=True)
                self._worker.start()
            self.lock.notify_all()

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        """Make training, and other pages, wait while a page is drawn, so that it comes sooner.

        Python runs one thread at a time: thirty pages asked for at once came after seconds, the
        worker's short epochs between them. A part of a page belongs to its page.
        """
        if getattr(self._drawer, "turn", None) is not None:
            yield
            return
        with self._pages:
            self._n_drawing += 1
        self._drawer.turn = self._queue.begin()
        try:
            yield
        finally:
            self._queue.end(self._drawer.turn)
            self._drawer.turn = None
            with self._pages:
                self._n_drawing -= 1
                self._pages.notify_all()

    def give_way(self) -> None:
        """Wait while pages are drawn, for a limited time, so that training still advances."""
        with self._pages:
            self._pages.wait_for(lambda: self._n_drawing == 0, _GIVES_WAY)

    def _work(self) -> None:
        work_behind_others()  # pages and messages come first
        while True:
            with self.lock:
                self._woken = False
            try:
                due = self.turn()
            except Exception:  # whatever it was, those who train go on
                log.exception("A turn of the worker failed.")
                due = self.clock() + _AFTER_FAILURE
            with self.lock:
                if not self._woken:
                    wait = None if due is None else due - self.clock()
                    if wait is None or wait > 0:
                        self.lock.wait(wait)
