"""The same model with many seeds: how far errors and neighbours differ by chance alone.

e = Experiment(data="low_rank", model=rc.SGD(n_factors=3))
experiments = seeds(e, 8)                                # train each; see ``runs.studies``
table = band([found.epochs for found in outcomes])       # lowest, mean and highest by epoch
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core.experiments.experiment import Experiment, model_class
from recsys_core.experiments.outcome import Outcome
from recsys_core.experiments.split_study import with_split
from recsys_core.recipes import SPLITS, Recipe
from recsys_core.splits import FEW
from recsys_core.text import Text, later
from recsys_core.training import Epoch
from recsys_core.words import error, measure

Which = Literal["model", "split", "both"]

# Seeds one may choose: one alone has no spread, and more take long.
FEWEST, USUAL, MOST = 2, 8, 30


def seeded(experiment: Experiment) -> list[Which]:
    """Which seeds have an effect: the model's where it draws, the split's where it does, both.

    Empty where nothing is drawn at all: then every seed gives the same bits.
    """
    model = model_class(experiment.model.name)
    found: list[Which] = []
    if any(each.name == "seed" for each in model.options()):
        found.append("model")
    if _is_drawn(experiment.split, len(experiment.make_ratings())):
        found.append("split")
    return [*found, "both"] if len(found) == 2 else found


def _is_drawn(split: Recipe, n_ratings: int) -> bool:
    """Whether a split draws what it holds out, by its seed."""
    if split.name == "usual":
        return n_ratings >= FEW
    if split.name == "last_out":
        return split["validation_from"] == "random"
    if split.name == "by_mask":
        return split["validation_rows"] is None
    return any(each.name == "seed" for each in SPLITS.parameters(split.name))


def seeds(experiment: Experiment, n: int, which: Which = "model") -> tuple[Experiment, ...]:
    """The same experiment with n seeds, counted from its own on: the first is the experiment."""
    made = []
    for step in range(n):
        each = experiment
        if which in ("model", "both"):
            model = each.make_model()
            settings = model.explicit_settings()
            model = type(model)(**{**settings, "seed": settings.get("seed", 0) + step})
            forks, held = each.forks, each.ratings_held
            each = Experiment(each.data, each.split, model, forks)
            each = each if held is None else each.with_ratings(held)
        if which in ("split", "both"):
            options: dict[str, Any] = dict(each.split.options)
            options["seed"] += step
            each = with_split(each, {"name": each.split.name, **options})
        made.append(each)
    return tuple(made)


def band(courses: Sequence[Sequence[Epoch]]) -> pd.DataFrame:
    """Tabulate the spread of the leading error over courses of epochs, from epoch 0 on.

    Columns epoch, lowest, mean, highest, seeds: how many got so far; those that stopped early say
    nothing of later epochs. Rows end where fewer than half, or fewer than two, are left. The error
    is validation RMSE, without validation training RMSE, and of a model that predicts no ratings
    its objective.
    """
    curves = [leading(epochs)[1] for epochs in courses]
    rows = []
    for epoch in range(max(map(len, curves), default=0)):
        values = [curve[epoch] for curve in curves if epoch < len(curve)]
        if len(values) < max(2, len(curves) / 2):
            break
        rows.append((epoch, min(values), statistics.fmean(values), max(values), len(values)))
    return pd.DataFrame(rows, columns=["epoch", "lowest", "mean", "highest", "seeds"])


def leading(epochs: Sequence[Epoch]) -> tuple[str, list[float]]:
    """What is watched of a course, as the id of a sentence, and its number in each epoch."""
    for name, attribute in (
        (later("validation RMSE"), "validation_rmse"),
        (later("training RMSE"), "train_rmse"),
        (later("objective"), "loss"),
    ):
        values = [getattr(epoch, attribute) for epoch in epochs]
        if values and None not in values:
            return name, values
    return "objective", []


@dataclass(frozen=True)
class Shared:
    """How many of an item's nearest neighbours two seeds have in common.

    Attributes
    ----------
    item : index.
    mean, lowest, highest : Jaccard index over all pairs of seeds: neighbours in both lists,
        divided by those in one or the other.
    common : the mean number in both lists of a pair, of ``listed``.
    always : how many are in the lists of all seeds.
    """

    item: int
    mean: float
    lowest: float
    highest: float
    common: float
    always: int
    listed: int


def shared(outcomes: Sequence[Outcome], items: Sequence[int]) -> list[Shared]:
    """Compare the neighbours of these items, by index, between seeds.

    Items of which not all seeds have neighbours are left out; empty with fewer than two seeds.
    """
    if len(outcomes) < 2:
        return []
    row_of = [{int(item): row for row, item in enumerate(each.items)} for each in outcomes]
    found = []
    for item in items:
        if not all(item in rows for rows in row_of):
            continue
        lists = [
            {int(other) for other in each.neighbours[rows[item]] if other >= 0}
            for each, rows in zip(outcomes, row_of, strict=True)
        ]
        if not all(lists):
            continue
        pairs = list(combinations(lists, 2))
        jaccard = [len(a & b) / len(a | b) for a, b in pairs]
        found.append(
            Shared(
                item=item,
                mean=statistics.fmean(jaccard),
                lowest=min(jaccard),
                highest=max(jaccard),
                common=statistics.fmean(len(a & b) for a, b in pairs),
                always=len(set.intersection(*lists)),
                listed=max(map(len, lists)),
            )
        )
    return found


def most_rated(outcomes: Sequence[Outcome], n: int) -> list[int]:
    """The items, by index, that are most rated in training and compared in all seeds; at most n."""
    if not outcomes:
        return []
    everywhere = set.intersection(*({int(item) for item in each.items} for each in outcomes))
    return [int(item) for item in outcomes[0].items if int(item) in everywhere][:n]


def best_errors(outcomes: Sequence[Outcome]) -> np.ndarray:
    """The leading error of the epoch that each is judged by, (n,); see ``leading``."""
    found = []
    for each in outcomes:
        values = leading(each.epochs)[1]
        if values:
            found.append(values[-1 if each.best_epoch is None else each.best_epoch])
    return np.array(found)


def spread_of_errors(outcomes: Sequence[Outcome]) -> Text | None:
    """Say how far the best errors of seeds lie apart; None with fewer than two."""
    found = best_errors(outcomes)
    if len(found) < 2:
        return None
    what = leading(outcomes[0].epochs)[0]
    judged = all(each.best_epoch is not None for each in outcomes)
    return Text(
        "With {seeds} seeds the {what} {when} lies between {low} and {high}, standard deviation "
        "{deviation}. Two models that lie {apart} or less apart may differ by chance alone.",
        seeds=len(found), what=Text(what),
        when=Text("of the best epoch") if judged else Text("at the end"),
        low=error(found.min()), high=error(found.max()),
        deviation=measure(float(found.std(ddof=1))), apart=measure(float(np.ptp(found))),
    )  # fmt: skip


def spread_of_neighbours(found: Sequence[Shared], noun: str) -> Text | None:
    """Say how many of the nearest neighbours two seeds share on average; None of no items.

    ``noun`` is what items are called, in the plural.
    """
    if not found:
        return None
    mean = statistics.fmean(each.mean for each in found)
    common = statistics.fmean(each.common for each in found)
    return Text(
        "Two seeds share {common:.1f} of the {listed} nearest {noun} on average (mean Jaccard "
        "index {mean}, from {low} to {high}; 1 would be the same lists).",
        common=common, listed=max(each.listed for each in found), noun=noun,
        mean=measure(mean, 2), low=measure(min(each.lowest for each in found), 2),
        high=measure(max(each.highest for each in found), 2),
    )  # fmt: skip
