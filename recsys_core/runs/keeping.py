"""Keeper: the one writer of the database. It keeps what is in memory, about once a second.

It looks at the workspaces after each turn of the registry, and writes what has changed since it
last wrote, in one transaction. So a database that is locked, full or away for a while is no
trouble: what is in memory stays shown, and is written later. Nothing waits for it; a page that
wants something written (a note, a deletion) puts it into its queue.

What is written of whom: numbers of runs always; ratings, labels, models and checkpoints of an
upload only where its owner consents, and of data shared by others never.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import ipaddress
import logging
import queue
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillBusy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

from recsys_core.errors import StoreError
from recsys_core.experiments.experiment import SHARED
from recsys_core.experiments.store import (
    Consent,
    KeptData,
    KeptLesson,
    KeptRun,
    Owner,
    Store,
    data_key,
    experiment_hash,
)
from recsys_core.experiments.view import View
from recsys_core.models import checkpoints
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.reading import exchange
from recsys_core.recipes import Recipe
from recsys_core.runs.kept_sweeps import KeptSweeps
from recsys_core.runs.registry import Registry
from recsys_core.runs.run import Run
from recsys_core.runs.workspaces import DataSet, Entry, Workspace
from recsys_core.text import Text
from recsys_core.training import Epoch

log = logging.getLogger("factorscope")

Found = TypeVar("Found")

# Seconds between two rounds of writing, and after one that failed.
EVERY, AFTER_TROUBLE = 1.0, 5.0

# Of one run models and checkpoint together, of one data set its arrays; in bytes.
MOST_OF_A_RUN, MOST_OF_DATA = 64 << 20, 512 << 20

# A checkpoint of a run in the midst of training is written this seldom, in seconds, and so that
# writing takes no more than this share of the time.
_CHECKPOINT_EVERY, _SHARE = 10.0, 0.05

_DAY = 86400.0
_EXPIRES_EVERY = 6 * 3600.0

# Nothing expires until the time of day has gone on as the other clock does for so long, in seconds:
# one that is set wrong is mostly set right soon. They may differ by as much as this.
_TRUSTED_AFTER, _ALIKE = 20 * 60.0, 60.0


def usual_consent(host: str, client: str | None = None) -> Consent:
    """What the first upload offers: keep on one's own computer, forget on a server others reach.

    ``host`` is the address the browser asked for (“localhost:8501”), ``client`` where it is.
    """
    name = host.rpartition(":")[0] if host.count(":") == 1 else host.partition("]")[0].lstrip("[")
    return "keep" if _is_here(name) and (client is None or _is_here(client)) else "visit"


def _is_here(address: str) -> bool:
    if address == "localhost" or address.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@dataclass
class _Course:
    """What is written of a training."""

    n_epochs: int = 0
    model: int | None = None  # of which epoch
    checkpoint: int | None = None
    at: float = float("-inf")  # when these two were written, and how long that took
    took: float = 0.0


@dataclass
class _Written:
    """What the database holds of the workspaces in memory; of a new database, nothing."""

    runs: dict[str, KeptRun] = field(default_factory=dict)
    courses: dict[str, _Course] = field(default_factory=dict)
    data: dict[tuple[str, str], KeptData] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # By run of a list, and by training: what tells that nothing has changed since.
    signs: dict[str, object] = field(default_factory=dict)


class _Seen(NamedTuple):
    """Where a run was at one moment."""

    epochs: Sequence[Epoch]
    n: int
    best: int | None
    status: str
    early: bool


class Keeper:
    """The one writer of the database of runs.

    Attributes
    ----------
    store : the database; None until it could be opened.
    trouble : why nothing is written just now, as one sentence; None where all is well.
    waiting : by owner, runs of the last visit whose ratings are not here.
    filler : fills a workspace with what is kept of its owner.
    """

    def __init__(
        self,
        registry: Registry,
        url: str,
        clock: Callable[[], float] = time.time,
        threaded: bool = True,
    ) -> None:
        """Keep what is in a registry, once ``start`` was called.

        ``clock`` tells seconds since 1970. Without a thread, ``round`` is called by hand.
        """
        self.registry, self.clock = registry, clock
        self.store: Store | None = None
        self.trouble: Text | None = None
        self.waiting: dict[str, list[KeptRun]] = {}
        self.filler: Callable[[Workspace], None] | None = None
        self._url, self._threaded = url, threaded
        self._sweeps = KeptSweeps(url)
        self._written = _Written()
        self._database = ""
        self._queue: queue.SimpleQueue[tuple[Callable[[Store], Any], Future[Any]]]
        self._queue = queue.SimpleQueue()
        self._left: list[tuple[Callable[[Store], Any], Future[Any]]] = []  # not done for trouble
        self._views: dict[str, dict[str, Any]] = {}
        self._owners: dict[str, Owner] = {}
        self._spaces: dict[str, Workspace] = {}
        self._expired = float("-inf")
        self._views_written: dict[str, dict[str, Any]] = {}
        self._missing = False  # the database went away while it was in use
        self._filled: WeakSet[Workspace] = WeakSet()
        self._since_1970 = clock() - registry.clock()
        self._trusted_since = registry.clock()
        self._latest = 0.0  # time of day that was written last
        self._stirred, self._hurry, self._ends = threading.Event(), threading.Event(), False
        self._round = threading.Lock()
        self._thread: threading.Thread | None = None
        self._leave: Callable[[], None] | None = None

    # --- its life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the database, and write from now on."""
        with self._in_trouble():
            self._open()
        self._leave = self.registry.listen(self.stir)
        if self._threaded:
            self._thread = threading.Thread(target=self._work, name="keeper", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what is left, and end."""
        self._ends = True
        self._hurry.set()
        self.stir()
        if self._leave is not None:
            self._leave()
        if self._thread is not None:
            self._thread.join(timeout=10.0)
        else:
            self.round()
        self._sweeps.close()
        if self.store is not None:
            self.store.close()

    def stir(self) -> None:
        """Look soon for what has changed."""
        self._stirred.set()

    def _work(self) -> None:
        while True:
            self._stirred.wait()
            self._stirred.clear()
            ends = self._ends
            self.round()
            if ends:
                return
            # What comes meanwhile waits for the next round: at most about one a second.
            self._hurry.wait(AFTER_TROUBLE if self.trouble else EVERY)
            self._hurry.clear()
            if self.trouble:
                self.stir()

    def _open(self) -> Store:
        if self.store is None:
            self.store = Store(self._url)
        elif self._missing:
            self.store.open()
        self._missing = False
        if self.store.id != self._database:  # new, or another one: nothing of ours is in it
            self._written, self._database = _Written(), self.store.id
            self._sweeps.close()
            self._sweeps = KeptSweeps(self._url)
            self.store.mark_interrupted()
        return self.store

    @contextlib.contextmanager
    def _in_trouble(self) -> Iterator[None]:
        """Say what a database refuses as ``trouble``; what is shown stays in memory."""
        try:
            yield
            self.trouble = None
        except StoreError as error:
            self._missing = self.store is not None
            self.trouble = Text(
                "Not kept just now: {why} All that is shown stays, and keeping it is tried again.",
                why=error.text,
            )
        except Exception:
            log.exception("Writing to the database failed.")
            self.trouble = Text(
                "Not kept just now: the writer met an error of ours. All that is shown stays, and "
                "keeping it is tried again."
            )

    # --- what pages ask -------------------------------------------------------------------------

    def put(self, operation: Callable[[Store], Found]) -> Future[Found]:
        """Have something done to the database by the writer, as soon as it can be."""
        future: Future[Found] = Future()
        self._queue.put((operation, future))
        self._hurry.set()
        self.stir()
        return future

    def do(self, operation: Callable[[Store], Found], wait: float = 2.0) -> Found | None:
        """Have something done, and wait a moment for it; None where it takes longer.

        Raises
        ------
        FactorscopeError
            If the operation itself does.
        """
        future = self.put(operation)
        if not self._threaded:
            self.round()
        try:
            return future.result(timeout=wait)
        except StillBusy:
            return None

    def note_view(self, owner: str, view: View) -> None:
        """Note what an owner looks at."""
        said = view.to_dict()
        if self._views.get(owner) != said:
            self._views[owner] = said
        self.stir()

    def view(self, owner: str) -> View | None:
        """What an owner looked at last; None where that is not known."""
        said = self._views.get(owner)
        if said is None and self.store is not None:
            with contextlib.suppress(StoreError):
                said = self.store.view(owner)
        return None if said is None else View.from_dict(said)

    def note_lesson(self, lesson: KeptLesson) -> None:
        """Keep how far an owner is in a lesson: numbers, and the name typed for it."""
        self.put(lambda store: store.keep_lesson(lesson))

    def owner(self, owner: str) -> Owner:
        """What an owner chose: consent, how long, how much."""
        found = self._owners.get(owner)
        if found is None:
            found = Owner(owner)
            if self.store is not None:
                with contextlib.suppress(StoreError):
                    found = self._owners[owner] = self.store.owner(owner)
        return found

    def consent(self, owner: str) -> Consent | None:
        """Whether an owner lets ratings be kept; None where nobody asked yet."""
        return self.owner(owner).consent

    def set_consent(self, owner: str, consent: Consent) -> None:
        """Keep an owner's ratings and models from now on, or forget those that are kept."""
        self._choose(dataclasses.replace(self.owner(owner), consent=consent))
        self.put(lambda store: self._written.signs.clear())  # models may be written now
        if consent == "visit":
            self.put(lambda store: self._drop_contents(store, owner))

    def set_limits(self, owner: str, days: int | None, megabytes: int) -> None:
        """Choose how long, and how much, is kept; see ``Owner``."""
        self._choose(dataclasses.replace(self.owner(owner), days=days, megabytes=megabytes))
        self.put(lambda store: store.expire(self.clock()))

    def _choose(self, chosen: Owner) -> None:
        self._owners[chosen.owner] = dataclasses.replace(chosen, seen=self.clock())
        self.put(lambda store: store.keep_owner(self._owners[chosen.owner]))

    def forget(self, owner: str, wait: float = 5.0) -> None:
        """Forget everything of an owner in the database; what is in memory is the caller's."""
        self._owners[owner] = Owner(owner)
        self._views.pop(owner, None)
        self.waiting.pop(owner, None)

        def forget(store: Store) -> None:
            store.forget(owner)
            self._forget_written(owner)
            self._sweeps.forget(owner)

        self.do(forget, wait)

    def may_keep(self, owner: str, source: Recipe) -> bool:
        """Whether models of data, and an upload's ratings, may be written for an owner."""
        consent = self.consent(owner)
        if source.name == SHARED:
            return False
        return consent == "keep" if source.name == UPLOAD else consent != "visit"

    # --- one round ------------------------------------------------------------------------------

    def round(self) -> None:
        """Write what has changed: first what was asked for, then what is in memory."""
        with self._round, self._in_trouble():
            store = self._open()
            self._do_what_was_asked(store)
            self._write(store)
            if self._may_expire():
                store.expire(self.clock())
                self._expired = self.registry.clock()

    def _now(self) -> float:
        """The time of day; where it was set back a little, what comes later stays later."""
        now, going = self.clock(), self.registry.clock()
        if abs(now - going - self._since_1970) > _ALIKE:  # it was set, or the computer slept
            self._since_1970, self._trusted_since = now - going, going
        if 0 <= self._latest - now < _DAY:
            now = self._latest + 1e-3
        self._latest = now
        return now

    def _may_expire(self) -> bool:
        going = self.registry.clock()
        trusted = going - self._trusted_since >= _TRUSTED_AFTER
        return trusted and going - self._expired > _EXPIRES_EVERY

    def _do_what_was_asked(self, store: Store) -> None:
        while True:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._left.append(self._queue.get_nowait())
            if not self._left:
                return
            operation, future = self._left[0]
            try:
                found = operation(store)
            except StoreError:
                raise  # it stays, and is tried again
            except Exception as error:
                self._left.pop(0)
                future.set_exception(error)
            else:
                self._left.pop(0)
                future.set_result(found)

    def _write(self, store: Store) -> None:
        now = self._now()
        present = {space.owner: space for space in self.registry.workspaces()}
        # Those that were freed are written once more, as they were left.
        spaces = {**self._spaces, **present}
        for space in spaces.values():
            self.fill(space)
        batch = _Batch(self, store, now)
        for owner, space in spaces.items():
            batch.add(space, gone=owner not in present)
        views = {o: said for o, said in self._views.items() if said is not batch.known_view(o)}
        batch.write(views)
        for space in spaces.values():
            self._sweeps.write(store, space)
        self._spaces = present
        for owner in spaces.keys() - present.keys():
            self._forget_written(owner)
            self._owners.pop(owner, None)
            self._views.pop(owner, None)
            self.waiting.pop(owner, None)
        courses = {run.course for run in self._written.runs.values()}
        for course in self._written.courses.keys() - courses:
            del self._written.courses[course]
        for id in self._written.signs.keys() - self._written.runs.keys() - courses:
            del self._written.signs[id]

    def _forget_written(self, owner: str) -> None:
        written = self._written
        written.signs.clear()
        for id in [id for id, run in written.runs.items() if run.owner == owner]:
            del written.runs[id]
        for key in [key for key in written.data if key[0] == owner]:
            del written.data[key]
        written.listed.pop(owner, None)

    def _drop_contents(self, store: Store, owner: str) -> None:
        store.drop_contents(owner)
        written = self._written
        written.signs.clear()
        for run in written.runs.values():
            if run.owner == owner and run.course in written.courses:
                written.courses[run.course] = _Course(written.courses[run.course].n_epochs)
        for key in [key for key in written.data if key[0] == owner]:
            del written.data[key]

    # --- what came back -------------------------------------------------------------------------

    def fill(self, space: Workspace) -> None:
        """Fill a workspace with what is kept of its owner, once; ``past.install`` says how."""
        if space not in self._filled and self.store is not None:
            with self._in_trouble():
                if self.filler is not None:
                    self.filler(space)
                    self._sweeps.fill(self.store, space)
                self._filled.add(space)

    def know_data(self, data: KeptData) -> None:
        """Take note that data that come back are in the database already."""
        self._written.data[data.owner, data.fingerprint] = data

    def know(self, run: KeptRun, n_epochs: int, model: int | None, checkpoint: int | None) -> None:
        """Take note that a run that comes back is in the database already."""
        self._written.runs[run.id] = run
        self._written.courses[run.course] = _Course(n_epochs, model, checkpoint)


class _Batch:
    """All that is written in one round: gathered from memory, then one transaction.

    What is noted as written is so only once the transaction is done.
    """

    def __init__(self, keeper: Keeper, store: Store, now: float) -> None:
        self.keeper, self.store, self.now = keeper, store, now
        self.written = keeper._written
        self._operations: list[Callable[[], Any]] = []
        self._notes: list[Callable[[], Any]] = []
        self._seen: dict[str, _Seen] = {}  # by course
        self._courses: dict[str, tuple[Run, list[tuple[str, Recipe]]]] = {}

    def _seen_at_once(self, run: Run) -> _Seen:
        """Where a run is, the same for all that is written of it in this round."""
        found = self._seen.get(run.course)
        if found is None:
            with run.lock:
                status = "interrupted" if run.interrupted else run.status
                found = self._seen[run.course] = _Seen(
                    run.epochs, run.epoch, run.best_epoch, status, run.stopped_early
                )
        return found

    def known_view(self, owner: str) -> Any:
        return self.keeper._views_written.get(owner)

    def add(self, space: Workspace, gone: bool) -> None:
        """What has changed in a workspace."""
        owner = space.owner
        for data in list(space.data):
            self._add_data(owner, data)
        self._add_gone_data(space)
        # A model from a file is there for the visit: its file is kept by who has it.
        entries = [entry for entry in space.entries if not entry.run.brought]
        changed: list[tuple[KeptRun, Any]] = []
        for entry in entries:
            run = entry.run
            sign = (run.course, run.version, entry.name, gone)
            if self.written.signs.get(entry.id) != sign:
                kept = self._kept(owner, entry, gone)
                if kept != self.written.runs.get(entry.id):
                    changed.append((kept, run.experiment))
                self._notes.append(partial(self.written.signs.__setitem__, entry.id, sign))
            self._courses.setdefault(run.course, (run, []))[1].append((owner, run.experiment.data))
        if changed:
            self._operations.append(lambda: self.store.keep_runs(changed))
            new = {kept.id: kept for kept, _ in changed}
            self._notes.append(lambda: self.written.runs.update(new))
        if space in self.keeper._filled:  # else the list of the last visit is not in it
            self._add_list(owner, [entry.id for entry in entries], {e.id for e in entries})

    def _add_list(self, owner: str, ids: list[str], here: set[str]) -> None:
        """Which runs are listed; those taken out of the list that never trained are forgotten."""
        ids = [*ids, *(run.id for run in self.keeper.waiting.get(owner, ()))]
        listed = tuple(ids)
        if self.written.listed.get(owner, ()) == listed:
            return
        mine = [run for run in self.written.runs.values() if run.owner == owner]
        removed = [run for run in mine if run.id not in here and run.id not in ids]
        never = [run.id for run in removed if run.epoch == 0]
        self._operations.append(lambda: self.store.set_listed(owner, listed))
        if never:
            self._operations.append(lambda: self.store.drop_runs(never))

        def note() -> None:
            self.written.listed[owner] = listed
            for run in removed:
                self.written.runs.pop(run.id, None)

        self._notes.append(note)

    def _add_data(self, owner: str, data: DataSet) -> None:
        ratings, source = data.ratings, data.source
        key = data_key(source)
        arrays_too = source.name == UPLOAD and self.keeper.may_keep(owner, source)
        before = self.written.data.get((owner, key))
        recipe = data.split.recipe
        kept = KeptData(
            owner, key, ratings.name, source, {} if recipe is None else recipe.to_dict(),
            {"n_users": ratings.n_users, "n_items": ratings.n_items,
             "n_ratings": ratings.n_ratings},
            self.keeper._since_1970 + data.seen,
            kept=arrays_too,
        )  # fmt: skip
        if kept == before:
            return
        arrays = arrays_of(ratings) if arrays_too and not (before and before.kept) else None
        self._operations.append(lambda: self.store.keep_data(kept, arrays))
        self._notes.append(lambda: self.written.data.update({(owner, key): kept}))

    def _add_gone_data(self, space: Workspace) -> None:
        """Delete the data sets that were forgotten, with all on them; note those let go."""
        owner, here = space.owner, {data_key(data.source) for data in space.data}
        forgotten = {data_key(source): source for source in list(space.forgotten)}
        for key in forgotten:
            self._operations.append(partial(self.store.forget_data, owner, key))
            self._notes.append(partial(space.forgotten.discard, forgotten[key]))
            self._notes.append(partial(self._forget_runs_on, owner, key))
        for (who, key), kept in list(self.written.data.items()):
            if who == owner and key not in here:
                if key not in forgotten:
                    gone = dataclasses.replace(kept, listed=False)
                    self._operations.append(partial(self.store.keep_data, gone))
                self._notes.append(partial(self.written.data.pop, (who, key), None))

    def _forget_runs_on(self, owner: str, key: str) -> None:
        runs, waiting = self.written.runs, self.keeper.waiting
        for id in [id for id, run in runs.items() if (run.owner, run.data) == (owner, key)]:
            del runs[id]
        waiting[owner] = [run for run in waiting.get(owner, []) if run.data != key]

    def _kept(self, owner: str, entry: Entry, gone: bool) -> KeptRun:
        """An entry as it is now."""
        run = entry.run
        before = self.written.runs.get(entry.id)
        seen = self._seen_at_once(run)
        epochs, n, best, status = seen.epochs, seen.n, seen.best, seen.status
        if gone and before is not None and before.status == "training" and status == "paused":
            status = "interrupted"  # by nobody looking any more
        at = epochs[n if best is None or best > n else best]
        same = before if before is not None and before.course == run.course else None
        hash = experiment_hash(run.experiment) if same is None else same.experiment
        if same is not None and same.epoch == n:
            seconds = same.seconds
        else:
            seconds = sum(epoch.seconds for epoch in epochs[: n + 1])
        kept = KeptRun(
            id=entry.id, owner=owner, course=run.course,
            experiment=hash, name=entry.name, status=status,
            created=self.now if before is None else before.created,
            changed=self.now if before is None else before.changed,
            number=entry.number, color_index=entry.color_index, belongs_to=entry.group,
            data=data_key(run.experiment.data), data_name=run.ratings.name,
            model=run.model.title, n_factors=int(run.settings.get("n_factors") or 0),
            n_epochs=run.n_epochs, epoch=n, best_epoch=best,
            train_rmse=at.train_rmse, validation_rmse=at.validation_rmse, seconds=seconds,
            facts={"settings": plain_settings(run.settings), "message": str(run.message),
                   "early": seen.early},
        )  # fmt: skip
        if before is None:
            return kept
        kept = dataclasses.replace(
            kept, note=before.note, tags=before.tags, pinned=before.pinned,
            deleted_at=before.deleted_at, listed=before.listed,
        )  # fmt: skip
        trained = (kept.epoch, kept.status) != (before.epoch, before.status)
        return dataclasses.replace(kept, changed=self.now) if trained else kept

    def write(self, views: Mapping[str, dict[str, Any]]) -> None:
        """Write all that was gathered; nothing at all where nothing has changed."""
        for course, (run, owners) in self._courses.items():
            self._add_course(course, run, owners)
        for owner, said in views.items():
            self._add_view(owner, said)
        if self._operations:
            with self.store.together():
                for operation in self._operations:
                    operation()
        for note in self._notes:
            note()
        self.keeper._views_written = dict(self.keeper._views_written) | dict(views)

    def _add_view(self, owner: str, said: dict[str, Any]) -> None:
        self._operations.append(lambda: self.store.keep_view(owner, said))

    def _add_course(self, course: str, run: Run, owners: list[tuple[str, Recipe]]) -> None:
        """The epochs since the last round; now and then the models."""
        done = self.written.courses.get(course, _Course())
        sign = run.version, run.asleep
        if self.written.signs.get(course) == sign:
            return
        seen = self._seen_at_once(run)
        new = list(seen.epochs[done.n_epochs : seen.n + 1])
        after = dataclasses.replace(done, n_epochs=max(done.n_epochs, seen.n + 1))
        if new:
            self._operations.append(lambda: self.store.keep_epochs(course, new))
        waits = False
        if not run.asleep and not run.rewinding and not run.message:
            if any(self.keeper.may_keep(owner, source) for owner, source in owners):
                after = self._add_artefacts(course, run, after)
                waits = run.status == "training"
        if not waits:
            self._notes.append(partial(self.written.signs.__setitem__, course, sign))
        if after != done:
            self._notes.append(lambda: self.written.courses.update({course: after}))

    def _add_artefacts(self, course: str, run: Run, done: _Course) -> _Course:
        pause = max(_CHECKPOINT_EVERY, done.took / _SHARE)
        if run.status == "training" and self.now - done.at < pause:
            return done
        with run.lock:  # not past the epochs that are written with it
            checkpoint = run.history.checkpoints.at_or_before(self._seen_at_once(run).n)
        if checkpoint is None or not checkpoint.epoch:
            return done
        position = checkpoint.value.position
        best, model = position["best_epoch"], position["best"]
        began = time.perf_counter()
        room = MOST_OF_A_RUN
        if model is None and run.status == "finished":
            best, model = run.epoch, run.fitted  # without validation it is the last one
        if model is not None and best is not None:
            room -= model.nbytes
            if best != done.model and room > 0:
                self._add_artefact(course, "model", best, model)
        if checkpoint.epoch != done.checkpoint and room - checkpoint.nbytes > 0:
            # The model of the best epoch is kept beside it, once.
            alone = dataclasses.replace(checkpoint.value, position={**position, "best": None})
            self._add_artefact(course, "checkpoint", checkpoint.epoch, alone)
        took = time.perf_counter() - began
        return dataclasses.replace(
            done, model=best, checkpoint=checkpoint.epoch, at=self.now, took=took
        )

    def _add_artefact(self, course: str, kind: Any, epoch: int, what: Any) -> None:
        try:
            data = checkpoints.to_bytes(what)
        except TypeError as error:  # it is trained again from the experiment
            log.info("No %s is kept: %s.", kind, error)
            return
        self._operations.append(lambda: self.store.keep_artefact(course, kind, epoch, data))


def arrays_of(ratings: Ratings) -> bytes | None:
    """Ratings with their labels as bytes; None where they are too large to keep."""
    file = io.BytesIO()
    exchange.write(file, ratings)
    data = zlib.compress(file.getbuffer(), 1)
    return data if len(data) <= MOST_OF_DATA else None


def ratings_of(data: bytes) -> Ratings:
    """The inverse of ``arrays_of``.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the bytes are damaged.
    """
    try:
        return exchange.read(io.BytesIO(zlib.decompress(data)), Ratings)
    except (zlib.error, OSError) as error:
        raise ValueError(str(error)) from None


def plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON keeps them."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in settings.items()
        if isinstance(value, str | int | float | bool | tuple | None)
    }
