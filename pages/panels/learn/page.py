"""The page Learn, whichever of its addresses it is opened by."""

from __future__ import annotations

from pages.panels.learn import lesson_list, replicas, word_list
from pages.shared import choices, header, view
from recsys_core.text import Text, later

_PARTS = {
    "lessons": later("Lessons"),
    "replicas": later("Published systems, run again"),
    "words": later("Words"),
}


def draw(usual: str) -> None:
    """Draw the page; ``usual`` is the part shown where none is chosen."""
    header.title(Text("Learn"))
    view.page_shows("options")
    chosen = choices.segmented(
        "learn",
        Text("Part"),
        {part: Text(name) for part, name in _PARTS.items()},
        "learn_part",
        usual,
        label_visibility="collapsed",
    )
    if chosen == "lessons":
        lesson_list.draw()
    elif chosen == "replicas":
        replicas.draw()
    else:
        word_list.draw()
