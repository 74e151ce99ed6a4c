"""Every browser's workspace, and the one worker that trains their runs in turn.

The worker gives each run a slice of at most 50 ms, so that thirty students on one laptop all see
their curves move; it sleeps until the next epoch is due, and an idle server costs nothing.
"""

from __future__ import annotations

import functools
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from recsys_core.experiments import Experiment, usual_model
from recsys_core.experiments.experiment import SHARED
from recsys_core.models import Model
from recsys_core.models.base import described
from recsys_core.ratings import Ratings
from recsys_core.recipes import DATA, Recipe
from recsys_core.runs.baselines import Baselines
from recsys_core.runs.kept import Kept
from recsys_core.runs.run import Run
from recsys_core.splits import Split

log = logging.getLogger("factorscope")

MIB = 1 << 20
# A run keeps predictors to look back at, and fewer checkpoints to fork from.
RUN_FRAMES, RUN_CHECKPOINTS = 48 * MIB, 16 * MIB
WORKSPACE, SERVER = 256 * MIB, 1024 * MIB

# 60 random bits: nobody finds shared data by trying codes.
_CODE_BYTES, _CODE_LENGTH = 9, 10

# Data sets, and ratings, one workspace holds; beyond, idle ones are let go.
_MOST_DATA, _MOST_RATINGS = 12, 30_000_000

# A workspace is freed this long after anybody last looked, in seconds.
FREED_AFTER = 15 * 60.0

_SLICE = 0.05
_ROUND = 0.5  # all runs together are visited about this often; slices shrink when there are many


class DataSet:
    """Ratings loaded in a workspace, and the split chosen for new runs on them.

    Attributes
    ----------
    ratings : the Ratings; an upload's are sorted by label, as experiments take them.
    source : the recipe by which a link names them.
    split : the Split chosen last.
    seen : when somebody last looked at it, on the registry's clock.
    """

    split: Split

    def __init__(self, ratings: Ratings, source: Recipe, seen: float) -> None:
        self.ratings, self.source, self.seen = ratings, source, seen
        self.choose(None)

    def choose(self, split: Recipe | Split | str | dict[str, Any] | None) -> None:
        """Divide them in another way from now on (None: as is usual); runs keep their split.

        Of a Split the recipe is taken.

        Raises
        ------
        SettingsError
            If these ratings cannot be divided so.
        """
        self.split = Experiment(self.source, split).with_ratings(self.ratings).make_split()

    def experiment(self, model: Model | None = None) -> Experiment:
        """A model on these ratings and the split chosen; None: the usual model."""
        model = usual_model(self.ratings) if model is None else model
        return Experiment(self.source, self.split, model).with_ratings(self.ratings)


