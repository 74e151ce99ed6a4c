"""Runs, driven turn by turn on a clock that only the test moves (and once by the real worker)."""

import dataclasses
import gc
import importlib
import os
import sys
import threading
import weakref
from collections import OrderedDict
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core import experiments, models, runs
from recsys_core.errors import DivergedError, MissingDataError, SettingsError
from recsys_core.experiments import Experiment, replay
from recsys_core.experiments.record import Receipt
from recsys_core.kernels import threads
from recsys_core.models import Model, UserItemBias
from recsys_core.models.capabilities import Capabilities
from recsys_core.models.options import option
from recsys_core.recipes import Recipe
from recsys_core.runs import Workspace, worker
from recsys_core.runs.playback import usual_speed
from recsys_core.runs.snapshots import Snapshots
from recsys_core.training import Epoch

# The package has a function of this name.
registry = importlib.import_module("recsys_core.runs.registry")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += 1e-6  # reading a clock takes a moment, too
        return self.now

    def spend(self, seconds):
        self.now += seconds


class FakeTraining:
    """Counts epochs; each takes ``slices`` turns. Its parameters are its history, as one number.

    Where it is given a clock, each turn takes all the time it may.
    """

    clock = None

    def __init__(self, model, checkpoint):
        self.settings = dataclasses.asdict(model)
        self.n_epochs = model.n_epochs
        self.model = model
        self.history = list(checkpoint["history"]) if checkpoint else [Epoch(0, 1.0, 1.0, 1.0, 0.0)]
        self.weight = checkpoint["weight"] if checkpoint else 1.0
        self.part = 0
        self.best, self.best_epoch, self.stopped_early = None, None, False

    epoch = property(lambda self: self.history[-1].number)
    latest = property(lambda self: self.snapshot())
    finished = property(lambda self: self.epoch >= self.n_epochs)

    def extend(self, n_epochs):
        self.n_epochs = self.epoch + n_epochs

    def advance(self, max_seconds):
        if self.finished:
            return None
        if FakeTraining.clock is not None:
            FakeTraining.clock.spend(max_seconds)
        self.part += 1
        if self.part < self.model.slices:
            return None
        self.part = 0
        if self.epoch + 1 == self.model.fails_at:
            raise FAILURES[self.model.failure]
        self.weight = self.weight * (1 - self.model.rate) + 0.1 * np.sin(self.epoch)
        self.history.append(Epoch(self.epoch + 1, self.weight, None, self.weight, 0.01))
        return self.history[-1]

    def snapshot(self):
        return SimpleNamespace(
            weight=self.weight, has=Capabilities(), nbytes=self.model.megabytes * 2**20
        )

    def checkpoint(self):
        return {"history": list(self.history), "weight": self.weight}


def _option(default, kind):
    return option(default, kind, "", "", "", "")


@dataclasses.dataclass
class FakeModel(Model):
    n_epochs: int = _option(10, "int")
    rate: float = _option(0.1, "float")
    slices: int = _option(1, "int")
    fails_at: int | None = _option(None, "int")
    failure: str = dataclasses.field(
        default="named", metadata={"option": dict(kind="choice", choices=("named", "secret"),
        symbol="", label="", meaning="", what_if="")})  # fmt: skip
    megabytes: int = _option(0, "int")

    title = "Fake"
    shaping = ()

    @classmethod
    def defaults(cls, ratings):
        return {}

    def _trainer(self, train, settings):
        raise NotImplementedError

    def start(self, train, validation=None, checkpoint=None):
        return FakeTraining(self, checkpoint)


FAILURES = {
    "named": DivergedError("It diverged; use a smaller learning rate."),
    "secret": ZeroDivisionError("secret detail"),
}


@pytest.fixture(autouse=True)
def _experiments_may_name_it(monkeypatch):
    monkeypatch.setitem(models.MODELS.entries, "FakeModel", FakeModel)


@pytest.fixture
def ratings():
    return rc.Ratings.from_matrix(np.array([[1, 5, 0], [5, 1, 4], [2, 0, 5]]))


@pytest.fixture
def server():
    return runs.Registry(clock=Clock(), threaded=False)


@pytest.fixture
def space(server, ratings):
    space = server.workspace("a browser")
    space.load(ratings)
    return space


def new(space, model):
    """An entry of a model on what was loaded last."""
    return space.new_entry(space.data[-1].experiment(model))


def settle(server, run, turns=1000):
    """Turns until nothing is left to do, time passing as it is needed."""
    for _ in range(turns):
        due = server.turn()
        if not run.busy:
            return
        server.clock.now = max(server.clock.now, due)
    raise AssertionError("the run never came to rest")


def trained(server, entry, until=None):
    """The run of an entry, trained for it to an epoch (None: to its end)."""
    entry.train(until)
    settle(server, entry.run)
    return entry.run


# --- one run --------------------------------------------------------------------------------------


def test_a_new_run_shows_its_initial_state_at_once(space):
    entry = new(space, FakeModel())
    run = entry.run
    assert [epoch.number for epoch in run.epochs] == [0]
    assert (run.epoch, run.n_epochs, run.status) == (0, 10, "paused")
    assert run.fitted.weight == 1.0
    assert space.latest is entry


