"""A lesson in another language is the same lesson: only its words differ."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from recsys_core import language
from recsys_core.lessons import shelf
from recsys_core.lessons.lesson import Lesson

OTHERS = [code for code in (*language.LANGUAGES, *language.BEGUN) if code != "en"]


def found(code: str) -> list[Lesson]:
    with language.speaking(code):
        each = [*shelf.shipped(), shelf.tour()]
    assert [one.problem for one in each] == [None] * len(each)
    return [one.lesson for one in each if one.lesson is not None]


def without_words(value: Any) -> Any:
    """What is not for reading: of hints, questions and answers what they say does not count."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {n: without_words(getattr(value, n)) for n in names if n not in _WORDS}
    if isinstance(value, tuple):
        return [without_words(each) for each in value]
    return value


_WORDS = {"title", "text", "hints", "why", "question", "lines", "line"}


@pytest.mark.parametrize("code", OTHERS)
def test_steps_checks_and_right_answers_are_those_of_the_english(code):
    english, other = found("en"), found(code)
    assert [each.id for each in other] == [each.id for each in english]
    for one, two in zip(english, other, strict=True):
        assert without_words(two) == without_words(one), one.id
        for step, same in zip(one.steps, two.steps, strict=True):
            assert len(same.hints) == len(step.hints), (one.id, step.title)
            assert same.title != "" and same.text.count("$") == step.text.count("$")


def test_the_shelf_is_in_the_readers_language():
    assert found("en")[0].title == "What is a rating matrix"
    assert found("pt")[0].title == "O que é uma matriz de avaliações"
