"""Snapshots of a run by epoch, thinned when memory is short; the first and the last always stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from recsys_core.models import FittedModel
from recsys_core.training import Checkpoint

Value = TypeVar("Value")

# What an object costs beside its arrays.
_OVERHEAD = 2048

# What holds no arrays.
_PLAIN = {int, float, str, bool, type(None)}

# Arrays by identity: (id, bytes) of each.
Arrays = tuple[tuple[int, int], ...]


class Snapshot(NamedTuple, Generic[Value]):
    """A value kept, the epoch it belongs to, and the arrays it holds."""

    epoch: int
    value: Value
    arrays: Arrays = ()

    @property
    def nbytes(self) -> int:
        """Bytes it holds, whoever else holds them as well."""
        return _OVERHEAD + sum(size for _, size in self.arrays)


class _Account:
    """Bytes of arrays that are held, each array counted once however many values share it."""

    def __init__(self) -> None:
        self.nbytes = 0
        self._times: dict[int, int] = {}  # by array, how many values hold it

    def add(self, arrays: Arrays) -> None:
        times = self._times
        for array, size in arrays:
            held = times.get(array, 0)
            times[array] = held + 1
            if not held:
                self.nbytes += size

    def remove(self, arrays: Arrays) -> None:
        times = self._times
        for array, size in arrays:
            times[array] -= 1
            if not times[array]:
                del times[array]
                self.nbytes -= size


class Snapshots(Generic[Value]):
    """Values by epoch, oldest first.

    Thinning doubles the stride: the first, every ``stride``-th epoch, and the last are kept, so
    that what remains is spread evenly however often it is thinned.

    Values may share arrays with each other and with those of another series (``beside``): there
    ``nbytes`` counts what this series holds and the other does not.
    """

    def __init__(self, beside: Snapshots[Any] | None = None) -> None:
        self._snapshots: list[Snapshot[Value]] = []
        self.stride = 1
        self._beside = beside
        self._account = _Account()  # beside another series: what both hold together
        self._accounts = [self._account]
        if beside is not None:
            beside._accounts.append(self._account)
            for snapshot in beside:
                self._account.add(snapshot.arrays)

    def __len__(self) -> int:
        return len(self._snapshots)

    def __iter__(self) -> Iterator[Snapshot[Value]]:
        return iter(list(self._snapshots))

    @property
    def nbytes(self) -> int:
        """Bytes it holds; beside another series, those that the other does not hold."""
        others = 0 if self._beside is None else self._beside._account.nbytes
        return self._account.nbytes - others + _OVERHEAD * len(self._snapshots)

    def add(self, epoch: int, value: Value) -> None:
        """Keep the latest value; the one before goes when it was only there for being last."""
        snapshots, gone = self._snapshots, []
        if snapshots and snapshots[-1].epoch == epoch:  # the same epoch, seen with other settings
            gone.append(snapshots[-1])
            snapshots = snapshots[:-1]
        if len(snapshots) > 1 and snapshots[-1].epoch % self.stride:
            gone.append(snapshots[-1])
            # A new list, never a shorter one: whoever reads it meanwhile is not disturbed.
            snapshots = snapshots[:-1]
        new = Snapshot(epoch, value, arrays_of(value))
        self._take([new])
        if gone:
            self._snapshots = [*snapshots, new]
            self._let_go(gone)
        else:
            snapshots.append(new)

    def thin(self) -> bool:
        """Drop about every other one; return False when only the first and the last are left."""
        if len(self._snapshots) <= 2:
            return False
        first, *middle, last = self._snapshots
        while True:
            self.stride *= 2
            left = [snapshot for snapshot in middle if snapshot.epoch % self.stride == 0]
            if len(left) < len(middle):
                break
        self._snapshots = [first, *left, last]
        self._let_go(snapshot for snapshot in middle if snapshot.epoch % self.stride)
        return True

    def nearest(self, epoch: int) -> Snapshot[Value]:
        """The one kept closest to an epoch."""
        return min(self._snapshots, key=lambda snapshot: abs(snapshot.epoch - epoch))

    def at_or_before(self, epoch: int) -> Snapshot[Value] | None:
        """The latest one kept that is not past an epoch."""
        return next((m for m in reversed(self._snapshots) if m.epoch <= epoch), None)

    def until(self, epoch: int, beside: Snapshots[Any] | None = None) -> Snapshots[Value]:
        """A copy that ends at an epoch; the values themselves are shared."""
        copy: Snapshots[Value] = Snapshots(beside)
        copy._snapshots = [snapshot for snapshot in self._snapshots if snapshot.epoch <= epoch]
        copy.stride = self.stride
        copy._take(copy._snapshots)
        return copy

    def _take(self, snapshots: Iterable[Snapshot[Value]]) -> None:
        for snapshot in snapshots:
            for account in self._accounts:
                account.add(snapshot.arrays)

    def _let_go(self, snapshots: Iterable[Snapshot[Value]]) -> None:
        for snapshot in snapshots:
            for account in self._accounts:
                account.remove(snapshot.arrays)


def arrays_of(value: Any) -> Arrays:
    """All arrays inside: of fitted models, checkpoints, dicts, sequences, and what knows its size.

    They are told apart by identity, so they have to live as long as the value.
    """
    return tuple([(id(each), each.nbytes) for each in _held(value)])


def _held(value: Any) -> list[Any]:
    if isinstance(value, FittedModel):
        return value.held
    if isinstance(value, Checkpoint):
        # The epochs of its history are those of the run.
        best = value.position["best"]
        return _inside(value.state) + ([] if best is None else _held(best))
    return _inside(value)


def _inside(value: Any) -> list[Any]:
    """Return the parts that have a size in bytes; a fitted model inside (a draw) counts as one."""
    found, left = [], [value]
    while left:  # a loop, since every epoch waits for it
        each = left.pop()
        kind = type(each)
        if kind is np.ndarray:
            found.append(each)
        elif kind in _PLAIN:
            continue
        elif isinstance(each, dict):
            left += each.values()
        elif isinstance(each, (tuple, list)):
            left += each
        elif isinstance(getattr(each, "nbytes", None), int):
            found.append(each)
    return found
