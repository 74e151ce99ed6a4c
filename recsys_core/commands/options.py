"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

from recsys_core.datasets.movielens import CATALOGUE


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
