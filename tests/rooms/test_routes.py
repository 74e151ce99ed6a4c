"""Rooms' routes: who may do what, and what nobody may."""

from __future__ import annotations

import asyncio
import functools
import json
import re

import pytest
from starlette.applications import Starlette

from pages.routes import access, guard
from pages.routes import rooms as routes
from recsys_core import limits
from recsys_core.rooms import rooms
from recsys_core.rooms.codes import new_code
from tests.rooms.asking import FILMS, HOST, Browser, opened

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def lived(test):
    """An event loop for a test."""

    @functools.wraps(test)
    def run(*given, **named):
        asyncio.run(test(*given, **named))

    return run


@lived
async def test_a_telephone_joins_rates_and_finds_its_answers_again():
    code, _ = opened(title="Films")
    ada = Browser()
    page = await ada.ask("GET", f"/r/{code}")
    assert page.status == 200 and f'data-code="{code}"' in page.body.decode()
    joined = await ada.join(code, " Ada ")
    assert joined.json == {"member": 1, "nickname": "Ada"}
    [cookie] = joined.cookies
    assert re.fullmatch(
        rf"fs_room=[\w-]{{22}}; HttpOnly; Max-Age=\d+; Path=/r/{code}; SameSite=lax", cookie
    )
    answered = await ada.rate(code, (0, 4, 1), (2, None, 2))
    assert answered.json["acknowledged"] == [{"item": 0, "seq": 1}, {"item": 2, "seq": 2}]
    state = (await ada.ask("GET", f"/r/{code}/state")).json
    assert state["version"] == answered.json["version"]
    assert (state["phase"], state["title"]) == ("rating", "Films")
    assert state["answers"] == [
        {"item": 0, "value": 4.0, "seq": 1}, {"item": 2, "value": None, "seq": 2},
    ]  # fmt: skip
    assert [thing["name"] for thing in state["things"]] == [film.name for film in FILMS]
    assert (state["n_members"], state["n_ratings"]) == (1, 1)
    again = await ada.join(code, "Ada B")  # after sleep, say
    assert again.json == {"member": 1, "nickname": "Ada B"} and not again.cookies
    assert all(
        ("cache-control", "no-store") in each.headers for each in (page, joined, answered, again)
    )


@lived
async def test_nobody_writes_or_reads_for_another():
    code, _ = opened()
    other, _ = opened()
    ada, bob, eve = Browser(), Browser(), Browser()
    await ada.join(code, "Ada")
    await bob.join(code, "Bob")
    await bob.rate(code, (0, 5, 1))
    await ada.rate(code, (0, 1, 1))
    assert rooms().desk.known(code).ratings == {(1, 0): 1.0, (2, 0): 5.0}
    # Without a cookie, with one made up, with a hash, and with that of another room: nobody.
    hash = next(iter(rooms().desk.known(code).tokens))
    foreign = Browser()
    await foreign.join(other, "Eve")
    for token in (None, "", "x", "A" * 22, hash, foreign.cookies["fs_room"]):
        eve.cookies = {} if token is None else {"fs_room": token}
        for asked in (
            await eve.rate(code, (0, 3, 9)),
            await eve.ask("PUT", f"/r/{code}/guesses", [{"cell": 0, "value": 3}]),
            await eve.ask("GET", f"/r/{code}/state"),
            await eve.ask("GET", f"/r/{code}/board"),
        ):
            assert asked.status == 401 and set(asked.json) == {"sentence"}
    assert (await ada.ask("GET", f"/r/{code}/board")).status == 401
    assert rooms().desk.known(code).ratings == {(1, 0): 1.0, (2, 0): 5.0}


