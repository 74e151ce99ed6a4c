"""Sending runs to MLflow on behalf of a visitor: beside the page, and only where the server may.

A visitor names the address that the server then asks. So, unless it is the one in
``MLFLOW_TRACKING_URI``, it has to be public (the rules of ``reading/web.py``), and MLflow's client
runs in a process of its own: without the server's passwords, and stopped at each connection to an
address that is not public, whatever a name or a redirect leads to.
"""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recsys_core.errors import FactorscopeError, TrackingError
from recsys_core.experiments import Record
from recsys_core.extras import needed_for
from recsys_core.reading import web
from recsys_core.takehome.mlflow_export import EXPERIMENT_NAME, checked, to_mlflow
from recsys_core.text import Number, Text

# Names MLflow's own default, and so the address that whoever runs the server has chosen.
CONFIGURED = "MLFLOW_TRACKING_URI"

# A child that hears nothing for so long is ended, in seconds.
SECONDS = 600.0

# What the environment may hold of the server's secrets and ways: names begin, or end, so.
_OWN = ("MLFLOW_", "DATABRICKS_", "AWS_", "AZURE_", "GOOGLE_", "NETRC")
_WAYS = "_proxy"

# MLflow's client otherwise waits for minutes, and tells its makers that it is used.
_CLIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


def configured() -> str:
    """The address that whoever runs the server has chosen; empty where there is none."""
    return os.environ.get(CONFIGURED, "").strip()


def check_installed() -> None:
    """Check that MLflow's client is there, without importing it.

    Raises
    ------
    MissingPackageError
        If it is not.
    """
    with needed_for(Text("Writing runs to MLflow")):
        if find_spec("mlflow") is None:
            raise ModuleNotFoundError(name="mlflow")


def allowed(tracking_uri: str) -> bool:
    """Check that a visitor may have the server ask an address; whether it is the configured one.

    Raises
    ------
    TrackingError
        If it has no meaning, names a folder of the server, or is not public.
    """
    where = checked(tracking_uri)
    if where.rstrip("/") == configured().rstrip("/"):
        return True
    parts = urlsplit(where)
    setting = f"{CONFIGURED}={where}"
    if parts.scheme == "file":
        raise TrackingError(
            Text("A folder of this server has to be chosen by who runs it: start Factorscope with "
                 "{setting}.", setting=setting)
        )  # fmt: skip
    host = parts.hostname or ""
    public = web.has_public_address(host, parts.port or (443 if parts.scheme == "https" else 80))
    if public is None:
        raise TrackingError(Text("There is no server called {host}; check the address.", host=host))
    if not public:
        raise TrackingError(
            Text(
                "{host} is not a public address, and only those are asked; to allow it, start "
                "Factorscope with {setting}.",
                host=host,
                setting=setting,
            )
        )
    return False


class Sending:
    """Records on their way to MLflow, in a process of their own.

    Attributes
    ----------
    n, of : how many are written, and of how many.
    failed : why it failed; None while it goes on, and where it did not.
    done : it is over, well or not.
    """

    def __init__(
        self,
        records: Sequence[Record],
        tracking_uri: str,
        experiment_name: str = EXPERIMENT_NAME,
        address: str = "",
    ) -> None:
        self.tracking_uri = tracking_uri.strip()
        self.n, self.of = 0, len(records)
        self.failed: Text | None = None
        self.done = False
        self._job = {
            "records": [record.to_dict() for record in records],
            "receipts": [record.receipt for record in records],
            "uri": self.tracking_uri,
            "name": experiment_name,
            "address": address,
        }
        threading.Thread(target=self._run, daemon=True, name="mlflow").start()

    def _run(self) -> None:
        try:
            trusted = allowed(self.tracking_uri)
            with tempfile.TemporaryDirectory() as folder:
                self._send(trusted, folder)
        except FactorscopeError as error:
            self.failed = error.text
        except Exception:
            self.failed = _STOPPED
            raise
        finally:
            self.done = True

    def _send(self, trusted: bool, folder: str) -> None:
        """Have the child write them; ``folder`` is its home, where no passwords lie."""
        process = subprocess.Popen(
            [sys.executable, "-m", "recsys_core.takehome.sending", "trusted" * trusted],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).resolve().parents[2],
            env=_environment(trusted, folder),
        )
        assert process.stdin is not None and process.stdout is not None
        clock = threading.Timer(SECONDS, process.kill)
        clock.start()
        try:
            with process.stdin as into:
                json.dump(self._job, into)
            last: dict[str, Any] = {}
            for line in process.stdout:
                last = json.loads(line)
                self.n = last.get("n", self.n)
        except (OSError, ValueError):  # it died
            last = {}
        finally:
            clock.cancel()
            process.kill()
            process.wait()
        if "failed" in last:
            self.failed = _sentence(last["failed"])
        elif not last.get("over"):
            self.failed = _STOPPED


_STOPPED = Text("Sending stopped on the way; look at what MLflow has, and try again.")


def _sentence(said: dict[str, Any]) -> Text:
    """A Text that came as the plain data of ``to_dict``."""
    values = {
        name: value if not isinstance(value, dict)
        else Number(value["number"]) if "number" in value else _sentence(value)
        for name, value in said["values"].items()
    }  # fmt: skip
    return Text(said["id"], said.get("plural"), **values)


def _environment(trusted: bool, folder: str) -> dict[str, str]:
    if trusted:
        return {**_CLIENT, **os.environ}
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.upper().startswith(_OWN) and not name.lower().endswith(_WAYS)
    }
    return {**kept, **_CLIENT, "HOME": folder, "USERPROFILE": folder, "NETRC": os.devnull}


# --- the child ------------------------------------------------------------------------------------


def _guard(event: str, about: tuple[Any, ...]) -> None:
    """Refuse each connection of this process that does not go to a public address."""
    if event != "socket.connect":
        return
    host = about[1][0] if isinstance(about[1], tuple) else ""
    try:
        public = web.is_public(ipaddress.ip_address(str(host).partition("%")[0]), _NETWORKS)
    except ValueError:
        public = False
    if not public:
        raise PermissionError(f"{host or 'this'} is not a public address")


_NETWORKS: tuple[web.Network, ...] = ()


def _child(trusted: bool) -> None:
    """Read the records from standard input, write them, and say so line by line."""
    global _NETWORKS
    job = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr  # whatever else prints is no word of ours

    def say(**what: Any) -> None:
        print(json.dumps(what, default=str), file=out, flush=True)

    if not trusted:
        _NETWORKS = web.allowed_networks()
        sys.addaudithook(_guard)
    try:
        records = [Record.from_dict(each) for each in job["records"]]
        to_mlflow(
            records,
            job["uri"],
            job["name"],
            address=job["address"],
            told=lambda n, of: say(n=n),
            receipts=job["receipts"],
        )
        say(over=True)
    except FactorscopeError as error:
        say(failed=error.text.to_dict())


if __name__ == "__main__":
    _child("trusted" in sys.argv[1:])
