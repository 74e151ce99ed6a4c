"""Train an experiment, a kept run or what a receipt says, and write a report on it, one HTML file.

    python -m recsys_core report 'data=party&split=random&model=SGD&k=3'
    python -m recsys_core report 'data=movielens&data.release=100k&model=ALS' --out als.html
    python -m recsys_core report fs1.eNqVU8uO… --data ratings.csv --for manager
    python -m recsys_core report 3f2a9c --db sqlite:///runs.db    # one of those “runs” lists

The file needs no network and no program but a browser, and prints well, also to PDF.
--for technical (the usual one) has all results beside the baselines, for whom the run works, its
settings, formula and receipt; --for manager is one printed page in plain words.

The run is judged once by the test part of its split, else by the validation part; a split that
holds nothing out can be judged by nothing, and the report says so. A receipt, or a run kept in a
database, is trained again as far as it was, and the model is that of its epoch. Without --out the
file is called after data and model; a file that is there is not written over unless it is named by
--out.

Exit status: 0; 2 where data are missing; 3 where something has no meaning or cannot be written.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from recsys_core import escape, experiments, words
from recsys_core.commands.options import add_database, file_of, open_database
from recsys_core.commands.progress import Progress
from recsys_core.commands.runs import one_of
from recsys_core.commands.train import asked
from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment, Record
from recsys_core.experiments.record import Receipt
from recsys_core.experiments.replay import experiment_of
from recsys_core.ratings import UPLOAD
from recsys_core.reading import read_ratings
from recsys_core.text import Text

if TYPE_CHECKING:
    from recsys_core.experiments.store import KeptRun, Store

HELP = "train an experiment, a kept run or what a receipt says, and write a report on it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "what", metavar="QUERY|RECEIPT|RUN", help="a link's text, the line that begins with fs1., "
        "or with --db the start of a kept run's id",
    )  # fmt: skip
    parser.add_argument("--data", metavar="NAME|FILE|FOLDER", help="the file of the ratings; or "
                        "the folder of the MovieLens zips, as $FACTORSCOPE_DATA")  # fmt: skip
    add_database(parser, "the database that keeps the run")
    parser.add_argument("--for", dest="reader", choices=("technical", "manager"),
                        default="technical", help="who reads it (technical)")  # fmt: skip
    parser.add_argument("--out", metavar="FILE", help="the file to write, such as report.html")


def run(arguments: argparse.Namespace) -> int:
    """Train, write the report and say where it is; return the exit status.

    Raises
    ------
    SettingsError
        If the file cannot be written.
    """
    from recsys_core.takehome import findings, manager, report

    if arguments.out is not None and not Path(arguments.out).parent.is_dir():
        raise SettingsError(
            Text("There is no folder for {out}; name another file by --out FILE.",
                 out=arguments.out)
        )  # fmt: skip
    progress = Progress()
    record = _trained(arguments, progress)
    progress.close()
    found = findings.find(record)
    made = manager.write(found) if arguments.reader == "manager" else report.write(found)
    path = _written(made, arguments.out, f"{found.data} {found.title} {arguments.reader}")
    print(escape.one_line(str(path)))
    return 0


def _trained(arguments: argparse.Namespace, progress: Progress) -> Record:
    """Train a receipt or a kept run as far as it was trained, a link's text to its end."""
    what, data = arguments.what, arguments.data
    if arguments.db is not None:
        store = open_database(arguments)
        kept = one_of(store, what.strip())
        experiment = _with_ratings(store, kept, file_of(data))
        return experiments.run(experiment, until=kept.epoch, on_epoch=progress)
    if not what.strip().startswith("fs"):
        return experiments.run(asked(what, data), on_epoch=progress)
    claims = Receipt.from_text(what)
    experiment = experiment_of(claims, file_of(data))
    return experiments.run(experiment, until=claims.n_epochs, at=claims.epoch, on_epoch=progress)


def _with_ratings(store: Store, kept: KeptRun, file: str | None) -> Experiment:
    """The experiment of a kept run, holding its upload: that file, else what is kept of it."""
    from recsys_core.runs.keeping import ratings_of

    experiment = store.experiment(kept.experiment)
    if experiment.data.name != UPLOAD:
        return experiment
    if file is not None:
        return experiment.with_ratings(read_ratings(file).replace(origin=None))
    arrays = store.arrays(kept.owner, str(experiment.data.get("id")))
    return experiment if arrays is None else experiment.with_ratings(ratings_of(arrays))


def _written(made: bytes, out: str | None, name: str) -> Path:
    """Write the file: the one named, or one called after the run that is not there yet."""
    path = Path(out) if out is not None else Path(f"{words.slug(name)[:80] or 'report'}.html")
    try:
        with open(path, "wb" if out is not None else "xb") as file:
            file.write(made)
    except FileExistsError:
        raise SettingsError(
            Text("{path} is already there; name the file to write by --out FILE.", path=path.name)
        ) from None
    except OSError as error:
        raise SettingsError(
            Text(
                "{path} cannot be written ({why}); name another file by --out FILE.",
                path=str(path), why=error.strerror or os.strerror(error.errno or 0),
            )
        ) from None  # fmt: skip
    return path
