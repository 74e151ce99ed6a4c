"""The table: every chosen run and every baseline, with intervals of their differences."""

from __future__ import annotations


def draw() -> None:
    """Draw the part."""
