"""Whose row is looked into: the user's of the selected cell, or the item's."""

from __future__ import annotations

from pages.shared import choices
from recsys_core import words
from recsys_core.ratings import Side
from recsys_core.runs import Run
from recsys_core.text import Text


def choose(run: Run, label: str, user: int, item: int) -> tuple[Side, int, str]:
    """The side chosen, its index and its name; ``label`` says what is done with the row."""
    sides: dict[Side, str] = {
        "user": Text("The user's row"),
        "item": Text("The {noun}'s row", noun=words.named(run.ratings.item_noun)),
    }
    side: Side = choices.segmented("half", label, sides, "inside_half", part="inside")
    index = user if side == "user" else item
    return side, index, run.ratings.axis(side).names[index]
