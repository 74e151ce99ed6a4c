"""How long until something moves, and what an idle server holds: ``python -m benchmarks.start``.

Opens real websocket sessions (``client.py``) on the real server (``sessions.py``), once with the
kernels' cache emptied and then as after any earlier start. Reads /proc, so Linux only. Writes
``results/start.json``.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks import report
from benchmarks.sessions import Watcher, serving

_IMPORT = "import time; t = time.perf_counter(); import recsys_core; print(time.perf_counter() - t)"
_IDLE = 10.0  # seconds left alone before memory is read; kernels warm up meanwhile


def import_seconds() -> float:
    """Seconds of ``import recsys_core`` in a new Python; the middle of five."""
    runs = [subprocess.check_output([sys.executable, "-c", _IMPORT]) for _ in range(5)]
    return statistics.median(map(float, runs))


def first_page_and_memory() -> tuple[float, float]:
    """Seconds from starting the server to the first page drawn; MiB with that session idle."""
    began = time.monotonic()
    with serving() as server:

        async def visit() -> tuple[float, float]:
            watcher = Watcher(server.url)
            await watcher.client.open()
            await watcher.client.seen("go_party")
            await watcher.client.until(lambda: watcher.client.runs, 60, "the first page")
            drawn = time.monotonic() - began
            await asyncio.sleep(_IDLE)
            held = server.mib()
            await watcher.client.close()
            return drawn, held

        return asyncio.run(visit())


def first_epoch(algorithm: str = "SGD") -> float:
    """Seconds from Play to the first epoch on the curve, Play pressed as soon as it is there."""
    with serving() as server:

        async def play() -> float:
            watcher = Watcher(server.url)
            await watcher.prepare("party", algorithm, epochs=2000)
            await watcher.go(0)
            async with asyncio.timeout(120):
                while not watcher.first:
                    await asyncio.sleep(0.02)
            await watcher.client.close()
            return watcher.first[0]

        return asyncio.run(play())


def main() -> None:
    result: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as empty:
        os.environ["NUMBA_CACHE_DIR"] = empty
        result["first epoch, nothing compiled before, s"] = first_epoch()
        del os.environ["NUMBA_CACHE_DIR"]
    first_page_and_memory()  # the start that the second one is second to
    pages = [first_page_and_memory() for _ in range(3)]
    result["first page after another start, s"] = statistics.median(s for s, _ in pages)
    result["idle server with one session, MiB"] = max(mib for _, mib in pages)
    result["first epoch after another start, s"] = statistics.median(
        first_epoch() for _ in range(3)
    )
    result["import recsys_core, s"] = import_seconds()
    report.RESULTS.mkdir(exist_ok=True)
    (report.RESULTS / "start.json").write_text(json.dumps(result, indent=1) + "\n")
    print(report.table(("", "measured"), [(name, f"{x:.3g}") for name, x in result.items()]))


if __name__ == "__main__":
    main()
