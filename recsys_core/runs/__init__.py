"""Runs: training that goes on by itself while people look at it, come back to it, and fork it."""

from recsys_core.runs.beginning import looks_like_counts, usual_model
from recsys_core.runs.run import SPEEDS, Run, Status
from recsys_core.runs.scores import Baseline, Baselines, Score
from recsys_core.runs.workspaces import Registry, Workspace, registry

__all__ = [
    "SPEEDS", "Baseline", "Baselines", "Registry", "Run", "Score", "Status", "Workspace",
    "looks_like_counts", "registry", "usual_model",
]  # fmt: skip
