"""``python -m fuzz``: read many files, each in a child of its own, and count what went wrong."""

from __future__ import annotations

import argparse
import collections
import logging
import sys
import time
from pathlib import Path

from fuzz.cases import Case, case
from fuzz.formats import FORMATS
from recsys_core.errors import FactorscopeError
from recsys_core.reading import child

MOST_SECONDS = 10.0
MOST_MEMORY = 1 << 30


def fault(a: Case) -> tuple[str | None, str]:
    """What is wrong with how a file was read, None if nothing is; and what came of it."""
    began = time.monotonic()
    reading = child.start(a.data, a.name, wait=MOST_SECONDS)
    try:
        reading.result()
        outcome = "ratings"
    except FactorscopeError as error:
        outcome = "refused"
        if "\n" in str(error) or not str(error).endswith("."):
            return f"no sentence: {str(error)[:80]!r}", outcome
    if reading.fault is not None:
        return reading.fault, "died"
    if reading.most_memory > MOST_MEMORY:
        return f"{reading.most_memory >> 20} MiB", outcome
    if time.monotonic() - began > MOST_SECONDS:
        return "more than 10 s", outcome
    return None, outcome


def main() -> int:
    """Read files number ``--first`` and on; the exit status is 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=2_000, help="how many files")
    parser.add_argument("--first", type=int, default=0, help="the first file's number")
    parser.add_argument("--form", choices=sorted(FORMATS), help="files of one format alone")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--keep", type=Path, help="a folder for the files that went wrong")
    arguments = parser.parse_args()
    logging.getLogger("factorscope").setLevel(logging.ERROR)  # deaths are counted here
    faults: dict[str, list[int]] = collections.defaultdict(list)
    outcomes: collections.Counter[str] = collections.Counter()
    began = time.monotonic()
    n = 0
    for number in range(arguments.first, arguments.first + arguments.n):
        a = case(number, arguments.form)
        found, outcome = fault(a)
        n += 1
        outcomes[f"{a.form}: {outcome}"] += 1
        if found is not None:
            faults[found].append(number)
            if arguments.keep is not None:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / f"{number}_{a.name or 'unnamed'}").write_bytes(a.data)
        if arguments.seconds is not None and time.monotonic() - began > arguments.seconds:
            break
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
