"""The process that starts a fresh child for each file; started by ``child``.

It imports the reader once and reads a few tiny files, so that a child, a copy of it, begins at
once. It has one thread, holds nobody's data, and ends when the server does, with all its children.

Each child may take ``ALLOWANCE`` bytes of address space more than it begins with (Linux; other
systems do not keep such a limit, so that there the budgets alone count) and as many seconds as it
is given. What it does is in ``child.answer``.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import selectors
import signal
import socket
import sys
from collections import deque

from recsys_core.reading import child
from recsys_core.reading.child import FORK, REQUEST
from recsys_core.reading.limits import GiB

ALLOWANCE = 3 * GiB // 2

# So many files at once; the others wait. Each may take all of ALLOWANCE.
MOST_CHILDREN = max(2, (os.cpu_count() or 1) // 2)

# A child's channel, the file, and where the answer goes.
_N_DESCRIPTORS = 3


def main(control: socket.socket) -> None:
    """Start children until the server closes its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes
    warm_up()
    gc.collect()
    gc.freeze()  # so that collecting in a child does not copy pages
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    waiting: deque[list[int]] = deque()
    children: set[int] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    woken.recv(4096)
                _reap(children)
            if control in ready:
                data, descriptors, *_ = socket.recv_fds(control, REQUEST.size, _N_DESCRIPTORS)
                if len(data) < REQUEST.size:
                    break
                what, pid = REQUEST.unpack(data)
                if what == FORK:
                    waiting.append(descriptors)
                elif pid in children:  # else it has ended, and its number may be another's
                    os.kill(pid, signal.SIGKILL)
            while waiting and len(children) < MOST_CHILDREN:
                descriptors = waiting.popleft()
                pid = os.fork()
                if not pid:
                    _begin(descriptors, [control, woken, wake], waiting)
                children.add(pid)
                for descriptor in descriptors:
                    os.close(descriptor)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _reap(children: set[int]) -> None:
    """Forget the children that have ended."""
    for pid in list(children):
        if os.waitpid(pid, os.WNOHANG)[0]:
            children.remove(pid)


def _begin(descriptors: list[int], ours: list[socket.socket], waiting: deque[list[int]]) -> None:
    """Be a child: read one file, answer, end."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in ours:
            end.close()
        for others in waiting:
            for descriptor in others:
                os.close(descriptor)
        _limit_memory()
        child.answer(*descriptors)
        status = 0
    finally:
        os._exit(status)


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + ALLOWANCE, size + ALLOWANCE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def warm_up() -> None:
    """Read tiny files of the usual kinds: what is imported and built late is then there."""
    from recsys_core.errors import FactorscopeError
    from recsys_core.ratings import Ratings
    from recsys_core.reading import exchange, read_ratings

    table = b"user,item,rating,time\na,x,5,1000000000\na,y,3,1000000001\nb,x,1,1000000002\n"
    files = [table, b"user;a;b;c;d;e;f\nanna;1;2;3;4;5;1\nbea;2,5;2;;4;5;1\n"]
    with contextlib.suppress(ImportError):
        import pandas as pd

        parquet = io.BytesIO()
        pd.read_csv(io.BytesIO(table)).to_parquet(parquet)
        files.append(parquet.getvalue())
    for data in files:
        with contextlib.suppress(FactorscopeError):
            ratings = read_ratings(data)
            file = io.BytesIO()
            exchange.write(file, ratings)
            file.seek(0)
            exchange.read(file, Ratings)
    for late in ("chardet", "python_calamine"):
        with contextlib.suppress(ImportError):
            __import__(late)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
