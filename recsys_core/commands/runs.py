"""List the runs that are kept in a database; of one, all its epochs.

    python -m recsys_core runs                                    # those of the dashboard, here
    python -m recsys_core runs --db sqlite:///runs.db --sort validation_rmse --up
    python -m recsys_core runs --text "als party" --status finished --limit 5
    python -m recsys_core runs --csv > runs.csv                   # all columns, as a table
    python -m recsys_core runs 3f2a9c                             # one, by the start of its id

Without --db the database is that of $FACTORSCOPE_DB, else the file in which the dashboard keeps
runs. Errors are of the best epoch on validation, or without validation of the last one: then they
are training errors, and say how well a model remembers. Test errors are not kept.
Exit status: 0; 3 where the database cannot be used, or there is no such run.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from recsys_core import escape
from recsys_core.commands.options import add_database, open_database
from recsys_core.errors import MissingRunError
from recsys_core.text import Text
from recsys_core.words import duration, error

if TYPE_CHECKING:
    from recsys_core.experiments.store import KeptRun, Store

HELP = "list the runs that are kept in a database"

_STATUSES = ("training", "interrupted", "paused", "finished", "failed")
_SORTS = ("created", "changed", "name", "model", "data_name", "status", "epoch", "train_rmse",
          "validation_rmse", "seconds")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("id", nargs="?", default="", help="show one run, by the start of its id")
    add_database(parser, "the database")
    parser.add_argument("--text", default="", help="only runs with these words in name, note, "
                        "tags, data or model")  # fmt: skip
    parser.add_argument("--status", choices=_STATUSES, help="only runs of this status")
    parser.add_argument("--sort", choices=_SORTS, default="created", help="by which column "
                        "(created)")  # fmt: skip
    parser.add_argument("--up", action="store_true", help="the lowest, or the oldest, first")
    parser.add_argument("--limit", type=int, default=50, help="how many at most (50)")
    parser.add_argument("--csv", action="store_true", help="all runs and columns as CSV")


def run(arguments: argparse.Namespace) -> int:
    """Print the list; return the exit status.

    Raises
    ------
    StoreError
        If the database cannot be used.
    MissingRunError
        If there is no run whose id begins so.
    """
    store = open_database(arguments)
    if arguments.id:
        _show(store, arguments.id)
        return 0
    asked = {"text": arguments.text, "status": arguments.status, "sort": arguments.sort,
             "descending": not arguments.up}  # fmt: skip
    if arguments.csv:
        import pandas as pd

        from recsys_core.asking.exports import to_csv

        sys.stdout.write(to_csv(pd.DataFrame(store.table(**asked)), index=False).decode())
        return 0
    found = store.runs(limit=arguments.limit, **asked)
    n = store.n_runs(text=arguments.text, status=arguments.status)
    more = "" if len(found) == n else Text(", {shown:,} of them shown", shown=len(found))
    print(Text("{n} run in {where}{more}", "{n:,} runs in {where}{more}", n=n, where=store.where,
               more=more))  # fmt: skip
    for each in found:
        print(_line(each))
    return 0


def _line(run: KeptRun) -> str:
    """One run on one line: “3f2a9c1d  2026-09-01 10:20  finished  40/40  0.9120  SGD, k = 10 …”."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
    rmse = run.validation_rmse if run.validation_rmse is not None else run.train_rmse
    kind = "validation" if run.validation_rmse is not None else "training"
    quality = f"{kind} RMSE {error(rmse)}" if rmse is not None else "no ratings predicted"
    name = escape.one_line(f"{run.name} · {run.data_name}")
    tags = escape.one_line("".join(f" #{tag}" for tag in run.tags))
    return (f"{run.id[:8]}  {when}  {run.status:<11}  epoch {run.epoch:,}/{run.n_epochs:,}  "
            f"{quality}  {duration(run.seconds)}  {name}{tags}")  # fmt: skip


def one_of(store: Store, start: str) -> KeptRun:
    """Find the run whose id begins so.

    Raises
    ------
    MissingRunError
        If there is none, or more than one.
    """
    found = [run for run in store.runs() if run.id.startswith(start)]
    if len(found) != 1:
        raise MissingRunError(
            Text(
                "{n} run has an id that begins with “{start}”; list them without an id.",
                "{n} runs have an id that begins with “{start}”; list them without an id.",
                n=len(found), start=start[:40],
            )
        )  # fmt: skip
    return found[0]


def _show(store: Store, start: str) -> None:
    run = one_of(store, start)
    print(_line(run))
    print(store.experiment(run.experiment).to_query())
    if run.note:
        print(escape.one_line(run.note))
    print("epoch  training RMSE  validation RMSE  objective  seconds")
    for epoch in store.epochs(run.course):
        errors = (error(x) if x is not None else "–" for x in (epoch.train_rmse,
                                                              epoch.validation_rmse))  # fmt: skip
        print(f"{epoch.number:>5}", *errors, f"{epoch.loss:.6g}", f"{epoch.seconds:.3g}", sep="  ")
