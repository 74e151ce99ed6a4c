"""The page Learn, whichever of its addresses it is opened by."""

from __future__ import annotations

from pages.panels.learn import lesson_list, replicas, word_list
from pages.shared import choices, header, view

_PARTS = {"lessons": "Lessons", "replicas": "Published systems, run again", "words": "Words"}


def draw(usual: str) -> None:
    """Draw the page; ``usual`` is the part shown where none is chosen."""
    header.title("Learn")
    view.page_shows("options")
    chosen = choices.segmented(
        "learn", "Part", _PARTS, "learn_part", usual, label_visibility="collapsed"
    )
    if chosen == "lessons":
        lesson_list.draw()
    elif chosen == "replicas":
        replicas.draw()
    else:
        word_list.draw()
