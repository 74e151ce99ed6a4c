"""What a run keeps of its past, thinned when memory asks for it: always the first and the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from recsys_core.training import Checkpoint

Value = TypeVar("Value")

# What an object costs beside its arrays.
_OVERHEAD = 2048


class Snapshot(NamedTuple, Generic[Value]):
    """A value kept, and the epoch it belongs to."""

    epoch: int
    value: Value
    nbytes: int


class Snapshots(Generic[Value]):
    """Values by epoch, oldest first.

    Thinning doubles the stride: the first, every ``stride``-th epoch, and the last are kept, so
    that what remains is spread evenly however often it is thinned.
    """

    def __init__(self) -> None:
        self._snapshots: list[Snapshot[Value]] = []
        self.stride = 1
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._snapshots)

    def __iter__(self) -> Iterator[Snapshot[Value]]:
        return iter(list(self._snapshots))

    def add(self, epoch: int, value: Value) -> None:
        """Keep the latest value; the one before goes when it was only there for being last."""
        snapshots = self._snapshots
        if snapshots and snapshots[-1].epoch == epoch:  # the same epoch, seen with other settings
            self.nbytes -= snapshots[-1].nbytes
            snapshots = snapshots[:-1]
        if len(snapshots) > 1 and snapshots[-1].epoch % self.stride:
            self.nbytes -= snapshots[-1].nbytes
            # A new list, never a shorter one: whoever reads it meanwhile is not disturbed.
            snapshots = snapshots[:-1]
        size = nbytes(value) + _OVERHEAD
        self._snapshots = [*snapshots, Snapshot(epoch, value, size)]
        self.nbytes += size

    def thin(self) -> bool:
        """Let go of about every other one; False when only the first and the last are left."""
        if len(self._snapshots) <= 2:
            return False
        first, *middle, last = self._snapshots
        while True:
            self.stride *= 2
            left = [snapshot for snapshot in middle if snapshot.epoch % self.stride == 0]
            if len(left) < len(middle):
                break
        self._snapshots = [first, *left, last]
        self.nbytes = sum(snapshot.nbytes for snapshot in self._snapshots)
        return True

    def nearest(self, epoch: int) -> Snapshot[Value]:
        """The one kept closest to an epoch."""
        return min(self._snapshots, key=lambda snapshot: abs(snapshot.epoch - epoch))

    def at_or_before(self, epoch: int) -> Snapshot[Value] | None:
        """The latest one kept that is not past an epoch."""
        return next((m for m in reversed(self._snapshots) if m.epoch <= epoch), None)

    def until(self, epoch: int) -> Snapshots[Value]:
        """A copy that ends at an epoch; the values themselves are shared."""
        copy: Snapshots[Value] = Snapshots()
        copy._snapshots = [snapshot for snapshot in self._snapshots if snapshot.epoch <= epoch]
        copy.stride = self.stride
        copy.nbytes = sum(snapshot.nbytes for snapshot in copy._snapshots)
        return copy


def nbytes(value: Any) -> int:
    """Bytes of all arrays inside: of dicts, sequences, checkpoints, and objects that know."""
    known = getattr(value, "nbytes", None)
    if isinstance(known, int | np.integer):
        return int(known)
    if isinstance(value, Checkpoint):
        # The epochs of its history are shared with the run, and as long as the run: not counted,
        # or keeping an epoch would take the longer the more there are.
        return nbytes(value.state) + nbytes(value.position["best"])
    if isinstance(value, dict):
        return sum(map(nbytes, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(nbytes, value))
    return 0
