"""Tables of the database, and the migrations that bring an older database forward.

``TABLES`` is what the program works with; ``MIGRATIONS`` is how a database gets there, one step a
version, in SQL that SQLite and PostgreSQL both understand ({bytes} is what each calls bytes).
A step never changes once it is released: what is new is a new step at the end.

Times are seconds since 1970, UTC.
"""

from __future__ import annotations

from recsys_core.extras import needed_for
from recsys_core.text import Text

with needed_for(Text("The database of runs")):
    import sqlalchemy as sql

TABLES = sql.MetaData()


def _table(name: str, *columns: sql.Column) -> sql.Table:
    return sql.Table(name, TABLES, *columns)


def _text(name: str, key: bool = False, empty: bool = False) -> sql.Column:
    return sql.Column(name, sql.Text, primary_key=key, nullable=empty)


def _whole(name: str, key: bool = False, empty: bool = False) -> sql.Column:
    return sql.Column(name, sql.BigInteger, primary_key=key, nullable=empty, autoincrement=False)


def _number(name: str, empty: bool = False) -> sql.Column:
    return sql.Column(name, sql.Double, nullable=empty)


def _switch(name: str) -> sql.Column:
    return sql.Column(name, sql.Boolean, nullable=False)


def _bytes(name: str, empty: bool = False) -> sql.Column:
    return sql.Column(name, sql.LargeBinary, nullable=empty)


# One row: how many migrations were made, and a random name by which one database is told from
# another at the same place.
meta = _table("meta", _whole("schema_version"), _text("id"))

# What an owner (a browser, or the command line) chose of how long and how much is kept: ``json``.
owners = _table("owners", _text("owner", key=True), _text("json"), _number("seen"))

# ``fingerprint``: of an upload its own, else the hash of the recipe (``store.data_key``).
# ``arrays``: the ratings with their labels (``reading.exchange``), only where the owner consents.
datasets = _table(
    "datasets",
    _text("owner", key=True), _text("fingerprint", key=True), _text("name"), _text("source"),
    _text("split"), _text("counts"), _switch("listed"), _number("seen"), _bytes("arrays", True),
)  # fmt: skip

experiments = _table("experiments", _text("hash", key=True), _text("json"))

# A run in somebody's list. Its epochs and artefacts are kept under ``course``, the training, which
# all who watch it share. Numbers are of the best epoch, or without validation of the last one.
runs = _table(
    "runs",
    _text("id", key=True), _text("owner"), _text("experiment"), _text("course"),
    _text("name"), _text("note"), _text("tags"), _switch("pinned"), _text("status"),
    _number("created"), _number("changed"), _number("deleted_at", True),
    _switch("listed"), _whole("number"), _whole("color_index"), _text("belongs_to"),
    _text("data"), _text("data_name"), _text("model"), _whole("n_factors"),
    _whole("n_epochs"), _whole("epoch"), _whole("best_epoch", empty=True),
    _number("train_rmse", True), _number("validation_rmse", True), _number("seconds"),
    _text("json"), _text("searched"),
)  # fmt: skip

epochs = _table(
    "epochs",
    _text("run", key=True), _whole("n", key=True), _number("seconds"), _number("objective"),
    _number("train_rmse", True), _number("validation_rmse", True),
)  # fmt: skip

# ``kind``: "model" (the fitted model of the best epoch) or "checkpoint" (the last one).
artefacts = _table(
    "artefacts",
    _text("run", key=True), _text("kind", key=True), _whole("epoch"), _bytes("bytes"),
)  # fmt: skip

views = _table("views", _text("owner", key=True), _text("json"))

sweeps = _table(
    "sweeps",
    _text("id", key=True), _text("owner"), _text("json"), _text("status"), _number("created"),
    _number("deleted_at", True),
)  # fmt: skip

sweep_trials = _table(
    "sweep_trials", _text("sweep", key=True), _whole("number", key=True), _text("json")
)

# How far an owner is in a lesson (``lessons.progress``); ``name`` as typed, "" where none was.
lessons = _table(
    "lessons",
    _text("owner", key=True), _text("lesson", key=True), _text("name"), _text("json"),
    _number("changed"),
)  # fmt: skip

# A class that rates together (``rooms``). ``teacher``, ``opener`` and ``token`` are SHA-256 of what
# browsers hold; ``things`` and ``scale`` are JSON. ``version`` grows with each change, ``stage`` is
# the last one of which every telephone is told at once. ``frozen``: the snapshot taken when it was
# locked.
rooms = _table(
    "rooms",
    _text("code", key=True), _text("teacher"), _text("title"), _text("things"), _text("scale"),
    _text("phase"), _whole("seed"), _text("opener"), _number("created"), _number("changed"),
    _whole("version"), _whole("stage"), _text("frozen", empty=True),
)  # fmt: skip

room_pictures = _table(
    "room_pictures", _text("room", key=True), _whole("item", key=True), _bytes("bytes")
)

room_members = _table(
    "room_members",
    _text("room", key=True), _whole("number", key=True), _text("token"), _text("nickname"),
    _switch("hidden"), _switch("removed"), _switch("simulated"), _number("joined"),
    _switch("renamed"),
)  # fmt: skip

# ``seq`` is counted by the telephone: of two answers the higher one is the later. ``guessed``: what
# the model of that moment said before the first one; ``arrived``: the room's version at that one.
room_answers = _table(
    "room_answers",
    _text("room", key=True), _whole("member", key=True), _whole("item", key=True),
    _number("value", True), _whole("seq"), _number("guessed", True), _whole("arrived"),
    _number("at"),
)  # fmt: skip

