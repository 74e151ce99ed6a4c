"""The lesson that is open in this tab, if one is: a step of it, as the view's keys say.

A step's hidden and locked parts are the view's ``hide`` and ``lock``, beside those that a link
brought: there is one mechanism for both. Leaving a step takes its own away again.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from pages.shared import keeping, session, view
from recsys_core.experiments import link
from recsys_core.experiments.store import KeptLesson, folder_in_use
from recsys_core.experiments.view import PARTS, read_key
from recsys_core.lessons import facts, shelf
from recsys_core.lessons.facts import Facts
from recsys_core.lessons.lesson import Do, Lesson, Step
from recsys_core.lessons.progress import Progress
from recsys_core.lessons.shelf import Found
from recsys_core.runs import past
from recsys_core.text import Text


def all_of() -> list[Found]:
    """All lessons: those that come along, and those in the data folder of this server."""
    return shelf.all_of(folder_in_use() / "lessons")


def found(id: str | None) -> Found | None:
    """The file of a lesson; of one that is open, also while it has a bad line."""
    if id is None:
        return None
    for each in (shelf.tour(), *all_of()):
        if each.lesson is not None and each.lesson.id == id:
            st.session_state.setdefault("lesson_files", {})[id] = each.path
            return each
    path: Path | None = st.session_state.get("lesson_files", {}).get(id)
    return None if path is None else shelf.look(path, own=True)


def current() -> tuple[Lesson, int] | None:
    """The lesson that is open and its step, from 1; None where none is, or its file is broken."""
    now = view.now()
    here = found(now.lesson)
    if here is None or here.lesson is None:
        return None
    return here.lesson, min(now.step or 1, len(here.lesson.steps))


def step() -> Step | None:
    """The step that is open."""
    here = current()
    return None if here is None else here[0].steps[here[1] - 1]


# --- going through it -----------------------------------------------------------------------------


def arrive() -> None:
    """At the start of every page: hide and lock what the open step says."""
    now = view.now()
    if now.lesson is None:
        _apply(None)
        return
    if found(now.lesson) is None:
        view.remark(Text("There is no lesson “{lesson}” on this server.", lesson=now.lesson))
        leave()
        return
    here = current()
    _apply(step())
    if here is not None:
        note(progress(here[0]).seen(here[1]))


def begin(lesson: Lesson, at: int = 1) -> str:
    """Open a lesson at a step, on the data and run that it says; returns the page it is on."""
    seed = progress(lesson).seed
    view.read(f"{lesson.query(seed)}&lesson={lesson.id}&step={at}")
    st.session_state.pop("lesson_parts", None)
    found(lesson.id)
    return f"{lesson.page}.py"


def go(at: int) -> None:
    """In a callback: another step."""
    here = current()
    if here is not None:
        view.change(step=min(max(at, 1), len(here[0].steps)))
        _apply(step())
        view.redraw("lesson", "step", "hide", "lock")


def leave() -> None:
    """Close the lesson: nothing is hidden or locked by it any more."""
    _apply(None)
    view.change(lesson=None, step=None)


def do(action: Do) -> str | None:
    """Do what a button of a step says; returns the page to go to, None to stay."""
    if action.verb == "open":
        _open(action.query)
        return f"{action.what}.py"
    if action.what == "play":
        if not view.active():
            view.play()
    elif action.what == "step":
        view.step()
    else:
        view.reset()
    return None


def _open(query: str) -> None:
    """Look at what a query says: at other data or another run, or otherwise at those in view."""
    now = view.now()
    experiments = link.read_all(query)[0]
    if experiments:
        view.read(f"{query}&lesson={now.lesson}&step={now.step or 1}")
        st.session_state.pop("lesson_parts", None)
        return
    changed = now
    for part in query.split("&"):
        key, equals, text = part.partition("=")
        if equals:
            changed = read_key(changed, key, unquote(text))
    view.change(user=changed.user, item=changed.item, moment=changed.moment,
                options=changed.options)  # fmt: skip


def _apply(here: Step | None) -> None:
    """Have the view hide and lock what a step says, beside what a link said."""
    hide, lock = (here.hidden, here.lock) if here is not None else ((), ())
    # A tab that opens a link of a step has what is of the step in its hide and lock already.
    before = st.session_state.get("lesson_parts", (hide, lock))
    now = view.now()
    fields = {
        name: tuple(p for p in PARTS if p in new or (p in kept and p not in old))
        for name, new, kept, old in (
            ("hide", hide, now.hide, before[0]), ("lock", lock, now.lock, before[1]),
        )
    }  # fmt: skip
    st.session_state.lesson_parts = hide, lock
    if (now.hide, now.lock) != (fields["hide"], fields["lock"]):
        view.change(chosen=False, **fields)


# --- what came of it ------------------------------------------------------------------------------


def facts_now() -> Facts:
    """What the checks are about: the run in view at the epoch shown, and what is selected."""
    now = view.now()
    begun = now.playing or now.moment is not None or not view.is_watched()
    run = view.run()
    guest = {} if run is None else session.workspace().guest.get(run.experiment.data, {})
    return facts.of_run(run, view.epoch(), now.user, now.item, begun, len(guest))


def progress(lesson: Lesson) -> Progress:
    """How far this browser is in a lesson."""
    kept = _kept()
    if lesson.id not in kept:
        kept[lesson.id] = Progress(lesson.id, lesson.seed_of(session.workspace().owner))
    return kept[lesson.id]


def note(changed: Progress) -> None:
    """Take note of what was seen, passed, answered or typed; it is kept in the database."""
    kept = _kept()
    if kept.get(changed.lesson) == changed:
        return
    kept[changed.lesson] = changed
    keeper, owner = past.keeper(), session.workspace().owner
    if keeper is not None:
        keeper.note_lesson(
            KeptLesson(owner, changed.lesson, changed.to_dict(), keeper.clock(), changed.name)
        )


def forget() -> None:
    """In a callback: what this tab knows of lessons goes; the database is the keeper's."""
    leave()
    for key in [key for key in st.session_state if str(key).startswith("lesson_")]:
        del st.session_state[key]


def _kept() -> dict[str, Progress]:
    """Progress by lesson: what the database has of this browser, and what came since."""
    if "lesson_progress" not in st.session_state:
        owner = session.workspace().owner
        found = keeping.read(lambda store: store.lessons_of(owner)) or []
        st.session_state.lesson_progress = {
            each.lesson: Progress.from_dict(each.lesson, each.said, each.name) for each in found
        }
    kept: dict[str, Progress] = st.session_state.lesson_progress
    return kept
