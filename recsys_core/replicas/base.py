"""What a replica is: an article's data, settings and numbers, and what we found when we ran them.

A replica has no training of its own: its cases are ordinary experiments. What an article did wrong
is a small function in its entry, applied to the record of the same training.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core import experiments, metrics
from recsys_core.datasets.movielens import CATALOGUE, Release
from recsys_core.errors import MissingRunError
from recsys_core.experiments import Experiment, Record
from recsys_core.figures.plain import Figure
from recsys_core.figures.theme import Mode
from recsys_core.models import PMF, FittedModel, Model
from recsys_core.ratings import Ratings
from recsys_core.recipes import Recipe
from recsys_core.splits import Split
from recsys_core.text import Number, Text, later


@dataclass(frozen=True)
class Case:
    """One training: a model on a split.

    ``data`` makes other ratings than the article's, where a case has its own. ``keep`` names the
    epochs whose snapshots rows and lessons look at; ``ours`` marks our best answer. ``repeats`` is
    the key of the case that this one repeats with another seed.
    """

    key: str
    title: str
    model: Callable[[Ratings], Model]  # given the training part
    split: Callable[[Ratings], Split]
    ours: bool = False
    keep: Sequence[int] = ()
    data: Callable[[], Ratings] | None = None
    repeats: str = ""

    def experiment(self, ratings: Ratings) -> Experiment:
        """The experiment on the article's ratings (or the case's own)."""
        if self.data is not None:
            ratings = self.data()
        bare = Experiment(ratings, self.split(ratings))
        return bare.with_model(self.model(bare.make_split().train))


def repeated(
    case: Case,
    seeds: Iterable[int],
    split: Callable[[Ratings, int], Split] | None = None,
    keep: Sequence[int] = (),
) -> tuple[Case, ...]:
    """Return a case, and once more for each further seed, with the keys “key/seed”.

    The seed is that of the model; given ``split``, of ratings and a seed, also that of the split.
    ``keep`` is that of the repetitions.
    """

    def again(seed: int) -> Case:
        def model(train: Ratings) -> Model:
            own: Any = case.model(train)
            return dataclasses.replace(own, seed=seed)

        def part(ratings: Ratings) -> Split:
            return case.split(ratings) if split is None else split(ratings, seed)

        return dataclasses.replace(
            case, key=f"{case.key}/{seed}", model=model,
            title=Text("{case}, seed {seed}", case=case.title, seed=seed),
            split=part, keep=keep, repeats=case.key,
        )  # fmt: skip

    return case, *(again(seed) for seed in seeds)


class Records(dict[str, Record]):
    """Records by case; a case that has not been run raises MissingRunError.

    Attributes
    ----------
    read : keys of the records that were looked at, in this order.
    """

    def __init__(self, records: Mapping[str, Record] | None = None) -> None:
        super().__init__(records or {})
        self.read: list[str] = []

    def __getitem__(self, key: str) -> Record:
        found = super().__getitem__(key)
        if key not in self.read:
            self.read.append(key)
        return found

    def __missing__(self, key: str) -> Record:
        raise MissingRunError(
            Text("The case “{key}” has not been run; run the replica first.", key=key)
        )

    def seeds(self, key: str) -> list[Record]:
        """Return the record of a case and those of its repetitions with other seeds."""
        return [self[key], *(self[each] for each in self if each.startswith(f"{key}/"))]


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
        return self.read(Records(records))

    def our_best(self, records: Mapping[str, Record] | None) -> Value:
        """Our best on the same split, None where there is none; raises like ``we_get``."""
        return None if self.read_best is None else self.read_best(Records(records))

    def sources(self, records: Mapping[str, Record]) -> tuple[list[str], list[str]]:
        """Return the keys of the records that ``we_get`` and ``our_best`` look at, as they do."""
        ours, best = Records(records), Records(records)
        self.read(ours)
        if self.read_best is not None:
            self.read_best(best)
        return ours.read, best.read


@dataclass(frozen=True)
class Lesson:
    """Something the article got wrong or left out, with the evidence as a table."""

    title: str
    text: str
    evidence: Callable[[Records], pd.DataFrame]
    curve: bool = False  # the evidence is one line a column over its index: draw it
    mark_lowest: str = ""  # the column whose lowest point is marked
    between: tuple[float, float] | None = None  # the errors that the axis shows; None: all
    panels: bool = False  # a panel of its own, with its own axis, for each column
    picture: Callable[[Records, Mode], Figure] | None = None  # a figure, above the table


# Said below every table.
FINAL_MODEL = Text(
    "The final model is that of the last epoch; where a validation part is "
    "watched, as for most of our best, that of the epoch of the lowest "
    "validation RMSE."
)


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

    def stands_in(self, ratings: Ratings) -> bool:
        """Whether these ratings stand in for the article's own, which are not at hand."""
        own = self.movielens[:1]
        return bool(own) and not dataclasses.replace(self, movielens=own).suits(ratings)

    @property
    def seeds_sentence(self) -> str:
        """Say what ± means; nothing where no case is repeated."""
        repeats = {case.repeats for case in self.cases if case.repeats}
        if not repeats:
            return ""
        n = 1 + max(sum(case.repeats == key for case in self.cases) for key in repeats)
        return Text("± is one standard deviation over {n} seeds: the article names none. ", n=n)

    @property
    def another_data_set(self) -> str:
        """Say how to read the columns where other ratings stand in for the article's."""
        own = CATALOGUE[self.movielens[0]].title
        return Text(
            "The article ran on {own}, and this is another data set: its numbers differ for that "
            "alone. Compare the rows of one column with each other.",
            own=own,
        )

    def heads(self, ratings: Ratings | None) -> tuple[str, str, str]:
        """Name the three columns; with the data of each, where they are not the same."""
        heads = Text("the article says"), Text("we get"), Text("our best")
        if ratings is None or not self.stands_in(ratings):
            return heads
        own = CATALOGUE[self.movielens[0]].title.removeprefix("MovieLens ")
        here = next(r for r in CATALOGUE.values() if _shape(r) == _shape(ratings))
        there = here.title.removeprefix("MovieLens ")
        on = (own, there, there)
        says, get, best = (
            Text("{column}, on {data}", column=column, data=data)
            for column, data in zip(heads, on, strict=True)
        )
        return says, get, best

    def suits(self, ratings: Ratings) -> bool:
        """Whether these are the ratings the article used, or may stand in for them (by size)."""
        return any(_shape(ratings) == _shape(CATALOGUE[name]) for name in self.movielens)

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

    def table(self, records: Mapping[str, Record], ratings: Ratings | None = None) -> pd.DataFrame:
        """The three columns, as text with sensible digits, and the explanations.

        ``ratings`` are those it ran on: where they stand in for the article's, the heads say so.
        """
        says, get, best = self.heads(ratings)
        return pd.DataFrame(
            [
                {
                    "what": row.what,
                    says: shown(row.article_says, row.digits),
                    get: shown(row.we_get(records), row.digits),
                    best: shown(row.our_best(records), row.digits),
                    "why they differ": row.why,
                }
                for row in self.rows
            ]
        )