def test_a_wanted_run_trains_to_its_end_without_waiting(server, space):
    entry = new(space, FakeModel(n_epochs=100))
    settle(server, entry.run)
    assert entry.run.epoch == 0, "nobody wants it yet"
    entry.train()
    assert entry.run.status == "training" and entry.training
    began = server.clock.now
    settle(server, entry.run)
    assert (entry.run.status, entry.run.epoch) == ("finished", 100)
    assert not entry.training and server.clock.now - began < 0.1
    assert server.turn() == pytest.approx(server.clock.now + 900, abs=1), "then the worker sleeps"


def test_holding_stops_between_slices_and_training_goes_on(server, space, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)
    entry = new(space, FakeModel(slices=4))
    entry.train()
    for _ in range(6):  # one epoch of four slices, and half of the next
        server.turn()
    entry.hold()
    run = entry.run
    for _ in range(20):
        server.turn()
    assert run.epoch == 1 and run.status == "paused" and not run.wants_training
    entry.train()
    for _ in range(2):  # the other half
        server.turn()
    assert run.epoch == 2
    settle(server, run)
    assert run.epoch == 10


def test_no_further_than_wanted_and_never_beyond_what_is_planned(server, space):
    entry = new(space, FakeModel(n_epochs=4, slices=3))
    assert trained(server, entry, until=1).epoch == 1 and entry.run.status == "paused"
    assert trained(server, entry, until=3).epoch == 3
    assert trained(server, entry, until=2).epoch == 3, "what is trained stays"
    assert trained(server, entry, until=99).epoch == 4
    assert entry.run.status == "finished" and entry.run.wishes.furthest == 4


def test_an_epoch_takes_from_the_end_of_one_to_the_end_of_the_next(server, space, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)
    entry = new(space, FakeModel(n_epochs=100))
    settle(server, entry.run)
    assert entry.run.seconds_an_epoch is None
    entry.train()
    for _ in range(5):  # each turn is an epoch of 50 ms
        server.turn()
        server.clock.now += 0.2  # somebody else has the machine
    assert entry.run.seconds_an_epoch == pytest.approx(0.25, abs=1e-3)
    entry.hold()
    server.clock.now += 600  # what is held takes no time
    entry.train()
    for _ in range(3):
        server.turn()
        server.clock.now += 0.2
    assert entry.run.seconds_an_epoch == pytest.approx(0.25, abs=1e-3)


def test_a_moment_is_an_epoch_of_the_run(server):
    space = server.workspace("a browser")
    planted(space)
    entry = new(space, rc.SGD(n_factors=4, n_epochs=30, learning_rate=0.2, patience=1000))
    run = trained(server, entry, until=20)
    assert run.best_epoch not in (None, 20)
    assert [run.epoch_at(at) for at in (None, 7, "latest", "best", 99)] == [0, 7, 20, 20, 20]
    settled = trained(server, entry)
    assert settled.epoch_at("best") == settled.best_epoch < settled.epoch_at("latest") == 30


def test_a_failing_run_says_so_harms_no_other_and_is_tried_again(server, space):
    models_ = FakeModel(fails_at=3), FakeModel(fails_at=2, failure="secret"), FakeModel()
    entries = [new(space, model) for model in models_]
    for entry in entries:
        entry.train()
    bad, worse, good = (entry.run for entry in entries)
    settle(server, good)
    assert good.status == "finished"
    assert bad.status == "failed" and bad.message.startswith("It diverged;")
    assert bad.epoch == 2  # what was reached stays to be looked at
    assert worse.status == "failed" and "secret" not in worse.message
    entries[0].train()
    assert bad.status == "failed" and not bad.busy
    again = new(space, models_[0])
    assert again.run is not bad
    assert again.run.status == "paused" and again.run.message == ""


def test_thirty_runs_all_move(server, ratings, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)
    everyone = []
    for number in range(30):
        space = server.workspace(f"student {number}")
        space.load(ratings)
        everyone.append(new(space, FakeModel(n_epochs=100)).run)
        space.entries[0].train()
    until = server.clock.now + 2
    while server.clock.now < until:
        server.turn()
    reached = [run.epoch for run in everyone]
    assert len(set(everyone)) == 30 and max(reached) - min(reached) <= 1 and min(reached) >= 3


def test_a_visitor_with_ten_runs_and_a_job_slows_nobody_else(server, ratings, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)

    def endless():
        while True:
            server.clock.spend(0.02)
            yield 0.5

    greedy, modest = server.workspace("greedy"), server.workspace("modest")
    greedy.load(ratings)
    modest.load(ratings)
    for rate in range(10):
        new(greedy, FakeModel(n_epochs=10**6, rate=0.01 * (rate + 1))).train()
    greedy.jobs.ask(greedy.entries[0].run, "map", endless)
    one = new(modest, FakeModel(n_epochs=10**6))
    one.train()
    until = server.clock.now + 20
    while server.clock.now < until:
        server.turn()
    theirs = [entry.run.epoch for entry in greedy.entries]
    # Of the one run an epoch is a slice of 50 ms: it had half of the time; and all ten move.
    assert min(theirs) > 0 and one.run.epoch >= 20 / 0.05 / 2 * 0.95


# --- one run for all who look at it ---------------------------------------------------------------


