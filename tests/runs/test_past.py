"""Coming back: data sets, runs with their numbers, and their models when they are looked at."""

import time

import pytest

import recsys_core as rc
from recsys_core.errors import MissingDataError, MissingRunError
from recsys_core.experiments.store import KeptRun, experiment_hash
from recsys_core.runs import past
from recsys_core.training import Epoch
from tests.runs.test_keeping import World, database, sgd  # noqa: F401 (a fixture)


def numbers(run):
    return [(e.number, e.train_rmse, e.validation_rmse, e.loss) for e in run.epochs]


def same_model(one, other):
    users, items = range(one.n_users), [0] * one.n_users
    return (one.predict(users, items, clip=False) == other.predict(users, items, clip=False)).all()


@pytest.fixture
def first(database):  # noqa: F811
    world = World(database)
    world.keeper.set_consent("me", "keep")
    return world


def again(world):
    """The same database in another process: nothing of the first one is in memory."""
    world.keeper.round()
    return World(world.store.where)


MODELS = {
    "SGD": sgd(n_epochs=30),
    "ALS": rc.ALS(n_factors=2, n_epochs=9),
    "BayesianPMF": rc.BayesianPMF(n_factors=2, n_epochs=20, burn_in=4),
    "ItemKNN": rc.ItemKNN(),
    "SVDpp": rc.SVDpp(n_factors=2, n_epochs=8),
}


def test_a_workspace_comes_back_with_its_data_runs_names_and_colours(first):
    uploaded, party = first.upload(), first.space.load(rc.datasets.music_party())
    party.choose("whole")
    entries = [first.space.new_entry(d.experiment(sgd(seed=s))) for d, s in
               ((uploaded, 0), (party, 1), (uploaded, 2))]  # fmt: skip
    for entry in entries[:2]:
        first.train(entry)
    first.space.remove(entries[1])
    first.space.rename(entries[0], "mine *now*")
    first.keeper.round()
    other = again(first)
    assert [d.ratings.fingerprint for d in other.space.data] == [
        d.ratings.fingerprint for d in first.space.data
    ]
    assert other.space.data[0].ratings.users == uploaded.ratings.users
    assert other.space.data[1].split.recipe == party.split.recipe
    assert [(e.id, e.number, e.name, e.color_index) for e in other.space.entries] == [
        (e.id, e.number, e.name, e.color_index) for e in (entries[0], entries[2])
    ]
    back = other.space.entries[0]
    assert back.run.asleep and back.started and list(back.run.epochs) == list(entries[0].run.epochs)
    assert back.run.status == "finished" and back.run.best_epoch == entries[0].run.best_epoch
    assert not other.space.entries[1].started
    # The number of the one that was removed is not given again.
    assert other.space.new_entry(other.space.data[0].experiment(sgd(seed=9))).number == 4
    assert len(World(first.store.where, owner="you").space.entries) == 0


@pytest.mark.parametrize("name", MODELS)
def test_a_finished_run_explores_as_before(first, name):
    data = first.upload()
    data.choose({"name": "random", "validation": 0.2, "test": 0.1})
    entry = first.train(first.space.new_entry(data.experiment(MODELS[name])))
    other = again(first)
    run = other.space.entries[0].run
    assert numbers(run) == numbers(entry.run)
    assert same_model(run.fitted, entry.run.fitted) and not run.asleep
    while run.busy:
        other.registry.turn()
    assert run.status == "finished" and list(run.epochs) == list(entry.run.epochs)
    assert run.record().digest == entry.run.record().digest
    assert run.test_scores() == entry.run.test_scores()
    for epoch in range(0, run.epoch + 1, 4):  # what was not kept is trained again
        run.fitted_at(epoch)
        while run.busy:
            other.registry.turn()
        at, fitted = run.snapshot_near(epoch)
        assert at == epoch and same_model(fitted, entry.run.fitted_at(epoch))


@pytest.mark.parametrize("name", [name for name in MODELS if name != "ItemKNN"])
@pytest.mark.parametrize("kept", ["checkpoint", "older checkpoint", "nothing"])
def test_a_run_cut_off_goes_on_with_the_same_bits(first, name, kept, monkeypatch):
    entry = first.space.new_entry(first.upload().experiment(MODELS[name]))
    first.train(entry, until=3)
    first.keeper.round()
    if kept != "checkpoint":  # what was trained since the last checkpoint is numbers alone
        monkeypatch.setattr("recsys_core.runs.keeping._Batch._add_artefacts", lambda s, c, r, d: d)
    first.train(entry, until=6)
    entry.run.wishes.note(entry, 8)  # it is at work
    first.keeper.round()
    if kept == "nothing":
        first.store.drop_artefacts(entry.run.course)
    monkeypatch.undo()
    shown = list(entry.run.epochs)
    other = World(first.store.where)
    back = other.space.entries[0]
    assert back.run.interrupted and back.run.status == "paused" and list(back.run.epochs) == shown
    assert other.store.run(back.id).status == "interrupted"
    other.train(back)
    straight = first.train(entry).run
    assert not back.run.interrupted and back.run.status == "finished"
    assert list(back.run.epochs)[: len(shown)] == shown  # their times, too
    assert numbers(back.run) == numbers(straight)
    assert back.run.best_epoch == straight.best_epoch
    assert same_model(back.run.fitted, straight.fitted)
    other.keeper.round()
    assert other.store.epochs(other.store.run(back.id).course) == list(back.run.epochs)


