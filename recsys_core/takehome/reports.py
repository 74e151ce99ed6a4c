"""The two reports of a run on the server."""

from __future__ import annotations

from recsys_core.runs import Run


def technical(run: Run, tested: bool = True) -> bytes:
    """Make the technical report of a run, an HTML file."""
    raise NotImplementedError


def manager(run: Run, tested: bool = True) -> bytes:
    """Make the page for a manager, an HTML file."""
    raise NotImplementedError
