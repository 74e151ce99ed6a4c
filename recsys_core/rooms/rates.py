"""How often one address may do something: so many times in so many seconds, counted in memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

# Joins a minute, and codes of no room an hour, per address.
JOINS, JOINS_IN = 10, 60.0
WRONG_CODES, WRONG_CODES_IN = 30, 3600.0

# Addresses remembered; those seen longest ago are forgotten first.
_MOST_ADDRESSES = 10_000


class Rate:
    """Counts what each address did in the last ``seconds``; at most ``most`` times are allowed.

    Safe to use from several threads. ``clock`` never goes back (it is no wall clock).
    """

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self.seconds, self.clock = most, seconds, clock
        self._lock = threading.Lock()
        self._when: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until this address may go on; 0 if it may now."""
        with self._lock:
            return self._wait(address)

    def take(self, address: str) -> float:
        """Count one more, if it is allowed (0); else the seconds until it is."""
        with self._lock:
            wait = self._wait(address)
            if not wait:
                self._when.setdefault(address, deque()).append(self.clock())
                self._when.move_to_end(address)
                while len(self._when) > _MOST_ADDRESSES:
                    self._when.popitem(last=False)
            return wait

    def _wait(self, address: str) -> float:
        when, now = self._when.get(address), self.clock()
        if when is None:
            return 0.0
        while when and now - when[0] >= self.seconds:
            when.popleft()
        return 0.0 if len(when) < self.most else self.seconds - (now - when[0])