class Workspace:
    """What one browser works with: its data and its runs.

    Which of them is in view is no part of it: two tabs look at different things.

    Attributes
    ----------
    owner : the browser's name.
    data : list of DataSet, in the order in which they were loaded.
    runs : list of Run, in the order of creation; those of replicas among them (``Run.group``).
    """

    def __init__(self, owner: str, registry: Registry) -> None:
        self.owner = owner
        self.registry = registry
        self.data: list[DataSet] = []
        self.runs: list[Run] = []
        self.touched = registry.clock()
        self._n_created: dict[str, int] = {}  # by group

    # --- data -----------------------------------------------------------------------------------

    def load(self, ratings: Ratings, source: Recipe | None = None) -> DataSet:
        """Take ratings in; the same ones again give the entry there is.

        Of many data sets, those looked at longest ago that no run is on are let go.
        """
        source = ratings.source if source is None else source
        # Made by name and in use elsewhere: one copy for all. An upload's are sorted.
        ratings = DATA.in_use(source) or Experiment(ratings).make_ratings()
        with self.registry.lock:
            found = self.data_of(source)
            if found is None or (found.ratings.item_info is None and ratings.item_info is not None):
                self.data = [other for other in self.data if other is not found]
                found = DataSet(ratings, source, self.registry.clock())
                self.data = [*self.data, found]
            self.look_at(found)
            self._let_go_of_data()
        return found

    def _let_go_of_data(self) -> None:
        used = {run.experiment.data for run in self.runs}
        idle = sorted((d for d in self.data if d.source not in used), key=lambda d: d.seen)
        for oldest in idle[:-1]:
            n_ratings = sum(data.ratings.n_ratings for data in self.data)
            if len(self.data) <= _MOST_DATA and n_ratings <= _MOST_RATINGS:
                return
            self.unload(oldest)

    def data_of(self, source: Recipe) -> DataSet | None:
        """The loaded data of a source."""
        return next((data for data in self.data if data.source == source), None)

    def unload(self, data: DataSet) -> None:
        """Forget data, and all runs on them; nobody else gets them any more."""
        for run in [run for run in self.runs if run.experiment.data == data.source]:
            self.remove(run)
        with self.registry.lock:
            self.data = [other for other in self.data if other is not data]
            self.registry.unshare(self.owner, data.ratings)

    def with_loaded_ratings(self, experiment: Experiment) -> Experiment:
        """Attach the ratings that an experiment names, as far as this visitor may have them.

        Uploads are looked for in this workspace alone: a link never gives data away.

        Raises
        ------
        MissingDataError
            If they are not here.
        """
        if experiment.ratings_held is not None:
            return experiment
        found = self.data_of(experiment.data)
        if found is not None:
            return experiment.with_ratings(found.ratings)
        if experiment.data.name == SHARED:
            return experiment.with_ratings(self.registry.shared(experiment.data))
        experiment.make_ratings()
        return experiment

    # --- runs -----------------------------------------------------------------------------------

    def new_run(self, experiment: Experiment, name: str | None = None, group: str = "") -> Run:
        """An experiment as a run, paused at epoch 0.

        Raises
        ------
        MissingDataError
            If its ratings are not here.
        SettingsError, RatingsError
            If the model cannot start on them with its settings.
        """
        experiment = self.with_loaded_ratings(experiment)
        run = Run(
            self,
            experiment,
            self._n_created.get(group, 0),
            self._baselines(experiment.make_split()),
            group,
        )
        return self._welcome(run, name or described(run.model, run.settings))

    def fork(self, parent: Run, epoch: int, **changed: Any) -> Run:
        """A run that goes on from an epoch of another; see ``Run.fork``."""
        epoch = min(max(int(epoch), 0), parent.epoch)
        experiment = parent.experiment.fork(epoch, **changed)
        number = self._n_created.get(parent.group, 0)
        run = Run(self, experiment, number, parent.baselines, parent.group, parent, epoch)
        return self._welcome(run, f"{described(run.model, run.settings)}, from epoch {epoch}")

    def _baselines(self, split: Split) -> Baselines:
        """Those of a split, shared by all runs on it."""
        of_others = (run.baselines for run in self.runs if run.split is split)
        return next(of_others, None) or Baselines(split)

    def _welcome(self, run: Run, name: str) -> Run:
        taken = {other.name for other in self.runs}
        run.name, number = name, 2
        while run.name in taken:
            run.name, number = f"{name} ({number})", number + 1
        self._n_created[run.group] = run.color_index + 1
        with self.registry.lock:
            self.runs = [*self.runs, run]
        self.registry.wake()
        return run

    def run_of(self, experiment: Experiment, group: str = "") -> Run | None:
        """The latest run of an experiment; None where there is none."""
        found = (r for r in reversed(self.runs) if r.group == group and r.experiment == experiment)
        return next(found, None)

    def remove(self, run: Run) -> None:
        """Forget a run."""
        with self.registry.lock:
            run.pause()
            self.runs = [other for other in self.runs if other is not run]
            if run.epoch == 0 and run.color_index == self._n_created[run.group] - 1:
                self._n_created[run.group] -= 1  # it never trained: nobody will miss its colour

    def rename(self, run: Run, name: str) -> None:
        """Call a run something else; a blank name changes nothing."""
        run.name = name.strip()[:80] or run.name

    # --- what was looked at last ----------------------------------------------------------------

    def look_at(self, seen: DataSet | Run) -> None:
        """Note that somebody looks at this now, so that a new tab begins there."""
        seen.seen = self.registry.clock()

    @property
    def latest(self) -> DataSet | Run | None:
        """What was looked at last, data or a run; None in an empty workspace."""
        everything: list[DataSet | Run] = [*self.data, *self.runs]
        return max(everything, key=lambda each: each.seen, default=None)

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
        self._shared: dict[Recipe, tuple[str, Ratings]] = {}  # by code: whose, and which

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

    # --- workspaces and the worker --------------------------------------------------------------

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
        # What a forgotten visitor shared lasts as long as somebody works with it.
        for source, (who, _) in list(self._shared.items()):
            used = any(space.data_of(source) for space in self._workspaces.values())
            if who not in self._workspaces and not used:
                del self._shared[source]


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
