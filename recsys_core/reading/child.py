"""A file read in a process of its own, which the server can end and whose death it outlives.

    reading = start(uploaded, "ratings.csv", what="inspect")
    reading.progress            # ("unpack", 0.4): for the page
    reading.cancel()            # or
    draft = reading.result()    # waits

    ratings = in_child(uploaded, "ratings.csv", changes, what="read")

The library reads in its own process, within a Budget; the server reads what people bring like
this. However a child dies (memory, time, a fault in a decoder or in ours), the sentence is the
same. What comes back is data (``exchange``), nothing pickled. Where a system cannot fork (Windows),
the file is read in this process and the budgets alone hold.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from recsys_core import errors
from recsys_core.errors import FactorscopeError, ReadError
from recsys_core.ratings import Ratings, Scale
from recsys_core.reading import budget, exchange
from recsys_core.reading.draft import Draft, inspect
from recsys_core.reading.folders import of_named
from recsys_core.reading.limits import GiB
from recsys_core.reading.sources import Content, unreadable
from recsys_core.text import Text

log = logging.getLogger("factorscope")

What = Literal["inspect", "read"]

# A path, a file's bytes, or names and bytes of several files, as an upload gives them.
Given = str | os.PathLike[str] | bytes | Sequence[tuple[str, bytes]]

# What one file may take in the server: seconds, and bytes unpacked and decoded.
SECONDS = 120.0
MEMORY = GiB
# What is asked of the process that starts children (``forkserver``): a child, whose channel, file
# and place for the answer come along as file descriptors, or that one ends.
REQUEST = struct.Struct("<cq")
FORK, KILL = b"f", b"k"

_GRACE = 5.0  # for a child to end by its own budget, and for the way there and back

# Libraries that a child must not start threads of: it is a copy of a process with one.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MALLOC_ARENA_MAX": "1",
}


def in_child(
    source: Given,
    name: str | None = None,
    changes: dict[str, Any] | None = None,
    what: What = "read",
    wait: float = SECONDS,
) -> Draft | Ratings:
    """Inspect or read a file in a process of its own; see ``start``.

    Raises
    ------
    FactorscopeError
        What the reader says of the file, or the one sentence where the child died.
    """
    return start(source, name, changes, what, wait).result()


def start(
    source: Given,
    name: str | None = None,
    changes: dict[str, Any] | None = None,
    what: What = "read",
    wait: float = SECONDS,
) -> Reading:
    """Begin to read files, given by path or bytes, in a process of their own.

    ``name`` is what a person calls a single file, ``changes`` are those of ``read_ratings``;
    ``what`` says whether to read all ratings or to inspect; ``wait`` is how many seconds it may
    take. A Draft that comes back is plain data: to change it, ask again with its ``changes`` and
    more.
    """
    path = None
    files: list[tuple[str, bytes]] = []
    if isinstance(source, bytes):
        files = [(name or "", source)]
    elif isinstance(source, str | os.PathLike):
        path = os.path.abspath(os.path.expanduser(source))
        name = name or Path(source).name
    else:
        files = list(source)
        name = name or (files[0][0] if files else "")
    sizes = [(called, len(data)) for called, data in files]
    request = _Request(name or "", dict(changes or {}), what, wait, path, sizes)
    if not hasattr(os, "fork"):
        return _Here(files, request)
    return Reading(files, request)


@dataclass(frozen=True)
class _Request:
    """What a child is to do. ``files``: names and sizes of what comes along, if no ``path``."""

    name: str
    changes: dict[str, Any]
    what: What
    wait: float
    path: str | None
    files: list[tuple[str, int]]


class Reading:
    """A file that is being read. Any thread may ask; results are kept.

    Attributes
    ----------
    fault : what ended the child where it was no sentence for people, for a log: "ValueError at
        layout.py:88", "killed"; None otherwise.
    most_memory : bytes the child had in memory at most, 0 until it has answered.
    cpu_seconds : how long the child has computed, 0 until it has answered.
    """

    fault: str | None = None
    most_memory: int = 0
    cpu_seconds: float = 0.0

    def __init__(self, files: list[tuple[str, bytes]], request: _Request) -> None:
        self._said = Content(b"", request.name).said
        self._changes = request.changes
        self._kind: type[Draft | Ratings] = Ratings if request.what == "read" else Draft
        self._ends = time.monotonic() + request.wait + _GRACE
        self._lock = threading.RLock()
        self._at: tuple[str, float | None] = ("wait", None)
        self._pid = 0
        self._rest = b""
        self._value: Draft | Ratings | None = None
        self._error: FactorscopeError | None = None
        self._file = _memory_file()
        self._channel, theirs = socket.socketpair()
        with _memory_file() as given, theirs:
            for _, data in files:
                given.write(data)
            given.seek(0)
            asked = exchange.packed(replace(request, changes=_sent(request.changes)))
            _SERVER.fork([theirs.fileno(), given.fileno(), self._file.fileno()])
            self._channel.sendall(len(asked).to_bytes(4, "little") + asked)

    @property
    def progress(self) -> tuple[str, float | None]:
        """Where reading is ("wait", "open", "unpack", "read" …), and how much of that is done."""
        self._listen(0)
        return self._at

    @property
    def done(self) -> bool:
        """Whether there is a result, or an error."""
        self._listen(0)
        return self._value is not None or self._error is not None

    def cancel(self) -> None:
        """End the child, if it is still there; ``result`` then raises."""
        self._listen(0)
        self._died("canceled")

    def result(self) -> Draft | Ratings:
        """Wait for the answer and give it back.

        Raises
        ------
        FactorscopeError
            As the reader raised it; a ReadError with the one sentence where the child died.
        """
        while self._value is None and self._error is None:
            self._listen(0.5)
        if self._error is not None:
            raise self._error
        assert self._value is not None
        return self._value

    # --- inside -----------------------------------------------------------------------------------

    def _listen(self, seconds: float) -> None:
        """Take up what the child has said, waiting at most so long for something."""
        with self._lock:
            while self._value is None and self._error is None:
                left = self._ends - time.monotonic()
                self._channel.settimeout(max(0.0, min(seconds, left)))
                try:
                    data = self._channel.recv(1 << 16)
                except (BlockingIOError, TimeoutError):
                    if left <= 0:
                        self._died("out of time")
                    return
                except OSError:
                    data = b""
                if not data:
                    self._died("killed")
                    return
                *messages, self._rest = (self._rest + data).split(b"\n")
                for message in messages:
                    self._heard(json.loads(message))
                seconds = 0

    def _heard(self, message: dict[str, Any]) -> None:
        if "pid" in message:
            self._pid = message["pid"]
        elif "stage" in message:
            self._at = (message["stage"], message["share"])
        elif "fault" in message:
            self.fault = message["fault"]
        else:
            self.most_memory = message.get("memory", 0)
            self.cpu_seconds = message.get("seconds", 0.0)
            try:
                self._file.seek(0)
                if "error" in message:
                    text = exchange.unpacked(self._file.read())
                    kind = getattr(errors, message["error"], ReadError)
                    self._error = kind(text)
                else:
                    value = exchange.read(self._file, self._kind)
                    if isinstance(value, Draft):  # what was said is known here as it was said
                        value = replace(value, changes=self._changes)
                    self._value = value
                self._close()
            except Exception:  # not what it should be: as if there were none
                self._died("an answer that is none")

    def _died(self, why: str) -> None:
        with self._lock:
            if self._value is not None or self._error is not None:
                return
            self.fault = self.fault or why
            if why != "canceled":
                log.warning("A child that read a file has ended: %s", self.fault)
            if self._pid:
                _SERVER.kill(self._pid)
            self._error = unreadable(
                Text(
                    "{said} cannot be read: it is damaged, or takes more memory or time than one "
                    "file may; bring a part of it, or save it as CSV.",
                    said=self._said,
                )
            )
            self._close()

    def _close(self) -> None:
        self._channel.close()
        self._file.close()


class _Here(Reading):
    """Without fork: the file is read in this process, at once and within the same budgets."""

    def __init__(self, files: list[tuple[str, bytes]], request: _Request) -> None:
        self._error = None
        self._value = None
        self._lock = threading.RLock()
        self._at = ("read", None)
        try:
            self._value = _read(files, request, None)
        except FactorscopeError as error:
            self._error = error

    def _listen(self, seconds: float) -> None:
        pass


def _sent(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes as plain data: a Scale by its name, which tells it from other tuples."""
    return {name: {"scale": list(v)} if isinstance(v, Scale) else v for name, v in changes.items()}


