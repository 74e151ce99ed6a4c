"""Files of lessons: read and written alike; each kind of bad line with its number; hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core import commands
from recsys_core.errors import LessonError
from recsys_core.experiments.view import PARTS
from recsys_core.lessons import parse, shelf
from recsys_core.lessons.lesson import (
    ALWAYS,
    BUTTONS,
    CONTROLS,
    NEEDS,
    Answer,
    Do,
    Lesson,
    Question,
    Step,
)
from tests.lessons.test_checks import _checks

HEADER = """+++
id = "first"
title = "A first lesson"
minutes = 5
open = "train?data=party&model=SGD&seed={seed}"
seeds = [3, 4]
+++
"""
STEP = "## A step\n"
BEGINS = len(HEADER.splitlines()) + 1

WHOLE = (
    HEADER
    + """
## Let it learn
Press *Play*.

```
## no step, and ::: no rule
```
::: show curve, matrix
::: highlight play,curve
::: lock runs
::: do press play
::: do open recommend?user=2
::: check epoch >= 10 and not diverged
::: hint The button is **above**.
::: hint It is called Play.
::: ask Which curve is solid?
- [ ] training : It is dashed.
- [x] validation : Yes: ratings kept aside.

More text.

## And then
The end.
"""
)


def test_a_lesson_is_what_its_file_says():
    lesson = parse.read(WHOLE)
    assert (lesson.id, lesson.title, lesson.minutes, lesson.seeds) == (
        "first", "A first lesson", 5, (3, 4),
    )  # fmt: skip
    assert lesson.page == "train" and lesson.query(7) == "data=party&model=SGD&seed=7"
    first, second = lesson.steps
    assert first.text == "Press *Play*.\n\n```\n## no step, and ::: no rule\n```\n\nMore text."
    assert first.show == ("curve", "matrix") and first.highlight == ("play", "curve")
    assert first.do == (Do("press", "play"), Do("open", "recommend", "user=2"))
    assert first.hints == ("The button is **above**.", "It is called Play.")
    assert first.questions[0].answers[1] == Answer("validation", "Yes: ratings kept aside.", True)
    assert [name for name, _ in lesson.checks()] == ["1.1"] and lesson.n_questions == 1
    assert second == Step("And then", "The end.")


def test_show_hides_all_other_parts_but_the_way_out():
    step = parse.read(WHOLE).steps[0]
    shown = set(PARTS) - set(step.hidden)
    assert shown == {"curve", "matrix", "controls", *ALWAYS}  # play is one of the controls
    assert Step("all").hidden == () and Step("few", hide=("runs",)).hidden == ("runs",)


def test_each_student_has_one_of_the_seeds_always_the_same():
    lesson = parse.read(WHOLE)
    seeds = [lesson.seed_of(f"student {n}") for n in range(40)]
    assert seeds == [lesson.seed_of(f"student {n}") for n in range(40)]
    assert set(seeds) == {3, 4}


def said(text: str) -> list[str]:
    return [str(problem) for problem in parse.problems(text)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("::: chekc epoch > 1", "There is no “chekc”; there are show, hide, highlight, lock, do"),
        (":::", "There is no “”"),
        ("::: hint", "“hint” says nothing"),
        ("::: check", "“check” says nothing"),
        ("::: check rmse < 1", "There is no “rmse”"),
        ("::: show curves", "There is no part “curves” to show"),
        ("::: lock play", "There is no part “play” to lock"),
        ("::: highlight everything", "There is no part “everything”"),
        ("::: do press reload", "There is no button “reload”"),
        ("::: do open settings", "There is no page “settings”"),
        ("::: do open recommend?usr=2", "“usr” is no key of a link without data"),
        ("::: do open recommend?user=x", "user = x has no meaning"),
        ("::: do sing", "followed by press or open"),
        ("::: ask Why?", "from 2 to"),
        ("::: ask Why?\n- [x] so : yes", "from 2 to"),
        ("::: ask Why?\n- [ ] so : yes\n- [ ] not so : no", "one right answer"),
        ("::: ask Why?\n- [x] so : yes\n- [x] not so : no", "one right answer"),
        ("::: ask Why?\n- [x] so : yes\n- [ ] not so : no\n-- [ ] no", "An answer is a line"),
        ("## ", "has a title"),
        ("x" * 2001, "at most 2,000 characters"),
        ("```", "no end"),
    ],
)
def test_a_bad_line_gives_one_sentence_with_its_number(line, why):
    text = HEADER + STEP + "Some text.\n" + line + "\n"
    found = said(text)
    assert len(found) == 1 and why in found[0], found
    wrong = BEGINS + 2 + (3 if "-- [ ]" in line else 0)
    if line == "```":
        wrong += 1  # the end of the file
    assert found[0].startswith(f"line {wrong}: ") and found[0].endswith(".")
    with pytest.raises(LessonError, match=f"^line {wrong}: "):
        parse.read(text)


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("+++\nid", "id", 1, "begins with a line of"),
        ("]\n+++\n", "]\n", 1, "header has no end"),
        ('id = "first"', 'id = "First!"', 2, "“id” has to be"),
        ('title = "A first lesson"', "title = 3", 3, "“title” has to be a text"),
        ("minutes = 5", "minutes = 0", 4, "“minutes” has to be"),
        ("minutes = 5", "minutes = true", 4, "“minutes” has to be"),
        ("minutes = 5", "minutes = ", 4, "not TOML"),
        ("minutes = 5", "minuts = 5", 4, "The header has no “minuts”"),
        ("data=party", "data=partie", 5, "no data called “partie”"),
        ("data=party&", "", 5, "names no data"),
        ("train?", "trane?", 5, "no page “trane”"),
        ("model=SGD", "model=SGT", 5, "no model called “SGT”"),
        ("seeds = [3, 4]", "seeds = []", 6, "“seeds” has to be"),
        ("seeds = [3, 4]", "seeds = [-1]", 6, "“seeds” has to be"),
        ("seeds = [3, 4]", 'needs = ["time"]', 6, "“needs” has to be"),
        ("seeds = [3, 4]", "seeds = " + "[" * 1900, 6, "not TOML"),
    ],
)  # fmt: skip
def test_a_bad_header_gives_one_sentence_with_its_number(old, new, line, why):
    text = HEADER.replace(old, new) + STEP
    assert old in HEADER
    found = said(text)
    assert [one for one in found if why in one and one.startswith(f"line {line}: ")], found


def test_all_bad_lines_are_told_in_their_order():
    text = HEADER.replace("minutes = 5", "minutes = 0") + "text before\n## A\n::: x\n::: check k\n"
    lines = [problem.line for problem in parse.problems(text)]
    assert lines == [4, BEGINS, BEGINS + 2, BEGINS + 3]


def test_a_lesson_without_steps_or_too_large_is_refused():
    assert said(HEADER) == [f"line {BEGINS}: The lesson has no step; one begins with “## ”."]
    assert "at most 60,000" in said(HEADER + STEP + "a\n" * 40_000)[0]
    assert "at most 40 steps" in said(HEADER + STEP * 41)[0]
    assert "at most 8 of each kind" in said(HEADER + STEP + "::: hint a\n" * 9)[0]


# --- any lesson -----------------------------------------------------------------------------------

_line = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda text: not text.startswith(("#", ":", "`", "-", "*", "+")) and text.isprintable()
)
_words = st.lists(_line, min_size=1, max_size=3).map(" ".join)


def some(names):
    return st.lists(st.sampled_from(sorted(names)), unique=True, max_size=3).map(tuple)


@st.composite
def _question(draw):
    texts = draw(st.lists(_words.filter(lambda t: " : " not in t and t[-1] != ":"), min_size=2,
                          max_size=4))  # fmt: skip
    right = draw(st.integers(0, len(texts) - 1))
    return Question(draw(_words), tuple(
        Answer(text, draw(_words.filter(lambda t: t[0] != ":")), at == right)
        for at, text in enumerate(texts)
    ))  # fmt: skip


_steps = st.builds(
    Step,
    title=_words,
    text=st.lists(_words, max_size=3).map("\n\n".join),
    show=some(PARTS), hide=some(PARTS), highlight=some({**PARTS, **CONTROLS}), lock=some(PARTS),
    do=st.lists(
        st.builds(Do, st.just("press"), st.sampled_from(BUTTONS))
        | st.just(Do("open", "latent", "user=3&map=tsne")), unique=True, max_size=2,
    ).map(tuple),
    checks=st.lists(_checks.filter(lambda c: len(parse.checks.write(c)) <= 300), unique=True,
                    max_size=2).map(tuple),
    hints=st.lists(_words, unique=True, max_size=2).map(tuple),
    questions=st.lists(_question(), unique=True, max_size=2).map(tuple),
)  # fmt: skip
_lessons = st.builds(
    Lesson,
    id=st.from_regex("[a-z0-9][a-z0-9-]{0,10}", fullmatch=True),
    title=_words, minutes=st.integers(1, 300),
    open=st.sampled_from(["train?data=party&seed={seed}", "data=low_rank", "latent?data=party"]),
    steps=st.lists(_steps, min_size=1, max_size=3).map(tuple),
    seeds=st.lists(st.integers(0, 99), unique=True, min_size=1, max_size=3).map(tuple),
    needs=some(NEEDS),
)  # fmt: skip


@given(_lessons)
def test_what_is_written_reads_back_as_the_same(lesson):
    assert parse.read(parse.write(lesson)) == lesson


@given(st.text(max_size=200), st.integers(0, 400))
def test_hostile_text_is_a_lesson_or_sentences_with_numbers(text, at):
    for whole in (text, WHOLE[:at] + text + WHOLE[at:], WHOLE[:at]):
        for problem in parse.problems(whole):
            assert problem.line >= 1 and str(problem).endswith(".") and "\n" not in str(problem)


# --- files ----------------------------------------------------------------------------------------


def test_a_file_is_read_again_when_it_changes(tmp_path):
    path = tmp_path / "own.md"
    path.write_text(HEADER + STEP)
    assert shelf.look(path).lesson.steps[0].title == "A step"
    path.write_text(HEADER + "## Another step\n")
    assert shelf.look(path).lesson.steps[0].title == "Another step"
    path.write_text(HEADER + STEP + "::: x\n")
    found = shelf.look(path)
    assert found.lesson is None and str(found.problem).startswith(f"own.md, line {BEGINS + 1}: ")
    path.write_bytes((HEADER + STEP).encode() + b"\xff\n")
    assert str(shelf.look(path).problem) == f"own.md, line {BEGINS + 1}: The file is not UTF-8."
    path.unlink()
    assert "cannot be read" in str(shelf.look(path).problem)


def test_own_lessons_stand_beside_those_that_come_along(tmp_path):
    (tmp_path / "a.md").write_text(HEADER + STEP)
    (tmp_path / "b.md").write_text(HEADER + STEP)
    (tmp_path / "c.txt").write_text("no lesson")
    a, b = [found for found in shelf.all_of(tmp_path) if found.own]
    assert a.lesson is not None and b.lesson is None
    assert str(b.problem) == "b.md: the id “first” is that of a.md; give it another."
    assert not [found for found in shelf.all_of(tmp_path / "absent") if found.own]


def test_the_command_says_what_is_wrong_or_what_there_is(tmp_path, capsys):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text(WHOLE)
    bad.write_text(HEADER + STEP + "::: x\n::: check k\n")
    assert commands.main(["lesson", "check", str(good)]) == 0
    assert "A first lesson, 2 steps, 1 check and 1 question" in capsys.readouterr().out.replace(
        "\u00a0", " "
    )
    assert commands.main(["lesson", "check", str(good), str(bad)]) == commands.REFUSED
    said = capsys.readouterr()
    assert f"bad.md, line {BEGINS + 1}: " in said.out and f"line {BEGINS + 2}: " in said.out
    assert said.err.strip() == "1 file has lines without meaning."
