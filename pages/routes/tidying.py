"""Once people have left: their sessions end, and the memory of what they had is given back."""

from __future__ import annotations

import logging

import anyio
from anyio import to_thread

from pages.shared import session
from recsys_core import runs
from recsys_core.runs import memory

log = logging.getLogger("factorscope")

# Seconds between two looks, and from the end of workspaces until all have let go of them: the
# keeper writes them once more.
EVERY, _LETTING_GO = 30.0, 3.0


async def tidy_up() -> None:
    """Look from time to time, as long as the server runs; on the thread of its event loop."""
    n_freed = 0
    while True:
        await anyio.sleep(EVERY)
        try:
            n_ended = session.end_those_that_left()
            freed = runs.registry().n_freed
            if n_ended or freed != n_freed:
                n_freed = freed
                await anyio.sleep(_LETTING_GO)
                await to_thread.run_sync(memory.give_back)
        except Exception:  # only memory is at stake
            log.exception("Tidying up met an error.")
