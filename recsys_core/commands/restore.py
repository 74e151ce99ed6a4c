"""Bring back the database of runs and rooms from a copy that “backup” made.

    python -m recsys_core restore runs-monday.db
    python -m recsys_core restore runs-monday.db --db sqlite:///runs.db

Stop the server first. The database that was there is kept beside, under another name. A database
of PostgreSQL is brought back with pg_restore.
Exit status: 0; 3 where the copy is damaged, or a server uses the database.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from recsys_core.commands.options import add_database, url_of

HELP = "bring the database back from a copy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the copy")
    add_database(parser, "the database")


def run(arguments: argparse.Namespace) -> int:
    """Bring it back; return the exit status.

    Raises
    ------
    StoreError, SettingsError
        If it cannot be brought back.
    """
    from recsys_core.experiments.backup import restore

    aside = restore(arguments.file, url_of(arguments))
    print("The database is as it was when it was copied.")
    if aside is not None:
        print(f"The one that was there is {aside} now.")
    return 0
