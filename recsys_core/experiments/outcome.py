"""What is kept of an experiment that is trained for its numbers alone: no model, no snapshots."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

import numpy as np

from recsys_core.asking import truth
from recsys_core.asking.truth import PartError
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.scores import Score, scoring
from recsys_core.models import FittedModel
from recsys_core.ordering import best_first
from recsys_core.ratings import Ratings
from recsys_core.splits import Split
from recsys_core.training import Epoch, Training

# Nearest neighbours kept of an item.
NEIGHBOURS = 10

# Items whose neighbours are found: the most rated.
MOST_ITEMS = 200

# Of these, how many between two steps.
_ITEMS_AT_ONCE = 10


@dataclass(frozen=True)
class AgainstTruth:
    """A model on generated ratings beside what they were made from.

    Attributes
    ----------
    r2, r2_by_chance : of the true factors, found and by chance (``truth.recovery``); None for a
        model without such factors.
    errors : by title, first that of the model measured, then baselines: see ``truth.errors``.
    """

    r2: float | None
    r2_by_chance: float | None
    errors: Mapping[str, tuple[PartError, ...]]


@dataclass(frozen=True)
class Outcome:
    """Numbers of a trained experiment, all of its validation part.

    Attributes
    ----------
    experiment : what was trained.
    epochs : every Epoch, the initial state first.
    best_epoch : that of the lowest validation RMSE, whose model is judged; None without one: then
        the last is.
    n_train, n_held_out : ratings learned from, and ratings judged on.
    n_unseen : how many of the latter have a user or an item that training never saw.
    score : the measures on the validation part; None where there is none.
    baselines : RMSE of baselines on it, by title.
    items : the most rated items, by index, int32, (n,); empty for a model without similarity.
    neighbours : the ten nearest items of each of these, int32, (n, 10), nearest first; −1 where
        there are fewer.
    truth : what is found of the truth of generated ratings; None of others.
    """

    experiment: Experiment
    epochs: tuple[Epoch, ...] = field(repr=False)
    best_epoch: int | None
    n_train: int
    n_held_out: int
    n_unseen: int
    score: Score | None
    baselines: Mapping[str, float]
    items: np.ndarray = field(repr=False, compare=False)
    neighbours: np.ndarray = field(repr=False, compare=False)
    truth: AgainstTruth | None = None

    @property
    def seconds(self) -> float:
        """How long the computing of its epochs took."""
        return sum(epoch.seconds for epoch in self.epochs)


def measuring(
    experiment: Experiment,
    split: Split,
    training: Training,
    baselines: Mapping[str, float],
    fitted_baselines: Mapping[str, FittedModel] | None = None,
) -> Generator[None, None, Outcome]:
    """Measure a training that has come to its end, in short steps.

    Baselines by title: their errors on the validation part, and the models, whose errors against
    the truth of generated ratings are measured as well.
    """
    fitted: FittedModel = training.snapshot()
    held_out, score = split.validation, None
    if held_out is not None:
        score = yield from scoring(experiment.model.name, fitted, held_out)
    items = _most_rated(split.train) if fitted.has.similarity else np.empty(0, np.int32)
    neighbours = np.full((len(items), NEIGHBOURS), -1, np.int32)
    for row, item in enumerate(items.tolist()):
        similarity = np.array(fitted.similarity("item", item))
        similarity[item] = -np.inf  # as ``similar_items`` does, which makes a table with labels
        found = best_first(similarity, NEIGHBOURS, fitted.key("item", item))
        neighbours[row, : len(found)] = found
        if row % _ITEMS_AT_ONCE == 0:
            yield
    against = yield from _against_truth(
        experiment.make_model().title, fitted, split, fitted_baselines or {}
    )
    unseen = [part.n_ratings for part in split.report.unseen if part.part == "validation"]
    return Outcome(
        experiment=experiment,
        epochs=tuple(training.history),
        best_epoch=training.best_epoch,
        n_train=len(split.train),
        n_held_out=0 if held_out is None else len(held_out),
        n_unseen=sum(unseen),
        score=score,
        baselines=dict(baselines),
        items=items,
        neighbours=neighbours,
        truth=against,
    )


def _against_truth(
    title: str, fitted: FittedModel, split: Split, baselines: Mapping[str, FittedModel]
) -> Generator[None, None, AgainstTruth | None]:
    known = split.train.truth
    if known is None:
        return None
    found = truth.recovery(fitted, known)
    errors = {}
    for name, each in {title: fitted, **baselines}.items():
        errors[name] = tuple(truth.errors(each, known, split.train, split.validation))
        yield
    return AgainstTruth(
        None if found is None else found.r2,
        None if found is None else found.r2_by_chance,
        errors,
    )


def _most_rated(train: Ratings) -> np.ndarray:
    """The items whose neighbours are found, most rated first."""
    counts = train.item_counts
    most = min(MOST_ITEMS, int((counts > 0).sum()))
    return np.argsort(-counts, kind="stable")[:most].astype(np.int32)
