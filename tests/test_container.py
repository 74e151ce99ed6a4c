"""The container: what it takes is all that the app needs; built and run where Docker answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.conftest import free_port

ROOT = Path(__file__).resolve().parent.parent
SAID = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
PATIENCE = 90.0

pytestmark = pytest.mark.slow


def answers(url: str, goes_on) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.read() == b"ok"
                return
        except OSError:
            assert goes_on() and time.monotonic() < deadline
            time.sleep(0.1)


def test_what_the_image_takes_is_all_that_the_app_needs(tmp_path: Path):
    app, data, port = tmp_path / "app", tmp_path / "data", free_port()
    app.mkdir(), data.mkdir()
    for names, to in re.findall(r"^COPY (.+) (\S+)$", SAID, re.MULTILINE):
        for name in names.split():
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, app / to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, app / to)
            assert f"!{name}" in (ROOT / ".dockerignore").read_text().split()
    here = {"PATH": os.environ["PATH"]}
    for name, value in re.findall(r"(\w+)=(\S+)", re.search(r"^ENV (.+)$", SAID, re.M)[1]):
        here[name] = value.replace("/data", str(data))
    command, health = (
        [sys.executable, *json.loads(re.search(rf"^{what} (\[.+\])$", SAID, re.M)[1])[1:]]
        for what in ("CMD", r"HEALTHCHECK .*CMD")
    )
    command = [part.replace("8501", str(port)) for part in command]
    health = [part.replace("8501", str(port)) for part in health]
    log = tmp_path / "log.txt"
    with log.open("w") as out:
        running = subprocess.Popen(
            [*command, "--server.address=127.0.0.1"], cwd=app, env=here, stdout=out, stderr=out
        )
        try:
            answers(f"http://127.0.0.1:{port}/factorscope/health", lambda: running.poll() is None)
            assert subprocess.run(health, env=here, timeout=60).returncode == 0
            assert (data / "factorscope.db").stat().st_size > 0
            running.send_signal(signal.SIGTERM)
            assert running.wait(PATIENCE) in (0, -signal.SIGTERM), log.read_text()
        finally:
            running.kill()
    assert '"Factorscope has stopped."' in log.read_text()
    assert subprocess.run(health, env=here, timeout=60, capture_output=True).returncode != 0


def docker(*arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=seconds
    )


def docker_answers() -> bool:
    try:
        return docker("info", seconds=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def test_the_image_is_built_and_runs_as_nobody_in_particular():
    if not docker_answers():
        pytest.skip("“docker info” does not answer: the image was neither built nor run")
    built = docker("build", "-q", "-t", "factorscope-test", ".", seconds=1800)
    assert built.returncode == 0, built.stderr
    port = free_port()
    started = docker("run", "-d", "--rm", "-p", f"127.0.0.1:{port}:8501", "factorscope-test")
    name = started.stdout.strip()
    try:
        running = "{{.State.Running}}"
        answers(
            f"http://127.0.0.1:{port}/factorscope/health",
            lambda: docker("inspect", "-f", running, name).stdout.strip() == "true",
        )
        assert docker("exec", name, "id", "-u").stdout.strip() == "10001"
        assert docker("exec", name, "test", "-s", "/data/factorscope.db").returncode == 0
    finally:
        docker("stop", name)
