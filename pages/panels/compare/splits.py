"""Splits and seeds: how much of a result is the split, and how much the seed."""

from __future__ import annotations


def draw() -> None:
    """Draw the part."""
