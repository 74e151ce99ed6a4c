"""Results: what everybody on this server who typed a name has passed, as one table."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pandas as pd

from recsys_core.experiments.store import KeptLesson
from recsys_core.lessons.lesson import Lesson
from recsys_core.lessons.progress import Progress

COLUMNS = (
    "name", "lesson", "title", "seed", "passed", "checks", "passed_checks", "step", "steps",
    "right_answers", "questions", "changed",
)  # fmt: skip


def table(kept: Iterable[KeptLesson], lessons: Iterable[Lesson]) -> pd.DataFrame:
    """One row for each lesson of everybody with a name, by name; columns are ``COLUMNS``.

    A lesson whose file is gone keeps its numbers without title, checks and steps. Texts are as
    people typed them: who writes a file guards formulas (``asking.exports.to_csv``).
    """
    known = {lesson.id: lesson for lesson in lessons}
    rows = [_row(each, known.get(each.lesson)) for each in kept if each.name]
    rows.sort(key=lambda row: (str(row["name"]).casefold(), str(row["lesson"])))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(kept: KeptLesson, lesson: Lesson | None) -> dict[str, object]:
    done = Progress.from_dict(kept.lesson, kept.said)
    return {
        "name": kept.name, "lesson": kept.lesson,
        "title": "" if lesson is None else lesson.title, "seed": done.seed,
        "passed": "" if lesson is None else "yes" if done.is_passed(lesson) else "no",
        "checks": None if lesson is None else len(list(lesson.checks())),
        "passed_checks": len(done.passed) if lesson is None else done.n_passed(lesson),
        "step": done.step, "steps": None if lesson is None else len(lesson.steps),
        "right_answers": done.n_right(),
        "questions": None if lesson is None else lesson.n_questions,
        "changed": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(kept.changed)),
    }  # fmt: skip
