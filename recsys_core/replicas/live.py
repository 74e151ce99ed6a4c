"""A replica in a workspace: its cases as ordinary runs, watched like any other."""

from __future__ import annotations

from recsys_core.ratings import Ratings
from recsys_core.replicas.base import Case, Outcome, Outcomes, Replica
from recsys_core.runs import Run, Workspace


def name_of(replica: Replica, case: Case) -> str:
    """What a case's run is called."""
    return f"Article {replica.number}: {case.title}"


def start(workspace: Workspace, replica: Replica, ratings: Ratings) -> list[Run]:
    """One run for every case, playing as fast as possible; the article's own comes into view.

    Earlier runs of the same replica are removed: a second click begins anew.
    """
    for old in runs_of(workspace, replica).values():
        workspace.remove(old)
    splits = {case.split: case.split(ratings) for case in replica.cases}
    runs = []
    for case in replica.cases:
        split = splits[case.split]
        if workspace.split is not split:
            workspace.set_data(ratings, split)
        runs.append(workspace.new_run(case.model(split.train), name_of(replica, case)))
    for run in runs:
        run.set_speed(None)
        run.play()
    workspace.select(runs[0])
    return runs


def runs_of(workspace: Workspace, replica: Replica) -> dict[str, Run]:
    """The runs of a replica by case; empty before it is started."""
    by_name = {run.name: run for run in workspace.runs}
    found = {case.key: by_name.get(name_of(replica, case)) for case in replica.cases}
    return {key: run for key, run in found.items() if run is not None}


def outcomes(workspace: Workspace, replica: Replica) -> Outcomes | None:
    """What came of all cases; None while some are not finished, or were removed."""
    runs = runs_of(workspace, replica)
    if len(runs) < len(replica.cases) or any(r.status != "finished" for r in runs.values()):
        return None
    return {case.key: _outcome(case, runs[case.key]) for case in replica.cases}


def _outcome(case: Case, run: Run) -> Outcome:
    frames = {moment.epoch: moment.thing for moment in run.frames}
    predictor = run.predictor if case.ours else frames[run.epoch]
    kept = {epoch: frames[epoch] for epoch in case.keep if epoch in frames}
    return Outcome(case, run.split, predictor, run.epochs, kept)