def _received(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes again, where plain data has lists instead of tuples."""
    return {name: _tupled(value) for name, value in changes.items()}


def _tupled(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"scale"}:
        return exchange.scale_of(value["scale"])
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _memory_file() -> IO[bytes]:
    """An open file that is in memory where the system has such, and without a name anywhere."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("factorscope"), "w+b")
    return tempfile.TemporaryFile()


# --- the process that starts children -------------------------------------------------------------


class _Server:
    """The forkserver of this process: started when first needed, and again if it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # a copy of this process must not use its parent's

    def fork(self, descriptors: list[int]) -> None:
        with self._lock:
            for again in (False, True):
                control = self._running(again)
                try:
                    socket.send_fds(control, [REQUEST.pack(FORK, 0)], descriptors)
                    return
                except OSError:
                    if again:
                        raise

    def kill(self, pid: int) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._control is not None and self._owner == os.getpid():
                self._control.sendall(REQUEST.pack(KILL, pid))

    def _running(self, anew: bool) -> socket.socket:
        alive = self._process is not None and self._process.poll() is None
        if self._control is not None and alive and self._owner == os.getpid() and not anew:
            return self._control
        self.stop()
        ours, theirs = socket.socketpair()
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recsys_core.reading.forkserver", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": os.pathsep.join(paths)},
            )
        self._owner = os.getpid()
        self._control = ours
        return ours

    def stop(self) -> None:
        """Close our end: it ends by itself, with its children."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None and self._owner == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
            self._process = None


_SERVER = _Server()
atexit.register(_SERVER.stop)


def prepare() -> None:
    """Start the process that starts children, so that the first file need not wait for it."""
    if hasattr(os, "fork"):
        with _SERVER._lock:
            _SERVER._running(False)


# --- in the child ---------------------------------------------------------------------------------


def answer(channel: int, given: int, result: int) -> None:
    """Read what is asked for on the channel, and write the answer; called in a child."""
    with socket.socket(fileno=channel) as to_server:
        _say(to_server, {"pid": os.getpid()})
        length = int.from_bytes(_exactly(to_server, 4), "little")
        asked = exchange.unpacked(_exactly(to_server, length))
        asked["changes"] = _received(asked["changes"])
        request = _Request(**asked)
        # Whatever happens in compiled code: the system ends it then.
        signal.alarm(int(request.wait + _GRACE) + 1)
        try:
            with os.fdopen(given, "rb") as file:
                files = [(name, file.read(size)) for name, size in request.files]
            value = _read(files, request, _Speaker(to_server))
            kind = "done"
            with os.fdopen(result, "w+b") as file:
                exchange.write(file, value)
        except FactorscopeError as error:
            kind = type(error).__name__
            with os.fdopen(result, "wb") as file:
                file.write(exchange.packed(error.text))
        except BaseException as error:
            # Not its text, which may quote the file.
            _say(to_server, {"fault": _place(error)})
            return
        message = {"done": True} if kind == "done" else {"error": kind}
        used = {"memory": _most_memory(), "seconds": time.process_time()}
        _say(to_server, {**message, **used})


def _read(
    files: list[tuple[str, bytes]], request: _Request, told: _Speaker | None
) -> Draft | Ratings:
    with budget.opened(budget.Budget(MEMORY, request.wait, told=told)) as spent:
        spent.at("open")
        if request.path is not None:
            draft = inspect(request.path, request.name, **request.changes)
        else:
            draft = inspect(of_named(files), **request.changes)
        return draft if request.what == "inspect" else draft.read()


class _Speaker:
    """Tells the server how far reading is, a few times a second and never waiting for it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._stage, self._next = "", 0.0

    def __call__(self, stage: str, share: float | None) -> None:
        if stage == self._stage and time.monotonic() < self._next:
            return
        self._stage, self._next = stage, time.monotonic() + 0.2
        line = json.dumps({"stage": stage, "share": share}).encode() + b"\n"
        with contextlib.suppress(BlockingIOError):
            n_sent = self._channel.send(line, socket.MSG_DONTWAIT)
            self._channel.sendall(line[n_sent:])


def _say(channel: socket.socket, message: dict[str, Any]) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def _exactly(channel: socket.socket, n_bytes: int) -> bytes:
    data = b""
    while len(data) < n_bytes:
        piece = channel.recv(n_bytes - len(data))
        if not piece:
            raise EOFError("the server has gone")
        data += piece
    return data


def _place(error: BaseException) -> str:
    """The kind of an error and the last line of ours it passed: "KeyError at layout.py:88"."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "recsys_core" in frame.filename
    ]
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


def _most_memory() -> int:
    """The most memory this process has had, in bytes; 0 where the system does not say."""
    with contextlib.suppress(ImportError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return 0
