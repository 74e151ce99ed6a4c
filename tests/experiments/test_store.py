"""The store, on SQLite and on a real PostgreSQL; and what it says when it cannot be used."""

import dataclasses
import math
import sqlite3

import pytest
import sqlalchemy as sql

import recsys_core as rc
from recsys_core.errors import StoreError
from recsys_core.experiments import store as module
from recsys_core.experiments import store_tables as tables
from recsys_core.experiments.store import (
    KeptData,
    KeptLesson,
    KeptRun,
    KeptSweep,
    Owner,
    Store,
    data_key,
    experiment_hash,
)
from recsys_core.recipes import Recipe
from recsys_core.training import Epoch

EXPERIMENT = rc.Experiment("party", None, rc.SGD(n_factors=3))


@pytest.fixture
def store(url):
    store = Store(url)
    yield store
    store.close()


def kept(id="a", owner="me", **changed):
    run = KeptRun(
        id=id, owner=owner, course=f"course of {id}", experiment=experiment_hash(EXPERIMENT),
        name=f"run {id}", status="paused", created=1e9, changed=1e9, number=1, color_index=0,
        belongs_to="", data="d", data_name="the party", model="SGD", n_factors=3, n_epochs=10,
        epoch=5, best_epoch=4, train_rmse=0.5, validation_rmse=0.625, seconds=1.5,
        facts={"settings": {"n_factors": 3}},
    )  # fmt: skip
    return dataclasses.replace(run, **changed)


def ids(runs):
    return [run.id for run in runs]


def test_records_come_out_as_they_went_in(store):
    run = kept(tags=("α", "b c"), note="two\nlines", pinned=True)
    store.keep_run(run, EXPERIMENT)
    assert store.run("a") == run and store.runs("me") == [run]
    assert store.experiment(run.experiment) == EXPERIMENT
    # Every bit of every number; what is not measured stays so.
    epochs = [Epoch(0, None, None, 1 / 3, 5e-324), Epoch(1, math.pi, 1e300, -0.1, 0.1 + 0.2)]
    store.keep_epochs(run.course, epochs[:1])
    store.keep_epochs(run.course, epochs)
    assert store.epochs(run.course) == epochs and store.epochs("another") == []
    store.keep_artefact(run.course, "model", 3, b"\x00\xff")
    store.keep_artefact(run.course, "model", 4, bytes(range(256)))
    found = store.artefact(run.course, "model")
    assert (found.epoch, found.data) == (4, bytes(range(256)))
    assert store.artefact(run.course, "checkpoint") is None
    data = KeptData("me", "f", "names", Recipe.of("upload", id="f"), {"name": "usual"},
                    {"n_ratings": 7}, 2.5)  # fmt: skip
    store.keep_data(data, b"arrays")
    store.keep_data(dataclasses.replace(data, seen=3.5))  # which leaves the arrays
    assert store.data_of("me") == [dataclasses.replace(data, seen=3.5, kept=True)]
    assert store.arrays("me", "f") == b"arrays" and store.size_of("me") == 256 + 6
    store.keep_owner(Owner("me", "keep", None, 5, 1.0))
    assert store.owner("me") == Owner("me", "keep", None, 5, 1.0)
    assert store.owner("you") == Owner("you") and store.owner("you").consent is None
    store.keep_view("me", {"run": 3})
    assert store.view("me") == {"run": 3} and store.view("you") is None
    sweep = KeptSweep("s", "me", {"over": "λ"}, "training", 1.0)
    store.keep_sweep(sweep)
    store.keep_trials("s", {1: {"rmse": 0.5}, 0: {"rmse": 0.75}})
    assert store.sweeps_of("me") == [sweep] and list(store.trials_of("s")) == [0, 1]
    store.delete_sweep("s")
    store.keep_sweep(sweep)  # the writer does not know that it was deleted
    assert store.sweeps_of("me") == [] and len(store.sweeps_of("me", deleted=True)) == 1
    store.undo_sweep("s")
    assert store.sweep("s") == sweep