@pytest.fixture
def steps(monkeypatch):
    """The epochs that are trained, over all runs, in order."""
    trained: list[int] = []
    advance = FakeTraining.advance

    def counting(self, max_seconds):
        epoch = advance(self, max_seconds)
        if epoch is not None:
            trained.append(epoch.number)
        return epoch

    monkeypatch.setattr(FakeTraining, "advance", counting)
    return trained


def party(server, owner):
    """A workspace with public data."""
    space = server.workspace(owner)
    space.load(rc.datasets.music_party())
    return space


def test_equal_experiments_on_public_data_are_one_run_and_trained_once(server, steps):
    everyone = [new(party(server, f"student {n}"), FakeModel()) for n in range(30)]
    for entry in everyone:
        entry.train()
    run = everyone[0].run
    settle(server, run)
    assert {entry.run for entry in everyone} == {run}
    assert steps == list(range(1, 11)) and run.status == "finished"
    other = new(party(server, "a guest"), FakeModel(rate=0.2))
    assert other.run is not run and other.run.epoch == 0
    assert other.run.ratings is run.ratings and other.run.split is run.split
    assert other.run.baselines is run.baselines


def test_who_has_the_same_ratings_with_titles_sees_them(server):
    bare = rc.datasets.music_party().replace(item_info=None)
    titled = bare.replace(item_info=pd.DataFrame({"title": [f"Song {n}" for n in range(12)]}))
    names = []
    for owner, ratings in (("a", bare), ("b", titled)):
        space = server.workspace(owner)
        data = space.load(ratings)
        entry = new(space, FakeModel())
        assert entry.run.ratings is data.ratings and entry.run.split is data.split
        names.append(entry.run.ratings.item_names[0])
    assert names[1] == "Song 0" != names[0]


def test_of_uploads_each_owner_has_a_run_of_their_own(server, space, ratings):
    other = server.workspace("another browser")
    other.load(ratings)
    mine, theirs = new(space, FakeModel()), new(other, FakeModel())
    assert mine.run.experiment == theirs.run.experiment and mine.run is not theirs.run
    trained(server, mine)
    assert theirs.run.epoch == 0
    assert new(space, FakeModel()).run is mine.run, "of one's own there is one"


def test_who_holds_still_holds_nobody_else(server):
    mine, theirs = (new(party(server, owner), FakeModel()) for owner in "ab")
    run = mine.run
    mine.train()
    theirs.train(until=6)
    server.turn()
    mine.hold()
    settle(server, run)
    assert (run.epoch, run.status) == (10, "finished")


def test_the_furthest_wish_counts_and_each_is_ones_own(server, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)
    mine, theirs = (new(party(server, owner), FakeModel()) for owner in "ab")
    run = mine.run
    mine.train(until=3)
    theirs.train(until=6)
    assert (run.wishes.furthest, run.wishes.of(mine), run.wishes.of(theirs)) == (6, 3, 6)
    while run.epoch < 4:
        server.turn()
    assert theirs.training and not mine.training, "it trains, but not because I want it"
    mine.hold()
    settle(server, run)
    assert (run.epoch, run.status) == (6, "paused")


def test_a_removed_entry_lets_the_run_go_on_for_others_and_the_last_one_stops_it(server, steps):
    spaces = [party(server, owner) for owner in "ab"]
    entries = [new(space, FakeModel(n_epochs=1000, slices=1)) for space in spaces]
    run = entries[0].run
    for entry in entries:
        entry.train()
    run.work(0)
    spaces[0].remove(entries[0])
    assert spaces[0].entries == [] and run.wants_training
    run.work(0)
    before = len(steps)
    assert before >= 2
    spaces[1].remove(entries[1])
    assert not run.wants_training and run.status == "paused"
    server.turn()
    assert len(steps) == before


def test_a_forgotten_browser_wants_nothing(server, steps, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)  # a turn is an epoch
    entry = new(party(server, "a"), FakeModel(n_epochs=1000))
    entry.train()
    run = entry.run
    server.turn()
    server.clock.now += 901
    server.turn()
    assert len(server) == 0
    before = len(steps)
    assert server.turn() is None and len(steps) == before and not run.wants_training


def test_two_who_ask_at_the_same_time_get_one_run(server, monkeypatch):
    spaces = [party(server, owner) for owner in "ab"]
    make, met = Experiment.make_split, []

    def meanwhile(self):
        if not met:
            met.append("the second asks while the first one's run is made")
            met.append(new(spaces[1], FakeModel()).run)
        return make(self)

    monkeypatch.setattr(Experiment, "make_split", meanwhile)
    assert new(spaces[0], FakeModel()).run is met[1]


def test_equal_forks_are_one_run(server):
    entries = [new(party(server, owner), FakeModel()) for owner in "ab"]
    trained(server, entries[0])
    forks = [
        server.workspace(owner).fork(entry, 4, rate=0.3)
        for owner, entry in zip("ab", entries, strict=True)
    ]
    assert forks[0].run is forks[1].run is not entries[0].run


def test_what_nobody_has_any_more_leaves_nothing_behind(server):
    space = server.workspace("a browser")
    planted(space)
    entry = new(space, rc.SGD(n_factors=2, n_epochs=3))
    run = trained(server, entry)
    gone = [weakref.ref(thing) for thing in (run, run.baselines, run.split, run.ratings)]
    space.unload(space.data[0])
    del entry, run
    gc.collect()
    assert [ref() for ref in gone] == [None] * 4


