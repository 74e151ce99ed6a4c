"""Runs written to MLflow: what is written, and what a real server then knows of them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import recsys_core as rc
from recsys_core.errors import MissingPackageError, TrackingError
from recsys_core.takehome import mlflow_export
from recsys_core.training import Epoch
from tests.browser.conftest import free_port
from tests.browser.helpers import becomes

ROOT = Path(__file__).resolve().parents[2]

# The environment in which MLflow is installed: a folder made by ``python -m venv``.
MLFLOW = "FACTORSCOPE_MLFLOW"


@pytest.fixture(scope="module")
def record() -> rc.Record:
    split = {"name": "random", "validation": 0.2, "test": 0.0, "seed": 0}
    return rc.run(rc.Experiment("party", split, rc.SGD(n_factors=3, n_epochs=12, seed=0)))


# --- what is written ------------------------------------------------------------------------------


def test_dates_are_those_of_the_training():
    before = datetime.now(UTC)
    record = rc.run(rc.Experiment(data="party", model=rc.SGD(n_factors=2, n_epochs=3, seed=0)))
    after = datetime.now(UTC)
    began, ended = mlflow_export.dates(record)
    assert before - timedelta(milliseconds=1) <= began <= ended <= after
    assert rc.Record.from_dict(json.loads(json.dumps(record.to_dict()))).began == record.began


def test_a_record_without_dates_began_its_computing_before_it_was_written(record):
    epochs = tuple(Epoch(n, 1.0, 1.0, 5.0, 30.0) for n in range(3))
    old = replace(
        record, epochs=epochs, began=None, ended=None, created="2026-09-01T10:00:00+00:00"
    )
    began, ended = mlflow_export.dates(old)
    assert (began.hour, began.minute, began.second) == (9, 58, 30)
    assert ended.isoformat() == old.created


def test_every_number_has_its_step_and_a_time_within_the_run(record):
    began, ended = (round(d.timestamp() * 1000) for d in mlflow_export.dates(record))
    written = list(mlflow_export.metrics(record))
    losses = {step: value for name, value, _, step in written if name == "loss"}
    assert losses == {epoch.number: epoch.loss for epoch in record.epochs}
    times = [when for name, _, when, _ in written if name == "loss"]
    assert times == sorted(times)
    assert all(began <= when <= ended for when in times)
    at = {name: (value, step) for name, value, _, step in written}
    assert at["best_epoch"] == (record.best_epoch, record.epoch)
    assert at["score.validation_rmse"] == (record.scores["validation_rmse"], record.epoch)


def test_numbers_that_are_none_are_not_written(record):
    epochs = (Epoch(0, None, None, float("nan"), 0.0), *record.epochs[1:])
    first = [m for m in mlflow_export.metrics(replace(record, epochs=epochs)) if m[3] == 0]
    assert {name for name, *_ in first} & {"loss", "train_rmse", "validation_rmse"} == set()
    assert "seconds" in {name for name, *_ in first}


def test_settings_say_model_data_and_split(record):
    said = dict(mlflow_export.params(record))
    assert said["model"] == "SGD" and said["data"] == "party" and said["n_factors"] == "3"
    assert float(said["learning_rate"]) == record.settings["learning_rate"]  # chosen from the data
    assert said["split"] == record.experiment.split.name
    assert dict(mlflow_export.tags(record))["factorscope.best_epoch"] == str(record.best_epoch)


def test_a_name_is_text_in_the_description():
    ratings = rc.datasets.music_party()
    named = replace(ratings, name="[x](https://evil.example) **b**\n# Title")
    record = rc.run(rc.Experiment(named, model=rc.SGD(n_factors=2, n_epochs=1, seed=0)))
    note = mlflow_export.note(record)
    assert "[x](" not in note and "**b**" not in note and "\n" not in note


@pytest.mark.parametrize(
    "address",
    ["", "mlflow", "ftp://a.example", "sqlite:///x.db", "databricks", "http://", "file:", "http://[",
     "http://u:p@a.example", "postgresql://a.example/db", "javascript:alert(1)"],
)  # fmt: skip
def test_an_address_that_is_none_gets_a_sentence(address, record):
    with pytest.raises(TrackingError) as told:
        mlflow_export.to_mlflow(record, address)
    assert re.fullmatch(r"[^\n]+\.", str(told.value))


def test_without_the_package_one_is_told_how_to_install_it(record, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)  # as if it were not there
    with pytest.raises(MissingPackageError, match=r"pip install 'factorscope\[mlflow\]'"):
        mlflow_export.to_mlflow(record, "http://127.0.0.1:1")


# --- a real server --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def python() -> str:
    """The Python of the environment that has MLflow."""
    folder = os.environ.get(MLFLOW)
    found = Path(folder or "") / "bin" / "python"
    if not folder or not found.exists():
        pytest.skip(
            f"no MLflow: {MLFLOW} names no environment that has it (make test-all makes one)"
        )
    return str(found)


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    return {**kept, **quiet, "PYTHONPATH": str(ROOT), **more}


@pytest.fixture(scope="module")
def server(python, tmp_path_factory) -> Iterator[str]:
    """The address of an MLflow server on this machine alone, which keeps all in a new folder."""
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    command = [python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    kept = ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/runs.db"]
    files = ["--artifacts-destination", str(folder / "files")]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [*command, *kept, *files], stdout=log, stderr=log, cwd=folder, env=environment(),
            start_new_session=True,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"

    def answer() -> str:
        assert process.poll() is None, (folder / "log.txt").read_text()
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=1) as said:
                return said.read().decode()
        except (urllib.error.URLError, OSError) as error:
            return str(error)

    try:
        becomes(answer, "OK", timeout=240)  # its first start makes the tables of its database
        yield address
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # it waits long for those who are connected
        process.wait()


# Writes the record on standard input, and reads back what the server then knows.
CLIENT = """
import json, sys
import recsys_core as rc
from recsys_core.takehome.mlflow_export import to_mlflow
address, name, with_model = sys.argv[1], sys.argv[2], sys.argv[3] == "model"
if with_model:
    record = rc.run(rc.Experiment.from_query("data=party&model=SGD&k=3&n_epochs=12&seed=0"))
