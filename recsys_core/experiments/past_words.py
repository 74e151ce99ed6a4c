"""What an experiment says of its split, without its ratings: for lists of kept runs."""

from __future__ import annotations

from recsys_core.experiments.experiment import Experiment
from recsys_core.recipes import SPLITS, Plain


def split_of(experiment: Experiment) -> str:
    """The split in a few words: “random, validation 0.1, test 0.1, seed 0”; defaults are left out
    except sizes and seed.
    """
    recipe = experiment.split
    usual = dict(SPLITS.recipe(recipe.name).options)
    told = [
        f"{name.replace('_', ' ')} {_short(value)}"
        for name, value in recipe.options
        if value is not None and (name in _TOLD or value != usual.get(name))
    ]
    return ", ".join([recipe.name.replace("_", " "), *told])


_TOLD = ("validation", "test", "seed")


def _short(value: Plain) -> str:
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"
