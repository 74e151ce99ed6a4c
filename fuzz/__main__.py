"""``python -m fuzz``: read many files, each in a child of its own, and count what went wrong."""

from __future__ import annotations

import argparse
import collections
import logging
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fuzz.cases import Case, case
from fuzz.formats import FORMATS
from recsys_core.errors import FactorscopeError
from recsys_core.reading import child

# Of computing, so that what else the machine does changes nothing; and until it counts as stuck.
MOST_SECONDS = 10.0
_STUCK = 300.0
MOST_MEMORY = 1 << 30


def fault(a: Case) -> tuple[str | None, str]:
    """What is wrong with how a file was read, None if nothing is; and what came of it."""
    reading = child.start(a.files, None, a.changes, a.what, wait=_STUCK)
    try:
        found = reading.result()
        outcome = "ratings" if a.what == "read" else "draft"
        said = str(getattr(found, "problem", None) or ".")
    except FactorscopeError as error:
        outcome = "refused"
        said = str(error)
    if "\n" in said or not said.endswith("."):
        return f"no sentence: {said[:80]!r}", outcome
    if reading.fault is not None:
        return reading.fault, "died"
    if reading.most_memory > MOST_MEMORY:
        return f"{reading.most_memory >> 20} MiB", outcome
    if reading.cpu_seconds > MOST_SECONDS:
        return "more than 10 s", outcome
    return None, outcome


def keep(a: Case, folder: Path) -> None:
    """Write the files of a case, and what was chosen, into a folder of its own."""
    folder = folder / str(a.number)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in a.files:
        (folder / (Path(name).name or "unnamed")).write_bytes(data)
    (folder / "changes").write_text(repr(a.changes))


def main() -> int:
    """Read files number ``--first`` and on; the exit status is 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=2_000, help="how many files")
    parser.add_argument("--first", type=int, default=0, help="the first file's number")
    parser.add_argument("--form", choices=sorted(FORMATS), help="files of one format alone")
    parser.add_argument("--jobs", type=int, default=1, help="how many are read at once")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--keep", type=Path, help="a folder for the files that went wrong")
    arguments = parser.parse_args()
    logging.getLogger("factorscope").setLevel(logging.ERROR)  # deaths are counted here
    faults: dict[str, list[int]] = collections.defaultdict(list)
    outcomes: collections.Counter[str] = collections.Counter()
    began = time.monotonic()
    n = 0
    ends = math.inf if arguments.seconds is None else began + arguments.seconds

    def tried(number: int) -> tuple[Case, str | None, str] | None:
        if time.monotonic() > ends:
            return None
        a = case(number, arguments.form)
        return a, *fault(a)

    with ThreadPoolExecutor(arguments.jobs) as pool:  # they wait: each file has its own process
        every = range(arguments.first, arguments.first + arguments.n)
        for one in filter(None, pool.map(tried, every)):
            a, found, outcome = one
            n += 1
            outcomes[f"{a.form}: {outcome}"] += 1
            if found is not None:
                faults[found].append(a.number)
                if arguments.keep is not None:
                    keep(a, arguments.keep)
    for what, times in sorted(outcomes.items()):
        print(f"{times:7,}  {what}")
    for place, numbers in sorted(faults.items(), key=lambda pair: -len(pair[1])):
        print(f"{len(numbers):7,}  {place}   files {', '.join(map(str, numbers[:6]))}")
    first = arguments.first
    print(f"{n:,} files ({first} to {first + n - 1}) in {time.monotonic() - began:.0f} s, "
          f"{sum(map(len, faults.values())):,} went wrong")  # fmt: skip
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