def test_listeners_are_called_after_each_turn_until_they_leave(server, space):
    heard = []
    entry = new(space, FakeModel(n_epochs=1000))
    leave = server.listen(lambda: heard.append(entry.run.epoch))
    entry.train()
    server.turn()
    assert heard == [entry.run.epoch] and heard[0] > 0
    leave()
    leave()  # once more does no harm
    server.turn()
    assert len(heard) == 1


def test_whatever_changes_is_counted(server, space):
    entry = new(space, FakeModel(n_epochs=3))
    run, seen = entry.run, set()

    def differs():
        fresh = run.version not in seen
        seen.add(run.version)
        return fresh

    assert differs() and not differs()
    entry.train(until=1)
    assert differs()
    settle(server, run)
    assert differs()
    entry.hold()
    assert differs()
    trained(server, entry)
    assert differs() and not differs()


def test_a_ticket_opens_its_own_workspace_and_keeps_it(server, space):
    other = server.workspace("another browser")
    assert server.of_ticket(space.ticket) is space and server.of_ticket(other.ticket) is other
    assert len(space.ticket) >= 32 and space.owner not in space.ticket
    for wrong in ("", space.ticket[:-1], space.ticket.lower(), "é", "\ud800"):
        assert server.of_ticket(wrong) is None
    server.clock.now += 600
    server.of_ticket(space.ticket)
    server.clock.now += 600
    server.turn()
    assert server.of_ticket(space.ticket) is space, "who watches is there"
    assert server.of_ticket(other.ticket) is None and len(server) == 1


# --- workspaces -----------------------------------------------------------------------------------


def test_two_browsers_see_nothing_of_each_other(server, space):
    new(space, FakeModel())
    other = server.workspace("another browser")
    assert other.data == [] and other.entries == [] and other.latest is None
    assert server.workspace("a browser") is space


def test_workspaces_are_freed_fifteen_minutes_after_the_last_look(server, space):
    settle(server, new(space, FakeModel()).run)
    server.clock.now += 899
    server.turn()
    assert server.workspace("a browser") is space  # which is a look
    server.clock.now += 899
    due = server.turn()
    assert len(server) == 1
    assert due == pytest.approx(server.clock.now + 1, abs=0.1)  # the worker comes back for it
    server.clock.now += 2
    server.turn()
    assert len(server) == 0
    assert server.turn() is None  # and then sleeps for good
    assert server.workspace("a browser").entries == []


def test_data_on_which_nothing_is_trained_are_freed_as_well(monkeypatch):
    monkeypatch.setattr(registry, "FREED_AFTER", 0.05)
    server = registry.Registry()
    server.workspace("a browser").load(rc.datasets.music_party())
    gone = threading.Event()
    space = weakref.ref(server.workspace("a browser"), lambda _: gone.set())
    for _ in range(200):
        if gone.wait(0.05):
            break
        gc.collect()
    assert space() is None and len(server) == 0


def test_names_are_told_apart_and_can_be_changed(space):
    one, two = new(space, FakeModel()), new(space, FakeModel())
    assert (one.name, two.name) == ("Fake", "Fake (2)")
    assert (one.color_index, two.color_index) == (0, 1)
    space.rename(one, "  my best ")
    space.rename(two, " \u200b\u200f\n")
    assert (one.name, two.name) == ("my best", "Fake (2)")


def test_numbers_are_never_given_again(space):
    one, two = new(space, FakeModel()), new(space, FakeModel(rate=0.2))
    assert [one.number, two.number] == [1, 2] and space.entry(2) is two
    space.remove(two)
    assert space.entry(2) is None
    assert new(space, FakeModel(rate=0.2)).number == 3


def test_removing_a_run_brings_no_colour_back(server, space):
    one, two = new(space, FakeModel()), new(space, FakeModel(rate=0.2))
    trained(server, two, until=1)
    space.remove(two)
    assert space.entries == [one]
    three = new(space, FakeModel(rate=0.3))
    assert three.color_index == 2
    space.remove(three)  # which nobody has seen learn
    assert new(space, FakeModel(rate=0.3)).color_index == 2


def test_several_data_sets_lie_side_by_side(server, space, ratings):
    entry = new(space, FakeModel())
    other = space.load(rc.Ratings.from_matrix(np.eye(4)))
    assert [data.ratings.n_users for data in space.data] == [3, 4]
    assert space.entries == [entry] and space.latest is other
    again = space.load(rc.Ratings.from_matrix(np.array([[1, 5, 0], [5, 1, 4], [2, 0, 5]])))
    assert again is space.data[0] and len(space.data) == 2  # the same ratings
    space.look_at(entry)
    assert space.latest is entry
    space.unload(space.data[0])
    assert space.entries == [] and space.data == [other]


def test_groups_have_colours_of_their_own(space):
    own = new(space, FakeModel())
    experiment = own.run.experiment
    theirs = [space.new_entry(experiment, group="Replica 2") for _ in range(2)]
    other = new(space, FakeModel(rate=0.2))
    assert [entry.color_index for entry in (own, *theirs, other)] == [0, 0, 1, 1]
    assert space.entry_of(experiment) is own
    assert space.entry_of(experiment, "Replica 2") is theirs[-1]
    assert space.entry_of(experiment.fork(3)) is None


