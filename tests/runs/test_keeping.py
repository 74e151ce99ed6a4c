"""The Keeper: what it writes and when, of whom, and what it does while the database is away."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import recsys_core as rc
from recsys_core.experiments import store as store_module
from recsys_core.experiments.store import Store
from recsys_core.experiments.view import View
from recsys_core.runs import past
from recsys_core.runs.keeping import usual_consent
from recsys_core.runs.registry import FREED_AFTER, Registry

ROOT = Path(__file__).resolve().parents[2]


class World:
    """A registry and its keeper, both worked by hand, on one database file."""

    def __init__(self, url, owner="me"):
        self.now = 0.0  # seconds that the clock is put on
        self.registry = Registry(clock=lambda: self.now + time.monotonic(), threaded=False)
        self.keeper = past.install(str(url), self.registry, threaded=False)
        self.owner = owner

    @property
    def space(self):
        return self.registry.workspace(self.owner)

    @property
    def store(self):
        return self.keeper.store

    def upload(self):
        rows = "".join(f"secret{n % 17},i{n * 7 % 11},{1 + n % 5}\n" for n in range(150))
        return self.space.load(rc.read_ratings(f"user,item,rating\n{rows}".encode()))

    def train(self, entry, until=None):
        entry.train(until)
        while entry.run.busy:
            self.registry.turn()
        return entry

    def bytes_of_files(self, folder):
        return b"".join(file.read_bytes() for file in folder.iterdir())


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "PATIENCE", 0.05)
    yield tmp_path / "runs.db"
    past.uninstall()


@pytest.fixture
def world(database):
    return World(database)


def sgd(**settings):
    return rc.SGD(**{"n_factors": 2, "n_epochs": 12, **settings})


def test_numbers_are_written_in_batches_and_only_what_is_new(world, monkeypatch):
    data = world.space.load(rc.datasets.music_party())
    entry = world.space.new_entry(data.experiment(sgd()))
    world.train(entry, until=5)
    world.keeper.round()
    [kept] = world.store.runs("me")
    assert (kept.id, kept.status, kept.epoch, kept.number) == (entry.id, "paused", 5, 1)
    assert world.store.epochs(kept.course) == list(entry.run.epochs)
    written = []
    keep = Store.keep_epochs
    monkeypatch.setattr(Store, "keep_epochs", lambda self, course, epochs: (
        written.append([e.number for e in epochs]), keep(self, course, epochs)))  # fmt: skip
    monkeypatch.setattr(Store, "keep_data", lambda *_: pytest.fail("data have not changed"))
    world.keeper.round()
    assert written == []  # nothing is new
    world.train(entry)
    world.keeper.round()
    assert written == [[6, 7, 8, 9, 10, 11, 12]]
    [kept] = world.store.runs("me")
    assert (kept.status, kept.epoch) == ("finished", 12)
    assert kept.train_rmse == entry.run.epochs[12].train_rmse
    assert world.store.artefact(kept.course, "checkpoint").epoch == 12


def test_all_who_watch_a_run_keep_it_once(world):
    for owner in ("me", "you"):
        space = world.registry.workspace(owner)
        data = space.load(rc.datasets.music_party())
        world.train(space.new_entry(data.experiment(sgd())))
    world.keeper.round()
    mine, yours = world.store.runs("me")[0], world.store.runs("you")[0]
    assert mine.id != yours.id and mine.course == yours.course
    world.keeper.forget("me")
    assert len(world.store.epochs(yours.course)) == 13


def test_without_consent_only_numbers_are_written(world, database):
    entry = world.train(world.space.new_entry(world.upload().experiment(sgd())))
    world.keeper.round()
    [kept] = world.store.runs("me")
    assert kept.epoch == 12 and len(world.store.epochs(kept.course)) == 13
    assert world.store.size_of("me") == 0
    assert b"secret" not in world.bytes_of_files(database.parent)
    world.keeper.set_consent("me", "keep")
    world.keeper.round()
    assert world.store.artefact(kept.course, "model" if entry.run.best_epoch else "checkpoint")
    assert [data.kept for data in world.store.data_of("me")] == [True]
    # Withdrawn, they are gone, from the file as well.
    world.keeper.set_consent("me", "visit")
    world.keeper.round()
    assert world.store.size_of("me") == 0 and world.store.run(kept.id) is not None
    world.keeper.round()
    assert world.store.size_of("me") == 0


def test_what_is_usual_on_ones_own_computer_and_on_a_server():
    assert usual_consent("localhost:8501", "127.0.0.1") == "keep"
    assert usual_consent("127.0.0.1", None) == usual_consent("[::1]:8501", "::1") == "keep"
    assert usual_consent("factorscope.school.example", "10.0.0.7") == "visit"
    assert usual_consent("192.168.1.5:8501", None) == "visit"
    assert usual_consent("localhost:8501", "192.168.1.9") == "visit"  # behind a tunnel
    assert usual_consent("localhost.evil.example", None) == "visit"


def test_nothing_is_lost_while_the_database_is_locked_or_gone(world, database):
    data = world.space.load(rc.datasets.music_party())
    entry = world.space.new_entry(data.experiment(sgd()))
    world.keeper.round()
    other = sqlite3.connect(database)
    other.execute("BEGIN IMMEDIATE")
    world.train(entry, until=4)
    note = world.keeper.put(lambda store: store.set_words(entry.id, note="kept in the queue"))
    world.keeper.round()
    assert "is locked by another program" in world.keeper.trouble
    assert "All that is shown stays" in world.keeper.trouble
    assert not note.done() and entry.run.epoch == 4
    other.rollback()
    other.close()
    world.keeper.round()
    assert world.keeper.trouble is None and note.done()
    kept = world.store.run(entry.id)
    assert (kept.epoch, kept.note) == (4, "kept in the queue")
    for file in list(database.parent.iterdir()):
        file.unlink()
    world.train(entry)
    world.keeper.round()
    assert "was moved or deleted" in world.keeper.trouble
    world.keeper.round()  # into a new file, from the beginning
    assert world.keeper.trouble is None
    assert world.store.epochs(entry.run.course) == list(entry.run.epochs)


def test_a_database_that_cannot_be_opened_stops_nobody(database):
    database.write_bytes(b"no database " * 100)
    world = World(database)
    data = world.space.load(rc.datasets.music_party())
    entry = world.train(world.space.new_entry(data.experiment(sgd())))
    world.keeper.round()
    assert "is no database, or damaged" in world.keeper.trouble and entry.run.epoch == 12
    database.unlink()
    world.keeper.round()
    assert world.keeper.trouble is None and world.store.run(entry.id).epoch == 12


def test_a_mistake_of_a_page_stops_no_writing(world):
    def fails(store):
        raise ZeroDivisionError

    wrong, right = world.keeper.put(fails), world.keeper.put(lambda store: store.n_runs())
    world.keeper.round()
    assert isinstance(wrong.exception(), ZeroDivisionError) and right.result() == 0
    assert world.keeper.trouble is None


def test_what_is_taken_out_of_the_list_stays_kept_and_what_never_trained_does_not(world):
    data = world.space.load(rc.datasets.music_party())
    trained = world.train(world.space.new_entry(data.experiment(sgd(seed=1))))
    never = world.space.new_entry(data.experiment(sgd(seed=2)))
    world.keeper.round()
    assert world.store.n_runs("me", listed=True) == 2
    for entry in (trained, never):
        world.space.remove(entry)
    world.keeper.round()
    assert [run.id for run in world.store.runs("me")] == [trained.id]
    assert world.store.n_runs("me", listed=True) == 0


def test_forgotten_ratings_are_deleted_with_all_that_came_of_them(world, database):
    world.keeper.set_consent("me", "keep")
    data = world.upload()
    party = world.space.load(rc.datasets.music_party())
    for each in (data, party):
        world.train(world.space.new_entry(each.experiment(sgd())))
    world.keeper.round()
    assert b"secret" in world.bytes_of_files(database.parent) or world.store.size_of("me") > 0
    world.space.unload(data)
    world.keeper.round()
    assert [run.data_name for run in world.store.runs("me")] == [party.ratings.name]
    assert [kept.name for kept in world.store.data_of("me")] == [party.ratings.name]
    assert b"secret" not in world.bytes_of_files(database.parent)
    world.upload()  # and may be brought again
    world.keeper.round()
    assert len(world.store.data_of("me")) == 2


def test_a_freed_workspace_is_written_once_more_and_forgotten_in_memory_only(world):
    data = world.space.load(rc.datasets.music_party())
    entry = world.space.new_entry(data.experiment(sgd(n_epochs=10**5)))
    entry.train()
    world.registry.turn()
    world.keeper.round()
    assert world.store.run(entry.id).status == "training"
    world.registry.turn()
    world.now += FREED_AFTER + 1
    world.registry.turn()
    assert len(world.registry) == 0
    world.keeper.round()
    kept = world.store.run(entry.id)
    assert (kept.status, kept.epoch, kept.listed) == ("interrupted", entry.run.epoch, True)
    assert len(world.store.epochs(kept.course)) == entry.run.epoch + 1


def test_models_too_large_are_not_kept(world, monkeypatch):
    monkeypatch.setattr("recsys_core.runs.keeping.MOST_OF_A_RUN", 100)
    data = world.space.load(rc.datasets.music_party())
    entry = world.train(world.space.new_entry(data.experiment(sgd())))
    world.keeper.round()
    assert world.store.epochs(entry.run.course) and world.store.size_of("me") == 0


def test_the_view_is_kept(world):
    view = View(run=2, moment=7, user=3, shown=(1, 2), speed="max", hide=("curve",), playing=True)
    view = view.with_option("compare", "kept")
    world.keeper.note_view("me", view)
    world.keeper.round()
    again = World(world.store.where).keeper.view("me")
    assert again == view.replace(hide=(), playing=False)
    assert View.from_dict({"run": 1, "options": {"gone": "x", "compare": "never"}}) == View(run=1)


@pytest.mark.slow
def test_at_most_the_last_second_is_lost_when_it_is_killed(tmp_path):
    url = f"sqlite:///{tmp_path}/runs.db"
    child = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/runs/keeping_child.py"), url],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env=_environment(),
    )  # fmt: skip
    shown: list[tuple[float, int]] = []
    try:
        for line in child.stdout:
            shown.append((time.monotonic(), int(line)))
            # Its writer has been at work for a while, and there is something to lose.
            if shown[-1][0] - shown[0][0] > 3.0 and shown[-1][1] > 20:
                break
    finally:
        child.kill()
        child.wait()
    store = Store(url)
    [kept] = store.runs("me")
    assert kept.status == "training" and kept.epoch > 0
    epochs = store.epochs(kept.course)
    assert [e.number for e in epochs] == list(range(kept.epoch + 1))
    # Two seconds here: one between two rounds, one for a machine that is busy.
    seen_before = [epoch for at, epoch in shown if at < shown[-1][0] - 2.0]
    assert kept.epoch >= seen_before[-1]
    # They are the numbers of the experiment, each to the last bit; and it goes on.
    record = rc.run(store.experiment(kept.experiment), until=10)
    same = [(e.train_rmse, e.validation_rmse, e.loss) for e in record.epochs]
    assert same == [(e.train_rmse, e.validation_rmse, e.loss) for e in epochs[:11]]


def _environment():
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}
