"""What a replica is: an article's data, settings and numbers, and what we found when we ran them.

A replica has no training of its own: its cases are ordinary models on ordinary splits. What an
article did wrong is a small function in its entry, applied to the same training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recsys_core import metrics
from recsys_core.datasets.movielens import CATALOGUE
from recsys_core.models import PMF, Model, Recommender
from recsys_core.ratings import Ratings
from recsys_core.splits import Split
from recsys_core.training import Epoch


@dataclass(frozen=True)
class Case:
    """One training: a model on a split.

    An article's own case ends with its last epoch, whatever came before; ours (``ours``) with the
    best epoch on validation. ``keep`` names the epochs whose snapshots the lessons look at.
    """

    key: str
    title: str
    model: Callable[[Ratings], Model]  # given the training part
    split: Callable[[Ratings], Split]
    ours: bool = False
    keep: Sequence[int] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of a case: its split, the trained predictor, the epochs, and some snapshots."""

    case: Case
    split: Split
    predictor: Recommender
    history: list[Epoch]
    snapshots: dict[int, Recommender] = field(default_factory=dict)

    def test(self) -> Ratings:
        """The held-out ratings."""
        assert self.split.test is not None
        return self.split.test

    def test_rmse(self, clip: bool = True) -> float:
        """RMSE on the test part, in rating units."""
        return rmse_on(self.predictor, self.test(), clip)

    @property
    def train_mse(self) -> float:
        """Mean squared error on the training part after the last epoch."""
        rmse = self.history[-1].train_rmse
        assert rmse is not None
        return rmse**2

    @property
    def examples_per_second(self) -> float:
        """Training ratings visited a second of computing, measuring included."""
        seconds = sum(epoch.seconds for epoch in self.history[1:])
        return len(self.split.train) * (len(self.history) - 1) / max(seconds, 1e-9)


Outcomes = dict[str, Outcome]
Value = float | str | None


@dataclass(frozen=True)
class Row:
    """One line of the table: the article says, we get, our best on the same split.

    ``we_get`` and ``our_best`` read the outcomes; ``digits`` are those shown. ``why`` is the plain
    explanation of the difference.
    """

    what: str
    article_says: Value
    we_get: Callable[[Outcomes], Value]
    our_best: Callable[[Outcomes], Value] | None = None
    digits: int = 3
    why: str = ""


@dataclass(frozen=True)
class Lesson:
    """Something the article got wrong or left out, with the evidence as a table."""

    title: str
    text: str
    evidence: Callable[[Outcomes], pd.DataFrame]
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

    def table(self, outcomes: Outcomes) -> pd.DataFrame:
        """The three columns, as text with sensible digits, and the explanations."""
        return pd.DataFrame(
            [
                {
                    "what": row.what,
                    "the article says": shown(row.article_says, row.digits),
                    "we get": shown(row.we_get(outcomes), row.digits),
                    "our best": shown(row.our_best(outcomes) if row.our_best else None, row.digits),
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


def train(case: Case, ratings: Ratings) -> Outcome:
    """Train a case to its end."""
    split = case.split(ratings)
    training = case.model(split.train).start(split.train, split.validation)
    snapshots: dict[int, Recommender] = {}
    for epoch in training:
        if epoch.number in case.keep:
            snapshots[epoch.number] = training.learner.snapshot()
    predictor = training.snapshot() if case.ours else training.learner.snapshot()
    return Outcome(case, split, predictor, training.history, snapshots)


def run(replica: Replica, ratings: Ratings) -> Outcomes:
    """All cases of a replica, one after the other."""
    return {case.key: train(case, ratings) for case in replica.cases}


def our_answer(train: Ratings) -> Model:
    """What we would use: PMF with biases and adaptive priors, everything chosen from the data."""
    return PMF()


# --- small things several entries use ---------------------------------------------------------


def rmse_on(predictor: Recommender, ratings: Ratings, clip: bool = True) -> float:
    """RMSE of a predictor on some ratings."""
    predicted = predictor.predict(ratings.user_ids, ratings.item_ids, clip=clip)
    return metrics.rmse(ratings.values, predicted)


def baselines(split: Split) -> dict[str, float]:
    """Test RMSE of the global mean and of user + item biases, fitted to the training part."""
    from recsys_core.models import GlobalMean, UserItemBias

    assert split.test is not None
    models = (GlobalMean(), UserItemBias())
    return {m.title: rmse_on(m.fit(split.train).snapshot(), split.test) for m in models}


def baseline_row(case: str) -> Row:
    """The line every table ends with: what predicting without factors would have given."""

    def value(outcomes: Outcomes) -> str:
        found = baselines(outcomes[case].split)
        return " · ".join(f"{rmse:.3f} ({name.lower()})" for name, rmse in found.items())

    return Row("test RMSE of the baselines", None, value, why="What any model has to beat.")


def watched(split: Split) -> Split:
    """The same split with its test part drawn while training: the lesson is that curve."""
    from dataclasses import replace

    return replace(split, validation=split.test)


def cosine_matrix(rows: np.ndarray) -> np.ndarray:
    """Cosine of the angle between every two rows, (n, n)."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T
