"""Store: runs, data sets, views and sweeps in a database, SQLite or PostgreSQL.

    store = Store("sqlite:///runs.db")           # or Store(url_in_use()), the dashboard's
    with store.together():                       # one transaction: all of it, or nothing
        store.keep_run(kept, experiment)
        store.keep_epochs(kept.course, record.epochs)
    store.runs(owner, text="als", sort="validation_rmse", limit=50)

Records in, records out. It has no threads; who writes while pages are drawn is the ``Keeper``
(``recsys_core.runs.keeping``). Nothing is pickled: settings are JSON, arrays are .npz.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from recsys_core import escape
from recsys_core.errors import FactorscopeError, MissingRunError
from recsys_core.experiments import store_tables as tables
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.store_errors import VARIABLE, check_there, no_address, said, too_new
from recsys_core.extras import needed_for
from recsys_core.ratings import UPLOAD
from recsys_core.recipes import Recipe
from recsys_core.text import Text
from recsys_core.training import Epoch

with needed_for(Text("The database of runs")):
    import sqlalchemy as sql
    from sqlalchemy.dialects import postgresql, sqlite

Consent = Literal["keep", "visit"]
Kind = Literal["model", "checkpoint"]

# What ``VARIABLE`` holds where nothing is to be kept.
NOTHING = "none"

# Seconds that a writer waits for another one.
PATIENCE = 5.0

# What was deleted can be brought back for so long, in seconds.
UNDONE_WITHIN = 30 * 86400.0

# By what kept runs can be sorted.
SORTS = ("created", "changed", "name", "model", "data_name", "status", "n_factors", "epoch",
         "train_rmse", "validation_rmse", "seconds", "number")  # fmt: skip

_DAY, _MIB = 86400.0, 1 << 20
# In the year 2000: what is older was written by a clock that was wrong, and may be young.
_FIRST = 9.7e8
_AT_ONCE = 400  # values in one statement: SQLite and PostgreSQL take many more


def data_folder() -> Path:
    """The folder in which this user's programs keep data."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "factorscope"
    if sys.platform == "darwin":
        return home / "Library/Application Support/factorscope"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share") / "factorscope"


def url_in_use() -> str | None:
    """The address of the database in use: ``$FACTORSCOPE_DB``, else a file in the user's folder.

    None where it is “none”: nothing is kept.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named.lower() == NOTHING:
        return None
    return named or f"sqlite:///{data_folder() / 'factorscope.db'}"


def folder_in_use() -> Path:
    """The folder of what is kept beside runs: that of the database's file, else the user's."""
    url = url_in_use()
    if url is not None and url.startswith("sqlite:///"):
        named = sql.make_url(url).database
        if named:
            return Path(named).resolve().parent
    return data_folder()


def experiment_hash(experiment: Experiment) -> str:
    """The key of an experiment: SHA-256 (32 hex digits) of its JSON."""
    said = experiment.to_dict()
    return _digest({**said, "data": _as_first_kept(said["data"])})[:32]


def data_key(source: Recipe) -> str:
    """The key of data: an upload's fingerprint; of data made by name, the hash of the recipe."""
    if source.name == UPLOAD:
        return str(source["id"])
    return _digest(_as_first_kept(source.to_dict()))[:16]


# Options of data that came after the first were kept, with the value that changes nothing.
_CAME_LATER = {("low_rank", "selection"): 0.0}


def _as_first_kept(data: dict[str, Any]) -> dict[str, Any]:
    """The same data have the same key as before they had that option."""
    return {
        option: value
        for option, value in data.items()
        if (data["name"], option) not in _CAME_LATER or value != _CAME_LATER[data["name"], option]
    }