def _shape(of: Ratings | Release) -> tuple[int, int, int]:
    return of.n_users, of.n_items, of.n_ratings


def shown(value: Value, digits: int) -> str:
    """A value as the table shows it; nothing where there is none."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else Number(f"{value:,.{digits}f}")


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


# Parts, and models: what the name of a measure is made of.
_NAMED = (
    later("train"), later("test"), later("final model"), later("baselines"),
    later("lowest of all epochs, seed 0"),
)  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """An error, named so that nothing unlike is compared: one for all columns of a row.

    ``model`` says which epoch's: “last epoch”, or “final model” (that of the last epoch; where a
    validation part is watched, as for our best, of the epoch of the lowest validation RMSE).
    """

    metric: Literal["RMSE", "MSE"] = "RMSE"
    part: Literal["train", "test"] = "test"
    model: str = "final model"
    clipped: bool = False

    @property
    def name(self) -> str:
        """The name of its row: “test RMSE, final model, not clipped”."""
        said = later("{part} {metric}, {model}, not clipped")
        if self.clipped:
            said = later("{part} {metric}, {model}, clipped")
        return Text(said, part=Text(self.part), metric=self.metric, model=Text(self.model))

    def on(self, fitted: FittedModel, ratings: Ratings) -> float:
        """Compute it of a fitted model on some ratings."""
        error = rmse_on(fitted, ratings, self.clipped)
        return error**2 if self.metric == "MSE" else error

    def of(self, record: Record, epoch: int | None = None) -> float:
        """Compute it of the record's model, or of that of an epoch that was kept."""
        fitted = record.fitted if epoch is None else record.at(epoch)
        return self.on(fitted, record.split.train if self.part == "train" else record.held_out)


def over_seeds(
    records: Records, key: str, value: Callable[[Record], float], digits: int = 3
) -> str:
    """Say mean ± standard deviation of a value over the seeds of a case; one seed: the value."""
    found = np.array([value(record) for record in records.seeds(key)])
    if len(found) == 1:
        return Number(f"{found[0]:.{digits}f}")
    return Number(f"{found.mean():.{digits}f}\u00a0±\u00a0{found.std(ddof=1):.{digits}f}")


def rmse_on(fitted: FittedModel, ratings: Ratings, clip: bool = True) -> float:
    """RMSE of a fitted model on some ratings."""
    predicted = fitted.predict(ratings.user_ids, ratings.item_ids, clip=clip)
    return metrics.rmse(ratings.values, predicted)


def held_out_rmse(record: Record, clip: bool = True) -> float:
    """RMSE on the held-out part, in rating units."""
    return rmse_on(record.fitted, record.held_out, clip)


def examples_per_second(record: Record) -> float:
    """Training ratings visited per second of computing, measuring included."""
    seconds = sum(epoch.seconds for epoch in record.epochs[1:])
    return len(record.split.train) * (len(record.epochs) - 1) / max(seconds, 1e-9)


def baselines(record: Record, measure: Measure) -> dict[str, float]:
    """Held-out error of the global mean and of user + item biases, fitted to the training part."""
    from recsys_core.models import GlobalMean, UserItemBias

    train, held_out = record.split.train, record.held_out
    models = (GlobalMean(), UserItemBias())
    return {m.title: measure.on(m.fit(train).snapshot(), held_out) for m in models}


def baseline_row(case: str, measure: Measure) -> Row:
    """The line every table ends with: what predicting without factors would have given."""

    def value(records: Records) -> str:
        found = baselines(records[case], measure)
        return " · ".join(f"{error:.3f} ({name.lower()})" for name, error in found.items())

    name = dataclasses.replace(measure, model="baselines").name
    return Row(name, None, value, why=Text("What any model has to beat."))


def cosine_matrix(rows: np.ndarray) -> np.ndarray:
    """Cosine of the angle between every two rows, (n, n)."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T
