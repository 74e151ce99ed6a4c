"""Run every replica whose data is at hand, and print what the articles say beside what we get."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from pathlib import Path

import pandas as pd

from recsys_core.datasets.movielens import CATALOGUE
from recsys_core.errors import FactorscopeError
from recsys_core.ratings import Ratings
from recsys_core.reading import read_ratings
from recsys_core.replicas import REPLICAS, Replica, run


def data_of(replica: Replica, folders: list[Path]) -> Ratings | None:
    """The ratings a replica runs on: generated, or a MovieLens zip found in a folder."""
    if replica.data is not None:
        return replica.data()
    for name in replica.movielens:
        for folder in folders:
            path = folder / CATALOGUE[name].file
            if path.is_file():
                return read_ratings(path)
    return None


def main() -> int:
    """Print the tables; 1 if an article asked for by number has no data."""
    parser = argparse.ArgumentParser(prog="python -m recsys_core.replicas", description=__doc__)
    parser.add_argument("articles", nargs="*", type=int, help="article numbers (default: all)")
    parser.add_argument("--data", type=Path, action="append", default=[], metavar="FOLDER",
                        help="where the MovieLens zips lie (also $FACTORSCOPE_DATA)")  # fmt: skip
    parser.add_argument("--evidence", action="store_true", help="print the lessons' tables too")
    arguments = parser.parse_args()
    cache = Path(os.environ.get("FACTORSCOPE_CACHE", Path.home() / ".cache" / "factorscope"))
    chosen = os.environ.get("FACTORSCOPE_DATA")
    folders = [*arguments.data, *([Path(chosen)] if chosen else []), cache]
    missing = False
    for replica in REPLICAS:
        if arguments.articles and replica.number not in arguments.articles:
            continue
        print(f"\n{replica.number} · {replica.title} — {replica.system}\n  {replica.settings}")
        try:
            ratings = data_of(replica, folders)
        except FactorscopeError as error:
            print(f"  skipped: {error}")
            continue
        if ratings is None:
            missing = missing or bool(arguments.articles)
            print(f"  skipped: MovieLens {replica.movielens[0]} is in none of "
                  f"{', '.join(str(f) for f in folders)}; give its folder by --data")  # fmt: skip
            continue
        records = run(replica, ratings)
        print(f"  on {ratings.name}: {ratings.n_users:,} × {ratings.n_items:,}, "
              f"{ratings.n_ratings:,} ratings\n")  # fmt: skip
        table = replica.table(records)
        print(textwrap.indent(_aligned(table.drop(columns="why they differ")), "  "))
        if arguments.evidence:
            for lesson in replica.lessons:
                print(f"\n  {lesson.title}. {lesson.text}\n")
                print(textwrap.indent(_aligned(lesson.evidence(records)), "    "), flush=True)
    return int(missing)


def _aligned(table: pd.DataFrame) -> str:
    if len(table) > 24:  # a curve: some of its points
        table = table.iloc[:: len(table) // 12]
    return table.to_string(index=table.index.name is not None, max_colwidth=72)


if __name__ == "__main__":
    sys.exit(main())
