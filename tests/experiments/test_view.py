"""The address is the view: what a link says is what another tab, or another browser, shows."""

from __future__ import annotations

import dataclasses
import random
import threading
from functools import partial
from html import escape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from pages.shared import session, visitor
from recsys_core import runs
from recsys_core.errors import MissingDataError
from recsys_core.experiments import Experiment
from recsys_core.experiments.view import KEYS, OPTIONS, PARTS, View
from recsys_core.live import commentary, status_lines
from recsys_core.replicas import REPLICAS, live
from recsys_core.runs import Entry, Run, Workspace
from recsys_core.words import error
from tests.app_harness import (
    address,
    card_of,
    checked,
    components,
    current,
    drawn,
    forget_everybody,
    load,
    new_entry,
    open_page,
    tell,
    text_of,
    train,
    until,
    view_of,
)
from tests.pages.test_pages import PAGES


@pytest.fixture
def world(browser_id) -> Workspace:
    return load(browser_id, rc.datasets.low_rank(30, 20, n_factors=2, density=0.5))


@pytest.fixture
def three(world) -> Workspace:
    """Three trained runs whose curves can be drawn side by side, one of them a fork."""
    train(world, rc.SGD(n_factors=2, n_epochs=9))
    fork = world.fork(world.entries[0], 3, learning_rate=0.05)
    fork.train()
    until(lambda: not fork.run.busy)
    train(world, rc.ALS(n_factors=2, n_epochs=4))
    return world


@pytest.fixture
def held(monkeypatch):
    """Hold the worker of a run where it is, so that what trains does not move on while one looks.

    Another test's worker, which may be at its last run still, does not count.
    """
    here, gate, work = threading.Event(), threading.Event(), Run.work
    held: list[object] = []

    def waiting(self: Run, seconds: float) -> None:
        if self._worker in held:
            here.set()
        gate.wait()
        work(self, seconds)

    def hold(run: Run) -> None:
        held.append(run._worker)
        monkeypatch.setattr(Run, "work", waiting)
        assert here.wait(60)

    yield hold
    gate.set()


def look(at: AppTest, **fields: object) -> AppTest:
    """Have a tab look at something, as if it had been chosen with the widgets of its pages."""
    tab = at.session_state["tab"]
    tab.view = tab.view.replace(**fields, version=tab.view.version + 1)
    return checked(at.run())


def remarks(at: AppTest) -> list[str]:
    """The lines that say what of a link has no meaning."""
    return [h.value for h in at.main.get("html") if 'class="fs-remark"' in h.value]


def seen(view: View, space: Workspace) -> View:
    """A view by what it shows: which curves are drawn, and not how that was said."""
    numbers = [entry.number for entry in space.entries]
    shown = tuple(n for n in numbers if not view.shown or n in view.shown or n == view.run)
    return view.replace(shown=shown, version=0)


_TEXTS = {"users_page": "2", "items_page": "1", "map_factors": "2,1", "genres": "a|b",
          "neighbours": "4", "pair": "2,1", "reference": "2", "seeds": "5",
          "kept_page": "2", "lesson": "first-steps", "turn": "40", "surprise": "3",
          "bowl": "2,1", "close_to": "4", "counted": "2"}  # fmt: skip


def some_view(seed: int, space: Workspace) -> View:
    """A view of one of the runs, each field of it set now and then."""
    draw = random.Random(seed)
    numbers = [entry.number for entry in space.entries]
    some = [part for part in PARTS if part != "pages" and draw.random() < 0.12]
    view = View(
        run=draw.choice(numbers),
        moment=draw.choice(["best", "latest", 0, 1, 2, 4, 7]),
        user=draw.choice([None, draw.randrange(30)]),
        shown=tuple(sorted(draw.sample(numbers, draw.randrange(len(numbers) + 1)))),
        speed=draw.choice([None, "max", 1.0, 5.0, 0.5]),
        hide=tuple(some[::2]),
        lock=tuple(some[1::2]),
        lang=draw.choice([None, "en"]),
    )
    if draw.random() < 0.7:
        view = view.replace(item=draw.randrange(20))
    for name, option in OPTIONS.items():
        if draw.random() < 0.4:
            offered = [text for text in option.choices if text not in ("tsne", "umap")]
            view = view.with_option(name, _TEXTS.get(name) or draw.choice(offered))
    return view


