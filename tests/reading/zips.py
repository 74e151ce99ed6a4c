"""Zips for tests."""

from __future__ import annotations

import io
import zipfile


def packed(*members, method=zipfile.ZIP_DEFLATED):
    """A zip of files, given as (name, content)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()
