"""Copy the database of runs and rooms into a new file, also while a server uses it.

    python -m recsys_core backup runs-monday.db
    python -m recsys_core backup runs-monday.db --db sqlite:///runs.db

Without --db the database is that of $FACTORSCOPE_DB, else the file in which the dashboard keeps
runs. The copy is as the database was at one moment. It holds what the database holds: keep it as
safe. “restore” brings it back. A database of PostgreSQL is copied with pg_dump.
Exit status: 0; 3 where there is no database, or the file is there already.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from recsys_core.commands.options import add_database, url_of

HELP = "copy the database into a new file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to be made")
    add_database(parser, "the database")


def run(arguments: argparse.Namespace) -> int:
    """Copy it; return the exit status.

    Raises
    ------
    StoreError, SettingsError
        If it cannot be copied.
    """
    from recsys_core.experiments.backup import backup

    n_runs = backup(url_of(arguments), arguments.file)
    print(f"{arguments.file}: {n_runs:,} runs.")
    return 0
