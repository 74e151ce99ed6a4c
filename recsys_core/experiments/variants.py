"""The networks of neural MF on the same data, split and seeds: is a dot product as good?

e = Experiment(data="low_rank", model=rc.NeuralMF(n_factors=4))
for variant, experiments in planned(e).items(): …        # train each; see ``runs.studies``
compared = rows(planned(e), outcomes)
print(sentence(compared))
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.outcome import Outcome
from recsys_core.experiments.seed_band import seeds
from recsys_core.models import FittedModel, UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.text import Text
from recsys_core.words import error, listed, measure

# Trainings of each variant: enough to see how far chance alone goes.
N_SEEDS = 3

DOT = "dot"


def planned(experiment: Experiment) -> dict[str, tuple[Experiment, ...]]:
    """Each variant of a neural MF, three seeds of it, all else as in the experiment.

    Settings that the experiment leaves open are chosen for each variant, as for a new run: see
    ``chosen_apart``.
    """
    model = experiment.make_model()
    variants = next(each.choices for each in model.options() if each.name == "variant")
    return {
        variant: seeds(_with(experiment, variant=variant), N_SEEDS, "model") for variant in variants
    }


def _with(experiment: Experiment, **settings: Any) -> Experiment:
    """The same experiment, forks included, with other settings of its model."""
    model = experiment.make_model()
    model = type(model)(**{**model.explicit_settings(), **settings})
    copy = Experiment(experiment.data, experiment.split, model, experiment.forks)
    held = experiment.ratings_held
    return copy if held is None else copy.with_ratings(held)


def chosen_apart(plan: Mapping[str, Sequence[Experiment]], train: Ratings) -> dict[str, list[str]]:
    """By variant, what is chosen for it and otherwise than for the dot product.

    Each in a few words: “γ = 0.003”.
    """
    models = {variant: each[0].make_model() for variant, each in plan.items()}
    chosen = {variant: model.resolve(train) for variant, model in models.items()}
    found = {}
    for variant, model in models.items():
        said = [
            each.said(chosen[variant][each.name])
            for each in model.options()
            if each.name != "variant" and chosen[variant][each.name] != chosen[DOT][each.name]
        ]
        if said:
            found[variant] = said
    return found


@dataclass(frozen=True)
class Row:
    """One variant, as far as it is measured.

    Attributes
    ----------
    variant : its name.
    errors : validation RMSE by seed, in rating units.
    predictions : for one cell, by seed, clipped to the scale, in rating units; fewer than errors
        where a model is not kept.
    baselines : RMSE on the same ratings, by title.
    """

    variant: str
    errors: tuple[float, ...]
    predictions: tuple[float, ...]
    baselines: Mapping[str, float]

    @property
    def error(self) -> float:
        """The mean over the seeds."""
        return statistics.fmean(self.errors)

    @property
    def deviation(self) -> float | None:
        """The standard deviation over the seeds (n − 1 below the sum); None of one alone."""
        return statistics.stdev(self.errors) if len(self.errors) > 1 else None

    @property
    def prediction(self) -> float | None:
        """The mean over the seeds; None where no model is kept."""
        return statistics.fmean(self.predictions) if self.predictions else None


def rows(
    plan: Mapping[str, Sequence[Experiment]],
    outcomes: Mapping[Experiment, Outcome],
    fitted: Mapping[Experiment, FittedModel],
    user: int,
    item: int,
) -> list[Row]:
    """What is measured so far, and what is predicted for one cell.

    Variants of which nothing is measured are left out.
    """
    found = []
    for variant, experiments in plan.items():
        done = [
            (each, outcome, outcome.score.rmse)
            for each in experiments
            if (outcome := outcomes.get(each)) is not None and outcome.score is not None
        ]
        models = [fitted[each] for each, _, _ in done if each in fitted]
        errors = tuple(rmse for _, _, rmse in done if rmse is not None)
        if errors:
            predictions = tuple(float(each.predict([user], [item])[0]) for each in models)
            found.append(Row(variant, errors, predictions, done[0][1].baselines))
    return found


def sentence(found: Sequence[Row]) -> Text | None:
    """Say whether any network is better than the dot product, by more than seeds differ.

    Two variants differ by chance alone as far as their seeds overlap: the highest error of one is
    not below the lowest of the other. None until every variant compared has two seeds.
    """
    dot = next((row for row in found if row.variant == DOT), None)
    others = [row for row in found if row.variant != DOT]
    if dot is None or not others or any(len(row.errors) < 2 for row in found):
        return None
    best = min(others, key=lambda row: row.error)
    by = measure(abs(best.error - dot.error))
    if best.error < dot.error and max(best.errors) < min(dot.errors):
        return Text(
            "Here {best} is better than the dot product: its validation RMSE is lower by {by}, "
            "more than seeds differ.",
            best=best.variant, by=by,
        )  # fmt: skip
    if best.error < dot.error:
        return Text(
            "The dot product is as good: {best} has the lowest mean validation RMSE, lower by "
            "{by}, but seeds of one variant differ as much.",
            best=best.variant, by=by,
        )  # fmt: skip
    worse = [row.variant for row in others if min(row.errors) > max(dot.errors)]
    if not worse:
        return Text(
            "The dot product is as good as any: its mean validation RMSE is the lowest, {dot}, and "
            "the others are behind by no more than seeds differ.",
            dot=error(dot.error),
        )  # fmt: skip
    return Text(
        "The dot product is the best here, validation RMSE {dot}: {worse} is behind by more than "
        "seeds differ.",
        "The dot product is the best here, validation RMSE {dot}: {worse} are behind by more than "
        "seeds differ.",
        n=len(worse), dot=error(dot.error), worse=listed(worse),
    )  # fmt: skip


def beside_biases(found: Sequence[Row]) -> Text | None:
    """Say which variants are no better than the user + item bias; None where all are."""
    title = UserItemBias.title
    behind = [row for row in found if row.error >= row.baselines.get(title, row.error + 1)]
    if not behind:
        return None
    biases = error(behind[0].baselines[title])
    if len(behind) == len(found):
        return Text(
            "None of them is better than the user + item bias, {biases}: there is little beyond "
            "biases to learn here.",
            biases=biases,
        )  # fmt: skip
    return Text(
        "No better than the user + item bias, {biases}: {behind}.",
        biases=biases, behind=listed([row.variant for row in behind]),
    )  # fmt: skip
