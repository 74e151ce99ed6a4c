"""People who come, train and leave for an hour: does the server give their memory back?

    make soak                                                    # an hour
    python -m benchmarks.soak --minutes 8 --at-once 4
    python -m benchmarks.soak --minutes 1 --at-once 3 --data "data=movielens&data.release=1m"

Starts the real server. Some visitors at once come as browsers do (``client.py``), each as somebody
new: they train a model, go from page to page, and leave without a word; the next one comes. So that
an hour is enough, what somebody left is forgotten sooner than usual (``--freed-after``).

The server's resident memory is read every few seconds, on Linux only. The level is the median of a
quarter of the time; it passes (exit status 0) if the last quarter's is within a tenth of the first
one's. A first while is not counted, in which the server fills: libraries are loaded, kernels made,
and nobody is forgotten yet. At the end all have left, and what stays is read once more.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.client import Client
from benchmarks.sessions import LARGE, Asked, Server, Watcher, serving, together

# The data and models of visitors in turn.
_TURNS = (("party", "SGD"), (LARGE, "ALS"), (LARGE, "SGD"), ("party", "PMF"))
_EPOCHS = 200

_EVERY = 2.0  # seconds between two looks at memory
_WITHIN = 0.1  # what the level may change by


@dataclass
class Level:
    """Resident memory over time.

    ``looks`` holds seconds since the beginning, and MiB.
    """

    looks: list[tuple[float, float]] = field(default_factory=list)

    def quarters(self, first: float, last: float) -> list[float]:
        """The medians of the four quarters of a time, in MiB."""
        quarter = (last - first) / 4
        return [
            statistics.median(
                mib
                for at, mib in self.looks
                if first + i * quarter <= at <= first + (i + 1) * quarter
            )
            for i in range(4)
        ]


@dataclass
class Soaked:
    """What is asked for, and how it went."""

    seconds: float
    at_once: int
    stay: float
    data: str
    freed_after: float
    level: Level = field(default_factory=Level)
    n_came: int = 0
    n_lost: int = 0

    @property
    def not_counted(self) -> float:
        """Seconds at the beginning in which the server fills."""
        return min(2 * self.freed_after + self.stay, self.seconds / 3)


async def soak(server: Server, asked: Soaked) -> bool:
    """Have visitors come and go; print how memory went; whether it kept its level."""
    began = time.monotonic()
    looking = asyncio.create_task(_look(server, asked.level, began))
    turns = itertools.cycle([(asked.data, "SGD")] if asked.data else _TURNS)
    await asyncio.gather(*(_visitors(server, asked, began, i, turns) for i in range(asked.at_once)))
    full = asked.level.looks[-1][1]
    print("all have left; what they had is forgotten soon …", flush=True)
    await asyncio.sleep(2.5 * asked.freed_after + 10)
    looking.cancel()
    quarters = asked.level.quarters(asked.not_counted, asked.seconds)
    change = quarters[-1] / quarters[0] - 1
    print(f"{asked.n_came} visitors, {asked.at_once} at once; {asked.n_lost} lost their connection")
    print("median of each quarter: " + ", ".join(f"{mib:.0f}" for mib in quarters) + " MiB")
    print(f"from the first quarter to the last: {change:+.1%}")
    print(f"{full:.0f} MiB when the last one left, {server.mib():.0f} MiB after all was forgotten")
    return abs(change) <= _WITHIN and not asked.n_lost


async def _look(server: Server, level: Level, began: float) -> None:
    said = 0.0
    while True:
        now = time.monotonic() - began
        level.looks.append((now, server.mib()))
        if now >= said:
            said += 60.0
            print(f"{now / 60:5.1f} min {level.looks[-1][1]:8.0f} MiB", flush=True)
        await asyncio.sleep(_EVERY)


async def _visitors(
    server: Server,
    asked: Soaked,
    began: float,
    place: int,
    turns: itertools.cycle[tuple[str, str]],
) -> None:
    """One after the other, until the time is over."""
    await asyncio.sleep(asked.stay * place / asked.at_once)
    while (left := asked.seconds - (time.monotonic() - began)) > 0:
        asked.n_came += 1
        seed, (data, algorithm) = asked.n_came, next(turns)
        watcher = Watcher(server.url, lambda turn, seed=seed: 1000 * seed + turn)  # type: ignore[misc]
        try:
            await watcher.prepare(data, algorithm, _EPOCHS)
            await together([watcher], Asked(1, min(asked.stay, left)))
            asked.n_lost += watcher.dropped
        except (ConnectionError, TimeoutError, LookupError) as error:
            print(f"a visitor on {data} lost the server: {error!r}", flush=True)
            asked.n_lost += 1
        await watcher.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; the exit status says whether memory kept its level."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--at-once", type=int, default=4, help="visitors at the same time")
    parser.add_argument("--stay", type=float, default=30.0, help="seconds of each visitor")
    parser.add_argument("--data", default="", help="a link's text that names data, for all")
    parser.add_argument(
        "--freed-after", type=float, default=60.0,
        help="seconds after which what somebody left is forgotten",
    )  # fmt: skip
    given = parser.parse_args(argv)
    asked = Soaked(60 * given.minutes, given.at_once, given.stay, given.data, given.freed_after)
    with serving(freed_after=asked.freed_after) as server:

        async def both() -> bool:
            lone = Client(server.url, lambda key, element: None)
            await lone.open()
            await lone.seen("go_party")
            await lone.close()
            await asyncio.sleep(10)  # the kernels warm up meanwhile
            print(f"{server.mib():.0f} MiB before anybody trained", flush=True)
            return await soak(server, asked)

        return 0 if asyncio.run(both()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
