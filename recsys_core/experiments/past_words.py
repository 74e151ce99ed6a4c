"""What an experiment says of its split, without its ratings: for lists of kept runs."""

from __future__ import annotations

from recsys_core.experiments.experiment import Experiment
from recsys_core.recipes import SPLITS, Plain
from recsys_core.text import Number, Text


def split_of(experiment: Experiment) -> str:
    """The split in a few words: “random, validation 0.1, test 0.1, seed 0”; defaults are left out
    except sizes and seed.
    """
    recipe = experiment.split
    usual = dict(SPLITS.recipe(recipe.name).options)
    told = [
        f"{_named(name)} {_short(value)}"
        for name, value in recipe.options
        if value is not None and (name in _TOLD or value != usual.get(name))
    ]
    return ", ".join([_named(recipe.name), *told])


def _named(name: str) -> str:
    return _NAMES[name].worded() if name in _NAMES else name.replace("_", " ")


# Names of splits and of their options; others stand as they are.
_NAMES = {
    "random": Text("random"), "whole": Text("whole"), "by_time": Text("by time"),
    "last_out": Text("last out"), "k_fold": Text("k fold"), "cold_users": Text("cold users"),
    "cold_items": Text("cold items"), "by_mask": Text("by mask"), "usual": Text("usual"),
    "validation": Text("validation"), "test": Text("test"), "seed": Text("seed"),
}  # fmt: skip

_TOLD = ("validation", "test", "seed")


def _short(value: Plain) -> str:
    if isinstance(value, bool):
        return Text("yes") if value else Text("no")
    text = Number(str(value)) if isinstance(value, float) else str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"