def test_runs_on_the_same_split_share_it_and_its_baselines(space):
    one, two = new(space, FakeModel()).run, new(space, FakeModel(rate=0.2)).run
    assert one.split is two.split and one.baselines is two.baselines
    space.data[0].choose({"name": "random", "validation": 0.2, "test": 0, "seed": 3})
    three = new(space, FakeModel()).run
    assert three.split is not one.split and three.baselines is not one.baselines


def test_baselines_begun_for_a_run_that_is_removed_are_finished_for_the_others(space, monkeypatch):
    one, two = new(space, FakeModel()), new(space, FakeModel(rate=0.2))
    begun = []
    fit = UserItemBias.start
    monkeypatch.setattr(UserItemBias, "start", lambda *a: begun.append(1) or fit(*a))
    while not begun:
        one.run.work(0)
    space.remove(one)
    assert not list(two.run.baselines)
    while not list(two.run.baselines):
        before = two.run.version
        two.run.work(0)
    assert [b.name for b in two.run.baselines] == ["Global mean", "User + item bias"]
    assert two.run.version > before, "whoever watches is told"
    assert len(begun) == 1


def test_uploads_are_found_in_ones_own_workspace_alone(server, space):
    asked = Experiment.from_query(space.data[0].experiment(rc.SGD(n_factors=1)).to_query())
    assert asked.data.name == "upload"
    assert space.new_entry(asked).run.ratings is space.data[0].ratings
    for ask in (Workspace.with_loaded_ratings, Workspace.new_entry):
        with pytest.raises(MissingDataError, match="upload"):
            ask(server.workspace("somebody else"), asked)


def test_shared_ratings_are_read_by_code_until_that_is_undone(server, space):
    mine, other = space.data[0], server.workspace("another browser")
    code = server.share(space.owner, mine.ratings)
    assert server.share(space.owner, mine.ratings) == code
    asked = Experiment(code, None, rc.SGD(n_factors=1))
    assert Experiment.from_query(asked.to_query()) == asked
    run = other.new_entry(asked).run
    assert run.ratings is mine.ratings and run.experiment.data == code
    assert server.workspace("a third").new_entry(asked).run is run, "trained once for all"
    server.unshare(space.owner, mine.ratings)
    with pytest.raises(MissingDataError, match="no longer shared"):
        other.with_loaded_ratings(asked)
    with pytest.raises(MissingDataError, match="no longer shared"):
        asked.make_ratings()


def test_what_its_owner_forgets_is_nobodys_but_who_has_it_keeps_it(server, space):
    mine, other = space.data[0], server.workspace("another browser")
    code = server.share(space.owner, mine.ratings)
    asked = Experiment(code, None, rc.SGD(n_factors=1))
    entry = other.new_entry(asked)
    space.unload(mine)
    with pytest.raises(MissingDataError, match="no longer shared"):
        server.workspace("a third").with_loaded_ratings(asked)
    assert other.fork(entry, 0).run.ratings is entry.run.ratings
    assert server.share(other.owner, entry.run.ratings) != code, "it can be shared again"


def test_a_receipt_of_shared_ratings_names_their_content_not_the_code(server, space):
    code = server.share(space.owner, space.data[0].ratings)
    run = trained(server, space.new_entry(Experiment(code, None, rc.SGD(n_epochs=2))))
    claims = Receipt.from_text(run.record().receipt)
    assert claims.experiment.data == Recipe.of("upload", id=run.ratings.fingerprint)
    assert code.get("id") not in run.record().receipt


def test_the_record_is_of_the_epoch_asked_for_and_test_scores_of_the_latest(server, space):
    space.load(rc.datasets.low_rank(30, 20, n_factors=2, density=0.6))
    entry = new(space, rc.SGD(n_epochs=8, n_factors=2))
    run = trained(server, entry, until=6)
    record = run.record(3)
    assert (record.epoch, len(record.epochs)) == (3, 4)
    assert record.scores["validation_rmse"] == run.epochs[3].validation_rmse
    before = run.test_scores()[0]
    assert run.record().scores["test_rmse"] == before.rmse
    trained(server, entry, until=7)
    assert "test_rmse" not in run.record().scores, "another model since"


# --- forks --------------------------------------------------------------------------------------


def test_a_fork_of_a_kept_epoch_goes_on_from_there(server, space):
    entry = new(space, FakeModel())
    run = trained(server, entry)
    fork = space.fork(entry, 4)
    assert [e.number for e in fork.run.epochs] == [0, 1, 2, 3, 4]
    assert (fork.run.status, fork.run.n_epochs) == ("paused", 10)
    assert trained(server, fork).fitted.weight == run.fitted.weight
    assert fork.name == "Fake, from epoch 4"


def test_a_changed_setting_changes_what_follows_only(server, space):
    entry = new(space, FakeModel())
    run = trained(server, entry)
    fork = trained(server, space.fork(entry, 4, rate=0.5))
    assert fork.settings["rate"] == 0.5
    assert [e.loss for e in fork.epochs[:5]] == [e.loss for e in run.epochs[:5]]
    assert fork.epochs[5].loss != run.epochs[5].loss


