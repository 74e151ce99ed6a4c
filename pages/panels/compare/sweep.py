"""Sweep: many settings of one model, judged on validation."""

from __future__ import annotations


def draw() -> None:
    """Draw the part."""
