"""Read a lesson's file: a TOML header between ``+++``, then ``## `` steps of Markdown.

>>> text = '''+++
... id = "first"
... title = "A first lesson"
... minutes = 5
... open = "train?data=party&model=SGD&seed={seed}"
... +++
... ## Let it learn
... Press *Play*.
... ::: highlight play
... ::: check epoch >= 10
... '''
>>> lesson = read(text)
>>> lesson.steps[0].title, lesson.steps[0].highlight, lesson.query(seed=3)
('Let it learn', ('play',), 'data=party&model=SGD&seed=3')
>>> for problem in problems(text + "::: chekc epoch > 1"):
...     print(problem)
line 11: There is no “chekc”; there are show, hide, highlight, lock, do, check, hint and ask.

A file may come from anybody: it is bounded in size, nothing in it is evaluated, and each line
without meaning gives one sentence with its number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import unquote

from recsys_core import escape, words
from recsys_core.errors import LessonError, SettingsError
from recsys_core.experiments import link
from recsys_core.experiments import view as views
from recsys_core.experiments.view import PARTS, View
from recsys_core.lessons import checks
from recsys_core.lessons.lesson import (
    BUTTONS,
    CONTROLS,
    NEEDS,
    PAGES,
    Answer,
    Do,
    Lesson,
    Question,
    Step,
)
from recsys_core.recipes import MOST
from recsys_core.text import Text

# Characters of a file and of a line; steps of a lesson; checks, hints, questions or buttons of a
# step; answers to a question; seeds.
LONGEST, LONGEST_LINE, MOST_STEPS, MOST_OF_A_STEP, MOST_ANSWERS, MOST_SEEDS = (
    60_000, 2_000, 40, 8, 8, 100,
)  # fmt: skip

_FENCE, _RULE = "+++", ":::"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ANSWER = re.compile(r"\s*[-*] \[([ xX])\]\s+(.+?)\s+:\s+(.+)")
_LISTED = ("show", "hide", "highlight", "lock")
_RULES = (*_LISTED, "do", "check", "hint", "ask")
_KEYS = ("id", "title", "minutes", "open", "seeds", "needs")


@dataclass(frozen=True)
class Problem:
    """A line without meaning, counted from 1, and why."""

    line: int
    why: Text | str

    def __str__(self) -> str:
        return Text("line {line}: {why}", line=self.line, why=self.why)


def read(text: str) -> Lesson:
    """Read a lesson.

    Raises
    ------
    LessonError
        For the first line without meaning: one sentence with its number.
    """
    reader = _Reader(text)
    lesson = reader.lesson()
    if reader.problems or lesson is None:
        raise LessonError(Text("{problem}", problem=min(reader.problems, key=_line)))
    return lesson


def problems(text: str) -> list[Problem]:
    """All lines of a lesson's file that have no meaning, in their order."""
    reader = _Reader(text)
    reader.lesson()
    return sorted(reader.problems, key=_line)


def _line(problem: Problem) -> int:
    return problem.line


@dataclass
class _Draft:
    """A step as far as it is read; ``asked`` is the question that answers belong to."""

    title: str
    line: int
    text: list[str] = field(default_factory=list)
    found: dict[str, list[Any]] = field(default_factory=dict)
    asked: tuple[int, str, list[Answer]] | None = None

    def add(self, kind: str, value: Any) -> None:
        into = self.found.setdefault(kind, [])
        if len(into) >= MOST_OF_A_STEP and kind not in _LISTED:
            raise LessonError(
                Text("A step has at most {n} of each kind; begin another step.", n=MOST_OF_A_STEP)
            )
        into.append(value)


