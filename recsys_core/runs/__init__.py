"""Runs: training in the background, which people watch, return to and fork."""

from recsys_core.runs.baselines import Baseline, Baselines
from recsys_core.runs.playback import SPEEDS
from recsys_core.runs.registry import Registry, registry
from recsys_core.runs.run import Run, Status
from recsys_core.runs.sweeps import SweepRun
from recsys_core.runs.workspaces import DataSet, Entry, Workspace

__all__ = [
    "SPEEDS", "Baseline", "Baselines", "DataSet", "Entry", "Registry", "Run", "Status",
    "SweepRun",
    "Workspace", "registry",
]  # fmt: skip