def test_unkept_epochs_are_retraced_through_forks_of_forks(server, space):
    entry = new(space, FakeModel(n_epochs=20))
    run = trained(server, entry)
    forked = space.fork(entry, 7, rate=0.5)
    child = trained(server, forked)
    while child.checkpoints.thin():
        pass
    assert [m.epoch for m in child.checkpoints] == [0, 20]
    grandchild = space.fork(forked, 11, rate=0.5)  # no change: it must end where the child ended
    assert grandchild.run.rewinding
    assert trained(server, grandchild).fitted.weight == child.fitted.weight
    early = space.fork(forked, 5)  # before the child's own branching: trained as the first run was
    assert trained(server, early, until=6).epochs[5].loss == run.epochs[5].loss
    assert early.run.epoch == 6


def test_a_fork_at_the_end_goes_on_for_as_many_epochs(server, space):
    entry = new(space, FakeModel(n_epochs=5))
    trained(server, entry)
    fork = space.fork(entry, 5).run
    assert (fork.epoch, fork.n_epochs, fork.status) == (5, 10, "paused")


def test_a_fork_with_an_unknown_setting_is_refused_and_leaves_nothing(space):
    entry = new(space, FakeModel())
    with pytest.raises(SettingsError, match="no setting called speed"):
        space.fork(entry, 0, speed=3)
    assert space.entries == [entry]


# --- budgets ------------------------------------------------------------------------------------


def test_thinning_keeps_the_first_the_last_and_an_even_rest():
    kept = Snapshots()
    for epoch in range(101):
        kept.add(epoch, np.zeros(1000))
    assert kept.thin() and kept.thin()
    assert [m.epoch for m in kept] == list(range(0, 101, 4))
    for epoch in range(101, 107):
        kept.add(epoch, np.zeros(1000))
    assert [m.epoch for m in kept] == [*range(0, 105, 4), 106]
    assert kept.nbytes == sum(m.nbytes for m in kept)
    assert kept.nearest(50).epoch in (48, 52)
    assert kept.at_or_before(51).epoch == 48
    while kept.thin():
        pass
    assert [m.epoch for m in kept] == [0, 106]


def test_arrays_that_snapshots_share_are_counted_once_and_as_long_as_anybody_holds_them():
    one, two, three = (np.zeros(n) for n in (1000, 2000, 4000))  # 8, 16 and 32 kB
    frames = Snapshots()
    checkpoints = Snapshots(beside=frames)

    def sizes():
        """Bytes of arrays: what the frames hold, and what the checkpoints hold beside."""
        return [k.nbytes - len(k) * overhead for k in (frames, checkpoints)]

    frames.add(0, [])
    overhead = frames.nbytes
    for epoch, array in enumerate((one, two, three), start=1):
        frames.add(epoch, [array])
        checkpoints.add(epoch, {"p": array, "best": one, "again": (array, array)})
    assert sizes() == [56_000, 0]
    checkpoints.add(4, {"p": np.zeros(500), "best": one})
    frames.add(4, [three])
    assert sizes() == [56_000, 4_000]
    assert frames.thin() and [m.epoch for m in frames] == [0, 2, 4]
    assert sizes() == [48_000, 12_000], "the checkpoints still hold the first one"
    early = frames.until(2)
    assert checkpoints.until(2, beside=early).nbytes - 2 * overhead == 8_000
    while checkpoints.thin():
        pass
    assert [m.epoch for m in checkpoints] == [1, 4] and sizes() == [48_000, 12_000]
    checkpoints.add(4, OrderedDict(p=two))  # as PyTorch keeps its parameters
    assert sizes() == [48_000, 8_000]


def test_of_an_epoch_the_factors_are_kept_once(server):
    space = server.workspace("a browser")
    planted(space)
    for model in (rc.SGD(n_factors=3), rc.ALS(n_factors=3), rc.SVDpp(n_factors=3), rc.NMF()):
        run = trained(server, new(space, dataclasses.replace(model, n_epochs=6)))
        frames = {moment.epoch: moment.value for moment in run.frames}
        assert len(run.checkpoints) == len(frames) == run.epoch + 1
        for epoch, checkpoint, _ in run.checkpoints:
            state, fitted = checkpoint.state, frames[epoch]
            assert state["p"] is fitted.p and state["q"] is fitted.q
            assert not state["p"].flags.writeable
            best = checkpoint.position["best_epoch"]
            assert checkpoint.position["best"] is frames[best]
        assert run.history.final is frames[run.best_epoch]


def test_the_epochs_are_one_list_and_who_looked_earlier_sees_no_more(server):
    space = server.workspace("a browser")
    planted(space)
    entry = new(space, rc.SGD(n_factors=2, n_epochs=6, patience=100))
    early = trained(server, entry, until=3).epochs
    epochs = trained(server, entry).epochs
    assert [e.number for e in early] == [0, 1, 2, 3] and len(epochs) == 7
    assert early[3] is epochs[3] is epochs[-4] and early[1:] == epochs[1:4] and epochs[7:] == []
    for beyond in (7, -8):
        with pytest.raises(IndexError):
            epochs[beyond]
    histories = [moment.value.position["history"] for moment in entry.run.checkpoints]
    assert len(histories) > 1 and all(history is histories[0] for history in histories)
    assert all(a is b for a, b in zip(histories[0], epochs, strict=True))
    fork = space.fork(entry, 4)
    assert all(a is b for a, b in zip(fork.run.epochs, epochs, strict=False))
    assert len(trained(server, fork).epochs) == len(entry.run.epochs) == 7


