"""Workspaces: what one browser has loaded, and the list of its runs."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from typing import Any

from recsys_core import escape, limits
from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment, usual_model
from recsys_core.experiments.experiment import SHARED
from recsys_core.experiments.sweep import Sweep
from recsys_core.models import Model
from recsys_core.models.base import described
from recsys_core.ratings import Ratings
from recsys_core.recipes import DATA, Recipe
from recsys_core.runs.jobs import Jobs
from recsys_core.runs.run import Run
from recsys_core.runs.shared import Shared
from recsys_core.runs.studies import Study
from recsys_core.runs.sweeps import SweepRun
from recsys_core.splits import Split
from recsys_core.text import Text


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
        """Choose the split of new runs on these ratings (None: the usual one); runs keep theirs.

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


class Entry:
    """A run in a browser's list.

    Attributes
    ----------
    id : what names it in the database.
    run : the Run, which others may watch, too.
    number : counts from 1 in the order of creation and is never given again: a View's name for it.
    name, color_index : what it is called; colours go by creation.
    group : "" for a person's own; else what it belongs to ("Replica 2").
    seen : when somebody last looked at it, on the registry's clock.
    came_back : it was trained in an earlier visit.
    """

    def __init__(self, run: Run, number: int, name: str, color_index: int, group: str) -> None:
        self.id = uuid.uuid4().hex
        self.run, self.number, self.name = run, number, name
        self.color_index, self.group = color_index, group
        self.seen = run.clock()
        self.came_back = False

    def train(self, until: int | None = None) -> None:
        """Have it trained up to an epoch (None: to its end)."""
        self.run.ask(self, until)

    @property
    def started(self) -> bool:
        """Whether this browser ever wanted it trained; others may have, meanwhile."""
        return self.came_back or self.run.wishes.of(self) > 0

    @property
    def training(self) -> bool:
        """Whether it is being trained because this browser wants it."""
        return self.run.wants_training and self.run.wishes.of(self) > self.run.epoch

    def hold(self) -> None:
        """Ask for no more training; it goes on if another browser asks for it."""
        self.run.ask(self, self.run.epoch)


def check_size(experiment: Experiment) -> None:
    """Refuse an experiment that asks for more factors or epochs than this server trains.

    Raises
    ------
    LimitError
        If it does.
    """
    asked: list[dict[str, Any]] = [
        dict(experiment.model.options),
        *(dict(fork.settings) for fork in experiment.forks),
    ]
    for setting, limit in (("n_factors", "k"), ("n_epochs", "epochs")):
        limits.check(limit, max(int(each.get(setting) or 0) for each in asked))


