"""Race: runs on the same split and seed, side by side and live."""

from __future__ import annotations


def draw() -> None:
    """Draw the part."""
