"""What a replica is: an article's data, settings and numbers, and what we found when we ran them.

A replica has no training of its own: its cases are ordinary experiments. What an article did wrong
is a small function in its entry, applied to the record of the same training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core import experiments, metrics
from recsys_core.datasets.movielens import CATALOGUE
from recsys_core.errors import MissingRunError
from recsys_core.experiments import Experiment, Record
from recsys_core.models import PMF, FittedModel, Model
from recsys_core.ratings import Ratings
from recsys_core.recipes import Recipe
from recsys_core.splits import Split
from recsys_core.text import Text


@dataclass(frozen=True)
class Case:
    """One training: a model on a split.

    ``data`` makes other ratings than the article's, where a case has its own. ``keep`` names the
    epochs whose snapshots rows and lessons look at; ``ours`` marks our best answer.
    """

    key: str
    title: str
    model: Callable[[Ratings], Model]  # given the training part
    split: Callable[[Ratings], Split]
    ours: bool = False
    keep: Sequence[int] = ()
    data: Callable[[], Ratings] | None = None

    def experiment(self, ratings: Ratings) -> Experiment:
        """The experiment on the article's ratings (or the case's own)."""
        if self.data is not None:
            ratings = self.data()
        bare = Experiment(ratings, self.split(ratings))
        return bare.with_model(self.model(bare.make_split().train))


class Records(dict[str, Record]):
    """Records by case; a case that has not been run raises MissingRunError."""

    def __missing__(self, key: str) -> Record:
        raise MissingRunError(
            Text("The case “{key}” has not been run; run the replica first.", key=key)
        )


Value = float | str | None


@dataclass(frozen=True)
class Row:
    """One line of the table: the article says, we get, our best on the same split.

    ``read`` and ``read_best`` find our values in the records of the cases; ``digits`` are those
    shown. ``why`` is the plain explanation of the difference.
    """

    what: str
    article_says: Value
    read: Callable[[Records], Value]
    read_best: Callable[[Records], Value] | None = None
    digits: int = 3
    why: str = ""

    def we_get(self, records: Mapping[str, Record] | None) -> Value:
        """Our value for what the article says, from the records by case.

        Raises
        ------
        MissingRunError
            If a record that it needs is not there, or holds numbers only.
        """
        return self.read(Records(records or {}))

    def our_best(self, records: Mapping[str, Record] | None) -> Value:
        """Our best on the same split, None where there is none; raises like ``we_get``."""
        return None if self.read_best is None else self.read_best(Records(records or {}))


@dataclass(frozen=True)
class Lesson:
    """Something the article got wrong or left out, with the evidence as a table."""

    title: str
    text: str
    evidence: Callable[[Records], pd.DataFrame]
    curve: bool = False  # the evidence is one line a column over its index: draw it
    mark_lowest: str = ""  # the column whose lowest point is marked


@dataclass(frozen=True)
class Replica:
    """One article: readable from top to bottom in its own file."""

    number: int
    title: str
    system: str
    data: Callable[[], Ratings] | None  # None: a MovieLens data set, see ``movielens``
    cases: tuple[Case, ...]
    rows: tuple[Row, ...]
    lessons: tuple[Lesson, ...]
    movielens: tuple[str, ...] = ()  # the article's own first, then what may stand in for it
    settings: str = ""  # the article's settings in one line
    summary: str = ""  # what one learns, in a sentence

    def suits(self, ratings: Ratings) -> bool:
        """Whether these are the ratings the article used, or may stand in for them (by size)."""
        shape = ratings.n_users, ratings.n_items, ratings.n_ratings
        known = (CATALOGUE[name] for name in self.movielens)
        return any(shape == (r.n_users, r.n_items, r.n_ratings) for r in known)

    def experiments(self, ratings: Ratings) -> dict[str, Experiment]:
        """The experiment of each case, by its key; equal, whatever a run of it is called."""
        known = self.number, ratings.source
        if known not in _experiments:
            found = {case.key: case.experiment(ratings) for case in self.cases}
            # Kept without the ratings: they may be large, and belong to whoever brought them.
            _experiments[known] = {
                key: Experiment(e.data, e.split, e.model, e.forks) for key, e in found.items()
            }
        return _experiments[known]

    def table(self, records: Mapping[str, Record]) -> pd.DataFrame:
        """The three columns, as text with sensible digits, and the explanations."""
        return pd.DataFrame(
            [
                {
                    "what": row.what,
                    "the article says": shown(row.article_says, row.digits),
                    "we get": shown(row.we_get(records), row.digits),
                    "our best": shown(row.our_best(records), row.digits),
                    "why they differ": row.why,
                }
                for row in self.rows
            ]
        )


def shown(value: Value, digits: int) -> str:
    """A value as the table shows it; nothing where there is none."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,.{digits}f}"


# By replica and source of the ratings.
_experiments: dict[tuple[int, Recipe], dict[str, Experiment]] = {}


def train(case: Case, ratings: Ratings) -> Record:
    """Train a case to its end."""
    return experiments.run(case.experiment(ratings), keep=case.keep)


def run(replica: Replica, ratings: Ratings) -> Records:
    """All cases of a replica, one after the other."""
    return Records({case.key: train(case, ratings) for case in replica.cases})


def our_answer(train: Ratings) -> Model:
    """What we would use: PMF with biases and adaptive priors, everything chosen from the data."""
    return PMF()


# --- small things several entries use ---------------------------------------------------------


def rmse_on(fitted: FittedModel, ratings: Ratings, clip: bool = True) -> float:
    """RMSE of a fitted model on some ratings."""
    predicted = fitted.predict(ratings.user_ids, ratings.item_ids, clip=clip)
    return metrics.rmse(ratings.values, predicted)


def held_out_rmse(record: Record, clip: bool = True) -> float:
    """RMSE on the held-out part, in rating units."""
    return rmse_on(record.fitted, record.held_out, clip)


def train_mse(record: Record) -> float:
    """Mean squared error on the training part after the last epoch."""
    rmse = record.epochs[-1].train_rmse
    assert rmse is not None
    return rmse**2


def examples_per_second(record: Record) -> float:
    """Training ratings visited per second of computing, measuring included."""
    seconds = sum(epoch.seconds for epoch in record.epochs[1:])
    return len(record.split.train) * (len(record.epochs) - 1) / max(seconds, 1e-9)


def baselines(record: Record) -> dict[str, float]:
    """Held-out RMSE of the global mean and of user + item biases, fitted to the training part."""
    from recsys_core.models import GlobalMean, UserItemBias

    train, held_out = record.split.train, record.held_out
    models = (GlobalMean(), UserItemBias())
    return {m.title: rmse_on(m.fit(train).snapshot(), held_out) for m in models}


def baseline_row(case: str) -> Row:
    """The line every table ends with: what predicting without factors would have given."""

    def value(records: Records) -> str:
        found = baselines(records[case])
        return " · ".join(f"{rmse:.3f} ({name.lower()})" for name, rmse in found.items())

    return Row("test RMSE of the baselines", None, value, why="What any model has to beat.")


def cosine_matrix(rows: np.ndarray) -> np.ndarray:
    """Cosine of the angle between every two rows, (n, n)."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T