# --- there and back -------------------------------------------------------------------------------


def _alike(one: AppTest, other: AppTest) -> bool:
    return drawn(one) == drawn(other) or drawn(one.run()) == drawn(other.run())


@pytest.mark.parametrize("page", PAGES)
def test_a_link_shows_the_same_in_a_new_tab_of_the_same_browser(page, browser_id, three):
    at = open_page(page, browser_id)
    for seed in range(3):
        view = some_view(1000 * PAGES.index(page) + seed, three)
        look(at, **{f: getattr(view, f) for f in View.__dataclass_fields__ if f != "version"})
        said = address(at)
        fresh = open_page(page, browser_id, said)
        assert remarks(fresh) == [] and len(three.entries) == 3
        assert seen(view_of(fresh), three) == seen(view, three), said
        # What is measured behind the page may have come in between.
        until(partial(_alike, at, fresh))
        assert address(fresh) == said


def test_pages_of_a_large_matrix_and_the_order_are_in_the_link(browser_id):
    world = load(browser_id, rc.datasets.low_rank(130, 90, n_factors=2, density=0.2, seed=1))
    train(world, rc.ALS(n_factors=2, n_epochs=2))
    at = open_page("predictions", browser_id, "users_page=3&items_by=given&items_page=2")
    assert "51–75 of 130" in text_of(at) and "31–60 of 90" in text_of(at)
    at.selectbox(key="order_item").set_value("popularity").run()
    assert "1–30 of 90" in text_of(at)  # another order begins at its first page
    fresh = open_page("predictions", browser_id, address(at))
    assert "51–75 of 130" in text_of(fresh) and drawn(fresh) == drawn(at)


@pytest.mark.parametrize("moment", ["best", "latest", 2])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_link_trains_the_same_elsewhere(browser_id, three, which, moment):
    """Elsewhere nothing is trained yet; what comes of it is the same, bit for bit."""
    here = three.entries[which]
    at = look(open_page("train", browser_id), run=here.number, moment=moment, user=3, item=5)
    said, run = address(at), here.run
    experiments = [entry.run.experiment for entry in three.entries]
    expected = run.fitted_at(run.epoch_at(moment))
    forget_everybody()
    other = visitor.new_id()
    there = open_page("train", other, said)
    space = runs.registry().workspace(other)
    assert [entry.run.experiment for entry in space.entries] == experiments
    again = space.entry(view_of(there).run).run
    assert again is not run and again.experiment == run.experiment
    until(lambda: not space.busy)
    assert again.epoch == (run.epoch if isinstance(moment, str) else moment)
    assert address(there.run()) == said
    users, items = np.indices((30, 20)).reshape(2, -1)
    found = again.fitted_at(again.epoch_at(moment))
    np.testing.assert_array_equal(found.predict(users, items), expected.predict(users, items))


def test_choices_on_pages_are_in_the_address_and_so_in_a_new_tab(browser_id, three):
    at = open_page("train", browser_id)
    at.segmented_control(key="speed").set_value("max").run()
    at.toggle(key="curve_log_y").set_value(True).run()
    at.switch_page("predictions.py").run()
    at.segmented_control(key="matrix_view").set_value("error").run()
    at.switch_page("latent.py").run()
    at.segmented_control(key="latent_method").set_value("factors").run()
    at.selectbox(key="latent_Across").set_value(1).run()
    at.switch_page("recommend.py").run()
    at.selectbox(key="recommend_n").set_value("5").run()
    said = address(checked(at))
    for part in ("speed=max", "log=y", "cells=error", "map=factors", "map_factors=2,2", "best=5"):
        assert f"&{part}" in said
    fresh = open_page("train", browser_id, said)
    assert fresh.segmented_control(key="speed").value == "max"
    assert fresh.toggle(key="curve_log_y").value and not fresh.toggle(key="curve_log_x").value
    fresh.switch_page("recommend.py").run()
    assert fresh.selectbox(key="recommend_n").value == "5"
    assert len(fresh.dataframe(key="best_item").value) == 5


