"""Learn, first part: the lessons, how long each takes, and how far one is."""

from __future__ import annotations

import streamlit as st

from pages.panels.learn import certificates, tour
from pages.shared import lessons, view
from recsys_core import escape, words
from recsys_core.lessons.lesson import Lesson
from recsys_core.lessons.progress import Progress
from recsys_core.lessons.shelf import Found
from recsys_core.text import Text, worded


def draw() -> None:
    """Draw all lessons."""
    st.markdown(
        Text(
            "Each lesson takes you through the real pages, step by step, with something to do in "
            "each. A check looks at the model you trained and says what is still missing."
        )
    )
    every = lessons.all_of()
    number = 0
    with st.grid(3, min_column_width=280, gap="small"):
        for found in every:
            if found.lesson is not None:
                number += 1
                _card(found, found.lesson, number)
    for found in every:
        if found.problem is not None:
            st.error(escape.markdown(worded(found.problem)), icon=":material/error:")
    tour.again()
    certificates.section([found.lesson for found in every if found.lesson is not None])


def _card(found: Found, lesson: Lesson, number: int) -> None:
    done, here = lessons.progress(lesson), view.now()
    lacking = lesson.lacking()
    with st.container(border=True, gap="xsmall", key=f"lesson_card_{lesson.id}"):
        st.html(
            f'<div style="font-weight:650;font-size:1.05rem">{number} · '
            f"{escape.html(lesson.title)}</div>"
        )
        where = Text("from this server's own folder")
        own = f" · {where}" if found.own else ""
        st.caption(f"{words.plural('minute', lesson.minutes)} · {_how_far(lesson, done)}{own}")
        if lacking:
            needs = escape.markdown(words.listed(lacking))
            st.caption(Text("It needs {needs}, which is not here yet.", needs=needs))
        open_now = here.lesson == lesson.id
        begun = done.step > 0 and not done.is_passed(lesson)
        if st.button(
            _button(number, begun or open_now, done),
            icon=":material/play_arrow:",
            key=f"lesson_begin_{lesson.id}",
            type="primary" if open_now else "secondary",
            disabled=bool(lacking),
        ):
            st.switch_page(
                lessons.begin(lesson, (here.step or 1) if open_now else _at(done, begun))
            )


def _button(number: int, begun: bool, done: Progress) -> str:
    if begun:
        return Text("Go on with lesson {number}", number=number)
    if done.step:
        return Text("Lesson {number} once more", number=number)
    return Text("Begin lesson {number}", number=number)


def _at(done: Progress, begun: bool) -> int:
    return done.step if begun else 1


def _how_far(lesson: Lesson, done: Progress) -> str:
    if not done.step:
        return Text("not begun")
    if done.is_passed(lesson):
        return Text("✓ passed")
    return Text(
        "step {step:,} of {steps}, {passed:,} of {n:,}\u00a0check passed",
        "step {step:,} of {steps}, {passed:,} of {n:,}\u00a0checks passed",
        step=min(done.step, len(lesson.steps)),
        steps=len(lesson.steps),
        passed=done.n_passed(lesson),
        n=len(list(lesson.checks())),
    )
