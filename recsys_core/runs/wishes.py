"""The epochs up to which a run should be trained, and the measured time per epoch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable
from weakref import WeakKeyDictionary


class Wishes:
    """The epoch up to which each one who looks at a run wants it trained.

    The furthest wish counts: one who pauses does not stop the others. A wish ends with its ``who``.
    """

    def __init__(self) -> None:
        self._until: WeakKeyDictionary[Hashable, int] = WeakKeyDictionary()
        self._lock = threading.Lock()  # held for no more than a look: pages ask often

    def note(self, who: Hashable, until: int) -> None:
        """Note a wish; it replaces the last one of the same ``who``."""
        with self._lock:
            self._until[who] = until

    def of(self, who: Hashable) -> int:
        """The epoch up to which ``who`` wants it trained."""
        with self._lock:
            return self._until.get(who, 0)

    @property
    def furthest(self) -> int:
        """The epoch up to which anybody wants it trained."""
        with self._lock:
            return max(self._until.values(), default=0)


class Pace:
    """How long an epoch takes, others' work in between included: a mean over the latest eight."""

    def __init__(self) -> None:
        self._ended: float | None = None  # when the last epoch ended, while more are wanted
        self._took: deque[float] = deque(maxlen=8)  # from the end of one to the end of the next

    def note(self, now: float, goes_on: bool) -> None:
        """An epoch ended now, in seconds; ``goes_on``: the next one follows at once."""
        if self._ended is not None:
            self._took.append(now - self._ended)
        self._ended = now if goes_on else None

    def rest(self) -> None:
        """Stop counting: the time until the next epoch is waiting, not training."""
        self._ended = None

    @property
    def seconds(self) -> float | None:
        """Seconds an epoch takes; None until one is known."""
        took = list(self._took)
        return sum(took) / len(took) if took else None
