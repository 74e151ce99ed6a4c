"""The browser's store (``store.js``): the shown epoch, and what was changed on either side."""

from __future__ import annotations

import random

import pytest

from recsys_core.live.messages import Frame, RunNews, Tick
from recsys_core.runs import playback
from tests.node import Tab, needs_node

pytestmark = needs_node

FRAME = 1000 / 60


@pytest.fixture
def tab():
    tab = Tab()
    yield tab
    tab.close()


def news(epochs, status="training", *, start=0, planned=100, best=None, frames=None, **more):
    """A tick of run “a”, trained up to an epoch, with a picture of each."""
    new = range(start, epochs + 1)
    pictures = [Frame(epoch, "AAA=") for epoch in (new if frames is None else frames)]
    series = [1.0 / (1 + epoch) for epoch in new]
    return Tick(
        {"a": RunNews(start, series, status, planned, train=series, best=best,
                      frames=pictures or None, **more)}
    )  # fmt: skip


def shown(tab):
    return tab.store("epoch")


def told(tab):
    """What the page was told since the last look."""
    return tab.look("told")


def watching(tab, trained, speed=5.0, status="finished", **fields):
    """A run of some epochs is watched from its start, and drawn for the first time."""
    tab.see(1, moment=0, playing=True, speed=speed, status=status, **fields)
    tab.take(news(trained, status))


# --- playback -------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [1.0, 5.0, 20.0])
def test_playback_moves_at_the_chosen_speed(tab, speed):
    watching(tab, 99, speed)
    for _ in range(8):
        tab.wait(500)
        gone = speed * tab.look("now") / 1000
        assert gone - speed * 2 * FRAME / 1000 <= tab.store("position") <= gone + 1e-6


def test_playback_shows_every_epoch_in_turn(tab):
    watching(tab, 12, 20.0)
    seen = []
    while tab.look("view")["playing"]:
        tab.wait(FRAME)
        seen.append(shown(tab))
    each = [epoch for epoch, before in zip(seen, [None, *seen], strict=False) if epoch != before]
    assert each == list(range(13)), "none is left out, none comes twice"


def test_playback_goes_on_from_where_the_page_says_it_is(tab):
    tab.take(news(99, "finished"))
    tab.see(1, moment=10, playing=True, speed=5.0, elapsed=4.0)
    tab.wait(FRAME)
    assert 10 <= shown(tab) <= 30, "what is skipped glides"
    tab.wait(2000)
    assert tab.store("position") == pytest.approx(10 + 5 * 6, abs=0.2)


def test_playback_waits_at_what_is_trained_and_goes_on_with_it(tab):
    watching(tab, 3, 20.0, "training")
    tab.wait(2000)
    assert shown(tab) == 3 and tab.look("view")["playing"]
    for start, epoch in ((4, 4), (5, 5), (6, 9)):
        tab.take(news(epoch, start=start))
        tab.wait(FRAME)
        assert tab.store("position") <= epoch
        tab.wait(1500)
        assert shown(tab) == epoch
    assert told(tab) == [], "nothing has ended"


def test_what_is_shown_is_never_beyond_what_is_trained_or_has_no_picture_yet(tab):
    chance = random.Random(0)
    tab.see(1, moment=0, playing=True, speed=20.0, status="training")
    epochs = pictured = -1
    while epochs < 150:
        start, epochs = epochs + 1, epochs + chance.randint(1, 12)
        frames = sorted(chance.sample(range(start, epochs + 1), min(2, epochs + 1 - start)))
        tab.take(news(epochs, start=start, planned=400, frames=frames))
        pictured = frames[-1]
        for _ in range(chance.randint(1, 20)):
            before = tab.store("position")
            tab.wait(FRAME)
            assert before <= tab.store("position") <= pictured <= epochs


def test_at_max_it_is_as_far_as_training_and_jumps_are_spread(tab):
    tab.see(1, moment=0, playing=True, speed="max", status="training")
    tab.take(news(0))
    tab.wait(100)
    tab.take(news(80, start=1))
    tab.wait(FRAME)
    assert 0 < tab.store("position") < 20
    tab.wait(3000)
    assert tab.store("position") == 80


