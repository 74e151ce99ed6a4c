"""Learn: lessons beside the real pages, their checks and questions; certificates and results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.shared import visitor
from pages.shared.lesson_panel import PLACES
from recsys_core import runs
from recsys_core.experiments.store_errors import VARIABLE
from recsys_core.experiments.view import PARTS
from recsys_core.glossary import GLOSSARY
from recsys_core.lessons import shelf
from recsys_core.lessons.lesson import CONTROLS
from recsys_core.runs import past
from tests.app_harness import address, checked, current, open_page, text_of, until, view_of

LESSONS = [found.lesson for found in shelf.shipped() if found.lesson is not None]

OWN = """+++
id = "own"
title = "A lesson of <b>my own</b>"
minutes = 5
open = "train?data=party&model=SGD&k=2&n_epochs=20&seed={seed}"
seeds = [7]
+++

## First <i>step</i>
Press Step.
::: show controls, curve
::: lock runs
::: highlight step
::: check epoch >= 1
::: hint It is beside Play.
::: hint Press it.
::: ask Which is right?
- [ ] this : Wrong, it is that.
- [x] that : Yes, that.

## Second
::: hide runs
::: do press step
::: do open predictions?cells=filled&user=1
::: check epoch >= 2
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Iterator[Path]:
    """Where this server keeps runs, and a lesson of its own."""
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.db'}")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "own.md").write_text(OWN)
    past.install(threaded=False)
    yield tmp_path
    past.uninstall()


def begin(browser_id: str, lesson: str = "own", page: str = "train"):
    at = open_page("learn", browser_id)
    return went(at.button(key=f"lesson_begin_{lesson}").click(), page)


def went(at, page: str):
    """What was pressed leads to another page, on which AppTest then has to be told to be."""
    at = checked(at.run())
    at.switch_page(f"{page}.py")
    return checked(at.run())


def lesson_text(at) -> str:
    return text_of(at).replace("\u00a0", " ")


def keys(at) -> set[str]:
    return {node.key for node in at.main if getattr(node, "key", None)}


def trained_to(browser_id: str, epoch: int) -> None:
    entry = current(runs.registry().workspace(browser_id))
    until(lambda: entry.run.epoch >= epoch)


def test_all_that_can_be_highlighted_has_its_place():
    assert set(PLACES) == {*PARTS, *CONTROLS}


def test_all_lessons_are_listed_with_their_minutes(browser_id):
    at = open_page("learn", browser_id)
    said = lesson_text(at)
    for number, lesson in enumerate(LESSONS, start=1):
        assert f"{number} · " in said and f"{lesson.minutes} minutes · not begun" in said
        assert at.button(key=f"lesson_begin_{lesson.id}").label == f"Begin lesson {number}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_lesson_opens_on_its_page_and_every_step_is_drawn(lesson, browser_id):
    if lesson.lacking():
        pytest.skip(f"needs {lesson.lacking()}")
    at = begin(browser_id, lesson.id, lesson.page)
    for step in range(1, len(lesson.steps) + 1):
        now = view_of(at)
        assert (now.lesson, now.step) == (lesson.id, step)
        assert set(now.hide) == set(lesson.steps[step - 1].hidden)
        assert f"step {step} of {len(lesson.steps)}" in lesson_text(at)
        assert "Passed: " not in lesson_text(at)  # nothing was done
        assert not [h for h in at.main.get("html") if 'class="fs-remark"' in h.value]
        if step < len(lesson.steps):
            at = checked(at.button(key="lesson_next").click().run())
    at = went(at.button(key="lesson_finish").click(), "learn")
    assert view_of(at).lesson is None and at.title[0].value == "Learn"
    n_checks = len(list(lesson.checks()))
    assert f"0 of {n_checks} check" in lesson_text(at)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_who_does_nothing_passes_no_lesson(lesson, browser_id):
    """Also where a neighbour has trained the same run to its end."""
    if lesson.lacking():
        pytest.skip(f"needs {lesson.lacking()}")
    at = begin(browser_id, lesson.id, lesson.page)
    run = current(runs.registry().workspace(browser_id)).run
    neighbour = runs.registry().workspace(visitor.new_id()).new_entry(run.experiment)
    assert neighbour.run is run
    neighbour.train()
    until(lambda: run.status == "finished")
    for step in range(1, len(lesson.steps) + 1):
        at = checked(at.run())
        assert "Passed: " not in lesson_text(at), f"step {step} is passed by looking at it"
        if step < len(lesson.steps):
            at = checked(at.button(key="lesson_next").click().run())
    at = went(at.button(key="lesson_finish").click(), "learn")
    said = lesson_text(at)
    assert f"0 of {len(list(lesson.checks()))} check" in said and "✓ passed" not in said


