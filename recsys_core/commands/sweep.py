r"""Sweep settings of a model: train it at many points, each judged on validation ratings.

A grid of λ × k, 6 × 3 points with two seeds each, 36 trials:

    python -m recsys_core sweep 'data=movielens&split=random&model=SGD' \
        --over reg=0.01:1:log --over k=5,10,20 --seeds 2 --out trials.csv

Sixty trials where Optuna's TPE expects the most (it needs Optuna, the grid does not):

    python -m recsys_core sweep 'data=low_rank&model=SGD' --over reg=0.001:1:log \
        --over learning_rate=0.003:0.1:log --over biases=true,false --how tpe --trials 60

--over NAME=A,B,C names the values; NAME=LOW:HIGH is a range, LOW:HIGH:log one that is even on a
logarithmic scale; LOW:HIGH:log:8 says how many values a grid takes from it (6). NAME is a setting
as the link calls it, k the number of factors. Without --over, λ × k around their usual values.

The test part is never looked at. From half of its epochs on, a trial that is worse than the median
of the others is paused (--no-pause: none is). Ctrl-C stops and keeps what is done. A table of all
trials goes to --out, and --db keeps the sweep in a database, and its trials as an Optuna study
beside it, which optuna-dashboard opens.
Exit status: 0; 2 where data are missing; 3 where something has no meaning; 130 where stopped.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from recsys_core.asking import exports
from recsys_core.commands import train
from recsys_core.commands.options import add_database
from recsys_core.errors import SettingsError
from recsys_core.experiments import sweep_results
from recsys_core.experiments.sweep import Over, Sweep, usual_sweep
from recsys_core.runs import Registry, SweepRun, Workspace
from recsys_core.text import Text
from recsys_core.words import duration, error, percent

HELP = "train a model with many settings, and say which are best on validation ratings"

_STOPPED = 130

# Seconds between two writings to a database.
_KEPT_EVERY = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    train.add_experiment(parser)
    parser.add_argument(
        "--over",
        metavar="NAME=VALUES",
        action="append",
        default=[],
        help="a setting and its values or range: k=2,5,10 or reg=0.01:1:log",
    )
    parser.add_argument(
        "--how",
        choices=("grid", "random", "tpe"),
        default="grid",
        help="every combination (the usual); at random; or by Optuna's TPE",
    )
    parser.add_argument(
        "--trials",
        type=int,
        default=0,
        metavar="N",
        help="trainings in all, other seeds included: 60, of a grid all it has",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=2,
        metavar="N",
        help="trainings at each point, each with a seed of its own: 2",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the order of a grid, and of what is drawn: 0",
    )
    parser.add_argument(
        "--no-pause", action="store_true", help="train poor trials to their end as well"
    )
    parser.add_argument("--out", metavar="FILE.csv", help="write a table of all trials")
    add_database(parser, "keep the sweep in this database")


def run(arguments: argparse.Namespace) -> int:
    """Do the sweep, and print what it found; return the exit status.

    Raises
    ------
    LinkError, SettingsError
        If an argument has no meaning.
    """
    sweep = _asked(arguments)
    out = None if arguments.out is None else _writable(arguments.out)
    registry = Registry(threaded=False)
    workspace = registry.workspace("command line")
    workspace.load(sweep.experiment.make_ratings(), sweep.experiment.data)
    one = workspace.new_sweep(sweep)
    print(f"{one.split.train.name} · {one.split.description}")
    counts = f"{sweep.n_points} points × {sweep.seeds} seeds = {sweep.n_trials} trials"
    print(f"{sweep.title} · {sweep.how}, {counts}")
    keep, close = _keeping(arguments.db, workspace)
    try:
        stopped = _train(registry, one, keep)
    finally:
        keep(True)
        close()
    table = sweep_results.trials_table(sweep, one.trials)
    if out is not None:
        out.write_bytes(exports.to_csv(table, index=False))
        print(f"{len(one.trials)} trials written to {out}")
    for line in _results(sweep, one):
        print(line)
    return _STOPPED if stopped else 0


def _asked(arguments: argparse.Namespace) -> Sweep:
    """The sweep that the arguments say."""
    experiment = train.asked(
        arguments.link, arguments.data, arguments.split, arguments.model, arguments.set
    )
    over = [Over.read(text) for text in arguments.over]
    if not over:
        values = experiment.make_model().resolve(experiment.make_split().train)
        over = list(usual_sweep(experiment, values).over)
    return Sweep(
        experiment, tuple(over), arguments.how, arguments.trials, arguments.seeds,
        arguments.seed, not arguments.no_pause,
    )  # fmt: skip


def _writable(name: str) -> Path:
    """The file to write, refused before an hour of training and not after it."""
    path = Path(name)
    if not path.parent.is_dir() or path.is_dir():
        raise SettingsError(
            Text("“{name}” cannot be written: name a file in a folder that exists.", name=name[:80])
        )
    return path


def _keeping(
    url: str | None, workspace: Workspace
) -> tuple[Callable[[bool], None], Callable[[], None]]:
    """What keeps the sweep in a database, at once or else once a second; and what ends that."""
    if url is None:
        return lambda now: None, lambda: None
    from recsys_core.experiments.store import Store
    from recsys_core.runs.kept_sweeps import KeptSweeps

    store, kept, last = Store(url), KeptSweeps(url), [0.0]

    def keep(now: bool) -> None:
        if now or time.monotonic() - last[0] > _KEPT_EVERY:
            kept.write(store, workspace)
            last[0] = time.monotonic()

    return keep, kept.close


def _train(registry: Registry, one: SweepRun, keep: Callable[[bool], None]) -> bool:
    """Train to the end, saying how far it is; whether it was stopped by Ctrl-C."""
    one.start()
    terminal, said = sys.stderr.isatty(), 0
    try:
        while one.busy:
            registry.turn()
            keep(False)
            if one.n_ended > said:
                said = one.n_ended
                _progress(one, terminal)
    except KeyboardInterrupt:
        one.stop()
        print("\nStopped; what is done stays.", file=sys.stderr)
        return True
    finally:
        if terminal:
            print(file=sys.stderr)
    if one.message:
        raise SettingsError(Text("{said}", said=one.message))
    return False


def _progress(one: SweepRun, terminal: bool) -> None:
    n, of = one.n_ended, one.sweep.n_trials
    best = sweep_results.best_of(sweep_results.points_of(one.trials))
    text = f"trial {n} / {of}"
    if best is not None:
        where = sweep_results.point_said(one.sweep, best.settings)
        text += f" · lowest validation RMSE {error(best.error)} at {where}"
    if n < of:
        text += f" · {duration(one.seconds / n * (of - n))} left"
    if terminal:
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif n == of or n % 10 == 0:
        print(text, file=sys.stderr, flush=True)


def _results(sweep: Sweep, one: SweepRun) -> list[str]:
    """What it found, in sentences; the best points; and the best as a link."""
    lines = [str(said) for said in sweep_results.sentences(sweep, one.trials)]
    points = sweep_results.points_of(one.trials)
    shares = sweep_results.importances_table(sweep, one.trials)
    if len(shares):
        parts = zip(shares["what"], shares["share of variance"], strict=True)
        lines.append("Variance: " + ", ".join(f"{what} {percent(share)}" for what, share in parts))
    best = sweep_results.best_of(points)
    if best is not None:
        lines.append("Train the best:")
        lines.append(f"  {one.experiment_of(best.trials[0].number).to_query()}")
    return lines