def test_at_its_end_playback_is_over_and_the_best_epoch_is_shown(tab):
    tab.see(1, moment=0, playing=True, speed=20.0, status="training")
    tab.take(news(10, "training"))
    tab.wait(300)
    tab.take(news(20, "finished", start=11, planned=20, best=7))
    assert [each.get("status") for each in told(tab)] in ([], ["finished"])
    tab.wait(5000)
    view = tab.look("view")
    assert (view["playing"], view["moment"], shown(tab)) == (False, "best", 7)
    ends = [each for each in told(tab) if "playing" in each]
    assert len(ends) == 1 and ends[0]["playing"] is False and ends[0]["moment"] == "best"
    assert tab.look("waiting") == 0, "and nothing is drawn any more"


def test_a_run_that_fails_ends_its_playback_too(tab):
    tab.see(1, moment=0, playing=True, speed=20.0, status="training")
    tab.take(news(4, "training"))
    tab.take(news(6, "failed", start=5, message="It diverged."))
    tab.wait(5000)
    view = tab.look("view")
    assert (view["playing"], view["moment"], shown(tab)) == (False, "best", 6)
    assert tab.look("waiting") == 0


@pytest.mark.parametrize("status", ["paused", "training", "finished", "failed"])
def test_at_rest_it_shows_what_the_moment_means(tab, status):
    meant = {None: 0, 0: 0, 3: 3, 60: 9, "latest": 9, "best": 4 if status == "finished" else 9}
    tab.take(news(9, status, best=4))
    found = {}
    for version, moment in enumerate(meant):
        tab.see(version, moment=moment, status=status)
        tab.wait(3000)
        assert tab.store("atRest")
        found[moment] = shown(tab)
        assert playback.resolve(moment, 9, status == "finished", 4) == found[moment]
    assert found == meant


def test_who_wants_less_motion_sees_no_gliding():
    tab = Tab("--calm")
    tab.see(1, moment="latest", status="training")
    tab.take(news(0))
    tab.wait(100)
    tab.take(news(80, start=1))
    tab.wait(FRAME)
    assert tab.store("position") == 80
    # And, while it plays, no pictures between one epoch and the next.
    tab.see(2, moment=0, playing=True, speed=2.0, status="training")
    seen = set()
    for _ in range(90):
        tab.wait(FRAME)
        seen.add(tab.store("position"))
    assert seen == {0, 1, 2, 3} or seen == {0, 1, 2}
    tab.close()


# --- what the page says, and what is changed here -------------------------------------------------


def test_a_change_made_here_stays_until_the_page_has_taken_it_in(tab):
    tab.take(news(50, "finished"))
    tab.see(1, status="finished", moment=5, user=1)
    tab.store("change", {"moment": 20})
    assert shown(tab) == 20
    tab.wait(0)
    (change,) = told(tab)
    assert change == {"sequence": 1, "moment": 20}
    tab.see(2, status="finished", moment=5, user=2)  # the page has not heard of it yet
    assert shown(tab) == 20 and tab.look("view")["user"] == 2, "other fields are the page's"
    tab.see(3, status="finished", moment=20, seen=1)
    assert shown(tab) == 20
    tab.see(4, status="finished", moment=7, seen=1)
    assert shown(tab) == 7, "now the page has the say again"


def test_of_two_changes_of_a_field_the_later_counts(tab):
    tab.take(news(50, "finished"))
    tab.see(1, status="finished", moment=0)
    tab.store("change", {"moment": 20, "user": 3})
    tab.wait(0)
    tab.store("change", {"moment": 30})
    tab.wait(0)
    assert [each["sequence"] for each in told(tab)] == [1, 2]
    tab.see(
        2, status="finished", moment=20, user=3, seen=1
    )  # the first is taken in, the second is on its way
    view = tab.look("view")
    assert (view["moment"], view["user"], shown(tab)) == (30, 3, 30)
    tab.see(3, status="finished", moment=30, user=9, seen=2)
    view = tab.look("view")
    assert (view["moment"], view["user"]) == (30, 9)


