"""Runs: training that goes on by itself while people look at it, come back to it, and fork it."""

from recsys_core.runs.baselines import Baseline, Baselines
from recsys_core.runs.run import SPEEDS, Run, Status
from recsys_core.runs.workspaces import DataSet, Registry, Workspace, registry

__all__ = [
    "SPEEDS", "Baseline", "Baselines", "DataSet", "Registry", "Run", "Status", "Workspace",
    "registry",
]  # fmt: skip