class _Reader:
    """One file, line by line; what has no meaning is collected."""

    def __init__(self, text: str) -> None:
        self.text, self.problems = text, list[Problem]()

    def note(self, line: int, why: Text | str) -> None:
        self.problems.append(Problem(line, why))

    def lesson(self) -> Lesson | None:
        if len(self.text) > LONGEST:
            self.note(1, Text("A lesson has at most {n:,} characters.", n=LONGEST))
            return None
        lines = self.text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        for at, line in enumerate(lines, start=1):
            if len(line) > LONGEST_LINE:
                self.note(at, Text("A line has at most {n:,} characters.", n=LONGEST_LINE))
                return None
        if lines[0].strip() != _FENCE:
            self.note(1, Text("A lesson begins with a line of +++ and its header."))
            return None
        ends = [at for at, line in enumerate(lines) if at and line.strip() == _FENCE]
        if not ends:
            self.note(1, Text("The header has no end: a second line of +++ is missing."))
            return None
        header = self._header(lines[1 : ends[0]])
        steps = self._steps(lines, ends[0] + 1)
        if header is None or self.problems:
            return None
        return Lesson(**header, steps=steps)

    # --- the header -----------------------------------------------------------------------------

    def _header(self, lines: list[str]) -> dict[str, Any] | None:
        try:
            said = tomllib.loads("\n".join(lines))
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            place = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", str(error))
            at = int(place[1]) if place and place[1] else max(len(lines), 1)
            why = str(error)[: place.start()] if place else str(error)
            self.note(at + 1, Text("The header is not TOML: {why}.", why=escape.brief(why, 80)))
            return None

        def line_of(key: str) -> int:
            named = re.compile(rf'\s*"?{re.escape(key)}"?\s*=')
            return next((at for at, line in enumerate(lines, 2) if named.match(line)), 1)

        for key in said:
            if key not in _KEYS:
                self.note(line_of(key), Text("The header has no “{key}”; it has {keys}.",
                          key=escape.brief(key, 30), keys=words.listed(list(_KEYS))))  # fmt: skip
        for key in ("id", "title", "minutes", "open"):
            if key not in said:
                self.note(1, Text("The header lacks “{key}”.", key=key))
        found: dict[str, Any] = {}
        for key, take in _HEADER.items():
            if key in said:
                try:
                    found[key] = take(said[key])
                except LessonError as error:
                    self.note(line_of(key), error.text)
        if "open" in found:
            try:
                _check_open(found["open"], found.get("seeds", (0,)))
            except LessonError as error:
                self.note(line_of("open"), error.text)
        return found

    # --- steps ----------------------------------------------------------------------------------

    def _steps(self, lines: list[str], start: int) -> tuple[Step, ...]:
        drafts: list[_Draft] = []
        fenced = False  # in a block of code, where nothing is ours
        for at, line in enumerate(lines[start:], start + 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            try:
                if not fenced and line.startswith("## "):
                    self._end(drafts)
                    drafts.append(_Draft(_title(line[3:]), at))
                elif not drafts:
                    if line.strip():
                        raise LessonError(Text("A step begins with “## ” and its title."))
                elif not fenced and line.startswith(_RULE):
                    self._end_question(drafts[-1])
                    self._rule(drafts[-1], at, line[len(_RULE) :].strip())
                elif not fenced and drafts[-1].asked is not None and line.strip():
                    self._answer(drafts[-1], line)
                elif drafts[-1].asked is not None and drafts[-1].asked[2]:
                    self._end_question(drafts[-1])  # a blank line after its answers
                    drafts[-1].text.append(line)
                else:
                    drafts[-1].text.append(line)
            except LessonError as error:
                self.note(at, error.text)
        self._end(drafts)
        if fenced:
            self.note(len(lines), Text("A block of code has no end: a line of ``` is missing."))
        if not drafts:
            self.note(len(lines), Text("The lesson has no step; one begins with “## ”."))
        if len(drafts) > MOST_STEPS:
            self.note(drafts[MOST_STEPS].line, Text("A lesson has at most {n} steps.",
                      n=MOST_STEPS))  # fmt: skip
        return tuple(_step(draft) for draft in drafts)

    def _end(self, drafts: list[_Draft]) -> None:
        if drafts:
            self._end_question(drafts[-1])

    def _end_question(self, draft: _Draft) -> None:
        if draft.asked is None:
            return
        line, text, answers = draft.asked
        draft.asked = None
        if not 2 <= len(answers) <= MOST_ANSWERS:
            self.note(line, Text("A question has from 2 to {n} answers, each a line such as "
                      "“- [x] answer : why”.", n=MOST_ANSWERS))  # fmt: skip
        elif sum(answer.right for answer in answers) != 1:
            self.note(line, Text("A question has one right answer, marked [x]."))
        else:
            try:
                draft.add("ask", Question(text, tuple(answers)))
            except LessonError as error:
                self.note(line, error.text)

    def _answer(self, draft: _Draft, line: str) -> None:
        found = _ANSWER.fullmatch(line.rstrip())
        if found is None:
            raise LessonError(Text("An answer is a line such as “- [x] answer : why”."))
        assert draft.asked is not None
        draft.asked[2].append(Answer(found[2], found[3], found[1] != " "))

    def _rule(self, draft: _Draft, at: int, said: str) -> None:
        rule, _, rest = said.partition(" ")
        rest = rest.strip()
        if rule not in _RULES:
            raise LessonError(
                Text("There is no “{rule}”; there are {rules}.", rule=escape.brief(rule, 30),
                     rules=words.listed(list(_RULES)))
            )  # fmt: skip
        if not rest:
            raise LessonError(Text("“{rule}” says nothing after it.", rule=rule))
        if rule in _LISTED:
            for name in _names(rule, rest):
                draft.add(rule, name)
        elif rule == "do":
            draft.add(rule, _do(rest))
        elif rule == "check":
            draft.add(rule, checks.parse(rest))
        elif rule == "hint":
            draft.add(rule, rest)
        else:
            draft.asked = (at, rest, [])


def _step(draft: _Draft) -> Step:
    found = {kind: tuple(dict.fromkeys(values)) for kind, values in draft.found.items()}
    return Step(
        draft.title, "\n".join(draft.text).strip("\n"),
        *(found.get(kind, ()) for kind in (*_LISTED, "do", "check", "hint", "ask")),
    )  # fmt: skip


# --- lines of a step ------------------------------------------------------------------------------


def _title(text: str) -> str:
    found = escape.brief(text, 100)
    if not escape.is_seen(found):
        raise LessonError(Text("A step has a title after “## ”."))
    return found


def _names(rule: str, rest: str) -> list[str]:
    known = {**PARTS, **CONTROLS} if rule == "highlight" else PARTS
    names = [name.strip() for name in rest.split(",")]
    for name in names:
        if name not in known:
            raise LessonError(
                Text("There is no part “{name}” to {rule}; there are {known}.",
                     name=escape.brief(name, 30), rule=rule, known=words.listed(list(known)))
            )  # fmt: skip
    return names


def _do(rest: str) -> Do:
    verb, _, what = rest.partition(" ")
    what = what.strip()
    if verb == "press":
        if what not in BUTTONS:
            raise LessonError(
                Text("There is no button “{name}” to press; there are {known}.",
                     name=escape.brief(what, 30), known=words.listed(list(BUTTONS)))
            )  # fmt: skip
        return Do("press", what)
    if verb == "open":
        page, _, query = what.partition("?")
        _check_page(page)
        if "data=" in query:
            _check_query(query)
        else:
            _check_view(query)
        return Do("open", page, query)
    raise LessonError(Text("“do” is followed by press or open, not by “{verb}”.",
                           verb=escape.brief(verb, 30)))  # fmt: skip


def _check_page(page: str) -> None:
    if page not in PAGES:
        raise LessonError(
            Text("There is no page “{page}” to open; there are {pages}.",
                 page=escape.brief(page, 30), pages=words.listed(list(PAGES)))
        )  # fmt: skip


def _check_query(query: str) -> None:
    for remark in link.read(query)[2]:
        raise LessonError(Text("{remark}", remark=remark))


def _check_view(query: str) -> None:
    """A query without data says only how what is in view is looked at."""
    for part in filter(None, query.split("&")):
        key, _, text = part.partition("=")
        if not views.is_key(key):
            raise LessonError(
                Text("“{key}” is no key of a link without data; name data as well.",
                     key=escape.brief(key, 30))
            )  # fmt: skip
        try:
            views.read_key(View(), key, unquote(text))
        except SettingsError as error:
            raise LessonError(error.text) from None


# --- values of the header -------------------------------------------------------------------------


def _text(key: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or not escape.is_seen(value) or len(value) > most:
        _refuse(key, Text("a text of at most {n} characters", n=most))
    return value


def _refuse(key: str, what: Text) -> NoReturn:
    raise LessonError(Text("“{key}” has to be {what}.", key=key, what=what))


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        _refuse("id", Text("of small letters, digits and hyphens, at most 40"))
    return value


def _minutes(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 300:
        _refuse("minutes", Text("a whole number from 1 to 300"))
    return value


def _seeds(value: Any) -> tuple[int, ...]:
    fits = isinstance(value, list) and 1 <= len(value) <= MOST_SEEDS
    if not fits or any(type(seed) is not int or not 0 <= seed <= MOST for seed in value):
        _refuse("seeds", Text("a list of whole numbers from 0 on, such as [0, 1, 2]"))
    return tuple(dict.fromkeys(value))


def _needs(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or any(each not in list(NEEDS) for each in value):
        _refuse("needs", Text("a list of some of {known}", known=words.listed(list(NEEDS))))
    return tuple(dict.fromkeys(value))


def _check_open(opens: str, seeds: tuple[int, ...]) -> None:
    lesson = Lesson("", "", 1, opens, ())
    _check_page(lesson.page)
    query = lesson.query(seeds[0])
    if "data=" not in query:
        raise LessonError(Text("“open” names no data; it is like train?data=party&model=SGD."))
    _check_query(query)


_HEADER: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "title": lambda value: escape.one_line(_text("title", value, 100)),
    "minutes": _minutes,
    "open": lambda value: _text("open", value, link.COMFORTABLE),
    "seeds": _seeds,
    "needs": _needs,
}


# --- writing --------------------------------------------------------------------------------------


def write(lesson: Lesson) -> str:
    """The file of a lesson, which ``read`` reads back as the same."""
    header = [
        f"id = {_quoted(lesson.id)}", f"title = {_quoted(lesson.title)}",
        f"minutes = {lesson.minutes}", f"open = {_quoted(lesson.open)}",
        f"seeds = {list(lesson.seeds)}", f"needs = [{', '.join(map(_quoted, lesson.needs))}]",
    ]  # fmt: skip
    lines = [_FENCE, *header, _FENCE, ""]
    for step in lesson.steps:
        lines += [f"## {step.title}", *step.text.split("\n")]
        lines += [f"::: {rule} {','.join(getattr(step, rule))}" for rule in _LISTED
                  if getattr(step, rule)]  # fmt: skip
        for do in step.do:
            query = f"?{do.query}" if do.query else ""
            lines.append(f"::: do {do.verb} {do.what}{query}")
        lines += [f"::: check {checks.write(check)}" for check in step.checks]
        lines += [f"::: hint {hint}" for hint in step.hints]
        for question in step.questions:
            lines.append(f"::: ask {question.text}")
            lines += [f"- [{'x' if a.right else ' '}] {a.text} : {a.why}" for a in question.answers]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda c: f"\\u{ord(c[0]):04x}", escaped) + '"'
