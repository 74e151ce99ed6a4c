"""Train an experiment; the last line printed is its receipt.

    python -m recsys_core train 'data=party&model=SGD&k=3'
    python -m recsys_core train --data ratings.csv --model ALS --set k=20 --set split.seed=1
    python -m recsys_core train --data movielens --set data.release=1m --model PMF

An experiment is said by a link's text, or by options, or by both; --set takes any key of a link.
Exit status: 0; 2 where data are missing; 3 where something has no meaning.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import quote

from recsys_core import experiments
from recsys_core.commands.options import file_of
from recsys_core.commands.progress import Progress
from recsys_core.errors import LinkError
from recsys_core.experiments import Experiment, Record
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.reading import read_ratings
from recsys_core.recipes import DATA
from recsys_core.runs.baselines import Baselines
from recsys_core.words import number

HELP = "train an experiment, given by a link's text or by options"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
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
    """Train, and print what came of it."""
    experiment = _asked(arguments)
    split = experiment.make_split()
    model = experiment.make_model()
    print(f"{experiment.make_ratings().name} · {split.description}\n{model.title} · "
          f"{experiment.to_query()}")  # fmt: skip
    progress = Progress()
    record = experiments.run(experiment, on_epoch=progress)
    progress.close()
    for line in _results(record):
        print(line)
    print(record.receipt)
    return 0


def _asked(arguments: argparse.Namespace) -> Experiment:
    """The experiment that link and options say together; an option wins over the link."""
    ratings: Ratings | None = None
    named = {"split": arguments.split, "model": arguments.model}
    said = {key: value for key, value in named.items() if value is not None}
    if arguments.data is not None:
        if arguments.data in DATA.names:
            said["data"] = arguments.data
        elif Path(arguments.data).exists():
            file = file_of(arguments.data)
            ratings = None if file is None else read_ratings(file)
        else:
            names = ", ".join(name for name in DATA.names if name != UPLOAD)
            raise LinkError(
                f"“{arguments.data}” is neither a file here nor one of {names}; check the path."
            )
    for pair in arguments.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise LinkError(f"“{pair}” says nothing: write it as KEY=VALUE, such as k=20.")
        said[key] = value
    link = arguments.link.partition("?")[2] if "://" in arguments.link[:10] else arguments.link
    parts = [part for part in link.split("&") if part and part.partition("=")[0] not in said]
    if ratings is not None:
        parts = [part for part in parts if part.partition("=")[0].partition(".")[0] != "data"]
        said |= {"data": ratings.source.name}
        said |= {f"data.{key}": str(value) for key, value in ratings.source.options}
    parts += [f"{key}={quote(value, safe=',')}" for key, value in said.items()]
    experiment = Experiment.from_query("&".join(parts))
    return experiment if ratings is None else experiment.with_ratings(ratings)


def _results(record: Record) -> list[str]:
    """How good it is, baselines beside it; a training error is said to be one."""
    lines = []
    part = "validation" if "validation_rmse" in record.scores else "train"
    if (rmse := record.scores.get(f"{part}_rmse")) is not None:
        at = f" at epoch {record.best_epoch}" if record.best_epoch is not None else ""
        kind = "validation" if part == "validation" else "training"
        text = f"{kind} RMSE {rmse:.4f}{at}"
        baselines = Baselines(record.split)
        for _ in baselines.fitting():
            pass
        for baseline in baselines:
            found = baseline.validation_rmse if part == "validation" else baseline.train_rmse
            text += f" · {baseline.name.lower()} {found:.4f}" if found is not None else ""
        lines.append(text + " (clipped to the scale)")
        if part == "train":
            lines.append("No ratings were held out: this is how well it remembers.")
    else:
        lines.append(f"objective {number(record.scores['loss'])}: it predicts no ratings")
    return lines
