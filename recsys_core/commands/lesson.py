"""Check lessons: each line without meaning, with its number.

    python -m recsys_core lesson check my-lesson.md another.md

Exit status: 0; 3 where a file has such a line, or cannot be read. How a lesson is written:
docs/lessons.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from recsys_core import escape, words
from recsys_core.errors import LessonError
from recsys_core.text import Text

HELP = "check the files of lessons"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=("check",), help="check that every line has a meaning")
    parser.add_argument("files", nargs="+", metavar="FILE", help="the lesson's Markdown file")


def run(arguments: argparse.Namespace) -> int:
    """Print what is wrong with each file, or what it holds; return the exit status.

    Raises
    ------
    LessonError
        If a file has a line without meaning, or cannot be read.
    """
    from recsys_core.lessons import parse, shelf

    wrong = 0
    for name in arguments.files:
        try:
            text = shelf.text_of(Path(name))
            found = [str(problem) for problem in parse.problems(text)]
        except (LessonError, OSError) as error:
            found = [str(error)]
        if found:
            wrong += 1
            print(*(escape.one_line(f"{name}, {each}") for each in found), sep="\n")
            continue
        lesson = parse.read(text)
        parts = [
            words.plural("step", len(lesson.steps)),
            words.plural("check", len(list(lesson.checks()))),
            words.plural("question", lesson.n_questions),
        ]
        print(escape.one_line(f"{name}: {lesson.title}, {words.listed(parts)}"))
    if wrong:
        raise LessonError(
            Text("{n} file has lines without meaning.", "{n} files have lines without meaning.",
                 n=wrong)
        )  # fmt: skip
    return 0