def test_a_check_says_what_is_missing_and_passes_when_it_is_done(folder, browser_id):
    at = begin(browser_id)
    assert "the epoch shown is 0; it has to be at least 1." in lesson_text(at)
    assert "First &lt;i&gt;step&lt;/i&gt;" in lesson_text(at)
    at = checked(at.button(key="step").click().run())
    trained_to(browser_id, 1)
    at = checked(at.run())
    assert "✓ Passed: the epoch shown at least 1" in lesson_text(at)
    at = checked(at.button(key="reset").click().run())
    assert view_of(at).moment == 0
    assert "✓ Passed" in lesson_text(at), "what held once stays passed"


def test_a_step_hides_and_locks_by_the_views_own_keys(folder, browser_id):
    at = begin(browser_id)
    assert "play" in keys(at) and "settings_box" not in keys(at)
    assert view_of(at).lock == ("runs",) and "settings" in view_of(at).hide
    assert "lesson=own&step=1" in address(at) and "hide=" in address(at)
    at = checked(at.button(key="lesson_next").click().run())
    assert (view_of(at).hide, view_of(at).lock) == (("runs",), ())
    assert "settings_box" in keys(at)
    at = checked(at.button(key="lesson_back").click().run())
    assert "settings_box" not in keys(at)
    at = checked(at.button(key="lesson_leave").click().run())
    assert (view_of(at).lesson, view_of(at).hide, view_of(at).lock) == (None, (), ())
    assert "settings_box" in keys(at) and "lesson_next" not in keys(at)


def test_a_link_opens_a_step_and_keeps_what_it_hides_itself(folder, browser_id):
    link = "data=party&model=SGD&k=2&n_epochs=20&hide=export&lock=share&lesson=own&step=2"
    at = open_page("train", browser_id, link)
    assert set(view_of(at).hide) == {"export", "runs"}
    at = checked(at.button(key="lesson_leave").click().run())
    assert (view_of(at).hide, view_of(at).lock) == (("export",), ("share",))


def test_a_copied_link_of_a_step_leaves_nothing_hidden_afterwards(folder, browser_id):
    copied = address(begin(browser_id))
    at = open_page("train", browser_id, copied)
    at = checked(at.button(key="lesson_leave").click().run())
    assert (view_of(at).hide, view_of(at).lock) == ((), ())


def test_a_lesson_nobody_knows_is_remarked_on(browser_id):
    at = open_page("train", browser_id, "data=party&model=SGD&lesson=none&step=3")
    assert view_of(at).lesson is None
    assert any("There is no lesson “none”" in h.value for h in at.main.get("html"))


def test_buttons_of_a_step_do_what_they_say(folder, browser_id):
    at = begin(browser_id)
    at = checked(at.button(key="lesson_next").click().run())
    at = checked(at.button(key="lesson_do_0").click().run())
    assert view_of(at).moment == 1
    trained_to(browser_id, 1)
    at = went(at.button(key="lesson_do_1").click(), "predictions")
    assert at.title[0].value == "Predictions"
    now = view_of(at)
    assert (now.user, now.option("cells"), now.lesson, now.step) == (1, "filled", "own", 2)
    assert "step 2 of 2" in lesson_text(at)


def test_hints_come_one_by_one_and_answers_are_explained(folder, browser_id):
    at = begin(browser_id)
    assert not at.main.info
    at = checked(at.button(key="lesson_hint").click().run())
    assert [each.value for each in at.main.info] == ["It is beside Play."]
    at = checked(at.button(key="lesson_hint").click().run())
    assert len(at.main.info) == 2 and "lesson_hint" not in keys(at)
    question = at.radio(key="lesson_ask_own_1_1")
    assert question.value is None
    at = checked(question.set_value(0).run())
    assert [each.value for each in at.main.warning] == ["Not so. Wrong, it is that."]
    at = checked(at.radio(key="lesson_ask_own_1_1").set_value(1).run())
    assert [each.value for each in at.main.success] == ["Right. Yes, that."]
    kept = past.keeper().store.lessons_of()  # the first answer counts
    past.keeper().round()
    kept = past.keeper().store.lessons_of()
    assert kept[0].said["answers"] == {"1.1": False}


def test_a_teacher_sees_the_file_as_it_is_saved(folder, browser_id):
    at = begin(browser_id)
    path = folder / "lessons" / "own.md"
    path.write_text(OWN.replace("Press Step.", "Press it *now*."))
    assert "Press it *now*." in lesson_text(checked(at.run()))
    path.write_text(OWN.replace("::: lock runs", "::: lock run"))
    at = checked(at.run())
    assert "own.md, line 12: There is no part “run” to lock" in at.main.error[0].value
    listed = open_page("learn", browser_id)
    assert "own.md, line 12" in listed.main.error[0].value
    path.write_text(OWN)
    at = checked(at.run())
    assert not at.main.error and "step 1 of 2" in lesson_text(at)


