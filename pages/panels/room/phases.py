"""The four steps of a room: where it is, and the one button that goes on."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.panels.room import teaching
from recsys_core import escape
from recsys_core.rooms import PHASES, Phase, State, rooms
from recsys_core.text import Text, later


@dataclass(frozen=True)
class _Step:
    """A phase: its name, what happens in it, and the button that leads to the next."""

    name: str
    about: str
    button: str = ""
    icon: str = ""


_STEPS: dict[Phase, _Step] = {
    "lobby": _Step(
        later("Come in"), later("Students join with a nickname."),
        later("Start rating"), ":material/play_arrow:",
    ),
    "rating": _Step(
        later("Rate"), later("The matrix fills, and the model learns with each rating."),
        later("Lock the ratings"), ":material/lock:",
    ),
    "locked": _Step(
        later("Guess"), later("Some ratings are hidden, and everybody guesses them."),
        later("Reveal names and results"), ":material/visibility:",
    ),
    "reveal": _Step(
        later("Look"), later("Everybody sees their own point, and who predicted best.")
    ),
}  # fmt: skip


def draw(state: State) -> None:
    """Draw them."""
    here = PHASES.index(state.room.phase)
    items = "".join(_item(n, phase, here) for n, phase in enumerate(PHASES))
    st.html(
        f"""<style>
        ol.fs-steps {{ display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; margin: 0;
            padding: 0; }}
        ol.fs-steps li {{ margin: 0; flex: 1 1 9rem; padding: .4rem .7rem; border-radius: 6px;
            border: 1px solid var(--fs-muted); color: var(--fs-muted); font-size: .9rem; }}
        .fs-steps b {{ display: block; color: var(--fs-ink); }}
        .fs-steps [aria-current] {{ border: 2px solid var(--fs-accent); color: var(--fs-ink); }}
        </style><ol class="fs-steps" aria-label="{Text("Steps of the room")}">{items}</ol>"""
    )
    step = _STEPS[state.room.phase]
    if step.button:
        nobody = state.room.phase == "lobby" and not state.present
        st.button(
            Text(step.button),
            icon=step.icon,
            type="primary",
            key=f"room_{state.room.phase}_next",
            on_click=teaching.does(go_on),
            args=(state.room.code, PHASES[here + 1]),
            help=Text("You can start before anybody is here: who comes later joins at any time.")
            if nobody
            else None,
        )


def _item(n: int, phase: Phase, here: int) -> str:
    step = _STEPS[phase]
    mark = "✓ " if n < here else f"{n + 1}. "
    current = ' aria-current="step"' if n == here else ""
    return (
        f"<li{current}><b>{mark}{escape.html(Text(step.name))}</b>"
        f"{escape.html(Text(step.about))}</li>"
    )


def go_on(code: str, phase: Phase) -> None:
    """In a callback: go on to the next phase."""
    teaching.done(rooms().desk.go_to(code, phase))