else:
    record = rc.Record.from_dict(json.load(sys.stdin))
told = []
[run_id] = to_mlflow(record, address, name, with_model=with_model, told=lambda *n: told.append(n))
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=address)
run = client.get_run(run_id)
history = client.get_metric_history(run_id, "loss")
said = {
    "status": run.info.status, "began": run.info.start_time, "ended": run.info.end_time,
    "name": run.info.run_name, "params": run.data.params, "tags": run.data.tags,
    "metrics": run.data.metrics, "told": told,
    "loss": [(m.step, m.value, m.timestamp) for m in history],
    "experiment": client.get_experiment(run.info.experiment_id).name,
    "files": [f.path for f in client.list_artifacts(run_id)],
}
if with_model:
    again = rc.load_model(client.download_artifacts(run_id, "model.npz"))
    said["predicts"] = again.predict([0, 1], [0, 1]).tolist()
    said["trained"] = record.fitted.predict([0, 1], [0, 1]).tolist()
print("SAID" + json.dumps(said))
"""


def written(python: str, address: str, record: rc.Record, name: str, model: str = "") -> dict:
    done = subprocess.run(
        [python, "-c", CLIENT, address, name, model], input=json.dumps(record.to_dict()),
        capture_output=True, text=True, env=environment(), timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.partition("SAID")[2])


@pytest.mark.slow
def test_a_server_has_every_epoch_the_true_dates_and_the_best_epoch(python, server, record):
    many = tuple(replace(record.epochs[-1], number=n, loss=float(n) / 3) for n in range(1500))
    dates = {"began": "2026-03-01T08:00:00.250+00:00", "ended": "2026-03-01T09:30:00.500+00:00"}
    long = replace(record, epochs=many, best_epoch=1200, epoch=1200, **dates)
    name = "Übung <b>1</b> | group's"
    said = written(python, server, long, name)
    assert said["status"] == "FINISHED"
    assert said["experiment"] == name
    assert said["began"] == 1772352000250 and said["ended"] == 1772357400500
    assert [(step, value) for step, value, _ in said["loss"]] == [(n, n / 3) for n in range(1500)]
    assert said["params"] == dict(mlflow_export.params(long))
    assert said["metrics"]["best_epoch"] == 1200
    assert said["metrics"]["score.validation_rmse"] == record.scores["validation_rmse"]
    assert said["tags"]["factorscope.best_epoch"] == "1200"
    assert said["tags"]["factorscope.receipt"] == long.receipt
    assert rc.Experiment.from_query(re.sub("&?epoch=[^&]*", "", said["tags"]["factorscope.link"]))
    assert said["told"] == [[0, 1], [1, 1]]


@pytest.mark.slow
def test_the_model_comes_back_from_the_server(python, server, record):
    said = written(python, server, record, "models", "model")
    assert said["files"] == ["model.npz"]
    assert said["predicts"] == said["trained"]
    assert len(said["loss"]) == len(record.epochs)


@pytest.mark.slow
def test_a_folder_of_files_is_written_as_well(python, record, tmp_path):
    # MLflow's own newer versions keep a folder only where this says so.
    done = subprocess.run(
        [python, "-c", CLIENT, tmp_path.as_uri(), "files", ""], input=json.dumps(record.to_dict()),
        capture_output=True, text=True, env=environment(MLFLOW_ALLOW_FILE_STORE="true"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(json.loads(done.stdout.partition("SAID")[2])["loss"]) == len(record.epochs)


@pytest.mark.slow
def test_a_server_that_is_not_there_gets_one_sentence(python, record):
    program = (
        "import json, sys, recsys_core as rc\n"
        "from recsys_core.takehome.mlflow_export import to_mlflow\n"
        "try: to_mlflow(rc.Record.from_dict(json.load(sys.stdin)), sys.argv[1])\n"
        "except rc.errors.TrackingError as error: print(error)\n"
    )
    done = subprocess.run(
        [python, "-c", program, f"http://127.0.0.1:{free_port()}"],
        input=json.dumps(record.to_dict()), capture_output=True, text=True,
        env=environment(MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"),
    )  # fmt: skip
    assert re.search(r"127\.0\.0\.1:\d+ does not answer; check [^\n]+\.\n$", done.stdout), done


# As the page does it: in a child, to the address that whoever runs the server has chosen.
SENDING = """
import json, sys, time
import recsys_core as rc
from recsys_core.takehome.sending import Sending
record = rc.Record.from_dict(json.load(sys.stdin))
job = Sending([record, record], sys.argv[1], "sent")
while not job.done: time.sleep(0.05)
from mlflow import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
known = client.search_runs([client.get_experiment_by_name("sent").experiment_id])
print("SAID" + json.dumps([job.n, job.failed, [run.info.status for run in known]]))
"""


@pytest.mark.slow
def test_runs_are_sent_by_a_child(python, server, record):
    done = subprocess.run(
        [python, "-c", SENDING, server], input=json.dumps(record.to_dict()), capture_output=True,
        text=True, env=environment(MLFLOW_TRACKING_URI=server),
    )  # fmt: skip
    said = json.loads(done.stdout.partition("SAID")[2] or repr(done.stderr[-2000:]))
    assert said == [2, None, ["FINISHED", "FINISHED"]]