def passed(browser_id: str):
    """The own lesson, passed."""
    at = begin(browser_id)
    at = checked(at.button(key="step").click().run())
    trained_to(browser_id, 1)
    at = checked(at.run())
    at = checked(at.button(key="lesson_next").click().run())
    at = checked(at.button(key="step").click().run())
    trained_to(browser_id, 2)
    at = checked(at.run())
    return went(at.button(key="lesson_finish").click(), "learn")


def certificates(at):
    at.session_state["certificates"] = True  # opened
    return checked(at.run())


def test_who_passed_gets_a_certificate_that_this_server_verifies(folder, browser_id):
    at = passed(browser_id)
    assert "✓ passed" in lesson_text(at)
    past.keeper().round()
    again = open_page("learn", browser_id)  # another tab, another day
    assert "✓ passed" in lesson_text(again)
    at = certificates(again)
    at.text_input(key="certificate_name").set_value("=Ada <b>")
    at = checked(at.button(key="certificate_give").click().run())
    line = at.code[0].value
    assert line.startswith("fl1.")
    at = checked(at.text_input(key="certificate_line").set_value(line).run())
    said = at.success[0].value.replace("\u00a0", " ")
    assert "passed 2 of 2 checks" in said and "seed 7" in said and "<b>" not in said
    forged = line[:-4] + ("AAAA" if line[-4:] != "AAAA" else "BBBB")
    at = checked(at.text_input(key="certificate_line").set_value(forged).run())
    assert "was not given by this server, or was changed" in at.error[0].value
    past.keeper().round()
    kept = [each for each in past.keeper().store.lessons_of() if each.lesson == "own"]
    assert [(each.name, each.said["passed"]) for each in kept] == [("=Ada <b>", ["1.1", "2.1"])]


def test_who_passed_nothing_gets_no_certificate(folder, browser_id):
    at = certificates(open_page("learn", browser_id))
    assert not [b for b in at.button if b.key == "certificate_give"]
    assert "Pass a lesson first" in lesson_text(at)


def test_the_old_address_opens_the_replicas(browser_id):
    at = open_page("replicas", browser_id)
    assert any("Run this replica" in button.label for button in at.button) or at.selectbox
    at = open_page("learn", browser_id, "learn=replicas")
    assert "Article" in [box.label for box in at.selectbox]


def test_words_are_found_by_a_part_of_them_and_by_what_is_said_of_them(browser_id):
    at = open_page("learn", browser_id, "learn=words")
    shown = [said.value for said in at.markdown]
    assert len([said for said in shown if said.startswith("**")]) == len(GLOSSARY)
    at = checked(at.text_input(key="word").input("Mean absolute").run())
    shown = [said.value for said in at.markdown if said.value.startswith("**")]
    assert [said.split("**")[1] for said in shown] == ["MAE.", "MAPE."]
    at = checked(at.text_input(key="word").input("<b>").run())
    assert "No word found" in text_of(at)
    assert not [said for said in at.markdown if said.value.startswith("**")]


def test_a_step_of_a_lesson_explains_its_words(browser_id):
    at = begin(browser_id, "factors")
    said = [said.value for said in at.markdown if said.value.startswith("**Factor (latent")]
    assert len(said) == 1 and "**Noise.**" in said[0]


# --- the tour -------------------------------------------------------------------------------------


def test_the_tour_is_offered_once_and_leads_through_the_pages(folder, browser_id):
    tour = shelf.tour().lesson
    assert tour is not None and tour.minutes == 2
    at = went(open_page("home", browser_id).button(key="tour_begin").click(), "train")
    visited = ["train"]
    for step in range(1, len(tour.steps) + 1):
        assert (view_of(at).lesson, view_of(at).step) == ("tour", step)
        said = lesson_text(at)
        assert f"step {step} of {len(tour.steps)}" in said and tour.steps[step - 1].title in said
        opened = [action for action in tour.steps[step - 1].do if action.verb == "open"]
        for action in opened:
            at = went(at.button(key="lesson_do_0").click(), action.what)
            visited.append(action.what)
        assert tour.steps[step - 1].highlight
        if step < len(tour.steps):
            at = checked(at.button(key="lesson_next").click().run())
    assert visited == ["train", "predictions", "latent", "recommend", "data"]
    went(at.button(key="lesson_finish").click(), "learn")
    past.keeper().round()
    assert not offered(open_page("home", browser_id)), "it has been taken"
    again = open_page("learn", browser_id)
    assert view_of(went(again.button(key="tour_again").click(), "train")).lesson == "tour"


def offered(at):
    return any(button.key == "tour_begin" for button in at.button)


def test_who_wants_no_tour_is_not_asked_again(folder, browser_id):
    at = open_page("home", browser_id)
    assert offered(at)
    assert not offered(checked(at.button(key="tour_skip").click().run()))
    past.keeper().round()
    assert not offered(open_page("home", browser_id)), "nor in another tab, or another day"
    assert "tour" not in {found.lesson.id for found in shelf.all_of(None) if found.lesson}
