"""A replica in a workspace: its cases as ordinary runs, in a group of their own."""

from __future__ import annotations

import dataclasses

from recsys_core.ratings import Ratings
from recsys_core.replicas.base import Case, Records, Replica
from recsys_core.runs import Entry, Run, Workspace


def group_of(replica: Replica) -> str:
    """The group a replica's runs belong to."""
    return f"Replica {replica.number}"


def start(workspace: Workspace, replica: Replica, ratings: Ratings) -> list[Entry]:
    """One run for every case, trained at once, beside all else in the workspace.

    Earlier runs of the same replica are removed: a second click begins anew.
    """
    group = group_of(replica)
    for old in [entry for entry in workspace.entries if entry.group == group]:
        workspace.remove(old)
    entries = []
    for case in replica.cases:
        name = f"Article {replica.number}: {case.title}"
        entries.append(workspace.new_entry(case.experiment(ratings), name, group))
    for entry in entries:
        entry.train()
    return entries


def entries_of(workspace: Workspace, replica: Replica, ratings: Ratings) -> dict[str, Entry]:
    """The runs of a replica by case, found by experiment; empty before it is started."""
    group = group_of(replica)
    if not any(entry.group == group for entry in workspace.entries):
        return {}
    found = {
        key: workspace.entry_of(experiment, group)
        for key, experiment in replica.experiments(ratings).items()
    }
    return {key: entry for key, entry in found.items() if entry is not None}


def records(workspace: Workspace, replica: Replica, ratings: Ratings) -> Records | None:
    """What came of all cases; None while some are not finished, or were removed."""
    runs = {key: e.run for key, e in entries_of(workspace, replica, ratings).items()}
    if len(runs) < len(replica.cases) or any(r.status != "finished" for r in runs.values()):
        return None
    found = Records()
    for case in replica.cases:
        record = runs[case.key].record()
        if record is None:
            return None
        found[case.key] = dataclasses.replace(record, snapshots=_snapshots(case, runs[case.key]))
    return found


def _snapshots(case: Case, run: Run) -> dict:
    frames = {moment.epoch: moment.value for moment in run.frames}
    return {epoch: frames[epoch] for epoch in case.keep if epoch in frames}
