"""What goes wrong around runs: one sentence, and nothing lost (``docs/faults.md``)."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sql

import recsys_core as rc
from recsys_core.experiments.store import Store
from recsys_core.kernels import compiling
from recsys_core.runs import worker
from recsys_core.runs.keeping import _TRUSTED_AFTER, Keeper
from tests.runs.test_keeping import World, database, sgd, world  # noqa: F401

DAY = 86400.0


def begun(world):  # noqa: F811
    """A run of which epoch 0 is written."""
    data = world.space.load(rc.datasets.music_party())
    entry = world.space.new_entry(data.experiment(sgd()))
    world.keeper.round()
    return entry


def refuses_until_mended(world, entry, begin, mend, sentence):  # noqa: F811
    """Training goes on while nothing can be written, which is said; then all of it is written."""
    before = world.store.epochs(entry.run.course)
    begin()
    world.train(entry)
    world.keeper.round()
    assert sentence in world.keeper.trouble and "All that is shown stays" in world.keeper.trouble
    assert entry.run.epoch == 12
    assert world.store.epochs(entry.run.course) == before  # all of a round, or nothing
    mend()
    world.keeper.round()
    assert world.keeper.trouble is None
    assert world.store.epochs(entry.run.course) == list(entry.run.epochs)


def pragma(store, said):
    """Set something of SQLite on every connection of a store, those that are open included."""
    store._engine.dispose()

    def connected(connection, _record):
        connection.execute(f"PRAGMA {said}")

    sql.event.listen(store._engine, "connect", connected)
    return lambda: (sql.event.remove(store._engine, "connect", connected), store._engine.dispose())


def test_a_full_disk_loses_nothing(world, database):  # noqa: F811
    entry = begun(world)
    with contextlib.closing(sqlite3.connect(database)) as own:
        [pages] = own.execute("PRAGMA page_count").fetchone()
    mend = []
    refuses_until_mended(
        world, entry,
        lambda: mend.append(pragma(world.store, f"max_page_count={pages}")),
        lambda: mend[0](), "There is no room left",
    )  # fmt: skip


def test_a_database_that_became_read_only_loses_nothing(world):  # noqa: F811
    entry, mend = begun(world), []
    refuses_until_mended(
        world, entry, lambda: mend.append(pragma(world.store, "query_only=ON")),
        lambda: mend[0](), "cannot be written to; change its permissions",
    )  # fmt: skip


def test_a_folder_that_cannot_be_written_to_stops_nobody(database, monkeypatch):  # noqa: F811
    really = os.open

    def refuses(path, *given, **more):
        if str(path).startswith(str(database)):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, *given, **more)

    monkeypatch.setattr(os, "open", refuses)
    world = World(database)  # noqa: F811
    data = world.space.load(rc.datasets.music_party())
    entry = world.train(world.space.new_entry(data.experiment(sgd())))
    world.keeper.round()
    assert f"{database} cannot be reached; check that it is there" in world.keeper.trouble
    monkeypatch.undo()
    world.keeper.round()
    assert world.keeper.trouble is None and world.store.run(entry.id).epoch == 12


# --- the time of day ------------------------------------------------------------------------------


class Clocks:
    """Two clocks: the time of day, which can be set, and one that only goes on."""

    def __init__(self, tmp_path):
        self.day, self.going = 1.8e9, 0.0
        self.world = World(tmp_path / "unused.db")
        self.world.registry.clock = lambda: self.going
        self.keeper = Keeper(
            self.world.registry, f"sqlite:///{tmp_path}/clocks.db", lambda: self.day, threaded=False
        )
        self.keeper.start()
        self.store = Store(f"sqlite:///{tmp_path}/clocks.db")

    def pass_by(self, seconds):
        self.day += seconds
        self.going += seconds

    def train(self, seed):
        data = self.world.space.load(rc.datasets.music_party())
        entry = self.world.space.new_entry(data.experiment(sgd(seed=seed)))
        self.world.train(entry)
        self.keeper.round()
        return entry.id


@pytest.fixture
def clocks(database, tmp_path):  # noqa: F811
    return Clocks(tmp_path)


def test_a_clock_that_is_wrong_for_a_while_deletes_nothing(clocks):
    first = clocks.train(1)
    for jump in (10 * 365 * DAY, -30 * 365 * DAY):  # set forward, or back to 1997
        clocks.day += jump
        clocks.pass_by(_TRUSTED_AFTER / 2)
        second = clocks.train(2)
        clocks.day -= jump
        clocks.pass_by(2 * _TRUSTED_AFTER)
        clocks.keeper.round()
        clocks.pass_by(7 * 3600)
        clocks.keeper.round()  # it expires, by the right time
        kept = {run.id for run in clocks.store.runs()}
        assert {first, second} <= kept


def test_what_is_old_by_a_clock_that_goes_on_is_forgotten(clocks):
    old = clocks.train(1)
    clocks.day += 400 * DAY  # the computer was off: its time of day went on alone
    clocks.keeper.round()
    assert clocks.store.run(old) is not None
    clocks.world.space.remove(clocks.world.space.entries[0])
    clocks.pass_by(_TRUSTED_AFTER + 1)
    clocks.keeper.round()
    assert clocks.store.run(old) is None


def test_the_order_of_runs_survives_a_clock_that_is_set_back(clocks):
    ids = []
    for seed in range(3):
        ids.append(clocks.train(seed))
        clocks.day -= 3600
    assert [run.id for run in clocks.store.runs(sort="created")] == ids[::-1]


# --- the worker -----------------------------------------------------------------------------------


def test_the_worker_survives_a_turn_that_fails(monkeypatch):
    monkeypatch.setattr(worker, "_AFTER_FAILURE", 0.0)
    went_on = threading.Event()

    class Fails(worker.Worker):
        n = 0

        def turn(self):
            self.n += 1
            if self.n < 4:
                raise MemoryError("in /home/ada")
            went_on.set()

    failing = Fails()
    failing.wake()  # once: nobody wakes it again
    assert went_on.wait(60)
    assert failing._worker.is_alive()


def test_kernels_compile_where_nothing_can_be_kept(monkeypatch):
    from numba.core import caching

    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])

    @compiling.compiled
    def doubled(x):
        return 2 * x

    assert doubled(21) == 42


COMPILES = """
import resource, sys
from recsys_core.kernels.compiling import compiled

@compiled
def doubled(x):
    return 2 * x

if sys.argv[1] == "full":  # writing a byte is an error, as on a disk that is full
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
print(doubled(21))
"""


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files as Windows cannot")
@pytest.mark.parametrize("disk", ["empty", "full", "no folder"])
def test_kernels_compile_where_there_is_no_room_to_keep_them(tmp_path, disk):
    script, cache = tmp_path / "script.py", tmp_path / "cache"
    script.write_text(COMPILES)
    if disk == "no folder":
        cache.write_text("a file, below which there can be none")
    said = subprocess.run(
        [sys.executable, script, disk],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "PYTHONPATH": os.getcwd(),
            "NUMBA_CACHE_DIR": str(cache / "numba"),
            "HOME": str(cache),
        },
    )
    assert (said.returncode, said.stdout, said.stderr) == (0, "42\n", "")
    kept = [each for each in cache.rglob("*.nbc") if each.stat().st_size]
    assert bool(kept) == (disk == "empty")
