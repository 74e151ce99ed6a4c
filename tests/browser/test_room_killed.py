"""A room whose server is killed while a class rates, and one whose network is cut meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from recsys_core.limits import VARIABLE as LIMITS
from recsys_core.rooms.codes import is_code
from tests.browser.conftest import free_port, serving
from tests.browser.helpers import PATIENCE, arrived, becomes
from tests.browser.telephones import Telephone, board_of
from tests.rooms.writers import Writer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

N_THINGS = 12  # songs to rate, of which a telephone rates eight
RATINGS: list[list[int | None]] = [
    [5, 4, 1, 2, 5, 4, 1, 2], [1, 2, 5, 4, 1, 1, 5, 5], [3, 5, 1, 5, 4, 3, 2, 1],
    [2, 5, 5, 1, 2, 3, 4, 5], [4, 1, 1, 3, 5, 5, 2, 2],
]  # fmt: skip
BEFORE, AT_ONCE = 3, 4  # of these, before the kill; and with the one that is under way then

Rows = dict[tuple[int, int], tuple[int, float | None]]  # (member, item): (seq, value)


def kept_in(folder: Path, copy: str) -> tuple[int, Rows]:
    """How many members the database has, and all answers; read from a copy of its files."""
    there = folder / copy
    there.mkdir()
    for file in folder.glob("runs.db*"):
        shutil.copy(file, there)
    with sqlite3.connect(there / "runs.db") as own:
        (n_members,) = own.execute("SELECT count(*) FROM room_members").fetchone()
        rows = own.execute("SELECT member, item, seq, value FROM room_answers").fetchall()
    found = {(member, item): (seq, value) for member, item, seq, value in rows}
    assert len(found) == len(rows)
    return n_members, found


QUEUE = "name => localStorage.getItem(name)"


def noted(phone: Telephone, number: int) -> dict[int, tuple[int, float | None, bool]]:
    """What a telephone keeps: seq, value, and whether it was acknowledged, by item."""
    kept = phone.page.evaluate(QUEUE, f"fs-room-{phone.code}-{number}-answers")
    return {item: (seq, value, sent == 1) for item, value, seq, sent in json.loads(kept)}


def opened(context: BrowserContext) -> tuple[Page, str, str]:
    """The projector, with a new room that is rating; the code, and the teacher's link."""
    teacher = context.new_page()
    teacher.goto("/room")
    arrived(teacher)
    teacher.get_by_role("button", name="Open the room").click()
    code = becomes(lambda: teacher.locator(".fs-code").inner_text(), is_code)
    link = becomes(
        lambda: teacher.locator(".st-key-room_teacher code").inner_text(), lambda s: "#" in s
    )
    teacher.get_by_role("button", name="I have it").click()
    teacher.get_by_role("button", name="Start rating").click()
    expect(teacher.locator(".fs-board")).to_have_attribute("data-phase", "rating")
    return teacher, code, link


