"""Train an experiment; the last line printed is its receipt.

    python -m recsys_core train 'data=party&model=SGD&k=3'
    python -m recsys_core train --data ratings.csv --model ALS --set k=20 --set split.seed=1
    python -m recsys_core train --data movielens --set data.release=1m --model PMF
    python -m recsys_core train --data ratings.csv --model ALS --save model.npz
    python -m recsys_core train 'data=party&model=ALS' --db sqlite:///runs.db

With --db every epoch is kept in that database as it ends; “runs” lists what is there.

--save keeps the trained model, that of the best epoch: “recommend” takes it to new users.
An experiment is said by a link's text, or by options, or by both; --set takes any key of a link.
Exit status: 0; 2 where data are missing; 3 where something has no meaning.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from recsys_core import escape, experiments
from recsys_core.commands.options import add_database, file_of, open_database
from recsys_core.commands.progress import Progress
from recsys_core.errors import LinkError
from recsys_core.experiments import Experiment, Record, usual_model
from recsys_core.experiments.experiment import SHARED
from recsys_core.experiments.link import names_model, query_of
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.reading import read_ratings
from recsys_core.recipes import DATA
from recsys_core.runs.baselines import Baselines
from recsys_core.text import Text
from recsys_core.training import Epoch
from recsys_core.words import error, number

HELP = "train an experiment, given by a link's text or by options"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_experiment(parser)
    parser.add_argument("--save", metavar="FILE.npz", help="write the trained model, with its "
                        "labels and the ratings it learned from")  # fmt: skip
    add_database(parser, "keep the run in this database, epoch by epoch")
    parser.add_argument("--name", default="", help="with --db: what the run is called there")


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """Declare what ``asked`` makes an experiment of."""
    parser.add_argument("link", nargs="?", default="", help="a link's text, or the whole link")
    parser.add_argument(
        "--data",
        metavar="NAME|FILE",
        help="party, low_rank, movielens …; or a file; or the "
        "folder of the MovieLens zips, as $FACTORSCOPE_DATA",
    )
    parser.add_argument("--split", metavar="NAME", help="usual, whole, random, last_out …")
    parser.add_argument("--model", metavar="NAME", help="SGD, ALS, PMF, BayesianPMF …")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[],
                        help="any other key of a link, such as k=20 or split.seed=1")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Train, and print what came of it; return the exit status.

    Raises
    ------
    LinkError
        If the link or an option has no meaning.
    """
    experiment = asked(
        arguments.link, arguments.data, arguments.split, arguments.model, arguments.set
    )
    split = experiment.make_split()
    model = experiment.make_model()
    print(f"{experiment.make_ratings().name} · {split.description}\n{model.title} · "
          f"{experiment.to_query()}")  # fmt: skip
    progress = Progress()
    record = _trained(experiment, progress, arguments)
    progress.close()
    for line in _results(record):
        print(line)
    if arguments.save:
        record.as_model().save(arguments.save)
        print(f"Saved the model of epoch {record.epoch} as {escape.one_line(arguments.save)}.")
    print(record.receipt)
    return 0


def _trained(experiment: Experiment, progress: Progress, arguments: argparse.Namespace) -> Record:
    """Train, and keep the run where a database is named."""
    if not arguments.db:
        return experiments.run(experiment, on_epoch=progress)
    from recsys_core.runs.recording import Recording  # which needs SQLAlchemy

    recording = Recording(open_database(arguments), experiment, arguments.name)

    def note(epoch: Epoch, n_epochs: int) -> None:
        recording(epoch, n_epochs)
        progress(epoch, n_epochs)

    try:
        record = experiments.run(experiment, on_epoch=note)
    except BaseException:
        recording.stop()
        raise
    recording.finish(record)
    return record


def asked(
    link: str,
    data: str | None = None,
    split: str | None = None,
    model: str | None = None,
    others: Sequence[str] = (),
) -> Experiment:
    """Return the experiment that a link and the options of the command mean together.

    An option wins over the link, and takes what belonged to the other choice along: --data its
    ``data.…``, --split its ``split.…``, --model all settings and forks. ``others`` are those of
    --set.

    Raises
    ------
    LinkError
        If the link or an option has no meaning.
    """
    pairs = _pairs(query_of(link).split("&"))
    ratings: Ratings | None = None
    if data is not None:
        name, ratings = _data(data)
        if name:
            pairs = [pair for pair in pairs if pair[0].partition(".")[0] != "data"]
            pairs.append(("data", name))
    if split is not None:
        pairs = [pair for pair in pairs if pair[0].partition(".")[0] != "split"]
        pairs.append(("split", split))
    if model is not None:
        pairs = [pair for pair in pairs if not names_model(pair[0])]
        pairs.append(("model", model))
    for key, value in _pairs(others, required=True):
        same = {key, {"k": "n_factors", "n_factors": "k"}.get(key, key)}
        pairs = [pair for pair in pairs if pair[0] not in same]
        pairs.append((key, quote(value, safe=",%")))
    if ratings is not None:
        pairs = [pair for pair in pairs if pair[0].partition(".")[0] != "data"]
        pairs.append(("data", ratings.source.name))
        options = DATA.parameters(ratings.source.name)
        pairs += [(f"data.{p.name}", p.write(ratings.source.get(p.name))) for p in options]
        pairs = [pair for pair in pairs if pair[1]]
    text = "&".join(f"{key}={value}" for key, value in pairs)
    experiment = Experiment.from_query(text)
    if ratings is not None:
        experiment = experiment.with_ratings(ratings)
    if not names_model(text):
        experiment = experiment.with_model(usual_model(experiment.make_ratings()))
    return experiment


def _pairs(parts: Sequence[str], required: bool = False) -> list[tuple[str, str]]:
    """Keys and values of “key=value” texts, as they are written."""
    found = []
    for part in parts:
        key, equals, value = part.partition("=")
        if required and not equals:
            raise LinkError(
                Text("“{part}” has no value: write it as KEY=VALUE, such as k=20.", part=part)
            )
        if part:
            found.append((key, value) if equals else (part, ""))
    return found


def _data(given: str) -> tuple[str, Ratings | None]:
    """The name of data, or the ratings of a file; neither where a folder was named."""
    if given in DATA.names:
        return given, None
    try:
        exists = Path(given).exists()
    except OSError:  # a name no file can have
        exists = False
    if not exists:
        names = ", ".join(name for name in DATA.names if name not in (UPLOAD, SHARED))
        raise LinkError(
            Text(
                "“{given}” is neither a file here nor one of {names}; check the path.",
                given=given[:80],
                names=names,
            )
        )
    file = file_of(given)
    return "", None if file is None else read_ratings(file)


def _results(record: Record) -> list[str]:
    """How good it is, baselines beside it; a training error is said to be one."""
    lines = []
    part = "validation" if "validation_rmse" in record.scores else "train"
    if (rmse := record.scores.get(f"{part}_rmse")) is not None:
        at = f" at epoch {record.best_epoch}" if record.best_epoch is not None else ""
        kind = "validation" if part == "validation" else "training"
        text = f"{kind} RMSE {error(rmse)}{at}"
        baselines = Baselines(record.split)
        for _ in baselines.fitting():
            pass
        for baseline in baselines:
            found = baseline.validation_rmse if part == "validation" else baseline.train_rmse
            text += f" · {baseline.name.lower()} {error(found)}" if found is not None else ""
        lines.append(text + " (clipped to the scale)")
        if part == "train":
            lines.append("No ratings were held out: this is how well it remembers.")
    else:
        lines.append(f"objective {number(record.scores['loss'])}: it predicts no ratings")
    return lines