def _digest(plain: Any) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# --- records --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """What an owner chose: ``consent`` None means it was not asked yet.

    ``days``: runs not touched for longer are forgotten, unless pinned; None: never.
    ``megabytes``: how much the models and checkpoints may take; beyond, those of the runs touched
    longest ago go, and are trained again when they are looked at. ``seen``: the last visit.
    """

    owner: str
    consent: Consent | None = None
    days: int | None = 365
    megabytes: int = 2000
    seen: float = 0.0


@dataclass(frozen=True)
class KeptData:
    """A data set of an owner, without its arrays (``Store.arrays``).

    ``counts`` are n_users, n_items, n_ratings; ``kept`` says whether the arrays are there;
    ``listed`` whether it was loaded in the last visit.
    """

    owner: str
    fingerprint: str
    name: str
    source: Recipe
    split: Mapping[str, Any]
    counts: Mapping[str, int]
    seen: float
    listed: bool = True
    kept: bool = False


@dataclass(frozen=True)
class KeptRun:
    """A run of an owner, without its epochs (``Store.epochs``) and artefacts.

    Attributes
    ----------
    id : of the run in its owner's list; course : of the training, shared by all who watch it.
    experiment : the hash of the Experiment (``Store.experiment``).
    status : "training", "interrupted" (cut off while it trained), "paused", "finished", "failed".
    listed : whether it was in the owner's list at the last visit; number, color_index, belongs_to :
        as in that list.
    created, changed, deleted_at : seconds since 1970; changed counts training, not words.
    data, data_name : key and name of the data; model : the title of the model.
    n_epochs, epoch : planned, and done; best_epoch : None without validation.
    train_rmse, validation_rmse : of the best epoch, else of the last; seconds : of all epochs.
    facts : settings in force, why it failed, whether it stopped early.
    """

    id: str
    owner: str
    course: str
    experiment: str
    name: str
    status: str
    created: float
    changed: float
    number: int
    color_index: int
    belongs_to: str
    data: str
    data_name: str
    model: str
    n_factors: int
    n_epochs: int
    epoch: int
    best_epoch: int | None
    train_rmse: float | None
    validation_rmse: float | None
    seconds: float
    listed: bool = True
    note: str = ""
    tags: tuple[str, ...] = ()
    pinned: bool = False
    deleted_at: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Artefact:
    """The bytes of a model or of a checkpoint, and the epoch they are of."""

    epoch: int
    data: bytes


@dataclass(frozen=True)
class KeptSweep:
    """A sweep of an owner; ``said`` is plain data."""

    id: str
    owner: str
    said: Mapping[str, Any]
    status: str
    created: float
    deleted_at: float | None = None


@dataclass(frozen=True)
class KeptLesson:
    """How far an owner is in a lesson; ``said`` is plain data, ``name`` what was typed for it."""

    owner: str
    lesson: str
    said: Mapping[str, Any]
    changed: float
    name: str = ""


# What of a run a person writes: saving a run's numbers again leaves these as they are.
_WORDS = ("note", "tags", "pinned", "deleted_at")


# --- the store ------------------------------------------------------------------------------------


class Store:
    """A database of runs. Safe to use from several threads; each call is a transaction of its own
    unless it is made inside ``together``.

    Attributes
    ----------
    where : what to call it in a sentence: its file, or its address without the password.
    id : a random name given when the database was made.
    is_file : whether it is SQLite's, which no other server writes to.

    Every method raises StoreError, one sentence, where the database is locked, full, cannot be
    written to, is gone or damaged, or was written by a newer version.
    """

    def __init__(self, url: str) -> None:
        """Open a database, which is made or brought forward where that is needed.

        ``url`` is as SQLAlchemy takes it; a path alone is a file of SQLite.
        """
        if "://" not in url:
            url = f"sqlite:///{url}"
        try:
            self.url = sql.make_url(url)
            self.is_file = self.url.get_backend_name() == "sqlite"
            self._dialect: Any = sqlite if self.is_file else postgresql
            if self.is_file:
                self._engine = _sqlite_engine(self.url)
            else:
                waits = {"connect_timeout": int(PATIENCE)}
                self._engine = sql.create_engine(self.url, pool_pre_ping=True, connect_args=waits)
        except (sql.exc.ArgumentError, sql.exc.NoSuchModuleError, ModuleNotFoundError):
            raise no_address(url) from None
        named = self.url.database if self.is_file else None
        self._path = Path(named) if named and named != ":memory:" else None
        self.where = str(self._path or self.url.render_as_string(hide_password=True))
        self._here = threading.local()
        self.id = ""
        self.open()

    def open(self) -> None:
        """Open it (again): make the file and the tables where they are not there."""
        with said(self.where):
            self._engine.dispose()
            if self._path is not None:
                _make_private(self._path)
            self.id = self._migrate()
            self._inode = self._inode_now()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # --- versions -------------------------------------------------------------------------------

    def _migrate(self) -> str:
        """Bring the tables forward, in one transaction; return the database's own name."""
        newest = len(tables.MIGRATIONS)
        version = self._version()
        if version > newest:
            raise too_new(self.where)
        if 0 < version < newest:
            self._copy_before(version)
        if version < newest:
            with self._engine.connect().execution_options(writes=True) as own, own.begin():
                if not self.is_file:  # two servers may start at once
                    own.execute(sql.text("SELECT pg_advisory_xact_lock(7360215)"))
                version = self._version_by(own)
                kind = "BLOB" if self.is_file else "BYTEA"
                for step in tables.MIGRATIONS[version:]:
                    for statement in step:
                        own.execute(sql.text(statement.replace("{bytes}", kind)))
                if version == 0:
                    row = {"schema_version": newest, "id": secrets.token_hex(8)}
                    own.execute(tables.meta.insert().values(row))
                else:
                    own.execute(tables.meta.update().values(schema_version=newest))
        with self._engine.connect() as own:
            return str(own.execute(sql.select(tables.meta.c.id)).scalar_one())

    def _version(self) -> int:
        with self._engine.connect() as own:
            return self._version_by(own)

    @staticmethod
    def _version_by(own: sql.Connection) -> int:
        """How many migrations a database has seen; 0 of an empty one."""
        if not sql.inspect(own).has_table(tables.meta.name):
            return 0
        found = own.execute(sql.select(tables.meta.c.schema_version)).scalar()
        return int(found or 0)

    def _copy_before(self, version: int) -> None:
        """Copy the file beside itself; PostgreSQL migrates in one transaction, and has backups."""
        if self._path is not None:
            copy = self._path.with_name(f"{self._path.name}.version-{version}")
            _make_private(copy)
            with contextlib.closing(sqlite3.connect(self._path)) as source:
                with contextlib.closing(sqlite3.connect(copy)) as target:
                    source.backup(target)

    # --- transactions ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make all that this thread writes inside one transaction: all of it, or nothing."""
        with self.writing():
            yield

    @contextlib.contextmanager
    def writing(self) -> Iterator[sql.Connection]:
        """A connection inside a transaction that writes: the one of ``together``, or its own."""
        inside = getattr(self._here, "connection", None)
        if inside is not None:
            yield inside
            return
        with said(self.where):
            check_there(self._inode_now() == self._inode, self.where)
            with self._engine.connect().execution_options(writes=True) as own, own.begin():
                self._here.connection, self._here.clean = own, False
                try:
                    yield own
                finally:
                    self._here.connection = None
        if self._here.clean:
            self._clean()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sql.Connection]:
        """A connection to read by; inside ``together`` that of its transaction."""
        inside = getattr(self._here, "connection", None)
        if inside is not None:
            yield inside
            return
        with said(self.where), self._engine.connect() as own:
            yield own

    def _inode_now(self) -> int:
        """Which file lies there: one that was deleted can still be written to, for nobody."""
        if self._path is None:
            return 0
        try:
            return self._path.stat().st_ino
        except OSError:
            return -1

    def put(self, own: sql.Connection, table: sql.Table, rows: Sequence[Mapping[str, Any]],
            kept: Iterable[str] = (), newer: str | None = None) -> None:  # fmt: skip
        """Insert rows; where the key is there already, change all columns but those ``kept``.

        With ``newer``, a column, a row is only changed to one that has more in it.
        """
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        insert = self._dialect.insert(table)
        changed = {
            name: insert.excluded[name] for name in rows[0] if name not in keys and name not in kept
        }
        only = None if newer is None else insert.excluded[newer] > table.c[newer]
        own.execute(
            insert.on_conflict_do_update(index_elements=keys, set_=changed, where=only), list(rows)
        )

    # --- owners ---------------------------------------------------------------------------------

    def owner(self, owner: str) -> Owner:
        """What an owner chose; the usual where nothing was."""
        table = tables.owners
        with self.reading() as own:
            row = own.execute(sql.select(table).where(table.c.owner == owner)).first()
        return Owner(owner) if row is None else _owner(row)

    def knows(self, owner: str) -> bool:
        """Whether anything is kept of an owner."""
        kept = (tables.owners, tables.runs, tables.datasets, tables.views, tables.lessons)
        with self.reading() as own:
            return any(
                own.execute(sql.select(t.c.owner).where(t.c.owner == owner).limit(1)).first()
                for t in kept
            )

    def keep_owner(self, chosen: Owner) -> None:
        """Keep what an owner chose."""
        plain = {"consent": chosen.consent, "days": chosen.days, "megabytes": chosen.megabytes}
        row = {"owner": chosen.owner, "json": json.dumps(plain), "seen": chosen.seen}
        with self.writing() as own:
            self.put(own, tables.owners, [row])

    def forget(self, owner: str) -> None:
        """Forget everything of an owner, for good; SQLite overwrites the bytes in its file."""
        with self.writing() as own:
            ids = sql.select(tables.sweeps.c.id).where(tables.sweeps.c.owner == owner)
            trials = tables.sweep_trials
            own.execute(trials.delete().where(trials.c.sweep.in_(ids)))
            for table in (
                tables.sweeps, tables.runs, tables.datasets, tables.views, tables.owners,
                tables.lessons,
            ):  # fmt: skip
                own.execute(table.delete().where(table.c.owner == owner))
            _drop_orphans(own)
        self._clean()

    def _clean(self) -> None:
        """Leave nothing of what was deleted in the files: the log of SQLite, older copies."""
        if self._path is None:
            return
        if getattr(self._here, "connection", None) is not None:
            self._here.clean = True  # once the transaction is over
            return
        with said(self.where):
            with self._engine.connect() as own:
                own.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            for copy in self._path.parent.glob(f"{self._path.name}.version-*"):
                copy.unlink(missing_ok=True)

    # --- data sets ------------------------------------------------------------------------------

    def keep_data(self, data: KeptData, arrays: bytes | None = None) -> None:
        """Keep what is known of a data set; without ``arrays`` those that are kept stay."""
        row: dict[str, Any] = {
            "owner": data.owner, "fingerprint": data.fingerprint,
            "name": _storable(data.name),
            "source": json.dumps(data.source.to_dict()), "split": json.dumps(dict(data.split)),
            "counts": json.dumps(dict(data.counts)), "listed": data.listed, "seen": data.seen,
            "arrays": arrays,
        }  # fmt: skip
        with self.writing() as own:
            self.put(own, tables.datasets, [row], kept=() if arrays is not None else ("arrays",))

    def data_of(self, owner: str) -> list[KeptData]:
        """The data sets of an owner, those looked at last first."""
        table = tables.datasets
        columns = [column for column in table.c if column.name != "arrays"]
        asked = sql.select(*columns, table.c.arrays.is_not(None).label("kept"))
        asked = asked.where(table.c.owner == owner).order_by(table.c.seen.desc())
        with self.reading() as own:
            return [_data(row) for row in own.execute(asked)]

    def arrays(self, owner: str, fingerprint: str) -> bytes | None:
        """The arrays of a data set; None where they are not kept."""
        table = tables.datasets
        asked = sql.select(table.c.arrays).where(
            table.c.owner == owner, table.c.fingerprint == fingerprint
        )
        with self.reading() as own:
            return own.execute(asked).scalar()

    def forget_data(self, owner: str, fingerprint: str) -> None:
        """Forget a data set of an owner and all runs on it, for good."""
        data, runs = tables.datasets, tables.runs
        with self.writing() as own:
            own.execute(
                data.delete().where(data.c.owner == owner, data.c.fingerprint == fingerprint)
            )
            own.execute(runs.delete().where(runs.c.owner == owner, runs.c.data == fingerprint))
            _drop_orphans(own)
        self._clean()

    def drop_contents(self, owner: str, fingerprints: Sequence[str] | None = None) -> None:
        """Forget arrays, models and checkpoints of an owner, numbers stay; None: of all data."""
        data, runs, artefacts = tables.datasets, tables.runs, tables.artefacts
        of_data, of_runs = data.c.owner == owner, runs.c.owner == owner
        if fingerprints is not None:
            of_data &= data.c.fingerprint.in_(fingerprints)
            of_runs &= runs.c.data.in_(fingerprints)
        with self.writing() as own:
            own.execute(data.update().where(of_data).values(arrays=None))
            courses = sql.select(runs.c.course).where(of_runs)
            own.execute(artefacts.delete().where(artefacts.c.run.in_(courses)))
        self._clean()

    # --- runs -----------------------------------------------------------------------------------

    def keep_run(self, run: KeptRun, experiment: Experiment) -> None:
        """Keep a run; of one that is there already, note, tags, pin and deletion stay."""
        self.keep_runs([(run, experiment)])

    def keep_runs(self, runs: Sequence[tuple[KeptRun, Experiment]]) -> None:
        """Keep several runs; see ``keep_run``."""
        said = {run.experiment: json.dumps(experiment.to_dict()) for run, experiment in runs}
        with self.writing() as own:
            self.put(
                own, tables.experiments, [{"hash": h, "json": text} for h, text in said.items()]
            )
            rows = [_row(run) for run, _ in runs]
            # What is searched holds note and tags, which may have changed meanwhile.
            self.put(own, tables.runs, rows, kept=(*_WORDS, "searched"))
            self._search_again(own, [run.id for run, _ in runs])

    def run(self, id: str) -> KeptRun | None:
        """The run of an id, also a deleted one; None where there is none."""
        table = tables.runs
        with self.reading() as own:
            row = own.execute(sql.select(table).where(table.c.id == id)).first()
        return None if row is None else _run(row)

    def runs(
        self,
        owner: str | None = None,
        *,
        sort: str = "created",
        descending: bool = True,
        limit: int | None = None,
        offset: int = 0,
        **asked: Any,
    ) -> list[KeptRun]:
        """Runs of an owner (None: of all), pinned ones first; sorted by one of ``SORTS``.

        ``asked`` are filters, each absent or None where it does not matter: ``text`` (in name,
        note, tags, data, model), ``tag``, ``data`` (a key), ``model`` (a title), ``status``,
        ``pinned``, ``listed``, and ``deleted`` (False unless asked: only those not deleted).
        """
        table = tables.runs
        if sort not in SORTS:
            raise KeyError(sort)
        column = table.c[sort]
        order = column.desc() if descending else column.asc()
        found = sql.select(table).where(*_filters(owner, **asked))
        # Runs without such a number come last, whichever way; the id makes the order certain.
        found = found.order_by(table.c.pinned.desc(), column.is_(None), order, table.c.id)
        if limit is not None or offset:
            found = found.limit(limit if limit is not None else -1 if self.is_file else None)
            found = found.offset(offset)
        with self.reading() as own:
            return [_run(row) for row in own.execute(found)]

    def n_runs(self, owner: str | None = None, **asked: Any) -> int:
        """How many runs there are; filters as in ``runs``."""
        count = sql.select(sql.func.count()).select_from(tables.runs)
        with self.reading() as own:
            return int(own.execute(count.where(*_filters(owner, **asked))).scalar_one())

    def last_number(self, owner: str) -> int:
        """The highest number that a run of an owner was given; 0 where there is none."""
        table = tables.runs
        highest = sql.select(sql.func.max(table.c.number)).where(table.c.owner == owner)
        with self.reading() as own:
            return int(own.execute(highest).scalar() or 0)

    def kinds(self, owner: str) -> dict[str, list[str]]:
        """What there is to filter by: "data_name", "model", "status", "tags", each sorted."""
        table, found = tables.runs, {}
        mine = _filters(owner)
        with self.reading() as own:
            for name in ("data_name", "model", "status"):
                distinct = sql.select(table.c[name]).where(*mine).distinct().order_by(table.c[name])
                found[name] = list(own.execute(distinct).scalars())
            tagged = own.execute(sql.select(table.c.tags).where(*mine, table.c.tags != ""))
            found["tags"] = sorted({tag for text in tagged.scalars() for tag in _tags(text)})
        return found

    def experiments(self, hashes: Iterable[str]) -> dict[str, Experiment]:
        """Experiments by their hashes, without ratings; those of a newer version are absent."""
        table, found = tables.experiments, {}
        with self.reading() as own:
            for some in _pieces(sorted(set(hashes))):
                for hash, text in own.execute(sql.select(table).where(table.c.hash.in_(some))):
                    with contextlib.suppress(FactorscopeError):
                        found[hash] = Experiment.from_dict(json.loads(text))
        return found

    def experiment(self, hash: str) -> Experiment:
        """The experiment of a hash, without ratings.

        Raises
        ------
        MissingRunError
            If there is none.
        LinkError
            If it was written by a newer version.
        """
        table = tables.experiments
        with self.reading() as own:
            text = own.execute(sql.select(table.c.json).where(table.c.hash == hash)).scalar()
        if text is None:
            raise MissingRunError(
                Text("{where} has no experiment {hash}.", where=self.where, hash=hash[:40])
            )
        return Experiment.from_dict(json.loads(text))

    def set_words(
        self, id: str, *, name: str | None = None, note: str | None = None,
        tags: Iterable[str] | None = None, pinned: bool | None = None,
    ) -> None:  # fmt: skip
        """Change what a person writes of a run; None leaves it as it is, a blank name, too."""
        changed: dict[str, Any] = {}
        if name is not None and escape.is_seen(name := escape.one_line(name)[:80]):
            changed["name"] = name
        if note is not None:
            changed["note"] = _storable(note)[:10_000]
        if tags is not None:
            changed["tags"] = _tagged(tags)
        if pinned is not None:
            changed["pinned"] = pinned
        if changed:
            table = tables.runs
            with self.writing() as own:
                own.execute(table.update().where(table.c.id == id).values(**changed))
                self._search_again(own, [id])

    def delete(self, ids: Sequence[str], now: float | None = None) -> None:
        """Delete runs so that it can be undone for 30 days (``UNDONE_WITHIN``)."""
        self._deleted(ids, time.time() if now is None else now)

    def undo(self, ids: Sequence[str]) -> None:
        """Bring deleted runs back."""
        self._deleted(ids, None)

    def _deleted(self, ids: Sequence[str], at: float | None) -> None:
        table = tables.runs
        with self.writing() as own:
            for some in _pieces(ids):
                own.execute(table.update().where(table.c.id.in_(some)).values(deleted_at=at))

    def drop_runs(self, ids: Sequence[str]) -> None:
        """Forget runs for good, with what nobody else needs of them."""
        with self.writing() as own:
            for some in _pieces(ids):
                own.execute(tables.runs.delete().where(tables.runs.c.id.in_(some)))
            _drop_orphans(own)

    def mark_interrupted(self) -> None:
        """Note that nobody trains any more: called by a server that starts."""
        table = tables.runs
        with self.writing() as own:
            own.execute(
                table.update().where(table.c.status == "training").values(status="interrupted")
            )

    def set_listed(self, owner: str, ids: Sequence[str]) -> None:
        """Note which runs are in the owner's list; all others are not."""
        table = tables.runs
        with self.writing() as own:
            gone = (table.c.owner == owner) & table.c.listed
            if len(ids) <= _AT_ONCE:
                gone &= table.c.id.not_in(ids)
            own.execute(table.update().where(gone).values(listed=False))
            for some in _pieces(ids):
                own.execute(table.update().where(table.c.id.in_(some)).values(listed=True))

    def _search_again(self, own: sql.Connection, ids: Sequence[str]) -> None:
        table = tables.runs
        of = (table.c.name, table.c.note, table.c.tags, table.c.data_name, table.c.model)
        rows = []
        for some in _pieces(ids):
            found = own.execute(sql.select(table.c.id, *of).where(table.c.id.in_(some)))
            rows += [{"its": row[0], "words": "\n".join(row[1:]).casefold()} for row in found]
        if rows:
            update = table.update().where(table.c.id == sql.bindparam("its"))
            own.execute(update.values(searched=sql.bindparam("words")), rows)

    # --- epochs and artefacts -------------------------------------------------------------------

    def keep_epochs(self, course: str, epochs: Iterable[Epoch]) -> None:
        """Keep the numbers of some epochs of a training."""
        rows = [
            {"run": course, "n": epoch.number, "seconds": epoch.seconds, "objective": epoch.loss,
             "train_rmse": epoch.train_rmse, "validation_rmse": epoch.validation_rmse}
            for epoch in epochs
        ]  # fmt: skip
        with self.writing() as own:
            self.put(own, tables.epochs, rows)

    def epochs(self, course: str) -> list[Epoch]:
        """All epochs of a training, the initial state first."""
        return self.epochs_of([course]).get(course, [])

    def epochs_of(self, courses: Sequence[str]) -> dict[str, list[Epoch]]:
        """All epochs of several trainings; those without any are absent."""
        table = tables.epochs
        found: dict[str, list[Epoch]] = {}
        with self.reading() as own:
            for some in _pieces(courses):
                asked = sql.select(
                    table.c.run, table.c.n, table.c.train_rmse, table.c.validation_rmse,
                    table.c.objective, table.c.seconds,
                ).where(table.c.run.in_(some)).order_by(table.c.run, table.c.n)  # fmt: skip
                for run, *numbers in own.execute(asked):
                    found.setdefault(run, []).append(Epoch(*numbers))
        return found

    def drop_epochs_after(self, course: str, n: int) -> None:
        """Forget the epochs of a training past ``n``."""
        table = tables.epochs
        with self.writing() as own:
            own.execute(table.delete().where((table.c.run == course) & (table.c.n > n)))

    def keep_artefact(self, course: str, kind: Kind, epoch: int, data: bytes) -> None:
        """Keep the model of the best epoch, or the last checkpoint; the one before goes."""
        row = {"run": course, "kind": kind, "epoch": epoch, "bytes": data}
        with self.writing() as own:
            self.put(own, tables.artefacts, [row])

    def artefact(self, course: str, kind: Kind) -> Artefact | None:
        """The model of the best epoch, or the last checkpoint; None where it is not kept."""
        table = tables.artefacts
        asked = sql.select(table.c.epoch, table.c.bytes)
        with self.reading() as own:
            row = own.execute(asked.where(table.c.run == course, table.c.kind == kind)).first()
        return None if row is None else Artefact(int(row[0]), bytes(row[1]))

    def artefact_epochs(self, courses: Sequence[str]) -> dict[str, dict[str, int]]:
        """Of which epochs models and checkpoints of several trainings are, by kind."""
        table = tables.artefacts
        found: dict[str, dict[str, int]] = {}
        with self.reading() as own:
            for some in _pieces(courses):
                asked = sql.select(table.c.run, table.c.kind, table.c.epoch)
                for run, kind, epoch in own.execute(asked.where(table.c.run.in_(some))):
                    found.setdefault(run, {})[kind] = int(epoch)
        return found

    def drop_artefacts(self, course: str) -> None:
        """Forget model and checkpoint of a training: it is trained again when looked at."""
        table = tables.artefacts
        with self.writing() as own:
            own.execute(table.delete().where(table.c.run == course))

    # --- views ----------------------------------------------------------------------------------

    def keep_view(self, owner: str, said: Mapping[str, Any]) -> None:
        """Keep what an owner looked at last, as plain data."""
        with self.writing() as own:
            self.put(own, tables.views, [{"owner": owner, "json": json.dumps(dict(said))}])

    def view(self, owner: str) -> dict[str, Any] | None:
        """What an owner looked at last; None where nothing is kept."""
        table = tables.views
        with self.reading() as own:
            text = own.execute(sql.select(table.c.json).where(table.c.owner == owner)).scalar()
        return None if text is None else json.loads(text)

    # --- sweeps ---------------------------------------------------------------------------------

    def keep_sweep(self, sweep: KeptSweep) -> None:
        """Keep a sweep; of one that is there already the deletion stays."""
        row = {
            "id": sweep.id, "owner": sweep.owner, "json": json.dumps(dict(sweep.said)),
            "status": sweep.status, "created": sweep.created, "deleted_at": sweep.deleted_at,
        }  # fmt: skip
        with self.writing() as own:
            self.put(own, tables.sweeps, [row], kept=("deleted_at",))

    def keep_trials(self, sweep: str, trials: Mapping[int, Mapping[str, Any]]) -> None:
        """Keep trials of a sweep, plain data each, by their numbers."""
        rows = [
            {"sweep": sweep, "number": number, "json": json.dumps(dict(said))}
            for number, said in trials.items()
        ]
        with self.writing() as own:
            self.put(own, tables.sweep_trials, rows)

    def sweep(self, id: str) -> KeptSweep | None:
        """The sweep of an id, also a deleted one; None where there is none."""
        table = tables.sweeps
        with self.reading() as own:
            row = own.execute(sql.select(table).where(table.c.id == id)).first()
        return None if row is None else _sweep(row)

    def sweeps_of(self, owner: str | None = None, deleted: bool = False) -> list[KeptSweep]:
        """The sweeps of an owner (None: of all), the latest first."""
        table = tables.sweeps
        asked = sql.select(table).order_by(table.c.created.desc(), table.c.id)
        gone = table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None)
        asked = asked.where(gone)
        if owner is not None:
            asked = asked.where(table.c.owner == owner)
        with self.reading() as own:
            return [_sweep(row) for row in own.execute(asked)]

    def trials_of(self, sweep: str) -> dict[int, dict[str, Any]]:
        """The trials of a sweep by their numbers, in their order."""
        table = tables.sweep_trials
        asked = sql.select(table.c.number, table.c.json).where(table.c.sweep == sweep)
        with self.reading() as own:
            return {int(n): json.loads(text) for n, text in own.execute(asked.order_by("number"))}

    def delete_sweep(self, id: str, now: float | None = None) -> None:
        """Delete a sweep so that it can be undone."""
        self._delete_sweep(id, time.time() if now is None else now)

    def undo_sweep(self, id: str) -> None:
        """Bring a deleted sweep back."""
        self._delete_sweep(id, None)

    def _delete_sweep(self, id: str, at: float | None) -> None:
        table = tables.sweeps
        with self.writing() as own:
            own.execute(table.update().where(table.c.id == id).values(deleted_at=at))

    # --- lessons --------------------------------------------------------------------------------

    def keep_lesson(self, lesson: KeptLesson) -> None:
        """Keep how far an owner is in a lesson, and the name typed."""
        row = {
            "owner": lesson.owner, "lesson": lesson.lesson, "name": _storable(lesson.name),
            "json": json.dumps(dict(lesson.said)), "changed": lesson.changed,
        }  # fmt: skip
        with self.writing() as own:
            self.put(own, tables.lessons, [row])

    def lessons_of(self, owner: str | None = None) -> list[KeptLesson]:
        """How far an owner (None: everybody) is in lessons."""
        table = tables.lessons
        asked = sql.select(table).order_by(table.c.owner, table.c.lesson)
        if owner is not None:
            asked = asked.where(table.c.owner == owner)
        with self.reading() as own:
            return [_lesson(row) for row in own.execute(asked)]

    # --- how long and how much ------------------------------------------------------------------

    def expire(self, now: float | None = None) -> None:
        """Forget what has been kept long enough, as each owner chose; see ``Owner``."""
        now = time.time() if now is None else now
        runs, sweeps, owners = tables.runs, tables.sweeps, tables.owners
        with self.writing() as own:
            chosen = {row.owner: _owner(row) for row in own.execute(sql.select(owners))}
            for table in (runs, sweeps):
                own.execute(
                    table.delete().where(table.c.deleted_at.between(_FIRST, now - UNDONE_WITHIN))
                )
            for name in own.execute(sql.select(runs.c.owner).distinct()).scalars().all():
                owner = chosen.get(name, Owner(name))
                if owner.days is not None:
                    old = runs.c.changed.between(_FIRST, now - owner.days * _DAY)
                    mine = (runs.c.owner == name) & ~runs.c.pinned
                    own.execute(runs.delete().where(mine & old))
                self._shrink(own, owner)
            lessons = tables.lessons
            for name in own.execute(sql.select(lessons.c.owner).distinct()).scalars().all():
                days = chosen.get(name, Owner(name)).days
                if days is not None:
                    past = lessons.c.changed.between(_FIRST, now - days * _DAY)
                    old = (lessons.c.owner == name) & past
                    own.execute(lessons.delete().where(old))
            # Arrays that no run of the last visits needs go with the same limit.
            data = tables.datasets
            for name in own.execute(sql.select(data.c.owner).distinct()).scalars().all():
                days = chosen.get(name, Owner(name)).days
                if days is not None:
                    used = sql.select(runs.c.data).where(runs.c.owner == name)
                    past = data.c.seen.between(_FIRST, now - days * _DAY)
                    old = (data.c.owner == name) & past
                    own.execute(data.delete().where(old & data.c.fingerprint.not_in(used)))
            _drop_orphans(own)

    def _shrink(self, own: sql.Connection, owner: Owner) -> None:
        """Drop models and checkpoints of the runs touched longest ago, pinned ones last."""
        runs, artefacts = tables.runs, tables.artefacts
        size = sql.func.sum(sql.func.length(artefacts.c.bytes))
        of = sql.join(artefacts, runs, artefacts.c.run == runs.c.course)
        asked = (
            sql.select(artefacts.c.run, size).select_from(of).where(runs.c.owner == owner.owner)
            .group_by(artefacts.c.run, runs.c.pinned, runs.c.changed)
            .order_by(runs.c.pinned.desc(), runs.c.changed.desc())
        )  # fmt: skip
        left, gone = owner.megabytes * _MIB, []
        for course, n_bytes in own.execute(asked):
            left -= int(n_bytes)
            if left < 0:
                gone.append(course)
        for some in _pieces(gone):
            own.execute(artefacts.delete().where(artefacts.c.run.in_(some)))

    def size_of(self, owner: str) -> int:
        """Bytes that arrays, models and checkpoints of an owner take."""
        runs, artefacts, data = tables.runs, tables.artefacts, tables.datasets
        courses = sql.select(runs.c.course).where(runs.c.owner == owner)
        both = (
            sql.select(sql.func.sum(sql.func.length(artefacts.c.bytes)))
            .where(artefacts.c.run.in_(courses)),
            sql.select(sql.func.sum(sql.func.length(data.c.arrays))).where(data.c.owner == owner),
        )  # fmt: skip
        with self.reading() as own:
            return sum(int(own.execute(one).scalar() or 0) for one in both)

    # --- as a table -----------------------------------------------------------------------------

    def table(self, owner: str | None = None, **asked: Any) -> list[dict[str, Any]]:
        """All kept runs as rows for a file, by column; filters and order as in ``runs``.

        Texts are as people wrote them: who writes a file guards formulas (``asking.exports``).
        """
        found = self.runs(owner, **asked)
        known = self.experiments(run.experiment for run in found)
        said = {hash: experiment.to_query() for hash, experiment in known.items()}
        return [_as_row(run, said.get(run.experiment, "")) for run in found]


