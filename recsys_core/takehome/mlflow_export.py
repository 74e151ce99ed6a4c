"""Write runs to an MLflow server, or into a folder that MLflow reads.

    to_mlflow(rc.run(experiment), "http://127.0.0.1:5000")

A run keeps its true dates; each epoch is a step, its time that of its computing after the start.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from recsys_core import escape
from recsys_core.errors import FactorscopeError, TrackingError
from recsys_core.experiments import Record, link
from recsys_core.experiments.experiment import model_class
from recsys_core.experiments.view import View
from recsys_core.extras import needed_for
from recsys_core.reading import web
from recsys_core.text import Text

EXPERIMENT_NAME = "Factorscope"

# What a server takes in one call, and the longest text of a tag (5,000 before MLflow 2.10), of a
# setting and of a name.
MOST_METRICS = 1000
_MOST_NAMED = 100
_LONGEST_TAG, _LONGEST_SETTING, _LONGEST_NAME = 5000, 500, 250

_SCHEMES = ("http", "https", "file")

# The one kind of place where a server keeps files that it is sent: in its own store.
_THROUGH_SERVER = "mlflow-artifacts:"

# Told of what was written so far: runs, and of how many.
Told = Callable[[int, int], None]

_Each = TypeVar("_Each")


def to_mlflow(
    records: Record | Sequence[Record],
    tracking_uri: str,
    experiment_name: str = EXPERIMENT_NAME,
    *,
    with_model: bool = False,
    address: str = "",
    told: Told | None = None,
    receipts: Sequence[str] | None = None,
) -> list[str]:
    """Write records as runs of an MLflow experiment, which is made where it is absent.

    ``tracking_uri`` begins with http://, https:// or file://. ``with_model`` adds the trained model
    as a file, which holds the ratings and labels it was trained on; not where the server would have
    it kept elsewhere than with itself. ``address`` is that of a dashboard, for a link to the run.
    ``told`` is called with how many of the records are written, and of how many. ``receipts`` are
    those of records that were made elsewhere, where the ratings are. Returns the ids that MLflow
    gave the runs.

    Raises
    ------
    TrackingError
        If the address has no meaning, the server is not reached, or it refuses.
    MissingPackageError
        If mlflow-skinny is not installed.
    MissingRunError
        If ``with_model``, and a record comes from elsewhere and holds numbers only.
    """
    every = [records] if isinstance(records, Record) else list(records)
    where = checked(tracking_uri)
    with needed_for(Text("Writing runs to MLflow")):
        import mlflow
    written = []
    try:
        client = mlflow.MlflowClient(tracking_uri=where)
        experiment = _experiment(client, experiment_name)
        for n, record in enumerate(every):
            if told is not None:
                told(n, len(every))
            receipt = record.receipt if receipts is None else receipts[n]
            written.append(_write(client, experiment, record, receipt, with_model, address))
    except FactorscopeError:
        raise
    except Exception as error:  # of MLflow, requests, urllib3, the disk: all mean that it failed
        raise TrackingError(_why(where, error)) from None
    if told is not None:
        told(len(every), len(every))
    return written


def checked(tracking_uri: str) -> str:
    """The address of a server or folder, which has a form that MLflow is asked for here.

    Raises
    ------
    TrackingError
        If it does not begin with http://, https:// or file://, or it holds a password.
    """
    where = tracking_uri.strip()
    parts = web.parts_of(where)
    named = parts.path if parts.scheme == "file" else parts.hostname
    if parts.scheme not in _SCHEMES or not named:
        raise TrackingError(
            Text(
                "“{address}” is no address of MLflow; give one that begins with http://, https:// "
                "or file://.",
                address=escape.brief(where, 200),
            )
        )
    if parts.username is not None or parts.password is not None:
        raise TrackingError(
            Text(
                "The address at {host} holds a password; set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD instead.",
                host=parts.hostname,
            )
        )
    return where


def _experiment(client: Any, name: str) -> str:
    """The id of the experiment of that name, which is made where there is none."""
    name = escape.brief(name, _LONGEST_NAME) or EXPERIMENT_NAME
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name))
    if found.lifecycle_stage != "active":
        raise TrackingError(
            Text(
                "The experiment “{name}” was deleted on the MLflow server; restore it there, or "
                "choose another name.",
                name=name,
            )
        )
    return str(found.experiment_id)


def _write(
    client: Any, experiment: str, record: Record, receipt: str, with_model: bool, address: str
) -> str:
    """Write one record; returns the id of its run, which is FAILED there if it is not whole."""
    from mlflow.entities import Metric, Param, RunTag

    began, ended = dates(record)
    run = client.create_run(
        experiment,
        start_time=_milliseconds(began),
        tags=dict(tags(record, address)),
        run_name=escape.brief(_name(record), _LONGEST_NAME),
    )
    run_id = str(run.info.run_id)
    try:
        for settings in _pieces(params(record), _MOST_NAMED):
            client.log_batch(run_id, params=[Param(key, text) for key, text in settings])
        for numbers in _pieces(metrics(record), MOST_METRICS):
            client.log_batch(run_id, metrics=[Metric(*each) for each in numbers])
        # The receipt comes last: what has one is whole.
        client.log_batch(run_id, tags=[RunTag("factorscope.receipt", receipt)])
        if with_model:
            _keep_model(client, run, record)
    except BaseException:
        client.set_terminated(run_id, "FAILED", _milliseconds(ended))
        raise
    client.set_terminated(run_id, "FINISHED", _milliseconds(ended))
    return run_id


def _keep_model(client: Any, run: Any, record: Record) -> None:
    """Add the trained model as a file, where it stays with the server or in the folder asked for.

    A server may name any other place, a folder of this machine included, and MLflow's client would
    write there.
    """
    place = str(run.info.artifact_uri)
    with_itself = place.startswith(_THROUGH_SERVER)
    if not with_itself and not str(client.tracking_uri).startswith("file:"):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        record.as_model().save(path)
        client.log_artifact(run.info.run_id, str(path))


# --- what is written, as plain data ---------------------------------------------------------------


def dates(record: Record) -> tuple[datetime, datetime]:
    """When the training of a record began and ended.

    Records of earlier versions say only when they were written: that is the end, and the beginning
    lies the computing of all epochs before it.
    """
    ended = datetime.fromisoformat(record.ended or record.created)
    if record.began is not None:
        return datetime.fromisoformat(record.began), ended
    return ended - timedelta(seconds=math.fsum(epoch.seconds for epoch in record.epochs)), ended


def metrics(record: Record) -> Iterator[tuple[str, float, int, int]]:
    """Name, value, time (milliseconds since 1970) and step of all numbers of a record.

    Per epoch its errors, its objective and its seconds; at the epoch kept, the scores.
    """
    began, ended = dates(record)
    at, computed = began, 0.0
    times: dict[int, int] = {}
    for epoch in record.epochs:
        computed += epoch.seconds
        at = min(began + timedelta(seconds=computed), ended)
        times[epoch.number] = _milliseconds(at)
        for name in ("train_rmse", "validation_rmse", "loss", "seconds"):
            value = getattr(epoch, name)
            if value is not None and math.isfinite(value):
                yield name, float(value), times[epoch.number], epoch.number
    when = times.get(record.epoch, _milliseconds(ended))
    if record.best_epoch is not None:
        yield "best_epoch", float(record.best_epoch), when, record.epoch
    for name, value in record.scores.items():
        if math.isfinite(value):
            yield f"score.{name}", float(value), when, record.epoch


def params(record: Record) -> Iterator[tuple[str, str]]:
    """Name and text of all that was set: model, its settings in force, data and split.

    Those of data and split stand behind their names: ``data.seed``, ``split.test``.
    """
    experiment = record.experiment
    said: dict[str, Any] = {"model": experiment.model.name}
    said |= record.settings
    for part in ("data", "split"):
        about = dict(getattr(experiment, part).to_dict())
        said[part] = about.pop("name")
        said |= {f"{part}.{name}": value for name, value in about.items()}
    for n, fork in enumerate(experiment.forks, start=1):
        name = "fork" if n == 1 else f"fork{n}"
        said[name] = fork.epoch
        said |= {f"{name}.{key}": value for key, value in dict(fork.settings).items()}
    for name, value in said.items():
        yield name, escape.brief(_word(value), _LONGEST_SETTING)


def tags(record: Record, address: str = "") -> Iterator[tuple[str, str]]:
    """Name and text of what else is known of a run; the receipt comes apart."""
    yield "mlflow.source.name", "Factorscope"
    yield "mlflow.source.type", "LOCAL"
    yield "mlflow.note.content", escape.short(note(record), _LONGEST_TAG)
    yield "factorscope.epoch", str(record.epoch)
    if record.best_epoch is not None:
        yield "factorscope.best_epoch", str(record.best_epoch)
    yield "factorscope.digest", record.digest
    yield "factorscope.processor", escape.brief(record.processor, _LONGEST_SETTING)
    for name, version in record.versions.items():
        yield f"factorscope.version.{name}", escape.brief(version, _LONGEST_SETTING)
    query = link.write([record.experiment], View(moment=record.epoch))
    told = f"{address.rstrip('/')}/train?{query}" if address else query
    if len(told) <= _LONGEST_TAG:
        yield "factorscope.link", told


def note(record: Record) -> Text:
    """The description of a run, which MLflow shows as Markdown."""
    experiment = record.experiment
    ratings = experiment.ratings_held
    data = experiment.data.name if ratings is None else ratings.name
    seed = dict(record.settings).get("seed", experiment.model.get("seed", 0))
    kept = Text("epoch {epoch}", epoch=record.epoch)
    if record.epoch == record.best_epoch:
        kept = Text("epoch {epoch}, the best on validation", epoch=record.epoch)
    elif record.best_epoch is not None:
        kept = Text(
            "epoch {epoch}; the best on validation is {best}",
            epoch=record.epoch,
            best=record.best_epoch,
        )
    return Text(
        "{model} on {data}, split {split}, seed {seed}. Scores are of {kept}; RMSE is of "
        "predictions clipped to the scale. The tag factorscope.receipt proves them: "
        "python -m recsys_core replay RECEIPT.",
        model=escape.markdown(_name(record)),
        data=escape.markdown(data),
        split=escape.markdown(experiment.split.name),
        seed=escape.markdown(str(seed)),
        kept=kept,
    )


def _name(record: Record) -> str:
    """The title of the model, and its number of factors where it has some."""
    k = record.settings.get("n_factors")
    title = model_class(record.experiment.model.name).title
    return f"{title}, k = {k}" if k else title


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(_word(each) for each in value)
    if hasattr(value, "item"):
        value = value.item()  # a number of NumPy's
    return repr(value) if isinstance(value, float) else str(value)


def _milliseconds(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1000)


def _pieces(every: Iterable[_Each], most: int) -> Iterator[list[_Each]]:
    """All there is, so many at once."""
    piece: list[_Each] = []
    for each in every:
        piece.append(each)
        if len(piece) == most:
            yield piece
            piece = []
    if piece:
        yield piece


# --- what went wrong ------------------------------------------------------------------------------


def _why(where: str, error: Exception) -> Text:
    """One sentence on what MLflow's client raised."""
    host = urlsplit(where).netloc or where
    said = f"{type(error).__name__} {error}"
    if any(word in said for word in ("ConnectionError", "Max retries", "Connection refused",
                                     "Timeout", "timed out", "NameResolution")):  # fmt: skip
        return Text(
            "{host} does not answer; check that an MLflow server runs there, or try again later.",
            host=host,
        )
    if any(word in said for word in ("401", "403", "PERMISSION_DENIED", "UNAUTHENTICATED")):
        return Text(
            "{host} takes runs only from those who sign in; set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
            host=host,
        )
    if isinstance(error, OSError):
        return Text(
            "{host} cannot be written to ({reason}); choose another folder.",
            host=where,
            reason=escape.brief(error.strerror or error, 80),
        )
    return Text(
        "{host} did not take the run: {reason}; check that it is the address of an MLflow server.",
        host=host,
        reason=escape.brief(error, 160).rstrip(" .;"),
    )
