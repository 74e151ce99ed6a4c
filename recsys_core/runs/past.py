"""Coming back: a workspace is filled again with what is kept of its owner.

    keeper = past.install(url)                     # once, when the server starts
    past.bring_back(workspace, run_id)             # a kept run that is not in the list
    past.waiting(workspace)                        # runs whose file has to be brought first

Only the runs of the last visit are entered again, with their numbers alone; models are read, or
trained again, when somebody looks at them (``Run.awaken``).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recsys_core.errors import (
    FactorscopeError,
    MissingDataError,
    MissingRunError,
    StoreError,
)
from recsys_core.experiments import Experiment
from recsys_core.experiments.experiment import SHARED
from recsys_core.experiments.store import KeptData, KeptRun, Store, data_key, url_in_use
from recsys_core.models import checkpoints
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.recipes import DATA
from recsys_core.runs.before import Before, Kept
from recsys_core.runs.keeping import Keeper, ratings_of
from recsys_core.runs.registry import Registry, registry
from recsys_core.runs.workspaces import DataSet, Entry, Workspace
from recsys_core.text import Text
from recsys_core.training import Epoch

log = logging.getLogger("factorscope")

# Data sets that come back at once; larger ones come a little later, in a thread of their own.
_AT_ONCE = 2_000_000

# Runs of the last visit that are entered again; the others are among the kept runs.
MOST_ENTERED = 100

_keeper: Keeper | None = None


class Waiting(NamedTuple):
    """A run of the last visit that is not here, and what it needs."""

    run: KeptRun
    sentence: Text


def install(
    url: str | None = None, of: Registry | None = None, threaded: bool = True
) -> Keeper | None:
    """Keep what is in a registry (the server's) from now on, and fill its workspaces again.

    ``url`` None is the database in use; where nothing is to be kept, None is returned.
    """
    global _keeper
    url, of = url or url_in_use(), registry() if of is None else of
    if url is None:
        return None
    keeper = Keeper(of, url, threaded=threaded)
    keeper.filler = functools.partial(fill, keeper)
    of.fill = keeper.fill
    keeper.start()
    _keeper = keeper
    return keeper


def uninstall() -> None:
    """Write what is left, and keep nothing more."""
    global _keeper
    if _keeper is not None:
        _keeper.registry.fill = None
        _keeper.close()
    _keeper = None


def keeper() -> Keeper | None:
    """The Keeper of this server; None where nothing is kept."""
    return _keeper


def _in_use() -> tuple[Keeper, Store]:
    if _keeper is None or _keeper.store is None:
        raise StoreError(
            Text("Nothing is kept on this server.")
            if _keeper is None or _keeper.trouble is None
            else _keeper.trouble
        )
    return _keeper, _keeper.store


# --- filling a workspace --------------------------------------------------------------------------


def fill(keeper: Keeper, workspace: Workspace) -> None:
    """Enter again what an owner worked with: data sets, and the runs of the last visit.

    Raises
    ------
    StoreError
        If the database cannot be read.
    """
    store, owner = keeper.store, workspace.owner
    assert store is not None
    workspace.registry.numbers_from(owner, store.last_number(owner))
    loaded = [data for data in store.data_of(owner) if data.listed]
    kept = store.runs(owner, listed=True, sort="changed", limit=MOST_ENTERED)
    keeper.waiting[owner] = kept
    workspace.after_load = functools.partial(_enter_waiting, keeper, workspace)
    later = [data for data in loaded if data.counts.get("n_ratings", 0) > _AT_ONCE]
    for data in reversed([data for data in loaded if data not in later]):  # the last seen last
        _load_again(keeper, workspace, data)
    if later:
        threading.Thread(
            target=lambda: [_load_again(keeper, workspace, data) for data in later],
            name="coming back", daemon=True,
        ).start()  # fmt: skip


def _load_again(keeper: Keeper, workspace: Workspace, data: KeptData) -> DataSet | None:
    """Load a data set that was kept, or is made by name; None where it is not here."""
    with contextlib.suppress(FactorscopeError):
        found = workspace.data_of(data.source)
        if found is not None:
            return found
        ratings = _ratings(keeper, data)
        if ratings is None:
            return None
        keeper.know_data(data)
        # The split first: loading enters the runs that wait.
        entering, workspace.after_load = workspace.after_load, None
        try:
            found = workspace.load(ratings, data.source)
            if data.split:
                with contextlib.suppress(FactorscopeError):  # of another version
                    found.choose(dict(data.split))
        finally:
            workspace.after_load = entering
        if entering is not None:
            entering(found)
        return found
    return None


def _ratings(keeper: Keeper, data: KeptData) -> Ratings | None:
    """The ratings of a data set as they were; None where they are not here."""
    if data.source.name == SHARED:
        return keeper.registry.shared(data.source)
    if data.source.name != UPLOAD:
        return DATA.make(data.source)
    assert keeper.store is not None
    arrays = keeper.store.arrays(data.owner, data.fingerprint) if data.kept else None
    if arrays is None:
        return None
    try:
        found = ratings_of(arrays)
    except (ValueError, KeyError, TypeError):
        found = None
    if found is None or found.source != data.source:
        log.error("The kept ratings %s are damaged.", data.fingerprint)
        return None
    return found


def _enter_waiting(keeper: Keeper, workspace: Workspace, data: DataSet) -> None:
    """Enter the runs of the last visit that were waiting for these ratings."""
    key, owner = data_key(data.source), workspace.owner
    here = [run for run in keeper.waiting.get(owner, []) if run.data == key]
    if here:
        keeper.waiting[owner] = [run for run in keeper.waiting[owner] if run.data != key]
        with contextlib.suppress(StoreError):
            _enter(keeper, workspace, here, data.ratings)


def _enter(
    keeper: Keeper, workspace: Workspace, kept: Sequence[KeptRun], ratings: Ratings
) -> list[Entry]:
    """Enter runs on ratings that are here; one that this version cannot say is left out."""
    store = keeper.store
    assert store is not None
    epochs = store.epochs_of([run.course for run in kept])
    experiments = store.experiments(run.experiment for run in kept)
    sizes = store.artefact_epochs([run.course for run in kept])
    found = []
    for each in sorted(kept, key=lambda run: run.number):
        experiment, of_it = experiments.get(each.experiment), epochs.get(each.course)
        if experiment is None or not of_it:
            continue
        with contextlib.suppress(FactorscopeError):
            if experiment.data.name != SHARED:
                experiment = experiment.with_ratings(ratings)
            of_it = of_it[: each.epoch + 1]
            run = workspace.registry.run(
                workspace.owner, experiment, before=_before(store, each, of_it)
            )
            if run.course == each.course:
                kinds = sizes.get(each.course, {})
                keeper.know(each, len(of_it), kinds.get("model"), kinds.get("checkpoint"))
            found.append(
                workspace.put_back(
                    run, each.id, each.number, each.name, each.color_index, each.belongs_to
                )
            )
    return found


def _before(store: Store, kept: KeptRun, epochs: list[Epoch]) -> Before:
    def load(train: Ratings) -> Kept:
        return _load(store, kept, train)

    return Before(
        course=kept.course,
        epochs=epochs,
        best_epoch=kept.best_epoch if kept.best_epoch is not None
        and kept.best_epoch < len(epochs) else None,
        settings=kept.facts.get("settings", {}),
        n_epochs=kept.n_epochs,
        finished=kept.status == "finished",
        early=bool(kept.facts.get("early")),
        interrupted=kept.status in ("training", "interrupted"),
        message=str(kept.facts.get("message", "")),
        load=load,
    )  # fmt: skip


def _load(store: Store, kept: KeptRun, train: Ratings) -> Kept:
    """Model and checkpoint; what is damaged, or does not fit together, is trained again."""
    model = checkpoint = None
    try:
        found = store.artefact(kept.course, "model")
        if found is not None:
            model = checkpoints.fitted_of(found.data, train)
            of_epoch = found.epoch
        found = store.artefact(kept.course, "checkpoint")
        if found is not None and found.epoch <= kept.epoch:
            checkpoint = checkpoints.checkpoint_of(found.data, train)
            best = checkpoint.position["best_epoch"]
            if best is not None and (model is None or of_epoch != best):
                checkpoint = None
            elif best is not None:
                position = {**checkpoint.position, "best": model}
                checkpoint = dataclasses.replace(checkpoint, position=position)
        if model is not None and kept.best_epoch not in (None, of_epoch):
            model = None
    except FactorscopeError as error:
        log.warning("%s", error)
        return Kept()
    return Kept(model, checkpoint)


# --- what pages ask -------------------------------------------------------------------------------


def waiting(workspace: Workspace) -> list[Waiting]:
    """Runs of the last visit that are not in the list, each with what it needs.

    Raises
    ------
    StoreError
        If the database cannot be used.
    """
    found = [] if _keeper is None else _keeper.waiting.get(workspace.owner, [])
    return [Waiting(run, _needs(workspace, run)) for run in found]


def _needs(workspace: Workspace, run: KeptRun) -> Text:
    """Which file, or which data, a run needs."""
    keeper, store = _in_use()
    data = next((d for d in store.data_of(workspace.owner) if d.fingerprint == run.data), None)
    if data is None or data.source.name == UPLOAD:
        n = 0 if data is None else data.counts.get("n_ratings", 0)
        return Text(
            "“{run}” was trained on your file “{name}” ({n:,} ratings), which was not kept: bring "
            "the same file again on Data, and the run is whole.",
            run=run.name, name=run.data_name, n=n,
        )  # fmt: skip
    if data.source.name == SHARED:
        return Text(
            "“{run}” was trained on “{name}”, which somebody shared on this server and which is "
            "no longer shared.",
            run=run.name, name=run.data_name,
        )  # fmt: skip
    return Text(
        "“{run}” was trained on “{name}”, which is not loaded: load it on Data.",
        run=run.name, name=run.data_name,
    )  # fmt: skip


def bring_back(workspace: Workspace, id: str) -> Entry:
    """Enter a kept run of this owner in the list, or return the entry that it has there.

    Raises
    ------
    StoreError
        If the database cannot be read.
    MissingRunError
        If there is no such run.
    MissingDataError
        If its ratings are not here; the text names the file.
    """
    found = next((entry for entry in workspace.entries if entry.id == id), None)
    if found is not None:
        return found
    keeper, store = _in_use()
    run = store.run(id)
    if run is None or run.owner != workspace.owner:
        raise MissingRunError(Text("There is no such run any more; look at the list again."))
    data = next((d for d in store.data_of(workspace.owner) if d.fingerprint == run.data), None)
    loaded = None
    if data is not None:
        loaded = _load_again(keeper, workspace, data)
    else:  # made by name, by the command line for example
        with contextlib.suppress(FactorscopeError):
            experiment = store.experiment(run.experiment)
            loaded = workspace.load(experiment.make_ratings(), experiment.data)
    if loaded is None:
        raise MissingDataError(_needs(workspace, run))
    entered = _enter(keeper, workspace, [run], loaded.ratings)
    if not entered:
        raise MissingRunError(
            Text("“{name}” was kept by another version and cannot be read.", name=run.name)
        )
    workspace.look_at(entered[0])
    return entered[0]


def entry_of(workspace: Workspace, id: str) -> Entry | None:
    """The entry of a kept run that is in the list; None where it is not."""
    return next((entry for entry in workspace.entries if entry.id == id), None)


def set_words(
    workspace: Workspace,
    id: str,
    *,
    name: str | None = None,
    note: str | None = None,
    tags: Iterable[str] | None = None,
    pinned: bool | None = None,
) -> None:
    """Change what a person writes of a run, in the list and in the database; None: as it is.

    Raises
    ------
    StoreError
        If the database cannot be used.
    """
    keeper, _ = _in_use()
    entry = entry_of(workspace, id)
    if entry is not None and name is not None:
        workspace.rename(entry, name)
    tags = None if tags is None else tuple(tags)
    keeper.do(lambda store: store.set_words(id, name=name, note=note, tags=tags, pinned=pinned))


def _own(workspace: Workspace, store: Store, ids: Sequence[str]) -> list[str]:
    """Those of the ids that are of this owner's runs."""
    return [run.id for id in ids if (run := store.run(id)) and run.owner == workspace.owner]


def delete(workspace: Workspace, ids: Sequence[str]) -> None:
    """Delete kept runs, which ``undo`` brings back; those in the list are taken out of it.

    Raises
    ------
    StoreError
        If the database cannot be used.
    """
    keeper, store = _in_use()
    mine = _own(workspace, store, ids)
    for id in mine:
        entry = entry_of(workspace, id)
        if entry is not None:
            workspace.remove(entry)
    keeper.do(lambda store: store.delete(mine))


def undo(workspace: Workspace, ids: Sequence[str]) -> None:
    """Bring deleted runs back among the kept ones.

    Raises
    ------
    StoreError
        If the database cannot be used.
    """
    keeper, store = _in_use()
    mine = _own(workspace, store, ids)
    keeper.do(lambda store: store.undo(mine))


def forget(workspace: Workspace) -> None:
    """Forget everything of an owner: in the database for good, and in memory."""
    for entry in list(workspace.entries):
        workspace.remove(entry)
    for data in list(workspace.data):
        workspace.unload(data)
    workspace.guest.clear()
    if _keeper is not None:
        _keeper.forget(workspace.owner)


def experiment_of(run: KeptRun) -> Experiment:
    """The experiment of a kept run, without ratings.

    Raises
    ------
    StoreError, MissingRunError, LinkError
        If it cannot be read.
    """
    return _in_use()[1].experiment(run.experiment)
