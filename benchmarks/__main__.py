"""Our models beside other libraries, in one run on one machine and one split: ``make bench``.

    python -m benchmarks --data-sets 100k 1m            # some 30 minutes
    python -m benchmarks --data-sets 10m                # as much again
    python -m benchmarks --systems SGD LIBMF --quick    # a try: nothing is written

How accurate the models are over many splits is measured by ``benchmarks.accuracy``; ``make bench``
does both, and writes the documents.

Random 90/10 split with seed 0, k = 32, two threads, settings from ``settings.json`` (chosen on a
validation part of the training set by ``benchmarks.tune``, for us and for them alike); fits are
warm and fit time alone is counted. Peers are installed into ``.bench`` when they are missing; one
that cannot be is in the table with the reason. Results go to ``benchmarks/results``, and
``python -m benchmarks.report`` prints them again. Each call is a run with an id, and ratios are
made within one run only: a part measured again is shown apart.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import recsys_core as rc
from benchmarks import data, report, runs
from benchmarks.measuring import Arena, Line, measured
from benchmarks.systems import System, chosen, settings_for


def lines_of(data_set: str, systems: list[System], quick: bool) -> list[Line]:
    """Measure each system on a data set, explicit feedback first."""
    train, test = data.split(data.ratings(data_set))
    lines = []
    for implicit in (False, True):
        here = [s for s in systems if (s.family == "implicit") is implicit]
        if not here:
            continue
        with Arena(train, test, implicit) as arena:
            for system in here:
                began = time.monotonic()
                if data_set in system.skip:
                    line = Line.of(system, failed="left out at this size: too slow")
                elif system.ours and not hasattr(rc, system.fixed["model"]):
                    line = Line.of(system, failed="not part of this version")
                else:
                    settings, tuned = settings_for(system, data_set)
                    line = measured(system, data_set, arena, settings, tuned, quick)
                lines.append(line)
                took = f"({time.monotonic() - began:.0f} s)"
                print(f"  {report.sentence(line)} {took}", flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data-sets", nargs="+", choices=tuple(data.NAMES), default=["100k", "1m"])
    parser.add_argument("--systems", nargs="+", help="words of their names; all by default")
    parser.add_argument("--quick", action="store_true", help="one fit each, nothing written")
    parser.add_argument("--data", type=Path, help="folder of the zips")
    asked = parser.parse_args()
    data.use(asked.data)
    about = runs.about()
    for data_set in asked.data_sets:
        try:
            ratings = data.ratings(data_set)
        except FileNotFoundError as error:
            print(f"{error}: skipped.")
            continue
        print(f"{data.NAMES[data_set]}: {len(ratings):,} ratings", flush=True)
        lines = lines_of(data_set, chosen(asked.systems), asked.quick)
        if not asked.quick:  # one fit, perhaps the first, is no result to keep
            report.write(data_set, len(ratings), about, lines)
            print(report.markdown(data_set), flush=True)


if __name__ == "__main__":
    main()