@lived
async def test_what_another_site_sends_is_refused():
    code, token = opened()
    ada = Browser()
    await ada.join(code)
    for origin in ("http://evil", "null", f"http://{HOST}.evil", f"http://{HOST}:81"):
        for method, what, said in (
            ("POST", "join", {"nickname": "Eve"}),
            ("PUT", "answers", [{"item": 0, "value": 1, "seq": 1}]),
            ("PUT", "guesses", [{"cell": 0, "value": 1}]),
            ("POST", "teacher", {"token": token}),
        ):
            answer = await ada.ask(method, f"/r/{code}/{what}", said, origin=origin)
            assert answer.status == 403 and not answer.cookies
    assert rooms().desk.known(code).ratings == {}
    assert (await ada.rate(code, (0, 1, 1))).status == 200
    own = await ada.ask("POST", f"/r/{code}/join", {"nickname": "A"}, origin=f"http://{HOST}")
    assert own.status == 200
    assert (await ada.ask("DELETE", f"/r/{code}/answers")).status == 405


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"{}", b'"x"', b"[1]", b"[[]]", b"\xff\xfe", b"[" * 5000, b"NaN",
        b'[{"item":0}]', b'[{"item":"0","value":1,"seq":1}]', b'[{"item":-1,"value":1,"seq":1}]',
        b'[{"item":0,"value":"5","seq":1}]', b'[{"item":0,"value":1,"seq":1.5}]',
        b'[{"item":0,"value":1,"seq":9007199254740992}]', b'[{"item":0,"value":1e999,"seq":1}]',
        b'[{"item":0,"value":1,"seq":1,"member":2}]', b'[{"item":4,"value":1,"seq":1}]',
        b'[{"item":0,"value":9,"seq":1}]',
        json.dumps([{"item": 0, "value": 1, "seq": n} for n in range(101)]).encode(),
    ],
)  # fmt: skip
@lived
async def test_what_has_no_meaning_is_refused_with_a_sentence(body):
    code, _ = opened()
    ada = Browser()
    await ada.join(code)
    answer = await ada.ask("PUT", f"/r/{code}/answers", body)
    assert answer.status == 400 and answer.json["sentence"].endswith(".")
    assert rooms().desk.known(code).answers == {}


@lived
async def test_bodies_are_bounded():
    code, _ = opened()
    ada = Browser()
    await ada.join(code)
    assert (await ada.ask("PUT", f"/r/{code}/answers", b" " * 20_000)).status == 413
    assert (await ada.ask("POST", f"/r/{code}/join", {"nickname": "x" * 20_000})).status == 413
    assert (await ada.ask("POST", f"/r/{code}/join", {"nickname": "x" * 25})).status == 400


@lived
async def test_hostile_nicknames_and_things_stay_text():
    code, token = opened(title='"><script>alert(1)</script>')
    nickname = '"><img src=x>=1{{7'
    ada, teacher = Browser(), Browser()
    assert (await ada.join(code, "Ada")).json["nickname"] == "Ada"
    renamed = await ada.ask("PUT", f"/r/{code}/nickname", {"nickname": nickname})
    assert (renamed.status, renamed.json) == (200, {"nickname": nickname})
    page = (await ada.ask("GET", f"/r/{code}")).body.decode()
    assert "<script>alert" not in page and "<img" not in page
    state = await ada.ask("GET", f"/r/{code}/state")
    assert ("content-type", "application/json") in state.headers
    assert state.json["member"]["nickname"] == nickname
    assert (await teacher.ask("GET", "/r/%3Cscript%3E")).body.count(b"<script>") == 0
    typed = await teacher.ask("GET", "/r?code=%22%3E%3Cscript%3E")
    assert typed.status == 404 and b"<script>" not in typed.body
    assert token.encode() not in state.body


@lived
async def test_a_nickname_is_changed_by_its_own_telephone_alone():
    code, _ = opened()
    ada, bob, eve = Browser(), Browser(), Browser()
    await ada.join(code, "Ada")
    await bob.join(code, "Bob")

    def rename(browser, name):
        return browser.ask("PUT", f"/r/{code}/nickname", {"nickname": name})

    assert (await rename(bob, "ada")).json == {"nickname": "ada (2)"}
    assert (await rename(eve, "Eve")).status == 401
    assert (await rename(ada, "x" * 25)).status == 400
    await asyncio.wrap_future(rooms().desk.rename(code, 1, "Ana"))
    refused = await rename(ada, "Ada")
    assert refused.status == 409 and "teacher" in refused.json["sentence"]
    told = (await ada.ask("GET", f"/r/{code}/state")).json["member"]
    assert told == {"number": 1, "nickname": "Ana", "renamed": True}
    await asyncio.wrap_future(rooms().desk.remove(code, 2))
    assert (await rename(bob, "Bob")).status == 401


@lived
async def test_ten_joins_a_minute_from_one_address(monkeypatch):
    now = [0.0]
    tries = limits.Tries("joins_per_minute", 60.0, clock=lambda: now[0])
    monkeypatch.setattr(routes, "_joins", tries)
    code, _ = opened()
    first = Browser()
    for _ in range(10):
        browser = Browser()
        assert (await browser.join(code)).status == 200
        first = browser
    late = Browser()
    refused = await late.join(code)
    assert refused.status == 429 and refused.json["retry_after"] == 60 and not late.cookies
    assert (await first.join(code, "Again")).status == 200  # who is in is not counted
    assert (await Browser("10.0.0.2").join(code)).status == 200
    own = Browser(headers={"x-factorscope-simulated": routes.SECRET})
    assert (await own.join(code)).status == 200
    assert rooms().desk.known(code).members[12].simulated
    guessed = Browser(headers={"x-factorscope-simulated": "guessed"})
    assert (await guessed.join(code)).status == 429
    now[0] = 60.0
    assert (await late.join(code)).status == 200


