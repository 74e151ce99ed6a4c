"""Who draws a page now, and who waits."""

from __future__ import annotations

import threading
from collections import deque

# So many pages are drawn at once, others wait for their turn, but not longer than so many seconds:
# one of them may wait for a file. Python runs one thread at a time. Thirty threads that take turns
# at it are all done at the very end, and each time that one lets go of it, it comes last.
_PAGES_AT_ONCE, _PATIENCE = 2, 2.0


class DrawingQueue:
    """Who comes first is served first, a few at once; who waited for long enough goes on anyway."""

    def __init__(self, at_once: int = _PAGES_AT_ONCE, patience: float = _PATIENCE) -> None:
        self._lock = threading.Lock()
        self._free, self._patience = at_once, patience
        self._waiting: deque[threading.Event] = deque()

    def begin(self) -> threading.Event:
        """Wait for a turn; ``end`` takes what is returned."""
        called = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                called.set()
            else:
                self._waiting.append(called)
        called.wait(self._patience)
        return called

    def end(self, called: threading.Event) -> None:
        """Let the next one have it."""
        with self._lock:
            if not called.is_set():
                self._waiting.remove(called)  # it went on without
            elif self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
