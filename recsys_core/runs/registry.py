"""The registry: every browser's workspace, all runs, and the one worker that trains them in turn.

The worker gives each run a slice of at most 50 ms, so that thirty students on one laptop all see
their curves move; it sleeps while nobody wants anything trained, and an idle server costs nothing.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakValueDictionary

from recsys_core.experiments import Experiment
from recsys_core.experiments.experiment import SHARED
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.recipes import DATA, Recipe
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.run import Run
from recsys_core.runs.snapshots import Snapshots
from recsys_core.runs.workspaces import Workspace
from recsys_core.splits import Split

log = logging.getLogger("factorscope")

MIB = 1 << 20
# A run keeps fitted models to look back at, and fewer checkpoints to fork from.
RUN_FRAMES, RUN_CHECKPOINTS = 48 * MIB, 16 * MIB
WORKSPACE, SERVER = 256 * MIB, 1024 * MIB

# 60 random bits: nobody finds shared data by trying codes.
_CODE_BYTES, _CODE_LENGTH = 9, 10

# A workspace is freed this long after anybody last looked, in seconds.
FREED_AFTER = 15 * 60.0

_SLICE = 0.05
_ROUND = 0.3  # all runs together are visited about this often; slices shrink when there are many

_GIVES_WAY = 0.01  # the longest wait before an epoch while pages are drawn, in seconds


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
        self._shared: dict[Recipe, tuple[str, Ratings]] = {}  # by code: whose, and which
        # By whose (None: everybody's), what is run, and on what.
        self._runs: WeakValueDictionary[tuple[str | None, Experiment, Ratings], Run]
        self._runs = WeakValueDictionary()
        self._baselines: WeakValueDictionary[Split, Baselines] = WeakValueDictionary()
        self._public: WeakValueDictionary[tuple[Recipe, str, str, bool], Ratings]
        self._public = WeakValueDictionary()
        self._pages = threading.Condition()
        self._n_drawing = 0
        self._numbered: dict[str, int] = {}  # by browser, numbers of runs given out
        self._listeners: set[Callable[[], None]] = set()

    # --- shared data ----------------------------------------------------------------------------

    def share(self, owner: str, ratings: Ratings) -> Recipe:
        """Let everybody on this server who has the code read these ratings; the recipe to name.

        Shared twice, they keep their code.
        """
        with self.lock:
            found = self.shared_as(owner, ratings)
            if found is None:
                code = secrets.token_urlsafe(_CODE_BYTES)[:_CODE_LENGTH]
                found = Recipe.of(SHARED, id=code)
                self._shared[found] = owner, ratings
            return found

    def unshare(self, owner: str, ratings: Ratings) -> None:
        """Undo that: who has them loaded keeps them, nobody else gets them."""
        with self.lock:
            while (found := self.shared_as(owner, ratings)) is not None:
                del self._shared[found]

    def shared_as(self, owner: str, ratings: Ratings) -> Recipe | None:
        """The recipe of ratings that their owner shares; None where they are not shared."""
        with self.lock:
            mine = (recipe for recipe, (who, which) in self._shared.items()
                    if who == owner and which.fingerprint == ratings.fingerprint)  # fmt: skip
            return next(mine, None)

    def shared(self, source: Recipe) -> Ratings:
        """The ratings of a code.

        Raises
        ------
        MissingDataError
            If nothing is shared under it.
        """
        with self.lock:
            found = self._shared.get(source)
        return DATA.make(source) if found is None else found[1]  # which has the sentence

    def one_copy(self, source: Recipe, ratings: Ratings) -> Ratings:
        """Of public ratings, those that somebody here has already: one copy for all.

        Copies with other names, or without titles, stay apart: everybody sees their own.
        """
        if source.name in (UPLOAD, SHARED):
            return ratings
        key = source, ratings.name, ratings.item_noun, ratings.item_info is not None
        with self.lock:
            return self._public.setdefault(key, ratings)

    # --- runs -----------------------------------------------------------------------------------

    def run(
        self, owner: str, experiment: Experiment, parent: Run | None = None, epoch: int = 0
    ) -> Run:
        """The run of an experiment, which holds its ratings; trained once for all who look at it.

        Of uploads each owner has their own. A fork begins from its parent's checkpoints.

        Raises
        ------
        SettingsError, RatingsError
            If the model cannot start on the ratings with its settings.
        """
        ratings = self.one_copy(experiment.data, experiment.make_ratings())
        experiment = experiment.with_ratings(ratings)
        key = owner if experiment.data.name == UPLOAD else None, experiment, ratings
        found = self._runs.get(key)
        if found is None or found.message:  # what failed is tried again
            split = experiment.make_split()
            with self.lock:
                baselines = self._baselines.setdefault(split, Baselines(split))
            found = Run(self, experiment, baselines, parent, epoch)
            with self.lock:
                other = self._runs.get(key)
                if other is not None and not other.message:
                    return other
                self._runs[key] = found
        return found

    def next_number(self, owner: str) -> int:
        """A number for a run of this browser; not given again, even when it was forgotten."""
        self._numbered[owner] = self._numbered.get(owner, 0) + 1
        return self._numbered[owner]

    # --- whoever wants to know ------------------------------------------------------------------

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have a function called, by the worker, after each of its turns; returns how to end it."""
        with self.lock:
            self._listeners.add(listener)

        def leave() -> None:
            with self.lock:
                self._listeners.discard(listener)

        return leave

    # --- workspaces and the worker --------------------------------------------------------------

    def workspace(self, owner: str) -> Workspace:
        """The workspace of a browser, made when it is first asked for; asking keeps it alive."""
        # A page asks a hundred times, and should not wait each time for the worker to be done.
        found = self._workspaces.get(owner)
        if found is not None:
            found.touched = self.clock()
            if self._workspaces.get(owner) is found:  # and was not forgotten just now
                return found
        with self.lock:
            found = self._workspaces.get(owner)
            if found is None:
                found = self._workspaces[owner] = Workspace(owner, self)
            found.touched = self.clock()
            return found

    def of_ticket(self, ticket: str) -> Workspace | None:
        """The workspace of a ticket, kept alive; None where there is none such."""
        asked = ticket.encode(errors="replace")
        with self.lock:
            for space in self._workspaces.values():
                if secrets.compare_digest(space.ticket.encode(), asked):
                    space.touched = self.clock()
                    return space
        return None

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

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        """While a page is drawn, training gives way.

        Python runs one thread at a time: thirty pages asked for at once came after seconds, the
        worker's short epochs between them.
        """
        with self._pages:
            self._n_drawing += 1
        try:
            yield
        finally:
            with self._pages:
                self._n_drawing -= 1
                self._pages.notify_all()

    def give_way(self) -> None:
        """Wait while pages are drawn; not for long, so that training comes on all the same."""
        with self._pages:
            self._pages.wait_for(lambda: self._n_drawing == 0, _GIVES_WAY)

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
        busy = [run for run in self._everything() if run.busy]
        seconds = min(_SLICE, _ROUND / max(len(busy), 1))
        for run in busy:
            run.work(seconds)
        with self.lock:
            self._keep_within_budgets()
            self._free_the_forgotten()
            forgotten = [space.touched + FREED_AFTER for space in self._workspaces.values()]
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
        if any(run.busy for run in busy):
            return self.clock()
        return min(forgotten, default=None)

    def _everything(self) -> list[Run]:
        """All runs in somebody's list, each once."""
        with self.lock:
            entries = [e for space in self._workspaces.values() for e in space.entries]
        return list(dict.fromkeys(entry.run for entry in entries))

    def _keep_within_budgets(self) -> None:
        for space in self._workspaces.values():
            of_space: list[Snapshots] = []
            for run in dict.fromkeys(entry.run for entry in space.entries):
                _thin([run.frames], RUN_FRAMES)
                _thin([run.checkpoints], RUN_CHECKPOINTS)
                of_space += [run.frames, run.checkpoints]
            _thin(of_space, WORKSPACE)
        _thin([kept for run in self._everything() for kept in (run.frames, run.checkpoints)],
              SERVER)  # fmt: skip

    def _free_the_forgotten(self) -> None:
        now = self.clock()
        for owner, space in list(self._workspaces.items()):
            if now - space.touched >= FREED_AFTER:
                for entry in space.entries:
                    entry.hold()
                del self._workspaces[owner]
        # What a forgotten visitor shared lasts as long as somebody works with it.
        for source, (who, _) in list(self._shared.items()):
            used = any(space.data_of(source) for space in self._workspaces.values())
            if who not in self._workspaces and not used:
                del self._shared[source]


def _thin(kept: Iterable[Snapshots], budget: int) -> None:
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