# --- rows -----------------------------------------------------------------------------------------


def _filters(
    owner: str | None,
    text: str = "",
    tag: str | None = None,
    data: str | None = None,
    data_name: str | None = None,
    model: str | None = None,
    status: str | None = None,
    pinned: bool | None = None,
    listed: bool | None = None,
    deleted: bool = False,
) -> list[sql.ColumnElement[bool]]:
    c = tables.runs.c
    found: list[sql.ColumnElement[bool]]
    found = [c.deleted_at.is_not(None) if deleted else c.deleted_at.is_(None)]
    if owner is not None:
        found.append(c.owner == owner)
    found += [c.searched.contains(word, autoescape=True) for word in text.casefold().split()]
    if tag is not None:
        found.append(c.tags.contains(_tagged([tag]), autoescape=True))
    for column, asked in ((c.data, data), (c.data_name, data_name), (c.model, model),
                          (c.status, status), (c.pinned, pinned), (c.listed, listed)):  # fmt: skip
        if asked is not None:
            found.append(column == asked)
    return found


def _storable(text: str) -> str:
    """A text without what a database refuses: lone surrogates and the character 0."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _tagged(tags: Iterable[str]) -> str:
    """Tags as one text, each with a line end before and after it, so that one is found by it."""
    known = dict.fromkeys(escape.one_line(tag)[:40] for tag in tags)
    seen = [tag for tag in known if escape.is_seen(tag)]
    return "".join(f"\n{tag}\n" for tag in seen[:20])


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag for tag in text.split("\n") if tag)


def _row(run: KeptRun) -> dict[str, Any]:
    row = {f.name: getattr(run, f.name) for f in dataclasses.fields(run)}
    row |= {name: _storable(row[name]) for name in ("name", "note", "data_name")}
    row |= {"tags": _tagged(run.tags), "json": json.dumps(dict(row.pop("facts"))), "searched": ""}
    return row


def _run(row: sql.Row) -> KeptRun:
    said = dict(row._mapping)
    del said["searched"]
    facts, tags = json.loads(said.pop("json")), _tags(said.pop("tags"))
    return KeptRun(**said, facts=facts, tags=tags)


def _data(row: sql.Row) -> KeptData:
    said = dict(row._mapping)
    source = json.loads(said["source"])
    name = source.pop("name")
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in source.items()}
    said |= {"source": Recipe.of(name, **options), "kept": bool(said["kept"])}
    return KeptData(**said | {key: json.loads(said[key]) for key in ("split", "counts")})


def _owner(row: sql.Row) -> Owner:
    return Owner(row.owner, seen=row.seen, **json.loads(row.json))


def _sweep(row: sql.Row) -> KeptSweep:
    said = dict(row._mapping)
    return KeptSweep(said=json.loads(said.pop("json")), **said)


def _lesson(row: sql.Row) -> KeptLesson:
    said = dict(row._mapping)
    return KeptLesson(said=json.loads(said.pop("json")), **said)


def _as_row(run: KeptRun, query: str) -> dict[str, Any]:
    def moment(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    return {
        "name": run.name, "model": run.model, "data": run.data_name, "status": run.status,
        "epochs": run.epoch, "planned": run.n_epochs, "best_epoch": run.best_epoch,
        "train_rmse": run.train_rmse, "validation_rmse": run.validation_rmse,
        "seconds": run.seconds, "tags": ", ".join(run.tags), "note": run.note,
        "pinned": run.pinned, "created": moment(run.created), "changed": moment(run.changed),
        "experiment": query, "id": run.id,
    }  # fmt: skip


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(values), _AT_ONCE):
        yield values[at : at + _AT_ONCE]


def _drop_orphans(own: sql.Connection) -> None:
    """Forget epochs, artefacts and experiments that no run needs, and trials of no sweep."""
    runs = tables.runs
    for table, column, used in (
        (tables.epochs, tables.epochs.c.run, sql.select(runs.c.course)),
        (tables.artefacts, tables.artefacts.c.run, sql.select(runs.c.course)),
        (tables.experiments, tables.experiments.c.hash, sql.select(runs.c.experiment)),
        (tables.sweep_trials, tables.sweep_trials.c.sweep, sql.select(tables.sweeps.c.id)),
    ):
        own.execute(table.delete().where(column.not_in(used)))


# --- SQLite ---------------------------------------------------------------------------------------


def _sqlite_engine(url: sql.URL) -> sql.Engine:
    """An engine whose writers queue up at once, and whose deleted bytes are overwritten."""
    memory = url.database in (None, "", ":memory:")
    pool = {"poolclass": sql.pool.StaticPool} if memory else {}
    engine = sql.create_engine(
        url, connect_args={"timeout": PATIENCE, "check_same_thread": False}, **pool
    )

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin as said below
        for pragma in (
            f"busy_timeout={int(PATIENCE * 1000)}", "journal_mode=WAL", "synchronous=NORMAL",
            "secure_delete=ON",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    def begins(connection: sql.Connection) -> None:
        # A writer waits its turn here: one that first reads and then writes is refused instead.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    sql.event.listen(engine, "connect", connected)
    sql.event.listen(engine, "begin", begins)
    return engine


def _make_private(path: Path) -> None:
    """Make the file, and its folder, for this user alone, where they are not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