@lived
async def test_thirty_wrong_codes_an_hour_from_one_address(monkeypatch):
    now = [0.0]
    tries = limits.Tries("wrong_codes_per_hour", 3600.0, clock=lambda: now[0])
    monkeypatch.setattr(guard, "wrong_codes", tries)
    code, token = opened()
    inside, teacher, eve = Browser(), Browser(), Browser()
    await inside.join(code)
    await teacher.ask("POST", f"/r/{code}/teacher", {"token": token})
    for at in range(30):
        what = ("", "/state", "/join", "/board")[at % 4]
        method = "POST" if what == "/join" else "GET"
        assert (await eve.ask(method, f"/r/{new_code()}{what}", {"nickname": "x"})).status == 404
    # From now on nothing tells a right code from a wrong one.
    for tried in (code, new_code(), "nonsense"):
        for what in ("", "/state", "/board"):
            assert (await eve.ask("GET", f"/r/{tried}{what}")).status == 429
        answer = await eve.ask("POST", f"/r/{tried}/join", {"nickname": "x"})
        assert answer.status == 429 and answer.json["retry_after"] == 3600
    # Who is inside goes on, also from the same address.
    assert (await inside.rate(code, (0, 1, 1))).status == 200
    assert (await teacher.ask("GET", f"/r/{code}/board")).status == 200
    assert (await Browser("10.0.0.2").join(code)).status == 200
    now[0] = 3600.0
    assert (await eve.ask("GET", f"/r/{code}")).status == 200


@lived
async def test_a_class_whose_room_is_deleted_can_join_the_next_one(monkeypatch):
    """All its telephones, behind one address, ask once more for what is not there any more."""
    monkeypatch.setattr(routes, "_joins", limits.Tries("joins_per_minute", 0.0))
    code, _ = opened()
    class_ = [Browser() for _ in range(40)]
    for each in class_:
        await each.join(code)
    await asyncio.wrap_future(rooms().desk.delete(code))
    for each in class_:
        assert (await each.ask("GET", f"/r/{code}/state")).status == 404
    following, _ = opened()
    assert (await Browser().join(following)).status == 200


