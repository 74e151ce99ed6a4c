"""Train an experiment again without one rating: what a fold-in, the items held, only estimates.

All users and items are found anew. As another order of the ratings alone moves a model that draws
random numbers, the same is trained with another seed and all ratings, as a measure of chance.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from recsys_core.experiments import seed_band
from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.running import SLICE, ExperimentTraining
from recsys_core.models import FittedModel
from recsys_core.splits import Split


@dataclass(frozen=True, eq=False)
class Retrained:
    """What training again comes to, for the user whose rating is left out.

    Attributes
    ----------
    without : predictions of all items by the model trained without the rating, float64, (n_items,),
        in rating units, not clipped.
    by_chance : the same of a model trained with all ratings and the next seed; None where nothing
        is drawn.
    epoch : the epoch of ``without``; seconds : of computing, both trainings.
    """

    without: np.ndarray
    by_chance: np.ndarray | None
    epoch: int
    seconds: float


def retrained(
    experiment: Experiment, split: Split, user: int, item: int, epoch: int
) -> Generator[float, None, Retrained]:
    """Train without the user's rating of an item, up to ``epoch``; yields the share that is done.

    ``split`` is that of the experiment, and stays but for the one rating. Where training stops
    early before ``epoch``, the best model so far is taken.

    Raises
    ------
    SettingsError, RatingsError, DivergedError
        If the rest cannot be trained on.
    """
    train = split.train
    rest = train.take(~((train.user_ids == user) & (train.item_ids == item)))
    planned = [(experiment, dataclasses.replace(split, train=rest))]
    if "model" in seed_band.seeded(experiment):
        planned.append((seed_band.seeds(experiment, 2)[1], split))
    found: list[tuple[FittedModel, int]] = []
    seconds = 0.0
    for done, (each, on) in enumerate(planned):
        course = ExperimentTraining(each, on)
        while course.training.epoch < epoch and not course.finished:
            course.advance(SLICE)
            yield (done + course.training.epoch / max(epoch, 1)) / len(planned)
        training = course.training
        reached = training.epoch >= epoch
        fitted = training.latest if reached else training.snapshot()
        at = training.epoch if reached or training.best_epoch is None else training.best_epoch
        found.append((fitted, at))
        seconds += sum(one.seconds for one in training.history)
    everything = np.arange(train.n_items)
    scores = [
        fitted.predict(np.full(train.n_items, user), everything, clip=False).astype(np.float64)
        for fitted, _ in found
    ]
    return Retrained(scores[0], scores[1] if len(scores) > 1 else None, found[0][1], seconds)
