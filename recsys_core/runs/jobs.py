"""Work that somebody asks for beside a run's training, done in the worker's slices, with a stop.

A job is a generator that yields the share that is done, from 0 to 1, every few hundredths of a
second, and returns what it comes to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Hashable
from typing import Any
from weakref import WeakKeyDictionary

from recsys_core.errors import FactorscopeError
from recsys_core.runs.run import Run
from recsys_core.runs.worker import Worker
from recsys_core.text import Text

# Results kept of one run; of more, the oldest are let go.
_MOST_KEPT = 32

log = logging.getLogger("factorscope")

Job = Generator[float, None, Any]


class Jobs:
    """The jobs that one browser wants done, one after the other, and what came of them.

    A result lasts as long as the run that it is about.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._wanted: list[tuple[Run, Hashable, Callable[[], Job]]] = []
        self._steps: Job | None = None  # of the first that is wanted
        self._share = 0.0
        self._done: WeakKeyDictionary[Run, dict[Hashable, Any]] = WeakKeyDictionary()
        self._failed: WeakKeyDictionary[Run, dict[Hashable, str]] = WeakKeyDictionary()

    # --- what can be asked ----------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether there is something to do."""
        return bool(self._wanted)

    def ask(self, run: Run, key: Hashable, make: Callable[[], Job]) -> None:
        """Have a job about a run done, named by ``key``, unless it is done or wanted already."""
        with self._worker.lock:
            self._failed.get(run, {}).pop(key, None)
            wanted = any(one is run and name == key for one, name, _ in self._wanted)
            if not wanted and key not in self._done.get(run, {}):
                self._wanted.append((run, key, make))
            self._worker.wake()

    def result(self, run: Run, key: Hashable) -> Any:
        """What a job came to; None while it is not done."""
        return self._done.get(run, {}).get(key)

    def failure(self, run: Run, key: Hashable) -> str:
        """Why a job failed, in a sentence; empty where it did not."""
        return self._failed.get(run, {}).get(key, "")

    def share(self, run: Run, key: Hashable) -> float | None:
        """The share of a job that is done, from 0 to 1; None where it is not wanted."""
        with self._worker.lock:
            for at, (one, name, _) in enumerate(self._wanted):
                if one is run and name == key:
                    return 0.0 if at else self._share
        return None

    def stop(self, run: Run, key: Hashable | None = None) -> None:
        """Do a job no more, or all those about a run; what is done stays."""
        with self._worker.lock:
            self._keep([e for e in self._wanted if e[0] is not run or key not in (None, e[1])])

    def _keep(self, wanted: list[tuple[Run, Hashable, Callable[[], Job]]]) -> None:
        if self._wanted[:1] != wanted[:1]:
            self._steps, self._share = None, 0.0
        self._wanted = wanted

    # --- what the worker does -------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """Work on the first that is wanted for about ``seconds``."""
        clock = self._worker.clock
        until = clock() + seconds
        while self.busy and clock() < until:
            self._worker.give_way()
            self._step()

    def _step(self) -> None:
        with self._worker.lock:
            if not self._wanted:
                return
            run, key, make = self._wanted[0]
            if self._steps is None:
                self._steps = make()
            steps = self._steps
        found, why = None, None
        try:
            self._share = min(max(float(next(steps)), 0.0), 1.0)
            return
        except StopIteration as end:
            found = end.value
        except FactorscopeError as error:
            why = error.text
        except Exception:
            log.exception("The job %s failed.", key)
            why = Text("This met an error of ours and stopped; start it again.")
        with self._worker.lock:
            if self._steps is not steps:
                return  # stopped meanwhile
            kept: dict[Hashable, Any] = (self._failed if why else self._done).setdefault(run, {})
            kept[key] = why or found
            while len(kept) > _MOST_KEPT:
                kept.pop(next(iter(kept)))
            self._keep(self._wanted[1:])
