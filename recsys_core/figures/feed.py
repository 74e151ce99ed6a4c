"""What a page has already sent to its browser, and what the next tick should bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys_core.figures import frames
from recsys_core.runs import Run

# About how long the frames of one message may be, in bytes: of a tick, and of the first one, which
# brings the past along.
_TICK, _FIRST = 32_000, 160_000
_MOST_FRAMES = 30


class Feed:
    """Ticks for one browser session: the epochs of all runs shown, the frames of the current one.

    A tick says where it starts; a browser in which something is missing asks for everything again,
    and then the page calls ``forget``.
    """

    def __init__(self) -> None:
        self._epochs: dict[str, int] = {}  # how many of a stream were sent
        self._frames: dict[str, int] = {}  # the last frame of a stream that was sent

    def forget(self) -> None:
        """Send everything with the next tick."""
        self._epochs.clear()
        self._frames.clear()

    def tick(self, runs: Sequence[Run], current: Run) -> dict[str, Any]:
        """What is new since the last tick, of the runs shown and the current one."""
        streams = {run.stream: run for run in [*runs, current]}
        return {
            "stream": current.stream,
            "finished": not current.busy,
            "curves": {stream: self._curves(run) for stream, run in streams.items()},
            "frames": self._new_frames(current),
        }

    def _curves(self, run: Run) -> dict[str, Any]:
        start = self._epochs.get(run.stream, 0)
        new = list(run.epochs[start:])
        self._epochs[run.stream] = start + len(new)
        said: dict[str, Any] = {"from": start, "train": [_short(e.train_rmse) for e in new]}
        said["loss"] = [_short(e.loss) for e in new]
        if run.split.validation is not None:
            said["validation"] = [_short(e.validation_rmse) for e in new]
        return said

    def _new_frames(self, run: Run) -> dict[str, Any]:
        first = run.stream not in self._frames
        after = self._frames.get(run.stream, -1)
        kept = [] if run.basis_pending else [m for m in run.frames if m.epoch > after]
        budget = _FIRST if first else _TICK
        most = max(1, budget // frames.frame_bytes(run))
        if not first:
            most = min(most, _MOST_FRAMES)
        chosen = [kept[i] for i in _spread(len(kept), most)]
        if chosen:
            self._frames[run.stream] = chosen[-1].epoch
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
    """Six significant digits: more cannot be seen, and would be sent a hundred times a second."""
    return None if value is None else float(f"{value:.6g}")
