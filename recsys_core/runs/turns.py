"""Whose turn it is: each visitor gets the same share of the worker, however much they have going.

    share = round / visitors            seconds of one round, ``ROUND`` in all
    used  = seconds worked so far       per visitor; who begins starts level with the least

In a round each visitor's things are worked on in turn, for a share together. One step can take
longer than a share: whoever has used ``AHEAD`` more than the least waits until others have had as
much. What several want counts for each of them as if it were
the only one's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

ROUND = 0.3  # all visitors together are visited about this often; shares shrink when there are many
SLICE = 0.05  # the longest on one thing at a time
_SHORTEST = 0.01  # shorter slices are mostly overhead: then fewer things have a turn in a round
AHEAD = 0.3  # so much more than the least a visitor may have used, all in all


class Work(Protocol):
    """Something to be worked on: a run, a sweep, a study, jobs."""

    def work(self, seconds: float) -> None:
        """Work on it for about ``seconds``."""


class Turns:
    """Gives turns to what visitors want done, round by round."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: dict[str, float] = {}  # seconds, of those who have something going
        self._next: dict[str, int] = {}  # how many turns their things have had

    def round(self, wanted: Mapping[str, Sequence[Work]]) -> None:
        """One round over what each visitor wants done: never empty lists."""
        least = min((self._used[who] for who in wanted if who in self._used), default=0.0)
        self._used = {who: max(self._used.get(who, least), least) for who in wanted}
        self._next = {who: self._next.get(who, 0) for who in wanted}
        seconds: dict[Work, float] = {}
        for who, things in wanted.items():
            if self._used[who] - least > AHEAD:
                continue
            for thing, each in self._turn_of(who, things, ROUND / len(wanted)):
                seconds[thing] = max(seconds.get(thing, 0.0), each)
        for thing, each in seconds.items():
            begun = self._clock()
            thing.work(each)
            spent = self._clock() - begun
            for who, things in wanted.items():
                if thing in things:
                    self._used[who] += spent

    def _turn_of(self, who: str, things: Sequence[Work], share: float) -> list[tuple[Work, float]]:
        """Which of a visitor's things have a turn in this round, and for how many seconds each."""
        shortest = min(share, _SHORTEST)
        each = min(max(share / len(things), shortest), SLICE)
        n = min(max(int(share / each + 1e-9), 1), len(things))
        begin, self._next[who] = self._next[who], self._next[who] + n
        return [(things[(begin + at) % len(things)], each) for at in range(n)]