@lived
async def test_codes_of_rooms_and_of_the_server_are_one_count(monkeypatch):
    monkeypatch.setenv(access.VARIABLE, "open sesame")
    monkeypatch.setenv(limits.VARIABLE, "wrong_codes_per_hour=4")
    code, _ = opened()
    eve = Browser(app=access.AccessCode(Starlette(routes=routes.routes())))
    form = {"content-type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert (await eve.ask("GET", f"/r/{new_code()}/state")).status == 404
        assert (await eve.ask("POST", access.ENTER, b"code=guessed", **form)).status == 403
    assert (await eve.ask("GET", f"/r/{code}")).status == 429
    assert (await eve.ask("POST", access.ENTER, b"code=open+sesame", **form)).status == 429


@lived
async def test_a_member_tries_no_more_tokens_of_the_teacher_than_codes(monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "wrong_codes_per_hour=3")
    code, token = opened()
    ada, teacher = Browser(), Browser("10.0.0.2")
    await ada.join(code)
    tried = [await ada.ask("POST", f"/r/{code}/teacher", {"token": str(n)}) for n in range(5)]
    assert [each.status for each in tried] == [401, 401, 401, 429, 429]
    assert (await ada.rate(code, (0, 1, 1))).status == 200
    assert (await teacher.ask("POST", f"/r/{code}/teacher", {"token": token})).status == 200


@lived
async def test_codes_are_read_as_people_type_them():
    code, _ = opened()
    ada = Browser()
    typed = await ada.ask("GET", f"/r?code={code[:3].lower()}-{code[3:].lower()}")
    assert typed.status == 303 and ("location", f"/r/{code}") in typed.headers
    assert (await ada.ask("GET", f"/r/{code.lower()}")).status == 303
    assert (await ada.ask("GET", "/r")).status == 200


@lived
async def test_teachers_are_known_by_their_link_alone():
    code, token = opened()
    eve, teacher = Browser(), Browser()
    for wrong in ("", "x" * 22, code):
        answer = await eve.ask("POST", f"/r/{code}/teacher", {"token": wrong})
        assert answer.status == 401 and not answer.cookies
    [cookie] = (await teacher.ask("POST", f"/r/{code}/teacher", {"token": token})).cookies
    assert cookie.startswith(f"fs_teacher_{code}={token}; HttpOnly;") and "Path=/;" in cookie
    board = await teacher.ask("GET", f"/r/{code}/board")
    assert board.status == 200 and token.encode() not in board.body
    page = await eve.ask("GET", f"/r/{code}/teacher")
    assert page.status == 200 and token.encode() not in page.body


@lived
async def test_the_projector_shows_no_names_until_the_reveal_and_no_hidden_ratings():
    code, token = opened()
    desk, teacher = rooms().desk, Browser()
    await teacher.ask("POST", f"/r/{code}/teacher", {"token": token})
    members = [Browser(f"10.0.1.{n}") for n in range(6)]
    for n, member in enumerate(members):
        await member.join(code, f"secret name {n}")
        await member.rate(code, *((item, 1 + (n + item) % 5, item) for item in range(4)))

    async def board():
        return await teacher.ask("GET", f"/r/{code}/board")

    await asyncio.wrap_future(desk.hide(code, 6))
    assert b"secret" not in (await board()).body
    shown = (await board()).json
    assert len(shown["matrix"]) == len(shown["members"]) == 5 and shown["n_ratings"] == 20
    await asyncio.wrap_future(desk.go_to(code, "locked"))
    locked = await board()
    assert b"secret" not in locked.body
    results = rooms().results(desk.known(code).room).result(60)
    assert len(results.cells) == 3
    for cell in results.cells:
        row = [m["number"] for m in locked.json["members"]].index(cell.member)
        assert locked.json["matrix"][row][cell.item] is None
        assert locked.json["predicted"][row][cell.item] is None
    assert sum(value is None for row in locked.json["matrix"] for value in row) == 3
    for member in members:
        state = (await member.ask("GET", f"/r/{code}/state")).json
        own = state["member"]["number"]
        mine = results.cells_of(desk.known(code), own)
        assert [cell["item"] for cell in state["cells"]] == [cell.item for cell in mine]
        for told, cell in zip(state["cells"], mine, strict=True):
            assert cell.member != own and cell.item not in [k["item"] for k in told["known"]]
        said = [{"cell": told["cell"], "value": 3} for told in state["cells"]]
        assert (await member.ask("PUT", f"/r/{code}/guesses", said)).status == 200
        beyond = [{"cell": len(mine), "value": 3}]
        assert (await member.ask("PUT", f"/r/{code}/guesses", beyond)).status == 400
        assert (await member.rate(code, (0, 1, 99))).status == 409
    assert (await board()).json["scores"] is None
    assert (await members[0].ask("GET", f"/r/{code}/handout")).status == 409
    await asyncio.wrap_future(desk.go_to(code, "reveal"))
    revealed = (await board()).json
    assert [member["name"] for member in revealed["members"]] == [
        f"secret name {n}" for n in range(5)
    ]
    assert revealed["scores"]["guesses"] == pytest.approx(
        float(((results.truth[_given(desk.known(code), results)] - 3) ** 2).mean() ** 0.5)
    )
    state = (await members[0].ask("GET", f"/r/{code}/state")).json["rev"]
    assert state["point"] == [
        (at["x"], at["y"]) and [at["x"], at["y"]]
        for at in state["map"]["members"] if at["number"] == 1
    ][0]  # fmt: skip
    assert "secret name 5" not in json.dumps(state)  # hidden
    paper = await members[0].ask("GET", state["handout"])
    assert paper.status == 200 and b"secret" not in paper.body and b"<html" in paper.body
    assert (await teacher.ask("GET", state["handout"])).body == paper.body
    assert (await Browser().ask("GET", state["handout"])).status == 401
    assert f"data.id={desk.known(code).room.frozen}" in state["link"]
    assert state["receipt"].startswith("fs1.")


def _given(state, results):
    """Positions of the hidden ratings guessed by members shown, once per guess."""
    at = {(cell.member, cell.item): n for n, cell in enumerate(results.cells)}
    return [at[g.of, g.item] for g in state.guesses.values() if g.member != 6]


@lived
async def test_a_removed_member_is_told_so_and_can_join_again():
    code, _ = opened()
    ada = Browser()
    await ada.join(code, "Ada")
    await ada.rate(code, (0, 1, 1))
    waiting = asyncio.create_task(ada.ask("GET", f"/r/{code}/state?since={_version(code)}"))
    await asyncio.sleep(0)
    await asyncio.wrap_future(rooms().desk.remove(code, 1))
    told = await waiting
    assert told.status == 401 and "teacher" in told.json["sentence"]
    assert (await ada.rate(code, (0, 2, 2))).status == 401
    assert (await ada.join(code, "Ada")).json == {"member": 2, "nickname": "Ada"}
    assert (await ada.rate(code, (0, 2, 2))).status == 200


def _version(code):
    return rooms().desk.known(code).room.version


async def _held(code, n=1):
    """Wait until n requests are held."""
    while len(routes._changes_of(code).waiting) < n:
        await asyncio.sleep(0)


@lived
async def test_a_held_request_is_answered_by_a_phase_at_once_and_by_counts_a_little_later(
    monkeypatch,
):
    code, _ = opened()
    ada, bob = Browser(), Browser()
    await ada.join(code, "Ada")
    await bob.join(code, "Bob")
    since = _version(code)
    held = asyncio.create_task(ada.ask("GET", f"/r/{code}/state?since={since}"))
    await _held(code)
    # An older one of the same telephone is answered at once.
    newer = asyncio.create_task(ada.ask("GET", f"/r/{code}/state?since={since}"))
    assert (await held).json["version"] == since and not newer.done()
    monkeypatch.setattr(routes, "COUNTS_AFTER", 3600.0)
    monkeypatch.setattr(routes, "HELD", 7200.0)
    await bob.rate(code, (0, 1, 1))
    await bob.rate(code, (1, 1, 2))
    await asyncio.sleep(0)
    assert not newer.done()
    await asyncio.wrap_future(rooms().desk.retitle(code, "New"))
    assert (await newer).json["title"] == "New"
    # What others do is told, too, only not at once.
    since = _version(code)
    later = asyncio.create_task(ada.ask("GET", f"/r/{code}/state?since={since}"))
    await _held(code)
    monkeypatch.setattr(routes, "COUNTS_AFTER", 0.0)
    await bob.rate(code, (2, 1, 3))
    assert (await later).json["n_ratings"] == 3
    # A version from another life of the database: nothing to wait for.
    assert (await ada.ask("GET", f"/r/{code}/state?since={since + 999}")).status == 200


@lived
async def test_a_held_board_is_answered_when_somebody_rates():
    code, token = opened()
    ada, teacher = Browser(), Browser()
    await ada.join(code)
    await teacher.ask("POST", f"/r/{code}/teacher", {"token": token})
    first = (await teacher.ask("GET", f"/r/{code}/board")).json
    held = asyncio.create_task(teacher.ask("GET", f"/r/{code}/board?since={first['version']}"))
    await _held(code)
    await ada.rate(code, (1, 5, 1))
    second = (await held).json
    assert second["matrix"] == [[None, 5.0, None, None]]
    while second["map"] is None:  # the model comes after the rating
        after = f"/r/{code}/board?since={second['version']}"
        second = (await teacher.ask("GET", after)).json
    assert len(second["map"]["items"]) == 4 and len(second["predicted"][0]) == 4


@lived
async def test_pictures_are_served_as_what_they_are():
    code, _ = rooms().desk.open(FILMS, pictures={1: PNG}).result(30)
    ada = Browser()
    await ada.join(code)
    things = (await ada.ask("GET", f"/r/{code}/state")).json["things"]
    assert [bool(thing["picture"]) for thing in things] == [False, True, False, False]
    picture = await ada.ask("GET", f"/r/{code}/picture/1")
    assert picture.body == PNG and ("content-type", "image/png") in picture.headers
    for item in ("0", "99", "-1", "1.5", "01", "٣", "9" * 30, "9" * 5000, "1%00"):
        none = await ada.ask("GET", f"/r/{code}/picture/{item}")
        assert none.status == 404 and none.json["sentence"].endswith("no picture.")


@lived
async def test_a_full_room_and_a_room_that_has_ended(monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "members_per_room=1")
    code, _ = opened()
    await Browser().join(code)
    full = await Browser().join(code)
    assert full.status == 409 and "full" in full.json["sentence"]
    lobby, _ = rooms().desk.open(FILMS).result(30)
    early = Browser()
    await early.join(lobby)
    assert (await early.rate(lobby, (0, 1, 1))).status == 409


@lived
async def test_sentences_are_in_the_readers_language():
    answer = await Browser(headers={"accept-language": "pt-BR,pt"}).ask("GET", "/r/ABCDEF/state")
    english = await Browser().ask("GET", "/r/ABCDEF/state")
    assert answer.status == english.status == 404
    assert english.json["sentence"] == "There is no room of this code; look at it again."
    page = await Browser(headers={"accept-language": "pt-BR"}).ask("GET", "/r")
    assert b'lang="pt"' in page.body
