"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path


def file_of(data: str | None) -> str | None:
    """What --data names, if it is a file; in a folder, the MovieLens zips are looked for."""
    if data is not None and Path(data).is_dir():
        os.environ["FACTORSCOPE_DATA"] = data
        return None
    return data
