"""Peers: other libraries, each in a virtual environment of its own, asked through one protocol.

``PEER.txt`` pins what is installed into ``.bench/PEER``, ``PEER.py`` is its side of the protocol
(see ``adapter.py``). Our own models go through the same protocol, in the app's environment.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

import recsys_core as rc

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_ENVIRONMENTS = _ROOT / ".bench"
OURS = "factorscope"

N_THREADS = 2
_THREADS = {
    f"{name}_NUM_THREADS": str(N_THREADS)
    for name in ("OMP", "MKL", "OPENBLAS", "NUMBA", "NUMEXPR", "RAYON", "LK")
}

# LIBMF is only as fast as its authors meant it with the vector unit on; its package forgets that.
_BUILD = {"libmf": {"CFLAGS": "-O3 -march=native -DUSEAVX -DUSEOMP -fopenmp"}}


class PeerError(Exception):
    """A peer that cannot be installed, does not start, fails or takes too long; one sentence."""


@dataclass(frozen=True)
class Fit:
    """One fit: the seconds it alone took, and predictions for the held-out pairs.

    ``tables``: by name what all scores are made of, where it was asked for (see ``adapter.py``).
    """

    seconds: float
    predicted: np.ndarray
    tables: dict[str, np.ndarray] = field(default_factory=dict)


def environment(peer: str) -> Path:
    """The Python of a peer's environment, made when it is missing or its pins have changed."""
    if peer == OURS:
        return Path(sys.executable)
    pins, folder = (_HERE / f"{peer}.txt").read_text(), _ENVIRONMENTS / peer
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    if installed.is_file() and installed.read_text() == pins:
        return python
    print(f"Installing {peer} into {folder.relative_to(_ROOT)} …", flush=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "-r", str(_HERE / f"{peer}.txt")],
        env={**os.environ, **_BUILD.get(peer, {})}, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.strip()]
        raise PeerError(f"pip could not install it: {errors[-1][:200] if errors else 'no reason'}")
    installed.write_text(pins)
    return python


def write_data(folder: Path, train: rc.Ratings, users: np.ndarray, items: np.ndarray) -> None:
    """What adapters read: the training ratings, and the pairs to predict without their values."""
    scale = train.scale
    np.savez(
        folder / "data.npz",
        users=train.user_ids, items=train.item_ids, values=train.values,
        shape=[train.n_users, train.n_items], scale=[scale.low, scale.high, scale.step or 0.0],
        pair_users=users, pair_items=items,
    )  # fmt: skip


class Session:
    """A peer at work on one data folder: ``with Session("cmfrec", folder) as s: s.fit(…)``.

    Raises
    ------
    PeerError
        On entering, if it cannot be installed or started; from ``fit``, if the fit fails or takes
        longer than ``limit`` seconds, after which the session is over.
    """

    def __init__(self, peer: str, folder: Path, limit: float = 900) -> None:
        self.peer, self.folder, self.limit = peer, folder, limit
        self.version = ""

    def __enter__(self) -> Session:
        python = environment(self.peer)
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, "-P", _HERE / "adapter.py", self.peer, self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=self.folder,
            env={**os.environ, **_THREADS, "PYTHONPATH": str(_ROOT) if self.peer == OURS else ""},
        )  # fmt: skip
        try:
            self.version = self._answer()["version"]
        except PeerError:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the adapter."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def fit(self, settings: dict[str, Any], with_tables: bool = False) -> Fit:
        """Fit once with these settings."""
        out = self.folder / f"{self.peer}.npy"
        tables = self.folder / f"{self.peer}.npz" if with_tables else None
        asked = {"settings": settings, "out": str(out), "tables": tables and str(tables)}
        request = json.dumps(asked) + "\n"
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerError(f"it ended before it was asked: {self._last_words()}") from None
        seconds = self._answer()["seconds"]
        found: dict[str, np.ndarray] = {}
        if tables is not None:
            with np.load(tables) as file:
                found = dict(file)
        return Fit(seconds, np.load(out), found)

    def _answer(self) -> dict[str, Any]:
        """The adapter's next line; it says one thing at a time, so nothing is left in between."""
        stream = self._process.stdout
        assert stream is not None
        if not select.select([stream], [], [], self.limit)[0]:
            self._process.kill()
            self._process.wait()
            raise PeerError(f"it took longer than {self.limit:.0f} s")
        line = stream.readline()
        if not line:
            raise PeerError(f"it ended without an answer: {self._last_words()}")
        said = json.loads(line)
        if "error" in said:
            raise PeerError(said["error"])
        return said

    def _last_words(self) -> str:
        self._process.wait()
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().splitlines() if line.strip()]
        return lines[-1][:200] if lines else f"exit code {self._process.returncode}"
