"""The same model on other generated data: what studies over density, noise or selection share.

e = Experiment("low_rank", model=rc.SGD(n_factors=3))
small, why = affordable(e, densest=1.0)          # bounded in size and epochs
other = on_other_data(small, noise=0.5)          # the same, but for the noise
noises = with_present((0, 0.25, 0.5, 1, 2), 0.3)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from recsys_core.experiments.experiment import Experiment
from recsys_core.text import Text

# Generated data are trained again with this many seeds: other factors, pairs and noise.
N_SEEDS = 2

# What one training of a study may take at most: ratings, and epochs.
MOST_RATINGS, MOST_EPOCHS = 50_000, 200

# Splits that say nothing of single ratings, so that they divide other data as well.
_SPLITS = ("usual", "whole", "random", "k_fold", "cold_users", "as_sklearn")


def is_generated(experiment: Experiment) -> bool:
    """Whether its data are generated with a density, a noise and a selection."""
    return experiment.data.name == "low_rank"


def on_other_data(experiment: Experiment, **options: Any) -> Experiment:
    """The same split and model, without forks, on data generated with some options changed."""
    data = {**experiment.data.to_dict(), **options}
    return Experiment(data, experiment.split, experiment.make_model())


def seeds(experiment: Experiment) -> tuple[Experiment, ...]:
    """The same on data with other seeds, counted from its own on."""
    first: Any = experiment.data["seed"]
    return tuple(on_other_data(experiment, seed=first + step) for step in range(N_SEEDS))


def with_present(usual: Sequence[float], present: float) -> tuple[float, ...]:
    """These numbers in order, with the present one in the place of the nearest that is not 0.

    0 stays: without any noise, or at random, is what the others are held to.
    """
    if present in usual:
        return tuple(sorted(usual))
    nearest = min((each for each in usual if each), key=lambda each: abs(each - present))
    return tuple(sorted(present if each == nearest else each for each in usual))


def affordable(experiment: Experiment, densest: float) -> tuple[Experiment, list[Text]]:
    """The same with at most ``MOST_RATINGS`` at the highest density, and ``MOST_EPOCHS``.

    Users and items are made fewer by the same share. Returns it and what was changed, a sentence
    each: forks and splits that name single ratings are left out as well.
    """
    data, said = experiment.data, []
    sizes: dict[str, Any] = {name: data[name] for name in ("n_users", "n_items")}
    share = MOST_RATINGS / (densest * math.prod(sizes.values()))
    if share < 1:
        sizes = {name: max(2, math.floor(n * math.sqrt(share))) for name, n in sizes.items()}
        said.append(
            Text(
                "So that it takes minutes, the data are smaller here: {n_users:,} × {n_items:,}. "
                "At the same density each user and item then has fewer ratings, and less is found.",
                **sizes,
            )
        )
    split: Any = experiment.split
    if split.name not in _SPLITS:
        split = "usual"
        said.append(Text("Held-out ratings are drawn at random here, as other data need."))
    model = experiment.make_model()
    epochs = model.resolve(experiment.make_split().train).get("n_epochs")
    if epochs is not None and epochs > MOST_EPOCHS:
        model = type(model)(**{**model.explicit_settings(), "n_epochs": MOST_EPOCHS})
        said.append(Text("Trained for {n:,} epochs at most.", n=MOST_EPOCHS))
    if experiment.forks:
        said.append(Text("The forks of the run are left out."))
    return Experiment({**data.to_dict(), **sizes}, split, model), said
