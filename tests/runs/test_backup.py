"""A copy of the database, made while it is written to, and brought back."""

import contextlib
import sqlite3
import stat
import threading

import pytest

import recsys_core as rc
from recsys_core import commands
from recsys_core.experiments import store_tables
from recsys_core.experiments.store import Store
from recsys_core.training import Epoch
from tests.runs.test_keeping import World, database, sgd  # noqa: F401


def content(path):
    """All rows of all tables."""
    with contextlib.closing(sqlite3.connect(path)) as own:
        names = [n for (n,) in own.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {name: own.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(names)}


@pytest.fixture
def filled(database):  # noqa: F811
    """A database with one run of 12 epochs, and a keeper that still has it open."""
    world = World(database)
    data = world.space.load(rc.datasets.music_party())
    world.train(world.space.new_entry(data.experiment(sgd())))
    world.keeper.round()
    return world


def test_what_was_copied_comes_back_whatever_happened_since(filled, database, tmp_path, capsys):  # noqa: F811
    copy, url = tmp_path / "copy.db", f"sqlite:///{database}"
    assert commands.main(["backup", str(copy), "--db", url]) == 0
    assert "1 runs" in capsys.readouterr().out
    before = content(database)
    assert content(copy) == before and len(before["epochs"]) == 13
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    filled.store.forget("me")
    assert content(database) != before
    assert commands.main(["restore", str(copy), "--db", url]) == 3
    assert "in use; stop the server first" in capsys.readouterr().err
    filled.store.close()
    assert commands.main(["restore", str(copy), "--db", url]) == 0
    assert content(database) == before
    aside = database.with_name("runs.db.before-1")
    assert str(aside) in capsys.readouterr().out and content(aside) != before
    store = Store(url)
    [run] = store.runs("me")
    assert len(store.epochs(run.course)) == 13
    store.close()


def test_a_copy_is_of_one_moment_while_others_write(filled, database, tmp_path):  # noqa: F811
    [run] = filled.store.runs("me")
    enough, stop = threading.Event(), threading.Event()

    def write():
        n = 13
        while not stop.is_set():  # two rows in one transaction: both, or neither
            with filled.store.together():
                for number in (n, n + 1):
                    one = Epoch(number, 1.0, None, 1.0, 0.0)
                    filled.store.keep_epochs(run.course, [one])
            n += 2
            if n > 100:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert enough.wait(60)
        for i in range(3):
            copy = tmp_path / f"{i}.db"
            assert commands.main(["backup", str(copy), "--db", str(database)]) == 0
            numbers = sorted(number for _, number, *_ in content(copy)["epochs"])
            assert (
                numbers == list(range(len(numbers))) and len(numbers) % 2 == 1 and numbers[-1] > 50
            )
    finally:
        stop.set()
        writer.join()


def test_nothing_is_overwritten_and_what_is_no_copy_is_refused(filled, database, tmp_path, capsys):  # noqa: F811
    url, here = f"sqlite:///{database}", tmp_path / "here.txt"
    here.write_text("mine")
    damaged, newer = tmp_path / "damaged.db", tmp_path / "newer.db"
    commands.main(["backup", str(damaged), "--db", url])
    commands.main(["backup", str(newer), "--db", url])
    capsys.readouterr()
    size = damaged.stat().st_size
    with damaged.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 3))
    with contextlib.closing(sqlite3.connect(newer)) as own, own:
        own.execute("UPDATE meta SET schema_version = ?", [len(store_tables.MIGRATIONS) + 1])
    filled.store.close()
    before = content(database)
    for said, why in (
        (["backup", str(here), "--db", url], "already; name another"),
        (["backup", str(tmp_path / "x.db"), "--db", str(tmp_path / "none.db")], "no database at"),
        (["backup", str(tmp_path / "no" / "x.db"), "--db", url], "cannot be reached"),
        (["backup", str(tmp_path / "x.db"), "--db", "postgresql://a:secret@h/n"], "pg_dump"),
        (["restore", str(here), "--db", url], "no database"),
        (["restore", str(damaged), "--db", url], "damaged"),
        (["restore", str(newer), "--db", url], "newer version"),
        (["restore", str(database), "--db", url], "itself"),
    ):
        assert commands.main(said) == 3
        told = capsys.readouterr().err
        assert why in told and len(told.splitlines()) == 1 and "secret" not in told, told
    assert here.read_text() == "mine" and content(database) == before
    assert not (tmp_path / "x.db").exists()
