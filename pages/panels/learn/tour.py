"""The tour around the pages: offered once on Home, and always on Learn."""

from __future__ import annotations

import streamlit as st

from pages.shared import lessons
from recsys_core import escape
from recsys_core.lessons import shelf
from recsys_core.lessons.lesson import Lesson
from recsys_core.text import Text


def offer() -> None:
    """To who has not been asked yet: two minutes around the pages, or not."""
    lesson = shelf.tour().lesson
    if lesson is None or lessons.progress(lesson).step:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="tour"):
        st.markdown(
            Text(
                "**New here?** {title}, in {n:,}\u00a0minute.",
                "**New here?** {title}, in {n:,}\u00a0minutes.",
                title=escape.markdown(lesson.title),
                n=lesson.minutes,
            ),
            width="stretch",
        )
        if st.button(Text("Take the tour"), icon=":material/explore:", key="tour_begin"):
            st.switch_page(lessons.begin(lesson))
        st.button(
            Text("No, thanks"), key="tour_skip", type="tertiary", on_click=_skip, args=(lesson,)
        )


def again() -> None:
    """The button that begins it, whether it was taken before or not."""
    lesson = shelf.tour().lesson
    if lesson is not None and st.button(
        Text(
            "Around the pages in {n:,}\u00a0minute", "Around the pages in {n:,}\u00a0minutes",
            n=lesson.minutes,
        ),
        icon=":material/explore:", key="tour_again", type="tertiary",
    ):  # fmt: skip
        st.switch_page(lessons.begin(lesson))


def _skip(lesson: Lesson) -> None:
    """In a callback: not to be asked again."""
    lessons.note(lessons.progress(lesson).seen(len(lesson.steps)))
