"""Runs of the benchmarks: which machine, day, versions and code a result belongs to.

A file of results holds runs, the newest last: ``{"data_set": …, "runs": [{"run": …, "lines":
[…]}]}``. Lines of different runs are kept apart, since times of two machines, or of one machine on
two days, say nothing about each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.peers import N_THREADS
from recsys_core.experiments.record import processor
from recsys_core.version import __version__

RESULTS = Path(__file__).parent / "results"
_ROOT = Path(__file__).parents[1]

# What a run is of, beside its day; a run is continued only where all of these are the same.
_SAME = ("processor", "cores", "threads", "versions", "code")

Run = dict[str, Any]  # {"run": about, "lines": […]}


def about() -> dict[str, Any]:
    """Return what identifies a run that begins now, with its ``id``."""
    now = datetime.now(UTC)
    return {
        "id": f"{now:%Y%m%dT%H%M%S}-{os.getpid()}",
        "date": f"{now:%Y-%m-%d}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": N_THREADS,
        "versions": {
            "factorscope": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("numpy", "numba", "scipy")},
        },
        "commit": _commit(),
        "code": _digest_of_code(),
    }


def _commit() -> str:
    """Return the commit; “unknown” where this is no checkout."""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        said = subprocess.check_output(command, cwd=_ROOT, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said.strip()


def _digest_of_code() -> str:
    """Return twelve hex digits that change with any line of code, committed or not."""
    digest = hashlib.sha256()
    for folder in ("recsys_core", "benchmarks"):
        for file in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(file.relative_to(_ROOT).as_posix().encode() + file.read_bytes())
    digest.update((_ROOT / "benchmarks" / "settings.json").read_bytes())
    return digest.hexdigest()[:12]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two descriptions are of the same machine, versions and code."""
    return all(one.get(name) == other.get(name) for name in _SAME)


def said(run: dict[str, Any]) -> str:
    """One line on a run, for the head of its table."""
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    parts = [f"run {run['id']}", run["date"], run["processor"], f"{run['threads']} threads"]
    parts += [versions] if versions else []
    return " · ".join([*parts, f"commit {run['commit']}"])


def read(file: Path) -> dict[str, Any]:
    """Read a file of results; one without runs where there is no such file yet."""
    return json.loads(file.read_text()) if file.is_file() else {"runs": []}


def keep(file: Path, facts: dict[str, Any], run: Run, key: tuple[str, ...] = ("name",)) -> None:
    """Write a run into a file of results, in place of what it measured again.

    An earlier part of the same run (its id) is replaced. Other runs stay, whole, as long as they
    have a line that no newer run has; lines are the same where ``key`` is. ``facts`` are written
    beside the runs.
    """
    earlier = [old for old in read(file)["runs"] if old["run"]["id"] != run["run"]["id"]]
    kept: list[Run] = []
    seen: set[tuple[Any, ...]] = set()
    for each in reversed([*earlier, run]):
        own = {tuple(line[name] for name in key) for line in each["lines"]}
        if own - seen:
            kept.insert(0, each)
        seen |= own
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**facts, "runs": kept}, indent=1, ensure_ascii=False)
    beside = file.with_suffix(".part")
    beside.write_text(text + "\n")
    beside.replace(file)  # at once: a run that is stopped leaves a whole file
