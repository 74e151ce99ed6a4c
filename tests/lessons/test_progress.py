"""Progress and its table, certificates, and the secret they are signed with."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.asking import exports
from recsys_core.errors import LessonError
from recsys_core.experiments.store import KeptLesson
from recsys_core.lessons import certificate, results
from recsys_core.lessons.certificate import Certificate, named, secret_in, sign, verify
from recsys_core.lessons.checks import parse
from recsys_core.lessons.lesson import Lesson, Step
from recsys_core.lessons.progress import Progress

LESSON = Lesson("two", "Two steps", 5, "train?data=party", (
    Step("One", checks=(parse("epoch > 1"),)), Step("Two", checks=(parse("k == 3"),)),
))  # fmt: skip


def test_a_lesson_is_passed_by_all_its_checks_and_its_last_step():
    done = Progress("two", seed=3).seen(1).met("1.1")
    assert done.n_passed(LESSON) == 1 and not done.is_passed(LESSON)
    assert not done.met("2.1").is_passed(LESSON)  # its last step was never seen
    assert done.met("2.1").seen(2).is_passed(LESSON)
    assert not done.seen(2).met("3.1").is_passed(LESSON)  # a check that is there no more
    assert done.met("1.1") is done and done.seen(1) is done


def test_the_first_answer_counts():
    done = Progress("two").answered("1.1", False).answered("1.1", True).answered("2.1", True)
    assert done.n_right() == 1


@given(st.integers(0, 9), st.lists(st.from_regex("[1-9]\\.[1-9]", fullmatch=True), unique=True),
       st.dictionaries(st.from_regex("[1-9]\\.[1-9]", fullmatch=True), st.booleans()))  # fmt: skip
def test_progress_is_plain_data_and_back(step, checks, answers):
    done = Progress("two", 4, step, tuple(checks), tuple(answers.items()), "Ada")
    assert Progress.from_dict("two", done.to_dict(), "Ada") == done
    assert Progress.from_dict("two", {}) == Progress("two")


def test_the_table_has_those_who_typed_a_name_and_no_formula():
    done = Progress("two", 3).seen(2).met("1.1").met("2.1").answered("1.1", True).to_dict()
    kept = [
        KeptLesson("a", "two", done, 0.0, "zoe"),
        KeptLesson("b", "two", done, 0.0, ""),
        KeptLesson("c", "gone", done, 0.0, "=HYPERLINK(1)"),
    ]
    table = results.table(kept, [LESSON])
    assert list(table["name"]) == ["=HYPERLINK(1)", "zoe"]
    assert table.iloc[1].to_dict() | {"changed": ""} == {
        "name": "zoe", "lesson": "two", "title": "Two steps", "seed": 3, "passed": "yes",
        "checks": 2, "passed_checks": 2, "step": 2, "steps": 2, "right_answers": 1,
        "questions": 0, "changed": "",
    }  # fmt: skip
    text = exports.to_csv(table, index=False).decode()
    assert "'=HYPERLINK(1)" in text and "\n=HYP" not in text
    assert list(results.table([], [])) == list(results.COLUMNS)


# --- certificates ---------------------------------------------------------------------------------

_certificates = st.builds(
    Certificate, name=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    lesson=st.just("two"), day=st.just("2026-11-27"), seed=st.integers(0, 99),
    passed=st.integers(0, 9), checks=st.integers(0, 9),
)  # fmt: skip


@given(_certificates, st.binary(min_size=16, max_size=40), st.binary(min_size=16, max_size=40))
def test_a_certificate_is_verified_by_its_own_secret_alone(given_, secret, other):
    line = sign(given_, secret)
    assert verify(f" {line[:20]}\n{line[20:]} ", secret) == given_
    if other != secret:
        with pytest.raises(LessonError, match="not given by this server"):
            verify(line, other)


@given(_certificates, st.integers(4, 400), st.characters())
def test_no_changed_certificate_is_verified(given_, at, letter):
    secret = b"0123456789abcdef"
    line = sign(given_, secret)
    changed = line[:at] + letter + line[at + 1 :]
    try:
        found = verify(changed, secret)
    except LessonError:
        return
    assert found == given_  # a blank beside it, or bits that Base64 leaves over


@pytest.mark.parametrize("line", ["", "fl1.", "fl1..", "fl1.e30.e30", "fs1.abc", "x" * 5000,
                                  "fl1." + "A" * 5000, "fl1.ä.ö"])  # fmt: skip
def test_what_is_no_certificate_gets_one_sentence(line):
    with pytest.raises(LessonError) as refused:
        verify(line, b"0123456789abcdef")
    assert str(refused.value).endswith(".")


def test_a_name_is_on_one_line_and_seen():
    assert named(" Ada \n Lovelace ") == "Ada Lovelace"
    assert len(named("x" * 500)) == certificate.LONGEST_NAME
    with pytest.raises(LessonError, match="Type the name"):
        named(" \u200b ")


def test_the_secret_is_made_once_for_this_user_alone(tmp_path):
    folder = tmp_path / "new"
    secret = secret_in(folder)
    assert secret_in(folder) == secret and len(secret) == 32
    assert stat.S_IMODE(os.stat(folder / "lesson-secret").st_mode) == 0o600
    assert secret_in(tmp_path / "other") != secret
    (folder / "lesson-secret").write_bytes(b"short")
    with pytest.raises(LessonError, match="damaged"):
        secret_in(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(LessonError, match="cannot be given here"):
        secret_in(tmp_path / "file")