def test_what_the_browser_itself_adds_to_an_address_is_not_remarked_on(browser_id, three):
    at = open_page("train", browser_id, "embed=true&embed_options=dark_theme&epoch=2")
    assert remarks(at) == []


# --- looking changes nothing ----------------------------------------------------------------------


def long_run(world: Workspace) -> Entry:
    """A run that trains for as long as any test, and has begun."""
    entry = new_entry(world, rc.SGD(n_factors=2, n_epochs=500_000, patience=500_000))
    entry.train()
    until(lambda: entry.run.epoch > 3)
    return entry


def test_a_reload_neither_goes_on_with_what_is_paused_nor_holds_what_trains(
    browser_id, world, held
):
    paused, other = (new_entry(world, rc.SGD(n_factors=k, n_epochs=500)) for k in (1, 2))
    for entry in (paused, other):
        entry.train(until=7)
    trained = long_run(world)
    until(lambda: paused.run.epoch == other.run.epoch == 7)
    held(trained.run)
    for moment in (1, "best", "latest"):  # looking back at one that trains, or at the latest
        for entry in (trained, paused):
            at = look(open_page("train", browser_id), run=entry.number, moment=moment)
            fresh = open_page("train", browser_id, address(at))
            assert (view_of(fresh).run, view_of(fresh).moment) == (entry.number, moment)
            assert trained.training and trained.run.status == "training"
            assert paused.run.status == other.run.status == "paused"


def test_a_link_to_an_epoch_that_is_not_trained_yet_trains_it(browser_id, world):
    entry = new_entry(world, rc.SGD(n_factors=2, n_epochs=50))
    there = open_page("train", browser_id)
    at = open_page("train", browser_id, f"{address(there)}&epoch=7")
    until(lambda: not entry.run.busy)
    assert view_of(at).run == entry.number and entry.run.epoch == 7
    assert "epoch 7 / 50" in text_of(at.run())


@pytest.mark.slow
def test_a_run_of_a_replica_is_found_again(browser_id, world):
    replica = REPLICAS[2]
    entries = live.start(world, replica, replica.data())
    until(lambda: not world.busy)
    at = look(open_page("train", browser_id), run=entries[1].number, moment="best")
    fresh = open_page("train", browser_id, address(at))
    assert world.entries == entries
    assert view_of(fresh).run == entries[1].number and drawn(fresh) == drawn(at)


def test_while_it_plays_the_link_is_to_the_latest(browser_id, world):
    entry = new_entry(world, rc.SGD(n_factors=2, n_epochs=500_000))
    at = open_page("train", browser_id)
    assert "epoch=" not in address(at)  # nothing is trained: it waits for Play
    at.button(key="play").click().run()
    assert view_of(at).playing and "&epoch=latest" in address(at)
    at.button(key="play").click().run()
    assert f"&epoch={view_of(at).moment}" in address(at)
    assert not entry.training


# --- tabs -----------------------------------------------------------------------------------------


def test_two_tabs_look_at_different_things_over_one_workspace(browser_id, three):
    one, other = three.entries[0], three.entries[2]
    first, second = open_page("train", browser_id), open_page("train", browser_id)
    look(first, run=one.number, moment=2, user=1, item=1)
    assert second.run().title[0].value.endswith(other.name)  # a new tab: what was seen last
    look(second, user=4, item=None)
    assert first.run().title[0].value.endswith(one.name)
    assert (view_of(first).moment, view_of(first).user, view_of(second).user) == (2, 1, 4)
    one.name = "renamed"
    assert first.run().title[0].value.endswith("renamed")
    assert "renamed" in [b.label for b in second.run().main.button]


def test_a_removed_run_takes_its_epoch_with_it(browser_id, three):
    gone, other = three.entries[0], three.entries[2]
    first = look(open_page("train", browser_id), run=gone.number, moment=1)
    second = open_page("train", browser_id)
    second.button(key=f"remove_{gone.number}").click().run()
    assert other.name in checked(first.run()).title[0].value
    assert (view_of(first).run, view_of(first).moment) == (other.number, "best")
    for entry in list(three.entries):
        three.remove(entry)
    assert "Nothing is learned yet" in text_of(checked(first.run()))
    assert view_of(first).moment is None
    three.unload(three.data[0])
    assert "party" in " ".join(b.label for b in checked(first.run()).main.button)
    assert "No data yet" in first.sidebar.caption[0].value