def test_of_a_hand_that_moves_on_the_page_hears_where_it_came_to_rest(tab):
    tab.take(news(50, "finished"))
    tab.see(1, status="finished", moment=0)
    for epoch in range(1, 11):
        tab.store("change", {"moment": epoch, "playing": False}, 200)
        tab.wait(50)
        assert shown(tab) == epoch, "what is seen follows at once"
    assert told(tab) == []
    tab.wait(200)
    assert told(tab) == [{"sequence": 10, "moment": 10, "playing": False}]


def test_before_anything_else_is_pressed_the_page_is_told(tab):
    tab.take(news(50, "finished"))
    tab.see(1, status="finished", moment=0)
    tab.store("change", {"moment": 4}, 200)
    tab.press()
    assert told(tab) == [{"sequence": 1, "moment": 4}]
    tab.wait(1000)
    assert told(tab) == [], "once"


def test_an_older_word_of_the_page_is_not_believed(tab):
    tab.see(5, moment=5, user=5)
    tab.see(4, moment=4, user=4)
    assert tab.look("view")["user"] == 5
    tab.see(5, moment=5, user=6)
    assert tab.look("view")["user"] == 6, "the same view, drawn again"


def test_a_new_page_is_believed_although_its_versions_start_anew(tab):
    tab.take(news(50, "finished"))
    tab.see(9, moment=5)
    tab.store("change", {"moment": 20})
    tab.wait(0)
    tab.see(0, session="reloaded", moment=7)
    assert tab.look("view")["moment"] == 7 and shown(tab) == 7, "what was changed is gone with it"
    tab.see(1, session="reloaded", moment=8)
    assert shown(tab) == 8
    tab.see(0, session="reloaded", moment=9)
    assert shown(tab) == 8


def test_another_run_in_view_begins_where_the_page_says(tab):
    tab.take(news(50, "finished"))
    tab.take(Tick({"b": news(9, "finished", best=3).runs["a"]}))
    tab.see(1, status="finished", moment=5)
    tab.store("change", {"moment": 20})
    tab.see(2, main="b", moment="best")
    assert tab.look("view")["main"] == "b" and shown(tab) == 3


def test_what_was_chosen_of_a_run_no_longer_in_view_is_not_told(tab):
    tab.take(news(50, "finished"))
    tab.see(1, status="finished", moment=5)
    tab.store("change", {"moment": 20}, 200)
    tab.see(2, status="finished", main="b", moment=0)
    tab.wait(1000)
    assert told(tab) == []


def test_playback_is_not_begun_anew_by_a_page_that_says_the_same(tab):
    watching(tab, 99, 10.0)
    tab.wait(2000)
    before = tab.store("position")
    tab.see(1, status="finished", moment=0, playing=True, speed=10.0, elapsed=0.5)
    tab.wait(500)
    assert tab.store("position") == pytest.approx(before + 5, abs=0.3)