def test_the_server_is_killed_while_a_class_rates(browser: Browser, tmp_path: Path):
    port, database = free_port(), f"sqlite:///{tmp_path / 'runs.db'}"
    limits = {LIMITS: "joins_per_minute=1000"}
    with serving(port, tmp_path / "first.txt", database, **limits) as server:
        context = browser.new_context(
            base_url=server.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE * 1000)
        teacher, code, link = opened(context)
        phones = [Telephone(browser, server.url, code, f"Pupil {n}") for n in range(1, 6)]
        writers = [Writer(port, code, n, N_THINGS, pace=0.3) for n in range(40)]
        for writer in writers:
            writer.start()
        for phone, ratings in zip(phones, RATINGS, strict=True):
            phone.join()
            phone.rate(ratings[:BEFORE])
        numbers = [becomes(phone.state)["member"]["number"] for phone in phones]
        for phone in phones:
            phone.says("saved")
        becomes(lambda: min(writer.n for writer in writers), lambda n: n >= N_THINGS)
        # Each telephone has one more rating under way.
        for phone, ratings in zip(phones, RATINGS, strict=True):
            phone.rate(ratings[BEFORE:AT_ONCE], first=BEFORE)
        os.kill(server.pid, signal.SIGKILL)
    # Nobody writes now: what was acknowledged is there, or one later answer of the same thing that
    # was committed and could not be acknowledged any more.
    n_members, rows = kept_in(tmp_path, "killed")
    assert n_members == 45
    n_acknowledged = 0
    for writer in writers:
        for item, (seq, value) in dict(writer.acknowledged).items():
            n_acknowledged += 1
            there = rows[writer.number, item]
            under_way = writer.seq, writer.value_of(writer.seq)
            assert there in ((seq, value), under_way)
    assert n_acknowledged == 40 * N_THINGS
    for phone, number, ratings in zip(phones, numbers, RATINGS, strict=True):
        said = becomes(lambda phone=phone, number=number: noted(phone, number))
        taken = {item for item, (_, _, sent) in said.items() if sent}
        assert taken >= set(range(BEFORE))
        assert {item: rows[number, item][1] for item in taken} == {i: ratings[i] for i in taken}
        # And they rate on, while there is no server.
        phone.rate(ratings[AT_ONCE:], first=AT_ONCE)
        phone.says_like(r"waiting for the network: [45] ratings are kept on this telephone")
    n_before = {writer: writer.n for writer in writers}

    with serving(port, tmp_path / "second.txt", database, **limits):
        # All go on by themselves.
        for phone, ratings in zip(phones, RATINGS, strict=True):
            phone.says("saved")
            becomes(phone.kept, ratings)
        becomes(
            lambda: min(writer.n - n_before[writer] for writer in writers), lambda n: n >= N_THINGS
        )
        for writer in writers:
            writer.ends.set()
        for writer in writers:
            writer.join(PATIENCE)
        n_members, rows = kept_in(tmp_path, "again")
        expected: Rows = {
            (writer.number, item): answer
            for writer in writers
            for item, answer in writer.acknowledged.items()
        }
        expected |= {
            (number, item): (1, value)
            for number, ratings in zip(numbers, RATINGS, strict=True)
            for item, value in enumerate(ratings)
        }
        assert (n_members, rows) == (45, expected)

        # The projector's page comes back by itself, and so it does by the teacher's link.
        _shows(teacher, code, expected, numbers + [writer.number for writer in writers])
        elsewhere = browser.new_context(base_url=server.url, reduced_motion="reduce")
        elsewhere.set_default_timeout(PATIENCE * 1000)
        teacher = elsewhere.new_page()
        teacher.goto(re.sub(r"^\w+://[^/]+", "", link))
        _shows(teacher, code, expected, numbers + [writer.number for writer in writers])
        _ends(teacher, phones)
        for phone in phones:
            phone.context.close()
        elsewhere.close()
        context.close()


def _shows(teacher: Page, code: str, expected: Rows, numbers: Sequence[int]) -> None:
    """The projector has the room with these ratings, each of its member and thing."""
    expect(teacher.locator(".fs-board")).to_have_attribute("data-phase", "rating")
    expect(teacher.locator(".fs-notice")).to_be_hidden()
    board = becomes(lambda: board_of(teacher, code))
    assert sorted(each["number"] for each in board["members"]) == sorted(numbers)
    found = {
        (member["number"], item): value
        for member, row in zip(board["members"], board["matrix"], strict=True)
        for item, value in enumerate(row)
        if value is not None
    }
    assert found == {key: value for key, (_, value) in expected.items()}
    expect(teacher.locator(".fs-counts")).to_contain_text("45 students")
    expect(teacher.locator(".fs-counts")).to_contain_text(f"{len(expected)} ratings")


def _ends(teacher: Page, phones: Sequence[Telephone]) -> None:
    """Locked and revealed, each telephone shows its own point and recommendations."""
    teacher.get_by_role("button", name="Lock the ratings").click()
    for phone in phones:
        expect(phone.page.get_by_role("heading", name="How did they rate")).to_be_visible()
    teacher.get_by_role("button", name="Reveal names and results").click()
    points = set()
    for phone in phones:
        page = phone.page
        expect(page.get_by_role("heading", name=f"{phone.name}, this is what")).to_be_visible()
        you = page.get_by_role("img", name="A map of the class").locator(".you").first
        expect(you).to_be_visible()
        points.add(becomes(lambda you=you: (you.get_attribute("cx"), you.get_attribute("cy"))))
        offered = page.locator("section").filter(has_text="the model says you may like them")
        state: Any = becomes(phone.state)
        names = [state["things"][each["item"]]["name"] for each in state["rev"]["recommendations"]]
        assert {each["item"] for each in state["rev"]["recommendations"]} == set(range(8, N_THINGS))
        expect(offered.locator("tbody th")).to_have_text(names)
    assert len(points) == len(phones)
