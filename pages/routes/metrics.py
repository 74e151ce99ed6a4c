"""How the server is doing, as Prometheus reads it: numbers alone, of nobody in particular.

Streamlit's own are at /_stcore/metrics.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Literal, NamedTuple

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from pages.shared import session
from pages.shared.base_path import below
from recsys_core import rooms, runs
from recsys_core.runs import memory, past

ROUTE = below("/factorscope/metrics")


class Metric(NamedTuple):
    """A number with its name; a counter only grows, a gauge goes up and down."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str
    value: float


def metrics() -> Iterator[Metric]:
    """All numbers, as they are now."""
    registry = runs.registry()
    spaces, every = registry.workspaces(), registry.runs()
    yield Metric("sessions", "gauge", "Tabs that are open", session.n_sessions())
    yield Metric("workspaces", "gauge", "Browsers whose data and runs are in memory", len(spaces))
    yield Metric("workspaces_freed_total", "counter", "Browsers forgotten", registry.n_freed)
    yield Metric("runs", "gauge", "Runs in memory", len(every))
    training = sum(run.wants_training for run in every)
    yield Metric("runs_training", "gauge", "Runs that are being trained", training)
    sweeps = sum(sweep.busy for space in spaces for sweep in space.sweeps)
    yield Metric("sweeps_running", "gauge", "Sweeps that are being trained", sweeps)
    yield Metric("epochs_total", "counter", "Epochs trained in runs", registry.n_epochs)
    held = sum(h.frames.nbytes + h.checkpoints.nbytes for h in {run.history for run in every})
    yield Metric("snapshots_bytes", "gauge", "Models and checkpoints kept in memory", held)
    yield Metric("threads", "gauge", "Python's threads", threading.active_count())
    if (resident := memory.resident()) is not None:
        yield Metric("memory_bytes", "gauge", "Resident memory of the server", resident)
    if (here := rooms.in_use()) is not None:
        codes = here.desk.in_memory()
        members = sum(len(state.members) for code in codes if (state := here.desk.known(code)))
        yield Metric("rooms", "gauge", "Rooms somebody looked at lately", len(codes))
        yield Metric("room_members", "gauge", "Entries in these rooms", members)
    keeper = past.keeper()
    if keeper is not None:
        trouble = int(keeper.trouble is not None)
        yield Metric("database_trouble", "gauge", "1 while nothing can be written", trouble)


def _told() -> str:
    lines = []
    for name, kind, meaning, value in metrics():
        full = f"factorscope_{name}"
        lines += [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}", f"{full} {value}"]
    return "\n".join([*lines, ""])


async def told(_request: Request) -> Response:
    """Answer with all of them."""
    text = await to_thread.run_sync(_told)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
