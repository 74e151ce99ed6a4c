"""Room: opening one, its four steps, who is in it, what comes of it; and who sees it at all."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest

from pages.panels.room import door
from pages.shared import visitor
from recsys_core import rooms as core
from recsys_core.rooms import Answer, rooms, serving
from recsys_core.rooms.addresses import is_own_alone, usable
from tests import every_word
from tests.app_harness import address, checked, components, open_page, text_of


@pytest.fixture
def opened(browser_id, monkeypatch):
    """The page of a room that was just opened in this tab, in a database of its own."""
    monkeypatch.setattr(core.serving, "url_in_use", lambda: None)
    core.close()
    yield checked(open_page("room", browser_id).button(key="room_open").click().run())
    core.close()


def code_of(at) -> str:
    return components(at)["board"]["code"]


def state_of(code: str):
    return rooms().desk.state(code).result(10)


def member(code: str, name: str, *values: float | None) -> int:
    """Somebody joins, and rates the first things."""
    joined, _ = rooms().desk.join(code, name).result(10)
    answers = [Answer(joined.number, item, value, 1) for item, value in enumerate(values)]
    if answers:
        rooms().desk.answer(code, joined.number, answers).result(10)
    return joined.number


def again(at):
    return checked(at.run())


def shown(at) -> str:
    """All that the page says, and all that components are sent."""
    return "\n".join([*every_word.said(at), json.dumps(components(at))])


def test_without_a_room_the_page_says_what_one_is_and_offers_to_try_it(browser_id):
    at = open_page("room", browser_id)
    assert "a class rates the same things on its telephones" in text_of(at)
    assert at.button(key="room_simulate").label == "Try it with thirty simulated students"
    assert "board" not in components(at)


def test_a_room_is_opened_and_its_teachers_link_is_shown_once(opened, browser_id):
    code = code_of(opened)
    assert address(opened) == f"room={code}"
    board = components(opened)["board"]
    assert board["link"].endswith(f"/r/{code}")
    assert board["qr"].startswith("data:image/svg+xml")
    link = next(each.value for each in opened.main.code if "/teacher#" in each.value)
    assert link == f"{board['link']}/teacher#{board['token']}"
    at = checked(opened.button(key="room_link_done").click().run())
    assert not [each for each in at.main.code if "/teacher#" in each.value]
    # Whoever else has the address sees nothing of it.
    other = open_page("room", visitor.new_id(), f"room={code}")
    assert "board" not in components(other)
    assert "not the teacher's" in other.main.info[0].value


def test_the_board_never_names_this_machine_as_every_machine_does(opened):
    at = opened
    for each in at.selectbox(key="room_address").options:
        host = each.split("//")[1].split(":")[0]
        if is_own_alone(host):  # there is no other network here: then the page says so
            assert "seen on this machine alone" in text_of(at)
        else:
            assert "keep devices apart" in text_of(at)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (["192.168.1.5", "127.0.0.1", "192.168.1.5"], ["192.168.1.5"]),
        (["169.254.3.3", "0.0.0.0", "::1", "fe80::1", "no address"], []),
        (["10.0.0.2", "172.17.0.1"], ["10.0.0.2", "172.17.0.1"]),
    ],
)
def test_addresses_are_those_that_others_can_use(found, kept):
    assert usable(found) == kept


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]", "0.0.0.0"]
)
def test_what_means_this_machine_on_every_machine_is_known(host):
    assert is_own_alone(host)
    assert not is_own_alone("192.168.1.5") and not is_own_alone("school.example")


def test_a_name_others_know_comes_before_numbers(monkeypatch):
    monkeypatch.setattr(door, "addresses", lambda: ["192.168.1.5"])
    for here, first in {
        ("http", "localhost", 8501): "http://192.168.1.5:8501",
        ("https", "course.example", None): "https://course.example",
        ("http", "10.1.1.1", 80): "http://10.1.1.1:80",
    }.items():
        monkeypatch.setattr(door, "_here", lambda here=here: here)
        assert door._addresses()[0] == first


def test_steps_go_on_one_at_a_time(opened):
    at, code = opened, code_of(opened)
    member(code, "Ada")
    for phase in ("rating", "locked", "reveal"):
        before = state_of(code).room.phase
        if phase == "locked":  # with enough to learn from
            for n in range(6):
                member(code, f"Student {n}", 1 + n % 5, 5 - n % 5, 3, 4)
        [step] = [b for b in at.main.button if re.match("room_.*_next", str(b.key))]
        assert step.key == f"room_{before}_next"
        at = checked(step.click().run())
        assert state_of(code).room.phase == phase
    assert not [b for b in at.main.button if re.match("room_.*_next", str(b.key))]
    assert "Predict the class" in " ".join(each.value for each in at.main.header)
    links = [each.proto.url for each in at.main.get("link_button")]
    frozen = state_of(code).room.frozen
    assert sum(f"data=shared&data.id={frozen}" in link for link in links) == 3


def test_too_little_is_not_locked_and_the_page_says_why(opened):
    at, code = checked(opened.button(key="room_lobby_next").click().run()), code_of(opened)
    at = checked(at.button(key="room_rating_next").click().run())
    assert "too little to learn from" in at.main.error[0].value
    assert state_of(code).room.phase == "rating"


def test_names_are_in_the_list_for_the_teacher_and_nowhere_else_before_the_reveal(opened):
    at, code = checked(opened.button(key="room_lobby_next").click().run()), code_of(opened)
    member(code, "Grace Hopper", 5, 4)
    at.session_state["board_table"] = True  # the table twin is open
    at = again(at)
    assert "Grace Hopper" not in shown(at)
    at.session_state["room_entries"] = True
    at = again(at)
    assert "1. **Grace Hopper** · 2 ratings" in shown(at)


def test_an_entry_is_renamed_hidden_and_removed(opened):
    at, code = checked(opened.button(key="room_lobby_next").click().run()), code_of(opened)
    number = member(code, "*a* [b](http://evil)", 5, 4)
    at.session_state["room_entries"] = True
    at = again(at)
    assert "](http://evil)" not in text_of(at).replace("\\]", "")
    at = checked(at.text_input(key=f"room_name_{number}").set_value("Ada").run())
    assert state_of(code).members[number].nickname == "Ada"
    at = checked(at.button(key=f"room_hide_{number}").click().run())
    assert state_of(code).shown == () and state_of(code).ratings == {}
    assert "neither drawn nor learned from" in text_of(at)
    at = checked(at.button(key=f"room_hide_{number}").click().run())
    assert len(state_of(code).ratings) == 2
    at = checked(at.button(key=f"remove_{number}").click().run())
    assert state_of(code).present == () and state_of(code).answers == {}


def test_a_list_of_ones_own_is_opened_with_its_pictures_or_refused_in_one_sentence(opened):
    at = checked(opened.button(key="room_leave").click().run())
    at = checked(at.segmented_control(key="room_list").set_value("own").run())
    at = checked(at.text_area(key="room_things").set_value("Tea\nCoffee").run())
    at = checked(at.button(key="room_open").click().run())
    assert "3 to 30 things to rate; this list has 2" in at.main.error[0].value
    at = checked(at.text_area(key="room_things").set_value("Tea\nCoffee\n=1+1").run())
    at = checked(at.text_input(key="room_title").set_value("Drinks").run())
    at = checked(at.selectbox(key="room_scale").set_value("words").run())
    png = b"\x89PNG\r\n\x1a\n" + bytes(20)
    at = checked(at.file_uploader(key="room_pictures").upload("Milk.png", png, "image/png").run())
    at = checked(at.button(key="room_open").click().run())
    assert "No thing of the list is called “Milk”" in at.main.error[0].value
    at = checked(
        at.file_uploader(key="room_pictures").set_value(("tea.png", png, "image/png")).run()
    )
    at = checked(at.button(key="room_open").click().run())
    room = state_of(code_of(at)).room
    assert (room.title, room.scale.words[4]) == ("Drinks", (5.0, "I love it"))
    assert [thing.name for thing in room.things] == ["Tea", "Coffee", "=1+1"]
    assert [bool(thing.picture) for thing in room.things] == [True, False, False]


def test_ratings_are_taken_home_without_formulas_and_the_room_is_deleted(opened):
    at, code = checked(opened.button(key="room_lobby_next").click().run()), code_of(opened)
    member(code, "=HYPERLINK(1)", 5, None, 2)
    from pages.panels.room.ending import _csv

    table = pd.read_csv(io.BytesIO(_csv(state_of(code))), index_col=0)
    assert table.index.tolist() == ["'=HYPERLINK(1)"]
    assert table.iloc[0, [0, 2]].tolist() == [5, 2] and table.notna().sum().sum() == 2
    at = checked(again(at).button(key="room_delete_now").click().run())
    assert state_of(code) is None
    assert "board" not in components(at) and address(at) == ""


def test_a_snapshot_is_frozen_and_named_by_a_link(opened):
    at, code = checked(opened.button(key="room_lobby_next").click().run()), code_of(opened)
    for n in range(6):
        member(code, f"Student {n}", 1 + n % 5, 5, 3)
    at = checked(again(at).button(key="room_freeze").click().run())
    [link] = re.findall(r"data=shared&data\.id=([\w-]+)", text_of(at))
    assert core.shared_ratings(link).n_ratings == 18
    assert state_of(code).room.phase == "rating"


def test_simulated_students_come_at_one_click_and_go(opened, monkeypatch):
    calls = []

    class Crowd:
        going = False

        def __init__(self, address, code, secret, pace):
            self.code = code

        def start(self):
            self.going = True
            calls.append(("start", self.code))

        def stop(self):
            self.going = False
            calls.append(("stop", self.code))

    monkeypatch.setattr(serving, "SimulatedClass", Crowd)
    at = checked(opened.button(key="room_leave").click().run())
    at = checked(at.button(key="room_simulate").click().run())
    code = code_of(at)
    assert calls == [("start", code)] and state_of(code).room.phase == "rating"
    assert not [each for each in at.main.code if "/teacher#" in each.value]
    at = checked(at.button(key="room_students_stop").click().run())
    assert calls[-1] == ("stop", code)
    assert at.button(key="room_students").label == "Add thirty simulated students"
