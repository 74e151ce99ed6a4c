"""Every browser's workspace, and the one worker that trains their runs in turn.

The worker gives each run a slice of at most 50 ms, so that thirty students on one laptop all see
their curves move; it sleeps until the next epoch is due, and an idle server costs nothing.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from recsys_core.models import Model
from recsys_core.models.base import described
from recsys_core.ratings import Ratings
from recsys_core.runs.kept import Kept
from recsys_core.runs.run import Run, with_settings
from recsys_core.runs.scores import Baselines
from recsys_core.splits import Split

log = logging.getLogger("factorscope")

MIB = 1 << 20
# A run keeps predictors to look back at, and fewer checkpoints to fork from.
RUN_FRAMES, RUN_CHECKPOINTS = 48 * MIB, 16 * MIB
WORKSPACE, SERVER = 256 * MIB, 1024 * MIB

# A workspace is freed this long after anybody last looked, in seconds.
FREED_AFTER = 15 * 60.0

_SLICE = 0.05
_ROUND = 0.5  # all runs together are visited about this often; slices shrink when there are many


class Workspace:
    """What one browser works with: its data, its runs, and the one in view.

    Attributes
    ----------
    owner : the browser's name.
    ratings, split : the data in use; None until some are chosen.
    runs : list of Run in order of creation. current : the one in view, or None.
    """

    def __init__(self, owner: str, registry: Registry) -> None:
        self.owner = owner
        self.registry = registry
        self.ratings: Ratings | None = None
        self.split: Split | None = None
        self.runs: list[Run] = []
        self.current: Run | None = None
        self.baselines: Baselines
        self.touched = registry.clock()
        self._n_created = 0

    def set_data(self, ratings: Ratings, split: Split) -> None:
        """Work with these ratings from now on; runs on others stay in the list."""
        self.ratings, self.split = ratings, split
        self.baselines = Baselines(split)
        self.current = None

    def new_run(self, model: Model, name: str | None = None) -> Run:
        """A run of a model on the data in use, paused at epoch 0; it becomes the current one.

        Raises
        ------
        SettingsError, RatingsError
            If the model cannot start on these ratings with its settings.
        """
        assert self.ratings is not None and self.split is not None, "set_data comes first"
        run = Run(self, model, self.ratings, self.split, self._n_created)
        return self._welcome(run, name or described(model, run.settings))

    def fork(self, parent: Run, epoch: int, **changed: Any) -> Run:
        """A run that goes on from an epoch of another; see ``Run.fork``."""
        epoch = min(max(int(epoch), 0), parent.epoch)
        model = with_settings(parent.model, parent.settings, **changed)
        run = Run(self, model, parent.ratings, parent.split, self._n_created, parent, epoch)
        return self._welcome(run, f"{described(model, run.settings)}, from epoch {epoch}")

    def _welcome(self, run: Run, name: str) -> Run:
        taken = {other.name for other in self.runs}
        run.name, number = name, 2
        while run.name in taken:
            run.name, number = f"{name} ({number})", number + 1
        self._n_created += 1
        with self.registry.lock:
            self.runs.append(run)
            self.select(run)
        self.registry.wake()
        return run

    def select(self, run: Run) -> None:
        """Put a run in view, with the data it was trained on."""
        self.current = run
        if run.ratings is not self.ratings or run.split is not self.split:
            self.ratings, self.split, self.baselines = run.ratings, run.split, run.baselines

    def remove(self, run: Run) -> None:
        """Forget a run; the latest other one on the same data comes into view."""
        with self.registry.lock:
            run.pause()
            self.runs.remove(run)
            if run.epoch == 0 and run.color_index == self._n_created - 1:
                self._n_created -= 1  # it never trained: nobody will miss its colour
            if self.current is run:
                left = [other for other in self.runs if other.ratings is run.ratings]
                self.current = left[-1] if left else None

    def rename(self, run: Run, name: str) -> None:
        """Call a run something else; a blank name changes nothing."""
        run.name = name.strip()[:80] or run.name

    @property
    def busy(self) -> bool:
        """Whether any run has something going on."""
        return any(run.busy for run in self.runs)


class Registry:
    """All workspaces, and the worker.

    ``clock`` is replaced in tests, which then call ``turn`` themselves (``threaded=False``).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, threaded: bool = True) -> None:
        self.clock = clock
        self.lock = threading.Condition(threading.RLock())
        self._threaded = threaded
        self._workspaces: dict[str, Workspace] = {}
        self._worker: threading.Thread | None = None
        self._woken = False

    def workspace(self, owner: str) -> Workspace:
        """The workspace of a browser, made when it is first asked for; asking keeps it alive."""
        with self.lock:
            found = self._workspaces.get(owner)
            if found is None:
                found = self._workspaces[owner] = Workspace(owner, self)
            found.touched = self.clock()
            return found

    def __len__(self) -> int:
        return len(self._workspaces)

    def wake(self) -> None:
        """There may be something to do: have the worker look now."""
        with self.lock:
            self._woken = True
            if self._threaded and (self._worker is None or not self._worker.is_alive()):
                self._worker = threading.Thread(target=self._work, name="trainer", daemon=True)
                self._worker.start()
            self.lock.notify_all()

    def _work(self) -> None:
        while True:
            with self.lock:
                self._woken = False
            due = self.turn()
            with self.lock:
                if not self._woken:
                    wait = None if due is None else due - self.clock()
                    if wait is None or wait > 0:
                        self.lock.wait(wait)

    def turn(self) -> float | None:
        """One round of the worker; returns when it is next needed (on its clock), or None: never.

        A run that fails is marked so and harms no other.
        """
        with self.lock:
            everybody = [run for space in self._workspaces.values() for run in space.runs]
        busy = [run for run in everybody if run.busy]
        seconds = min(_SLICE, _ROUND / max(len(busy), 1))
        dues = [run.work(seconds) for run in busy]
        with self.lock:
            self._keep_within_budgets()
            self._free_the_forgotten()
            forgotten = [space.touched + FREED_AFTER for space in self._workspaces.values()]
        return min((due for due in [*dues, *forgotten] if due is not None), default=None)

    def _keep_within_budgets(self) -> None:
        everything: list[Kept] = []
        for space in self._workspaces.values():
            of_space: list[Kept] = []
            for run in space.runs:
                _thin([run.frames], RUN_FRAMES)
                _thin([run.checkpoints], RUN_CHECKPOINTS)
                of_space += [run.frames, run.checkpoints]
            _thin(of_space, WORKSPACE)
            everything += of_space
        _thin(everything, SERVER)

    def _free_the_forgotten(self) -> None:
        now = self.clock()
        for owner, space in list(self._workspaces.items()):
            if now - space.touched >= FREED_AFTER:
                for run in space.runs:
                    run.pause()
                del self._workspaces[owner]


def _thin(kept: Iterable[Kept], budget: int) -> None:
    """Thin the largest, again and again, until all fit into the budget (or nothing is left)."""
    kept = list(kept)
    total = sum(k.nbytes for k in kept)
    while total > budget and kept:
        largest = max(kept, key=lambda k: k.nbytes)
        before = largest.nbytes
        if not largest.thin():
            kept.remove(largest)
        total += largest.nbytes - before


@functools.cache
def registry() -> Registry:
    """The registry of this server."""
    return Registry()
