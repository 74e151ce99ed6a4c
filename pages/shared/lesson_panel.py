"""The open lesson, drawn beside the real page: its text, checks, hints, questions and buttons.

At 1100 pixels and more it is a column at the left that stays in view, below that a box on top that
can be folded. What it says of the run is drawn anew by the view's own signals (an epoch chosen, a
run that has come to rest), so no page is asked again and again for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shared import lessons, view
from recsys_core import escape, glossary
from recsys_core.experiments.view import PARTS
from recsys_core.lessons import checks, shelf
from recsys_core.lessons.lesson import Do, Lesson, Question, Step
from recsys_core.lessons.shelf import Found
from recsys_core.text import Text, later, worded

# Pixels from which there is room for a column beside the page.
_WIDE = 1100

# Pages that are not part of any lesson: no lesson is drawn there.
_ALONE = ("learn", "replicas")

# Seconds between two looks at the file of a teacher's own lesson that is open.
_LOOK_EVERY = 1.5

# By what a step highlights, where that is on the pages, in CSS.
PLACES = {
    "page.home": ".st-key-pages > :first-child a",
    **{part: f".st-key-pages a[href*='/{part.removeprefix('page.')}']"
       for part in PARTS if part.startswith("page.") and part != "page.home"},
    "language": "[class*=st-key-language_]",
    "pages": ".st-key-pages", "card.data": ".st-key-card_data", "card.run": ".st-key-card_run",
    "controls": ".st-key-controls", "timeline": ".st-key-timeline, .st-key-epoch",
    "curve": ".st-key-curve_chart", "matrix": ".st-key-matrix_chart",
    "map": ".st-key-latent_chart", "settings": ".st-key-settings_box",
    "commentary": "[data-testid=stHtml]:has(> [data-fs=sentence])",
    "runs": "[class*=st-key-run_]", "upload": ".st-key-source_panel",
    "generate": ".st-key-source_panel", "split": ".st-key-split_use",
    "editor": ".st-key-grid_train", "test": ".st-key-test",
    "why": ".st-key-terms_chart, .st-key-contributions_chart",
    "inside": ".st-key-inside, .st-key-expand", "closer": ".st-key-closer",
    "guess": ".st-key-guess_begin, .st-key-guess_reveal", "doctor": ".st-key-doctor_box",
    "truth": ".st-key-truth_chart, .st-key-truth_line", "guest": ".st-key-recommend_who",
    "similar": ".st-key-alike", "export": ".st-key-export", "share": ".st-key-share_place",
    "play": ".st-key-play", "step": ".st-key-step", "reset": ".st-key-reset",
    "speed": ".st-key-speed", "algorithm": ".st-key-choose_algorithm",
    "start_new": ".st-key-start_new", "fork": ".st-key-fork", "epoch": ".st-key-timeline",
}  # fmt: skip


@contextmanager
def beside(page: str) -> Iterator[None]:
    """Draw the open lesson, and then what the block draws beside it."""
    here = None if page in _ALONE else lessons.found(view.now().lesson)
    if here is None:
        yield
        return
    view.page_shows("lesson", "step")
    step = lessons.step()
    _styles(step)
    with st.container(key="lesson_frame"):
        with st.container(key="lesson"):
            if here.lesson is None or step is None:
                _broken(here)
            else:
                _draw(here.lesson)
            if here.own:
                _watch(here)
        with st.container(key="lesson_page"):
            yield


def _styles(step: Step | None) -> None:
    lit = ", ".join(PLACES[name] for name in (step.highlight if step else ())) or ".fs-none"
    st.html(
        f"""<style>
    .st-key-lesson_frame {{ display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }}
    .st-key-lesson_frame > * {{ min-width: 0; }}
    .st-key-lesson [data-testid=stExpanderDetails] {{ max-height: 45vh; overflow: auto; }}
    @media (min-width: {_WIDE}px) {{
        .st-key-lesson_frame {{ grid-template-columns: 300px minmax(0, 1fr); }}
        .st-key-lesson {{ position: sticky; top: 1rem; align-self: start; }}
        .st-key-lesson [data-testid=stExpanderDetails] {{ max-height: calc(100vh - 6rem); }}
    }}
    @media (min-width: 1700px) {{
        .st-key-lesson_frame {{ grid-template-columns: 400px minmax(0, 1fr); }}
    }}
    .fs-checks {{ margin: 0; padding: 0 !important; list-style: none; }}
    .fs-checks li {{ margin: .25em 0 !important; padding: .3em .6em; border-radius: 6px;
        border: 1px solid var(--fs-muted); }}
    .fs-checks li.fs-met {{ border: 2px solid #1B8A7A; }}
    .fs-checks small {{ display: block; font-size: .93em; }}
    .fs-checks small::first-letter {{ text-transform: uppercase; }}
    :is({lit}) {{ outline: 3px solid var(--fs-accent) !important; outline-offset: 4px;
        border-radius: 6px; }}
    </style>"""
    )


def _broken(here: Found) -> None:
    """In place of a lesson whose file has a bad line: the sentence that says which."""
    assert here.problem is not None
    st.error(escape.markdown(worded(here.problem)), icon=":material/error:")
    st.button(Text("Leave the lesson"), key="lesson_leave", on_click=_leave)


@st.fragment(run_every=_LOOK_EVERY, key="lesson_file")
def _watch(here: Found) -> None:
    """Draw the page anew once the file of a teacher's own lesson was saved."""
    if lessons.found(view.now().lesson) != here:
        st.rerun()


@view.fragment(
    "lesson", "run", "data", "moment", "playing", "status", "user", "item", "options", "lesson_own"
)
def _draw(lesson: Lesson) -> None:
    here = lessons.current()
    if here is None:
        return
    at, n = here[1], len(lesson.steps)
    step = lesson.steps[at - 1]
    title = escape.markdown(lesson.title)
    if here[0] is not shelf.tour().lesson:
        title = Text("Lesson: {title}", title=title)
    with st.expander(title, expanded=True, key="lesson_box"):
        where = Text("step {step} of {steps}", step=at, steps=n)
        st.html(
            f'<div style="color:var(--fs-muted)">{where}</div>'
            f'<div style="font-weight:650;font-size:1.15em">{escape.html(step.title)}</div>'
        )
        if step.text:
            st.markdown(step.text)
        for number, action in enumerate(step.do):
            _button(action, f"lesson_do_{number}")
        _checks(lesson, at)
        _words(step)
        _hints(lesson, at, step.hints)
        for number, question in enumerate(step.questions, start=1):
            _ask(lesson, f"{at}.{number}", question)
        _ways(lesson, at)


_PRESSED = {
    "play": later("Press Play"),
    "step": later("Press Step"),
    "reset": later("Press Reset"),
}
_OPENED = {
    "train": later("Go to Train"),
    "data": later("Go to Data"),
    "predictions": later("Go to Predictions"),
    "latent": later("Go to Latent space"),
    "recommend": later("Go to Recommend"),
    "compare": later("Go to Compare"),
}


def _button(action: Do, key: str) -> None:
    label = Text((_PRESSED if action.verb == "press" else _OPENED)[action.what])
    if action.verb == "press":
        st.button(label, icon=":material/touch_app:", key=key, on_click=_press, args=(action,))
    elif st.button(label, icon=":material/arrow_forward:", key=key):
        page = lessons.do(action)
        assert page is not None
        st.switch_page(page)


def _press(action: Do) -> None:
    lessons.do(action)
    view.redraw("playing", "moment", "status", "lesson_own")


def _checks(lesson: Lesson, at: int) -> None:
    """What has to hold, whether it does, and what is missing; what held once stays passed."""
    step = lesson.steps[at - 1]
    if not step.checks:
        return
    known, done = lessons.facts_now(), lessons.progress(lesson)
    lines = []
    for number, check in enumerate(step.checks, start=1):
        name = f"{at}.{number}"
        verdict = checks.judge(check, known)
        if verdict.met:
            done = done.met(name)
        goal = checks.described(check)
        if name in done.passed:
            said = Text("✓ Passed: {goal}", goal=goal)
            lines.append(f'<li class="fs-met">{escape.html(said)}</li>')
        else:
            missing = " ".join(worded(text) for text in verdict.missing)
            said = Text("To do: {goal}", goal=goal)
            lines.append(f"<li>{escape.html(said)}<small>{escape.html(missing)}</small></li>")
    lessons.note(done)
    st.html(f'<div role="status"><ul class="fs-checks">{"".join(lines)}</ul></div>')


def _words(step: Step) -> None:
    """The words of the glossary that the step uses, behind a button."""
    if titles := glossary.among(step.text):
        with st.popover(
            Text("Words of this step"), icon=":material/menu_book:", key="lesson_words"
        ):
            st.markdown(glossary.tooltip(*titles))


def _hints(lesson: Lesson, at: int, hints: tuple[str, ...]) -> None:
    """Hints, one more each time one asks."""
    if not hints:
        return
    key = f"lesson_hints_{lesson.id}_{at}"
    given = min(st.session_state.get(key, 0), len(hints))
    for hint in hints[:given]:
        st.info(hint, icon=":material/lightbulb:")
    if given < len(hints):
        st.button(
            Text("Hint {number:,} of {hints}", number=given + 1, hints=len(hints)),
            icon=":material/lightbulb:", key="lesson_hint",
            on_click=_hint, args=(key,),
        )  # fmt: skip


def _hint(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 0) + 1
    view.redraw("lesson_own")


def _ask(lesson: Lesson, name: str, question: Question) -> None:
    """A question; why an answer is right or wrong is said once it is given."""
    key = f"lesson_ask_{lesson.id}_{name.replace('.', '_')}"
    numbers = range(len(question.answers))
    chosen = st.radio(
        question.text, numbers, index=None, key=key, persist_state="session",
        format_func=lambda at: question.answers[at].text,
        on_change=_answered, args=(lesson, name, question, key),
    )  # fmt: skip
    if chosen is not None:
        answer = question.answers[chosen]
        show = st.success if answer.right else st.warning
        show(f"{Text('Right.') if answer.right else Text('Not so.')} {answer.why}")


def _answered(lesson: Lesson, name: str, question: Question, key: str) -> None:
    chosen = st.session_state[key]
    if chosen is not None:
        right = question.answers[chosen].right
        lessons.note(lessons.progress(lesson).answered(name, right))
    view.redraw("lesson_own")


def _ways(lesson: Lesson, at: int) -> None:
    """Back, on, and out."""
    n = len(lesson.steps)
    with st.container(horizontal=True, gap="small", key="lesson_ways"):
        st.button(Text("Back"), icon=":material/arrow_back:", key="lesson_back", disabled=at == 1,
                  on_click=lessons.go, args=(at - 1,))  # fmt: skip
        if at < n:
            st.button(Text("Next"), icon=":material/arrow_forward:", type="primary",
                      key="lesson_next", on_click=lessons.go, args=(at + 1,))  # fmt: skip
        elif st.button(
            Text("Finish"), icon=":material/check:", type="primary", key="lesson_finish"
        ):
            lessons.leave()
            st.switch_page("learn.py")
        closes = Text("Closes the lesson; you can go on with it later on Learn.")
        st.button(Text("Leave"), icon=":material/close:", key="lesson_leave", on_click=_leave,
                  help=closes)  # fmt: skip


def _leave() -> None:
    lessons.leave()
    view.redraw("lesson", "step", "hide", "lock")
