"""Kept runs: what was trained before, found again."""

from __future__ import annotations


def draw() -> None:
    """Draw the part."""