def test_another_run_is_looked_at_where_it_is_best(browser_id, three):
    at = look(open_page("train", browser_id), run=3, moment=1, user=2, item=2)
    at.button(key=f"select_{three.entries[0].number}").click().run()
    view = view_of(at)
    assert (view.moment, view.user, view.item) == ("best", 2, 2)  # on the same ratings


def test_on_other_ratings_nobody_is_selected(browser_id, three):
    at = look(open_page("train", browser_id), run=3, user=2, item=2, shown=(1, 3))
    train(load(browser_id, rc.datasets.music_party()), rc.SGD(n_factors=2, n_epochs=2))
    at.run().button(key=f"select_{three.entries[3].number}").click().run()
    view = view_of(checked(at))
    assert (view.run, view.user, view.item, view.shown) == (4, None, None, ())
    assert "4 users" in card_of(at)


def test_back_and_forward_bring_what_was_looked_at(browser_id, three, monkeypatch):
    at = open_page("train", browser_id)
    tell(at, sequence=1, moment=1)
    earlier = address(at)
    tell(at, sequence=2, moment=3, user=2)
    later = address(at)
    assert view_of(at).moment == 3
    monkeypatch.setattr(session, "went_back_or_forward", lambda: True)
    for query, moment, user in ((earlier, 1, None), (later, 3, 2)):
        monkeypatch.setattr(session, "address", lambda query=query: query)
        checked(at.run())
        assert (view_of(at).moment, view_of(at).user) == (moment, user)
        assert address(at) == query
    monkeypatch.setattr(session, "went_back_or_forward", lambda: False)
    monkeypatch.setattr(session, "address", lambda: earlier)  # else the view has the say
    assert address(at.run()) == later


# --- what the browser tells -----------------------------------------------------------------------


def steps(at: AppTest) -> int:
    return components(at)["view"]["steps"]


def test_what_the_browser_changes_is_taken_in_and_each_choice_is_a_step(browser_id, three):
    at = open_page("train", browser_id)
    assert (steps(at), components(at)["view"]["view"]["seen"]) == (0, 0)
    tell(at, sequence=4, user=2, item=3)
    assert (view_of(at).user, view_of(at).item, steps(at)) == (2, 3, 1)
    assert components(at)["view"]["view"]["seen"] == 4
    tell(at, sequence=5, user=2, item=3)  # the same: nothing to go back from
    tell(at, sequence=6, status="finished")
    assert steps(at) == 1
    tell(at, sequence=7, moment="latest", user=999, item=999)
    assert (view_of(at).moment, view_of(at).user, view_of(at).item) == ("latest", 29, 19)
    tell(at, sequence=3, moment=-2, item=-4)  # sent earlier, come later
    assert (view_of(at).moment, view_of(at).item) == (0, 0) and components(at)["view"]["view"][
        "seen"
    ] == 7
    version = view_of(at).version
    assert version > 0 and components(at)["view"]["view"]["version"] == version


def test_playback_that_ends_in_the_browser_is_nobodys_choice(browser_id, three):
    at = open_page("train", browser_id)
    at.button(key="play").click().run()
    before = steps(at)
    assert view_of(at).playing
    tell(at, sequence=1, playing=False, moment="best")
    assert (view_of(at).playing, view_of(at).moment, steps(at)) == (False, "best", before)


# --- links with mistakes --------------------------------------------------------------------------

_PARTY = {"data": "party", "split": "random", "split.seed": "1", "model": "SGD", "k": "2",
          "n_epochs": "5", "fork": "2", "fork.reg": "0.2", "run2.model": "ALS"}  # fmt: skip
_WRONG = ["", "x", "-1", "1e99", "9" * 30, "nan", "٣", "<b>x</b>", "a&b=c", "é" * 300, "\0"]


def reading(queries: list[dict[str, str]]) -> None:
    """A page that opens link after link; what it remarks, and what it then looks at."""
    from urllib.parse import quote

    import streamlit as st

    from pages.shared import view

    told = []
    for query in queries:
        view.read("&".join(f"{quote(key)}={quote(text)}" for key, text in query.items()))
        told.append((view.remarks(), view.now(), view.query()))
    st.session_state.told = told


