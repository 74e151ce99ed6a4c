"""Progress: what somebody has passed and answered in one lesson, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recsys_core.lessons.lesson import Lesson


@dataclass(frozen=True)
class Progress:
    """How far somebody is in a lesson. Frozen: each change returns another.

    Attributes
    ----------
    lesson : its id; seed : the one its numbers were varied by.
    step : the furthest step seen, from 1; 0 where it was not begun.
    passed : names of the checks that held once (``Lesson.checks``).
    answers : by question (“2.1” is the first of the second step) whether the first answer was
        right.
    name : as typed for a certificate; "" where none was.
    """

    lesson: str
    seed: int = 0
    step: int = 0
    passed: tuple[str, ...] = ()
    answers: tuple[tuple[str, bool], ...] = ()
    name: str = ""

    def seen(self, step: int) -> Progress:
        """Note that a step was seen."""
        return self if step <= self.step else replace(self, step=step)

    def met(self, check: str) -> Progress:
        """Note that a check held; it stays passed whatever the run does next."""
        return self if check in self.passed else replace(self, passed=(*self.passed, check))

    def answered(self, question: str, right: bool) -> Progress:
        """Note the first answer to a question; later ones change nothing."""
        if question in dict(self.answers):
            return self
        return replace(self, answers=(*self.answers, (question, right)))

    def called(self, name: str) -> Progress:
        """Note the name that was typed."""
        return replace(self, name=name)

    def n_passed(self, lesson: Lesson) -> int:
        """How many of the lesson's checks are passed; its file may have changed since."""
        return sum(name in self.passed for name, _ in lesson.checks())

    def n_right(self) -> int:
        """How many questions were answered right at once."""
        return sum(right for _, right in self.answers)

    def is_passed(self, lesson: Lesson) -> bool:
        """Whether every check is passed; a lesson without checks is, once its last step is seen."""
        return self.step >= 1 and self.n_passed(lesson) == len(list(lesson.checks())) and (
            self.step >= len(lesson.steps)
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "seed": self.seed, "step": self.step, "passed": list(self.passed),
            "answers": dict(self.answers),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, lesson: str, said: Mapping[str, Any], name: str = "") -> Progress:
        """The inverse of ``to_dict``, which leaves lesson and name to whoever keeps it."""
        answers = dict(said.get("answers") or {})
        return cls(
            lesson, int(said.get("seed") or 0), int(said.get("step") or 0),
            tuple(str(check) for check in said.get("passed") or ()),
            tuple((str(asked), bool(right)) for asked, right in answers.items()),
            name,
        )  # fmt: skip
