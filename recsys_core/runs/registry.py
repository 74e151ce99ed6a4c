"""The registry: every browser's workspace, all runs, and the one worker that trains them in turn.

The worker gives each visitor a share of each round (``turns``), so that thirty students on one
laptop all see their curves move; it sleeps while nobody wants anything trained, and an idle server
costs nothing.
"""

from __future__ import annotations

import functools
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from weakref import WeakValueDictionary

from recsys_core.ratings import Ratings
from recsys_core.runs.run import Run
from recsys_core.runs.shared import Shared
from recsys_core.runs.snapshots import Snapshots
from recsys_core.runs.turns import Turns, Work
from recsys_core.runs.workspaces import Workspace

MIB = 1 << 20
# A run keeps fitted models to look back at, and checkpoints to fork from (what these hold beside).
RUN_FRAMES, RUN_CHECKPOINTS = 48 * MIB, 16 * MIB
WORKSPACE, SERVER = 256 * MIB, 384 * MIB

# A workspace is freed this long after anybody last looked, in seconds.
FREED_AFTER = 15 * 60.0


class _Opening:
    """Held while a workspace is made."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Registry(Shared):
    """All workspaces of the server; in a turn, each busy run trains for a short time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, threaded: bool = True) -> None:
        super().__init__(clock, threaded)
        self._workspaces: dict[str, Workspace] = {}
        self._turns = Turns(clock)
        self._opening: WeakValueDictionary[str, _Opening] = WeakValueDictionary()
        # Fills a new workspace with what is kept of its owner; None where nothing is kept.
        self.fill: Callable[[Workspace], None] | None = None
        self.n_freed = 0  # workspaces, since the start

    def workspace(self, owner: str) -> Workspace:
        """The workspace of a browser, made when it is first asked for; asking keeps it alive."""
        # A page asks a hundred times, and should not wait each time for the worker to be done.
        found = self._workspaces.get(owner)
        if found is not None:
            found.touched = self.clock()
            if self._workspaces.get(owner) is found:  # and was not forgotten just now
                return found
        # It is there for others only once it is filled, and is filled once.
        with self.lock:
            opening = self._opening.setdefault(owner, _Opening())
        with opening.lock:
            found = self._workspaces.get(owner)
            if found is None:
                found = Workspace(owner, self)
                if self.fill is not None:
                    self.fill(found)
            with self.lock:
                self._workspaces[owner] = found
                self.wake()  # it frees what is forgotten, also where nothing is ever trained
                found.touched = self.clock()
                return found

    def workspaces(self) -> list[Workspace]:
        """All that are in memory."""
        with self.lock:
            return list(self._workspaces.values())

    def loaded(self) -> list[Ratings]:
        """The ratings that anybody has loaded."""
        return [data.ratings for space in self.workspaces() for data in space.data]

    def of_ticket(self, ticket: str) -> Workspace | None:
        """The workspace of a ticket, kept alive; None where there is none such."""
        asked = ticket.encode(errors="replace")
        with self.lock:
            for space in self._workspaces.values():
                if secrets.compare_digest(space.ticket.encode(), asked):
                    space.touched = self.clock()
                    return space
        return None

    def __len__(self) -> int:
        return len(self._workspaces)

    def turn(self) -> float | None:
        """One round of the worker; returns when it is next needed (on its clock), or None: never.

        A run that fails is marked so and harms no other.
        """
        self._turns.round(self._wanted())
        with self.lock:
            self._keep_within_budgets()
            self._free_the_forgotten()
            forgotten = [space.touched + FREED_AFTER for space in self._workspaces.values()]
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
        if self._wanted():
            return self.clock()
        return min(forgotten, default=None)

    def _wanted(self) -> dict[str, list[Work]]:
        """By visitor, what is to be worked on: their runs, sweeps, studies and jobs."""
        spaces = self._spaces()
        wanted: dict[str, list[Work]] = {}
        for space in spaces:
            things: list[Work] = [
                entry.run
                for entry in space.entries
                # A run that somebody else has trained is nothing this visitor waits for.
                if entry.run.busy and (entry.training or not entry.run.wants_training)
            ]
            things += [sweep for sweep in space.sweeps if sweep.busy]
            things += [each for each in (space.study, space.jobs) if each.busy]
            if things:
                wanted[space.owner] = list(dict.fromkeys(things))
        return wanted

    def runs(self) -> list[Run]:
        """All runs in somebody's list, each once."""
        with self.lock:
            entries = [e for space in self._workspaces.values() for e in space.entries]
        return list(dict.fromkeys(entry.run for entry in entries))

    def _spaces(self) -> list[Workspace]:
        with self.lock:
            return list(self._workspaces.values())

    def _keep_within_budgets(self) -> None:
        for space in self._workspaces.values():
            of_space: list[Snapshots] = []
            # Of its history: a run that came back and is not looked at holds nothing yet.
            for history in dict.fromkeys(entry.run.history for entry in space.entries):
                _thin([history.frames], RUN_FRAMES)
                _thin([history.checkpoints], RUN_CHECKPOINTS)
                of_space += [history.frames, history.checkpoints]
            _thin(of_space, WORKSPACE)
        histories = [run.history for run in self.runs()]
        _thin([kept for h in histories for kept in (h.frames, h.checkpoints)], SERVER)

    def _free_the_forgotten(self) -> None:
        now = self.clock()
        for owner, space in list(self._workspaces.items()):
            if now - space.touched >= FREED_AFTER:
                for entry in space.entries:
                    entry.hold()
                for sweep in space.sweeps:
                    sweep.stop()
                del self._workspaces[owner]
                self.n_freed += 1
        # What a forgotten visitor shared lasts as long as somebody works with it.
        for source, (who, _) in list(self._shared.items()):
            used = any(space.data_of(source) for space in self._workspaces.values())
            if who not in self._workspaces and not used:
                del self._shared[source]


def _thin(kept: Iterable[Snapshots], budget: int) -> None:
    """Thin the largest, again and again, until all fit into the budget (or nothing is left)."""
    every = list(kept)
    left = list(every)
    # Summed anew each time: what one lets go another may still hold, and counts from then on.
    while left and sum(k.nbytes for k in every) > budget:
        largest = max(left, key=lambda k: k.nbytes)
        if not largest.thin():
            left.remove(largest)


@functools.cache
def registry() -> Registry:
    """The registry of this server."""
    return Registry()
