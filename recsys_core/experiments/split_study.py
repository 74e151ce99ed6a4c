"""The same model under several splits: how much of a result is the split.

    e = Experiment(data="low_rank", model=rc.SGD(n_factors=3))
    for kind, experiments in under_splits(e).items(): …      # train each; see ``runs.studies``
    compared = rows(found)                                   # kind → what was measured
    print(sentence(compared))

All is measured on validation parts: test parts are looked at on demand only.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.outcome import Outcome
from recsys_core.models import UserItemBias
from recsys_core.ratings import Ratings
from recsys_core.recipes import Recipe
from recsys_core.splits import FEW
from recsys_core.text import Text
from recsys_core.words import error, measure

# Folds of a cross-validation.
N_FOLDS = 5

# In the order in which they are shown: what each is called, alone and within a sentence, and what
# it asks.
KINDS = {
    "random": (
        Text("At random"), Text("at random"),
        Text("gaps like the known ratings: are they filled well?"),
    ),
    "k_fold": (
        Text("{n} fold", "{n} folds", n=N_FOLDS), Text("with {n} folds", n=N_FOLDS),
        Text("the same, each rating held out once: how far is one draw from another?"),
    ),
    "last_out": (
        Text("Each user's latest"), Text("with each user's latest"),
        Text("the next rating of each user: is it foreseen?"),
    ),
    "by_time": (
        Text("By time"), Text("by time"),
        Text("the latest ratings of all: does the past say the future?"),
    ),
    "cold_users": (
        Text("Cold users"), Text("with cold users"),
        Text("users without any rating in training: what can be said of them?"),
    ),
}  # fmt: skip

# Measures by their names in a Score; whether a higher one is better.
MEASURES = {"rmse": False, "mae": False, "ndcg": True, "recall": True}


def under_splits(experiment: Experiment) -> dict[str, tuple[Experiment, ...]]:
    """The same model on the same ratings under each kind of split that they allow.

    By kind: one experiment, of "k_fold" one a fold. Each trains on about four fifths of the
    ratings; the held-out part measured is the validation part. The seed is the split's own, so that
    "random" is the usual split where the experiment has it. Empty where there are too few ratings.
    """
    ratings = experiment.make_ratings()
    if len(ratings) < FEW:
        return {}
    seed = experiment.split.get("seed", 0)
    own = experiment.split
    made: dict[str, list[Recipe | dict[str, Any]]] = {
        "random": [own if own.name == "random" and own["validation"] else
                   {"name": "random", "seed": seed}],
        "k_fold": [
            {"name": "k_fold", "n_folds": N_FOLDS, "fold": fold, "seed": seed,
             "fold_is": "validation"}
            for fold in range(N_FOLDS)
        ],
    }  # fmt: skip
    if ratings.timestamps is not None:
        made["last_out"] = [{"name": "last_out"}]
        made["by_time"] = [{"name": "by_time"}]
    if int((ratings.user_counts > 0).sum()) >= _FEW_USERS:
        made["cold_users"] = [{"name": "cold_users", "seed": seed}]
    kinds = {}
    for kind in KINDS:
        if kind in made:
            kinds[kind] = tuple(with_split(experiment, split) for split in made[kind])
    return kinds


# Of fewer, a tenth are one or two, who say nothing of others.
_FEW_USERS = 20


def not_offered(ratings: Ratings) -> list[Text]:
    """Say which splits these ratings do not allow, and why."""
    if len(ratings) < FEW:
        return [
            Text(
                "With {n} rating a held-out part is too small to judge by; bring at least {few}.",
                "With {n:,} ratings a held-out part is too small to judge by; bring at least "
                "{few}.",
                n=len(ratings), few=FEW,
            )
        ]  # fmt: skip
    said = []
    if ratings.timestamps is None:
        said.append(
            Text(
                "Not offered: each user's latest, and by time. These ratings have no times, and "
                "their order in the file need not be one."
            )
        )
    n_users = int((ratings.user_counts > 0).sum())
    if n_users < _FEW_USERS:
        said.append(
            Text(
                "Not offered: cold users. A tenth of {n} user says nothing of others.",
                "Not offered: cold users. A tenth of {n} users says nothing of others.",
                n=n_users,
            )
        )
    return said


def with_split(experiment: Experiment, split: Recipe | dict[str, Any]) -> Experiment:
    """The same data, model and forks under another split."""
    held = experiment.ratings_held
    copy = Experiment(experiment.data, split, experiment.model, experiment.forks)
    return copy if held is None else copy.with_ratings(held)


@dataclass(frozen=True)
class Row:
    """One kind of split: means over what was measured of it.

    Attributes
    ----------
    kind : a key of ``KINDS``.
    n, n_planned : experiments measured, and how many there are to be (folds).
    n_train, n_held_out, n_unseen : ratings, as means over these, rounded.
    means, deviations : by measure (``MEASURES``); None where there is none. A deviation is the
        standard deviation over two or more (n − 1 below the sum).
    baselines : RMSE by title.
    """

    kind: str
    n: int
    n_planned: int
    n_train: int
    n_held_out: int
    n_unseen: int
    means: Mapping[str, float | None]
    deviations: Mapping[str, float | None]
    baselines: Mapping[str, float]

    @property
    def title(self) -> Text:
        """What the split is called."""
        return KINDS[self.kind][0].worded()

    @property
    def phrase(self) -> Text:
        """The same within a sentence: “by time”."""
        return KINDS[self.kind][1].worded()


def rows(
    planned: Mapping[str, Sequence[Experiment]], outcomes: Mapping[Experiment, Outcome]
) -> list[Row]:
    """Sum up what is measured so far, by kind; kinds of which nothing is are left out."""
    found = []
    for kind, experiments in planned.items():
        done = [outcomes[each] for each in experiments if each in outcomes]
        if done:
            found.append(_row(kind, done, len(experiments)))
    return found


def _row(kind: str, done: Sequence[Outcome], n_planned: int) -> Row:
    means: dict[str, float | None] = {}
    deviations: dict[str, float | None] = {}
    for name in MEASURES:
        values = [getattr(each.score, name) for each in done if each.score is not None]
        known = [value for value in values if value is not None]
        means[name] = statistics.fmean(known) if known else None
        deviations[name] = statistics.stdev(known) if len(known) > 1 else None
    titles = dict.fromkeys(title for each in done for title in each.baselines)
    return Row(
        kind=kind,
        n=len(done),
        n_planned=n_planned,
        n_train=round(statistics.fmean(each.n_train for each in done)),
        n_held_out=round(statistics.fmean(each.n_held_out for each in done)),
        n_unseen=round(statistics.fmean(each.n_unseen for each in done)),
        means=means,
        deviations=deviations,
        baselines={
            title: statistics.fmean(e.baselines[title] for e in done if title in e.baselines)
            for title in titles
        },
    )


def sentence(found: Sequence[Row]) -> Text | None:
    """Say how much of the result is the split, from the random one to the hardest.

    By RMSE, of a model that predicts no ratings by NDCG. None until there are two kinds.
    """
    first = next((row for row in found if row.kind == "random"), None)
    others = [row for row in found if row.kind not in ("random", "k_fold")]
    if first is None or not others:
        return None
    name = "rmse" if first.means["rmse"] is not None else "ndcg"
    here = first.means[name]
    known = [(value, row) for row in others if (value := row.means[name]) is not None]
    if here is None or not known:
        return None
    there, hardest = max(known, key=lambda pair: pair[0] if name == "rmse" else -pair[0])
    other = hardest.phrase
    if name == "ndcg":
        return Text(
            "Held out at random, NDCG is {here}; {other} it is {there}. The model is the same.",
            other=other, here=measure(here), there=measure(there),
        )  # fmt: skip
    if there <= here:
        return Text(
            "No split is harder here than the random one: RMSE {here} at random, and at most "
            "{there} elsewhere ({other}).",
            here=error(here), there=error(there), other=other,
        )  # fmt: skip
    return Text(
        "Held out at random, the RMSE is {here}; {other} it is {there}, higher by {by}. The model "
        "is the same.",
        other=other, by=measure(there - here), here=error(here), there=error(there),
    )  # fmt: skip


def beside_biases(found: Sequence[Row]) -> Text | None:
    """Say how far the model is ahead of the user + item bias, at random and where it is least.

    None where no two kinds have both errors.
    """
    ahead = [
        (row.baselines[UserItemBias.title] - rmse, row)
        for row in found
        if (rmse := row.means["rmse"]) is not None and UserItemBias.title in row.baselines
    ]
    first = next((lead for lead, row in ahead if row.kind == "random"), None)
    if first is None or len(ahead) < 2:
        return None
    least, row = min(ahead, key=lambda pair: pair[0])
    if row.kind == "random":
        return None
    other = row.phrase
    if least <= 0:
        return Text(
            "At random the model is ahead of the user + item bias by {first}; {other} behind by "
            "{by}.",
            first=measure(first), other=other,
            by=measure(-least),
        )  # fmt: skip
    return Text(
        "At random the model is ahead of the user + item bias by {first}, {other} by {least}.",
        first=measure(first), other=other, least=measure(least),
    )  # fmt: skip


def chance(found: Sequence[Row]) -> Text | None:
    """Say how far folds differ, which is the draw alone; None without two of them."""
    folds = next((row for row in found if row.kind == "k_fold"), None)
    deviation = None if folds is None else folds.deviations["rmse"]
    if folds is None or deviation is None:
        return None
    return Text(
        "Between {folds} folds, where only the draw differs, the standard deviation of the RMSE "
        "is {deviation}.",
        folds=folds.n, deviation=measure(deviation),
    )  # fmt: skip