def test_a_run_stays_within_its_budget(server, space, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)  # a turn is an epoch
    entry = new(space, FakeModel(n_epochs=100, megabytes=2))
    run = entry.run
    entry.train()
    for _ in range(200):
        server.turn()
        assert run.frames.nbytes <= registry.RUN_FRAMES
    kept = [moment.epoch for moment in run.frames]
    assert kept[0] == 0 and kept[-1] == 100
    assert len(kept) > 10 and max(np.diff(kept)) <= 2 * np.median(np.diff(kept))


def test_a_workspace_and_the_server_stay_within_theirs(server, ratings, monkeypatch):
    monkeypatch.setattr(registry, "WORKSPACE", 40 * 2**20)
    monkeypatch.setattr(registry, "SERVER", 100 * 2**20)
    monkeypatch.setattr(FakeTraining, "clock", server.clock)
    everyone = []
    for owner in "abcd":
        space = server.workspace(owner)
        space.load(ratings)
        for number in range(3):
            entry = new(space, FakeModel(n_epochs=30, megabytes=1, rate=0.1 + 0.1 * number))
            everyone.append(entry.run)
            entry.train()
    for _ in range(40):
        server.turn()
        sizes = [run.frames.nbytes + run.checkpoints.nbytes for run in everyone]
        assert sum(sizes) <= 100 * 2**20
        for first in range(0, 12, 3):
            assert sum(sizes[first : first + 3]) <= 40 * 2**20
    assert all(run.epoch == 30 for run in everyone)


# --- speeds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_epochs", "speed"),
    [(200, 20), (50, 5), (100, 10), (15, 2), (14, 1), (2000, 50), (1, 1), (0, 1)],
)
def test_the_usual_speed_makes_a_run_last_about_ten_seconds(n_epochs, speed):
    assert usual_speed(n_epochs) == speed and speed in runs.SPEEDS


# --- real models, and the real worker -----------------------------------------------------------


