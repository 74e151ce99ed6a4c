"""Recommend to new users: a saved model and their ratings in, the best items of each out.

    python -m recsys_core train --data ratings.csv --model ALS --save model.npz
    python -m recsys_core recommend model.npz new.csv --out top.parquet
    python -m recsys_core recommend model.npz new.csv --out top.csv --n 20 --known match

RATINGS is any file that can be trained on: who rated what, and how. Each user is folded in: factors
and bias are found from the user's own ratings, the items' stay as they were trained. What a user
has rated is not recommended. Items that the model does not know are left out, and counted.

A user whose label the model knows is folded in as well (--known fold-in): the same label may name
somebody else. With --known match it is taken for the same person: it keeps the factors that were
trained, and neither what it rated then nor what it rated now is recommended.

The table has one row for each place of a list: user, rank, item, name, predicted rating (not
clipped). It is written while it is made, so that any number of users fits into memory; the ending
of --out says whether as Parquet or as CSV. Exit status: 0; 3 where a file has no meaning.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from recsys_core import escape
from recsys_core.asking import exports
from recsys_core.asking.new_users import NewUsers, best_of_new_users
from recsys_core.errors import LinkError
from recsys_core.models import load_model
from recsys_core.reading import budget, inspect
from recsys_core.text import Text
from recsys_core.words import duration

HELP = "recommend to new users with a saved model"

KINDS: dict[str, exports.Kind] = {".parquet": "parquet", ".csv": "csv"}

# Seconds between two lines on how far it is.
_BETWEEN = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model", metavar="MODEL.npz", help="what “train --save” wrote")
    parser.add_argument("ratings", metavar="RATINGS", help="the new users' ratings, any file")
    parser.add_argument("--out", metavar="FILE", required=True, help="a name that ends with "
                        ".parquet or .csv")  # fmt: skip
    parser.add_argument("--n", type=int, default=10, help="places of each list (10)")
    parser.add_argument("--known", choices=("fold-in", "match"), default="fold-in",
                        help="a user whose label the model knows (fold-in)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Write the lists; return the exit status.

    Raises
    ------
    LinkError
        If the ending of the file, or the number of places, has no meaning.
    """
    out = Path(arguments.out)
    kind = KINDS.get(out.suffix.lower())
    if kind is None:
        raise LinkError(
            Text("“{out}” ends neither with .parquet nor with .csv; give one of these.", out=out)
        )
    if arguments.n < 1:
        raise LinkError(Text("--n {n} has no meaning; a list has 1 place or more.", n=arguments.n))
    fitted = load_model(arguments.model).snapshot()
    with budget.shared():
        ratings = inspect(arguments.ratings).read(to_train=False)
    asked = NewUsers.of(fitted, ratings, match=arguments.known == "match")
    del ratings
    for remark in asked.remarks():
        print(remark)
    began = time.monotonic()
    # Under another name until it is whole: who finds the file finds all of it.
    part = out.with_name(f"{out.name}.part")
    pieces = best_of_new_users(fitted, asked, arguments.n)
    try:
        with part.open("wb") as file:
            for text in exports.streamed(pieces, kind):
                file.write(text)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    os.replace(part, out)
    size, seconds = out.stat().st_size, time.monotonic() - began
    print(f"Wrote {escape.one_line(str(out))}: {asked.n:,} lists, {size / 1e6:,.1f} MB, in "
          f"{duration(seconds)}.")  # fmt: skip
    return 0
