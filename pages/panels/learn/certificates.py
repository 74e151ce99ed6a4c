"""Learn: certificates of lessons passed, verifying one, and the results of everybody here."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.shared import keeping, lessons
from recsys_core import escape, words
from recsys_core.asking import exports
from recsys_core.errors import LessonError
from recsys_core.experiments.store import folder_in_use
from recsys_core.lessons import certificate, results
from recsys_core.lessons.certificate import Certificate
from recsys_core.lessons.lesson import Lesson
from recsys_core.text import Text, worded


def section(known: list[Lesson]) -> None:
    """Draw the three, folded."""
    with st.expander(
        Text("Certificates and results"), icon=":material/workspace_premium:", key="certificates",
        on_change="rerun",
    ) as box:  # fmt: skip
        if box.open:
            _give([each for each in known if lessons.progress(each).is_passed(each)])
            _verify(known)
            _results(known)


def _give(passed: list[Lesson]) -> None:
    st.markdown(
        Text(
            "**A certificate for your teacher.** It is signed by this server, which can verify it "
            "below. If this server is your own computer, it proves nothing: you could sign "
            "anything."
        )
    )
    if not passed:
        st.caption(Text("Pass a lesson first: all its checks, to its last step."))
        return
    titles = {each.id: each.title for each in passed}
    with st.form("certificate", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            chosen = st.selectbox(
                Text("Lesson"), list(titles), format_func=titles.__getitem__,
                key="certificate_lesson", width=320,
            )  # fmt: skip
            name = st.text_input(
                Text("Your name"), key="certificate_name", max_chars=certificate.LONGEST_NAME,
                width=260,
                help=Text(
                    "It will stand on the certificate, and in the table of results below, which "
                    "everybody on this server can download."
                ),
            )  # fmt: skip
            asked = st.form_submit_button(Text("Give me a certificate"), key="certificate_give")
    if asked:
        lesson = next(each for each in passed if each.id == chosen)
        try:
            st.code(_signed(lesson, name), language=None, wrap_lines=True)
        except LessonError as error:
            st.error(escape.markdown(worded(error.text)), icon=":material/error:")


def _signed(lesson: Lesson, typed: str) -> str:
    name, done = certificate.named(typed), lessons.progress(lesson)
    secret = certificate.secret_in(folder_in_use())
    lessons.note(done.called(name))
    n_checks = len(list(lesson.checks()))
    day = datetime.now(UTC).date().isoformat()
    said = Certificate(name, lesson.id, day, done.seed, done.n_passed(lesson), n_checks)
    return certificate.sign(said, secret)


def _verify(known: list[Lesson]) -> None:
    line = st.text_input(
        Text("Verify a certificate"), key="certificate_line", placeholder="fl1.…",
        help=Text("Only the server that gave it can verify it."),
    )  # fmt: skip
    if not line:
        return
    try:
        found = certificate.verify(line, certificate.secret_in(folder_in_use()))
    except LessonError as error:
        st.error(escape.markdown(worded(error.text)), icon=":material/error:")
        return
    title = {each.id: each.title for each in known}.get(found.lesson, found.lesson)
    said = Text(
        "Given by this server: {name} passed {passed} of {n:,}\u00a0check of “{title}” by {day}, "
        "seed {seed}.",
        "Given by this server: {name} passed {passed} of {n:,}\u00a0checks of “{title}” by {day}, "
        "seed {seed}.",
        name=found.name, passed=found.passed, n=found.checks, title=title, day=words.day(found.day),
        seed=found.seed,
    )  # fmt: skip
    st.success(escape.markdown(said), icon=":material/verified:")


def _results(known: list[Lesson]) -> None:
    kept = keeping.read(lambda store: store.lessons_of())
    if kept is None:
        st.caption(Text("This server keeps no results."))
        return
    rows = results.table(kept, known)
    st.download_button(
        Text(
            "Results of everybody here ({n:,}\u00a0row)",
            "Results of everybody here ({n:,}\u00a0rows)",
            n=len(rows),
        ),
        exports.to_csv(rows, index=False),
        "lesson-results.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="lesson_results",
        help=Text("By the names they typed, as CSV; whoever typed none is not in it."),
        disabled=rows.empty,
    )
