"""What a page has already sent to its browser, and what the next tick should bring."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from recsys_core.figures import frames
from recsys_core.runs import Run

# About how long the frames of one message may be, in bytes: of a tick, and of the first one, which
# brings the past along.
_TICK, _FIRST = 32_000, 160_000
_MOST_FRAMES = 30

# Of two messages within this time a browser may draw the second alone, in seconds.
_SKIPPED_WITHIN = 0.5


class _Sent(NamedTuple):
    """What had been sent at some time, by stream: how many epochs, and the last frame's epoch."""

    at: float
    epochs: dict[str, int]
    frames: dict[str, int]


class Feed:
    """Ticks for one browser session: the epochs of all runs shown, the frames of the current one.

    A tick says where it starts; a browser in which something is missing asks for everything again,
    and then the page calls ``forget``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Send everything with the next tick."""
        self._sent = [_Sent(-np.inf, {}, {})]

    def tick(self, runs: Sequence[Run], current: Run) -> dict[str, Any]:
        """What is new of the runs shown and the current one, since what has surely arrived."""
        now = self._clock()
        arrived = [sent for sent in self._sent if sent.at <= now - _SKIPPED_WITHIN]
        self._sent = [*arrived[-1:], *(sent for sent in self._sent if sent not in arrived)]
        since = self._sent[0]
        sent = _Sent(now, dict(since.epochs), dict(since.frames))
        self._sent.append(sent)
        streams = {run.stream: run for run in [*runs, current]}
        return {
            "stream": current.stream,
            "finished": not current.busy,
            "curves": {stream: _epochs(run, sent.epochs) for stream, run in streams.items()},
            "frames": _frames(current, sent.frames),
        }


def _epochs(run: Run, sent: dict[str, int]) -> dict[str, Any]:
    start = sent.get(run.stream, 0)
    new = list(run.epochs[start:])
    sent[run.stream] = start + len(new)
    said: dict[str, Any] = {"from": start, "loss": [_short(e.loss) for e in new]}
    if new and new[0].train_rmse is not None:
        said["train"] = [_short(e.train_rmse) for e in new]
    if new and new[0].validation_rmse is not None:
        said["validation"] = [_short(e.validation_rmse) for e in new]
    return said


def _frames(run: Run, sent: dict[str, int]) -> dict[str, Any]:
    first = run.stream not in sent
    after = sent.get(run.stream, -1)
    kept = [] if run.basis_pending else [m for m in run.frames if m.epoch > after]
    most = max(1, (_FIRST if first else _TICK) // frames.frame_bytes(run))
    if not first:
        most = min(most, _MOST_FRAMES)
    chosen = [kept[i] for i in _spread(len(kept), most)]
    if chosen:
        sent[run.stream] = chosen[-1].epoch
    packed = [frames.frame(run, moment.epoch, moment.thing) for moment in chosen]
    return {"after": after, "list": packed}


def _spread(n: int, most: int) -> list[int]:
    """At most ``most`` of n positions, evenly spread, the last always among them."""
    if n <= most:
        return list(range(n))
    if most == 1:
        return [n - 1]
    return np.unique(np.rint(np.linspace(0, n - 1, most)).astype(int)).tolist()


def _short(value: float | None) -> float | None:
    """Six significant digits: more cannot be seen."""
    return None if value is None else float(f"{value:.6g}")
