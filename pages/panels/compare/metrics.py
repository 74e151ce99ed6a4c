"""Where metrics disagree: who wins at errors may lose at lists."""

from __future__ import annotations


def draw() -> None:
    """Draw the part."""