def test_runs_are_found_sorted_and_paged(store):
    for n in range(30):
        run = kept(
            f"r{n:02}", created=1e9 + n, number=n, validation_rmse=None if n == 7 else n / 8,
            model="ALS" if n % 3 else "SGD", data_name="Ölfilme" if n % 2 else "50%_off",
        )  # fmt: skip
        store.keep_run(run, EXPERIMENT)
    store.keep_run(kept("yours", owner="you"), EXPERIMENT)
    newest = ids(store.runs("me"))
    assert newest == [f"r{n:02}" for n in reversed(range(30))]
    assert ids(store.runs("me", limit=10, offset=10)) == newest[10:20]
    assert ids(store.runs("me", offset=25)) == newest[25:]
    best = ids(store.runs("me", sort="validation_rmse", descending=False))
    assert best[:2] == ["r00", "r01"] and best[-1] == "r07"  # without a number it comes last
    assert ids(store.runs("me", sort="validation_rmse"))[-1] == "r07"
    store.set_words("r13", note="The BEST one, Straße", tags=["keep_me", "q%"], pinned=True)
    assert ids(store.runs("me"))[0] == "r13"
    for asked, n in (
        ({"text": "ölfilme als"}, 10), ({"text": "0%_"}, 15), ({"text": "0x_"}, 0),
        ({"text": "strasse"}, 1), ({"tag": "keep_me"}, 1), ({"tag": "keep"}, 0), ({"tag": "q"}, 0),
        ({"model": "SGD"}, 10), ({"pinned": False}, 29), ({"data_name": "50%_off"}, 15),
        ({"status": "finished"}, 0), ({}, 30),
    ):  # fmt: skip
        assert store.n_runs("me", **asked) == len(store.runs("me", **asked)) == n, asked
    assert store.kinds("me")["tags"] == ["keep_me", "q%"] and store.last_number("me") == 29
    assert store.n_runs() == 31  # of all owners


def test_words_and_deletion_outlast_the_writer(store):
    store.keep_run(kept(), EXPERIMENT)
    store.set_words("a", name="  ", note="n\0\ud800", tags=["x", "", "x"], pinned=True)
    store.keep_run(kept(epoch=6), EXPERIMENT)
    run = store.run("a")
    assert (run.name, run.note, run.tags, run.pinned, run.epoch) == ("run a", "n?", ("x",), True, 6)
    store.delete(["a"])
    store.keep_run(kept(epoch=7), EXPERIMENT)
    assert store.runs("me") == [] and store.n_runs("me", deleted=True) == 1
    store.undo(["a"])
    assert ids(store.runs("me")) == ["a"]
    assert store.table("me")[0]["experiment"] == "data=party&model=SGD&k=3"


def test_all_of_a_transaction_or_nothing(store):
    with pytest.raises(ZeroDivisionError), store.together():
        store.keep_run(kept(), EXPERIMENT)
        assert store.run("a") is not None
        raise ZeroDivisionError
    assert store.run("a") is None and store.experiments([kept().experiment]) == {}


def test_forgetting_is_for_good_and_touches_nobody_else(store):
    secret = b"a secret label of mine" * 50
    shared = kept("b", owner="you", course="course of a")  # both watch one training
    store.keep_runs([(kept(), EXPERIMENT), (shared, EXPERIMENT), (kept("c"), EXPERIMENT)])
    for course in ("course of a", "course of c"):
        store.keep_epochs(course, [Epoch(0, 1.0, 1.0, 1.0, 1.0)])
        store.keep_artefact(course, "model", 0, b"model")
    store.keep_data(KeptData("me", "f", "n", EXPERIMENT.data, {}, {}, 1.0), secret)
    store.keep_view("me", {})
    store.keep_sweep(KeptSweep("s", "me", {}, "finished", 1.0))
    store.keep_trials("s", {0: {}})
    store.forget("me")
    assert store.runs("me") == [] and store.data_of("me") == [] and store.view("me") is None
    assert store.sweeps_of("me") == [] and store.trials_of("s") == {}
    assert ids(store.runs()) == ["b"] and store.artefact("course of a", "model") is not None
    assert store.epochs("course of c") == [] and store.artefact("course of c", "model") is None
    if store._path is not None:  # nor is it left in the files
        assert all(secret[:22] not in file.read_bytes() for file in store._path.parent.iterdir())


