"""What reading one file may cost, spent while it is unpacked and decoded, not looked up afterwards.

    with opened(Budget(memory=GiB, seconds=60)):
        read_ratings("ratings.zip")

Whoever unpacks or decodes a piece says so before the next one: ``now().spend(said, memory=n)``, or
``now().take(said, row)`` where its cells are Python objects.
Sizes that a file states about itself are never enough: they may be wrong, by mistake or on purpose.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from recsys_core.reading.limits import MAX_BYTES, MAX_CELLS, MAX_LABEL, MAX_LABELS
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text

# Cells of all kinds: MAX_ROWS rows of user, item, rating and time.
_MOST_CELLS = max(MAX_CELLS, 200_000_000)
# Bytes of a cell that is a Python object, beside its letters: the object, and its place in a list.
_OBJECT = 70


class Budget:
    """How much memory, time, cells and labels are left for one file.

    Parameters
    ----------
    memory : bytes that may be unpacked and decoded, all together.
    seconds : how long it may take; None: as long as it likes.
    cells, labels : how many cells may be read; how many users and items there may be.
    told : called with (stage, share) as reading goes on: a word such as "unpack", and how much of
        this stage is done, 0 to 1, None where nobody can tell.
    """

    def __init__(
        self,
        memory: int = MAX_BYTES,
        seconds: float | None = None,
        cells: int = _MOST_CELLS,
        labels: int = MAX_LABELS,
        told: Callable[[str, float | None], None] | None = None,
    ) -> None:
        self.memory, self.cells, self.labels = memory, cells, labels
        self._most = (memory, cells, labels)
        self._seconds = seconds
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._told = told
        self.queries = 0.0  # seconds of computing that databases have taken

    def spend(self, said: str, *, memory: int = 0, cells: int = 0, labels: int = 0) -> None:
        """Take this much away, for the file called ``said``.

        Raises
        ------
        ReadError
            If there is not as much left, or the time is over; one sentence says which.
        """
        self.memory -= memory
        self.cells -= cells
        self.labels -= labels
        most_memory, most_cells, most_labels = self._most
        if self.memory < 0:
            raise unreadable(
                Text(
                    "{said} takes more than {most:,.0f} MB once it is unpacked; bring a part of "
                    "it.",
                    said=said,
                    most=most_memory / 1e6,
                )
            )
        if self.cells < 0:
            raise unreadable(
                Text(
                    "{said} has more than {most:,} cells, more than fit; bring a part of it.",
                    said=said,
                    most=most_cells,
                )
            )
        if self.labels < 0:
            raise unreadable(
                Text(
                    "{said} has more than {most:,} users and items, more than fit; bring a part of "
                    "it, or choose other columns for user and item.",
                    said=said,
                    most=most_labels,
                )
            )
        if self._ends is not None and time.monotonic() > self._ends:
            raise unreadable(
                Text(
                    "{said} takes longer than {seconds:,.0f} seconds to read; bring a part of it.",
                    said=said,
                    seconds=self._seconds,
                )
            )

    def take(self, said: str, row: Iterable[Any]) -> None:
        """Spend a row of cells that are held as Python objects."""
        cells = [cell for cell in row if cell is not None]
        texts = sum(len(cell) for cell in cells if isinstance(cell, str | bytes))
        self.spend(said, memory=_OBJECT * len(cells) + texts, cells=len(cells))

    @property
    def seconds(self) -> float:
        """Seconds that are left."""
        return math.inf if self._ends is None else max(0.0, self._ends - time.monotonic())

    def at(self, stage: str, share: float | None = None) -> None:
        """Say how far reading is, to whoever waits for it."""
        if self._told is not None:
            self._told(stage, share)


_NOW: ContextVar[Budget | None] = ContextVar("budget", default=None)


def now() -> Budget:
    """The budget of the file that is read; a fresh one where none was opened."""
    return _NOW.get() or Budget()


@contextmanager
def opened(budget: Budget) -> Iterator[Budget]:
    """Have everything inside spend from this budget."""
    before = _NOW.set(budget)
    try:
        yield budget
    finally:
        _NOW.reset(before)


@contextmanager
def shared() -> Iterator[Budget]:
    """Have everything inside spend from one budget: the one that is open, else a fresh one."""
    with opened(now()) as budget:
        yield budget


def check_labels(labels: Any, what: str) -> None:
    """Spend the distinct labels of users or items (``what``), and look at their length.

    ``labels`` are distinct, (n,), text or anything else.

    Raises
    ------
    ReadError
        If there are too many, or one is longer than ``MAX_LABEL`` characters.
    """
    now().spend("the file", labels=len(labels))
    longest = max((len(label) for label in labels if isinstance(label, str)), default=0)
    if longest > MAX_LABEL:
        raise unreadable(
            Text(
                "A {what} has a label of {n_given:,} characters or more, which is no id and no "
                "name (at most {most:,}); choose another column.",
                what=what,
                n_given=longest,
                most=MAX_LABEL,
            )
        )
