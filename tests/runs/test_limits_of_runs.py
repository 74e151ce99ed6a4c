"""What a visitor and a server hold at most; what is refused leaves everything as it was."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import limits, runs
from recsys_core.experiments.sweep import Over, Sweep
from recsys_core.limits import LimitError


@pytest.fixture
def given(monkeypatch):
    return lambda said: monkeypatch.setenv(limits.VARIABLE, said)


@pytest.fixture
def server():
    return runs.Registry(threaded=False)


def upload(seed, n_users=6, n_items=5):
    values = np.random.default_rng(seed).integers(1, 6, (n_users, n_items)).astype(float)
    return rc.Ratings.from_matrix(values)


def party_run(space, **settings):
    data = space.data[-1]
    return space.new_entry(data.experiment(rc.SGD(**settings)))


def test_a_full_list_refuses_one_more_and_takes_it_once_one_is_removed(given, server):
    given("runs_per_visitor=2")
    space = server.workspace("one")
    space.load(upload(0))
    first, second = party_run(space, seed=1), party_run(space, seed=2)
    first.train(3)
    server.turn()
    with pytest.raises(LimitError, match="2 runs per visitor"):
        party_run(space, seed=3)
    with pytest.raises(LimitError, match="2 runs per visitor"):
        space.fork(first, 1, learning_rate=0.5)
    assert space.entries == [first, second]
    space.remove(second)
    assert party_run(space, seed=3) in space.entries
    # Somebody else's list is another one.
    other = server.workspace("two")
    other.load(upload(1))
    assert party_run(other, seed=1)


def test_runs_of_the_server_count_once_however_many_look_at_them(given, server):
    given("runs_per_server=2")
    for n in range(5):  # a class opens one link
        space = server.workspace(f"student {n}")
        space.load(rc.datasets.music_party())
        party_run(space, seed=1)
    party_run(space, seed=2)
    with pytest.raises(LimitError, match="2, of all visitors"):
        party_run(space, seed=3)


@pytest.mark.parametrize("model, match", [
    (rc.SGD(n_factors=51), r"51 factors .* \(50\)"), (rc.ALS(n_epochs=41), r"41 epochs .* \(40\)"),
])  # fmt: skip
def test_more_factors_or_epochs_than_are_trained_are_refused_before_memory_is_taken(
    given, server, model, match
):
    given("k=50 epochs=40")
    space = server.workspace("one")
    data = space.load(upload(0))
    with pytest.raises(LimitError, match=match):
        space.new_entry(data.experiment(model))
    assert not space.entries and not len(server._runs)
    assert space.new_entry(data.experiment(rc.SGD(n_factors=50, n_epochs=40)))


def test_ratings_of_a_visitor_and_of_the_server(given, server):
    given("ratings_per_visitor=70 ratings_per_server=100")
    one, two = server.workspace("one"), server.workspace("two")
    with pytest.raises(LimitError, match="80 ratings loaded; this server holds 70"):
        one.load(upload(0, 8, 10))
    assert not one.data
    one.load(upload(1))
    party_run(one)  # data with a run are not let go
    one.load(upload(2))
    party_run(one)
    with pytest.raises(LimitError, match="you would have 90"):
        one.load(upload(3))
    assert len(one.data) == 2 and len(one.entries) == 2
    shared = two.load(upload(4))
    two.load(shared.ratings)  # the same: nothing more
    with pytest.raises(LimitError, match="would hold 120 ratings of all"):
        two.load(upload(5))
    one.unload(one.data[0])
    assert two.load(upload(5)), "there is room again, at once"


def test_data_without_a_run_make_room_those_with_one_do_not(given, server):
    given("data_sets_per_visitor=2")
    space = server.workspace("one")
    for seed in range(3):
        space.load(upload(seed))
    assert len(space.data) == 2, "the one looked at longest ago was let go"
    for data in space.data:
        space.new_entry(data.experiment())
    with pytest.raises(LimitError, match="2 data sets with runs"):
        space.load(upload(7))


def sweep_on(space, values=(0.01, 0.1)):
    model = rc.SGD(n_epochs=3, n_factors=2)
    return Sweep(space.data[-1].experiment(model), (Over("reg", values),), "grid", seeds=1)


def test_sweeps_at_once_and_trials_of_one(given, server):
    given("sweeps_at_once=1 trials_per_sweep=2")
    one, two = server.workspace("one"), server.workspace("two")
    for space in (one, two):
        space.load(rc.datasets.low_rank(n_users=60, n_items=40))
    with pytest.raises(LimitError, match=r"3 trials .* \(2\)"):
        one.new_sweep(sweep_on(one, (0.01, 0.1, 1.0)))
    one.new_sweep(sweep_on(one)).start()
    one.new_sweep(sweep_on(one)).start()  # replaces one's own
    assert [sweep.status for sweep in one.sweeps] == ["stopped", "running"]
    with pytest.raises(LimitError, match="1 sweeps run on this server"):
        two.new_sweep(sweep_on(two))
    one.sweeps[-1].stop()
    assert two.new_sweep(sweep_on(two)).status == "stopped"
