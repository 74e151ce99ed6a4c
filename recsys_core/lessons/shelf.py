"""The lessons there are: those that come with the program, and a teacher's own in the data folder.

A file is read again when it has changed, so that a teacher sees a lesson as it is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recsys_core import language
from recsys_core.errors import LessonError
from recsys_core.lessons import parse
from recsys_core.lessons.lesson import Lesson
from recsys_core.text import Text

_HERE = Path(__file__).parent

# Files looked at in a folder of one's own.
_MOST_FILES = 200


@dataclass(frozen=True)
class Found:
    """A file, and the lesson in it; where it has none, ``problem`` says why in one sentence."""

    path: Path
    lesson: Lesson | None
    problem: Text | None = None
    own: bool = False


# By path, what tells that a file has not changed, and what was found in it.
_read: dict[Path, tuple[tuple[int, int], Found]] = {}


def shipped() -> list[Found]:
    """The lessons that come with the program, in the reader's language, in their order.

    They have the same ids, steps and checks in all: what one has passed holds in each.
    """
    return [look(path) for path in sorted((_HERE / language.now()).glob("*.md"))]


def tour() -> Found:
    """The way round the pages for who is here the first time: a lesson that none of the list is."""
    return look(_HERE / "tour" / f"{language.now()}.md")


def all_of(folder: Path | None) -> list[Found]:
    """Those, and then the own lessons in a folder, which need not be there.

    A file whose id is taken already is no lesson: it says so.
    """
    found = shipped()
    known = [*found, tour()]
    taken = {each.lesson.id: each.path.name for each in known if each.lesson is not None}
    try:
        paths = [] if folder is None else sorted(folder.glob("*.md"))[:_MOST_FILES]
    except OSError:
        paths = []
    for path in paths:
        each = look(path, own=True)
        if each.lesson is not None and each.lesson.id in taken:
            why = Text("{file}: the id “{id}” is that of {other}; give it another.",
                       file=path.name, id=each.lesson.id, other=taken[each.lesson.id])  # fmt: skip
            each = Found(path, None, why, own=True)
        elif each.lesson is not None:
            taken[each.lesson.id] = path.name
        found.append(each)
    return found


def look(path: Path, own: bool = False) -> Found:
    """What is in a file, read again if it has changed since it was read last."""
    try:
        state = path.stat()
        sign = state.st_mtime_ns, state.st_size
        known = _read.get(path)
        if known is None or known[0] != sign:
            known = _read[path] = sign, Found(path, load(path), None, own)
    except LessonError as error:
        known = _read[path] = sign, Found(path, None, Text("{why}", why=error.text), own)
    except OSError as error:
        why = Text("{file} cannot be read ({why}).", file=path.name, why=error.strerror or "")
        return Found(path, None, why, own)
    return known[1]


def load(path: Path) -> Lesson:
    """Read the lesson of a file.

    Raises
    ------
    LessonError
        If it is none: its name, and the first line without meaning.
    OSError
        If the file cannot be read.
    """
    try:
        return parse.read(text_of(path))
    except LessonError as error:
        raise LessonError(Text("{file}, {why}", file=path.name, why=error.text)) from None


def text_of(path: Path) -> str:
    """The text of a lesson's file, no more of it than a lesson may have.

    Raises
    ------
    LessonError
        If it is not UTF-8.
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(4 * parse.LONGEST + 1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LessonError(Text("line {line}: The file is not UTF-8.", line=line)) from None