@pytest.mark.slow
def test_each_key_with_a_mistake_is_remarked_on_and_the_rest_is_shown(browser_id):
    good = {**_PARTY, "epoch": "2", "user": "1", "item": "3", "speed": "5", "hide": "share"}
    good |= {"lang": "en", "lesson": "one", "step": "2", "run": "1", "shown": "1", "lock": "runs"}
    good |= {name: option.choices[-1] for name, option in OPTIONS.items() if option.choices[1:]}
    asked = [
        (key, text)
        for key in (*good, "unknown", "run2.k", "split.unknown", "data.n_users")
        for text in _WRONG
    ]
    queries = [good, *({**good, key: text} for key, text in asked)]
    at = AppTest.from_function(reading, args=(queries,), default_timeout=120)
    at.session_state["browser_id"] = browser_id
    checked(at.run())
    (nothing, _, canonical), *told = at.session_state["told"]
    assert nothing == [] and "data=party" in canonical
    assert set(KEYS) | set(_PARTY) <= set(good)
    for (key, text), (said, view, query) in zip(asked, told, strict=True):
        meant = any(text == other for other in _ALSO.get(key, ()))
        assert bool(said) != meant, (key, text, said)
        assert all(str(each).endswith((".", "?")) for each in said), said
        if key not in ("data", "model", "run"):
            assert view.user == (None if key == "user" else 1)
            assert view.item == (None if key == "item" else 3)
        assert len(query) < 2000


