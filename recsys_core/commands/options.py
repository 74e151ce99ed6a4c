"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from recsys_core.datasets.movielens import CATALOGUE
from recsys_core.errors import SettingsError
from recsys_core.text import Text

if TYPE_CHECKING:
    from recsys_core.experiments.store import Store


def file_of(data: str | None) -> str | None:
    """What --data names, if it is a file; in a folder, the MovieLens zips are looked for."""
    if data is None:
        return None
    path = Path(data)
    if path.is_dir():
        os.environ["FACTORSCOPE_DATA"] = data
        return None
    if path.name in {release.file for release in CATALOGUE.values()}:
        os.environ.setdefault("FACTORSCOPE_DATA", str(path.parent))  # its ready-made splits
    return data


def add_database(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare --db."""
    parser.add_argument(
        "--db", metavar="URL",
        help=f"{what}: sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME",
    )  # fmt: skip


def open_database(arguments: argparse.Namespace) -> Store:
    """The database of --db, else the one that the dashboard uses.

    Raises
    ------
    StoreError
        If it cannot be opened.
    SettingsError
        If neither is named.
    """
    from recsys_core.experiments.store import Store

    return Store(url_of(arguments))


def url_of(arguments: argparse.Namespace) -> str:
    """The address of the database of --db, else of the one that the dashboard uses.

    Raises
    ------
    SettingsError
        If neither is named.
    """
    from recsys_core.experiments.store import url_in_use

    url = arguments.db or url_in_use()
    if url is None:
        raise SettingsError(Text("Name a database: --db sqlite:///FILE."))
    return url