def test_contents_are_dropped_and_numbers_stay(store):
    store.keep_run(kept(), EXPERIMENT)
    store.keep_artefact("course of a", "model", 4, b"model")
    store.keep_data(KeptData("me", "d", "n", EXPERIMENT.data, {}, {}, 1.0), b"arrays")
    store.drop_contents("me")
    assert store.size_of("me") == 0 and store.data_of("me")[0].kept is False
    assert store.run("a").validation_rmse == 0.625


def test_how_long_and_how_much(store):
    day, now = 86400.0, 1e9
    store.keep_owner(Owner("me", "keep", days=10, megabytes=1))
    old = now - 11 * day
    store.keep_run(kept("old", changed=old), EXPERIMENT)
    store.keep_run(kept("pinned", changed=old, pinned=True), EXPERIMENT)
    store.keep_run(kept("for ever", owner="you", changed=now - 300 * day), EXPERIMENT)
    for n in range(3):
        store.keep_run(kept(f"new {n}", changed=now - n), EXPERIMENT)
        store.keep_artefact(f"course of new {n}", "model", 1, bytes(400_000))
    store.keep_run(kept("gone", changed=now), EXPERIMENT)
    store.delete(["gone"], now=now - 31 * day)
    store.expire(now)
    assert sorted(ids(store.runs())) == ["for ever", "new 0", "new 1", "new 2", "pinned"]
    assert store.run("gone") is None
    left = [n for n in range(3) if store.artefact(f"course of new {n}", "model") is not None]
    assert left == [0, 1]  # of the run touched longest ago the model is trained again


# --- lessons --------------------------------------------------------------------------------------


def test_lessons_are_kept_by_owner_until_they_are_forgotten(store):
    first = KeptLesson("me", "one-step", {"step": 2, "passed": ["1.1"]}, 1e9, "Ada \0")
    store.keep_lesson(first)
    store.keep_lesson(KeptLesson("you", "one-step", {}, 1e9))
    later = dataclasses.replace(first, said={"step": 3}, changed=2e9, name="Ada ")
    store.keep_lesson(later)
    assert store.lessons_of("me") == [later]
    assert [each.owner for each in store.lessons_of()] == ["me", "you"]
    store.keep_owner(Owner("you", days=30))
    store.expire(now=1e9 + 31 * 86400)
    assert store.lessons_of() == [later]
    store.forget("me")
    assert store.lessons_of() == []


# --- versions -------------------------------------------------------------------------------------


def test_the_migrations_end_at_the_tables_in_use(store):
    with store._engine.connect() as own:
        inspector = sql.inspect(own)
        assert set(inspector.get_table_names()) == set(tables.TABLES.tables)
        for name, table in tables.TABLES.tables.items():
            found = {c["name"]: c for c in inspector.get_columns(name)}
            assert list(found) == [column.name for column in table.c]
            keys = inspector.get_pk_constraint(name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key]
            for column in table.c:
                assert found[column.name]["nullable"] == column.nullable, (name, column.name)
                assert found[column.name]["type"].python_type is column.type.python_type