# Where what looks wrong has a meaning.
_ALSO = {
    **{name: option.choices for name, option in OPTIONS.items()},
    **{name: ("",) for name in ("k", "n_epochs", "run2.k")},  # left to the data
    "fork.reg": ("", "1e99", "9" * 30),
    "lesson": ("x", "-1", "1e99", "9" * 30, "nan"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_of_nothing_but_mistakes_is_one_line_and_the_page_is_there(page, browser_id):
    evil = '<img/src=x/onerror="alert(1)">'
    query = "&".join(f"{key}={evil}" for key in (*KEYS, *OPTIONS, *_PARTY, evil, "unknown"))
    load(browser_id, rc.datasets.music_party())
    at = open_page(page, browser_id, query)
    (said,) = remarks(at)
    assert evil not in said and f"run = {escape(evil)} has no meaning" in said
    assert not any(evil in h.value for h in at.get("html"))
    assert at.title and remarks(checked(at.run())) == []  # said once


_ODD = [
    "epoch=3",
    "user=99999&data=party",
    "data=low_rank&data.n_users=0",
    "data=movielens&model=SGD",
    "data=party&run7.model=ALS",
    "data=party&model=ItemKNN&epoch=999999999",
    "hide=pages,card.run,card.data,curve,matrix,map,controls,timeline,settings,runs,test",
    "data=party&n_epochs=5&fork=99&fork.k=3&epoch=best",
]


@pytest.mark.parametrize("query", _ODD)
def test_a_link_that_cannot_be_meant_so_is_still_a_page(query, browser_id):
    for page in ("train", "predictions"):
        at = open_page(page, browser_id, query)
        assert at.title and len(remarks(at)) <= 1
        until(lambda: not runs.registry().workspace(browser_id).busy)
        assert checked(at.run()).title


def test_a_link_to_an_upload_says_elsewhere_that_it_needs_the_file(browser_id):
    ratings = rc.Ratings.from_matrix([[1, 5, 2, 0], [2, 0, 4, 3], [5, 4, 0, 1]])
    mine = load(browser_id, ratings)
    train(mine, rc.SGD(n_factors=1, n_epochs=3))
    at = open_page("train", browser_id)
    said = address(at)
    assert drawn(open_page("train", browser_id, said)) == drawn(at)
    other = visitor.new_id()
    there = open_page("train", other, said)
    with pytest.raises(MissingDataError) as missing:
        Experiment(mine.data[0].source).make_ratings()
    (remark,) = remarks(there)
    assert escape(str(missing.value)) in remark and "file" in remark
    assert runs.registry().workspace(other).data == []
    assert "Robbie" in " ".join(b.label for b in there.main.button)


# --- one epoch everywhere -------------------------------------------------------------------------


def running(space: Workspace) -> Run:
    return long_run(space).run


def paused(space: Workspace) -> Run:
    entry = new_entry(space, rc.SGD(n_factors=2, n_epochs=500_000, patience=500_000))
    entry.train(until=7)
    until(lambda: not entry.run.busy)
    assert entry.run.status == "paused"
    return entry.run


def stopped_early(space: Workspace) -> Run:
    run = train(space, rc.SGD(n_factors=8, learning_rate=0.1, reg=0, n_epochs=300, patience=5))
    assert run.stopped_early and 0 < run.best_epoch < run.epoch
    return run


def best_at_the_beginning(space: Workspace) -> Run:
    space.load(rc.datasets.low_rank(30, 20, n_factors=2, density=0.5, noise=3, seed=5))
    model = rc.SGD(n_factors=8, learning_rate=0.2, reg=0, n_epochs=4, biases=False)
    run = train(space, dataclasses.replace(model, init_deviation=0.3))
    assert run.best_epoch == 0 and run.epoch == 4
    return run


def forked(space: Workspace) -> Run:
    train(space, rc.SGD(n_factors=2, n_epochs=9, patience=None))
    entry = space.fork(current(space), 4, learning_rate=0.2)
    entry.train()
    space.look_at(entry)
    until(lambda: not entry.run.busy)
    return entry.run


def without_validation(space: Workspace) -> Run:
    space.data[-1].choose("whole")
    run = train(space, rc.SGD(n_factors=2, n_epochs=6))
    assert run.best_epoch is None
    return run


def without_epochs(space: Workspace) -> Run:
    return train(space, rc.ItemKNN())


_STATES = [running, paused, stopped_early, best_at_the_beginning, forked, without_validation,
           without_epochs]  # fmt: skip


@pytest.mark.parametrize("moment", ["best", "latest"])
@pytest.mark.parametrize("state", _STATES)
def test_all_pages_mean_the_same_epoch(browser_id, world, held, state, moment):
    run = state(world)
    if run.wants_training:
        held(run)
    entry = current(world)
    assert entry.run is run
    epoch = run.epoch_at(moment)
    if moment == "best" and run.status == "finished" and run.best_epoch is not None:
        assert epoch == run.best_epoch
    else:
        assert epoch == run.epoch
    at = status_lines.standing(run, epoch, speed=runs.playback.usual_speed(run.n_epochs))

    train_page = look(open_page("train", browser_id), moment=moment)
    said = " ".join(h.value for h in train_page.main.get("html"))
    assert f">{escape(status_lines.progress(at))}</span>" in said  # the strip
    assert escape(str(commentary.sentence(run, epoch, False))) in said
    assert escape(status_lines.errors(at)) in said  # the list
    card = card_of(train_page)
    assert status_lines.progress(at).replace("\u00a0", " ") in card
    now = run.epochs[epoch]
    rmse = now.train_rmse if now.validation_rmse is None else now.validation_rmse
    assert f"RMSE {error(rmse)}" in card
    if run.model.has_epochs:
        assert f"epoch {epoch:,} / {run.n_epochs:,}" in said
    record = run.record(epoch)
    if run.wants_training:
        assert record is None  # its numbers would be others by the time they are read
    else:
        assert (record.epoch, record.best_epoch) == (epoch, run.best_epoch)

    users, items = np.indices((30, 20)).reshape(2, -1)
    shown = run.fitted_at(epoch).predict(users, items)
    frames = {m.epoch: m.value for m in run.frames}
    if epoch in frames:
        np.testing.assert_array_equal(frames[epoch].predict(users, items), shown)
    predictions = look(open_page("predictions", browser_id), moment=moment, user=2, item=3)
    said = text_of(predictions)
    if run.model.has_epochs:
        named = f"epoch {epoch:,} of " if epoch else "epoch 0: nothing learnt yet"
        assert named in said.replace("\u00a0", " ")
        assert f"= {run.fitted_at(epoch).predict([2], [3], clip=False)[0]:.2f}" in said
    assert card_of(predictions) == card
