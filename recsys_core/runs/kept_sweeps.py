"""Sweeps in the database: written as their trials end, and brought back after a restart.

Called by the one writer, from its thread; only Optuna's studies, another database or other tables,
are written by a thread beside it.
"""

from __future__ import annotations

import logging
import threading

from recsys_core.errors import FactorscopeError, MissingDataError, MissingPackageError
from recsys_core.experiments.store import KeptSweep, Store
from recsys_core.experiments.study import Studies
from recsys_core.experiments.sweep import Sweep, Trial
from recsys_core.ratings import Ratings
from recsys_core.recipes import Recipe
from recsys_core.runs.sweeps import SweepRun
from recsys_core.runs.workspaces import Workspace

log = logging.getLogger("factorscope")

_ENDED = ("done", "paused", "failed")


class KeptSweeps:
    """What the database holds of the sweeps in memory.

    ``url`` is that of the database; the trials go to an Optuna study as well (``Studies``), where
    Optuna is installed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._statuses: dict[str, str] = {}  # by id, as written
        self._trials: dict[str, dict[int, Trial]] = {}
        self._of: dict[str, str] = {}  # whose it is, by id
        # By owner, the data there were when some sweep's ratings were not among them.
        self._waiting: dict[str, list[Recipe]] = {}
        self._studies: Studies | None = None
        self._lock = threading.Lock()
        self._due: dict[str, tuple[Sweep, tuple[Trial, ...]] | None] = {}
        self._thread: threading.Thread | None = None

    def write(self, store: Store, space: Workspace) -> None:
        """Write what has changed in a workspace: trials that ended, and how sweeps stand.

        Raises
        ------
        StoreError
            If the database refuses; what was not written is tried again.
        """
        if self._waiting.get(space.owner, _sources(space)) != _sources(space):
            self.fill(store, space)
        for id in space.removed_sweeps.copy():
            store.delete_sweep(id)
            self._statuses.pop(id, None)
            self._trials.pop(id, None)
            self._forget_study(id)
            space.removed_sweeps.discard(id)
        for run in list(space.sweeps):
            self._write(store, space.owner, run)

    def _write(self, store: Store, owner: str, run: SweepRun) -> None:
        status, trials = run.status, run.trials
        known = self._trials.setdefault(run.id, {})
        # One under way is written where the sweep rests, not at each epoch.
        ended = _ENDED if status == "running" else (*_ENDED, "stopped")
        fresh = [t for t in trials if t.status in ended and known.get(t.number) != t]
        if self._statuses.get(run.id) != status:
            said = {**run.sweep.to_dict(), "number": run.number}
            store.keep_sweep(KeptSweep(run.id, owner, said, status, run.created))
            self._statuses[run.id], self._of[run.id] = status, owner
        if fresh:
            store.keep_trials(run.id, {trial.number: trial.to_dict() for trial in fresh})
            known |= {trial.number: trial for trial in fresh}
            self._into_study(run.sweep, run.id, trials)

    def _into_study(self, sweep: Sweep | None, id: str, trials: tuple[Trial, ...] = ()) -> None:
        """Have the trials added to the Optuna study (without a sweep: that deleted).

        A thread does it, which ends when all is done.

        That takes Optuna a second and more, which the numbers of runs are not to wait for.
        """
        with self._lock:
            self._due[id] = None if sweep is None else (sweep, trials)
            if self._thread is None:
                self._thread = threading.Thread(target=self._add, name="studies", daemon=True)
                self._thread.start()

    def _add(self) -> None:
        """Add what is due, the latest of each sweep; what goes wrong there stops nothing."""
        while True:
            with self._lock:
                if not self._due:
                    self._thread = None
                    return
                id, due = self._due.popitem()
            try:
                if self._studies is None:
                    self._studies = Studies(self._url)
                if due is None:
                    self._studies.forget(id)
                else:
                    self._studies.write(due[0], id, due[1])
            except MissingPackageError:
                pass  # the trials themselves are kept all the same
            except Exception:
                log.exception("Writing the trials of a sweep to its Optuna study failed.")

    def fill(self, store: Store, space: Workspace) -> None:
        """Bring back the sweeps of a workspace's owner whose ratings are here, stopped.

        Those that are there already stay. One whose ratings come later comes then.

        Raises
        ------
        StoreError
            If the database refuses.
        """
        self._waiting.pop(space.owner, None)
        present = {run.id for run in space.sweeps} | space.removed_sweeps
        for kept in reversed(store.sweeps_of(space.owner)):
            if kept.id in present:
                continue
            said = store.trials_of(kept.id)
            try:
                trials = [Trial.from_dict(each) for _, each in sorted(said.items())]
                run = _came_back(space, kept, trials)
            except MissingDataError:
                self._waiting[space.owner] = _sources(space)
            except FactorscopeError as error:  # of a newer version
                log.warning("A kept sweep does not come back: %s", error)
            else:
                self._statuses[run.id], self._of[run.id] = kept.status, space.owner
                self._trials[run.id] = {trial.number: trial for trial in trials}
                space.add_sweep(run)

    def forget(self, owner: str) -> None:
        """Forget what was written of an owner: the database forgot it, and its studies go, too."""
        for id in [id for id, whose in self._of.items() if whose == owner]:
            for known in (self._statuses, self._trials, self._of):
                known.pop(id, None)  # type: ignore[attr-defined]
            self._forget_study(id)

    def _forget_study(self, id: str) -> None:
        with self._lock:
            written = self._studies is not None or self._thread is not None
        if written:
            self._into_study(None, id)

    def close(self) -> None:
        """Write what is left, and let go of the database of the studies."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout=30.0)
        if self._studies is not None:
            self._studies.close()


def _sources(space: Workspace) -> list[Recipe]:
    return [data.source for data in space.data]


def _came_back(space: Workspace, kept: KeptSweep, trials: list[Trial]) -> SweepRun:
    """A sweep as it was; trials after a gap, which was never written, are done again."""
    there = [trial for at, trial in enumerate(trials) if trial.number == at]
    sweep = Sweep.from_dict(kept.said)
    held: Ratings = space.with_loaded_ratings(sweep.experiment).make_ratings()
    number = int(kept.said["number"])
    return SweepRun(space.registry, sweep.with_ratings(held), number, there, kept.id, kept.created)
