"""Lesson: its steps, and what a step shows, asks for, hints at and asks; frozen values."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from recsys_core.datasets import movielens
from recsys_core.experiments.view import PARTS
from recsys_core.lessons.checks import Check

# Pages a lesson can open; the address of a page is its name.
PAGES = ("train", "data", "predictions", "latent", "recommend", "compare")

# Controls inside parts that a step can highlight beside the parts themselves: name → its part.
CONTROLS = {
    "play": "controls", "step": "controls", "reset": "controls", "speed": "controls",
    "algorithm": "settings", "start_new": "settings", "fork": "settings", "epoch": "timeline",
}  # fmt: skip

# Buttons that a step can press for the student.
BUTTONS = ("play", "step", "reset")

# Parts that ``show`` leaves where they are: the way out, and what the run is.
ALWAYS = (
    "pages", "card.data", "card.run", "share",
    *(part for part in PARTS if part.startswith("page.")),  # each step is on one of them
)  # fmt: skip

# What a lesson may need that is not everywhere, and what it is called.
NEEDS = {
    "neural": "PyTorch",
    **{f"movielens-{name}": release.title for name, release in movielens.CATALOGUE.items()},
}


@dataclass(frozen=True)
class Do:
    """A button that does something: press a control, or open a page with a link's query."""

    verb: Literal["press", "open"]
    what: str
    query: str = ""


@dataclass(frozen=True)
class Answer:
    """One answer to a question, and why it is right or wrong; both Markdown."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with its answers, of which one is right."""

    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Step:
    """One step of a lesson.

    Attributes
    ----------
    title : a line of text; text : Markdown.
    show : the parts of pages that are drawn, () for all; hide : further ones that are not.
    highlight : parts and controls with an outline; lock : parts drawn without effect.
    do : buttons; checks : what has to hold of the run in view; hints : one after the other.
    questions : each with one right answer.
    """

    title: str
    text: str = ""
    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    highlight: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    do: tuple[Do, ...] = ()
    checks: tuple[Check, ...] = ()
    hints: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def hidden(self) -> tuple[str, ...]:
        """The parts that are not drawn in this step, as the view's ``hide`` says them."""
        shown = {CONTROLS.get(name, name) for name in (*self.show, *self.highlight)}
        left_out = [part for part in PARTS if part not in shown and part not in ALWAYS]
        named = [part for part in self.hide if part not in left_out or not self.show]
        return tuple(dict.fromkeys([*(left_out if self.show else []), *named]))


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes
    ----------
    id : small letters, digits and hyphens; title : a line of text; minutes : how long it takes.
    open : page and query of the link it begins with, such as “train?data=party&model=SGD”, in which
        ``{seed}`` stands for the student's seed.
    seeds : whole numbers; each student gets one of these.
    needs : names of ``NEEDS``.
    """

    id: str
    title: str
    minutes: int
    open: str
    steps: tuple[Step, ...]
    seeds: tuple[int, ...] = (0,)
    needs: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """The page it opens."""
        page, question, _ = self.open.partition("?")
        return page if question else "train"

    def query(self, seed: int) -> str:
        """The query it opens with, for one seed."""
        page, question, query = self.open.partition("?")
        return (query if question else page).replace("{seed}", str(seed))

    def seed_of(self, student: str) -> int:
        """The seed of a student: any text that names one gives the same seed each time."""
        digest = hashlib.sha256(f"{self.id}\n{student}".encode()).digest()
        return self.seeds[int.from_bytes(digest[:8]) % len(self.seeds)]

    def checks(self) -> Iterator[tuple[str, Check]]:
        """All checks with their names: “2.1” is the first of the second step."""
        for at, step in enumerate(self.steps, start=1):
            for n, check in enumerate(step.checks, start=1):
                yield f"{at}.{n}", check

    @property
    def n_questions(self) -> int:
        """How many questions it asks."""
        return sum(len(step.questions) for step in self.steps)

    def lacking(self) -> list[str]:
        """What it needs that is not on this computer, in words."""
        return [NEEDS[need] for need in self.needs if not _is_here(need)]


def _is_here(need: str) -> bool:
    if need == "neural":
        return importlib.util.find_spec("torch") is not None
    return movielens.zip_here(need.removeprefix("movielens-")) is not None
