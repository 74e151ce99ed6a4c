"""A PostgreSQL of our own, for tests: the distribution's binaries, data in a temporary folder.

    python tests/postgresql.py --install        # as root, from the distribution; else nothing

It listens on loopback alone and ends with the tests. ``initdb`` refuses root: there everything runs
as the user postgres, which the package makes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    for folder in reversed(found):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def missing() -> str:
    """Why there is none, for a skipped test; "" where there is one."""
    if binaries() is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if _is_root() and shutil.which("runuser") is None:
        return "initdb refuses root, and there is no runuser"
    return ""


def _run(*command: object) -> None:
    mine = ["runuser", "-u", "postgres", "--"] if _is_root() else []
    done = subprocess.run(
        [*mine, *map(str, command)], cwd="/", capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr or done.stdout}")


@contextmanager
def running() -> Iterator[str]:
    """A server as long as the block runs; yields the address of an empty database."""
    found = binaries()
    assert found is not None, missing()
    folder = Path(tempfile.mkdtemp(prefix="factorscope-postgresql-"))
    data = folder / "data"
    if _is_root():
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = False
    try:
        _run(found / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8",
             "--no-sync", "--locale=C")  # fmt: skip
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        _run(found / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        started = True
        yield f"postgresql+psycopg://tests@127.0.0.1:{port}/postgres"
    finally:
        if started:
            _run(found / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """Drop all that is in a database."""
    import sqlalchemy as sql  # this file is also run where it is not installed

    engine = sql.create_engine(url)
    with engine.begin() as own:
        own.execute(sql.text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()


def install() -> None:
    """Install the distribution's package where that is possible; go on without it elsewhere."""
    if missing() and _is_root() and shutil.which("apt-get"):
        print("Installing PostgreSQL for the tests (apt-get) …")
        for command in (["update", "-q"], ["install", "-q", "-y", "postgresql"]):
            subprocess.run(
                ["apt-get", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
    print(f"PostgreSQL: {missing() or binaries()}")


if __name__ == "__main__" and "--install" in sys.argv:
    install()