# What a member guessed of a rating of another's, ``of_member``.
room_guesses = _table(
    "room_guesses",
    _text("room", key=True), _whole("member", key=True), _whole("of_member", key=True),
    _whole("item", key=True), _number("value"),
)  # fmt: skip

# Frozen ratings (``runs.keeping.arrays_of``); ``id`` is what links name them by.
room_snapshots = _table(
    "room_snapshots", _text("id", key=True), _text("room"), _number("created"), _bytes("ratings")
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    # 1: runs and what belongs to them
    (
        "CREATE TABLE meta (schema_version BIGINT NOT NULL, id TEXT NOT NULL)",
        """CREATE TABLE owners (
            owner TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL, seen DOUBLE PRECISION NOT NULL)""",
        """CREATE TABLE datasets (
            owner TEXT NOT NULL, fingerprint TEXT NOT NULL, name TEXT NOT NULL,
            source TEXT NOT NULL, split TEXT NOT NULL, counts TEXT NOT NULL,
            listed BOOLEAN NOT NULL, seen DOUBLE PRECISION NOT NULL, arrays {bytes},
            PRIMARY KEY (owner, fingerprint))""",
        "CREATE TABLE experiments (hash TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL)",
        """CREATE TABLE runs (
            id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, experiment TEXT NOT NULL,
            course TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, tags TEXT NOT NULL,
            pinned BOOLEAN NOT NULL, status TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
            changed DOUBLE PRECISION NOT NULL, deleted_at DOUBLE PRECISION,
            listed BOOLEAN NOT NULL, number BIGINT NOT NULL, color_index BIGINT NOT NULL,
            belongs_to TEXT NOT NULL, data TEXT NOT NULL, data_name TEXT NOT NULL,
            model TEXT NOT NULL, n_factors BIGINT NOT NULL, n_epochs BIGINT NOT NULL,
            epoch BIGINT NOT NULL, best_epoch BIGINT, train_rmse DOUBLE PRECISION,
            validation_rmse DOUBLE PRECISION, seconds DOUBLE PRECISION NOT NULL,
            json TEXT NOT NULL, searched TEXT NOT NULL)""",
        "CREATE INDEX runs_of_owner ON runs (owner, created)",
        "CREATE INDEX runs_of_course ON runs (course)",
        """CREATE TABLE epochs (
            run TEXT NOT NULL, n BIGINT NOT NULL, seconds DOUBLE PRECISION NOT NULL,
            objective DOUBLE PRECISION NOT NULL, train_rmse DOUBLE PRECISION,
            validation_rmse DOUBLE PRECISION, PRIMARY KEY (run, n))""",
        """CREATE TABLE artefacts (
            run TEXT NOT NULL, kind TEXT NOT NULL, epoch BIGINT NOT NULL, bytes {bytes} NOT NULL,
            PRIMARY KEY (run, kind))""",
        "CREATE TABLE views (owner TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL)",
    ),
    # 2: sweeps
    (
        """CREATE TABLE sweeps (
            id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, json TEXT NOT NULL,
            status TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
            deleted_at DOUBLE PRECISION)""",
        "CREATE INDEX sweeps_of_owner ON sweeps (owner, created)",
        """CREATE TABLE sweep_trials (
            sweep TEXT NOT NULL, number BIGINT NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (sweep, number))""",
    ),
    # 3: lessons
    (
        """CREATE TABLE lessons (
            owner TEXT NOT NULL, lesson TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,
            changed DOUBLE PRECISION NOT NULL, PRIMARY KEY (owner, lesson))""",
    ),
    # 4: rooms
    (
        """CREATE TABLE rooms (
            code TEXT NOT NULL PRIMARY KEY, teacher TEXT NOT NULL, title TEXT NOT NULL,
            things TEXT NOT NULL, scale TEXT NOT NULL, phase TEXT NOT NULL, seed BIGINT NOT NULL,
            opener TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
            changed DOUBLE PRECISION NOT NULL, version BIGINT NOT NULL, stage BIGINT NOT NULL,
            frozen TEXT)""",
        """CREATE TABLE room_pictures (
            room TEXT NOT NULL, item BIGINT NOT NULL, bytes {bytes} NOT NULL,
            PRIMARY KEY (room, item))""",
        """CREATE TABLE room_members (
            room TEXT NOT NULL, number BIGINT NOT NULL, token TEXT NOT NULL,
            nickname TEXT NOT NULL, hidden BOOLEAN NOT NULL, removed BOOLEAN NOT NULL,
            simulated BOOLEAN NOT NULL, joined DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, number))""",
        """CREATE TABLE room_answers (
            room TEXT NOT NULL, member BIGINT NOT NULL, item BIGINT NOT NULL,
            value DOUBLE PRECISION, seq BIGINT NOT NULL, guessed DOUBLE PRECISION,
            arrived BIGINT NOT NULL, at DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, member, item))""",
        """CREATE TABLE room_guesses (
            room TEXT NOT NULL, member BIGINT NOT NULL, of_member BIGINT NOT NULL,
            item BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (room, member, of_member, item))""",
        """CREATE TABLE room_snapshots (
            id TEXT NOT NULL PRIMARY KEY, room TEXT NOT NULL, created DOUBLE PRECISION NOT NULL,
            ratings {bytes} NOT NULL)""",
        "CREATE INDEX snapshots_of_room ON room_snapshots (room)",
    ),
    # 5: nicknames that the teacher chose
    ("ALTER TABLE room_members ADD COLUMN renamed BOOLEAN NOT NULL DEFAULT FALSE",),
)  # fmt: skip
