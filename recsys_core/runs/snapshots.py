"""What a run keeps of its past, thinned when memory asks for it: always the first and the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from recsys_core.training import Checkpoint

Thing = TypeVar("Thing")

# What an object costs beside its arrays.
_OVERHEAD = 2048


class Moment(NamedTuple, Generic[Thing]):
    """One thing kept, and the epoch it belongs to."""

    epoch: int
    thing: Thing
    nbytes: int


class Kept(Generic[Thing]):
    """Things by epoch, oldest first.

    Thinning doubles the stride: the first, every ``stride``-th epoch, and the last are kept, so
    that what remains is spread evenly however often it is thinned.
    """

    def __init__(self) -> None:
        self._moments: list[Moment[Thing]] = []
        self.stride = 1
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._moments)

    def __iter__(self) -> Iterator[Moment[Thing]]:
        return iter(list(self._moments))

    def add(self, epoch: int, thing: Thing) -> None:
        """Keep the latest thing; the one before goes when it was only there for being last."""
        moments = self._moments
        if moments and moments[-1].epoch == epoch:  # the same epoch, seen with other settings
            self.nbytes -= moments[-1].nbytes
            moments = moments[:-1]
        if len(moments) > 1 and moments[-1].epoch % self.stride:
            self.nbytes -= moments[-1].nbytes
            # A new list, never a shorter one: whoever reads it meanwhile is not disturbed.
            moments = moments[:-1]
        size = nbytes(thing) + _OVERHEAD
        self._moments = [*moments, Moment(epoch, thing, size)]
        self.nbytes += size

    def thin(self) -> bool:
        """Let go of about every other one; False when only the first and the last are left."""
        if len(self._moments) <= 2:
            return False
        first, *middle, last = self._moments
        while True:
            self.stride *= 2
            left = [moment for moment in middle if moment.epoch % self.stride == 0]
            if len(left) < len(middle):
                break
        self._moments = [first, *left, last]
        self.nbytes = sum(moment.nbytes for moment in self._moments)
        return True

    def nearest(self, epoch: int) -> Moment[Thing]:
        """The one kept closest to an epoch."""
        return min(self._moments, key=lambda moment: abs(moment.epoch - epoch))

    def at_or_before(self, epoch: int) -> Moment[Thing] | None:
        """The latest one kept that is not past an epoch."""
        return next((m for m in reversed(self._moments) if m.epoch <= epoch), None)

    def until(self, epoch: int) -> Kept[Thing]:
        """A copy that ends at an epoch; the things themselves are shared."""
        copy: Kept[Thing] = Kept()
        copy._moments = [moment for moment in self._moments if moment.epoch <= epoch]
        copy.stride = self.stride
        copy.nbytes = sum(moment.nbytes for moment in copy._moments)
        return copy


def nbytes(thing: Any) -> int:
    """Bytes of all arrays inside: of dicts, sequences, checkpoints, and objects that know."""
    known = getattr(thing, "nbytes", None)
    if isinstance(known, int | np.integer):
        return int(known)
    if isinstance(thing, Checkpoint):
        # The epochs of its history are shared with the run, and as long as the run: not counted,
        # or keeping an epoch would take the longer the more there are.
        return nbytes(thing.state) + nbytes(thing.position["best"])
    if isinstance(thing, dict):
        return sum(map(nbytes, thing.values()))
    if isinstance(thing, list | tuple):
        return sum(map(nbytes, thing))
    return 0
