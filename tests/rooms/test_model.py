"""The live model: its map keeps still, and what it says before a rating is kept with it."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_core.errors import NotNowError
from recsys_core.experiments.store import Store
from recsys_core.rooms import lists, model, simulated
from recsys_core.rooms.desk import Desk
from recsys_core.rooms.freezing import frozen, ratings_so_far
from recsys_core.rooms.model import LiveModel, Refits, RoomMap, errors_by_time, rotation_onto
from recsys_core.rooms.room import Answer, Member, Room, State
from recsys_core.rooms.store import RoomStore

THINGS = lists.ready("films")


def state(rated, hidden=(), arrived=None, guessed=None, phase="rating"):
    """A state of these ratings, (n, m), NaN where there is none."""
    n, m = rated.shape
    answers = {
        (u + 1, i): Answer(
            u + 1, i, None if np.isnan(rated[u, i]) else float(rated[u, i]), 1,
            None if guessed is None else guessed[u, i],
            0 if arrived is None else int(arrived[u, i]),
        )
        for u in range(n)
        for i in range(m)
    }  # fmt: skip
    members = {u: Member(u, f"m{u}", hidden=u in hidden) for u in range(1, n + 1)}
    room = Room("ABCDEF", "Films", THINGS[:m], model_scale(), phase=phase, seed=3)
    return State(room, members, answers, {}, {}, "")


def model_scale():
    from recsys_core.rooms.desk import USUAL_SCALE

    return USUAL_SCALE


def opinions(n=20, m=12, seed=0, gaps=0.3):
    rated = simulated.opinions(n, m, model_scale(), seed)
    rated[np.random.default_rng(seed).random((n, m)) < gaps] = np.nan
    return rated


@pytest.mark.parametrize("reflected", [False, True])
def test_whatever_turns_the_axes_is_undone(reflected):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 2))
    for angle in rng.uniform(0, 2 * np.pi, 10):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if reflected:
            turn[:, 0] *= -1
        back = rotation_onto(points @ turn, points)
        assert np.allclose(points @ turn @ back, points)
        # Of all turns it is the one that brings them nearest, moved points included.
        moved = points @ turn + 0.1 * rng.normal(size=points.shape)
        best = np.square(moved @ rotation_onto(moved, points) - points).sum()
        for other in rng.uniform(0, 2 * np.pi, 50):
            c, s = np.cos(other), np.sin(other)
            for flip in (1, -1):
                tried = np.array([[c, -s * flip], [s, c * flip]])
                assert best <= np.square(moved @ tried - points).sum() + 1e-9


def test_points_move_and_do_not_jump_when_the_model_is_fitted_anew(monkeypatch):
    rated = opinions()
    first = LiveModel.fit(state(rated))
    again = LiveModel.fit(state(rated), first)
    assert np.allclose(again.map.members, first.map.members, atol=1e-6)
    # Another seed turns the axes; one rating more moves points a little.
    u, i = np.argwhere(np.isnan(rated))[0]
    more = rated.copy()
    more[u, i] = 3.0
    usual = model.als
    monkeypatch.setattr(model, "als", lambda seed: usual(seed + 1))
    free = LiveModel.fit(state(more))
    held = LiveModel.fit(state(more), first)
    size = np.abs(first.map.members).mean()

    def moved(found):
        return np.abs(found.map.members - first.map.members).mean() / size

    assert moved(held) < 0.3
    assert moved(held) <= moved(free)
    distances = [np.linalg.norm(m.map.members[:, None] - m.map.items[None], axis=2)
                 for m in (free, held)]  # fmt: skip
    assert np.allclose(*distances, atol=1e-5)  # only turned


def test_who_is_new_does_not_turn_the_map():
    rated = opinions()
    few = state(rated[:12])
    first = LiveModel.fit(few)
    both = LiveModel.fit(state(rated), first)
    assert both.map.numbers[:12] == first.map.numbers
    assert len(both.map.members) == 20 and len(both.map.items) == 12
    turn = rotation_onto(
        np.vstack([both.map.members[:12], both.map.items]),
        np.vstack([first.map.members, first.map.items]),
    )
    assert np.allclose(turn, np.eye(2), atol=1e-6)  # nothing is left to turn


def test_a_room_of_two_factors_shows_all_there_is_of_the_model():
    rated = opinions()
    fitted = model.als(3).fit(ratings_so_far(state(rated))).snapshot()
    assert fitted.n_factors == 2
    numbers = tuple(range(1, 21))
    drawn = RoomMap.of(fitted, numbers, np.arange(12), None)
    there = np.vstack([fitted.user_factors, fitted.item_factors]).astype(float)
    here = np.vstack([drawn.members, drawn.items])
    apart = [np.linalg.norm(each[:, None] - each[None], axis=2) for each in (there, here)]
    assert np.allclose(*apart, atol=1e-5)


def test_ratings_so_far_are_of_those_shown_and_say_no_names():
    rated = np.array([[5, np.nan, 1], [np.nan, np.nan, np.nan], [2, 3, np.nan], [1, 1, 1.0]])
    found = ratings_so_far(state(rated, hidden={4}))
    assert found.users == ["1", "3"] and found.items == [t.name for t in THINGS[:3]]
    assert found.values.tolist() == [5, 1, 2, 3]
    assert not any(name.startswith("m") for name in found.users)
    with pytest.raises(NotNowError, match="10 ratings of 2 members"):
        frozen(state(rated))


def test_what_is_expected_of_somebody_new_is_the_things_mean():
    rated = np.array([[5, 1, np.nan], [4, 3, np.nan], [3, 2.0, np.nan]])
    found = LiveModel.fit(state(rated))
    assert [found.guess(99, item) for item in range(3)] == pytest.approx([4, 2, 3])
    assert found.guess(1, 0) == pytest.approx(found.predicted[0, 0])
    assert LiveModel.fit(state(np.full((2, 3), np.nan))) is None


def test_errors_by_time_computed_by_hand():
    rated = np.array([[5.0, 1.0], [3.0, 2.0]])
    arrived = np.array([[1, 3], [2, 4]])
    guessed = [[None, 3.0], [4.0, 2.0]]
    found = errors_by_time(state(rated, arrived=arrived, guessed=np.array(guessed, object)),
                           window=2)  # fmt: skip
    # In the order 5, 3, 1, 2: guessed –, 4, 3, 2; means of the thing before –, 5, (4), 1.
    assert found["n"] == [3, 4]
    assert found["model"] == pytest.approx([np.sqrt((1 + 4) / 2), np.sqrt((4 + 0) / 2)])
    assert found["mean"] == pytest.approx([np.sqrt((4 + 9) / 2), np.sqrt((9 + 1) / 2)])
    assert errors_by_time(state(rated, arrived=arrived)) == {"n": [], "model": [], "mean": []}


def test_a_room_is_fitted_once_a_second_and_when_its_ratings_change():
    now = [0.0]
    desk = Desk(lambda: RoomStore(Store("sqlite://")), threaded=False)
    refits = Refits(desk, clock=lambda: now[0], threaded=False)

    def at_once(future):
        desk.round()
        return future.result(0)

    code, _ = at_once(desk.open(THINGS[:4]))
    at_once(desk.go_to(code, "rating"))
    at_once(desk.join(code, "Ada"))
    refits.work()
    assert code not in refits.models

    def rate(item, seq):
        at_once(desk.answer(code, 1, [Answer(1, item, 4.0, seq)]))
        return desk.known(code).answers[1, item].guessed

    now[0] = 1.0
    assert rate(0, 1) is None  # there is no model yet
    refits.work()
    assert refits.models[code].n == 0
    assert rate(1, 2) == pytest.approx(4.0)
    refits.work()
    assert refits.models[code].n == 0  # not twice in a second
    now[0] = 2.0
    refits.work()
    assert refits.models[code].n == 1 and len(refits.models[code].ratings) == 2
    at_once(desk.join(code, "Bob"))
    now[0] = 3.0
    refits.work()
    assert refits.models[code].n == 1  # nobody rated
    at_once(desk.delete(code))
    now[0] = 4.0
    refits.work()
    assert code not in refits.models
    desk.close()
