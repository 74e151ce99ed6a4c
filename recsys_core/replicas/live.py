"""A replica in a workspace: its cases as ordinary runs, in a group of their own."""

from __future__ import annotations

import dataclasses

from recsys_core.ratings import Ratings
from recsys_core.replicas.base import Case, Records, Replica
from recsys_core.runs import Run, Workspace


def group_of(replica: Replica) -> str:
    """The group a replica's runs belong to."""
    return f"Replica {replica.number}"


def start(workspace: Workspace, replica: Replica, ratings: Ratings) -> list[Run]:
    """One run for every case, playing as fast as possible, beside all else in the workspace.

    Earlier runs of the same replica are removed: a second click begins anew.
    """
    group = group_of(replica)
    for old in [run for run in workspace.runs if run.group == group]:
        workspace.remove(old)
    runs = []
    for case in replica.cases:
        name = f"Article {replica.number}: {case.title}"
        runs.append(workspace.new_run(case.experiment(ratings), name, group))
    for run in runs:
        run.set_speed(None)
        run.play()
    return runs


def runs_of(workspace: Workspace, replica: Replica, ratings: Ratings) -> dict[str, Run]:
    """The runs of a replica by case, found by experiment; empty before it is started."""
    group = group_of(replica)
    if not any(run.group == group for run in workspace.runs):
        return {}
    found = {
        key: workspace.run_of(experiment, group)
        for key, experiment in replica.experiments(ratings).items()
    }
    return {key: run for key, run in found.items() if run is not None}


def records(workspace: Workspace, replica: Replica, ratings: Ratings) -> Records | None:
    """What came of all cases; None while some are not finished, or were removed."""
    runs = runs_of(workspace, replica, ratings)
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
    frames = {moment.epoch: moment.thing for moment in run.frames}
    return {epoch: frames[epoch] for epoch in case.keep if epoch in frames}