def test_a_fork_comes_back_and_can_be_forked(first):
    entry = first.train(first.space.new_entry(first.upload().experiment(sgd(n_epochs=20))))
    fork = first.train(first.space.fork(entry, 5, learning_rate=0.01, n_epochs=5), until=8)
    other = again(first)
    back = other.space.entries[1]
    assert (back.run.n_epochs, back.run.settings) == (fork.run.n_epochs, fork.run.settings)
    for world, one in ((first, fork), (other, back)):
        world.train(one)
    assert numbers(back.run) == numbers(fork.run) and same_model(back.run.fitted, fork.run.fitted)
    one, two = (w.train(w.space.fork(w.space.entries[0], 7, reg=0.2)) for w in (first, other))
    assert numbers(one.run) == numbers(two.run)


def test_a_run_whose_file_was_not_kept_says_which_and_is_whole_with_it(database):  # noqa: F811
    world = World(database)
    entry = world.train(world.space.new_entry(world.upload().experiment(sgd())))
    other = again(world)
    assert other.space.entries == [] and other.space.data == []
    [waiting] = past.waiting(other.space)
    assert waiting.run.id == entry.id and waiting.run.epoch == 12
    assert f"“{entry.run.ratings.name}” (150 ratings), which was not kept" in waiting.sentence
    with pytest.raises(MissingDataError, match="bring the same file again"):
        past.bring_back(other.space, entry.id)
    other.upload()  # the same rows
    [back] = other.space.entries
    assert past.waiting(other.space) == [] and back.id == entry.id
    assert numbers(back.run) == numbers(entry.run)
    back.run.awaken()
    while back.run.busy:  # no factors were kept: it is trained again
        other.registry.turn()
    assert same_model(back.run.fitted, entry.run.fitted)


def test_damaged_bytes_are_trained_again(first):
    entry = first.train(first.space.new_entry(first.upload().experiment(sgd())))
    first.keeper.round()
    course = entry.run.course
    good = first.store.artefact(course, "checkpoint").data
    half = bytearray(good)
    half[len(half) // 2] ^= 0xFF
    for bad in (b"", b"PK\x03\x04 no zip", good[: len(good) // 2], bytes(half)):
        first.store.keep_artefact(course, "checkpoint", 12, bad)
        other = World(first.store.where)
        run = other.space.entries[0].run
        run.awaken()
        while run.busy:
            other.registry.turn()
        assert list(run.epochs) == list(entry.run.epochs)
        assert same_model(run.fitted, entry.run.fitted)


def test_kept_runs_are_brought_back_one_at_a_time_and_quickly(first):
    data = first.space.load(rc.datasets.music_party())
    entry = first.train(first.space.new_entry(data.experiment(sgd())))
    first.keeper.round()
    mine = first.store.run(entry.id)
    many = []
    for n in range(1000):
        experiment = data.experiment(sgd(seed=n + 1))
        many.append((KeptRun(**{
            **vars(mine), "id": f"r{n}", "course": f"c{n}", "number": n + 2, "listed": False,
            "experiment": experiment_hash(experiment), "name": f"run {n}",
        }), experiment))  # fmt: skip
    with first.store.together():
        first.store.keep_runs(many)
        for n in range(1000):
            first.store.keep_epochs(f"c{n}", [Epoch(e, 1.0, None, 1.0, 0.1) for e in range(13)])
    other = World(first.store.where)
    began = time.perf_counter()
    entries = other.space.entries
    print(f"back after {time.perf_counter() - began:.3f} s")
    assert [e.id for e in entries] == [entry.id]
    assert other.store.n_runs("me") == 1001
    back = past.bring_back(other.space, "r500")
    assert back.name == "run 500" and back.number == 502 and back.run.epoch == 12
    assert past.bring_back(other.space, "r500") is back
    with pytest.raises(MissingRunError):
        past.bring_back(World(first.store.where, owner="you").space, "r500")


def test_words_deletion_and_forgetting(first, database):  # noqa: F811
    entry = first.train(first.space.new_entry(first.upload().experiment(sgd())))
    first.keeper.round()
    past.set_words(first.space, entry.id, name="new name", tags=["t"], pinned=True, note="n")
    first.keeper.round()
    kept = first.store.run(entry.id)
    assert entry.name == kept.name == "new name" and (kept.tags, kept.pinned) == (("t",), True)
    assert first.store.n_runs("me", text="new name t") == 1
    past.delete(World(first.store.where, owner="you").space, [entry.id])
    past._keeper = first.keeper
    assert first.store.n_runs("me") == 1  # not theirs
    past.delete(first.space, [entry.id])
    assert first.space.entries == [] and first.store.n_runs("me") == 0
    past.undo(first.space, [entry.id])
    assert past.bring_back(first.space, entry.id).name == "new name"
    past.forget(first.space)
    first.keeper.round()
    assert first.space.entries == [] and first.space.data == []
    assert first.store.n_runs() == 0 and first.store.data_of("me") == []
    assert b"secret" not in first.bytes_of_files(database.parent)
