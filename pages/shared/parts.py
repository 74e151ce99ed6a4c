"""The parts of pages that a link can hide or lock (``recsys_core/experiments/view.py``, PARTS).

``hide=`` does not draw a part, nor compute what it would show; ``lock=`` draws it without effect.
They guide a class and protect nothing: whoever changes the address sees and does all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pages.shared import view
from recsys_core.experiments.view import PARTS


def drawn(part: str) -> bool:
    """Whether a part is to be drawn."""
    assert part in PARTS
    return part not in view.now().hide


def locked(part: str) -> bool:
    """Whether a part is to be without effect."""
    assert part in PARTS
    return part in view.now().lock


def of_page(script: str) -> str:
    """The part that is a whole page: “page.train” of “train.py”."""
    return f"page.{script.removesuffix('.py')}"


def unlocked(part: str, callback: Callable[..., None]) -> Callable[..., None]:
    """The callback, without effect while its part is locked: also against a forged message."""

    def call(*arguments: Any, **named: Any) -> None:
        if not locked(part):
            callback(*arguments, **named)

    return call
