"""Sending runs to MLflow for a visitor: which addresses the server asks, and with what."""

from __future__ import annotations

import re
import time

import pytest

import recsys_core as rc
from recsys_core.errors import TrackingError
from recsys_core.reading.web import ALLOWED
from recsys_core.takehome import sending


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    monkeypatch.delenv(sending.CONFIGURED, raising=False)
    monkeypatch.delenv(ALLOWED, raising=False)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000", "http://10.1.2.3",
     "http://169.254.169.254/latest", "http://0.0.0.0", "http://[::ffff:127.0.0.1]",
     "http://2130706433", "file:///tmp/runs"],
)  # fmt: skip
def test_a_visitor_cannot_have_the_server_ask_its_own_network_or_write_its_folders(address):
    with pytest.raises(TrackingError, match=f"{sending.CONFIGURED}=") as told:
        sending.allowed(address)
    assert re.fullmatch(r"[^\n]+\.", str(told.value))


def test_what_whoever_runs_the_server_has_chosen_is_asked(monkeypatch):
    monkeypatch.setenv(sending.CONFIGURED, "http://127.0.0.1:5000")
    assert sending.allowed("http://127.0.0.1:5000/")
    with pytest.raises(TrackingError):
        sending.allowed("http://127.0.0.1:5001")
    monkeypatch.setenv(ALLOWED, "127.0.0.0/8")
    assert sending.allowed("http://127.0.0.1:5001") is False


@pytest.mark.parametrize("to", [("127.0.0.1", 80), ("::1", 80, 0, 0), "/run/x.sock", ("name", 1)])
def test_a_connection_that_is_not_public_is_stopped(to):
    with pytest.raises(PermissionError):
        sending._guard("socket.connect", (None, to))


def test_a_public_connection_and_all_else_goes_on():
    sending._guard("socket.connect", (None, ("8.8.8.8", 443)))
    sending._guard("open", ("/etc/hosts", "r", 0))


def test_passwords_of_the_server_go_to_no_other_address(monkeypatch, tmp_path):
    secrets = {"MLFLOW_TRACKING_PASSWORD": "a", "AWS_SECRET_ACCESS_KEY": "b", "https_proxy": "c"}
    for name, text in secrets.items():
        monkeypatch.setenv(name, text)
    untrusted = sending._environment(False, str(tmp_path))
    assert not set(secrets) & set(untrusted)
    assert untrusted["HOME"] == str(tmp_path)
    assert sending._environment(True, str(tmp_path))["MLFLOW_TRACKING_PASSWORD"] == "a"


def wait(job: sending.Sending) -> sending.Sending:
    until = time.monotonic() + 120
    while not job.done:
        assert time.monotonic() < until
        time.sleep(0.05)
    return job


@pytest.fixture(scope="module")
def record() -> rc.Record:
    return rc.run(rc.Experiment("party", model=rc.SGD(n_factors=2, n_epochs=1, seed=0)))


def test_an_address_that_is_refused_is_said(record):
    job = wait(sending.Sending([record], "http://127.0.0.1:9"))
    assert "is not a public address" in job.failed and job.n == 0


@pytest.mark.slow
def test_what_goes_wrong_in_the_child_is_one_sentence(record, monkeypatch):
    monkeypatch.setenv(sending.CONFIGURED, "http://127.0.0.1:9")
    job = wait(sending.Sending([record], "http://127.0.0.1:9"))
    # Nobody answers there; or the client is not installed.
    assert re.fullmatch(r"[^\n]*(does not answer|mlflow-skinny)[^\n]*\.", job.failed)
    assert job.n == 0