def planted(space, seed=0):
    """Load ratings with two true factors, 20 % of them validation and 20 % test."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(30, 2)) @ generator.normal(size=(2, 20))
    values = np.clip(np.rint(3 + values), 1, 5)
    values[generator.random(values.shape) < 0.3] = 0
    data = space.load(rc.Ratings.from_matrix(values))
    data.choose({"name": "random", "validation": 0.2, "test": 0.2, "seed": seed})
    return data.split


@pytest.mark.parametrize("model", [rc.SGD(), rc.ALS(), rc.PMF()], ids=lambda m: m.title)
def test_real_runs_end_where_fit_ends_and_forks_continue_bit_for_bit(server, model):
    space = server.workspace("a browser")
    split = planted(space)
    entry = new(space, dataclasses.replace(model, n_epochs=12, seed=3))
    run = trained(server, entry)
    fitted = dataclasses.replace(model, n_epochs=12, seed=3).fit(split.train, split.validation)
    np.testing.assert_array_equal(run.fitted.user_factors, fitted.user_factors)
    while run.checkpoints.thin():
        pass
    fork = trained(server, space.fork(entry, 7))
    assert [e.loss for e in fork.epochs] == [e.loss for e in run.epochs]
    np.testing.assert_array_equal(fork.fitted_at(12).item_factors, run.fitted_at(12).item_factors)


def test_the_best_epoch_is_kept_however_much_is_thinned(server):
    space = server.workspace("a browser")
    split = planted(space)
    model = rc.SGD(n_factors=4, n_epochs=30, learning_rate=0.2, patience=1000)
    run = trained(server, new(space, model))
    while run.frames.thin():
        pass
    assert run.best_epoch not in [moment.epoch for moment in run.frames]
    fitted = model.fit(split.train, split.validation)
    for fitted in (run.fitted, run.fitted_at(run.best_epoch)):
        np.testing.assert_array_equal(fitted.user_factors, fitted.user_factors)


def test_whatever_was_done_to_a_run_its_receipt_replays_to_the_same_bits(server):
    space = server.workspace("a browser")
    planted(space)
    ratings = space.data[0].ratings

    def same_bits(entry, until=None):
        run = trained(server, entry, until)
        found = replay(run.record().receipt, ratings)
        assert found.outcome == "same bits", found.text
        assert found.record.epochs[-1].number == run.epoch

    same_bits(new(space, rc.SGD(n_factors=4, n_epochs=30, learning_rate=0.2, patience=1)))
    assert space.entries[0].run.stopped_early
    entry = new(space, rc.SGD(n_factors=2, n_epochs=8, patience=1000))
    assert entry.run.record() is not None  # at epoch 0
    same_bits(entry, until=0)
    same_bits(entry, until=1)
    same_bits(entry, until=3)
    entry.train()
    assert entry.run.record() is None, "while it trains, numbers would not agree"
    entry.run.work(0)
    entry.hold()
    assert 3 < entry.run.epoch < 8
    same_bits(entry, until=0)
    same_bits(entry)
    entry.run.test_scores()
    assert "test_rmse" in entry.run.record().scores
    same_bits(entry)
    further = space.fork(entry, entry.run.epoch)  # as many epochs again
    same_bits(further)
    while entry.run.checkpoints.thin():
        pass
    fork = space.fork(entry, 5, learning_rate=0.01)
    assert fork.run.rewinding and fork.run.record() is None
    same_bits(fork)
    again = space.fork(fork, 6, reg=0.3)
    same_bits(again)
    same_bits(space.fork(again, 2))


def test_an_experiment_with_forks_runs_as_it_is_when_it_comes_from_elsewhere(server):
    space = server.workspace("a browser")
    planted(space)
    model = rc.SGD(n_factors=2, n_epochs=8, patience=100)
    asked = space.data[0].experiment(model).fork(3, reg=0.5).fork(8)
    entry = space.new_entry(asked)
    assert (entry.run.n_epochs, entry.run.settings["reg"]) == (16, 0.5)
    run = trained(server, entry)
    assert run.epoch == 16
    assert run.record().digest == experiments.run(asked).digest


def test_one_basis_for_the_whole_run_and_its_forks(server):
    space = server.workspace("a browser")
    planted(space)
    entry = new(space, rc.SGD(n_factors=3, n_epochs=30))
    run = entry.run
    assert run.basis is None and run.basis_pending
    settle(server, run)  # found before anybody wants it trained
    basis = run.basis
    assert basis is not None and not run.basis_pending
    trained(server, entry)
    assert run.basis is basis
    assert space.fork(entry, 10).run.basis is basis


def test_test_error_beside_the_baselines_is_computed_once(server):
    space = server.workspace("a browser")
    planted(space)
    run = trained(server, new(space, rc.ALS(n_factors=2)))
    found = run.test_scores()
    names = ["ALS", "Global mean", "User + item bias", "Most popular"]
    assert [score.name for score in found] == names
    assert found[3].rmse is None and found[3].ndcg is not None
    # The biases of this world may teach nothing; then their best epoch is the mean itself.
    assert found[0].rmse < found[2].rmse <= found[1].rmse
    split = run.split
    error = split.test.values - run.fitted.predict(split.test.user_ids, split.test.item_ids)
    assert found[0].rmse == pytest.approx(np.sqrt((error.astype(float) ** 2).mean()))
    given = np.clip(np.rint(run.fitted.predict(split.test.user_ids, split.test.item_ids)), 1, 5)
    rounded = split.test.values - given
    if split.test.scale.step:
        assert found[0].rmse_rounded == pytest.approx(np.sqrt((rounded.astype(float) ** 2).mean()))
    share = np.abs(error) / split.test.values
    assert found[0].mape == pytest.approx(100 * share.astype(float).mean(), rel=1e-5)
    assert run.test_scores() is found
    assert [b.name for b in run.baselines] == ["Global mean", "User + item bias"]


def test_without_a_test_part_one_sentence_says_what_to_do(space):
    with pytest.raises(SettingsError, match="Data page"):
        new(space, rc.GlobalMean()).run.test_scores()


def test_a_baseline_is_finished_from_the_start(server, space):
    entry = new(space, rc.GlobalMean())
    assert entry.run.status == "finished"
    run = trained(server, entry, until=1)
    assert run.status == "finished" and run.basis is None and not run.basis_pending


def test_a_model_without_epochs_is_trained_at_once(server):
    space = server.workspace("a browser")
    planted(space)
    entry = new(space, rc.ItemKNN())
    assert entry.training, "there is nothing to choose a moment in"
    settle(server, entry.run)
    assert entry.run.status == "finished"


def test_a_run_that_diverges_fails_with_the_remedy(server):
    space = server.workspace("a browser")
    planted(space)
    run = trained(server, new(space, rc.SGD(learning_rate=1.0, reg=1e-4, n_epochs=100)))
    assert run.status == "failed" and "smaller learning rate" in run.message


def test_the_worker_trains_while_nobody_asks(ratings):
    server = runs.Registry()
    space = server.workspace("a browser")
    space.load(ratings)
    entry = new(space, FakeModel(n_epochs=31))
    rests = threading.Event()
    leave = server.listen(lambda: None if entry.run.busy else rests.set())
    for until in (30, 31):  # the second wakes the sleeping worker
        rests.clear()
        entry.train(until)
        assert rests.wait(30)
        assert entry.run.epoch == until
    leave()


def test_training_gives_way_to_a_page_that_is_drawn_but_not_for_ever(monkeypatch):
    server = runs.Registry(threaded=False)
    waiting = threading.Thread(target=server.give_way, daemon=True)
    monkeypatch.setattr(worker, "_GIVES_WAY", 60.0)
    with server.drawing():
        with server.drawing():  # a part of the page
            pass
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(30.0)
    assert not waiting.is_alive()
    monkeypatch.setattr(worker, "_GIVES_WAY", 0.0)
    with server.drawing():
        server.give_way()


@pytest.mark.skipif(sys.platform != "linux", reason="priority is a thread's own on Linux alone")
def test_training_and_its_helpers_take_the_processor_behind_pages():
    def priority():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    if priority() >= 19:
        pytest.skip("nothing is behind the lowest priority, which these tests have")
    seen, turned = [], threading.Event()

    class Looks(registry.Registry):
        def turn(self):
            seen.append(priority())
            if threads.N_THREADS > 1:
                seen.append(threads._helpers().submit(priority).result())
            turned.set()
            return super().turn()

    Looks().wake()
    assert turned.wait(60)
    assert all(each > priority() for each in seen)
