r"""A race: who is ahead depends on what one counts: epochs, seconds, or ratings touched.

>>> from recsys_core.asking.race import Lane, verdict
>>> fast = Lane("fast", (3.0, 1.0, 0.9), (0.0, 2.0, 4.0), touched=100)
>>> slow = Lane("slow", (3.0, 1.5, 1.2, 1.1), (0.0, 0.5, 1.0, 1.5), touched=100)
>>> print(verdict([fast, slow]).values["leads"].values["c0"])
After 2 epochs fast leads with 0.9000 (slow: 1.2000)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from recsys_core import words
from recsys_core.text import Number, Text
from recsys_core.training import is_better

Count = Literal["epochs", "seconds", "touched"]
COUNTS: tuple[Count, ...] = ("epochs", "seconds", "touched")


@dataclass(frozen=True)
class Lane:
    """One run of a race.

    Attributes
    ----------
    name : what it is called.
    errors : validation RMSE, in rating units, by epoch, from epoch 0 (the initial state) on.
    seconds : of computing, from the start of the run to the end of each epoch, likewise.
    touched : ratings read an epoch; each training rating once, or twice where users and items take
        turns.
    single : it learns in one pass: all it comes to is there at its end.
    size : standard deviation of the ratings it was fitted in, in rating units; 1 where in none. By
        it is told what is better by more than noise (``training.is_better``).
    """

    name: str
    errors: Sequence[float]
    seconds: Sequence[float]
    touched: int
    single: bool = False
    size: float = 1.0

    @cached_property
    def kept(self) -> list[float]:
        """By each epoch, the error of the best so far: of the one that would be kept."""
        lowest, kept = math.inf, []
        for error in self.errors:
            if is_better(error, lowest, self.size):
                lowest = error
            kept.append(lowest)
        return kept

    def at(self, count: Count) -> np.ndarray:
        """Where each of its errors stands, counted so, float64, (n,); of a single pass its end."""
        n = len(self.errors)
        if count == "seconds":
            return np.asarray(self.seconds, dtype=np.float64)
        passes = np.ones(n) if self.single else np.arange(n, dtype=np.float64)
        return passes * (self.touched if count == "touched" else 1)

    def end(self, count: Count) -> float:
        """How far it has come, counted so."""
        return float(self.at(count)[-1])

    def reached(self, count: Count, x: float) -> float | None:
        """The error of the best epoch so far at x; None where nothing is there yet."""
        n = int(np.searchsorted(self.at(count), x * (1 + 1e-12), side="right"))
        if self.single:
            return self.errors[-1] if n == len(self.errors) else None
        return self.kept[n - 1] if n else None


def verdict(lanes: Sequence[Lane]) -> Text:
    """Say who leads after as many epochs, seconds and ratings as all have come to, and at last.

    Who leads has the lowest validation RMSE up to there, each of the epoch one would keep. A run in
    one pass is no measure of how far one can compare.
    """
    lanes = [lane for lane in lanes if lane.errors]
    if len(lanes) < 2:
        return Text("A race needs two runs with a validation error.")
    paced = [lane for lane in lanes if not lane.single]
    if not paced or any(lane.end("epochs") < 1 for lane in paced):
        return Text("The race begins once each run has an epoch behind it.")
    # Where an epoch of each reads as many ratings, these say what epochs say.
    same = len({lane.touched for lane in paced}) == 1
    counts = COUNTS[: -1 if same else None]
    found = {}
    for count in counts:
        x = min(lane.end(count) for lane in paced)
        found[count] = x, _standings(lanes, count, x)
    clauses = [
        Text("{after} {leads}", after=_after(count, x), leads=_leads(standings))
        for count, (x, standings) in found.items()
    ]
    leads = Text("; ".join(f"{{c{at}}}" for at in range(len(clauses))) + ".",
                 **{f"c{at}": clause for at, clause in enumerate(clauses)})  # fmt: skip
    at_best = sorted((lane.kept[-1], at) for at, lane in enumerate(lanes))
    (error, first), (its, second) = at_best[:2]
    if {standings[0][0] for _, standings in found.values()} == {lanes[first].name}:
        last = Text("{name} is ahead however one counts.", name=lanes[first].name)
    else:
        last = Text(
            "Each at its best, {name} is ahead with {error} ({second}: {its}).",
            name=lanes[first].name, error=words.error(error),
            second=lanes[second].name, its=words.error(its),
        )  # fmt: skip
    return Text("{leads} {last}", leads=leads, last=last)


def _standings(lanes: Sequence[Lane], count: Count, x: float) -> list[tuple[str, float]]:
    """Who has come to what at x, the lowest first; names and errors."""
    reached = [(lane.reached(count, x), at) for at, lane in enumerate(lanes)]
    found = sorted((error, at) for error, at in reached if error is not None)
    return [(lanes[at].name, error) for error, at in found]


def _after(count: Count, x: float) -> Text:
    if count == "epochs":
        return Text("After {n} epoch", "After {n:,} epochs", n=round(x))
    if count == "seconds":
        return Text("after {seconds}", seconds=_seconds(x))
    return Text("after {ratings} ratings touched", ratings=_millions(x))


def _seconds(x: float) -> str:
    """Seconds with two significant digits at least."""
    if x >= 10:
        return words.duration(x)
    return Number(f"{x:.1f}{_NO_BREAK}s" if x >= 0.1 else f"{x * 1000:.2g}{_NO_BREAK}ms")


_NO_BREAK = "\u00a0"


def _millions(x: float) -> str:
    if x >= 1e6:
        return Text("{number}\u00a0million", number=Number(f"{x / 1e6:.3g}"))
    return Number(f"{x:,.0f}")


def _leads(standings: list[tuple[str, float]]) -> Text:
    name, error = standings[0]
    if len(standings) == 1:
        return Text("{name} leads with {error}", name=name, error=words.error(error))
    return Text(
        "{name} leads with {error} ({second}: {its})",
        name=name, error=words.error(error),
        second=standings[1][0], its=words.error(standings[1][1]),
    )  # fmt: skip