def what_each_has(tab, chance):
    """View and page after both have changed things at any time; what they say arrives late.

    The third is what each field has to be: the choice that was made by somebody who knew the last
    one of the other side. It is left out where both chose at the same time: either may hold.
    """
    tab.take(news(50, "finished"))
    page = {"moment": 0, "user": 0, "item": 0, "version": 0, "seen": 0}
    to_page: list[dict] = []
    to_browser = [dict(page)]
    arrived = n_changes = 0  # the version of the page that the browser knows; its own changes
    by_browser, by_page = {}, {}  # field → its last value, and what was known of the other side

    def something():
        return chance.choice(["moment", "user", "item"]), chance.randint(1, 49)

    def deliver():
        nonlocal arrived
        if to_page and chance.random() < 0.5:
            heard = to_page.pop(0)
            page.update({k: v for k, v in heard.items() if k in ("moment", "user", "item")})
            page.update(version=page["version"] + 1, seen=max(page["seen"], heard["sequence"]))
            to_browser.append(dict(page))
        elif to_browser:
            arrived = to_browser[0]["version"]
            tab.see(**to_browser.pop(0), status="finished")

    for _ in range(60):
        act = chance.random()
        if act < 0.15:
            field, value = something()
            n_changes += 1
            by_browser[field] = value, arrived
            tab.store("change", {field: value}, chance.choice([0, 0, 200]))
        elif act < 0.3:
            field, value = something()
            page.update({field: value}, version=page["version"] + 1)
            by_page[field] = value, page["version"], page["seen"]
            to_browser.append(dict(page))
        else:
            deliver()
        tab.wait(chance.choice([0, 30, 250]))
        to_page += told(tab)
    tab.wait(250)
    to_page += told(tab)
    while to_page or to_browser:
        deliver()
    later = {}
    for field in {*by_browser, *by_page}:
        here, known_here = by_browser.get(field, (None, -1))
        there, version, known_there = by_page.get(field, (None, 0, -1))
        if known_here >= version:
            later[field] = here
        # All changes, not those of this field alone: what the page has not said yet that it took
        # in is told again beside the next change of another field.
        if known_there >= n_changes:
            later[field] = there
    del page["seen"]
    view = tab.look("view")
    return {key: view[key] for key in page} | {"shown": shown(tab)}, page, later


def test_page_and_browser_agree_whatever_crosses_on_the_way():
    wrong = {}
    for seed in range(20):
        tab = Tab()
        view, page, later = what_each_has(tab, random.Random(seed))
        tab.close()
        if view != page | {"shown": page["moment"]} or not later.items() <= page.items():
            wrong[seed] = view, page, later
    assert not wrong


# --- what of the page has to be drawn anew --------------------------------------------------------


@pytest.mark.parametrize("ends", ["finished", "failed", "paused"])
def test_the_page_is_told_once_that_its_run_came_to_rest(tab, ends):
    tab.take(news(3))
    tab.see(1, moment="latest", status="training", trained=3)
    tab.take(news(5, start=4))
    tab.wait(100)
    assert told(tab) == [], "while it trains there is nothing to say"
    tab.take(news(9, ends, start=6))
    tab.wait(100)
    assert [each["status"] for each in told(tab)] == [ends]
    tab.see(2, moment="latest", status=ends, trained=9, seen=1)
    for _ in range(3):
        tab.take(news(9, ends, start=10))
        tab.wait(100)
    assert told(tab) == []


@pytest.mark.parametrize("ends", ["finished", "failed"])
def test_also_where_the_end_was_known_before_the_page_was_drawn(tab, ends):
    tab.take(news(9, ends))
    tab.see(1, moment="latest", status="training", trained=7)
    tab.wait(100)
    assert [each["status"] for each in told(tab)] == [ends]


def test_a_page_that_is_ahead_of_the_news_is_not_told_of_the_past(tab):
    tab.take(news(3, "paused"))
    tab.see(1, moment="latest", status="training", trained=3)
    tab.wait(100)
    assert told(tab) == [], "it was just told to train on"


def test_the_end_of_another_run_is_none_of_this_page(tab):
    tab.take(news(3))
    tab.see(1, moment="latest", status="training", trained=3)
    tab.take(Tick({"b": news(9, "finished").runs["a"]}))
    tab.wait(100)
    assert told(tab) == []


# --- memory ---------------------------------------------------------------------------------------


def test_of_very_many_pictures_about_every_other_goes_the_first_and_the_last_stay(tab):
    for start in range(0, 1200, 30):
        tab.take(news(start + 29, start=start, planned=1200))
        kept = [frame["epoch"] for frame in tab.store("run", "a")["frames"]]
        assert kept == sorted(set(kept)) and len(kept) <= 400
        assert kept[0] == 0 and kept[-1] == start + 29
    assert max(b - a for a, b in zip(kept, kept[1:], strict=False)) <= 16
