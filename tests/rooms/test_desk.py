"""The desk and its tables, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading

import hypothesis
import pytest
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core import limits
from recsys_core.errors import (
    MissingRoomError,
    NotInRoomError,
    NotNowError,
    RoomError,
    StoreError,
)
from recsys_core.experiments import store as store_module
from recsys_core.experiments.store import Store
from recsys_core.rooms import Answer, Guess, lists
from recsys_core.rooms.codes import hashed
from recsys_core.rooms.desk import Desk
from recsys_core.rooms.freezing import of_bytes
from recsys_core.rooms.store import RoomStore

FILMS = lists.ready("films")[:4]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def desk_on(url, **chosen):
    return Desk(lambda: RoomStore(Store(url)), **chosen)


@pytest.fixture
def desk(url):
    desk = desk_on(url)
    yield desk
    desk.close()


def done(future):
    return future.result(30)


def rating(desk, n=2, **chosen):
    """A room that rates, with n members, and its code."""
    code, _ = done(desk.open(FILMS, **chosen))
    done(desk.go_to(code, "rating"))
    for number in range(1, n + 1):
        assert done(desk.join(code, f"m{number}"))[0].number == number
    return code


def said(*given):
    return [Answer(0, item, value, seq) for item, value, seq in given]


def test_what_is_acknowledged_is_in_the_database(url, desk):
    code, token = done(desk.open(FILMS, "Films\n!", rc.Scale(0, 5, 0.5, [(5, "a lot")]),
                                 {2: PNG}, seed=7))  # fmt: skip
    ada, of_ada = done(desk.join(code, "Ada"))
    bob, of_bob = done(desk.join(code, "ada"))
    assert (ada.number, ada.nickname, bob.number, bob.nickname) == (1, "Ada", 2, "ada (2)")
    with pytest.raises(NotNowError, match="not begun"):
        done(desk.answer(code, 1, said((0, 4.0, 1))))
    done(desk.go_to(code, "rating"))
    done(desk.answer(code, 1, said((0, 4.0, 1), (1, 2.5, 2), (3, None, 3))))
    state = done(desk.state(code))
    other = desk_on(url)  # reads it anew
    assert done(other.state(code)) == state
    other.close()
    assert state.room.title == "Films !" and state.room.scale.word(5) == "a lot"
    assert [bool(t.picture) for t in state.room.things] == [False, False, True, False]
    assert done(desk.ask(lambda store: store.picture(code, 2))) == PNG
    assert state.teacher == hashed(token) and state.tokens[hashed(of_ada)] == 1
    assert [(a.item, a.value, a.seq) for a in state.answers_of(1)] == [
        (0, 4.0, 1), (1, 2.5, 2), (3, None, 3),
    ]  # fmt: skip
    assert state.ratings == {(1, 0): 4.0, (1, 1): 2.5}
    if url.startswith("sqlite"):  # of tokens there are only hashes, also in the files
        folder = desk._store.store._path.parent
        files = b"".join(path.read_bytes() for path in folder.iterdir())
        assert code.encode() in files
        assert not any(secret.encode() in files for secret in (token, of_ada, of_bob))


def test_the_highest_seq_wins_and_the_rest_changes_nothing(desk):
    code = rating(desk)
    done(desk.answer(code, 1, said((0, 4.0, 5))))
    version = done(desk.state(code)).room.version
    for seq in (5, 3, 0):  # again, and late
        done(desk.answer(code, 1, said((0, 1.0, seq))))
    state = done(desk.state(code))
    assert state.ratings == {(1, 0): 4.0} and state.room.version == version
    done(desk.answer(code, 1, said((0, 2.0, 6), (0, 3.0, 8), (0, 5.0, 7))))
    done(desk.answer(code, 2, said((0, 1.0, 1))))
    state = done(desk.state(code))
    assert state.ratings == {(1, 0): 3.0, (2, 0): 1.0} and state.room.version == version + 2


def test_who_cannot_answer_and_what_is_no_answer(desk):
    code = rating(desk)
    for wrong in ((4, 1.0, 1), (0, 0.0, 1), (0, 1.5, 1), (0, 6.0, 1)):
        with pytest.raises(RoomError):  # and what is right beside it is not taken
            done(desk.answer(code, 1, said((1, 3.0, 1), wrong)))
    assert done(desk.state(code)).ratings == {}
    with pytest.raises(NotInRoomError):
        done(desk.answer(code, 3, said((0, 1.0, 1))))
    with pytest.raises(MissingRoomError):
        done(desk.answer("ABCDEF", 1, said((0, 1.0, 1))))
    with pytest.raises(NotNowError, match="goes on"):
        done(desk.guess_cells(code, 1, [Guess(1, 2, 0, 3.0)]))


def test_a_browser_and_a_server_have_so_many_rooms(desk, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "rooms_per_visitor=1 rooms_per_server=3")
    first, _ = done(desk.open(FILMS, opener="one"))
    with pytest.raises(NotNowError, match="You have 1 "):
        done(desk.open(FILMS, opener="one"))
    done(desk.open(FILMS, opener="another"))
    done(desk.open(FILMS))
    with pytest.raises(NotNowError, match="This server holds 3 "):
        done(desk.open(FILMS, opener="third"))
    done(desk.delete(first))
    done(desk.open(FILMS, opener="one"))


def test_rooms_are_full_and_members_come_again(desk, monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "members_per_room=2")
    code = rating(desk, 0)
    _, token = done(desk.join(code, "Ada"))
    assert done(desk.join(code, "Ada B", token)) == (dataclasses.replace(
        done(desk.state(code)).members[1], nickname="Ada B"), None)  # fmt: skip
    done(desk.join(code, "Bob"))
    with pytest.raises(NotNowError, match="full"):
        done(desk.join(code, "Eve"))
    done(desk.remove(code, 2))
    assert done(desk.join(code, "Eve"))[0].number == 3
    assert done(desk.join(code, "Ada B", token))[0].number == 1


def test_a_nickname_can_be_changed_until_the_lock_unless_the_teacher_chose_it(desk):
    code = rating(desk, 3)
    assert done(desk.call_oneself(code, 1, " Ada ")).nickname == "Ada"
    assert done(desk.call_oneself(code, 1, "Ada")).nickname == "Ada"
    assert done(desk.call_oneself(code, 2, "ADA")).nickname == "ADA (2)"
    _, token = done(desk.join(code, "Eve"))
    done(desk.rename(code, 4, "Eva"))
    with pytest.raises(NotNowError, match="teacher chose"):
        done(desk.call_oneself(code, 4, "Evil"))
    assert done(desk.join(code, "Evil", token))[0].nickname == "Eva"
    for refused in ("\u200b", "x" * 25):
        with pytest.raises(RoomError):
            desk.call_oneself(code, 1, refused)
    # As the database has it, too.
    kept = done(desk.ask(lambda store: store.load(code)))
    names = [(each.nickname, each.renamed) for each in kept.members.values()]
    assert names == [("Ada", False), ("ADA (2)", False), ("m3", False), ("Eva", True)]
    assert kept.members == done(desk.state(code)).members
    done(desk.remove(code, 3))
    with pytest.raises(NotInRoomError):
        done(desk.call_oneself(code, 3, "Bob"))
    for number in (1, 2, 4):
        done(desk.answer(code, number, said(*((item, 1.0 + item, 1) for item in range(4)))))
    done(desk.go_to(code, "locked"))
    with pytest.raises(NotNowError, match="until the ratings are locked"):
        done(desk.call_oneself(code, 1, "Ada B"))


def test_a_teacher_hides_renames_removes_and_deletes(desk):
    code = rating(desk, 3)
    for number in (1, 2, 3):
        done(desk.answer(code, number, said((0, float(number), 1), (1, 5.0, 2))))
    stage = done(desk.state(code)).room.stage
    done(desk.hide(code, 2))
    assert set(done(desk.state(code)).ratings) == {(1, 0), (1, 1), (3, 0), (3, 1)}
    done(desk.answer(code, 2, said((2, 1.0, 3))))  # goes on, unseen
    done(desk.hide(code, 2, False))
    assert (2, 2) in done(desk.state(code)).ratings
    done(desk.rename(code, 3, "m1"))
    done(desk.remove(code, 1))
    state = done(desk.state(code))
    assert state.members[3].nickname == "m1 (2)" and state.room.stage > stage
    assert state.members[1].nickname == "" and state.answers_of(1) == []
    with pytest.raises(NotInRoomError):
        done(desk.answer(code, 1, said((0, 1.0, 9))))
    done(desk.delete(code))
    assert done(desk.state(code)) is None
    assert done(desk.ask(lambda store: store.load(code))) is None


def test_phases_go_forward_one_at_a_time_and_locking_freezes(desk):
    code = rating(desk, 3)
    with pytest.raises(NotNowError, match="too little"):
        done(desk.go_to(code, "locked"))
    for number in (1, 2, 3):
        given = [(item, float(1 + (item + number) % 5), item) for item in range(4)]
        done(desk.answer(code, number, said(*given)))
    done(desk.hide(code, 2))
    with pytest.raises(NotNowError):  # eight ratings are shown
        done(desk.freeze(code))
    done(desk.hide(code, 2, False))
    beside = done(desk.freeze(code))
    assert done(desk.state(code)).room.phase == "rating"
    with pytest.raises(NotNowError, match="gone on"):
        done(desk.go_to(code, "reveal"))
    done(desk.go_to(code, "locked"))
    room = done(desk.state(code)).room
    done(desk.go_to(code, "locked"))  # two clicks
    assert done(desk.state(code)).room == room
    assert room.frozen not in (None, beside)
    snapshots = done(desk.ask(lambda store: store.snapshots(code)))
    assert set(snapshots) == {beside, room.frozen}
    ratings = of_bytes(done(desk.ask(lambda store: store.snapshot(room.frozen))))
    assert ratings.users == ["1", "2", "3"] and ratings.n_ratings == 12
    assert sorted(ratings.items) == sorted(thing.name for thing in FILMS)
    assert ratings.values[ratings.user_ids == 1].tolist() == [
        1 + (int(FILMS.index(next(f for f in FILMS if f.name == ratings.items[i]))) + 2) % 5
        for i in ratings.item_ids[ratings.user_ids == 1]
    ]
    with pytest.raises(NotNowError, match="locked"):
        done(desk.answer(code, 1, said((0, 1.0, 99))))
    done(desk.guess_cells(code, 1, [Guess(0, 2, 0, 3.0)]))
    done(desk.guess_cells(code, 1, [Guess(0, 2, 0, 4.0)]))
    assert done(desk.state(code)).guesses == {(1, 2, 0): Guess(1, 2, 0, 4.0)}
    assert done(desk.ask(lambda store: store.load(code))) == done(desk.state(code))
    done(desk.delete(code))
    assert done(desk.ask(lambda store: store.snapshot(room.frozen))) is None


def test_what_the_model_said_before_the_first_answer_is_kept(desk):
    code = rating(desk)
    said_now = [3.25]
    desk.guess = lambda *who: said_now[0]
    done(desk.answer(code, 1, said((0, 4.0, 1))))
    said_now[0] = 4.5
    done(desk.answer(code, 1, said((0, 5.0, 2), (1, None, 3))))
    said_now[0] = 1.0
    done(desk.answer(code, 1, said((1, 2.0, 4))))
    state = done(desk.ask(lambda store: store.load(code)))
    assert [(a.item, a.value, a.guessed) for a in state.answers_of(1)] == [
        (0, 5.0, 3.25), (1, 2.0, 4.5),
    ]  # fmt: skip
    assert state.answers[1, 0].arrived < state.answers[1, 1].arrived


_GIVEN = st.tuples(
    st.integers(1, 3), st.integers(0, 3), st.sampled_from([None, 1.0, 3.0, 5.0]), st.integers(0, 9)
)


@hypothesis.given(st.lists(st.lists(_GIVEN, max_size=6), max_size=8), st.randoms())
@hypothesis.settings(max_examples=60)
def test_repeated_and_out_of_order_requests_end_where_a_dict_does(requests, random):
    """Whatever comes twice, late or together: of each member and thing the highest seq wins."""
    desk = desk_on("sqlite://", threaded=False)

    def at_once(*futures):
        while not all(future.done() for future in futures):
            desk.round()
        return [future.result() for future in futures]

    [(code, _)] = at_once(desk.open(FILMS))
    at_once(desk.go_to(code, "rating"), *(desk.join(code, "x") for _ in range(3)))
    sent = requests + [random.choice(requests) for _ in range(4) if requests]
    random.shuffle(sent)
    expected: dict[tuple[int, int], tuple[int, float | None]] = {}
    for request in sent:  # the first with a seq is the one that is kept
        for member, item, value, seq in request:
            if (member, item) not in expected or seq > expected[member, item][0]:
                expected[member, item] = seq, value
    futures = [
        desk.answer(code, member, [Answer(0, i, value, seq) for m, i, value, seq in [each]])
        for request in sent
        for each in request
        for member in [each[0]]
    ]
    at_once(*futures)
    [state] = at_once(desk.state(code))
    assert {key: (a.seq, a.value) for key, a in state.answers.items()} == expected
    assert at_once(desk.ask(lambda store: store.load(code))) == [state]
    desk.close()


def test_many_at_once_are_one_commit_and_one_version(url):
    desk = desk_on(url, threaded=False)
    opening = desk.open(FILMS)
    desk.round()
    code, _ = opening.result()
    futures = [desk.go_to(code, "rating"), *(desk.join(code, "x") for _ in range(20))]
    futures += [desk.answer(code, n, said((0, 3.0, 1))) for n in range(1, 21)]
    futures += [desk.answer(code, 99, said((0, 3.0, 1)))]
    told = []
    desk.listen(code, lambda: told.append(desk.known(code).room.version))
    assert not any(future.done() for future in futures)
    desk.round()
    assert all(future.done() for future in futures) and told == [1]
    with pytest.raises(NotInRoomError):
        futures[-1].result()
    names = sorted(member.nickname for member in desk.known(code).present)
    assert names == sorted(["x", *(f"x ({n})" for n in range(2, 21))])
    desk.close()


def test_what_the_database_refuses_is_not_acknowledged_and_not_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "PATIENCE", 0.05)
    file = tmp_path / "rooms.db"
    desk = desk_on(f"sqlite:///{file}")
    code = rating(desk)
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    refused = desk.answer(code, 1, said((0, 4.0, 1)))
    with pytest.raises(StoreError, match="locked by another program"):
        done(refused)
    assert done(desk.state(code)).ratings == {}
    other.rollback()
    done(desk.answer(code, 1, said((0, 4.0, 1))))  # sent again
    assert done(desk.state(code)).ratings == {(1, 0): 4.0}
    desk.close()


def test_a_database_that_cannot_be_opened_is_tried_again(tmp_path):
    (tmp_path / "in the way").write_text("")
    desk = desk_on(f"sqlite:///{tmp_path}/in the way/rooms.db")
    with pytest.raises(StoreError):
        done(desk.open(FILMS))
    (tmp_path / "in the way").unlink()
    code, _ = done(desk.open(FILMS))
    assert done(desk.state(code)) is not None
    desk.close()


def test_two_servers_on_one_database(postgres):
    from tests.postgresql import empty

    empty(postgres)
    one, two = desk_on(postgres), desk_on(postgres)
    code = rating(one, 4)
    assert done(two.state(code)).room.phase == "rating"
    told = threading.Event()
    leave = two.listen(code, told.set)
    # Both write at once; each sees what the other has done before.
    futures = [
        (one if seq % 2 else two).answer(code, member, said((item, float(1 + seq % 5), seq)))
        for seq in range(40)
        for member, item in [(1 + seq % 4, seq // 4 % 4)]
    ]
    futures += [desk.join(code, "late") for desk in (one, two)]
    for future in futures:
        done(future)
    assert told.wait(30)
    for desk in (one, two):
        state = done(desk.ask(lambda store: store.load(code)))
        assert {m.nickname for m in state.present} >= {"late", "late (2)"}
        for seq in range(24, 40):  # the last of each member and thing
            assert state.answers[1 + seq % 4, seq // 4 % 4].seq == seq
    told.clear()
    done(one.go_to(code, "locked"))
    assert told.wait(30) and two.known(code).room.phase == "locked"
    with pytest.raises(NotNowError):
        done(two.answer(code, 1, said((0, 1.0, 99))))
    leave()
    one.close()
    two.close()
