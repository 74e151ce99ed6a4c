"""Run again what a receipt says, and compare.

    python -m recsys_core replay fs1.eNqVU8uO…
    python -m recsys_core replay fs1.eNqVU8uO… --data ratings.csv

It says “same bits” or “same to four decimals; … differ” (exit status 0), “differs: …” (1) or
“needs the file …” (2); a receipt that cannot be read is 3.
"""

from __future__ import annotations

import argparse

from recsys_core import escape
from recsys_core.commands.options import file_of
from recsys_core.commands.progress import Progress
from recsys_core.experiments import replay

HELP = "run again what a receipt says, and compare"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("receipt", metavar="RECEIPT", help="the line that begins with fs1.")
    parser.add_argument("--data", metavar="FILE|FOLDER", help="the file of the ratings; or the "
                        "folder of the MovieLens zips, as $FACTORSCOPE_DATA")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Replay, say what came of it; the exit status."""
    progress = Progress()
    found = replay(arguments.receipt, file_of(arguments.data), on_epoch=progress)
    if found.record is not None:
        progress.close()
    print(escape.one_line(found.text))
    return found.code