def test_an_older_database_is_brought_forward_after_a_copy(url, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(tables, "MIGRATIONS", tables.MIGRATIONS[:1])
        store = Store(url)
        store.keep_run(kept(), EXPERIMENT)
        id = store.id
        with pytest.raises(StoreError):
            store.sweeps_of("me")
        store.close()
    store = Store(url)
    assert store.id == id and store.run("a") == kept() and store.sweeps_of("me") == []
    if store._path is not None:
        copy = store._path.with_name(store._path.name + ".version-1")
        rows = sqlite3.connect(copy).execute("SELECT id FROM runs").fetchall()
        assert rows == [("a",)]
    store.close()


def test_an_older_program_refuses_a_newer_database(url, monkeypatch):
    store = Store(url)
    with store._engine.begin() as own:
        own.execute(tables.meta.update().values(schema_version=99))
    store.close()
    with pytest.raises(StoreError, match="newer version of Factorscope; update this one"):
        Store(url)


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    return tmp_path / "runs.db"


def refused(store):
    with pytest.raises(StoreError) as caught:
        store.keep_run(kept(), EXPERIMENT)
    return str(caught.value)


def test_a_locked_file(file):
    store, other = Store(str(file)), sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    assert "is locked by another program" in refused(store)
    assert store.runs("me") == []  # reading goes on
    other.rollback()
    store.keep_run(kept(), EXPERIMENT)
    assert len(store.runs("me")) == 1


def test_a_full_disk(file):
    store = Store(str(file))
    pages = sqlite3.connect(file).execute("PRAGMA page_count").fetchone()[0]
    sql.event.listen(
        store._engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    )
    with pytest.raises(StoreError, match="There is no room left for"):
        store.keep_artefact("c", "model", 1, bytes(1 << 20))


def test_a_file_that_is_gone_is_not_written_to(file):
    store = Store(str(file))
    before = store.id
    for each in list(file.parent.iterdir()):
        each.unlink()
    assert "was moved or deleted while it was in use" in refused(store)
    store.open()  # a new one, which says so
    assert store.id != before and store.runs() == []


def test_what_is_no_database(file, tmp_path):
    file.write_bytes(b"user,item,rating\n" * 500)
    with pytest.raises(StoreError, match="is no database, or damaged"):
        Store(str(file))
    with pytest.raises(StoreError, match="cannot be reached|cannot be opened"):
        Store(str(tmp_path / "runs.db" / "folder" / "x.db"))
    with pytest.raises(StoreError, match="is no address of a database") as caught:
        Store("nosuch+thing://me:secret@host/x")
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store("postgresql+psycopg://me:secret@127.0.0.1:9/x")
    assert "secret" not in str(caught.value)


def test_the_file_is_the_users_alone(tmp_path):
    Store(str(tmp_path / "folder" / "runs.db"))
    assert (tmp_path / "folder").stat().st_mode & 0o077 == 0
    assert (tmp_path / "folder" / "runs.db").stat().st_mode & 0o077 == 0


def test_where_the_database_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("FACTORSCOPE_DB", raising=False)
    monkeypatch.setattr(module.sys, "platform", "linux")
    assert module.url_in_use() == f"sqlite:///{tmp_path}/factorscope/factorscope.db"
    monkeypatch.setenv("FACTORSCOPE_DB", "postgresql+psycopg://host/name")
    assert module.url_in_use() == "postgresql+psycopg://host/name"
    monkeypatch.setenv("FACTORSCOPE_DB", "None")
    assert module.url_in_use() is None


def test_data_are_named_by_their_content_or_their_recipe():
    low = rc.datasets.low_rank(n_users=5, n_items=4)
    assert data_key(low.source) == data_key(rc.Experiment(low.source.to_dict()).data)
    assert data_key(low.source) != data_key(rc.datasets.low_rank(n_users=6, n_items=4).source)
    assert data_key(Recipe.of("upload", id="0123456789abcdef")) == "0123456789abcdef"
    # Kept before generated data had a selection: found again, and never one with it.
    assert data_key(rc.Experiment("low_rank").data) == "54e3349714017f02"
    first = rc.Experiment("low_rank", None, rc.SGD(n_factors=3))
    assert experiment_hash(first) == "3764640eacc84dab0274d6117ac9d509"
    selected = rc.Experiment({"name": "low_rank", "selection": 0.5}, None, rc.SGD(n_factors=3))
    assert data_key(selected.data) != data_key(first.data)
    assert experiment_hash(selected) != experiment_hash(first)