class Workspace:
    """What one browser works with: its data and its runs.

    Which of them is in view is no part of it: two tabs look at different things.

    Attributes
    ----------
    owner : the browser's name.
    ticket : a random text that its pages, and nobody else, are told: who has it may watch its runs.
    data : list of DataSet, in the order in which they were loaded.
    entries : list of Entry, in the order of creation; those of replicas among them.
    sweeps : list of SweepRun, in the order of creation.
    removed_sweeps : ids of those that were removed, until that is written.
    guest : what a new guest rated here, by source of the data: item index → rating.
    study : experiments that are trained for their numbers alone.
    jobs : other work about runs, done behind the page.
    forgotten : sources of data that were unloaded, and whose copies are to be deleted.
    """

    def __init__(self, owner: str, registry: Shared) -> None:
        self.owner = owner
        self.ticket = secrets.token_urlsafe(24)
        self.registry = registry
        self.data: list[DataSet] = []
        self.entries: list[Entry] = []
        self.sweeps: list[SweepRun] = []
        self.removed_sweeps: set[str] = set()
        self.guest: dict[Recipe, dict[int, float]] = {}
        self.study = Study(registry, registry.baselines)
        self.jobs = Jobs(registry)
        self.forgotten: set[Recipe] = set()
        self.touched = registry.clock()
        # Called with each data set that is loaded: runs on it may be waiting for it.
        self.after_load: Callable[[DataSet], None] | None = None
        self._n_created: dict[str, int] = {}  # by group

    # --- data -----------------------------------------------------------------------------------

    def load(self, ratings: Ratings, source: Recipe | None = None) -> DataSet:
        """Load ratings; loading the same ones again returns the existing entry.

        Of many data sets, those looked at longest ago that no run is on are let go.

        Raises
        ------
        LimitError
            If they are more than this visitor, or the server, may hold.
        """
        source = ratings.source if source is None else source
        # Made by name and in use elsewhere: one copy for all. An upload's are sorted.
        ratings = DATA.in_use(source) or Experiment(ratings).make_ratings()
        ratings = self.registry.one_copy(source, ratings)
        with self.registry.lock:
            found = self.data_of(source)
            if found is None:
                self._check_room_for(ratings)
            if found is None or (found.ratings.item_info is None and ratings.item_info is not None):
                self.data = [other for other in self.data if other is not found]
                found = DataSet(ratings, source, self.registry.clock())
                self.data = [*self.data, found]
            self.look_at(found)
            self.forgotten.discard(source)
            self._let_go_of_data()
        if self.after_load is not None:
            self.after_load(found)
        return found

    def _in_use(self) -> list[DataSet]:
        """The data that runs and sweeps are on."""
        used = {entry.run.experiment.data for entry in self.entries}
        used |= {sweep.sweep.experiment.data for sweep in self.sweeps}
        return [data for data in self.data if data.source in used]

    def _check_room_for(self, ratings: Ratings) -> None:
        """Refuse ratings for which there is no room, also once what is idle is let go."""
        stay = self._in_use()
        n_ratings = ratings.n_ratings + sum(data.ratings.n_ratings for data in stay)
        limits.check("data_sets_per_visitor", len(stay) + 1)
        limits.check("ratings_per_visitor", n_ratings)
        self.registry.check_room_for(ratings)

    def _let_go_of_data(self) -> None:
        used = self._in_use()
        idle = sorted((d for d in self.data if d not in used), key=lambda d: d.seen)
        most, most_ratings = limits.of("data_sets_per_visitor"), limits.of("ratings_per_visitor")
        for oldest in idle[:-1]:
            n_ratings = sum(data.ratings.n_ratings for data in self.data)
            if len(self.data) <= most and n_ratings <= most_ratings:
                return
            self._let_go(oldest)

    def data_of(self, source: Recipe) -> DataSet | None:
        """The loaded data of a source."""
        return next((data for data in self.data if data.source == source), None)

    def unload(self, data: DataSet) -> None:
        """Forget data, and runs and sweeps on them, for good; nobody else gets them any more."""
        self._let_go(data)
        self.forgotten.add(data.source)

    def _let_go(self, data: DataSet) -> None:
        for sweep in [s for s in self.sweeps if s.sweep.experiment.data == data.source]:
            self.remove_sweep(sweep)
        for entry in [e for e in self.entries if e.run.experiment.data == data.source]:
            self.remove(entry)
        self.study.forget(data.source)
        with self.registry.lock:
            self.guest.pop(data.source, None)
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

    def new_entry(self, experiment: Experiment, name: str | None = None, group: str = "") -> Entry:
        """An experiment as a run in this list; what others train already is watched with them.

        Raises
        ------
        MissingDataError
            If its ratings are not here.
        SettingsError, RatingsError
            If the model cannot start on them with its settings.
        LimitError
            If it is more than this server trains, or the list is full.
        """
        self._check_list(experiment)
        run = self.registry.run(self.owner, self.with_loaded_ratings(experiment))
        entry = self.listed(run, name or described(run.model, run.settings), group)
        if not run.model.has_epochs:
            entry.train()  # a single pass: there is nothing to choose a moment in
        return entry

    def fork(self, parent: Entry, epoch: int, **changed: Any) -> Entry:
        """A run that goes on from an epoch of another, with some settings changed.

        Where no checkpoint of that epoch is kept, the epochs since an earlier one are retraced
        before it goes on.

        Raises
        ------
        SettingsError
            If the settings do not exist, or do not fit the checkpoint (the number of factors);
            or the parent came from a file, which holds no checkpoint.
        LimitError
            If it is more than this server trains, or the list is full.
        """
        if parent.run.brought:
            raise SettingsError(
                Text("This model came from a file, which it cannot go on from; start a new run.")
            )
        epoch = min(max(int(epoch), 0), parent.run.epoch)
        experiment = parent.run.experiment.fork(epoch, **changed)
        self._check_list(experiment)
        run = self.registry.run(self.owner, experiment, parent.run, epoch)
        parts = [
            option.said(changed[option.name])
            for option in run.model.options()
            if changed.get(option.name) is not None
        ]
        name = ", ".join([described(run.model, run.settings), *parts, f"from epoch {epoch}"])
        return self.listed(run, name, parent.group)

    def _check_list(self, experiment: Experiment) -> None:
        """Refuse one more run if the list is full, or if it is more than this server trains."""
        limits.check("runs_per_visitor", len(self.entries) + 1)
        check_size(experiment)

    def listed(self, run: Run, name: str, group: str = "") -> Entry:
        """Put a run into this list, under a name that no other has."""
        taken = {other.name for other in self.entries}
        unique, same = name, 2
        while unique in taken:
            unique, same = f"{name} ({same})", same + 1
        with self.registry.lock:
            number = self.registry.next_number(self.owner)
            color_index = self._n_created.get(group, 0)
            self._n_created[group] = color_index + 1
            entry = Entry(run, number, unique, color_index, group)
            self.entries = [*self.entries, entry]
        self.registry.wake()
        return entry

    def put_back(
        self, run: Run, id: str, number: int, name: str, color_index: int, group: str
    ) -> Entry:
        """Enter a run that comes back, as it was in this list; a number that is taken changes."""
        with self.registry.lock:
            taken = {entry.number for entry in self.entries}
            if number in taken or number < 1:
                number = self.registry.next_number(self.owner)
            self.registry.numbers_from(self.owner, number)
            created = max(self._n_created.get(group, 0), color_index + 1)
            self._n_created[group] = created
            entry = Entry(run, number, name, color_index, group)
            entry.id, entry.came_back = id, run.epoch > 0
            self.entries = sorted([*self.entries, entry], key=lambda each: each.number)
        self.registry.wake()
        return entry

    def entry(self, number: int) -> Entry | None:
        """The entry of a number; None where it was removed."""
        return next((entry for entry in self.entries if entry.number == number), None)

    def entry_of(self, experiment: Experiment, group: str = "") -> Entry | None:
        """The latest run of an experiment; None where there is none."""
        return next(
            (
                entry
                for entry in reversed(self.entries)
                if entry.group == group and entry.run.experiment == experiment
            ),
            None,
        )

    def remove(self, entry: Entry) -> None:
        """Forget a run."""
        with self.registry.lock:
            started = entry.started
            entry.hold()
            self.jobs.stop(entry.run)
            self.entries = [other for other in self.entries if other is not entry]
            if not started and entry.color_index == self._n_created[entry.group] - 1:
                # It never trained: nobody will miss its colour.
                self._n_created[entry.group] -= 1

    def rename(self, entry: Entry, name: str) -> None:
        """Rename a run; a blank name changes nothing."""
        name = escape.one_line(name)[:80]
        entry.name = name if escape.is_seen(name) else entry.name

    # --- sweeps ---------------------------------------------------------------------------------

    def new_sweep(self, sweep: Sweep) -> SweepRun:
        """A sweep in this workspace, which waits for ``start``; one at a time runs.

        Raises
        ------
        MissingDataError
            If its ratings are not here.
        SettingsError
            If there is nothing to judge it by.
        MissingPackageError
            If Optuna is to choose, and is not installed.
        LimitError
            If it has more trials than one may have, or as many sweeps run as may.
        """
        limits.check("trials_per_sweep", sweep.n_trials)
        self.registry.check_sweeps(self.sweeps)
        held = self.with_loaded_ratings(sweep.experiment)
        sweep = sweep.with_ratings(held.make_ratings())
        with self.registry.lock:
            number = max((each.number for each in self.sweeps), default=0) + 1
            fresh = SweepRun(self.registry, sweep, number)
            for other in self.sweeps:
                other.stop()
            self.registry.note_sweep(fresh)
            self.sweeps = [*self.sweeps, fresh]
        return fresh

    def add_sweep(self, sweep: SweepRun) -> None:
        """List a sweep that comes back from where it was kept."""
        with self.registry.lock:
            self.registry.note_sweep(sweep)
            self.sweeps = sorted([*self.sweeps, sweep], key=lambda each: each.number)

    def sweep(self, number: int) -> SweepRun | None:
        """The sweep of a number; None where it was removed."""
        return next((each for each in self.sweeps if each.number == number), None)

    def remove_sweep(self, sweep: SweepRun) -> None:
        """Forget a sweep."""
        sweep.stop()
        with self.registry.lock:
            self.sweeps = [other for other in self.sweeps if other is not sweep]
            self.removed_sweeps.add(sweep.id)

    # --- what was looked at last ----------------------------------------------------------------

    def look_at(self, seen: DataSet | Entry) -> None:
        """Note that somebody looks at this now, so that a new tab begins there."""
        seen.seen = self.registry.clock()

    @property
    def latest(self) -> DataSet | Entry | None:
        """What was looked at last, data or a run; None in an empty workspace."""
        everything: list[DataSet | Entry] = [*self.data, *self.entries]
        return max(everything, key=lambda each: each.seen, default=None)

    @property
    def busy(self) -> bool:
        """Whether any run has something going on."""
        return any(entry.run.busy for entry in self.entries) or any(s.busy for s in self.sweeps)
